"""What must hold whatever anybody did, checked on what the chain itself holds: each by its name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from economy.arena import Arena, Payment
from economy.registry import ACTIVE
from economy.tasks import PAID
from economy.world import EMISSION, GOVERNANCE
from solders.pubkey import Pubkey

Fields = dict[str, Any]


@dataclass
class Observed:
    """The chain's accounts by kind, and the amounts that the invariants speak of."""

    genesis_supply: int
    supply: int
    vault: int
    accounts: dict[str, dict[Pubkey, Fields]]
    # What each settlement was seen to mint, in order.
    payments: list[Payment] = field(default_factory=list)
    # The contexts of the receipts that were claimed.
    claimed: list[bytes] = field(default_factory=list)

    def all(self, kind: str) -> list[Fields]:
        return list(self.accounts.get(kind, {}).values())


def observe(arena: Arena) -> Observed:
    accounts: defaultdict[str, dict[Pubkey, Fields]] = defaultdict(dict)
    for key, record in arena.ledger.records.items():
        found = arena.chain.fields(record.kind_, key)
        assert found is not None
        accounts[record.kind_][key] = found
    claimed = [
        receipt.terms["context"]
        for key, receipt in arena.ledger.receipts.items()
        if arena.chain.claimed(key, receipt.kind)
    ]
    return Observed(
        arena.ledger.genesis_supply,
        arena.chain.supply(arena.mint),
        arena.chain.balance(arena.fixed["vault"]),
        dict(accounts),
        list(arena.payments),
        claimed,
    )


def supply_is_genesis_and_minted_less_burned(seen: Observed) -> bool:
    emission = seen.accounts["Emission"][EMISSION]
    burned = emission["fees_burned"] + emission["slash_burned"]
    return bool(seen.supply == seen.genesis_supply + emission["minted"] - burned)


def _paid(seen: Observed) -> list[Fields]:
    """The works that settlements were seen to pay for; a check may have found one wrong since."""
    contexts = {payment.context for payment in seen.payments}
    return [work for work in seen.all("Work") if work["context"] in contexts]


def no_mint_without_receipt(seen: Observed) -> bool:
    """Every base unit was minted for a work whose own context the verifier's receipt names, each receipt once."""
    paid = _paid(seen)
    claimed = Counter(seen.claimed)
    unpaid = [work for work in seen.all("Work") if work["context"] not in {p.context for p in seen.payments}]
    return (
        all(claimed[payment.context] == 1 for payment in seen.payments)
        and all(work["paid"] == 0 and work["status"] != PAID for work in unpaid)
        and sum(work["paid"] for work in paid) == seen.accounts["Emission"][EMISSION]["minted"]
        and Counter((p.context, p.amount) for p in seen.payments) == Counter((w["context"], w["paid"]) for w in paid)
        and len({payment.receipt for payment in seen.payments}) == len(seen.payments)
    )


def spent_once(seen: Observed) -> bool:
    """One result is paid for one task at most, for each of its places once."""
    tasks, records = seen.accounts.get("Task", {}), seen.accounts.get("SpentRecord", {})
    paid: defaultdict[Pubkey, list[Pubkey]] = defaultdict(list)
    for work in _paid(seen):
        paid[tasks[work["task"]]["spent_record"]].append(work["task"])
    names = [(record["model"], record["input"], record["position"]) for record in records.values()]
    return len(set(names)) == len(names) and all(
        record["spent"] == bool(paid[key])
        and (
            not record["spent"]
            or (set(paid[key]) == {record["task"]} and len(paid[key]) <= tasks[record["task"]]["places"])
        )
        for key, record in records.items()
    )


def stake_conserved(seen: Observed) -> bool:
    """The vault holds the stakes, the open fees and the appeal bonds; escrow is what open offences say; no more."""
    stakes = seen.accounts.get("Stake", {})
    pots = ("matured", "pending", "unstaking", "verifier", "escrowed")
    held = sum(stake[pot] for stake in stakes.values() for pot in pots)
    fees = sum(task["fee"] for task in seen.all("Task"))
    open_ = [offence for offence in seen.all("Offence") if offence["status"] in (1, 2)]
    bonds = sum(offence["appeal_bond"] for offence in open_ if offence["status"] == 2)
    escrowed: Counter[Pubkey] = Counter()
    for offence in open_:
        escrowed[offence["stake"]] += offence["amount"]
    votes = sum(stake["matured"] + stake["pending"] for stake in stakes.values())
    return (
        seen.vault == held + fees + bonds
        and all(stake["escrowed"] == escrowed[key] for key, stake in stakes.items())
        and votes == seen.accounts["Governance"][GOVERNANCE]["staked"]
    )


def epoch_cap(seen: Observed) -> bool:
    """No epoch mints more than its cap, the one in force at each payment."""
    so_far: Counter[int] = Counter()
    for payment in seen.payments:
        so_far[payment.epoch] += payment.amount
        if payment.amount and so_far[payment.epoch] > payment.cap:
            return False
    emission = seen.accounts["Emission"][EMISSION]
    return bool(emission["epoch_minted"] == so_far[emission["epoch"]])


def power_is_the_devices(seen: Observed) -> bool:
    """The network's power and number of devices are those of the devices that are not retired; the others have none."""
    active = [miner for miner in seen.all("Miner") if miner["status"] == ACTIVE]
    emission = seen.accounts["Emission"][EMISSION]
    power = sum(miner["power"] for miner in seen.all("Miner"))
    return (emission["miners"], emission["power"], power) == (len(active), power, sum(m["power"] for m in active))


INVARIANTS: dict[str, Callable[[Observed], bool]] = {
    "supply = genesis + minted - burned": supply_is_genesis_and_minted_less_burned,
    "no mint without receipt": no_mint_without_receipt,
    "spent once": spent_once,
    "stake conserved": stake_conserved,
    "epoch cap": epoch_cap,
    "power is the devices'": power_is_the_devices,
}


def check_all(seen: Observed) -> list[str]:
    """The names of the invariants that do not hold."""
    return [name for name, holds in INVARIANTS.items() if not holds(seen)]
