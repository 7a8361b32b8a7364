"""SmolLM2's own integers through the operations on chain: what its forward pass computed, bit for bit, is taken.

The results compared are the forward pass's, not the reference's of the operation: what the linear maps read next.
"""

from __future__ import annotations

from functools import cache, partial

import pytest
from language.smol_world import model, needs_weights, short_run
from mai_zk.language.integers import Integers
from mai_zk.language.smol import points
from mai_zk.language.smol.executed import Operations
from mai_zk.language.smol.graph import named, node
from mai_zk.trace import executed
from traces.executed_world import Bench
from traces.world import refused

pytestmark = needs_weights

SHOWN = (0, 11, 29)
POSITION = 7


@cache
def operations() -> Operations:
    return Operations(model().weights)


class Shown:
    """A chain with the constants, on which a segment's operation is executed."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.constants = self.bench.constants(operations().constants.body)

    def check(self, name: str) -> int:
        """The compute units of executing it; a result that is off by one is refused."""
        opened = short_run().opened(POSITION, named(name))
        operation, reads = operations().of(node(named(name))), (opened.reads, opened.past)

        def opening(*gives: Integers) -> bytes:
            return executed.opening(operation, POSITION, reads, gives)

        units = self.bench.client.check(self.constants, self.bench.opening(opening(*opened.gives))).compute_units
        for place, gives in enumerate(opened.gives):
            wrong = gives.copy()
            wrong[len(wrong) // 2] += 1
            account = self.bench.opening(opening(*opened.gives[:place], wrong, *opened.gives[place + 1 :]))
            assert refused(partial(self.bench.client.check, self.constants, account)) == "ResultMismatch"
        return units


@pytest.fixture(scope="module")
def shown() -> Shown:
    return Shown()


@pytest.mark.parametrize("layer", SHOWN)
def test_norms(shown: Shown, layer: int) -> None:
    shown.check(f"{layer}/norm/0")
    shown.check(f"{layer}/norm_again/0")


def test_the_last_norm(shown: Shown) -> None:
    shown.check("30/norm/0")


@pytest.mark.parametrize("head", range(3))
@pytest.mark.parametrize("layer", SHOWN)
def test_attention(shown: Shown, layer: int, head: int) -> None:
    shown.check(f"{layer}/attend/{head}")


@pytest.mark.parametrize("layer", SHOWN)
def test_swiglu(shown: Shown, layer: int) -> None:
    for part in (0, 3):
        shown.check(f"{layer}/swiglu/{part}")


def test_the_largest_logits_and_the_best_of_them(shown: Shown) -> None:
    run = short_run()
    token = run.generated[POSITION + 1 - len(run.prompt)]
    own = token // 1536
    for part in {0, own, 31}:
        shown.check(f"30/top/{part}")
    shown.check("30/best/0")
    pair = run.opened(POSITION, named("30/best/0")).gives[0]
    assert pair[1] == token and pair.tolist() == run.opened(POSITION, named(f"30/top/{own}")).gives[0].tolist()


@pytest.mark.parametrize("name", ["11/q/3", "11/down/5", "30/logits/0"])
def test_the_points_are_those_of_the_proofs(shown: Shown, name: str) -> None:
    """What a linear shard reads and gives, bound on chain, are the points that its proof is checked against."""
    opened = short_run().opened(POSITION, named(name))
    for vector in (opened.reads[:576], opened.gives[0]):
        assert shown.bench.bind(vector)[0] == points.committer().point(vector)
