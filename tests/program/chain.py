"""The policy program on LiteSVM, as thin as a test needs it: the IDL, raw instructions, named refusals.

``MAI_PROGRAMS_OUT`` names another folder of built programs than ``programs/build/out``.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from machines import machine_for
from mai.program import ERRORS
from people import People
from solders.account import Account
from solders.clock import Clock
from solders.compute_budget import set_compute_unit_limit
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.pubkey import Pubkey
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
OUT = Path(os.environ.get("MAI_PROGRAMS_OUT", PROGRAMS / "build" / "out"))
START, START_SLOT = 1_800_000_000, 1_000
SLOTS_IN_2_S, WINDOW = 5, 512
WELL_KNOWN = {
    "clock": "SysvarC1ock11111111111111111111111111111111",
    "slot_hashes": "SysvarS1otHashes111111111111111111111111111",
    "associated_token_program": "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    "rent": "SysvarRent111111111111111111111111111111111",
    "system_program": "11111111111111111111111111111111",
    "token_program": "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
}
TOKEN_PROGRAM = Pubkey.from_string(WELL_KNOWN["token_program"])
WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "i64": 8, "bool": 1}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def program_id(name: str) -> Pubkey:
    return Keypair.from_bytes(bytes(json.loads((PROGRAMS / "keys" / f"{name}-dev.json").read_text()))).pubkey()


MAI, VERIFIER = program_id("mai"), program_id("verifier")


@functools.cache
def block(slot: int) -> bytes:
    """The hash of the block of a slot."""
    return hashlib.sha256(b"block %d" % slot).digest()


class Refused(Exception):
    """A transaction failed; ``name`` is the refusal's."""

    def __init__(self, name: str, logs: Sequence[str]) -> None:
        super().__init__(f"{name}\n" + "\n".join(logs))
        self.name = name


@dataclass(frozen=True)
class Landed:
    """A transaction that went through: its compute units and its events by name."""

    units: int
    events: dict[str, dict[str, Any]]


def pack(kind: Any, value: Any) -> bytes:
    """One Borsh value of an IDL type."""
    if isinstance(kind, dict):
        return b"".join(pack(kind["array"][0], item) for item in value)
    if kind == "publicKey":
        return bytes(value)
    return int(value).to_bytes(WIDTHS[kind], "little", signed=kind.startswith("i"))


def size(kind: Any) -> int:
    """The bytes of a Borsh value of an IDL type."""
    if isinstance(kind, dict):
        return size(kind["array"][0]) * int(kind["array"][1])
    return 32 if kind == "publicKey" else WIDTHS[kind]


def unpack(fields: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, Any]:
    """Borsh fields by snake_case name."""
    at = 0

    def take(kind: Any) -> Any:
        nonlocal at
        if isinstance(kind, dict):
            return [take(kind["array"][0]) for _ in range(kind["array"][1])]
        length = size(kind)
        raw, at = data[at : at + length], at + length
        if kind == "publicKey":
            return Pubkey.from_bytes(raw)
        number = int.from_bytes(raw, "little", signed=kind.startswith("i"))
        return bool(number) if kind == "bool" else number

    return {snake(field["name"]): take(field["type"]) for field in fields}


def name_of(error: str, logs: Sequence[str]) -> str:
    """The refusal's name, from the program's own words where it spoke."""
    for line in reversed(logs):
        if found := re.search(r"VerifierError: (\w+)", line) or re.search(r"Error Code: (\w+)", line):
            return found[1]
        for name in re.findall(r"\b([A-Z]\w+): ", line):
            if name in ERRORS:
                return name
        if "already in use" in line:
            return "AccountInUse"
    return error


