"""What a mutation is, and the list of all of them by attack class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from campaign.bench import ACCEPTED, Bench


@dataclass(frozen=True)
class Result:
    """What became of one attempt.

    Attributes:
        verdict: `ACCEPTED`, or the refusal's name.
        control: nothing that is claimed was changed, so that it must be accepted.
        what: the change, in a few words.
        allowed: refusals of the runtime that are as good as the program's own here.
    """

    verdict: str
    what: str
    control: bool = False
    allowed: tuple[str, ...] = ()

    def fault(self, errors: frozenset[str]) -> str | None:
        """What is wrong with this result, or None."""
        if self.control:
            return None if self.verdict == ACCEPTED else f"a control is refused: {self.verdict}"
        if self.verdict == ACCEPTED:
            return "accepted"
        if self.verdict in errors or self.verdict in self.allowed:
            return None
        return f"refused without a name of the program: {self.verdict}"


Mutation = Callable[[Bench], Result]

# In the order of docs/security/verifier.md.
WEIGHTS = {
    "honest": 2,
    "batch": 7,
    "keys": 12,
    "sessions": 3,
    "accounts": 12,
    "receipts": 5,
    "commitments": 3,
    "points": 16,
    "scalars": 12,
    "hints": 18,
    "counts": 6,
    "uploads": 2,
    "arguments": 2,
}
MUTATIONS: dict[str, list[tuple[float, Mutation]]] = {name: [] for name in WEIGHTS}


def mutation(group: str, share: float = 1) -> Callable[[Mutation], Mutation]:
    """Register a mutation in its attack class, with a share of the class's cases."""

    def register(function: Mutation) -> Mutation:
        MUTATIONS[group].append((share, function))
        return function

    return register


def draw_mutation(draw: Random) -> tuple[str, Mutation]:
    """(class, mutation), by their weights and shares."""
    group = draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    shares, mutations = zip(*MUTATIONS[group], strict=True)
    return group, draw.choices(mutations, shares)[0]
