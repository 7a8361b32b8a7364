"""SmolLM2 in floating point over the same dequantised weights: what its integers are compared with."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from mai_zk.language.smol.weights import (
    EPSILON,
    HEAD,
    HEADS,
    HIDDEN,
    KV_HEADS,
    LAYERS,
    THETA,
    WIDTH,
    folded,
    gguf_path,
    reader,
)

Array = npt.NDArray[np.floating]
GROUP = HEADS // KV_HEADS
Hear = Callable[[int, str, Array], None]


class FloatModel:
    """float32 products, everything else in float64, keys and values kept; the layout of mai_zk's integer path."""

    def __init__(self) -> None:
        read = reader(gguf_path())
        self.layers: list[dict[str, npt.NDArray[np.float32]]] = []
        for layer in range(LAYERS):
            maps = {name: values.astype(np.float32) for name, values in folded(read, layer)}
            qkv, gate_up = (np.concatenate([maps.pop(n) for n in names.split()]) for names in ("q k v", "gate up"))
            self.layers.append({"qkv": qkv, "o": maps["o"], "gate_up": gate_up, "down": maps["down"]})
        self.embedding = read("token_embd.weight")
        self.gain = read("output_norm.weight")
        self._frequencies = THETA ** (-np.arange(HEAD // 2) / (HEAD // 2))
        self.reset()

    def reset(self) -> None:
        """Forget all positions."""
        self.length = 0
        self._keys: list[Array] = [np.zeros((KV_HEADS, 0, HEAD))] * LAYERS
        self._values: list[Array] = [np.zeros((KV_HEADS, 0, HEAD))] * LAYERS

    def extend(self, tokens: list[int], hear: Hear = lambda layer, name, values: None) -> Array:
        """Residual streams of the next positions; `hear` gets what o and down read and give."""
        residual = self.embedding[tokens].astype(np.float64)
        for index, maps in enumerate(self.layers):
            mixed = self._attention(index, _product(maps["qkv"], _norm(residual)))
            given = _product(maps["o"], mixed)
            hear(index, "mixed", mixed)
            hear(index, "o", given)
            residual = residual + given
            gate_up = _product(maps["gate_up"], _norm(residual)).astype(np.float64)
            gate, up = gate_up[:, :HIDDEN], gate_up[:, HIDDEN:]
            activated = gate / (1 + np.exp(-gate)) * up
            given = _product(maps["down"], activated)
            hear(index, "activated", activated)
            hear(index, "down", given)
            residual = residual + given
        self.length += len(tokens)
        return residual

    def logits(self, residual: Array) -> Array:
        """Of some positions."""
        return _product(self.embedding, _norm(residual) * self.gain)

    def _attention(self, layer: int, qkv: Array) -> Array:
        count, first = len(qkv), self.length
        heads = qkv.astype(np.float64).reshape(count, HEADS + 2 * KV_HEADS, HEAD)
        turned = self._rotate(heads[:, : HEADS + KV_HEADS])
        keys = np.concatenate([self._keys[layer], turned[:, HEADS:].transpose(1, 0, 2)], axis=1)
        values = np.concatenate([self._values[layer], heads[:, HEADS + KV_HEADS :].transpose(1, 0, 2)], axis=1)
        self._keys[layer], self._values[layer] = keys, values
        queries = turned[:, :HEADS].reshape(count, KV_HEADS, GROUP, HEAD).transpose(1, 2, 0, 3)
        scores = np.matmul(queries, keys[:, None].transpose(0, 1, 3, 2)) / math.sqrt(HEAD)
        scores[..., np.arange(first + count)[None, :] > np.arange(first, first + count)[:, None]] = -np.inf
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = np.matmul(weights / weights.sum(axis=-1, keepdims=True), values[:, None])
        return mixed.transpose(2, 0, 1, 3).reshape(count, WIDTH)

    def _rotate(self, heads: Array) -> Array:
        angles = np.arange(self.length, self.length + len(heads))[:, None] * self._frequencies
        cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
        turned = np.empty_like(heads)
        turned[..., 0::2] = heads[..., 0::2] * cos - heads[..., 1::2] * sin
        turned[..., 1::2] = heads[..., 0::2] * sin + heads[..., 1::2] * cos
        return turned


def _norm(residual: Array) -> Array:
    scaled: Array = residual / np.sqrt((residual**2).mean(axis=-1, keepdims=True) + EPSILON)
    return scaled


def _product(rows: npt.NDArray[np.float32], inputs: Array) -> Array:
    single = inputs.astype(np.float32)
    return (rows @ single[0])[None] if len(single) == 1 else single @ rows.T