class Chain:
    """LiteSVM with both programs; the clock starts at START. Worlds of another name have other addresses."""

    def __init__(self, world: str = "") -> None:
        self.people = People(world)
        self.svm = machine_for(self, ((MAI, OUT / "mai.so"), (VERIFIER, OUT / "verifier.so")))
        idl = json.loads((OUT / "mai.json").read_text())
        self._instructions = {snake(entry["name"]): entry for entry in idl["instructions"]}
        self._accounts = {entry["name"]: entry["type"]["fields"] for entry in idl["accounts"]}
        self._events = {entry["name"]: entry["fields"] for entry in idl["events"]}
        self.set_slot(START_SLOT, START)

    def set_time(self, seconds: int) -> None:
        """Moves the clock, and the slots with it: two and a half a second, at least one."""
        passed = max(1, (seconds - self.time()) * SLOTS_IN_2_S // 2)
        self.set_slot(self.svm.get_clock().slot + passed, seconds)

    def set_slot(self, slot: int, seconds: int | None = None) -> None:
        """Moves to a slot, with a block in each of the 512 before it."""
        clock = self.svm.get_clock()
        seconds = self.time() if seconds is None else seconds
        self.svm.set_clock(Clock(slot, seconds, clock.epoch, clock.leader_schedule_epoch, seconds))
        self.svm.set_slot_hashes([(at, Hash(block(at))) for at in range(slot - 1, max(slot - 1 - WINDOW, -1), -1)])

    def pass_slots(self, slots: int) -> None:
        self.set_slot(self.svm.get_clock().slot + slots)

    def pass_time(self, seconds: int) -> None:
        self.set_time(self.time() + seconds)

    def time(self) -> int:
        return int(self.svm.get_clock().unix_timestamp)

    def person(self) -> Keypair:
        """A wallet with SOL."""
        keypair = self.people.another()
        self.svm.airdrop(keypair.pubkey(), 10**10)
        return keypair

    def instructions(self) -> list[str]:
        """The names of all instructions."""
        return list(self._instructions)

    def parameters(self, name: str) -> list[str]:
        """The names of an instruction's accounts, in order."""
        return [snake(account["name"]) for account in self._instructions[name]["accounts"]]

    def instruction(
        self, name: str, accounts: Mapping[str, Pubkey], arguments: Mapping[str, Any] | None = None
    ) -> Instruction:
        entry = self._instructions[name]
        metas = []
        for account in entry["accounts"]:
            key = snake(account["name"])
            address = accounts[key] if key in accounts else Pubkey.from_string(WELL_KNOWN[key])
            metas.append(AccountMeta(address, account["isSigner"], account["isMut"]))
        body = b"".join(pack(arg["type"], (arguments or {})[snake(arg["name"])]) for arg in entry["args"])
        return Instruction(MAI, hashlib.sha256(f"global:{name}".encode()).digest()[:8] + body, metas)

    def send(self, signer: Keypair, *instructions: Instruction, cosigners: Sequence[Keypair] = ()) -> Landed:
        """Runs the instructions in one transaction.

        Raises:
            Refused: it failed.
        """
        signers = [signer, *cosigners]
        message = Message([set_compute_unit_limit(1_400_000), *instructions], signer.pubkey())
        result = self.svm.send_transaction(Transaction(signers, message, self.svm.latest_blockhash()))
        self.svm.expire_blockhash()
        if isinstance(result, FailedTransactionMetadata):
            logs = result.meta().logs()
            raise Refused(name_of(str(result.err()), logs), logs)
        # 150 units are the compute budget instruction's.
        return Landed(result.compute_units_consumed() - 150, self._read_events(result.logs()))

    def _read_events(self, logs: Sequence[str]) -> dict[str, dict[str, Any]]:
        kinds = {hashlib.sha256(f"event:{name}".encode()).digest()[:8]: name for name in self._events}
        found = {}
        for line in logs:
            if line.startswith("Program data: "):
                data = base64.b64decode(line.removeprefix("Program data: "))
                name = kinds[data[:8]]
                found[name] = unpack(self._events[name], data[8:])
        return found

    def read(self, kind: str, address: Pubkey) -> dict[str, Any]:
        """The fields of one of the program's accounts."""
        account = self.svm.get_account(address)
        if account is None:
            raise KeyError(f"no account at {address}")
        return unpack(self._accounts[kind], bytes(account.data)[8:])

    def write(self, kind: str, address: Pubkey, **changes: Any) -> None:
        """Changes fields of an account behind the program's back: states that no instruction can make yet."""
        account = self.svm.get_account(address)
        data, at = bytearray(account.data), 8
        for field in self._accounts[kind]:
            raw = pack(field["type"], unpack([field], bytes(data[at:]))[snake(field["name"])])
            if (name := snake(field["name"])) in changes:
                raw = pack(field["type"], changes.pop(name))
                data[at : at + len(raw)] = raw
            at += len(raw)
        if changes:
            raise KeyError(f"{kind} has no {sorted(changes)}")
        self.put(address, bytes(data), account.owner, account.lamports)

    def create(self, kind: str, address: Pubkey, **fields: Any) -> Pubkey:
        """One of the program's accounts as if an instruction had made it; what is not said is zero."""
        discriminator = hashlib.sha256(f"account:{kind}".encode()).digest()[:8]
        self.put(address, discriminator + bytes(sum(size(field["type"]) for field in self._accounts[kind])), MAI)
        self.write(kind, address, **fields)
        return address

    def put(self, address: Pubkey, data: bytes, owner: Pubkey, lamports: int = 10**9) -> None:
        self.svm.set_account(address, Account(lamports, data, owner))

    def put_token_account(self, mint: Pubkey, owner: Pubkey, amount: int = 0) -> Pubkey:
        """A token account of ``owner``, wherever."""
        address = Pubkey.new_unique()
        data = bytes(mint) + bytes(owner) + struct.pack("<Q", amount) + bytes(36) + b"\x01" + bytes(56)
        self.put(address, data, TOKEN_PROGRAM)
        return address

    def put_mint(self, authority: Pubkey | None, freeze: Pubkey | None, decimals: int = 9, supply: int = 0) -> Pubkey:
        """A mint made by somebody else."""
        address = Pubkey.new_unique()
        option = [struct.pack("<I", key is not None) + bytes(key or Pubkey.default()) for key in (authority, freeze)]
        self.put(address, option[0] + struct.pack("<QBB", supply, decimals, 1) + option[1], TOKEN_PROGRAM)
        return address

    def balance(self, token_account: Pubkey) -> int:
        return int(struct.unpack_from("<Q", bytes(self.svm.get_account(token_account).data), 64)[0])

    def supply(self, mint: Pubkey) -> int:
        return int(struct.unpack_from("<Q", bytes(self.svm.get_account(mint).data), 36)[0])


@contextmanager
def refused(name: str) -> Iterator[None]:
    """The block must be refused by exactly this name."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.name == name, str(caught.value)
