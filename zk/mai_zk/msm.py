"""Many scalar multiples at once in BN254: batched additions, a fixed-base comb, short weighted sums, and G2.

For making the test SRS and for recomputing commitments; secrets are never handled here (nothing is constant time).
Points of G2 are `((x0, x1), (y0, y1))` with x = x0 + x1*u, u*u = -1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mai_zk.curve import GENERATOR, IDENTITY, Point, add, multiply, negate
from mai_zk.errors import ZkError
from mai_zk.field import Q, R

Pair = tuple[int, int]
PointG2 = tuple[Pair, Pair]

G2: PointG2 = (
    (
        0x1800DEEF121F1E76426A00665E5C4479674322D4F75EDADD46DEBD5CD992F6ED,
        0x198E9393920D483A7260BFB731FB5D25F1AA493335A9E71297E485B7AEF312C2,
    ),
    (
        0x12C85EA5DB8C6DEB4AAB71808DCB408FE3D1E7690C43D37B4CE6CC0166FA7DAA,
        0x090689D0585FF075EC9E99AD690C3395BC4B313370B38EF355ACDADCD122975B,
    ),
)


def weighted_sum(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """Sum of scalar * point; fast for short scalars of either sign: one doubling and one batched sum a bit."""
    if len(points) != len(scalars):
        raise ZkError(f"A weighted sum needs as many points as scalars, not {len(points)} and {len(scalars)}.")
    signed = [(scalar + R // 2) % R - R // 2 for scalar in scalars]
    oriented = [point if scalar > 0 else negate(point) for point, scalar in zip(points, signed, strict=True)]
    magnitudes = [abs(scalar) for scalar in signed]
    result = IDENTITY
    for bit in reversed(range(max(magnitudes, default=0).bit_length())):
        chosen = [point for point, size in zip(oriented, magnitudes, strict=True) if size >> bit & 1]
        result = add(add(result, result), _sum(chosen))
    return result


def _sum(points: list[Point]) -> Point:
    """The sum of many points, halving the list with batched additions while it is long."""
    while len(points) > 8:
        half = len(points) // 2
        left, right = points[:half], points[half : 2 * half]
        if any(a.x == b.x for a, b in zip(left, right, strict=True)):
            break  # a doubling or a cancellation: the complete addition below handles it
        ax, ay, bx, by = [a.x for a in left], [a.y for a in left], [b.x for b in right], [b.y for b in right]
        points = [*map(Point, *batch_add(ax, ay, bx, by)), *points[2 * half :]]
    result = IDENTITY
    for point in points:
        result = add(result, point)
    return result


def batch_add(ax: list[int], ay: list[int], bx: list[int], by: list[int]) -> tuple[list[int], list[int]]:
    """Add points pairwise with one inversion for all of them; no pair may share an x-coordinate."""
    product, prefixes, differences = 1, [], []
    for x1, x2 in zip(ax, bx, strict=True):
        difference = x2 - x1
        differences.append(difference)
        prefixes.append(product)
        product = product * difference % Q
    if product == 0:
        raise ZkError("A batched addition met two points with one x-coordinate; report this as a bug.")
    inverse = pow(product, -1, Q)
    xs, ys = [0] * len(ax), [0] * len(ax)
    for i in range(len(ax) - 1, -1, -1):
        x1, y1 = ax[i], ay[i]
        slope = (by[i] - y1) * (inverse * prefixes[i] % Q) % Q
        inverse = inverse * differences[i] % Q
        x = (slope * slope - x1 - bx[i]) % Q
        xs[i] = x
        ys[i] = (slope * (x1 - x) - y1) % Q
    return xs, ys


def fixed_base_multiples(scalars: Sequence[int], progress: Callable[[float], None] = lambda _: None) -> list[Point]:
    """scalar * G1 for every scalar in 1..r-1, by a signed fixed-base comb; `progress` hears fractions of 1."""
    if any(not 0 < scalar < R for scalar in scalars):
        raise ZkError("A fixed-base multiple needs scalars from 1 to the group order minus 1.")
    width = max(4, len(scalars).bit_length() - 3)
    windows = R.bit_length() // width + 1
    half = 1 << (width - 1)
    xs, ys = [0] * len(scalars), [0] * len(scalars)
    started = bytearray(len(scalars))
    remaining = list(scalars)
    base = GENERATOR
    for window in range(windows):
        table_x, table_y = _multiples(base, half)
        index, ax, ay, bx, by = [], [], [], [], []
        for i, rest in enumerate(remaining):
            digit = (rest + half) % (2 * half) - half
            remaining[i] = (rest - digit) >> width
            if digit == 0:
                continue
            size = abs(digit)
            x, y = table_x[size], table_y[size]
            if digit < 0:
                y = Q - y
            if started[i]:
                index.append(i)
                ax.append(xs[i])
                ay.append(ys[i])
                bx.append(x)
                by.append(y)
            else:
                xs[i], ys[i], started[i] = x, y, 1
        for i, x, y in zip(index, *batch_add(ax, ay, bx, by), strict=True):
            xs[i], ys[i] = x, y
        for _ in range(width):
            base = add(base, base)
        progress((window + 1) / windows)
    if any(remaining):
        raise ZkError("The fixed-base comb did not consume a scalar; report this as a bug.")
    return list(map(Point, xs, ys))


def _multiples(base: Point, count: int) -> tuple[list[int], list[int]]:
    """Coordinates of 0..count times the base (index 0 is unused); count is a power of two."""
    xs, ys = [0, base.x], [0, base.y]
    while len(xs) <= count:
        size = len(xs)
        top = multiply(base, size)
        more_x, more_y = batch_add(xs[1:], ys[1:], [top.x] * (size - 1), [top.y] * (size - 1))
        xs += [top.x, *more_x]
        ys += [top.y, *more_y]
    return xs, ys


def batch_inverse(values: Iterable[int], modulus: int) -> list[int]:
    """Inverses of non-zero values with one exponentiation for all of them."""
    items, prefixes, product = list(values), [], 1
    for value in items:
        prefixes.append(product)
        product = product * value % modulus
    if product == 0:
        raise ZkError("A batched inversion met a zero; report this as a bug.")
    inverse = pow(product, -1, modulus)
    result = [0] * len(items)
    for i in range(len(items) - 1, -1, -1):
        result[i] = inverse * prefixes[i] % modulus
        inverse = inverse * items[i] % modulus
    return result


def multiply_g2(scalar: int) -> PointG2:
    """scalar * G2 for a scalar in 1..r-1."""
    if not 0 < scalar < R:
        raise ZkError("A multiple of G2 needs a scalar from 1 to the group order minus 1.")
    result = G2
    for bit in bin(scalar)[3:]:
        result = _add_g2(result, result)
        if bit == "1":
            result = _add_g2(result, G2)
    return result


def is_on_curve_g2(point: PointG2) -> bool:
    """Whether the point satisfies y^2 = x^3 + 3/(9+u) with canonical coordinates (not a subgroup check)."""
    x, y = point
    if any(not 0 <= c < Q for c in (*x, *y)):
        return False
    right = _add2(_mul2(_mul2(x, x), x), _mul2((3, 0), _inv2((9, 1))))
    return _mul2(y, y) == right


def _add_g2(left: PointG2, right: PointG2) -> PointG2:
    (x1, y1), (x2, y2) = left, right
    if left == right:
        square = _mul2(x1, x1)
        slope = _mul2((3 * square[0], 3 * square[1]), _inv2((2 * y1[0], 2 * y1[1])))
    else:
        slope = _mul2(_sub2(y2, y1), _inv2(_sub2(x2, x1)))
    x = _sub2(_sub2(_mul2(slope, slope), x1), x2)
    return x, _sub2(_mul2(slope, _sub2(x1, x)), y1)


def _mul2(a: Pair, b: Pair) -> Pair:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


def _add2(a: Pair, b: Pair) -> Pair:
    return (a[0] + b[0]) % Q, (a[1] + b[1]) % Q


def _sub2(a: Pair, b: Pair) -> Pair:
    return (a[0] - b[0]) % Q, (a[1] - b[1]) % Q


def _inv2(a: Pair) -> Pair:
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, Q)
    return a[0] * norm % Q, -a[1] * norm % Q
