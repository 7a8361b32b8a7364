"""What is committed of every position while a run goes: a digest of its integers, and the digests of its history."""

from __future__ import annotations

import hashlib

import numpy as np

from mai_zk.field import keccak256
from mai_zk.language.integers import Integers
from mai_zk.language.smol.forward import Cache, LayerValues
from mai_zk.language.smol.weights import HEAD, KV_HEADS, LAYERS
from mai_zk.trace import Position

FIRST = (bytes(32),) * (LAYERS * KV_HEADS)
"""What position 0 reads of the position before."""
_DOMAIN = b"MAI smollm2 position v1"
_ROW_BYTES = 4 * 2 * HEAD


class Trace:
    """Hashes positions, one after another, as they are computed.

    A position's digest is keccak256(domain ‖ for each layer the SHA-256 of its outputs ‖ where the position gives a
    token, the SHA-256 of its logits). A layer's outputs are those of q, k, v, o, gate, up and down, 5,184 integers as
    int32, little-endian. It hands on, for each layer and KV head, H(t) = keccak256(H(t - 1) ‖ row): the row is its
    turned key and its value, int32 as well.
    """

    def __init__(self) -> None:
        self._layers: dict[int, list[bytes]] = {}
        self._history = FIRST
        self._length = 0

    def watch(self, first: int, layer: int, values: LayerValues) -> None:
        """Hears a layer's values; see forward.Watch."""
        outputs = np.concatenate([values.qkv, values.o, values.gate_up, values.down], axis=1, dtype="<i4")
        for position, row in enumerate(outputs, first):
            self._layers.setdefault(position, []).append(hashlib.sha256(row.tobytes()).digest())

    def position(self, cache: Cache, logits: Integers | None) -> Position:
        """What is committed of the next position, all of whose layers were heard and are in the cache."""
        hashes = self._layers.pop(self._length)
        if logits is not None:
            hashes.append(hashlib.sha256(logits.astype("<i4").tobytes()).digest())
        kept = [part[:, :, self._length] for part in (cache.keys, cache.values)]
        rows = np.concatenate(kept, axis=-1, dtype="<i4", casting="unsafe").tobytes()  # integers in float64
        self._history = tuple(
            keccak256(before + rows[index * _ROW_BYTES : (index + 1) * _ROW_BYTES])
            for index, before in enumerate(self._history)
        )
        self._length += 1
        return Position(keccak256(_DOMAIN + b"".join(hashes)), self._history)
