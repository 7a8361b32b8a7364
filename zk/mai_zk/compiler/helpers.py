"""The helper functions of EZKL's verifiers whose meaning the executor knows, each bound to its exact body.

A helper with a known name and another body is refused by name: its meaning must not be assumed.
Other functions need no trust; the executor runs their bodies.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from mai_zk.compiler.yul import Function
from mai_zk.errors import ZkError


class Layout(Enum):
    """Two code generators write two memory layouts."""

    FIXED = "one circuit's verifier: scratch memory starts at 0"
    REUSABLE = "the reusable verifier: scratch memory starts at the free-memory pointer"


# SHA-256 of the function's tokens joined by single spaces (EZKL 23.0.5).
_BODIES: Final = {
    "78e7df4c8d1d661847626dd195bb5c55318c0e89e2823332a49ff731cbec3750": ("read_ec_point", Layout.FIXED),
    "eb8419d444ed67caab4d561c4fc2da61b4f6ac1f9e281351069412a5b2873b46": ("squeeze_challenge", Layout.FIXED),
    "7686f2a20aede5e498ba7c903288c1f735ef2d3ea0d66a60b8db3244e21e46df": ("squeeze_challenge_cont", Layout.FIXED),
    "659fa06c14d59d443b0bb75ad08a7c2a84f7b22d06c6514be3cab413e3d8bacf": ("batch_invert", Layout.FIXED),
    "21785654e32095793c72898e65cd05f8d778b9688a4bc49b53f358486cf4cebf": ("ec_add_acc", Layout.FIXED),
    "5f189366157e560d2108e31055b2bc76c77c483d8d95cdc72aae167011b515c1": ("ec_mul_acc", Layout.FIXED),
    "4f851a4c754aac912c5ea15597ee19ffaf34719b089db4fe69a9a5cadd266d3c": ("ec_add_tmp", Layout.FIXED),
    "38d515b98d3448118e112c1c17985235d075b1f93ea84d2b01a8d19452b42506": ("ec_mul_tmp", Layout.FIXED),
    "30de30f7e8f291cb82df44620a3b661e99713060a98f8d2c32d07e235e3842b3": ("ec_pairing", Layout.FIXED),
    "7cccee1bdeeecbb6efc12e850f66d5065587d5a8c11389039ed94bb26ad5c6a5": ("read_ec_point", Layout.REUSABLE),
    "4f52a2e9a3dd68ca4118e9d71de6dbccce9f860e1f917f6033d2c4ef62faf398": ("squeeze_challenge", Layout.REUSABLE),
    "76e3f28ccdd6b9fc5e4c62bb717e4dea33a3054371d727ca15729d3f3ddd8e8e": ("squeeze_challenge_cont", Layout.REUSABLE),
    "4130da40dddde1d121cbcab434fc9007d28921666fa68ff82f6c1842f491dce2": ("ec_add_acc", Layout.REUSABLE),
    "6a70b2699148a1543c11c55e7c17306d1e91cdfa2aa9734097f774e126b4aafa": ("ec_mul_acc", Layout.REUSABLE),
    "3264940b1a0e0594bc5dd01231793620a68db4bee6eed4708cfed78575726f52": ("ec_add_tmp", Layout.REUSABLE),
    "6fa91a8131f6a3c5dc886485c570ae88a14e27881e59e0d4313538f49033d4a5": ("ec_mul_tmp", Layout.REUSABLE),
    "0bf234b859e200b3ee0862531645f12c33f3e9ce444adbf022593b2686458116": ("ec_pairing", Layout.REUSABLE),
}
_NAMES: Final = frozenset(name for name, _ in _BODIES.values())
ACCUMULATOR_ERROR: Final = (
    "This verifier aggregates proofs (it has an accumulator); only plain circuits of EZKL 23 can be compiled."
)


def known_helper(function: Function, layout: Layout) -> bool:
    """Whether the executor supplies this function's meaning; ZkError for a known name with an unknown body."""
    if function.name not in _NAMES:
        return False
    name, bound_to = _BODIES.get(function.fingerprint, ("", layout))
    if name != function.name or (bound_to is not layout and name != "batch_invert"):
        raise ZkError(
            f"The verifier's helper {function.name} has a body that this compiler does not know; "
            "use the verifier that EZKL 23.0.5 writes, unchanged."
        )
    return True
