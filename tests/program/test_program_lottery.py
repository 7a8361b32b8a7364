"""The lottery's rules under CPython: fair over many rounds, growing with the wait, no gain from splitting a device."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import assignment
from program.market import ONE, chance_of, hashed, ticket_of
from program.network import CRITICAL
from solders.pubkey import Pubkey

KEYS = [Pubkey.from_bytes(hashed(b"miner", bytes([at]))) for at in range(40)]


def test_over_many_rounds_each_device_wins_as_often_as_its_score_says() -> None:
    qualities = [2_000 + 200 * at for at in range(40)]
    scores = [assignment.score(quality, 0, False, 0) for quality in qualities]
    chances = [int(assignment.chance(score, 1, 40, 40, 4, 0, False)) for score in scores]
    assert chances == [chance_of(quality, 40) for quality in qualities]
    rounds = 4_000
    seeds = [hashed(b"round", struct.pack("<I", at)) for at in range(rounds)]
    wins = [sum(ticket_of(seed, key) < chance for seed in seeds) for key, chance in zip(KEYS, chances, strict=True)]
    # A sum of squared standard deviations: chi-square with 40 degrees of freedom is below 86 in 99.998 % of all cases.
    squares = [
        (won - rounds * chance / ONE) ** 2 / (rounds * chance / ONE * (1 - chance / ONE))
        for won, chance in zip(wins, chances, strict=True)
    ]
    assert sum(squares) < 86
    better = zip(wins[20:], wins[:20], strict=True)
    assert all(high > low for high, low in better)


@given(seed=st.binary(min_size=32, max_size=32), miner=st.binary(min_size=32, max_size=32))
@settings(max_examples=30, deadline=None)
def test_the_rule_draws_the_ticket_that_anybody_recomputes(seed: bytes, miner: bytes) -> None:
    typed = assignment.Array([assignment.u8(byte) for byte in seed], 32)
    assert assignment.ticket(typed, assignment.Pubkey(miner)) == ticket_of(seed, Pubkey.from_bytes(miner))


@given(
    score=st.integers(0, 13_000), power=st.integers(0, 2**42), rest=st.integers(0, 2**62),
    miners=st.integers(1, 2**32 - 1), target=st.integers(1, 64),
    waited=st.integers(0, 100), trusted_=st.booleans(),
)  # fmt: skip
@settings(deadline=None)
def test_the_chance_grows_with_waiting_and_score_and_never_is_certain_early(
    score: int, power: int, rest: int, miners: int, target: int, waited: int, trusted_: bool
) -> None:
    def chance(score: int = score, power: int = power, waited: int = waited, trusted_: bool = trusted_) -> int:
        return int(assignment.chance(score, power, power + rest, miners, target, waited, trusted_))

    now = chance()
    if miners <= target or waited >= 30:
        assert now == ONE
    else:
        assert now <= ONE * 95 // 100
    assert now <= chance(waited=waited + 1)
    assert now <= chance(score=score + 1)
    assert chance(trusted_=False) <= now <= ONE


@given(power=st.integers(1, 2**40), rest=st.integers(0, 2**62), parts=st.integers(2, 8))
@settings(deadline=None)
def test_a_device_that_is_split_wins_no_more_than_its_names(power: int, rest: int, parts: int) -> None:
    """Every name has one unit besides what its machine shows."""
    whole = assignment.chance(7_500, parts * power + parts - 1, parts * power + rest, 10**6, 4, 0, False)
    part = assignment.chance(7_500, power, parts * power + rest, 10**6, 4, 0, False)
    assert parts * part <= whole or whole == ONE * 95 // 100


@given(task_class=st.integers(0, 2), target=st.integers(0, 2**40), slot=st.integers(0, 2**40))
@settings(deadline=None)
def test_the_wait_counts_from_the_last_block_of_the_seed(task_class: int, target: int, slot: int) -> None:
    last = target + (12 if task_class == CRITICAL else 0)
    assert assignment.waited_since(task_class, target, slot) == max(0, slot - last) * 2 // 5


@given(bps=st.integers(0, 10_000), sampling=st.integers(ONE, 4 * ONE), newcomer=st.booleans())
@settings(deadline=None)
def test_sampling_is_the_classs_or_more_and_a_newcomers_the_highest(bps: int, sampling: int, newcomer: bool) -> None:
    found = assignment.required_sampling(bps, sampling, newcomer)
    assert found == (9_900 if newcomer else min(bps * sampling // ONE, 9_900))
    assert min(bps, 9_900) <= found <= 9_900
