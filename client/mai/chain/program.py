"""A program through its IDL: instructions, accounts, events and the names of its refusals.

The IDL is the only bridge: no account or instruction layout is written by hand. anchorpy's coders do the encoding;
its provider is asynchronous and bound to RPC, so sending is ours (docs/decisions/0002-client-layer.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from anchorpy.coder.coder import Coder
from anchorpy_core.idl import Idl
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.sysvar import CLOCK, RENT, SLOT_HASHES
from spl.token.constants import ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_PROGRAM_ID

from mai.chain.cluster import Cluster
from mai.chain.events import Told, read_events
from mai.chain.layout import DISCRIMINATOR_BYTES, interface, snake
from mai.errors import MaiError

# Accounts that have one address on every cluster; nobody has to name them.
_WELL_KNOWN = {
    "system_program": SYSTEM_PROGRAM,
    "token_program": TOKEN_PROGRAM_ID,
    "associated_token_program": ASSOCIATED_TOKEN_PROGRAM_ID,
    "rent": RENT,
    "clock": CLOCK,
    "slot_hashes": SLOT_HASHES,
    "incinerator": Pubkey.from_string("1nc1nerator11111111111111111111111111111111"),
}
# How many bytes a field's type takes in an account.
_WIDTHS = {"bool": 1, "u8": 1, "u16": 2, "u32": 4, "u64": 8, "u128": 16, "i64": 8, "publicKey": 32}


def _plain(name: str) -> str:
    """A name without case and underscores: the IDL's camel case forgets where an underscore stood before a digit."""
    return name.replace("_", "").lower()


def _width(kind: Any) -> int:
    """Bytes of a field whose type the IDL names."""
    return _width(kind["array"][0]) * int(kind["array"][1]) if isinstance(kind, dict) else _WIDTHS[kind]


