"""The program's side: the embedded chain with both programs, time and blocks set from outside, accounts read whole."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from economy.layout import layouts
from economy.ledger import Blocks, Holding, Metadata, Minted, Receipt
from economy.world import METAPLEX
from program.chain import OUT, TOKEN_PROGRAM, VERIFIER, Chain, Refused, snake
from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.keypair import Keypair
from solders.pubkey import Pubkey

SLOT_HASHES = Pubkey.from_string("SysvarS1otHashes111111111111111111111111111")
WINDOW = 512
LAMPORTS = 10**15
RECEIPT_MARK = hashlib.sha256(b"account:Receipt").digest()[:8]
TRACE_MARK = bytes((0x8B, 0xF9, 0xC6, 0xD1, 0x5B, 0x7C, 0xA2, 0x8B))
TRACE_PROVED, TRACE_CLAIMED = 4, 5
TRACE_BYTES = 352
# Refusals of the runtime and of SPL Token, by what the logs say of them.
WORDS = (
    ("insufficient funds", "NotEnoughTokens"),
    ("attempt to add with overflow", "Overflow"),
    ("attempt to subtract with overflow", "Overflow"),
    ("attempt to multiply with overflow", "Overflow"),
)


@cache
def block_hash(slot: int) -> bytes:
    return hashlib.sha256(b"block %d" % slot).digest()


@cache
def _hash(block: bytes) -> Hash:
    return Hash(block)


class Side(Chain):
    def __init__(self) -> None:
        super().__init__()
        self.svm = self.svm.with_sigverify(False).with_transaction_history(0)
        # The program that verifies traces contains the one that verifies single proofs.
        self.svm.add_program_from_file(VERIFIER, OUT / "traces.so")
        self.payer = self.wallet("pays the transactions' fees")
        self._signers = {
            name: [snake(account["name"]) for account in entry["accounts"] if account["isSigner"]]
            for name, entry in self._instructions.items()
        }
        self._named = {name: super(Side, self).parameters(name) for name in self._instructions}
        self.logs: Sequence[str] = ()

    def wallet(self, name: str) -> Keypair:
        keypair = Keypair.from_seed(hashlib.sha256(name.encode()).digest())
        self.svm.set_account(keypair.pubkey(), Account(LAMPORTS, b"", Pubkey.default()))
        return keypair

    # -- time

    def warp(self, now: int, slot: int, blocks: Blocks) -> None:
        clock = self.svm.get_clock()
        self.svm.set_clock(Clock(slot, now, clock.epoch, clock.leader_schedule_epoch, now))
        self.svm.set_slot_hashes([(at, _hash(blocks.hashes[at])) for at in reversed(blocks.slots)])

    # -- actions

    def signers(self, name: str) -> list[str]:
        """The names of the accounts that must sign."""
        return self._signers[name]

    def parameters(self, name: str) -> list[str]:
        return self._named[name]

    def widths(self, name: str) -> dict[str, Any]:
        """The types of an instruction's arguments."""
        return {snake(entry["name"]): entry["type"] for entry in self._instructions[name]["args"]}

    def attempt(
        self, name: str, accounts: Mapping[str, Pubkey], arguments: Mapping[str, Any], signers: Sequence[Keypair]
    ) -> str | None:
        """Sends one instruction; the refusal's name, or None if it went through."""
        try:
            self.send(self.payer, self.instruction(name, accounts, arguments), cosigners=signers)
        except Refused as refused:
            text = str(refused)
            self.logs = text.splitlines()
            if not re.fullmatch(r"[A-Z]\w+", refused.name) or refused.name.startswith("Instruction"):
                return next((meaning for words, meaning in WORDS if words in text), refused.name)
            return refused.name
        self.logs = ()
        return None

    def _read_events(self, logs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Events are not compared: tests of their own hold them to the accounts."""
        return {}

    # -- what is there

    def fields(self, kind: str, key: Pubkey) -> dict[str, Any] | None:
        account = self.svm.get_account(key)
        if account is None or not account.data:
            return None
        return layouts()[kind].decode(bytes(account.data))

    def lamports(self, key: Pubkey) -> int:
        account = self.svm.get_account(key)
        return 0 if account is None else int(account.lamports)

    def rent(self, key: Pubkey) -> int:
        account = self.svm.get_account(key)
        return int(self.svm.minimum_balance_for_rent_exemption(len(account.data)))

    def claimed(self, key: Pubkey, kind: str) -> bool:
        data = bytes(self.svm.get_account(key).data)
        return data[348] == TRACE_CLAIMED if kind == "trace" else data[336] == 1

    # -- what others made: the token program, the verifier

    def put_record(self, kind: str, key: Pubkey, values: dict[str, Any]) -> None:
        """Changes an account of the program behind its back; the model knows no bumps."""
        account = self.svm.get_account(key)
        data, layout = bytearray(account.data), layouts()[kind]
        body = layout.encode({**values, "bump": layout.decode(bytes(data))["bump"]})
        data[: len(body)] = body
        self.svm.set_account(key, Account(account.lamports, bytes(data), account.owner))

    def put_holding(self, key: Pubkey, holding: Holding) -> None:
        data = bytes(holding.mint) + bytes(holding.owner) + struct.pack("<Q", holding.amount)
        self.put(key, data + bytes(36) + b"\x01" + bytes(56), TOKEN_PROGRAM)

    def put_minted(self, key: Pubkey, minted: Minted) -> None:
        option = [
            struct.pack("<I", who is not None) + bytes(who or Pubkey.default())
            for who in (minted.authority, minted.freeze)
        ]
        body = option[0] + struct.pack("<QBB", minted.supply, minted.decimals, 1) + option[1]
        self.put(key, body, TOKEN_PROGRAM)

    def put_multisig(self, key: Pubkey, members: Sequence[Pubkey]) -> None:
        body = bytes((2, len(members), 1)) + b"".join(map(bytes, members))
        self.put(key, body.ljust(355, b"\0"), TOKEN_PROGRAM)

    def put_metadata(self, key: Pubkey, made: Metadata) -> None:
        """Metaplex's account of an NFT: key, authority, mint, three strings, fee, creators, flags, collection."""
        words = b"".join(struct.pack("<I", len(word)) + word for word in (b"Warrior".ljust(32, b"\0"), b"W", b"uri"))
        creators = b"\x01" + struct.pack("<I", 1) + bytes(34)
        tail = bytes((1, 1)) + b"\x01\xff" + b"\x01\x00" + bytes((1, made.verified)) + bytes(made.collection)
        body = b"\x04" + bytes(32) + bytes(made.mint) + words + struct.pack("<H", 500) + creators + tail
        self.put(key, body.ljust(679, b"\0"), METAPLEX)

    def put_receipt(self, key: Pubkey, receipt: Receipt, bump: int = 255) -> None:
        """A receipt or a proved trace exactly as the verifier leaves it."""
        terms, claimer = receipt.terms, bytes(receipt.claimer)
        if receipt.kind == "whole":
            names = ("key_hash", "srs", "instances", "commitments", "input", "params", "output")
            fields = [terms.get(name, bytes(32)) for name in names]
            body = RECEIPT_MARK + terms["context"] + claimer + bytes(32) + b"".join(fields) + bytes(8)
            body += bytes((0, bump)) + bytes(6)
        else:
            body = TRACE_MARK + terms["context"] + claimer + terms["manifest"] + terms["input"] + terms["output"]
            body += bytes(4 * 32) + struct.pack("<3Q", 0, 0, 0)
            body += struct.pack("<5I", terms["prompt"], terms["generated"], terms["limit"], 0, 0)
            body += struct.pack("<4H", 1, 0, 0, 0) + bytes((TRACE_PROVED, bump, 0, 0))
        self.put(key, body, VERIFIER)
