"""What a walk may do next: moves that make sense in the present state, by weight, and how to spoil one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from economy.arena import Action, Arena
from economy.ledger import Record
from solders.pubkey import Pubkey

Move = Callable[[Arena, Random], Action | None]
MOVES: list[tuple[int, Move]] = []
# (least seconds, most seconds, most slots, weight)
WARPS = (
    (0, 0, 2, 8), (1, 4, 10, 25), (5, 40, 60, 25), (41, 400, 300, 5), (3_600, 4_000, 700, 3), (80_000, 100_000, 900, 1),
    (600_000, 700_000, 900, 1),
)  # fmt: skip
FAR = ((15 * 86_400, 900), (90 * 86_400, 900), (180 * 86_400, 900))
SPOILT = 0.15
WIDTHS = {"u8": 8, "u16": 16, "u32": 32, "u64": 64}


def move(weight: int) -> Callable[[Move], Move]:
    def add(made: Move) -> Move:
        MOVES.append((weight, made))
        return made

    return add


def pick(
    arena: Arena, rng: Random, kind: str, fits: Callable[[Record], bool] = lambda record: True, reach: int = 30
) -> Pubkey | None:
    """One of the latest accounts of a kind that fits; now and then any."""
    keys = arena.keys[kind]
    if not keys:
        return None
    if rng.random() < 0.03:
        return rng.choice(keys)
    found = [key for key in keys[-reach:] if fits(arena.ledger.records[key])]
    return rng.choice(found) if found else None


def pass_time(arena: Arena, rng: Random) -> None:
    """Mostly seconds, at times hours, days or weeks, seldom half a year."""
    if rng.random() < 0.6:
        return
    if rng.random() < 0.002:
        seconds, slots = rng.choice(FAR)
    else:
        least, most, slots, _ = rng.choices(WARPS, [warp[3] for warp in WARPS])[0]
        seconds = rng.randint(least, most)
    arena.warp(seconds, rng.randint(1, slots))


def another(arena: Arena, rng: Random, key: Pubkey) -> Pubkey:
    """Another account of the same kind, seldom one of any kind."""
    ledger = arena.ledger
    if key in arena.wallets:
        return rng.choice(arena.crowd).key
    if key in ledger.holdings:
        return rng.choice(arena.keys["Holding"])
    if key in ledger.receipts:
        return rng.choice(arena.keys["Receipt"])
    if key in ledger.records:
        kind = ledger.records[key].kind_
        if rng.random() < 0.1:
            kind = rng.choice([kind for kind in arena.keys if kind not in ("Holding", "Receipt") and arena.keys[kind]])
        return rng.choice(arena.keys[kind])
    return key


def wrong(rng: Random, kind: Any, value: Any) -> Any:
    """Another value of an argument's type: near, at an end, or anywhere."""
    if isinstance(value, bytes):
        return rng.randbytes(len(value))
    if kind in WIDTHS:
        top = 2 ** WIDTHS[kind] - 1
        near = [value + 1, value - 1, value * 2, value // 2, 0, 1, top, rng.randint(0, top), rng.randint(0, 50)]
        return min(max(rng.choice(near), 0), top)
    if kind == "bool":
        return not value
    if kind == "publicKey":
        return Pubkey.from_bytes(rng.randbytes(32))
    return value


def spoil(arena: Arena, rng: Random, action: Action) -> Action:
    """The same action with one account, signer or argument changed."""
    free = [name for name in action.accounts if action.accounts[name] not in arena.fixed_keys]
    if action.arguments and rng.random() < 0.5:
        name = rng.choice(sorted(action.arguments))
        kind = arena.chain.widths(action.name)[name]
        changed = {**action.arguments, name: wrong(rng, kind, action.arguments[name])}
        return replace(action, arguments=changed)
    if not free:
        return action
    name = rng.choice(free)
    return replace(action, accounts={**action.accounts, name: another(arena, rng, action.accounts[name])})


def step(arena: Arena, rng: Random) -> str | None:
    """One random step: time passes, then somebody does something."""
    pass_time(arena, rng)
    weights = [weight for weight, _ in MOVES]
    action = None
    while action is None:
        action = rng.choices(MOVES, weights)[0][1](arena, rng)
    if rng.random() < SPOILT:
        action = spoil(arena, rng, action)
    return arena.act(action)
