// @coral-xyz/anchor with MAI's own IDL against a localnet that has MAI's programs from the start.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import anchor from "@coral-xyz/anchor";
import { Connection, Keypair, PublicKey, SystemProgram, SYSVAR_RENT_PUBKEY } from "@solana/web3.js";
import { subscribed } from "./subscribed.mjs";

const { AnchorProvider, BN, Program, Wallet, web3 } = anchor;
const idl = JSON.parse(readFileSync(process.env.MAI_IDL));
const verifierIdl = JSON.parse(readFileSync(process.env.MAI_VERIFIER_IDL));
const wallet = new Wallet(Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(process.env.MAI_WALLET)))));
const connection = new Connection(process.env.MAI_RPC, { commitment: "confirmed", wsEndpoint: process.env.MAI_WEBSOCKET });
const provider = new AnchorProvider(connection, wallet, { commitment: "confirmed", preflightCommitment: "confirmed" });
const program = new Program(idl, new PublicKey(idl.metadata.address), provider);
const LOADER = new PublicKey("BPFLoaderUpgradeab1e11111111111111111111111");
const TOKEN = new PublicKey("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const pda = (...seeds) => PublicKey.findProgramAddressSync(seeds, program.programId)[0];
const text = (value) => Buffer.from(value);

after(() => { connection._rpcWebSocket.close(); setImmediate(() => process.exit()); });

const heardOf = (name) => {
  let number;
  const event = new Promise((resolve) => {
    number = program.addEventListener(name, (value, slot, signature) => resolve({ value, slot, signature }));
  });
  return { event, stop: () => program.removeEventListener(number) };
};

test("the network is created, its event is heard, its account is read", async () => {
  const listener = heardOf("NetworkCreated");
  await subscribed(connection);
  const programData = PublicKey.findProgramAddressSync([program.programId.toBuffer()], LOADER)[0];
  const srs = [new BN(1), new BN(2), new BN(3), new BN(4)];
  const signature = await program.methods
    .genesis(7, 0, new BN(50_000), ...srs)
    .accounts({
      authority: wallet.publicKey, config: pda(text("config")), mint: pda(text("mint")),
      verifierProgram: new PublicKey(verifierIdl.metadata.address), programAccount: program.programId, programData,
      rent: SYSVAR_RENT_PUBKEY, systemProgram: SystemProgram.programId, tokenProgram: TOKEN,
    })
    .preInstructions([web3.ComputeBudgetProgram.setComputeUnitLimit({ units: 1_400_000 })])
    .rpc();
  const heard = await listener.event;
  await listener.stop();
  assert.equal(heard.signature, signature);
  const [config, ...others] = await program.account.config.all();
  assert.equal(others.length, 0);
  assert.equal(config.account.chainId, 7);
  assert.ok(config.publicKey.equals(pda(text("config"))));
});

test("accounts are found by their fields", async () => {
  const owners = [wallet.payer, Keypair.generate()];
  const before = (await program.account.stake.all()).length;
  await provider.sendAndConfirm(new web3.Transaction().add(SystemProgram.transfer({
    fromPubkey: wallet.publicKey, toPubkey: owners[1].publicKey, lamports: 1_000_000_000,
  })));
  for (const owner of owners) {
    await program.methods.openStake().accounts({
      owner: owner.publicKey, stake: pda(text("stake"), owner.publicKey.toBuffer()),
      rent: SYSVAR_RENT_PUBKEY, systemProgram: SystemProgram.programId,
    }).signers(owner === wallet.payer ? [] : [owner]).rpc();
  }
  assert.equal((await program.account.stake.all()).length, before + 2);
  const one = await program.account.stake.fetch(pda(text("stake"), owners[1].publicKey.toBuffer()));
  assert.ok(one.owner.equals(owners[1].publicKey));
  const many = await program.account.stake.fetchMultiple(owners.map((owner) => pda(text("stake"), owner.publicKey.toBuffer())));
  assert.equal(many.length, 2);
});

test("a refusal is told by the program's name for it", async () => {
  const again = program.methods.openStake().accounts({
    owner: wallet.publicKey, stake: pda(text("stake"), wallet.publicKey.toBuffer()),
    rent: SYSVAR_RENT_PUBKEY, systemProgram: SystemProgram.programId,
  });
  await assert.rejects(again.rpc(), (error) => {
    assert.match(error.logs.join("\n"), /already in use/);
    return true;
  });
  await assert.rejects(again.simulate());
});
