"""One challenged trace for many attacks: each test gets the chain as it was before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest
from traces.case import Case
from traces.sampled_case import SampledCase

AnyCase = TypeVar("AnyCase", bound=Case)


@pytest.fixture(scope="session")
def _case() -> Case:
    return Case()


@pytest.fixture
def case(_case: Case) -> Iterator[Case]:
    yield from _restored(_case)


def _restored(_case: AnyCase) -> Iterator[AnyCase]:
    world, work = _case.world, _case.work
    account = world.chain.account(world.trace)
    assert account is not None
    kept = (bytes(account.data), account.lamports, dict(work.leaves), work.positions, work.prompt, work.generated)
    values, miner, slot, segments = list(world.values), world.miner, world.slot(), work.manifest
    yield _case
    world.put(world.trace, kept[0], lamports=kept[1])
    work.set_leaves(kept[2])
    work.positions, work.prompt, work.generated, work.manifest = kept[3], kept[4], kept[5], segments
    for name in ("positions_tree", "prompt_tree", "generated_tree"):
        work.__dict__.pop(name, None)
    world.values, world.miner = values, miner
    world.to_slot(slot)


@pytest.fixture(scope="session")
def _sampled() -> SampledCase:
    return SampledCase()


@pytest.fixture
def sampled(_sampled: SampledCase) -> Iterator[SampledCase]:
    yield from _restored(_sampled)
