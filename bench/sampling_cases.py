"""The runs, cheats and cuts that `python -m bench.sampling` puts into tables and plots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from mai_zk.sampling import strategies
from mai_zk.sampling.claims import Trace, run
from mai_zk.sampling.cut import Cut, cheapest_of, fewest_convicting, first_layer, frontier
from mai_zk.sampling.detection import OnePhase, Profile, TwoPhase, profile
from mai_zk.sampling.graph import SegmentGraph, transformer
from mai_zk.sampling.sizing import HIGH_VALUE
from mai_zk.sampling.strategies import Attempt

# SmolLM2-135M: 30 layers of width 576; a layer's 3,538,944 weights in 3 attention shards (its KV groups) and 9
# feed-forward shards of 294,912 weights each. One unit of work: 576 multiplications, a norm's or a join's.
LAYERS, ATTENTION_SHARDS, FEED_FORWARD_SHARDS, WIDTH, SHARD_WEIGHTS = 30, 3, 9, 576, 294_912
PROMPT_TOKENS, TOKENS = 16, 32
LENGTHS = (16, 32, 48)
PROMPT = tuple(range(1000, 1000 + PROMPT_TOKENS))
EVERY_TOKEN = tuple(range(PROMPT_TOKENS))
ONE = OnePhase(256)
TWO = TwoPhase(8, 32)
FEW = OnePhase(16)
TRIALS = 2000
SEED = 20
LEVELS = {"10 %": Fraction(1, 10), "1 %": Fraction(1, 100), "2⁻³²": HIGH_VALUE}


@cache
def smollm2(tokens: int = TOKENS) -> SegmentGraph:
    """A run of `tokens` tokens, half of them given."""
    return transformer(
        LAYERS, ATTENTION_SHARDS, FEED_FORWARD_SHARDS, tokens // 2, tokens, shard_work=SHARD_WEIGHTS // WIDTH
    )


@dataclass(frozen=True)
class Situation:
    """What the cached run differs in, and what is checked in every run."""

    name: str
    salted: bool  # only the salt, token 0, differs; else every token of the prompt
    checked: bool  # the first layer of the salt's position is checked in every run

    def changed(self, graph: SegmentGraph) -> tuple[int, ...]:
        """The positions whose tokens differ."""
        return (0,) if self.salted else tuple(range(graph.prompt))

    def always(self, graph: SegmentGraph) -> frozenset[int]:
        """The leaves that are checked in every run."""
        return first_layer(graph, (0,)) if self.checked else frozenset()


SITUATIONS = (
    Situation("another prompt of the same length", False, False),
    Situation("the same prompt, another salt token", True, False),
    Situation("the same prompt, another salt; its first layer always checked", True, True),
)
UNCHECKED, CHECKED = SITUATIONS[1], SITUATIONS[2]


@cache
def corners(situation: Situation, tokens: int = TOKENS) -> list[Cut]:
    """The frontier of cuts."""
    graph = smollm2(tokens)
    return frontier(graph, situation.changed(graph), situation.always(graph))


@cache
def cheapest(situation: Situation, tokens: int = TOKENS) -> Cut:
    """The corner with the fewest convicting leaves that saves at least half of what can be saved."""
    return cheapest_of(corners(situation, tokens))


def fewest(situation: Situation, tokens: int = TOKENS) -> int:
    """The convicting leaves that draws are sized for: no cut that saves half of what can be saved has fewer."""
    return fewest_convicting(corners(situation, tokens), Fraction(1, 2))


@dataclass(frozen=True)
class Case:
    """One cheat, with a short name for plots."""

    name: str
    short: str
    attempt: Attempt

    @property
    def where(self) -> Profile:
        """Where its convicting leaves are."""
        return profile(self.attempt.trace.graph, self.attempt.found.detecting)


def _cached(changed: tuple[int, ...]) -> Trace:
    return run(smollm2(), strategies.another_prompt(PROMPT, changed))


def _splice(situation: Situation) -> Attempt:
    graph = smollm2()
    return strategies.spliced(graph, PROMPT, _cached(situation.changed(graph)), cheapest(situation))


@cache
def cases() -> tuple[Case, ...]:
    """Every strategy against the reference run."""
    graph = smollm2()
    middle = len(graph.leaves) // 2
    makers: tuple[tuple[str, str, Callable[[], Attempt]], ...] = (
        ("honest (control)", "honest", lambda: strategies.honest(graph, PROMPT)),
        (
            "10 % of the leaves skipped at random",
            "10 % skipped",
            lambda: strategies.skipped_leaves(graph, PROMPT, Fraction(1, 10), SEED),
        ),
        (
            "1 % of the leaves skipped at random",
            "1 % skipped",
            lambda: strategies.skipped_leaves(graph, PROMPT, Fraction(1, 100), SEED),
        ),
        ("every shard proved once, reused", "cached leaves", lambda: strategies.cached_leaves(graph, PROMPT)),
        ("two whole tokens skipped", "2 tokens skipped", lambda: strategies.skipped_tokens(graph, PROMPT, (20, 27))),
        (
            "one bad boundary after layer 0, in its joins",
            "one bad boundary",
            lambda: strategies.bad_boundary(graph, PROMPT, _cached(EVERY_TOKEN), 0),
        ),
        (
            "one bad boundary after layer 0, in shards (every join true)",
            "bad boundary in shards",
            lambda: strategies.bad_boundary(graph, PROMPT, _cached(EVERY_TOKEN), 0, in_shard=True),
        ),
        *(
            (f"cheapest cut: {situation.name}", short, lambda situation=situation: _splice(situation))
            for situation, short in (
                (UNCHECKED, "cut, other salt"),
                (CHECKED, "cut, other salt, first layer checked"),
            )
        ),
        ("one lie in a middle leaf", "one middle lie", lambda: strategies.middle_lie(graph, PROMPT, middle)),
        ("another prompt's flawless trace", "bad ends", lambda: strategies.bad_ends(graph, PROMPT, _cached((3,)))),
    )
    return tuple(Case(name, short, make()) for name, short, make in makers)
