"""A sampled run from commit to claim; its tokens go in and come out as integers, and either end token ends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mai_zk.trace import Work
from mai_zk.trace.executed import values_digest
from mai_zk.trace.manifest import Class
from traces import sampled_model as model
from traces.sampled_case import PLACE, SampledCase
from traces.sampled_world import SampledWorld
from traces.world import BOND, LIMIT, refused


def ends(case: SampledCase, place: int = PLACE) -> str | None:
    """The refusal of attesting the tokens at a drawn position."""
    return refused(lambda: case.world.attest_ends(case.work, place))


def test_an_honest_run_from_commit_to_claim() -> None:
    world = SampledWorld()
    work = world.work()
    trace = world.commit(work)
    header = world.miner.state(trace).header
    assert (header.task_class, header.n_positions, header.n_leaves, header.n_segments) == (2, 8, 10, 13)
    state = world.challenge(work, committed=True)
    assert state.step == "challenged"
    assert refused(lambda: world.claim(work)) == "TraceNotProved"
    proved = world.attest_all(work)
    assert (proved.step, all(proved.attested)) == ("proved", True)
    before = world.chain.balance(world.miner.payer.pubkey())
    world.claim(work)
    assert world.chain.balance(world.miner.payer.pubkey()) > before + BOND * 9 // 10
    assert world.miner.state(trace).step == "claimed"
    assert refused(lambda: world.claim(work)) == "TraceClaimed"


def test_fewer_positions_than_are_drawn() -> None:
    """All positions of a short run; as many leaves of each stratum as of a long one."""
    world = SampledWorld()
    work = world.work((2, 2), 3)
    state = world.challenge(work)
    assert (len(state.positions), len(state.leaves)) == (4, sum(model.STRATA))
    assert refused(lambda: world.attest_all(work)) == "WrongEnd"  # three tokens of eight, and no end


def test_every_position(sampled: SampledCase) -> None:
    for place in range(len(sampled.state.positions)):
        assert ends(sampled, place) is None
    assert ends(sampled) == "AlreadyAttested"


def test_another_embedding_goes_in(sampled: SampledCase) -> None:
    sampled.commit_leaf(model.NORM, input=values_digest(model.ROWS[(sampled.values.token + 1) % 8]))
    assert ends(sampled) == "EdgeMismatch"


def revealed_pair(case: SampledCase, largest: int, token: int) -> None:
    """As if the last leaf of the position gave this pair."""
    pair = np.array([largest, token], dtype=np.int64)
    case.commit_leaf(model.BEST, output=values_digest(pair), outputs=(largest, token))


def test_another_token_comes_out(sampled: SampledCase) -> None:
    largest, token = sampled.values.gives[model.BEST][0].tolist()
    revealed_pair(sampled, largest, token)
    assert ends(sampled) is None


@pytest.mark.parametrize("other", [0, 7, 8, -1, 1 << 30])
def test_the_second_integer_is_the_token(sampled: SampledCase, other: int) -> None:
    largest, token = sampled.values.gives[model.BEST][0].tolist()
    assert token != other
    revealed_pair(sampled, largest, other)
    assert ends(sampled) == "WrongToken"
    revealed_pair(sampled, token, largest)
    assert ends(sampled) == "WrongToken"


def test_the_pair_is_the_leafs(sampled: SampledCase) -> None:
    largest, token = sampled.values.gives[model.BEST][0].tolist()
    leaves = sampled.work.leaves
    leaf = replace(leaves[sampled.position][model.BEST], outputs=(largest + 1, token))
    sampled.commit_leaves({(sampled.position, model.BEST): leaf})  # what is opened is not what was revealed
    assert ends(sampled) == "EdgeMismatch"


# -- either end token


def ended(prompt: tuple[int, ...], count: int, *, stop: bool, **changes: object) -> tuple[str | None, list[int]]:
    """The refusal of attesting all ends of a run, and its answer."""
    world = SampledWorld(model.manifest(**changes))
    work = world.work(prompt, count, stop=stop)
    state = world.challenge(work)

    def attest() -> None:
        for place in range(len(state.positions)):
            world.attest_ends(work, place)

    return refused(attest), [token.value for token in work.generated]


PROMPT = (0,)
"""What follows it is 4, 5, 5, 5, then 2, the second end token."""


@pytest.mark.parametrize(("end_token", "other_end"), [(3, 2), (2, 3), (2, None)])
def test_either_end_token_ends(end_token: int, other_end: int | None) -> None:
    ends_ = {"end_token": end_token, "other_end": other_end}
    assert ended(PROMPT, LIMIT, stop=True, **ends_) == (None, [4, 5, 5, 5, 2])
    assert ended(PROMPT, 6, stop=False, **ends_)[0] == "WrongEnd"  # it goes on
    assert ended(PROMPT, 4, stop=False, **ends_)[0] == "WrongEnd"  # it ends before


def test_a_token_that_is_no_end_does_not_end() -> None:
    assert ended(PROMPT, 5, stop=False, end_token=3, other_end=3)[0] == "WrongEnd"
    assert ended(PROMPT, LIMIT, stop=False, end_token=3, other_end=3)[0] is None


def test_a_work_is_of_its_manifest(sampled: SampledCase) -> None:
    """The trees of a sampled run are others than those of the same run under another class."""
    work = sampled.work
    standard = replace(work.manifest, task_class=Class.STANDARD)
    other = Work(standard, work.prompt, work.generated, work.positions)
    assert other.positions_tree.root != work.positions_tree.root
