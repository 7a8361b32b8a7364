"""A small harness: the verifier program on LiteSVM, with instructions built by hand from docs/reference/verifier.md.

It shares no code with the client, so that a mistake in one of them shows.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from machines import machine_for
from people import People
from solders.account import Account
from solders.compute_budget import request_heap_frame, set_compute_unit_limit
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

ROOT = Path(__file__).resolve().parents[2]
IDL = ROOT / "programs" / "verifier" / "verifier.json"
DEFAULT_SO = ROOT / "programs" / "build" / "out" / "verifier.so"
PROGRAM = Pubkey(b"the verifier program under test".ljust(32))
CHUNK = 900
GROWTH = 10_240
HEAP = 256 * 1024

KEY_HEADER = struct.Struct("<8s32s32s32sIBB2s")
PROOF_HEADER = struct.Struct("<8s32sQIB3s")
SESSION_HEADER = struct.Struct("<8s32s32s32sQIIIBB2s")
RECEIPT = struct.Struct("<8s32s32s32s32s32s32s32s32s32s32sQBB6s")
RECEIPT_FIELDS = (
    *("discriminator", "context", "claimer", "statement", "key_hash", "srs", "instances", "commitments"),
    *("input", "params", "output", "slot", "consumed", "bump"),
)


def discriminator(namespace: str, name: str) -> bytes:
    return hashlib.sha256(f"{namespace}:{name}".encode()).digest()[:8]


@cache
def error_codes() -> dict[str, int]:
    """Names and codes of the IDL."""
    return {error["name"]: error["code"] for error in json.loads(IDL.read_text())["errors"]}


# Stages of a session, by number.
STAGES = ("transcripts", "moduli", "code", "claims", "curve", "pairing", "verified")
SESSION_FIELDS = (
    *("discriminator", "authority", "key_hash", "payload_hash", "nonce", "proof", "position", "size", "stage", "bump"),
)


@dataclass(frozen=True)
class Outcome:
    """What became of a transaction; `refused` is the error's name, or None if it succeeded."""

    refused: str | None
    units: int
    logs: list[str]


class Chain:
    """One LiteSVM with the verifier program and one funded payer."""

    def __init__(self) -> None:
        self.svm = machine_for(self, ((PROGRAM, Path(os.environ.get("MAI_VERIFIER_SO", DEFAULT_SO))),))
        self.people = People()
        self.payer = self.funded()
        self.nonces = itertools.count(1)

    def funded(self) -> Keypair:
        keypair = self.people.another()
        self.svm.airdrop(keypair.pubkey(), 10**12)
        return keypair

    # -- transactions

    def send(
        self, *instructions: Instruction, signers: Sequence[Keypair] = (), heap: int = HEAP, units: int = 1_400_000
    ) -> Outcome:
        """Send; the payer pays. Of `signers`, those sign whom the message names."""
        budget = [set_compute_unit_limit(units)] + ([request_heap_frame(heap)] if heap else [])
        message = Message([*budget, *instructions], self.payer.pubkey())
        needed = message.account_keys[: message.header.num_required_signatures]
        signing = {keypair.pubkey(): keypair for keypair in (self.payer, *signers) if keypair.pubkey() in needed}
        transaction = Transaction(list(signing.values()), message, self.svm.latest_blockhash())
        result = self.svm.send_transaction(transaction)
        self.svm.expire_blockhash()
        if not isinstance(result, FailedTransactionMetadata):
            return Outcome(None, result.compute_units_consumed(), result.logs())
        meta = result.meta()
        return Outcome(self._name(str(result.err()), meta.logs()), meta.compute_units_consumed(), meta.logs())

    @staticmethod
    def _name(error: str, logs: list[str]) -> str:
        names = [line.removeprefix("Program log: VerifierError: ") for line in logs if "VerifierError" in line]
        if not names:
            return f"unnamed: {error} {logs[-2:]}"
        code = error_codes().get(names[-1])
        if f"custom program error: {code:#x}" not in logs[-1]:
            return f"wrong code: {names[-1]} {logs[-1]}"
        return names[-1]

    def run(self, instruction: Instruction, *signers: Keypair) -> Outcome:
        """Send one instruction that must succeed."""
        outcome = self.send(instruction, signers=signers)
        assert outcome.refused is None, (outcome.refused, outcome.logs[-6:])
        return outcome

    # -- accounts

    def data(self, address: Pubkey) -> bytes:
        account = self.svm.get_account(address)
        return b"" if account is None else bytes(account.data)

    def balance(self, address: Pubkey) -> int:
        return self.svm.get_balance(address) or 0

    def put(self, address: Pubkey, data: bytes, owner: Pubkey = PROGRAM, lamports: int = 10**10) -> Pubkey:
        """Set an account's content directly, as no transaction could."""
        self.svm.set_account(address, Account(lamports, data, owner, False, 0))
        return address

    def receipt(self, address: Pubkey) -> dict[str, object]:
        return dict(zip(RECEIPT_FIELDS, RECEIPT.unpack(self.data(address)), strict=False))

    # -- whole ways

    def create_key(self, blob: bytes, authority: Keypair | None = None) -> Pubkey:
        """Create and write a key account; not sealed."""
        authority = authority or self.payer
        digest = keccak(blob)
        address, bump = key_address(authority.pubkey(), digest)
        self.run(ix_create_key(authority.pubkey(), address, digest, len(blob), bump), authority)
        self.fill(address, KEY_HEADER.size, blob, authority)
        return address

    def seal(self, blob: bytes) -> Outcome:
        """Put an unsealed key account with `blob` in place and seal it."""
        digest = keccak(blob)
        address, bump = key_address(self.payer.pubkey(), digest)
        self.put(address, key_header(self.payer.pubkey(), digest, len(blob), bump) + blob)
        return self.send(ix_seal_key(self.payer.pubkey(), address))

    def sealed_key(self, blob: bytes) -> Pubkey:
        outcome = self.seal(blob)
        assert outcome.refused is None, outcome
        return key_address(self.payer.pubkey(), keccak(blob))[0]

    def put_proof(self, payload: bytes, authority: Pubkey | None = None, nonce: int | None = None) -> Pubkey:
        """Put a proof account with `payload` in place."""
        authority = authority or self.payer.pubkey()
        nonce = next(self.nonces) if nonce is None else nonce
        address, bump = proof_address(authority, nonce)
        return self.put(address, proof_header(authority, nonce, len(payload), bump) + payload)

    def fill(self, address: Pubkey, header: int, body: bytes, authority: Keypair) -> None:
        """Extend to the full size and write the body in chunks."""
        while len(self.data(address)) < header + len(body):
            self.run(ix_extend(authority.pubkey(), address), authority)
        for offset in range(0, len(body), CHUNK):
            self.run(ix_write(authority.pubkey(), address, offset, body[offset : offset + CHUNK]), authority)

    def check(self, key: Pubkey, payload: bytes) -> Outcome:
        return self.send(ix_check(key, self.put_proof(payload, nonce=0)))

    def session(self, key: Pubkey, proof: Pubkey, nonce: int = 1, owner: Keypair | None = None) -> Session:
        """A new session, grown to its full size."""
        session = Session(self, key, proof, nonce, owner or self.payer)
        self.run(session.create(), session.owner)
        session.grow()
        return session