class Program:
    """One deployed program.

    Attributes:
        address: the program's id.
        name: the program's name, from the IDL.
        errors: refusal name to message, from the IDL.
    """

    def __init__(self, address: Pubkey, idl_path: Path) -> None:
        """Read the IDL.

        Raises:
            MaiError: the file is missing or is not an Anchor 0.28 IDL.
        """
        if not idl_path.is_file():
            raise MaiError(f"the interface file {idl_path} is missing: run `mai program build`")
        text = idl_path.read_text()
        try:
            raw = json.loads(text)
            idl = Idl.from_json(text)
        except Exception as error:  # the binding has an error class of its own for every way to be wrong
            raise MaiError(f"{idl_path} is not a program interface: run `mai program build`") from error
        self.address, self._idl_path = address, idl_path
        self.name = str(raw.get("name", idl_path.stem))
        self.errors = {entry["name"]: entry.get("msg", "") for entry in raw.get("errors") or []}
        self._coder = Coder(idl)
        self._instructions = {snake(entry["name"]): entry for entry in raw["instructions"]}
        self._accounts = {entry["name"]: entry["type"]["fields"] for entry in raw.get("accounts") or []}

    def instruction(
        self,
        name: str,
        accounts: Mapping[str, Pubkey],
        arguments: Mapping[str, Any] | None = None,
        more: Sequence[AccountMeta] = (),
    ) -> Instruction:
        """Build an instruction.

        Args:
            name: in snake case, as in the program's source.
            accounts: by the IDL's names in snake case; programs and sysvars of Solana itself may be left out.
            arguments: by the IDL's names in snake case.
            more: accounts behind those that the IDL names.

        Raises:
            MaiError: an unknown instruction, or accounts or arguments that do not fit the IDL.
        """
        entry = self._entry(name)
        wanted = [(snake(account["name"]), account["isSigner"], account["isMut"]) for account in entry["accounts"]]
        names = {account for account, _, _ in wanted}
        known = {account: address for account, address in _WELL_KNOWN.items() if account in names}
        given = {**known, **accounts}
        if names != set(given):
            raise MaiError(f"{name} takes the accounts {', '.join(sorted(names))}")
        given_arguments = {_plain(argument): value for argument, value in (arguments or {}).items()}
        names_of = {_plain(argument["name"]): snake(argument["name"]) for argument in entry["args"]}
        if set(given_arguments) != set(names_of):
            raise MaiError(f"{name} takes the arguments {', '.join(names_of.values()) or 'none'}")
        try:
            data = self._coder.instruction.encode(
                name, {names_of[argument]: value for argument, value in given_arguments.items()}
            )
        except Exception as error:
            raise MaiError(f"the arguments of {name} do not fit: {error}") from error
        metas = [AccountMeta(given[account], signer, writable) for account, signer, writable in wanted]
        return Instruction(self.address, data, [*metas, *more])

    def parse(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """An instruction's name in snake case and its arguments, from its data.

        Raises:
            MaiError: the program has no such instruction.
        """
        try:
            parsed = self._coder.instruction.parse(data)
            arguments = {snake(key): value for key, value in parsed.data.items() if not key.startswith("_")}
            return snake(parsed.name), arguments
        except Exception as error:  # the binding's errors are those of the layouts it is made of
            raise MaiError("the data is no instruction of this program") from error

    def _entry(self, name: str) -> dict[str, Any]:
        if name not in self._instructions:
            raise MaiError(f"the program has no instruction {name}")
        entry: dict[str, Any] = self._instructions[name]
        return entry

    def accounts_of(self, name: str) -> list[str]:
        """The names of an instruction's accounts, in order.

        Raises:
            MaiError: an unknown instruction.
        """
        return [snake(account["name"]) for account in self._entry(name)["accounts"]]

    def places(self, kind: str, **fields: Pubkey | int) -> list[tuple[int, bytes]]:
        """What every account of a kind with these fields has in its bytes, as (offset, bytes): for listing.

        Raises:
            MaiError: the program has no such account or field.
        """
        left = dict(fields)
        found = [(0, hashlib.sha256(f"account:{kind}".encode()).digest()[:DISCRIMINATOR_BYTES])]
        at = DISCRIMINATOR_BYTES
        for field in self._accounts.get(kind, []):
            width = _width(field["type"])
            value = left.pop(snake(field["name"]), None)
            if value is not None:
                raw = bytes(value) if isinstance(value, Pubkey) else value.to_bytes(width, "little")
                found.append((at, raw))
            at += width
        if left or kind not in self._accounts:
            raise MaiError(f"the program has no account {kind} with {', '.join(left) or 'any field'}")
        return found

    def decode(self, data: bytes) -> Any:
        """An account's fields, by its discriminator.

        Raises:
            MaiError: the bytes are no account of this program.
        """
        try:
            return self._coder.accounts.decode(data)
        except Exception as error:
            raise MaiError("the account's data is not of this program") from error

    def fetch(self, cluster: Cluster, address: Pubkey, kind: str | None = None) -> Any:
        """Read and decode an account that this program owns.

        Raises:
            MaiError: there is none, another program owns it, or it is not of ``kind``.
        """
        account = cluster.account(address)
        if account is None:
            raise MaiError(f"there is no account {address}")
        if account.owner != self.address:
            raise MaiError(f"the account {address} belongs to {account.owner}, not to {self.address}")
        decoded = self.decode(account.data)
        if kind is not None and type(decoded).__name__ != kind:
            raise MaiError(f"the account {address} holds: {type(decoded).__name__}; needed here: {kind}")
        return decoded

    def events(self, logs: Sequence[str]) -> Iterator[Told]:
        """The events that this program emitted, in order; what other programs wrote into the same logs is not read.

        Raises:
            MaiError: the runtime cut the logs off, so that events may be missing.
        """
        reading = read_events(interface(self._idl_path), self.address, logs)
        yield from reading.events
        if not reading.complete:
            raise MaiError("the transaction logged too much: its events are incomplete, so read the accounts instead")

    def pda(self, *seeds: bytes) -> tuple[Pubkey, int]:
        """The program-derived address of ``seeds`` and its bump."""
        return Pubkey.find_program_address(list(seeds), self.address)
