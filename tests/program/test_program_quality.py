"""Uptime and reputation, week by week: independent fractions against the rules and the chain."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import quality
from program.chain import START
from program.market import EPOCH, WEEK, miner_of, paid, stand_in
from program.network import ready

counts = st.one_of(st.just(0), st.integers(0, 10_000))
WEEKLY = (
    "hours", "missed", "completed", "failed", "rejected", "consistent", "active_ms_week", "allowed_ms_week"
)  # fmt: skip
_SHARED: list[Any] = []
times = st.one_of(st.just(0), st.integers(0, 2**50))
hours = st.integers(0, 168)


def share(part: int, whole: int) -> int:
    """Basis points, rounded down; all of nothing."""
    return floor(Fraction(part, whole) * 10_000) if whole else 10_000


def uptime_of(week: dict[str, int], missed_hours: int = 6) -> int:
    if not week["completed"]:
        return 0
    return share(max(week["hours"] - week["missed"] * missed_hours, 0), 168)


def score_of(week: dict[str, int], epoch: int) -> int:
    """Success four, checks three, latency two and stability one tenth; hardware; a tenth off for each rejected work."""
    done, allowed = week["completed"], week["allowed_ms_week"]
    used = min(share(week["active_ms_week"], allowed), 10_000) if allowed else 0
    parts = (share(done, done + week["failed"]), share(done, done + week["rejected"]), 10_000 - used // 2)
    ai = (4 * parts[0] + 3 * parts[1] + 2 * parts[2] + uptime_of(week)) // 10
    weight = min(5_000 + 500 * epoch, 9_000)
    score = (weight * ai + (10_000 - weight) * share(week["consistent"], done)) // 10_000
    return max(score - 1_000 * week["rejected"], 0)


weeks = st.fixed_dictionaries(
    {
        "completed": counts, "failed": counts, "rejected": st.integers(0, 12), "hours": hours,
        "missed": st.integers(0, 40), "active_ms_week": times, "allowed_ms_week": times, "part": st.integers(0, 100),
    }
).map(lambda week: {**week, "consistent": week["completed"] * week["part"] // 100})  # fmt: skip


@settings(deadline=None)
@given(week=weeks, epoch=st.integers(0, 2**40))
def test_a_weeks_score_is_the_documents(week: dict[str, int], epoch: int) -> None:
    uptime = quality.week_uptime(week["hours"], week["missed"], 6, week["completed"])
    assert uptime == uptime_of(week)
    names = ("completed", "failed", "rejected", "consistent", "active_ms_week", "allowed_ms_week")
    score = quality.week_score(epoch, *(week[name] for name in names), uptime)
    assert score == score_of(week, epoch) <= 10_000


@settings(deadline=None)
@given(week=weeks, epoch=st.integers(0, 20))
def test_doing_worse_never_scores_better(week: dict[str, int], epoch: int) -> None:
    score = score_of(week, epoch)
    for name in ("failed", "rejected"):
        assert score_of({**week, name: week[name] + 1}, epoch) <= score
    if week["allowed_ms_week"]:
        assert score_of({**week, "active_ms_week": week["active_ms_week"] + 1}, epoch) <= score


@settings(max_examples=25, deadline=None)
@given(week=weeks, before=st.integers(0, 10_000), epoch=st.integers(0, 12), skipped=st.integers(0, 3))
def test_the_chain_closes_a_week_as_the_rules_say(
    week: dict[str, int], before: int, epoch: int, skipped: int
) -> None:
    network = shared()
    now = max(network.chain.time(), START + epoch * EPOCH) + WEEK
    now -= (now - START) % WEEK
    done = {name: week[name] for name in WEEKLY}
    stand_in(network, week=(now - START) // WEEK, quality_bps=before, uptime_bps=1, **done)
    network.chain.set_slot(network.chain.svm.get_clock().slot, now + (1 + skipped) * WEEK)
    event = network.heartbeat().events["Heartbeat"]
    worked = week["completed"] + week["failed"] + week["rejected"]
    closing = (network.chain.time() - START) // EPOCH
    expected = (3 * before + score_of(week, closing)) // 4 if worked else before
    assert (event["quality_bps"], event["uptime_bps"]) == (expected, 0 if skipped else uptime_of(week))
    after: dict[str, Any] = miner_of(network)
    assert [after[name] for name in WEEKLY] == [1, 0, 0, 0, 0, 0, 0, 0]


def shared() -> Any:
    """One network for all examples: each sets the whole week of the device."""
    if not _SHARED:
        _SHARED.append(ready())
    return _SHARED[0]


def test_a_good_week_raises_a_newcomers_reputation_and_reward() -> None:
    network = ready()
    first = paid(network, tokens=100)
    stand_in(network, hours=168)
    network.chain.set_time(START + WEEK)
    second = paid(network, tokens=100)
    assert first["quality_bps"] == 8_750
    assert second["quality_bps"] == 5_000 + miner_of(network)["quality_bps"] // 2 > first["quality_bps"]
    assert second["uptime_bps"] == 500


def test_starting_again_never_pays() -> None:
    # Three perfect weeks are worth more than a newcomer's reputation; a hard offence leaves less than it.
    reputation = int(quality.NEWCOMER_QUALITY)
    for _ in range(3):
        reputation = (3 * reputation + 10_000) // 4
    assert reputation > quality.NEWCOMER_QUALITY > 10_000 // quality.OFFENCE_DIVISOR > quality.EXCLUDED_QUALITY


@settings(deadline=None)
@given(took=st.integers(0, 2**40), units=st.integers(1, 2**63), power=st.integers(0, 2**40), lanes=st.integers(0, 16))
def test_a_work_is_consistent_if_it_took_no_longer_than_the_device_showed(
    took: int, units: int, power: int, lanes: int
) -> None:
    """Twice as long as in a muster, where each lane has its share, and five seconds."""
    longest = 5_000 + 2 * (400 * units * max(lanes, 1) // power) if power else took
    assert quality.is_consistent(took, units, power, lanes) == (took <= longest)


@settings(deadline=None)
@given(reputation=st.integers(0, 10_000))
def test_the_factor_is_a_half_to_one(reputation: int) -> None:
    found = int(quality.quality_factor(reputation))
    assert 5_000 <= found <= 10_000
    assert found == 5_000 + reputation // 2
