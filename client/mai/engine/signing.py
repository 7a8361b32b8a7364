"""The record of an answer as bytes, signed by the device's key, and checked by anybody."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from mai_zk.field import keccak256
from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.engine.protocol import Metadata

if TYPE_CHECKING:
    from mai.chain.signer import Signer

DOMAIN = b"\xffMAI engine metadata v1\n"
"""A Solana transaction never begins with 0xff, so no record can be passed off as one."""
CANCEL_DOMAIN = b"\xffMAI engine cancel v1\n"


def output_hash(text: str) -> str:
    """Keccak-256 of the answer's UTF-8 bytes, hex."""
    return keccak256(text.encode()).hex()


def tokens_hash(tokens: Sequence[int] | None) -> str:
    """Keccak-256 of the tokens, 4 little-endian bytes each, hex; empty where they are unknown."""
    return "" if tokens is None else keccak256(struct.pack(f"<{len(tokens)}I", *tokens)).hex()


def signed_bytes(metadata: Metadata) -> bytes:
    """What is signed: the domain, then JSON with sorted keys, no spaces, whole numbers and texts only."""
    return DOMAIN + orjson.dumps(dataclasses.asdict(metadata), option=orjson.OPT_SORT_KEYS)


def sign(metadata: Metadata, signer: Signer | None) -> tuple[str, str]:
    """(address, signature), base58; two empty texts where the engine has no key."""
    if signer is None:
        return "", ""
    return str(signer.pubkey()), str(signer.sign_message(signed_bytes(metadata)))


def verified(record: Mapping[str, Any]) -> bool:
    """Whether a record (``Completion.record()``) is signed by the key that it names."""
    try:
        metadata = Metadata.from_plain(record["metadata"])
        return _signed(record["signer"], record["signature"], signed_bytes(metadata))
    except (KeyError, TypeError):
        return False


def cancel_bytes(task: str) -> bytes:
    """What a requester signs to take an offer back."""
    return CANCEL_DOMAIN + task.encode()


def may_cancel(task: str, requester_key: str, signature: str) -> bool:
    """Whether the requester of a task has signed its cancellation."""
    return _signed(requester_key, signature, cancel_bytes(task))


def _signed(address: str, signature: str, message: bytes) -> bool:
    try:
        return Signature.from_string(signature).verify(Pubkey.from_string(address), message)
    except (ValueError, TypeError):
        return False
