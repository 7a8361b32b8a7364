"""jsonParsed: instructions of well-known programs as names and values instead of bytes.

Each program's instructions are one table: the type's name, its accounts' names, and its data's names and kinds.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.localnet import addresses as at
from mai.localnet import tokens


@dataclass(frozen=True)
class Shape:
    """One instruction: its accounts' names in their order, and its data's fields as ``name:kind``."""

    kind: str
    accounts: str = ""
    fields: str = ""


_SYSTEM = {
    0: Shape("createAccount", "source newAccount", "lamports:u64 space:u64 owner:key"),
    1: Shape("assign", "account", "owner:key"),
    2: Shape("transfer", "source destination", "lamports:u64"),
    3: Shape("createAccountWithSeed", "source newAccount", "base:key seed:text lamports:u64 space:u64 owner:key"),
    4: Shape("advanceNonce", "nonceAccount recentBlockhashesSysvar nonceAuthority"),
    5: Shape(
        "withdrawFromNonce",
        "nonceAccount destination recentBlockhashesSysvar rentSysvar nonceAuthority",
        "lamports:u64",
    ),
    6: Shape("initializeNonce", "nonceAccount recentBlockhashesSysvar rentSysvar", "nonceAuthority:key"),
    7: Shape("authorizeNonce", "nonceAccount nonceAuthority", "newAuthorized:key"),
    8: Shape("allocate", "account", "space:u64"),
    9: Shape("allocateWithSeed", "account", "base:key seed:text space:u64 owner:key"),
    10: Shape("assignWithSeed", "account", "base:key seed:text owner:key"),
    11: Shape("transferWithSeed", "source sourceBase destination", "lamports:u64 sourceSeed:text sourceOwner:key"),
    12: Shape("upgradeNonce", "nonceAccount"),
}
_TOKEN = {
    0: Shape("initializeMint", "mint rentSysvar", "decimals:u8 mintAuthority:key freezeAuthority:key?"),
    1: Shape("initializeAccount", "account mint owner rentSysvar"),
    2: Shape("initializeMultisig", "multisig rentSysvar signers*", "m:u8"),
    3: Shape("transfer", "source destination authority signers*", "amount:units"),
    4: Shape("approve", "source delegate owner signers*", "amount:units"),
    5: Shape("revoke", "source owner signers*"),
    6: Shape("setAuthority", "account authority signers*", "authorityType:authority newAuthority:key?"),
    7: Shape("mintTo", "mint account mintAuthority signers*", "amount:units"),
    8: Shape("burn", "account mint authority signers*", "amount:units"),
    9: Shape("closeAccount", "account destination owner signers*"),
    10: Shape("freezeAccount", "account mint freezeAuthority signers*"),
    11: Shape("thawAccount", "account mint freezeAuthority signers*"),
    12: Shape("transferChecked", "source mint destination authority signers*", "tokenAmount:checked"),
    13: Shape("approveChecked", "source mint delegate owner signers*", "tokenAmount:checked"),
    14: Shape("mintToChecked", "mint account mintAuthority signers*", "tokenAmount:checked"),
    15: Shape("burnChecked", "account mint authority signers*", "tokenAmount:checked"),
    16: Shape("initializeAccount2", "account mint rentSysvar", "owner:key"),
    17: Shape("syncNative", "account"),
    18: Shape("initializeAccount3", "account mint", "owner:key"),
    19: Shape("initializeMultisig2", "multisig signers*", "m:u8"),
    20: Shape("initializeMint2", "mint", "decimals:u8 mintAuthority:key freezeAuthority:key?"),
    21: Shape("getAccountDataSize", "mint"),
    22: Shape("initializeImmutableOwner", "account"),
    23: Shape("amountToUiAmount", "mint", "amount:units"),
}
_ASSOCIATED = {
    0: Shape("create", "source account wallet mint systemProgram tokenProgram"),
    1: Shape("createIdempotent", "source account wallet mint systemProgram tokenProgram"),
    2: Shape("recoverNested", "nestedSource nestedMint destination nestedOwner ownerMint wallet tokenProgram"),
}
_LOADER = {
    0: Shape("initializeBuffer", "account authority?"),
    1: Shape("write", "account authority", "offset:u32 bytes:long"),
    2: Shape(
        "deployWithMaxDataLen",
        "payerAccount programDataAccount programAccount bufferAccount rentSysvar clockSysvar systemProgram authority",
        "maxDataLen:u64",
    ),
    3: Shape(
        "upgrade", "programDataAccount programAccount bufferAccount spillAccount rentSysvar clockSysvar authority"
    ),
    4: Shape("setAuthority", "account authority newAuthority?"),
    5: Shape("close", "account recipient authority programAccount?"),
    6: Shape("extendProgram", "programDataAccount programAccount systemProgram? payerAccount?", "additionalBytes:u32"),
    7: Shape("setAuthorityChecked", "account authority newAuthority"),
}
_AUTHORITIES = ("mintTokens", "freezeAccount", "accountOwner", "closeAccount")
_TABLES = {
    at.SYSTEM: ("system", _SYSTEM, 4),
    at.TOKEN: ("spl-token", _TOKEN, 1),
    at.TOKEN_2022: ("spl-token", _TOKEN, 1),
    at.ASSOCIATED_TOKEN: ("spl-associated-token-account", _ASSOCIATED, 1),
    at.LOADER: ("bpf-upgradeable-loader", _LOADER, 4),
}


def parsed(program: Pubkey, accounts: Sequence[Pubkey], data: bytes) -> dict[str, Any] | None:
    """``program`` and ``parsed`` of an instruction; None where it is not known or its data is not what it should be."""
    if program in at.MEMOS:
        try:
            return {"parsed": data.decode(), "program": "spl-memo"}
        except UnicodeDecodeError:
            return None
    if program not in _TABLES:
        return None
    name, shapes, tag_bytes = _TABLES[program]
    # The associated token program's first instruction came before there were tags.
    tag = int.from_bytes(data[:tag_bytes], "little") if data or program != at.ASSOCIATED_TOKEN else 0
    shape = shapes.get(tag)
    if shape is None or (not data and program != at.ASSOCIATED_TOKEN):
        return None
    try:
        info = {**_accounts(shape, accounts), **_fields(shape, data, tag_bytes)}
    except (ValueError, IndexError):
        return None
    return {"parsed": {"info": _named(shape, info), "type": shape.kind}, "program": name}


def _accounts(shape: Shape, accounts: Sequence[Pubkey]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for index, name in enumerate(shape.accounts.split()):
        if name.endswith("*"):
            rest = [str(key) for key in accounts[index:]]
            if rest:
                found[name[:-1]] = rest
        elif index < len(accounts):
            found[name.rstrip("?")] = str(accounts[index])
        elif not name.endswith("?"):
            raise ValueError(name)
    return found


def _named(shape: Shape, info: dict[str, Any]) -> dict[str, Any]:
    """With several signers a token program's authority is a multisig, and is named so."""
    if "signers" not in info or shape.kind.startswith("initialize"):
        return info
    authority = next(name for name in reversed(info) if "uthority" in name or name == "owner")
    title = f"multisig{authority[0].upper()}{authority[1:]}"
    return {title if name == authority else name: value for name, value in info.items()}


