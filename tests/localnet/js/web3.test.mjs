// @solana/web3.js 1.x against a localnet: what wallets and most programs of today call.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getBase58Decoder } from "@solana/kit";
import {
  AddressLookupTableProgram, Connection, Keypair, LAMPORTS_PER_SOL, NONCE_ACCOUNT_LENGTH, NonceAccount, PublicKey,
  SendTransactionError, SystemProgram, Transaction, TransactionMessage, VersionedTransaction, sendAndConfirmTransaction,
} from "@solana/web3.js";
import { subscribed } from "./subscribed.mjs";

const connection = new Connection(process.env.MAI_RPC, { commitment: "confirmed", wsEndpoint: process.env.MAI_WEBSOCKET });
const payer = Keypair.generate();
const transfer = (to, lamports, from = payer) =>
  SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports });

const airdrop = async (to, sol) => {
  const signature = await connection.requestAirdrop(to, sol * LAMPORTS_PER_SOL);
  const latest = await connection.getLatestBlockhash();
  const found = await connection.confirmTransaction({ signature, ...latest });
  assert.equal(found.value.err, null);
};

before(() => airdrop(payer.publicKey, 100));
after(() => { connection._rpcWebSocket.close(); setImmediate(() => process.exit()); });

test("a transfer is sent, confirmed and read back", async () => {
  const to = Keypair.generate().publicKey;
  const signature = await sendAndConfirmTransaction(connection, new Transaction().add(transfer(to, 1_000_000)), [payer]);
  assert.equal(await connection.getBalance(to), 1_000_000);
  const found = await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(found.transaction.message.instructions[0].parsed.type, "transfer");
  assert.equal(found.transaction.message.instructions[0].parsed.info.lamports, 1_000_000);
  const raw = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(raw.meta.fee, 5000);
  const [newest] = await connection.getSignaturesForAddress(to);
  assert.equal(newest.signature, signature);
  const block = await connection.getBlock(found.slot, { maxSupportedTransactionVersion: 0 });
  assert.ok(block.transactions.some((item) => item.transaction.signatures[0] === signature));
  const { value } = await connection.getSignatureStatus(signature);
  assert.ok(["confirmed", "finalized"].includes(value.confirmationStatus));
  assert.equal(value.confirmations === null, value.confirmationStatus === "finalized");
});

test("listeners hear of accounts, logs, signatures, slots and programs", async () => {
  const to = Keypair.generate().publicKey;
  const heard = {};
  const hears = (name, register) =>
    new Promise((resolve) => { register((...values) => { heard[name] = values; resolve(); }); });
  const transaction = new Transaction(await connection.getLatestBlockhash()).add(transfer(to, 2_000_000));
  transaction.feePayer = payer.publicKey;
  transaction.sign(payer);
  const signature = getBase58Decoder().decode(transaction.signature);
  const all = [
    hears("account", (f) => connection.onAccountChange(to, f, { commitment: "confirmed" })),
    hears("logs", (f) => connection.onLogs(to, f, "processed")),
    hears("program", (f) => connection.onProgramAccountChange(SystemProgram.programId, (item, context) => {
      if (item.accountId.equals(to)) f(item, context);
    }, { commitment: "confirmed" })),
    hears("slot", (f) => connection.onSlotChange(f)),
    hears("signature", (f) => connection.onSignature(signature, f, "confirmed")),
  ];
  await subscribed(connection);
  assert.equal(await connection.sendRawTransaction(transaction.serialize()), signature);
  await Promise.all(all);
  assert.equal(heard.account[0].lamports, 2_000_000);
  assert.equal(heard.logs[0].signature, signature);
  assert.equal(heard.program[0].accountInfo.lamports, 2_000_000);
  assert.equal(heard.signature[0].err, null);
  assert.ok(heard.slot[0].slot > heard.slot[0].root);
});

test("a failing preflight is told with its logs", async () => {
  const poor = Keypair.generate();
  await airdrop(poor.publicKey, 1);
  const wish = new Transaction().add(transfer(payer.publicKey, 5 * LAMPORTS_PER_SOL, poor));
  await assert.rejects(sendAndConfirmTransaction(connection, wish, [poor]), (error) => {
    assert.ok(error instanceof SendTransactionError);
    assert.match(error.transactionError.message, /custom program error: 0x1/);
    assert.match(error.logs.join("\n"), /insufficient lamports/);
    return true;
  });
});