@dataclass(frozen=True)
class Session:
    """A session's account and what it works on; `key` and `proof` are passed as they are, right or wrong."""

    chain: Chain
    key: Pubkey
    proof: Pubkey
    nonce: int
    owner: Keypair

    @property
    def address(self) -> Pubkey:
        return session_address(self.owner.pubkey(), self.nonce)[0]

    @property
    def header(self) -> dict[str, Any]:
        return dict(zip(SESSION_FIELDS, SESSION_HEADER.unpack_from(self.chain.data(self.address)), strict=False))

    @property
    def stage(self) -> str:
        return STAGES[self.header["stage"]]

    def create(self) -> Instruction:
        address, bump = session_address(self.owner.pubkey(), self.nonce)
        return ix_create_session(self.owner.pubkey(), self.key, self.proof, address, self.nonce, bump)

    def grow(self) -> None:
        while len(self.chain.data(self.address)) < SESSION_HEADER.size + self.header["size"]:
            self.chain.run(ix_extend(self.owner.pubkey(), self.address), self.owner)

    def with_(self, key: Pubkey | None = None, proof: Pubkey | None = None) -> Session:
        """The same session, used with another key or proof."""
        return Session(self.chain, key or self.key, proof or self.proof, self.nonce, self.owner)

    def step(self, steps: int = 2**32 - 1) -> Instruction:
        return ix_advance(self.owner.pubkey(), self.key, self.proof, self.address, steps)

    def advance(self, steps: int = 2**32 - 1) -> str | None:
        """Advance once, with the default heap; the refusal's name."""
        return self.chain.send(self.step(steps), signers=[self.owner], heap=0).refused

    def advance_to(self, stage: str, steps: int = 2**32 - 1) -> str | None:
        """Advance until the stage is next; the refusal that stopped it, if any."""
        while self.stage != stage:
            if refused := self.advance(steps):
                return refused
        return None

    def verify(self, context: bytes, *receipts: tuple[Pubkey, int]) -> Instruction:
        return ix_verify_session(self.owner.pubkey(), self.key, self.proof, self.address, context, *receipts)


def unused() -> Pubkey:
    """An address with nothing at it."""
    return Keypair().pubkey()


def keccak(data: bytes) -> bytes:
    from Crypto.Hash import keccak as implementation

    return implementation.new(digest_bits=256, data=data).digest()


# -- addresses and headers


def key_address(authority: Pubkey, digest: bytes) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address([b"key", bytes(authority), digest], PROGRAM)


def proof_address(authority: Pubkey, nonce: int) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address([b"proof", bytes(authority), nonce.to_bytes(8, "little")], PROGRAM)


def receipt_address(context: bytes, claimer: Pubkey, statement: bytes) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address([b"receipt", context, bytes(claimer), statement], PROGRAM)


def session_address(authority: Pubkey, nonce: int) -> tuple[Pubkey, int]:
    return Pubkey.find_program_address([b"session", bytes(authority), nonce.to_bytes(8, "little")], PROGRAM)


