"""Which works are drawn: a block after the commit and the verifier's address decide; and what is never drawn."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.chain.embedded import Embedded
from mai.chain.tasks import rules
from mai.errors import MaiError
from mai.verifywork.sample import SEED_DELAY, SeedGone, is_drawn, rate_of, seed_of, why_not
from solders.pubkey import Pubkey

BYTES32 = st.binary(min_size=32, max_size=32)
ME, OTHER = Pubkey.new_unique(), Pubkey.new_unique()


def test_rates() -> None:
    assert [rate_of(preset, None) for preset in (None, "light", "balanced", "maximum")] == [2500, 2500, 5000, 10_000]
    assert (rate_of(None, 1), rate_of(None, 100)) == (100, 10_000)
    for preset, percent, sentence in [
        ("light", 5, "not both"),
        (None, 0, "choose 1 to 100"),
        (None, 101, "choose 1 to 100"),
        ("heavy", None, "no preset heavy"),
    ]:
        with pytest.raises(MaiError, match=sentence):
            rate_of(preset, percent)


@given(seed=BYTES32, work=BYTES32, stake=BYTES32, low=st.integers(0, 10_000), high=st.integers(0, 10_000))
def test_a_higher_rate_draws_at_least_the_same(seed: bytes, work: bytes, stake: bytes, low: int, high: int) -> None:
    drawn = [is_drawn(seed, Pubkey(work), Pubkey(stake), rate) for rate in sorted((low, high))]
    assert drawn[1] or not drawn[0]
    assert is_drawn(seed, Pubkey(work), Pubkey(stake), 10_000) and not is_drawn(seed, Pubkey(work), Pubkey(stake), 0)


def test_the_share_is_the_rate_and_each_verifier_draws_its_own() -> None:
    works = [Pubkey.new_unique() for _ in range(4_000)]
    mine = {work for work in works if is_drawn(bytes(32), work, ME, 2_500)}
    theirs = {work for work in works if is_drawn(bytes(32), work, OTHER, 2_500)}
    later = {work for work in works if is_drawn(b"\1" * 32, work, ME, 2_500)}
    # Six standard deviations around a quarter, and around a sixteenth for who is in both.
    assert all(abs(len(found) - 1_000) < 165 for found in (mine, theirs, later))
    assert all(abs(len(mine & found) - 250) < 92 for found in (theirs, later))


def test_the_block_that_draws_comes_after_the_commit_and_stays_the_same() -> None:
    chain = Embedded(blocks=True)
    chain.pass_slots(100)
    committed = chain.slot()
    assert seed_of(chain, committed) is None
    chain.pass_slots(SEED_DELAY)
    assert seed_of(chain, committed) is None
    chain.pass_slots(1)
    seed = seed_of(chain, committed)
    assert seed is not None
    chain.pass_slots(300)
    assert seed_of(chain, committed) == seed
    assert seed_of(chain, committed + 1) != seed
    chain.pass_slots(300)
    with pytest.raises(SeedGone, match="too old to be known"):
        seed_of(chain, committed)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, None),
        ({"status": rules.WORK_SETTLED}, None),
        ({"status": rules.WORK_ASSIGNED}, "no result stands to be checked"),
        ({"status": rules.WORK_REJECTED}, "no result stands to be checked"),
        ({"status": rules.WORK_FAULTY}, "no result stands to be checked"),
        ({"owner": ME}, "it is the verifier's own work"),
        ({"status": rules.WORK_SETTLED, "detection": 10_000}, "its output was proved in full"),
        ({"committed_ts": -1}, "the time to challenge it is over"),
    ],
)
def test_what_cannot_be_challenged_is_not_run_again(changes: dict[str, object], sentence: str | None) -> None:
    fields = {"status": rules.WORK_COMMITTED, "owner": OTHER, "committed_ts": 0, **changes}
    model = SimpleNamespace(detection_bps=fields.pop("detection", 9_950))
    assert why_not(SimpleNamespace(**fields), model, ME, 100, 100) == sentence