test("a versioned transaction with a lookup table", async () => {
  const recentSlot = (await connection.getSlot("confirmed")) - 1;
  const authority = payer.publicKey;
  const [create, table] = AddressLookupTableProgram.createLookupTable({ authority, payer: authority, recentSlot });
  const addresses = Array.from({ length: 5 }, () => Keypair.generate().publicKey);
  const extend = AddressLookupTableProgram.extendLookupTable({ lookupTable: table, authority, payer: authority, addresses });
  await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [payer]);
  const lookup = (await connection.getAddressLookupTable(table)).value;
  assert.equal(lookup.state.addresses.length, 5);
  const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
  const instructions = addresses.map((to) => transfer(to, 1_000_000));
  const message = new TransactionMessage({ payerKey: authority, recentBlockhash: blockhash, instructions });
  const transaction = new VersionedTransaction(message.compileToV0Message([lookup]));
  transaction.sign([payer]);
  const dry = await connection.simulateTransaction(transaction, { sigVerify: true });
  assert.equal(dry.value.err, null);
  const signature = await connection.sendTransaction(transaction);
  await connection.confirmTransaction({ signature, blockhash, lastValidBlockHeight });
  const found = await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 });
  assert.equal(found.version, 0);
  assert.equal(found.meta.loadedAddresses.writable.length, 5);
  assert.deepEqual(await Promise.all(addresses.map((to) => connection.getBalance(to))), Array(5).fill(1_000_000));
});

test("a durable nonce outlives blockhashes, and works once", async () => {
  const nonce = Keypair.generate();
  const space = await connection.getMinimumBalanceForRentExemption(NONCE_ACCOUNT_LENGTH);
  const create = SystemProgram.createNonceAccount({
    fromPubkey: payer.publicKey, noncePubkey: nonce.publicKey, authorizedPubkey: payer.publicKey, lamports: space,
  });
  await sendAndConfirmTransaction(connection, new Transaction().add(create), [payer, nonce]);
  const { nonce: value } = await connection.getNonce(nonce.publicKey);
  const to = Keypair.generate().publicKey;
  const transaction = new Transaction({
    feePayer: payer.publicKey, minContextSlot: 0,
    nonceInfo: {
      nonce: value,
      nonceInstruction: SystemProgram.nonceAdvance({ noncePubkey: nonce.publicKey, authorizedPubkey: payer.publicKey }),
    },
  }).add(transfer(to, 1_000_000));
  transaction.sign(payer);
  const signature = await connection.sendRawTransaction(transaction.serialize());
  await connection.confirmTransaction({
    signature, nonceValue: value, nonceAccountPubkey: nonce.publicKey, minContextSlot: 0,
  });
  assert.equal(await connection.getBalance(to), 1_000_000);
  const account = NonceAccount.fromAccountData((await connection.getAccountInfo(nonce.publicKey)).data);
  assert.notEqual(account.nonce, value);
  await assert.rejects(connection.sendRawTransaction(transaction.serialize()), /already been processed|Blockhash not found/);
});

test("the cluster tells of itself", async () => {
  assert.match((await connection.getVersion())["solana-core"], /^\d+\.\d+\.\d+$/);
  new PublicKey(await connection.getGenesisHash());
  const epoch = await connection.getEpochInfo();
  assert.ok(epoch.absoluteSlot >= epoch.blockHeight);
  assert.ok((await connection.getEpochSchedule()).slotsPerEpoch > 0);
  assert.ok((await connection.getSupply()).value.total > 0);
  assert.ok((await connection.getLargestAccounts()).value.length > 0);
  assert.equal((await connection.getClusterNodes()).length, 1);
  assert.equal((await connection.getVoteAccounts()).current.length, 1);
  assert.ok(Array.isArray(await connection.getRecentPerformanceSamples(1)));
  assert.ok((await connection.getRecentPrioritizationFees()).length > 0);
  assert.ok((await connection.getBlocks(0, 2)).length > 0);
  assert.ok((await connection.getBlockTime(1)) > 1_700_000_000);
  const { value } = await connection.getStakeMinimumDelegation();
  assert.ok(value > 0);
  const message = new TransactionMessage({
    payerKey: payer.publicKey, recentBlockhash: (await connection.getLatestBlockhash()).blockhash,
    instructions: [transfer(payer.publicKey, 1)],
  }).compileToLegacyMessage();
  assert.equal((await connection.getFeeForMessage(message)).value, 5000);
});