def lower_bump(seeds: Sequence[bytes], canonical: int) -> tuple[Pubkey, int]:
    """The next valid address of the seeds below the canonical bump."""
    for bump in range(canonical - 1, -1, -1):
        try:
            return Pubkey.create_program_address([*seeds, bytes([bump])], PROGRAM), bump
        except Exception as error:  # the binding's own type is not exported
            if type(error).__name__ != "PubkeyError":
                raise
    raise AssertionError("no second bump")


def key_header(authority: Pubkey, digest: bytes, size: int, bump: int) -> bytes:
    """An unsealed key's header."""
    return KEY_HEADER.pack(discriminator("account", "Key"), bytes(authority), digest, bytes(32), size, 0, bump, b"")


def proof_header(authority: Pubkey, nonce: int, size: int, bump: int) -> bytes:
    return PROOF_HEADER.pack(discriminator("account", "Proof"), bytes(authority), nonce, size, bump, b"")


# -- instructions


def instruction(name: str, accounts: Sequence[tuple[Pubkey, str]], arguments: bytes = b"") -> Instruction:
    """`accounts` are (address, flags), flags out of "s" (signer) and "w" (writable)."""
    metas = [AccountMeta(address, "s" in flags, "w" in flags) for address, flags in accounts]
    return Instruction(PROGRAM, discriminator("global", name) + arguments, metas)


def ix_create_key(authority: Pubkey, key: Pubkey, digest: bytes, size: int, bump: int) -> Instruction:
    accounts = [(authority, "sw"), (key, "w"), (SYSTEM_PROGRAM, "")]
    return instruction("create_key", accounts, digest + struct.pack("<IB", size, bump))


def ix_create_proof(authority: Pubkey, proof: Pubkey, nonce: int, size: int, bump: int) -> Instruction:
    accounts = [(authority, "sw"), (proof, "w"), (SYSTEM_PROGRAM, "")]
    return instruction("create_proof", accounts, struct.pack("<QIB", nonce, size, bump))


def ix_extend(authority: Pubkey, account: Pubkey) -> Instruction:
    return instruction("extend", [(authority, "s"), (account, "w")])


def ix_write(authority: Pubkey, account: Pubkey, offset: int, data: bytes) -> Instruction:
    return instruction("write", [(authority, "s"), (account, "w")], struct.pack("<II", offset, len(data)) + data)


def ix_seal_key(authority: Pubkey, key: Pubkey) -> Instruction:
    return instruction("seal_key", [(authority, "s"), (key, "w")])


def ix_close(authority: Pubkey, account: Pubkey) -> Instruction:
    return instruction("close", [(authority, "sw"), (account, "w")])


def ix_check(key: Pubkey, proof: Pubkey, profile: bool = False) -> Instruction:
    return instruction("check", [(key, ""), (proof, "")], bytes([profile]))


def _issue(context: bytes, receipts: Sequence[tuple[Pubkey, int]]) -> bytes:
    return context + struct.pack("<I", len(receipts)) + bytes(bump for _, bump in receipts)


def ix_verify(
    claimer: Pubkey, key: Pubkey, proof: Pubkey, receipt: Pubkey, context: bytes, bump: int, *more: tuple[Pubkey, int]
) -> Instruction:
    """`more`: the receipts (address, bump) of a batch's further proofs."""
    accounts = [(claimer, "sw"), (key, ""), (proof, ""), (receipt, "w"), (SYSTEM_PROGRAM, "")]
    accounts += [(address, "w") for address, _ in more]
    return instruction("verify", accounts, _issue(context, [(receipt, bump), *more]) + b"\0")


def ix_create_session(
    authority: Pubkey, key: Pubkey, proof: Pubkey, session: Pubkey, nonce: int, bump: int
) -> Instruction:
    accounts = [(authority, "sw"), (key, ""), (proof, ""), (session, "w"), (SYSTEM_PROGRAM, "")]
    return instruction("create_session", accounts, struct.pack("<QB", nonce, bump))


def ix_advance(authority: Pubkey, key: Pubkey, proof: Pubkey, session: Pubkey, steps: int) -> Instruction:
    accounts = [(authority, "s"), (key, ""), (proof, ""), (session, "w")]
    return instruction("advance", accounts, struct.pack("<I", steps))


def ix_verify_session(
    claimer: Pubkey, key: Pubkey, proof: Pubkey, session: Pubkey, context: bytes, *receipts: tuple[Pubkey, int]
) -> Instruction:
    accounts = [(claimer, "sw"), (key, ""), (proof, ""), (session, ""), (receipts[0][0], "w"), (SYSTEM_PROGRAM, "")]
    accounts += [(address, "w") for address, _ in receipts[1:]]
    return instruction("verify_session", accounts, _issue(context, receipts))


def ix_claim(claimer: Pubkey, receipt: Pubkey, *expected: bytes) -> Instruction:
    """`expected`: context, key_hash, srs, input, params, output."""
    return instruction("claim", [(claimer, "s"), (receipt, "w")], b"".join(expected))
