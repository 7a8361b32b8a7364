"""What presets, schedules and price floors mean, as somebody types them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.errors import MaiError
from mai.miner.presets import allocation, parse
from mai.miner.prices import Floor, Quote, parse_floor
from mai.miner.schedule import Schedule

NOON = datetime(2027, 1, 1, 12)


@pytest.mark.parametrize(("text", "share"), [
    ("light", 25), ("Balanced", 50), ("maximum", 100), ("flexible 10", 10), ("flexible 100", 100), ("70", 70),
    ("flexible:30", 30),
])  # fmt: skip
def test_the_four_presets(text: str, share: int) -> None:
    assert parse(text)[1] == allocation(text, 8).share == share


@pytest.mark.parametrize(
    "text", ["", "half", "flexible", "flexible 5", "flexible 15", "flexible 110", "light 20", "٣٠"]
)
def test_everything_else_is_no_preset(text: str) -> None:
    with pytest.raises(MaiError, match="is no preset"):
        parse(text)


@given(cores=st.integers(1, 256), share=st.sampled_from(range(10, 101, 10)))
def test_a_share_is_never_exceeded_and_hardly_missed(cores: int, share: int) -> None:
    found = allocation(f"flexible {share}", cores)
    used = found.workers * found.threads * found.duty / 100
    assert 0 < used <= max(cores * share / 100, 0.01) + 1e-9
    assert found.workers * found.threads >= 1 and 1 <= found.duty <= 100
    # What one whole thread less would have missed.
    assert used > cores * share / 100 / 2 - 1


@given(cores=st.integers(1, 64), low=st.sampled_from(range(10, 101, 10)), high=st.sampled_from(range(10, 101, 10)))
def test_more_share_is_never_less_of_anything(cores: int, low: int, high: int) -> None:
    less, more = (allocation(f"flexible {share}", cores) for share in sorted((low, high)))
    assert less.in_flight <= more.in_flight and less.nice >= more.nice and less.workers <= more.workers
    assert less.workers * less.threads * less.duty <= more.workers * more.threads * more.duty or less.threads > 1


@given(start=st.integers(0, 1439), end=st.integers(0, 1439), at=st.integers(0, 1439))
def test_a_span_holds_from_its_start_to_its_end(start: int, end: int, at: int) -> None:
    text = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    schedule = Schedule.parse([text])
    now = datetime(2027, 3, 4) + timedelta(minutes=at)
    inside = (at - start) % 1440 < ((end - start) % 1440 or 1440)
    assert schedule.open_at(now) == inside
    opens = schedule.opens_at(now)
    if inside:
        assert opens is None
    else:
        assert opens is not None and schedule.open_at(opens) and not schedule.open_at(opens - timedelta(minutes=1))
        assert timedelta(0) < opens - now <= timedelta(days=1)


def test_several_spans_and_none() -> None:
    schedule = Schedule.parse(["22:00-07:00", "12:30-13:30, 18:00-24:00"])
    assert str(schedule) == "22:00-07:00, 12:30-13:30, 18:00-00:00"
    open_hours = [hour for hour in range(24) if schedule.open_at(NOON.replace(hour=hour))]
    assert open_hours == [0, 1, 2, 3, 4, 5, 6, 13, 18, 19, 20, 21, 22, 23]
    assert Schedule.parse([]).open_at(NOON) and str(Schedule.parse([])) == "always"


@pytest.mark.parametrize("text", ["22-7", "25:00-07:00", "12:60-13:00", "now", "10:00-24:30", "10:00 - 11:00"])
def test_everything_else_is_no_span(text: str) -> None:
    with pytest.raises(MaiError, match="is no span of hours"):
        Schedule.parse([text])


def test_a_schedule_is_bounded() -> None:
    with pytest.raises(MaiError, match="at most 24 spans"):
        Schedule.parse(["10:00-11:00"] * 25)


def test_price_floors() -> None:
    assert parse_floor("50") == Floor(50 * 10**9, hourly=False)
    assert parse_floor("0.5/h") == parse_floor("0.5 per hour") == Floor(5 * 10**8, hourly=True)
    assert parse_floor(None) is None
    quote = Quote(billion=100 * 10**9, hour=3 * 10**9, left=10**18)
    assert quote.meets(parse_floor("100")) and not quote.meets(parse_floor("100.000000001"))
    assert quote.meets(parse_floor("3/h")) and not quote.meets(parse_floor("3.1/h"))
    for text in ("cheap", "-1", "5/day", "/h"):
        with pytest.raises(MaiError, match="is no price floor"):
            parse_floor(text)
