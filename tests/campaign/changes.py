"""Changes of one value: numbers of 256 bits, lists of them, curve points."""

from __future__ import annotations

from collections.abc import Callable

from mai_zk.curve import GENERATOR, Point, add
from mai_zk.field import Q, R

from campaign.bench import Bench
from campaign.pieces import WORD, Piece

TOP = 1 << 256


def changed_number(bench: Bench, value: int) -> tuple[str, int]:
    """A number of 256 bits instead of `value`."""
    draw = bench.draw
    bit = draw.randrange(256)
    options: dict[str, int] = {
        "+1": value + 1,
        "-1": value - 1,
        "+r": value + R,
        "+kr": value + R * draw.randrange(1, (TOP - 1 - value) // R + 1) if value + R < TOP else value,
        "r": R,
        "zero": 0,
        "one": 1,
        "r-1": R - 1,
        "all ones": TOP - 1,
        "negated": -value % R,
        "bit flipped": value ^ (1 << bit),
        "random": draw.randrange(R),
        "random 256": draw.randrange(TOP),
        "bytes reversed": int.from_bytes(value.to_bytes(32, "big"), "little"),
        "doubled": 2 * value % R,
    }
    name = draw.choice(sorted(options))
    return name, options[name] % TOP


def changed_list(bench: Bench, values: list[int]) -> str:
    """Change a list of numbers in place; what was done. Lists of one element are only changed in value."""
    draw = bench.draw
    index = draw.randrange(len(values))
    other = draw.randrange(len(values))
    kind = draw.choice(("value", "value", "value", "swap", "all equal", "shift", "copy"))
    if kind == "value":
        what, values[index] = changed_number(bench, values[index])
        return what
    if kind == "swap":
        values[index], values[other] = values[other], values[index]
    elif kind == "all equal":
        values[:] = [values[index]] * len(values)
    elif kind == "shift":
        values[:] = values[1:] + values[:1]
    else:
        values[index] = values[other]
    return kind


def changed_point(bench: Bench, piece: Piece) -> str:
    """Change one of the proof's points in place; what was done."""
    draw = bench.draw
    index = draw.randrange(len(piece.points)) if draw.random() < 0.7 else len(piece.points) - draw.randrange(1, 3)
    other = draw.randrange(len(piece.points))
    data = piece.points[index]
    x, y = int.from_bytes(data[:WORD], "big"), int.from_bytes(data[WORD:], "big")
    point = Point(x, y)
    simple: dict[str, Callable[[], tuple[int, int]]] = {
        "x bit 255": lambda: (x | 1 << 255, y),
        "x bit 254": lambda: (x | 1 << 254, y),
        "y bit 255": lambda: (x, y | 1 << 255),
        "y bit 254": lambda: (x, y | 1 << 254),
        "x + q": lambda: (x + Q, y),
        "y + q": lambda: (x, y + Q),
        "x and y + q": lambda: (x + Q, y + Q),
        "negated": lambda: (x, Q - y),
        "negated, not reduced": lambda: (x, (2 * Q - y) % TOP),
        "identity": lambda: (0, 0),
        "identity, bit 254": lambda: (0, 1 << 254),
        "identity, q": lambda: (Q, Q),
        "identity, bit 255": lambda: (1 << 255, 0),
        "y + 1": lambda: (x, (y + 1) % Q),
        "x + 1": lambda: ((x + 1) % Q, y),
        "coordinates swapped": lambda: (y, x),
        "generator": lambda: GENERATOR,
        "endomorphism": lambda: (x * _CUBE_ROOT % Q, y),
        "plus generator": lambda: add(point, GENERATOR),
        "doubled": lambda: add(point, point),
        "random": lambda: (draw.randrange(TOP), draw.randrange(TOP)),
        "bit flipped": lambda: (x ^ 1 << draw.randrange(256), y),
    }
    kind = draw.choice([*sorted(simple), "swapped", "swapped", "copied"])
    if kind == "swapped":
        piece.points[index], piece.points[other] = piece.points[other], piece.points[index]
    elif kind == "copied":
        piece.points[index] = piece.points[other]
    else:
        new_x, new_y = simple[kind]()
        piece.points[index] = new_x.to_bytes(WORD, "big") + new_y.to_bytes(WORD, "big")
    return kind


_CUBE_ROOT = pow(3, (Q - 1) // 3, Q)
