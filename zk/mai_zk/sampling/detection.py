"""How likely a draw convicts: exact, without replacement, and by simulation; for one-phase and two-phase draws."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mai_zk.errors import ZkError
from mai_zk.sampling.claims import Findings
from mai_zk.sampling.graph import SegmentGraph


@dataclass(frozen=True)
class Profile:
    """Where the convicting leaves are: `counts[t]` of the `width` leaves of token t."""

    width: int
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.counts or any(not 0 <= count <= self.width for count in self.counts):
            raise ZkError("A profile needs, for every token, between none and all of its leaves.")

    @property
    def leaves(self) -> int:
        """All leaves of the run."""
        return self.width * len(self.counts)


def profile(graph: SegmentGraph, convicting: Iterable[int]) -> Profile:
    """The profile of a set of leaves."""
    found = Counter(graph.leaves[index].position for index in convicting)
    return Profile(graph.leaves_per_position, tuple(found[position] for position in range(graph.positions)))


def missed(leaves: int, convicting: int, draws: int) -> Fraction:
    """The probability that `draws` leaves of `leaves`, all different, hold none of the `convicting` ones."""
    if not (0 <= convicting <= leaves and 0 <= draws <= leaves):
        raise ZkError(f"Cannot draw {draws} of {leaves} leaves of which {convicting} convict.")
    return Fraction(math.comb(leaves - convicting, draws), math.comb(leaves, draws))


@dataclass(frozen=True)
class OnePhase:
    """Draw `draws` leaves of the whole trace, all different."""

    draws: int

    def miss(self, where: Profile) -> Fraction:
        """The probability that no convicting leaf is drawn."""
        return missed(where.leaves, sum(where.counts), self.draws)

    def sample(self, where: Profile, random: np.random.Generator) -> NDArray[np.int64]:
        """One draw: leaf indices."""
        return random.choice(where.leaves, self.draws, replace=False, shuffle=False)


@dataclass(frozen=True)
class TwoPhase:
    """Draw `tokens` tokens, all different, then `per_token` leaves of each, all different."""

    tokens: int
    per_token: int

    @property
    def draws(self) -> int:
        """Leaves drawn in all."""
        return self.tokens * self.per_token

    def miss(self, where: Profile) -> Fraction:
        """The probability that no convicting leaf is drawn.

        With xₜ the miss within token t it is the mean of ∏ xₜ over all sets of `tokens` tokens: the elementary
        symmetric polynomial of that degree, read from ∏ (1 + xₜ z), divided by the number of sets.
        """
        polynomial = [Fraction(1)] + [Fraction(0)] * self.tokens
        done = 0
        for convicting, tokens in Counter(where.counts).items():
            inside = missed(where.width, convicting, self.per_token)
            factor = [math.comb(tokens, power) * inside**power for power in range(min(tokens, self.tokens) + 1)]
            done += tokens
            for degree in range(min(done, self.tokens), -1, -1):
                polynomial[degree] = sum(
                    (factor[power] * polynomial[degree - power] for power in range(min(degree, len(factor) - 1) + 1)),
                    Fraction(0),
                )
        return polynomial[self.tokens] / math.comb(len(where.counts), self.tokens)

    def sample(self, where: Profile, random: np.random.Generator) -> NDArray[np.int64]:
        """One draw: leaf indices."""
        tokens = random.choice(len(where.counts), self.tokens, replace=False)
        return np.concatenate(
            [token * where.width + random.choice(where.width, self.per_token, replace=False) for token in tokens]
        )


Plan = OnePhase | TwoPhase


def detection(plan: Plan, where: Profile) -> Fraction:
    """The exact probability that a draw convicts, all edges of drawn leaves being opened."""
    return 1 - plan.miss(where)


def simulate(
    plan: Plan, graph: SegmentGraph, found: Findings, trials: int, seed: int, *, all_edges: bool = True
) -> int:
    """How many of `trials` draws convict; the ends are left out.

    Args:
        plan: how leaves are drawn.
        graph: the run.
        found: what is wrong with it.
        trials: how many draws.
        seed: of the random draws.
        all_edges: a drawn leaf opens all its edges; False: only edges whose two leaves are drawn are compared.
    """
    random, where = np.random.default_rng(seed), profile(graph, ())
    convicts = np.zeros(len(graph.leaves), dtype=bool)
    convicts[list(found.detecting if all_edges else found.invalid)] = True
    edges = np.array(sorted(found.broken), dtype=np.int64).reshape(-1, 2)
    hits = 0
    for _ in range(trials):
        drawn = plan.sample(where, random)
        hit = bool(convicts[drawn].any())
        if not hit and not all_edges:
            mark = np.zeros(len(graph.leaves), dtype=bool)
            mark[drawn] = True
            hit = bool((mark[edges[:, 0]] & mark[edges[:, 1]]).any())
        hits += hit
    return hits
