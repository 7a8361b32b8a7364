"""The lengths of a key program's values: the analysis that sealing performs (`seal::code` in programs/verifier).

A slot's length is a bound on its value: abs(value) < 2^length. The compiler uses the same rules to decide where a value
must be replaced by a shorter one that is congruent to it, so that what it emits can be sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from mai_zk.errors import ZkError
from mai_zk.isa import SUMS, Op

if TYPE_CHECKING:
    from mai_zk.keyprogram import KeyProgram

CANONICAL: Final = 254  # constants, instances, evaluations
WORD: Final = 256  # challenges (whole hashes), hints
MAX_LENGTH: Final = 3840
WEIGHT: Final = 2 * 128 + 17  # what a claim's weight and the sum over at most 2^17 claims add
CARRY: Final = (0, 0, 1, 2, 2)  # by the number of terms
_SHORTER_THAN_R: Final = 253


def sum_length(products: Sequence[tuple[int, int]], addends: Sequence[int]) -> int:
    """The length of a sum of products and addends, given their lengths."""
    terms = [a + b for a, b in products] + list(addends)
    return max(terms) + CARRY[len(terms)]


def quotient_words(longest_claim: int) -> int:
    """Words of 64 bits that hold the claims' weighted sum, divided by r, with its sign."""
    return -(-(longest_claim + WEIGHT + 2 - _SHORTER_THAN_R) // 64)


def longest_claim(program: KeyProgram) -> int:
    """The length of the longest value that is claimed to be congruent to another; ZkError names what is too long."""
    slots = [CANONICAL] * program.n_constants + [WORD] * program.n_challenges
    slots += [CANONICAL] * (program.n_instances + program.n_evals) + [WORD] * program.n_hints
    slots += [0] * (program.n_slots - len(slots))
    longest = WORD
    for number, ins in enumerate(program.code):
        length = 0
        if ins.op in SUMS:
            pairs = [(slots[a], slots[b]) for a, b in ins.products]
            length = slots[ins.args[0]] = sum_length(pairs, [slots[a] for a in ins.addends])
        elif ins.op in (Op.RED, Op.INV, Op.SCAL):
            length = slots[ins.args[1]] + (WORD if ins.op is Op.INV else 0)
            longest = max(longest, length)
        if length > MAX_LENGTH:
            raise ZkError(
                f"Instruction {number} ({ins.op.name}) of the key program makes a value of {length} bits; "
                f"{MAX_LENGTH} are allowed."
            )
    return longest


def check_bounds(program: KeyProgram) -> None:
    """ZkError unless every value is short enough and the quotient's length is the one that the claims need."""
    needed = quotient_words(longest_claim(program))
    if program.quotient_words != needed:
        raise ZkError(f"The key program has a quotient of {program.quotient_words} words; its claims need {needed}.")
