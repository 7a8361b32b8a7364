"""The difficulty crank: once an hour, the same figures the same answer, small steps inside hard bounds."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from mai.program import difficulty
from program import oracle
from program.chain import START, refused
from program.market import DAY, EMISSION, EPOCH, HOUR, ONE, WEEK, crank, settings
from program.network import CONFIG, RATE_FLOOR, Network, ready

TERMS = ("multiplier", "task_difficulty", "sampling")
BOUNDS = {"multiplier": (10**5, 3 * ONE), "task_difficulty": (ONE // 2, 3 * ONE), "sampling": (ONE, 4 * ONE)}
SMOOTHING, CAP, COMPLETION, LOAD = 8, 0, 27, 28
_SHARED: list[Network] = []


@pytest.fixture
def network() -> Network:
    return ready()


def answer(before: dict[str, Any], now: int, parameters: list[int], start: int = START) -> list[int]:
    """The next multiplier, task difficulty and sampling ratio: exact fractions, rounded once each."""
    elapsed = now - before["period_start_ts"]
    epoch, into = divmod(now - start, EPOCH)
    smoothing = parameters[SMOOTHING]
    cap = oracle.cap(epoch, RATE_FLOOR, parameters[CAP])
    already = before["epoch_minted"] if epoch == before["epoch"] else 0
    left = max(cap - max(already - before["period_minted"], 0), 0)
    remaining = EPOCH - into + elapsed
    expected, period = left * elapsed // remaining, max(left * HOUR // remaining, 1)
    change = Fraction(expected - before["period_minted"], period * smoothing) if left else Fraction(0)
    allowed, active = before["period_allowed_ms"], before["period_active_ms"]
    target = parameters[COMPLETION]
    completed = min(active * 10_000 // allowed, 10_000) if allowed else target
    used = min(active * 10_000 // max(before["miners"] * elapsed * 1_000, 1), 10_000)
    load = min(before["pending"] * 10_000 // max(before["period_settled"], 1), 10_000)
    changes = {
        "multiplier": change,
        # What is measured weighs with the difficulty.
        "task_difficulty": Fraction(
            (target + 3_000) * ONE - (completed + used) * before["task_difficulty"], 20_000 * smoothing * ONE
        ),
        "sampling": Fraction(parameters[LOAD] - load, 10_000 * smoothing),
    }
    return [oracle.moved(before[name], changes[name], *BOUNDS[name]) for name in TERMS]


def emission(network: Network) -> dict[str, Any]:
    return network.chain.read("Emission", EMISSION)


def test_a_period_lasts_an_hour(network: Network) -> None:
    network.chain.set_time(START + HOUR - 1)
    with refused("PeriodNotOver"):
        crank(network)
    network.chain.set_time(START + HOUR)
    crank(network)
    with refused("PeriodNotOver"):
        crank(network)
    state = emission(network)
    assert (state["cranks"], state["period_start_ts"]) == (1, START + HOUR)


def test_nothing_is_cranked_before_mining_opens() -> None:
    network = Network()
    network.genesis()
    network.open_accounts()
    network.chain.pass_time(HOUR)
    with refused("MiningNotOpen"):
        crank(network)
    network.open_mining()
    network.chain.pass_time(HOUR)
    crank(network)


def test_a_crank_closes_the_period_and_says_what_it_saw(network: Network) -> None:
    for _ in range(3):
        network.settle(network.committed())
    waiting = network.committed()
    before = emission(network)
    network.chain.pass_time(HOUR)
    event, after = crank(network), emission(network)
    assert (event["settled"], event["pending"], event["minted"]) == (3, 1, before["period_minted"])
    assert event["period_s"] == network.chain.time() - START
    assert [event[name] for name in TERMS] == [after[name] for name in TERMS]
    assert [event[name] for name in TERMS] == answer(before, network.chain.time(), settings(network))
    names = ("period_minted", "period_settled", "period_active_ms", "period_allowed_ms")
    assert [after[name] for name in names] == [0] * 4
    assert (after["minted"], after["pending"]) == (before["minted"], 1)
    network.settle(waiting)


amounts = st.one_of(st.just(0), st.integers(0, 2**60))


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    minted=amounts, already=amounts, settled=st.integers(0, 2**32 - 1), pending=st.integers(0, 2**32 - 1),
    active=st.integers(0, 2**50), allowed=st.integers(0, 2**50), miners=st.integers(0, 2**32 - 1),
    waited=st.one_of(st.just(HOUR), st.integers(HOUR, 30 * DAY), st.integers(HOUR, 5 * EPOCH)),
    values=st.tuples(*(st.integers(*BOUNDS[name]) for name in TERMS)),
)  # fmt: skip
def test_the_chain_answers_as_the_oracle_does(
    minted: int, already: int, settled: int, pending: int, active: int, allowed: int, miners: int, waited: int,
    values: tuple[int, ...],
) -> None:  # fmt: skip
    network = shared()
    now = network.chain.time()
    start = int(network.chain.read("Config", CONFIG)["genesis_ts"])
    before = {
        "period_start_ts": now, "period_minted": minted, "epoch_minted": already + minted, "period_settled": settled,
        "pending": pending, "period_active_ms": active, "period_allowed_ms": allowed, "miners": miners,
        "epoch": (now - start) // EPOCH, **dict(zip(TERMS, values, strict=True)),
    }  # fmt: skip
    network.chain.write("Emission", EMISSION, **before)
    network.chain.pass_time(waited)
    crank(network)
    after = emission(network)
    found = [after[name] for name in TERMS]
    assert found == answer(before, network.chain.time(), settings(network), start)
    for name, was, became in zip(TERMS, values, found, strict=True):
        assert BOUNDS[name][0] <= became <= BOUNDS[name][1]
        assert abs(became - was) <= was // 8


def shared() -> Network:
    """One network for all examples: each sets everything that a crank reads."""
    if not _SHARED:
        _SHARED.append(ready())
    return _SHARED[0]


def test_the_same_figures_give_the_same_answer() -> None:
    answers = []
    for _ in range(2):
        network = ready()
        network.settle(network.committed())
        network.chain.pass_time(2 * HOUR)
        event = crank(network)
        answers.append([event[name] for name in TERMS])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("minted", "rises"), [(0, True), (10**18, False)])
def test_the_multiplier_follows_what_was_minted(network: Network, minted: int, rises: bool) -> None:
    network.chain.write("Emission", EMISSION, multiplier=ONE, period_minted=minted)
    network.chain.pass_time(DAY)
    assert crank(network)["multiplier"] == (ONE + ONE // 8 if rises else ONE - ONE // 8)


def test_an_idle_network_ends_at_the_bounds_and_tasks_come_to_rest(network: Network) -> None:
    # Nothing done counts as the target completion, 2,500: times 2.2 it is the 5,500 that both targets sum to.
    rest = 22 * ONE // 10
    network.chain.write("Emission", EMISSION, task_difficulty=rest, sampling=4 * ONE - ONE // 20)
    for _ in range(50):
        network.chain.pass_time(DAY)
        crank(network)
    assert [emission(network)[name] for name in TERMS] == [3 * ONE, rest, 4 * ONE]


def test_a_flooded_network_ends_at_the_other_bounds(network: Network) -> None:
    network.chain.write("Emission", EMISSION, task_difficulty=ONE * 6 // 10)
    for _ in range(220):
        network.chain.write(
            "Emission", EMISSION, period_minted=10**18, epoch_minted=10**18, pending=1_000, period_settled=1,
            period_active_ms=10**15, period_allowed_ms=10**15,
        )  # fmt: skip
        network.chain.pass_time(WEEK)
        crank(network)
    state = emission(network)
    assert (state["task_difficulty"], state["sampling"]) == (ONE // 2, ONE)
    # The last step that is at least one unit above the lowest bound.
    assert state["multiplier"] <= 10**5 * 9 // 8


def test_ten_years_of_weekly_cranks_keep_the_clock_and_the_bounds(network: Network) -> None:
    for week in range(1, 522, 10):
        network.chain.set_time(START + week * WEEK)
        event = crank(network)
        state = emission(network)
        assert state["epoch"] == week * WEEK // EPOCH
        assert all(BOUNDS[name][0] <= event[name] <= BOUNDS[name][1] for name in TERMS)


@given(
    value=st.integers(0, 4 * ONE), up=st.integers(0, 2**70), down=st.integers(0, 2**70), scale=st.integers(1, 2**80),
    lowest=st.integers(0, ONE), span=st.integers(0, 4 * ONE),
)  # fmt: skip
@hypothesis_settings(deadline=None)
def test_a_step_is_at_most_an_eighth_and_exactly_the_fraction_below_that(
    value: int, up: int, down: int, scale: int, lowest: int, span: int
) -> None:
    value = min(max(value, lowest), lowest + span)
    found = difficulty.nudged(value, up, down, scale, lowest, lowest + span)
    assert found == oracle.moved(value, Fraction(up - down, scale), lowest, lowest + span)


def test_nothing_is_expected_of_a_cap_that_is_used_up() -> None:
    assert difficulty.cap_before(100, 250, 30) == 0
    assert difficulty.next_multiplier(ONE, 5, 0, EPOCH, HOUR, 144) == ONE
