"""Token accounts and mints of both token programs, as their bytes lie in accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solders.pubkey import Pubkey

from mai.localnet.addresses import TOKEN_PROGRAMS
from mai.localnet.cell import Cell

ACCOUNT_BYTES = 165
MINT_BYTES = 82
MULTISIG_BYTES = 355
MINT_TYPE, ACCOUNT_TYPE = 1, 2
STATES = ("uninitialized", "initialized", "frozen")


def _optional(data: bytes, at: int) -> bytes | None:
    """A `COption<Pubkey>`: four bytes that say whether there is one, and 32 of it."""
    return data[at + 4 : at + 36] if data[at] == 1 else None


@dataclass(frozen=True)
class TokenAccount:
    """Somebody's tokens of one mint; addresses are 32 bytes, amounts base units."""

    mint: bytes
    holder: bytes
    amount: int
    delegate: bytes | None
    state: str
    native: int | None
    delegated: int
    close_authority: bytes | None


@dataclass(frozen=True)
class Mint:
    """A kind of token."""

    authority: bytes | None
    supply: int
    decimals: int
    initialized: bool
    freeze_authority: bytes | None


def token_account(account: Cell) -> TokenAccount | None:
    """The account read as a token account; None if it is none."""
    data = account.data
    if account.owner not in TOKEN_PROGRAMS or not _is(data, ACCOUNT_BYTES, ACCOUNT_TYPE) or data[108] not in (1, 2):
        return None
    native = int.from_bytes(data[113:121], "little") if data[109] == 1 else None
    return TokenAccount(
        data[:32],
        data[32:64],
        int.from_bytes(data[64:72], "little"),
        _optional(data, 72),
        STATES[data[108]],
        native,
        int.from_bytes(data[121:129], "little"),
        _optional(data, 129),
    )


def mint(account: Cell) -> Mint | None:
    """The account read as a mint; None if it is none."""
    data = account.data
    if account.owner not in TOKEN_PROGRAMS or not _is(data, MINT_BYTES, MINT_TYPE) or data[45] != 1:
        return None
    supply = int.from_bytes(data[36:44], "little")
    return Mint(_optional(data, 0), supply, data[44], data[45] == 1, _optional(data, 46))


def _is(data: bytes, size: int, kind: int) -> bool:
    """Whether data has the plain size, or is extended (Token-2022) and says that it is of this kind."""
    extended = len(data) > ACCOUNT_BYTES and len(data) != MULTISIG_BYTES and data[ACCOUNT_BYTES] == kind
    return len(data) == size or extended


def holding(account: Cell) -> tuple[bytes | None, bytes | None, bytes | None]:
    """(mint, holder, delegate) of a token account, to be found by; all None for any other account."""
    found = token_account(account)
    return (None, None, None) if found is None else (found.mint, found.holder, found.delegate)


def amount(units: int, decimals: int) -> dict[str, Any]:
    """An amount as clients want it: base units, and a decimal number without trailing zeros."""
    exact = Decimal(units).scaleb(-decimals) if decimals else Decimal(units)
    text = f"{exact:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return {
        "amount": str(units),
        "decimals": decimals,
        "uiAmount": float(exact),
        "uiAmountString": text,
    }


def address(data: bytes | None) -> str | None:
    """An optional address as text."""
    return None if data is None else str(Pubkey(data))
