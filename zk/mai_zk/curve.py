"""BN254 G1 in plain Python integers: the reference for the curve schedule, not for secrets and not fast."""

from __future__ import annotations

from typing import NamedTuple

from mai_zk.errors import ZkError
from mai_zk.field import Q, R


class Point(NamedTuple):
    """An affine G1 point; (0, 0) is the identity, as in EIP-196."""

    x: int
    y: int

    def to_bytes(self) -> bytes:
        """64 bytes, big-endian x || y."""
        return self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")


IDENTITY = Point(0, 0)
GENERATOR = Point(1, 2)


def decode_point(data: bytes) -> Point:
    """Decode 64 bytes; ZkError unless both coordinates are < q and the point is on the curve (identity allowed)."""
    point = Point(int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big"))
    if not is_on_curve(point):
        raise ZkError("A point has a coordinate that is not below q or is not on the BN254 curve.")
    return point


def is_on_curve(point: Point) -> bool:
    """Whether the coordinates are canonical and satisfy y² = x³ + 3, or the point is the identity."""
    x, y = point
    if not (0 <= x < Q and 0 <= y < Q):
        return False
    return point == IDENTITY or (y * y - x * x * x - 3) % Q == 0


def negate(point: Point) -> Point:
    """-point."""
    return Point(point.x, -point.y % Q)


def add(a: Point, b: Point) -> Point:
    """a + b, affine, all cases."""
    if a == IDENTITY:
        return b
    if b == IDENTITY:
        return a
    if a.x == b.x:
        if (a.y + b.y) % Q == 0:
            return IDENTITY
        slope = 3 * a.x * a.x * pow(2 * a.y, -1, Q) % Q
    else:
        slope = (b.y - a.y) * pow(b.x - a.x, -1, Q) % Q
    x = (slope * slope - a.x - b.x) % Q
    return Point(x, (slope * (a.x - x) - a.y) % Q)


def multiply(point: Point, scalar: int) -> Point:
    """scalar * point, by double and add in Jacobian coordinates (x/z^2, y/z^3; z = 0 is the identity)."""
    x, y, z = 0, 1, 0
    for bit in bin(scalar % R)[2:] if point != IDENTITY else "":
        x, y, z = _double(x, y, z)
        if bit == "1":
            x, y, z = _add_affine(x, y, z, point)
    if z == 0:
        return IDENTITY
    inverse = pow(z, -1, Q)
    square = inverse * inverse % Q
    return Point(x * square % Q, y * square * inverse % Q)


def _double(x: int, y: int, z: int) -> tuple[int, int, int]:
    square = y * y % Q
    s = 4 * x * square % Q
    m = 3 * x * x % Q
    new_x = (m * m - 2 * s) % Q
    return new_x, (m * (s - new_x) - 8 * square * square) % Q, 2 * y * z % Q


def _add_affine(x: int, y: int, z: int, point: Point) -> tuple[int, int, int]:
    if z == 0:
        return point.x, point.y, 1
    square = z * z % Q
    h = (point.x * square - x) % Q
    r = (point.y * square * z - y) % Q
    if h == 0:
        return _double(x, y, z) if r == 0 else (0, 1, 0)
    h2 = h * h % Q
    h3 = h2 * h % Q
    v = x * h2 % Q
    new_x = (r * r - h3 - 2 * v) % Q
    return new_x, (r * (v - new_x) - y * h3) % Q, z * h % Q
