"""32-byte digests, as bytes here and as four little-endian u64 words in the policy program."""

from __future__ import annotations

import struct
from collections.abc import Sequence

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


def unwords(values: Sequence[int]) -> bytes:
    """The digest of four words."""
    return struct.pack("<4Q", *values)


def word_arguments(prefix: str, digest: bytes) -> dict[str, int]:
    """A digest as the four arguments ``PREFIX_0`` … ``PREFIX_3``."""
    return {f"{prefix}_{index}": word for index, word in enumerate(words(digest))}
