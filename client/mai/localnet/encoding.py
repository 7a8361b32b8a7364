"""Accounts in the encodings that clients ask for."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import based58
import zstandard
from solders.pubkey import Pubkey

from mai.localnet.addresses import NATIVE_LOADER, SYSVAR_OWNER
from mai.localnet.cell import Cell
from mai.localnet.errors import INVALID_REQUEST, RpcError
from mai.localnet.parsed_accounts import FindMint, parsed

MAX_BASE58_BYTES = 128
BINARY, BASE58, BASE64, ZSTD, PARSED = "binary", "base58", "base64", "base64+zstd", "jsonParsed"
ENCODINGS = (BINARY, BASE58, BASE64, ZSTD, PARSED)
RENT_EXEMPT_FOR_EVER = 2**64 - 1


@dataclass(frozen=True)
class Slice:
    """A part of the data; an offset beyond the end gives nothing."""

    offset: int
    length: int


def account(address: Pubkey, found: Cell, encoding: str, part: Slice | None, find: FindMint) -> dict[str, Any]:
    """An account as the API shows it.

    Raises:
        RpcError: the data is too long for base58.
    """
    fixed = found.owner in (NATIVE_LOADER, SYSVAR_OWNER)
    return {
        "data": _data(address, found, encoding, part, find),
        "executable": found.executable,
        "lamports": found.lamports,
        "owner": str(found.owner),
        "rentEpoch": 0 if fixed else RENT_EXEMPT_FOR_EVER,
        "space": len(found.data),
    }


def _data(address: Pubkey, found: Cell, encoding: str, part: Slice | None, find: FindMint) -> Any:
    if encoding == PARSED:
        readable = parsed(address, found, find)
        if readable is not None:
            return readable
        encoding = BASE64
    data = found.data
    if part is not None:
        data = data[part.offset : part.offset + part.length]
    if encoding in (BINARY, BASE58):
        if len(data) > MAX_BASE58_BYTES:
            message = "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding."
            raise RpcError(INVALID_REQUEST, message)
        text = based58.b58encode(data).decode()
        return text if encoding == BINARY else [text, BASE58]
    if encoding == ZSTD:
        return [base64.b64encode(zstandard.compress(data)).decode(), ZSTD]
    return [base64.b64encode(data).decode(), BASE64]
