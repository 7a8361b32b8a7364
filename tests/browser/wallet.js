// A wallet of the wallet standard with one key, for tests: it does what `window.testWallet.mode` says.
(() => {
  const { name, seed, address } = window.testWalletKey;
  const state = (window.testWallet = { mode: "approve", asked: [] });
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const listeners = new Set();
  const icon = "data:image/svg+xml;base64," + btoa('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="4" fill="#6d4aff"/></svg>');
  const account = Object.freeze({
    address,
    publicKey: bytes(window.testWalletKey.publicKey),
    chains: ["solana:mainnet", "solana:devnet", "solana:testnet", "solana:localnet"],
    features: ["solana:signTransaction"],
  });

  async function sign(message, signingSeed) {
    const pkcs8 = bytes("302e020100300506032b657004220420" + signingSeed);
    const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "Ed25519" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("Ed25519", key, message));
  }

  async function signTransaction(...inputs) {
    state.asked.push(...inputs);
    if (state.mode === "reject") throw new Error("User rejected the request.");
    if (state.mode === "wait") await new Promise(() => {});
    const signed = [];
    for (const input of inputs) {
      const transaction = Uint8Array.from(input.transaction);
      const count = transaction[0];
      const message = transaction.subarray(1 + 64 * count);
      if (state.mode === "other") message[message.length - 1] ^= 1;
      const signature = await sign(message, state.mode === "thief" ? "11".repeat(32) : seed);
      for (let place = 0; place < message[0]; place += 1) {
        const key = message.subarray(4 + 32 * place, 36 + 32 * place);
        if (key.every((byte, at) => byte === account.publicKey[at])) transaction.set(signature, 1 + 64 * place);
      }
      signed.push({ signedTransaction: state.mode === "garbage" ? transaction.subarray(0, 40) : transaction });
    }
    return state.mode === "fewer" ? signed.slice(1) : signed;
  }

  const wallet = Object.freeze({
    version: "1.0.0",
    name,
    icon,
    chains: account.chains,
    accounts: [account],
    features: {
      "standard:connect": { version: "1.0.0", connect: async () => ({ accounts: [account] }) },
      "standard:events": { version: "1.0.0", on: (_, listener) => { listeners.add(listener); return () => {}; } },
      "solana:signTransaction": { version: "1.0.0", supportedTransactionVersions: ["legacy", 0], signTransaction },
    },
  });
  const register = (api) => api.register(wallet);
  window.addEventListener("wallet-standard:app-ready", (event) => register(event.detail));
  window.dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: register }));
})();
