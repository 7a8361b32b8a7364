"""Program against model: ten thousand random steps; and the comparison itself, which must notice a difference."""

from __future__ import annotations

from random import Random

import pytest
from economy import arena as arena_module
from economy.arena import Arena, Discrepancy
from economy.invariants import INVARIANTS, check_all, observe
from economy.ledger import Record, Transaction
from economy.machine import fails, found, run, seeds_of, shrink
from economy.moves_core import stake_of
from economy.world import EMISSION

WALKS, STEPS = 10, 1_000


@pytest.mark.parametrize("number", range(WALKS))
def test_program_and_model_agree(number: int) -> None:
    walk = run(f"walk {number}", seeds_of(f"walk {number}", STEPS))
    assert walk.arena.steps >= STEPS
    # A walk that does next to nothing would agree, too.
    assert walk.arena.done["settle"] >= 10
    assert len(walk.arena.done) >= 30 and len(walk.arena.refusals) >= 30


@pytest.fixture
def fresh() -> Arena:
    return found("a small network", Random("a small network"))


def deposit(arena: Arena) -> str | None:
    who = arena.crowd[1]
    return arena.act(arena.action("deposit_stake", who, {"amount": 5}, stake=stake_of(who)))


def test_agreement(fresh: Arena) -> None:
    assert deposit(fresh) is None
    fresh.compare_everything()
    assert check_all(observe(fresh)) == []


@pytest.mark.parametrize("field", ["pending", "owner", "is_verifier"])
def test_a_field_that_differs_is_noticed(fresh: Arena, field: str) -> None:
    key = stake_of(fresh.crowd[1])
    values = fresh.ledger.get(key).fields()
    other = {"pending": values["pending"] + 1, "owner": fresh.admin.key, "is_verifier": True}[field]
    fresh.chain.put_record("Stake", key, {**values, field: other})
    with pytest.raises(Discrepancy, match=rf"Stake\.{field}"):
        fresh.compare_everything()


def test_money_that_differs_is_noticed(fresh: Arena) -> None:
    holding = fresh.ledger.holdings[fresh.crowd[1].mai]
    fresh.chain.put_holding(fresh.crowd[1].mai, type(holding)(holding.mint, holding.owner, holding.amount + 1))
    with pytest.raises(Discrepancy, match="balance"):
        fresh.compare_everything()


def broken(rule: str) -> object:
    def instead(tx: Transaction) -> None:
        arena_module.RULES[f"right {rule}"](tx)
        stake: Record = tx.load("stake", "Stake")
        stake.unlock_ts += 1

    return instead


def test_a_refusal_that_differs_is_noticed(fresh: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    who = fresh.crowd[1]
    wrong = fresh.action("deposit_stake", who, {"amount": 0}, stake=stake_of(who))
    assert fresh.act(wrong) == "NothingToStake"
    monkeypatch.setitem(arena_module.RULES, "deposit_stake", lambda tx: tx.need(False, "AnotherName"))
    with pytest.raises(Discrepancy, match="NothingToStake"):
        fresh.act(wrong)
    monkeypatch.setitem(arena_module.RULES, "deposit_stake", lambda tx: None)
    with pytest.raises(Discrepancy, match="takes it"):
        fresh.act(wrong)
    monkeypatch.setitem(arena_module.RULES, "deposit_stake", lambda tx: tx.need(False, "NothingToStake"))
    with pytest.raises(Discrepancy, match="the chain took"):
        deposit(fresh)


def test_a_failing_walk_is_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that is wrong about one instruction: few of the walk's steps are left."""
    monkeypatch.setitem(arena_module.RULES, "right unstake", arena_module.RULES["unstake"])
    monkeypatch.setitem(arena_module.RULES, "unstake", broken("unstake"))
    seeds = seeds_of("to be cut", 300)
    assert fails("to be cut", seeds)
    kept, why = shrink("to be cut", seeds)
    assert len(kept) <= 10 and "unlock_ts" in why


def test_every_invariant_holds_on_a_new_network(fresh: Arena) -> None:
    seen = observe(fresh)
    assert {name: holds(seen) for name, holds in INVARIANTS.items()} == dict.fromkeys(INVARIANTS, True)
    assert seen.accounts["Emission"][EMISSION]["minted"] == 0
