#!/usr/bin/env python3
"""Write the products' test vectors: ``vectors.py > src/field/vectors.txt``. Extreme limbs, exact integers."""

from __future__ import annotations

import random
import sys

from generate import LIMB_BITS, LIMB_MASK, LIMBS, MODULUS

R = 1 << (LIMB_BITS * LIMBS)
TOP_100 = (100 * MODULUS) >> (LIMB_BITS * (LIMBS - 1))


def value(limbs: list[int]) -> int:
    return sum(limb << (LIMB_BITS * index) for index, limb in enumerate(limbs))


def reduced(a: list[int], b: list[int]) -> list[int]:
    """a * b / R in limbs, exactly as a row-by-row Montgomery reduction leaves it."""
    product = value(a) * value(b)
    multiple = -product * pow(MODULUS, -1, R) % R
    result = (product + multiple * MODULUS) // R
    low = [(result >> (LIMB_BITS * index)) & LIMB_MASK for index in range(LIMBS - 1)]
    return [*low, result >> (LIMB_BITS * (LIMBS - 1))]


def extreme(source: random.Random, level: int) -> list[int]:
    """Limbs up to `level` times 29 bits, a value up to 100 r."""
    most = level * LIMB_MASK
    low = [source.choice([most, most - 1, 0, source.randrange(most + 1)]) for _ in range(LIMBS - 1)]
    return [*low, source.choice([TOP_100, 0, source.randrange(TOP_100 + 1)])]


def lines() -> list[str]:
    source = random.Random(1)
    pairs = [([most] * 8 + [TOP_100], [LIMB_MASK] * 8 + [TOP_100]) for most in (LIMB_MASK, 5 * LIMB_MASK)]
    for left, right in ((1, 1), (2, 2), (3, 1), (1, 5), (5, 1)):
        pairs += [(extreme(source, left), extreme(source, right)) for _ in range(30)]
    pairs += [(a, a) for a in (extreme(source, 2) for _ in range(30))]
    return [" ".join(f"{limb:x}" for limb in [*a, *b, *reduced(a, b)]) for a, b in pairs]


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
