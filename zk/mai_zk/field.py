"""BN254 constants, scalar-field helpers and Keccak-256.

All values are Python integers. `R` is the scalar field's modulus (proof evaluations, instances), `Q` the base
field's (point coordinates).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from Crypto.Hash import keccak as _keccak

from mai_zk.errors import ZkError

R: Final = 21888242871839275222246405745257275088548364400416034343698204186575808495617
Q: Final = 21888242871839275222246405745257275088696311157297823662689037894645226208583


def _plain(data: bytes) -> bytes:
    return _keccak.new(digest_bits=256, data=data).digest()


def _fast() -> Callable[[bytes], bytes] | None:
    """The same by a library that takes a third of the time for what a tree hashes; None where it is not installed."""
    try:
        from sha3 import keccak_256
    except ImportError:
        return None
    return lambda data: keccak_256(data).digest()


_KECCAK: Final = _fast() or _plain


def keccak256(data: bytes) -> bytes:
    """Keccak-256 (Ethereum's padding) of `data`, 32 bytes."""
    return _KECCAK(data)


def encode_words(values: Sequence[int]) -> bytes:
    """Instances as 32 big-endian bytes each; ZkError if one is outside 0 ... 2^256 - 1."""
    if any(not 0 <= v < 1 << 256 for v in values):
        raise ZkError("An instance does not fit 32 bytes; give each one as a non-negative field element.")
    return b"".join(v.to_bytes(32, "big") for v in values)


def inverse(value: int) -> int:
    """The inverse of `value` mod R; ValueError if `value` is a multiple of R."""
    return pow(value, -1, R)
