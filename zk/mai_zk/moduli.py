"""The six random primes of a payload: drawn as the verifier does (`residue::moduli`), with the divisors that prove it.

A seed yields a fixed stream of odd candidates between 2^30 and 2^31; the first six primes in it are the moduli. For
every candidate that is passed over the payload names its smallest factor.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.field import keccak256

N_MODULI: Final = 6
MAX_CANDIDATES: Final = 512
LOWEST: Final = 1 << 30


def candidates(seed: bytes) -> Iterator[int]:
    """The stream of candidates: odd numbers between 2^30 and 2^31, eight from each hash."""
    for block in range(MAX_CANDIDATES // 8):
        data = keccak256(seed + bytes([block]))
        for i in range(0, 32, 4):
            yield (int.from_bytes(data[i : i + 4], "little") & (LOWEST - 1)) | LOWEST | 1


@cache
def _small_primes() -> tuple[int, ...]:
    """The odd primes up to the square root of 2^31."""
    sieve = bytearray([1]) * 46_342
    for n in range(3, 216, 2):
        sieve[n * n :: 2 * n] = bytes(len(range(n * n, len(sieve), 2 * n)))
    return tuple(n for n in range(3, len(sieve), 2) if sieve[n])


def smallest_factor(candidate: int) -> int:
    """The smallest prime factor of an odd number below 2^31, or 0 if the number is prime."""
    return next((p for p in _small_primes() if candidate % p == 0), 0)


def divisors(seed: bytes) -> tuple[int, ...]:
    """For each candidate up to the sixth prime its smallest factor, or 0 if it is prime."""
    found: list[int] = []
    for candidate in candidates(seed):
        found.append(smallest_factor(candidate))
        if found.count(0) == N_MODULI:
            return tuple(found)
    raise ZkError("The payload's seed yields too few primes; this is not expected to happen once in 10^12 payloads.")


def primes(seed: bytes) -> tuple[int, ...]:
    """The six moduli."""
    return tuple(c for c, d in zip(candidates(seed), divisors(seed), strict=False) if d == 0)
