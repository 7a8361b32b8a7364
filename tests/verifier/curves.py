"""Points of BN254 that are where they should not be."""

from __future__ import annotations

from verifier.keys import Q

Fq2 = tuple[int, int]


def off_curve_g1() -> bytes:
    """(1, 3) is not on y^2 = x^3 + 3."""
    return (1).to_bytes(32, "big") + (3).to_bytes(32, "big")


def _multiply(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


def _square_root(a: Fq2) -> Fq2 | None:
    """A root in Fq2 = Fq[u]/(u^2 + 1), by the norm (q = 3 mod 4)."""

    def root(value: int) -> int | None:
        candidate = pow(value, (Q + 1) // 4, Q)
        return candidate if candidate * candidate % Q == value % Q else None

    norm = root(a[0] * a[0] + a[1] * a[1])
    if norm is None:
        return None
    for sign in (1, -1):
        x = root((a[0] + sign * norm) * pow(2, -1, Q) % Q)
        if x:
            candidate = (x, a[1] * pow(2 * x, -1, Q) % Q)
            if _multiply(candidate, candidate) == (a[0] % Q, a[1] % Q):
                return candidate
    return None


def off_subgroup_g2() -> bytes:
    """A point of the twist y^2 = x^3 + 3 / (9 + u), EIP-197 order; the first x with a root is not in the subgroup.

    (The subgroup is a fraction of about 2^-254 of the twist.)
    """
    inverse = pow(82, -1, Q)  # 1 / (9 + u) = (9 - u) / 82
    b = (27 * inverse % Q, -3 * inverse % Q)
    for n in range(1, 100):
        x = (n, 1)
        cube = _multiply(_multiply(x, x), x)
        y = _square_root(((cube[0] + b[0]) % Q, (cube[1] + b[1]) % Q))
        if y is not None:
            return b"".join(v.to_bytes(32, "big") for v in (x[1], x[0], y[1], y[0]))
    raise AssertionError("no point found")