def _fields(shape: Shape, data: bytes, start: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in shape.fields.split():
        name, kind = field.split(":")
        value, start = _value(kind, data, start)
        if value is not None:
            found[name] = value
    return found


def _number(data: bytes, start: int, size: int) -> int:
    if start + size > len(data):
        raise ValueError("the data ends")
    return int.from_bytes(data[start : start + size], "little")


def _value(kind: str, data: bytes, start: int) -> tuple[Any, int]:
    """A field's value, and where the next one starts."""
    if kind in ("u8", "u32", "u64"):
        size = int(kind[1:]) // 8
        return _number(data, start, size), start + size
    if kind == "units":
        return str(_number(data, start, 8)), start + 8
    if kind == "checked":
        return tokens.amount(_number(data, start, 8), _number(data, start + 8, 1)), start + 9
    if kind == "key":
        return str(Pubkey(data[start : start + 32])), start + 32
    if kind == "key?":
        present = _number(data, start, 1)
        return (str(Pubkey(data[start + 1 : start + 33])), start + 33) if present else (None, start + 1)
    if kind == "authority":
        return _AUTHORITIES[_number(data, start, 1)], start + 1
    size = _number(data, start, 8)
    content = data[start + 8 : start + 8 + size]
    if len(content) != size:
        raise ValueError("the data ends")
    end = start + 8 + size
    return (content.decode() if kind == "text" else base64.b64encode(content).decode()), end
