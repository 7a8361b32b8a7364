"""Propose the fractional bits of mai_zk.language.smol.precision: `python -m bench.language_bits` prints the table.

The rule is in that module's docstring; the texts are the questions of bench.language.
"""

from __future__ import annotations

import math

import numpy as np
from mai_zk.language.smol.forward import normed_reach
from mai_zk.language.smol.model import SmolLM2
from mai_zk.language.smol.precision import DIVISION, LayerBits, Precision
from mai_zk.language.smol.weights import HEAD, HEADS, KV_HEADS, LAYERS
from mai_zk.shards import BOUND

from bench.language_float import Array, FloatModel
from bench.language_prompts import QUESTIONS

EXACT = 1 << 24
QUESTIONS_READ = 5


def propose() -> list[LayerBits]:
    """A row a layer."""
    model, tokens = FloatModel(), SmolLM2().chat
    norms: dict[tuple[int, str], list[float]] = {}
    sizes: dict[tuple[int, str], float] = {}

    def hear(layer: int, name: str, values: Array) -> None:
        norms.setdefault((layer, name), []).extend(np.linalg.norm(values, axis=1))
        sizes[layer, name] = max(sizes.get((layer, name), 0.0), float(np.abs(values).max()))

    for question in QUESTIONS[:QUESTIONS_READ]:
        model.reset()
        model.extend(tokens([{"role": "user", "content": question}]), hear)
    found = []
    for layer, maps in enumerate(model.layers):
        q, k, v = np.split(maps["qkv"], [HEADS * HEAD, (HEADS + KV_HEADS) * HEAD])
        gate, up = np.split(maps["gate_up"], 2)
        reach = normed_reach(Precision().normed)
        alone = {
            name: _fitting(rows, EXACT / reach)
            for name, rows in zip(["q", "k", "v", "gate", "up"], (q, k, v, gate, up), strict=True)
        }
        mixed, o = _shared(maps["o"], norms[layer, "mixed"], sizes[layer, "o"])
        activated, down = _shared(maps["down"], norms[layer, "activated"], sizes[layer, "down"])
        found.append(LayerBits(**alone, mixed=mixed, o=o, activated=activated, down=down))
    return found


def _ordinary(rows: Array) -> float:
    """The norm that all but one row in 64 stay below."""
    return float(np.quantile(np.linalg.norm(rows, axis=1), 63 / 64))


def _fitting(rows: Array, room: float) -> int:
    bits = math.floor(math.log2(room / _ordinary(rows)))
    return min(bits, math.floor(math.log2(32766 / float(np.abs(rows).max()))))


def _shared(rows: Array, norms: list[float], largest: float) -> tuple[int, int]:
    """Bits of the inputs and of the weights."""
    both = math.floor(math.log2(EXACT / (float(np.quantile(norms, 0.9)) * _ordinary(rows))))
    both = min(both, DIVISION + int(math.log2(BOUND)) - math.ceil(math.log2(1.5 * largest)))
    weights = round((both + math.log2(float(np.median(norms)) / _ordinary(rows))) / 2)
    weights = min(weights, math.floor(math.log2(32766 / float(np.abs(rows).max()))))
    return both - weights, weights


def main() -> None:
    """Print the rows."""
    for bits in propose():
        print(f"    {tuple(vars(bits).values())},")
    assert len(Precision().layers) == LAYERS


if __name__ == "__main__":
    main()
