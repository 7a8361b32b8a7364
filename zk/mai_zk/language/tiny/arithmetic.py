"""The canonical integer path: what every segment computes, exactly, in 64-bit integers.

EZKL's witness of the segment's circuit holds the same integers (tests/language compares them). No step is larger than
2^53, which the tests bound from the weights, so nothing can wrap around, on any machine, in any order of summation.
"""

from __future__ import annotations

import numpy as np

from mai_zk.language.tiny import shape
from mai_zk.language.tiny.graphs import Integers, Weights

_AFTER_QUERIES = shape.WIDTH + shape.HEADS * shape.HEAD_WIDTH


def first_window() -> Integers:
    """What position 0 reads of the position before: zeros."""
    return np.zeros(shape.ATTENDED, dtype=np.int64)


def project(x: Integers, weights: Weights) -> Integers:
    """x (WIDTH) to x, queries, key, value (PROJECTED)."""
    return np.concatenate([x, x @ weights["projection"]])


def attend(projected: Integers, before: Integers, weights: Weights) -> Integers:
    """A projection (PROJECTED) and the position before's output (ATTENDED) to the new x and window (ATTENDED)."""
    x = projected[: shape.WIDTH]
    queries = projected[shape.WIDTH : _AFTER_QUERIES].reshape(shape.HEADS, shape.HEAD_WIDTH)
    new = projected[_AFTER_QUERIES:].reshape(2, 1, shape.HEAD_WIDTH)
    old = before[shape.WIDTH :].reshape(2, shape.WINDOW, shape.HEAD_WIDTH)
    keys, values = window = np.concatenate([old[:, 1:], new], axis=1)
    attention = np.clip(queries @ keys.T + weights["slots"], 0, shape.SCORE_MOST)
    change = (attention @ values).reshape(-1) @ weights["output"]
    return np.concatenate([x + _shifted(change, shape.ATTENTION_SHIFT), window.reshape(-1)])


def transform(attended: Integers, weights: Weights) -> Integers:
    """The first feed-forward block and the second layer's projection: ATTENDED to PROJECTED."""
    x = attended[: shape.WIDTH]
    y = x + _shifted(_fed(x, weights), shape.FEED_SHIFT)
    return project(np.clip(y, -shape.X_BOUND, shape.X_BOUND), weights)


def answer(attended: Integers, weights: Weights) -> Integers:
    """The second feed-forward block and the logits: ATTENDED to LOGITS."""
    x = attended[: shape.WIDTH]
    total = (x << shape.FEED_SHIFT) + _fed(x, weights)
    return np.asarray(total @ weights["logits"] + weights["logits_bias"])


def _fed(x: Integers, weights: Weights) -> Integers:
    hidden = np.maximum(x @ weights["in"] + weights["in_bias"], 0)
    return np.asarray(hidden @ weights["out"] + weights["out_bias"])


def _shifted(values: Integers, bits: int) -> Integers:
    """values / 2^bits, rounded to the nearest, halves up."""
    return (values + (1 << (bits - 1))) >> bits
