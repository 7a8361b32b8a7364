"""Trained parameters, as floats, to the integers of the circuits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mai_zk.language.tiny import shape
from mai_zk.language.tiny.graphs import Integers, Weights


def integers(parameters: Mapping[str, npt.NDArray[np.float64]]) -> tuple[Integers, tuple[Weights, ...]]:
    """The embedding's rows, VOCABULARY x WIDTH, and each segment's weights.

    Parameters have the segments' names for them with the layer, 0 or 1, behind; `embedding`, `logits` and
    `logits_bias` are there once. Each becomes round(value * 2^bits) for the bits that shape.py gives.
    """

    def rounded(name: str, bits: int, more: int = 0) -> Integers:
        return np.asarray(np.round(parameters[name] * 2.0**bits).astype(np.int64) << more)

    def projection(layer: int) -> Weights:
        return {"projection": rounded(f"projection{layer}", shape.PROJECTION_BITS)}

    def attention(layer: int) -> Weights:
        slots = rounded(f"slots{layer}", shape.SLOT_BITS, shape.SCORE_BITS - shape.SLOT_BITS)
        return {"slots": slots, "output": rounded(f"output{layer}", shape.OUTPUT_BITS)}

    def feed(layer: int) -> Weights:
        return {
            "in": rounded(f"in{layer}", shape.FEED_BITS),
            "in_bias": rounded(f"in_bias{layer}", shape.HIDDEN_BITS),
            "out": rounded(f"out{layer}", shape.FEED_BITS),
            "out_bias": rounded(f"out_bias{layer}", shape.FED_BITS),
        }

    embedding = np.floor(parameters["embedding"] * 2.0**shape.X_BITS + 0.5).astype(np.int64)
    last = {
        "logits": rounded("logits", shape.LOGIT_WEIGHT_BITS),
        "logits_bias": rounded("logits_bias", shape.SLOT_BITS, shape.LOGIT_BITS - shape.SLOT_BITS),
    }
    segments = (projection(0), attention(0), {**feed(0), **projection(1)}, attention(1), {**feed(1), **last})
    return np.clip(embedding, -shape.X_BOUND, shape.X_BOUND), segments
