"""Each invariant against planted violations: on what a real walk left on the chain, with one figure changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from economy.invariants import INVARIANTS, Observed, observe
from economy.machine import run, seeds_of
from economy.world import EMISSION, GOVERNANCE
from solders.pubkey import Pubkey

Plant = Callable[[Observed], None]


@pytest.fixture(scope="module")
def after_a_walk() -> Observed:
    seen = observe(run("for the invariants", seeds_of("for the invariants", 500)).arena)
    assert len(seen.payments) >= 5 and sum(payment.amount > 0 for payment in seen.payments) >= 3
    return seen


@pytest.fixture
def seen(after_a_walk: Observed) -> Observed:
    accounts = {
        kind: {key: dict(fields) for key, fields in found.items()} for kind, found in after_a_walk.accounts.items()
    }
    payments, claimed = list(after_a_walk.payments), list(after_a_walk.claimed)
    return replace(after_a_walk, accounts=accounts, payments=payments, claimed=claimed)


def first_paid(seen: Observed) -> Pubkey:
    context = next(payment.context for payment in seen.payments if payment.amount)
    return next(key for key, work in seen.accounts["Work"].items() if work["context"] == context)


def more_supply(seen: Observed) -> None:
    seen.supply += 1


def unsaid_burn(seen: Observed) -> None:
    seen.accounts["Emission"][EMISSION]["slash_burned"] += 1


def mint_unsaid(seen: Observed) -> None:
    seen.accounts["Emission"][EMISSION]["minted"] += 1


def receipt_unclaimed(seen: Observed) -> None:
    seen.claimed.remove(seen.payments[0].context)


def receipt_of_another_context(seen: Observed) -> None:
    seen.claimed[seen.claimed.index(seen.payments[0].context)] = bytes(32)


def one_receipt_twice(seen: Observed) -> None:
    seen.payments[1] = replace(seen.payments[1], receipt=seen.payments[0].receipt)


def more_than_the_work_says(seen: Observed) -> None:
    seen.payments[0] = replace(seen.payments[0], amount=seen.payments[0].amount + 1)


def paid_without_settlement(seen: Observed) -> None:
    contexts = {payment.context for payment in seen.payments}
    next(work for work in seen.all("Work") if work["context"] not in contexts)["paid"] = 1


def spent_without_payment(seen: Observed) -> None:
    next(record for record in seen.all("SpentRecord") if not record["spent"])["spent"] = True


def paid_but_not_spent(seen: Observed) -> None:
    task = seen.accounts["Work"][first_paid(seen)]["task"]
    seen.accounts["SpentRecord"][seen.accounts["Task"][task]["spent_record"]]["spent"] = False


def two_tasks_for_one_result(seen: Observed) -> None:
    """The payments of two results are said to be for one."""
    tasks = {work["task"] for work in seen.all("Work") if work["context"] in {p.context for p in seen.payments}}
    one, other = sorted(tasks, key=str)[:2]
    record = seen.accounts["Task"][other]["spent_record"]
    seen.accounts["Task"][other]["spent_record"] = seen.accounts["Task"][one]["spent_record"]
    seen.accounts["SpentRecord"][record]["spent"] = False


def more_payments_than_places(seen: Observed) -> None:
    seen.accounts["Task"][seen.accounts["Work"][first_paid(seen)]["task"]]["places"] = 0


def two_records_of_one_result(seen: Observed) -> None:
    one, other = seen.all("SpentRecord")[:2]
    other.update(model=one["model"], input=one["input"], position=one["position"])


def vault_short(seen: Observed) -> None:
    seen.vault -= 1


def stake_from_nothing(seen: Observed) -> None:
    seen.all("Stake")[0]["unstaking"] += 1


def fee_from_nothing(seen: Observed) -> None:
    seen.all("Task")[0]["fee"] += 1


def escrow_unsaid(seen: Observed) -> None:
    """The sum is right, but no offence says what the escrow is for."""
    stake = next(stake for stake in seen.all("Stake") if stake["verifier"])
    stake["verifier"] -= 1
    stake["escrowed"] += 1


def quorum_base_wrong(seen: Observed) -> None:
    seen.accounts["Governance"][GOVERNANCE]["staked"] += 1


def beyond_the_cap(seen: Observed) -> None:
    last = max(index for index, payment in enumerate(seen.payments) if payment.amount)
    minted = sum(payment.amount for payment in seen.payments if payment.epoch == seen.payments[last].epoch)
    seen.payments[last] = replace(seen.payments[last], cap=minted - 1)


def epoch_sum_forgotten(seen: Observed) -> None:
    seen.accounts["Emission"][EMISSION]["epoch_minted"] += 1


def power_from_nothing(seen: Observed) -> None:
    seen.accounts["Emission"][EMISSION]["power"] += 1


def a_retired_device_counts(seen: Observed) -> None:
    next(iter(seen.accounts["Miner"].values()))["status"] ^= 3


PLANTED: dict[str, tuple[Plant, ...]] = {
    "supply = genesis + minted - burned": (more_supply, unsaid_burn, mint_unsaid),
    "no mint without receipt": (
        receipt_unclaimed,
        receipt_of_another_context,
        one_receipt_twice,
        more_than_the_work_says,
        paid_without_settlement,
        mint_unsaid,
    ),
    "spent once": (
        spent_without_payment,
        paid_but_not_spent,
        two_tasks_for_one_result,
        more_payments_than_places,
        two_records_of_one_result,
    ),
    "stake conserved": (vault_short, stake_from_nothing, fee_from_nothing, escrow_unsaid, quorum_base_wrong),
    "epoch cap": (beyond_the_cap, epoch_sum_forgotten),
    "power is the devices'": (power_from_nothing, a_retired_device_counts),
}


def test_each_invariant_has_violations() -> None:
    assert list(PLANTED) == list(INVARIANTS)


@pytest.mark.parametrize(
    ("name", "plant"),
    [(name, plant) for name, plants in PLANTED.items() for plant in plants],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_planted_violation_is_found(seen: Observed, name: str, plant: Plant) -> None:
    assert INVARIANTS[name](seen)
    plant(seen)
    assert not INVARIANTS[name](seen)
