"""32-byte digests, which the policy program takes as four little-endian u64 words."""

from __future__ import annotations

import struct

from mai.errors import MaiError

DIGEST_BYTES = 32


def words(digest: bytes) -> tuple[int, int, int, int]:
    """Four little-endian words.

    Raises:
        MaiError: it is not 32 bytes long.
    """
    if len(digest) != DIGEST_BYTES:
        raise MaiError(f"a digest has 32 bytes, not {len(digest)}")
    first, second, third, fourth = struct.unpack("<4Q", digest)
    return first, second, third, fourth


def word_arguments(prefix: str, digest: bytes) -> dict[str, int]:
    """A digest as the four arguments ``PREFIX0`` … ``PREFIX3``."""
    return {f"{prefix}{index}": word for index, word in enumerate(words(digest))}
