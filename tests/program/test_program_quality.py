"""Reputation stays within its scale."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mai.program import quality

counts = st.integers(0, 1_000)


def test_works_committed_but_not_paid_yet_add_nothing() -> None:
    """Consistent works are counted when committed, completed ones when paid: a week may have more of the former."""
    paid = quality.week_score(0, 1, 0, 0, 1, 1, 1, 10_000)
    assert quality.week_score(0, 1, 0, 0, 7, 1, 1, 10_000) == paid


@given(st.integers(0, 20), st.lists(counts, min_size=6, max_size=6), st.integers(0, 10_000))
def test_no_week_scores_more_than_all(epoch: int, week: list[int], uptime_bps: int) -> None:
    assert 0 <= quality.week_score(epoch, *week, uptime_bps) <= 10_000
