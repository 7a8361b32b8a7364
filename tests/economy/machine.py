"""Walks: a network is founded, then random steps run on both sides; a walk that fails is cut down to what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from economy import moves_core, moves_dao, moves_muster, moves_stake
from economy.arena import Arena, Discrepancy
from economy.invariants import check_all, observe
from economy.ledger import Minted
from economy.moves import step
from economy.parameters import P
from economy.world import CONFIG
from mai.program import parameters as parameter_table

PRESALE = 14 * 10**15
FULL_COMPARE = 50
MODELS = (
    {"proof": 0, "detection_bps": 10_000, "max_active_ms": 28_800_000, "segments": 1, "work_units": 10},
    {"proof": 0, "detection_bps": 10_000, "max_active_ms": 60_000, "segments": 100, "work_units": 1_000},
    {"proof": 1, "detection_bps": 9_950, "max_active_ms": 600_000, "segments": 24, "work_units": 500},
    {"proof": 1, "detection_bps": 2_500, "max_active_ms": 600_000, "segments": 24, "work_units": 20},
)


def must(arena: Arena, *arguments: object, **accounts: object) -> None:
    refused = arena.act(arena.action(*arguments, **accounts))  # type: ignore[arg-type]
    if refused:
        raise Discrepancy(f"founding {arguments[0]}: {refused}")


def found(name: str, rng: Random) -> Arena:
    """A presale's mint adopted, handed over and opened; people with MAI, models, stakes."""
    arena = Arena(name)
    ledger, admin = arena.ledger, arena.admin
    presale = Minted(arena.multisig, None, PRESALE * len(arena.crowd))
    arena.chain.put_multisig(arena.multisig, [person.key for person in arena.crowd[:3]])
    arena.put_mint(arena.mint, presale)
    arena.put_mint(arena.other_mint, Minted(None, None, 10**12))
    for person in arena.crowd:
        arena.hold(person.mai, arena.mint, person.key, PRESALE)
    arena.hold(arena.address("another token"), arena.other_mint, admin.key, 10**12)
    ledger.genesis_supply = presale.supply
    srs = moves_core.word_arguments("srs", arena.fresh("srs"))
    month = rng.choice([0, 0, 86_400])
    must(arena, "genesis_adopt", admin, {"chain_id": 103, "month_s": month, "rate_floor": 50_000, **srs})
    must(arena, "open_state", admin)
    for name_ in ("open_governance", "open_vault", "open_treasury"):
        must(arena, name_, rng.choice(arena.crowd))
    arena.keys["Holding"] = sorted(set(arena.keys["Holding"]), key=str)
    for tier in range(1, 6):
        collection = arena.address(f"collection {tier}")
        must(arena, "set_collection", admin, {"tier": tier, "collection": collection})
    arena.put_mint(arena.mint, Minted(CONFIG, None, presale.supply))
    must(arena, "hand_over", rng.choice(arena.crowd))
    for limits in MODELS:
        more = {"max_tokens": 50, "positions": 4, "vram_mb": 0}
        assert arena.act(moves_core.register(arena, rng, admin, {**more, **limits})) is None
    must(arena, "open_mining", admin)
    changes = {P.VERIFIER_STAKE: 10**14, P.IN_FLIGHT_LIMIT: rng.choice([2, 4, 16]), P.NEWCOMER_TASKS: 3}
    if rng.random() < 0.3:
        # Below what a vote could set: so that an epoch's cap is reached within a walk.
        changes[P.EPOCH_CAP] = rng.choice([0, 10**9, 50 * 10**9, 2_000 * 10**9])
    parameters = [int(parameter_table.default_parameter(index)) for index in range(32)]
    for index, value in changes.items():
        parameters[index] = value
    arena.overwrite("Config", CONFIG, parameters=parameters)
    for person in arena.crowd:
        must(arena, "open_stake", person, stake=moves_core.stake_of(person))
        must(arena, "deposit_stake", person, {"amount": 3 * 10**15}, stake=moves_core.stake_of(person))
    for person in arena.crowd[2:]:
        stake = moves_core.stake_of(person)
        must(arena, "designate_verifier", person, {"amount": 3 * 10**14}, stake=stake)
    assert moves_dao and moves_muster and moves_stake
    return arena


def seeds_of(name: str, count: int) -> list[int]:
    """One seed for each step: what a step does depends on it and on the state, so steps can be left out."""
    rng = Random(f"{name} steps")
    return [rng.randrange(2**32) for _ in range(count)]


@dataclass
class Walk:
    arena: Arena
    checks: int = 0


def run(name: str, seeds: Iterable[int], walk: Walk | None = None) -> Walk:
    """The walk of these steps.

    Raises:
        Discrepancy: program and model differ, or an invariant does not hold.
    """
    walk = walk or Walk(found(name, Random(name)))
    for index, seed in enumerate(seeds, 1):
        step(walk.arena, Random(seed))
        if index % FULL_COMPARE == 0:
            check(walk)
    check(walk)
    return walk


def check(walk: Walk) -> None:
    walk.arena.compare_everything()
    broken = check_all(observe(walk.arena))
    if broken:
        raise Discrepancy(f"invariants broken: {broken}")
    walk.checks += 1


def fails(name: str, seeds: Sequence[int]) -> str | None:
    try:
        run(name, seeds)
    except Discrepancy as found_:
        return str(found_)
    return None


def shrink(name: str, seeds: Sequence[int]) -> tuple[list[int], str]:
    """Fewer steps that still fail: chunks are left out, ever smaller ones, while something fails without them."""
    kept, why = list(seeds), fails(name, seeds) or ""
    size = max(len(kept) // 2, 1)
    while True:
        at = 0
        while at < len(kept):
            shorter = kept[:at] + kept[at + size :]
            message = fails(name, shorter)
            if message:
                kept, why = shorter, message
            else:
                at += size
        if size == 1:
            return kept, why
        size //= 2
