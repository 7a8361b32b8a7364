"""What is registered of SmolLM2: keys, weights' digests, constants and bases, checked in; digests of rows, cached.

`circuits/smollm2/registered.bin` is the SHA-256 of the weights, then 32 bytes each of SRS, keys of both shapes,
constants and bases, then the digest of every linear shard's weights, in order. `python -m mai_zk.language.smol build`
makes it again, the same on every machine: some minutes, for the weights' commitments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mai_zk import cache as disk
from mai_zk import circuits
from mai_zk.circuits import part_digest
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.language.smol import points
from mai_zk.language.smol.executed import Operations
from mai_zk.language.smol.segments import DEEP, LOGROWS, WIDE, shards
from mai_zk.language.smol.weights import VOCABULARY, Weights
from mai_zk.linear import LinearShape, shape_program
from mai_zk.srs import make_test_srs
from mai_zk.trace import executed

FOLDER = "smollm2"
_FACTS = 6


@dataclass(frozen=True)
class Registered:
    """Digests of 32 bytes. wide, deep: hashes of the two shapes' key programs; params: of the shards' weights."""

    weights: bytes
    srs: bytes
    wide: bytes
    deep: bytes
    constants: bytes
    bases: bytes
    params: tuple[bytes, ...]

    def key(self, shape: LinearShape) -> bytes:
        """The hash of a shape's key program."""
        return self.wide if shape == WIDE else self.deep

    def encoded(self) -> bytes:
        """As it is checked in."""
        *facts, params = astuple(self)
        return b"".join((*facts, *params))


def bases() -> bytes:
    """The points that integers are bound with: U and as many as the longest vector has, under the shards' SRS."""
    return executed.bases(make_test_srs(LOGROWS), points.VECTOR)


def make(weights: Weights, progress: Callable[[float], None] = lambda _: None) -> Registered:
    """Everything computed anew."""
    return Registered(
        bytes.fromhex(weights.digest),
        make_test_srs(LOGROWS).id,
        shape_program(WIDE).hash,
        shape_program(DEEP).hash,
        Operations(weights).constants.hash,
        keccak256(bases()),
        tuple(part_digest((), (columns,)) for columns in points.all_weights_points(weights, progress)),
    )


def path() -> Path:
    """Where it is checked in."""
    return circuits.circuits_dir() / FOLDER / "registered.bin"


@cache
def registered() -> Registered:
    """What is checked in; ZkError where it cannot be read."""
    again = "run `python -m mai_zk.language.smol build`"
    try:
        data = path().read_bytes()
    except OSError as error:
        raise ZkError(f"{path()} cannot be read; {again}.") from error
    if len(data) != 32 * (_FACTS + len(shards())):
        raise ZkError(f"{path()} is cut short; {again}.")
    digests = [data[start : start + 32] for start in range(0, len(data), 32)]
    weights, srs, wide, deep, constants, base = digests[:_FACTS]
    return Registered(weights, srs, wide, deep, constants, base, tuple(digests[_FACTS:]))


def rows(weights: Weights) -> tuple[bytes, ...]:
    """The digest of every token's row of the embedding, from the cache or made now (a second)."""

    def make(folder: Path) -> None:
        found = np.asarray(weights.embedding).astype("<i4")
        (folder / "rows").write_bytes(b"".join(keccak256(row.tobytes()) for row in found))

    data = (disk.entry("smollm2", f"rows-{weights.digest[:16]}", make) / "rows").read_bytes()
    return tuple(data[start : start + 32] for start in range(0, 32 * VOCABULARY, 32))
