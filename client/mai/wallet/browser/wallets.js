// The wallet standard's handshake: wallets that loaded before this page, and those that load after it.
const found = [];
const listeners = new Set();

const api = Object.freeze({
  register(...wallets) {
    for (const wallet of wallets) {
      if (usable(wallet) && !found.includes(wallet)) found.push(wallet);
    }
    for (const listener of listeners) listener();
    return () => {};
  },
});

function usable(wallet) {
  const features = wallet?.features ?? {};
  return Boolean(features["standard:connect"]?.connect && features["solana:signTransaction"]?.signTransaction);
}

window.addEventListener("wallet-standard:register-wallet", (event) => event.detail(api));
window.dispatchEvent(new CustomEvent("wallet-standard:app-ready", { detail: api }));

export function wallets() {
  return [...found];
}

export function onWallet(listener) {
  listeners.add(listener);
}
