"""Keccak-256, the hash of the transcript, of key programs and of every digest on chain."""

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Return the 32-byte Keccak-256 digest of `data` (the original padding, not SHA3-256)."""
    return keccak.new(digest_bits=256, data=data).digest()
