// @solana/kit, web3.js's successor, against a localnet.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  address, airdropFactory, appendTransactionMessageInstruction, assertIsTransactionWithBlockhashLifetime,
  createSolanaRpc, createSolanaRpcSubscriptions, createTransactionMessage, generateKeyPairSigner,
  getSignatureFromTransaction, isSolanaError, lamports, pipe, sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner, setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";

const rpc = createSolanaRpc(process.env.MAI_RPC);
const rpcSubscriptions = createSolanaRpcSubscriptions(process.env.MAI_WEBSOCKET);
const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions });
const airdrop = airdropFactory({ rpc, rpcSubscriptions });

after(() => setImmediate(() => process.exit()));

const funded = async (sol) => {
  const signer = await generateKeyPairSigner();
  await airdrop({
    commitment: "confirmed", lamports: lamports(sol * 1_000_000_000n), recipientAddress: signer.address,
  });
  return signer;
};

const transfer = async (source, destination, amount) => {
  const { value: latest } = await rpc.getLatestBlockhash({ commitment: "confirmed" }).send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (item) => setTransactionMessageFeePayerSigner(source, item),
    (item) => setTransactionMessageLifetimeUsingBlockhash(latest, item),
    (item) => appendTransactionMessageInstruction(getTransferSolInstruction({ source, destination, amount }), item),
  );
  const signed = await signTransactionMessageWithSigners(message);
  assertIsTransactionWithBlockhashLifetime(signed);
  return signed;
};

test("a transfer is sent and confirmed", async () => {
  const source = await funded(10n);
  const to = await generateKeyPairSigner();
  const signed = await transfer(source, to.address, 1_000_000n);
  await sendAndConfirm(signed, { commitment: "confirmed" });
  assert.equal((await rpc.getBalance(to.address, { commitment: "confirmed" }).send()).value, 1_000_000n);
  const signature = getSignatureFromTransaction(signed);
  const found = await rpc.getTransaction(signature, {
    commitment: "confirmed", encoding: "jsonParsed", maxSupportedTransactionVersion: 0,
  }).send();
  assert.equal(found.version, 0);
  assert.equal(found.transaction.message.instructions[0].parsed.type, "transfer");
});

test("subscriptions are heard", async () => {
  const source = await funded(10n);
  const to = await generateKeyPairSigner();
  const abort = new AbortController();
  const options = { abortSignal: abort.signal };
  const accounts = await rpcSubscriptions.accountNotifications(to.address, { commitment: "confirmed" }).subscribe(options);
  const logs = await rpcSubscriptions.logsNotifications({ mentions: [to.address] }, { commitment: "confirmed" }).subscribe(options);
  const slots = await rpcSubscriptions.slotNotifications().subscribe(options);
  const roots = await rpcSubscriptions.rootNotifications().subscribe(options);
  // What comes before somebody iterates is lost.
  const first = async (stream) => { for await (const item of stream) return item; };
  const heard = Promise.all([accounts, logs, slots, roots].map(first));
  const signed = await transfer(source, to.address, 3_000_000n);
  await sendAndConfirm(signed, { commitment: "confirmed" });
  const [account, log, slot, root] = await heard;
  abort.abort();
  assert.equal(account.value.lamports, 3_000_000n);
  assert.equal(log.value.signature, getSignatureFromTransaction(signed));
  assert.ok(slot.slot > slot.parent);
  assert.equal(typeof root, "bigint");
});

test("a failing preflight has its code and its context", async () => {
  const source = await funded(1n);
  const to = await generateKeyPairSigner();
  const signed = await transfer(source, to.address, 5_000_000_000n);
  await assert.rejects(sendAndConfirm(signed, { commitment: "confirmed" }), (error) => {
    assert.ok(isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE));
    assert.ok(error.context.logs.length > 0);
    return true;
  });
});

test("accounts are read in every encoding", async () => {
  const clock = address("SysvarC1ock11111111111111111111111111111111");
  const parsed = await rpc.getAccountInfo(clock, { encoding: "jsonParsed", commitment: "processed" }).send();
  assert.equal(parsed.value.data.parsed.type, "clock");
  for (const encoding of ["base58", "base64", "base64+zstd"]) {
    const found = await rpc.getAccountInfo(clock, { encoding }).send();
    assert.equal(found.value.data[1], encoding);
  }
});
