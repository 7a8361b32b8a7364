// web3.js has no promise for "subscribed", but every subscription has a state.
export const subscribed = async (connection) => {
  while (Object.values(connection._subscriptionsByHash).some((item) => item.state !== "subscribed")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
