"""What a transaction asks for, in words: its instructions by name, their arguments and accounts."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solders.compute_budget import ID as COMPUTE_BUDGET
from solders.message import Message
from solders.system_program import ID as SYSTEM
from spl.token.constants import ASSOCIATED_TOKEN_PROGRAM_ID, TOKEN_PROGRAM_ID

from mai.chain.loader import LOADER
from mai.chain.program import Program
from mai.chain.transaction import may_write
from mai.errors import MaiError
from mai.money import format_mai

SHOWN_BYTES = 64
AMOUNT = "amount"
"""What the policy program's instructions call base units of MAI."""


@dataclass(frozen=True)
class Part:
    """An account of an instruction and what the transaction may do with it."""

    label: str
    address: str
    signs: bool
    writable: bool


@dataclass(frozen=True)
class Call:
    """One instruction.

    Attributes:
        program: the program's name, or its address where it is not known here.
        name: the instruction's name; "unknown" where the program or the instruction is not known here.
        arguments: by name, for people.
    """

    program: str
    name: str
    arguments: dict[str, str]
    accounts: tuple[Part, ...]


@dataclass(frozen=True)
class _Native:
    """A built-in program's instructions by tag: name, the layout of its arguments, their names, its accounts' names."""

    name: str
    tag: str
    instructions: Mapping[int, tuple[str, str, tuple[str, ...], tuple[str, ...]]]


_NATIVE = {
    COMPUTE_BUDGET: _Native(
        "compute budget",
        "<B",
        {
            1: ("request_heap_frame", "<I", ("bytes",), ()),
            2: ("set_compute_unit_limit", "<I", ("units",), ()),
            3: ("set_compute_unit_price", "<Q", ("micro_lamports",), ()),
        },
    ),
    SYSTEM: _Native(
        "system",
        "<I",
        {
            0: ("create_account", "<QQ", ("lamports", "space"), ("from", "account")),
            1: ("assign", "", (), ("account",)),
            2: ("transfer", "<Q", ("lamports",), ("from", "to")),
            8: ("allocate", "<Q", ("space",), ("account",)),
            9: ("allocate_with_seed", "", (), ("account", "base")),
            10: ("assign_with_seed", "", (), ("account", "base")),
        },
    ),
    TOKEN_PROGRAM_ID: _Native(
        "token",
        "<B",
        {
            3: ("transfer", "<Q", ("amount",), ("from", "to", "owner")),
            4: ("approve", "<Q", ("amount",), ("account", "delegate", "owner")),
            5: ("revoke", "", (), ("account", "owner")),
            6: ("set_authority", "", (), ("account", "authority")),
            7: ("mint_to", "<Q", ("amount",), ("mint", "to", "authority")),
            8: ("burn", "<Q", ("amount",), ("account", "mint", "owner")),
            9: ("close_account", "", (), ("account", "to", "owner")),
            12: ("transfer_checked", "<QB", ("amount", "decimals"), ("from", "mint", "to", "owner")),
        },
    ),
    ASSOCIATED_TOKEN_PROGRAM_ID: _Native(
        "associated token account",
        "<B",
        {
            0: ("create", "", (), ("payer", "account", "owner", "mint")),
            1: ("create_idempotent", "", (), ("payer", "account", "owner", "mint")),
        },
    ),
    LOADER: _Native(
        "upgradeable loader",
        "<I",
        {
            0: ("initialize_buffer", "", (), ("buffer", "authority")),
            1: ("write", "<IQ", ("offset", "bytes"), ("buffer", "authority")),
            2: ("deploy", "<Q", ("most_bytes",), ("payer", "data", "program", "buffer")),
            3: ("upgrade", "", (), ("data", "program", "buffer", "spill")),
            4: ("set_authority", "", (), ("account", "authority", "new_authority")),
            5: ("close", "", (), ("account", "to", "authority")),
            6: ("extend", "<I", ("bytes",), ("data", "program", "system", "payer")),
            9: ("extend_checked", "<I", ("bytes",), ("data", "program", "authority", "system", "payer")),
        },
    ),
}


def explain(message: Message, programs: Sequence[Program]) -> list[Call]:
    """A message's instructions; ``programs`` are those whose interfaces are known besides Solana's own."""
    known = {program.address: program for program in programs}
    writable, found = may_write(message), []
    for instruction in message.instructions:
        program = message.account_keys[instruction.program_id_index]
        data = bytes(instruction.data)
        if program in known:
            name, arguments, labels = _by_interface(known[program], data)
            shown = known[program].name
        else:
            name, arguments, labels = _by_table(_NATIVE.get(program), data)
            shown = _NATIVE[program].name if program in _NATIVE else str(program)
        parts = []
        for place, index in enumerate(instruction.accounts):
            label = labels[place] if place < len(labels) else f"account {place + 1}"
            key = message.account_keys[index]
            parts.append(Part(label, str(key), message.is_signer(index), writable[index]))
        found.append(Call(shown, name, arguments, tuple(parts)))
    return found


def _unknown(data: bytes) -> tuple[str, dict[str, str], Sequence[str]]:
    more = f" and {len(data) - SHOWN_BYTES:,} bytes more" if len(data) > SHOWN_BYTES else ""
    return "unknown", {"data": f"{data[:SHOWN_BYTES].hex()}{more}"}, ()


def _by_interface(program: Program, data: bytes) -> tuple[str, dict[str, str], Sequence[str]]:
    try:
        name, arguments = program.parse(data)
    except MaiError:
        return _unknown(data)
    shown = {key: _text(value) for key, value in arguments.items()}
    if AMOUNT in arguments:
        shown[AMOUNT] = f"{format_mai(arguments[AMOUNT])} MAI"
    return name, shown, program.accounts_of(name)


def _by_table(native: _Native | None, data: bytes) -> tuple[str, dict[str, str], Sequence[str]]:
    if native is None:
        return _unknown(data)
    width = struct.calcsize(native.tag)
    try:
        (tag,) = struct.unpack_from(native.tag, data or bytes(width))
        name, layout, fields, labels = native.instructions[tag]
        values = struct.unpack_from(layout, data, width)
    except (struct.error, KeyError):
        return _unknown(data)
    return name, {field: f"{value:,}" for field, value in zip(fields, values, strict=True)}, labels


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)) or (
        isinstance(value, (list, tuple)) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value)
    ):
        raw = bytes(value)
        return f"{raw[:SHOWN_BYTES].hex()}{f' and {len(raw) - SHOWN_BYTES:,} bytes more' if raw[SHOWN_BYTES:] else ''}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
