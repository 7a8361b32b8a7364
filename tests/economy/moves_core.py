"""Moves of owners and requesters: devices, models, tasks, work, settlements, the crank."""

from __future__ import annotations

from random import Random
from typing import Any

from economy.arena import Action, Arena, Person
from economy.ledger import Receipt, Record
from economy.moves import move, pick
from economy.parameters import P
from economy.registry import miner_address, model_address, spent_address
from economy.settlement import TRACE, claims
from economy.tasks import COMMITTED, MISSED, OPEN, TAKEN, TOLERANCE_MS, most_ms, needed, task_address, votes
from economy.tasks import work_address as place_address
from economy.world import CALIBRATION, CONFIG, pda, words
from solders.pubkey import Pubkey

MOST_MINERS = 14


def stake_of(person: Person | Pubkey) -> Pubkey:
    key = person.key if isinstance(person, Person) else person
    return pda(b"stake", bytes(key))


def word_arguments(prefix: str, digest: bytes) -> dict[str, int]:
    return {f"{prefix}{index}": int.from_bytes(word, "little") for index, word in enumerate(words(digest))}


def profile(rng: Random) -> dict[str, Any]:
    return {
        "device_class": rng.randint(0, 6),
        "region": rng.choice([0, 276, 756, 999]),
        "client_version": rng.randint(0, 2**24 - 1),
        "gpu_model": rng.randbytes(32),
        "vram_mb": rng.choice([8_000, 24_000, 80_000]),
        "cores": rng.randint(1, 128),
        "ram_mb": rng.randint(1, 2**20),
        "gpu_mhs": rng.choice([0, 1, 90, 150, 500, 10**6]),
        "cpu_mhz": rng.choice([0, 3_333, 4_000, 10**6]),
        "ram_mhz": rng.choice([0, 3_201, 8_000]),
        "storage_gb": rng.choice([0, 99, 100_000]),
        "network_mbps": rng.choice([0, 1, 1_000, 10**6]),
    }


def owned(arena: Arena, rng: Random, active: bool = True) -> tuple[Pubkey, Record, Person] | None:
    """One device with its owner."""
    key = pick(arena, rng, "Miner", lambda miner: not active or miner.status == 1)
    if key is None:
        return None
    miner = arena.ledger.get(key)
    return key, miner, arena.person(miner.owner)


# -- devices


@move(3)
def register_miner(arena: Arena, rng: Random) -> Action | None:
    live = sum(1 for key in arena.keys["Miner"] if arena.ledger.get(key).status == 1)
    who = rng.choice(arena.crowd)
    if (live >= MOST_MINERS and rng.random() < 0.95) or stake_of(who) not in arena.ledger.records:
        return None
    device = Pubkey.from_bytes(arena.fresh("device"))
    if rng.random() < 0.05 and arena.keys["Miner"]:
        device = arena.ledger.get(rng.choice(arena.keys["Miner"])).device
    return arena.action(
        "register_miner",
        who,
        {"device": device, **profile(rng)},
        miner=miner_address(who.key, device),
        stake=stake_of(who),
    )


@move(2)
def update_miner(arena: Arena, rng: Random) -> Action | None:
    found = owned(arena, rng)
    return found and arena.action("update_miner", found[2], profile(rng), miner=found[0])


@move(6)
def heartbeat(arena: Arena, rng: Random) -> Action | None:
    found = owned(arena, rng)
    return found and arena.action("heartbeat", found[2], miner=found[0])


@move(1)
def retire_miner(arena: Arena, rng: Random) -> Action | None:
    found = owned(arena, rng)
    if found is None or rng.random() < 0.5:
        return None
    return arena.action("retire_miner", found[2], miner=found[0])


@move(1)
def withdraw_bond(arena: Arena, rng: Random) -> Action | None:
    found = owned(arena, rng, active=False)
    if found is None or (found[1].status == 1 and rng.random() < 0.8):
        return None
    return arena.action("withdraw_bond", found[2], miner=found[0], stake=stake_of(found[2]))


# -- models, inputs, tasks


def limits(rng: Random) -> dict[str, Any]:
    proof = rng.randint(0, 1)
    return {
        "proof": proof,
        "detection_bps": rng.choice([500, 2_500, 9_900, 9_999, 10_000]) if proof else 10_000,
        "segments": rng.choice([1, 3, 100]),
        "work_units": rng.choice([10, 1_000]),
        "max_active_ms": rng.choice([500, 60_000, 28_800_000]),
        "max_tokens": rng.choice([1, 10, 100]),
        "positions": rng.choice([1, 4]),
        "vram_mb": rng.choice([0, 0, 24_000]),
    }


def register(arena: Arena, rng: Random, who: Person, arguments: dict[str, Any]) -> Action:
    key, params = arena.fresh("key"), arena.fresh("params")
    if arguments["proof"] == TRACE:
        params = bytes(32)
    return arena.action(
        "register_model",
        who,
        {**word_arguments("key", key), **word_arguments("params", params), **arguments},
        model=model_address(key, params),
    )


@move(1)
def register_model(arena: Arena, rng: Random) -> Action | None:
    if rng.random() < 0.7:
        return None
    return register(arena, rng, rng.choice(arena.crowd), limits(rng))


@move(6)
def open_spent_record(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Model", lambda model: model.approved)
    if key is None:
        return None
    model, data = arena.ledger.get(key), arena.fresh("input")
    position = rng.randrange(model.positions)
    chain_id = arena.ledger.get(CONFIG).chain_id
    return arena.action(
        "open_spent_record",
        rng.choice(arena.crowd),
        {**word_arguments("input", data), "position": position},
        model=key,
        spent_record=spent_address(chain_id, key, data, position),
    )


@move(9)
def post_task(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "SpentRecord", lambda record: not record.spent, reach=6)
    if key is None:
        return None
    record, who = arena.ledger.get(key), rng.choice(arena.crowd)
    model = arena.ledger.get(record.model)
    nonce = arena.serial = arena.serial + 1
    arguments = {
        "nonce": nonce,
        "lifetime_s": rng.choice([10, 120, 3_600, 86_400, 30 * 86_400]),
        "task_class": rng.choice([0, 0, 1, 2]),
        "region": rng.choice([0, 0, 276, 756]),
        "prompt_tokens": rng.randint(0, 100),
        "max_tokens": rng.randint(1, model.max_tokens),
    }
    return arena.action(
        "post_task", who, arguments, model=record.model, spent_record=key, task=task_address(who.key, nonce)
    )


def free(task: Record) -> bool:
    return bool(task.status == OPEN)


@move(5)
def fund_task(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Task", free, reach=15)
    if key is None:
        return None
    who = arena.person(arena.ledger.get(key).requester)
    amount = rng.choice([1, 999, 10**9, rng.randint(1, 10**13), arena.ledger.holdings[who.mai].amount + 1])
    return arena.action("fund_task", who, {"amount": amount}, task=key)


@move(2)
def cancel_task(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Task", lambda task: (free(task) and task.taken == 0) or rng.random() < 0.1)
    if key is None or rng.random() < 0.5:
        return None
    return arena.action("cancel_task", arena.person(arena.ledger.get(key).requester), task=key)


@move(4)
def expire_task(arena: Arena, rng: Random) -> Action | None:
    late = arena.ledger.now - rng.choice([0, 0, 0, -10**7])
    key = pick(arena, rng, "Task", lambda task: free(task) and task.expires_ts < late)
    if key is None:
        return None
    requester = arena.person(arena.ledger.get(key).requester)
    return arena.action("expire_task", rng.choice(arena.crowd), task=key, token_account=requester.mai)


@move(2)
def redraw_task(arena: Arena, rng: Random) -> Action | None:
    oldest = arena.ledger.blocks.slots[0]
    key = pick(arena, rng, "Task", lambda task: free(task) and (task.target_slot < oldest or rng.random() < 0.1))
    return key and arena.action("redraw_task", rng.choice(arena.crowd), task=key)


# -- work


@move(30)
def assign_task(arena: Arena, rng: Random) -> Action | None:
    now, oldest = arena.ledger.now, arena.ledger.blocks.slots[0]

    def drawable(task: Record) -> bool:
        known = task.seeded or task.target_slot >= oldest
        return free(task) and task.expires_ts >= now and known

    key, found = pick(arena, rng, "Task", drawable, reach=12), None
    for _ in range(3):
        found = owned(arena, rng)
        if found and key and place_address(key, found[0]) not in arena.ledger.records:
            break
    if key is None or found is None:
        return None
    task = arena.ledger.get(key)
    # The last block of a critical task's seed is twelve slots behind the first one's.
    last = task.target_slot + 12 * (task.task_class == 2)
    if last >= arena.ledger.slot and rng.random() < 0.8:
        arena.warp(rng.randint(0, 12), last - arena.ledger.slot + rng.randint(1, 9))
    if arena.ledger.slot - last < 80 and rng.random() < 0.6:
        slots = rng.randint(1, 100)
        arena.warp(slots * 2 // 5, slots)
    return arena.action(
        "assign_task",
        found[2],
        miner=found[0],
        stake=stake_of(found[2]),
        model=task.model,
        task=key,
        work=place_address(key, found[0]),
    )


def active_time(arena: Arena, rng: Random, work: Record, miner: Record, model: Record, tokens: int) -> int:
    """Mostly plausible: after the start, within what the chain saw, the model allows and the device can do."""
    start = max(work.assigned_ts * 1_000, miner.busy_until_ms)
    longest = min(arena.ledger.now * 1_000 + TOLERANCE_MS - start, most_ms(model, tokens))
    peak = max(arena.ledger.get(CALIBRATION).entries[6 * miner.device_class + 5], 1)
    shortest = -(-model.segments * model.work_units * tokens // peak)
    edge = rng.choice([longest, longest, shortest, longest + 1, shortest - 1, rng.randint(1, max(longest, 1))])
    return max(edge, 0) if rng.random() < 0.15 else max(rng.randint(min(shortest, longest), max(shortest, longest)), 1)


@move(24)
def commit_work(arena: Arena, rng: Random) -> Action | None:
    latest = arena.ledger.now - arena.ledger.get(CONFIG).parameters[P.GRACE_S]

    def due(work: Record) -> bool:
        in_time = work.deadline_ts >= latest or rng.random() < 0.02
        late = work.status == MISSED and free(arena.ledger.get(work.task))
        return bool(in_time and (work.status == TAKEN or late or rng.random() < 0.02))

    key = pick(arena, rng, "Work", due)
    if key is None:
        return None
    work = arena.ledger.get(key)
    task, model, miner = (arena.ledger.get(at) for at in (work.task, work.model, work.miner))
    if rng.random() < 0.5:
        arena.warp(rng.randint(1, 40), rng.randint(1, 20))
    tokens = rng.randint(1, task.max_tokens)
    output = task.first_output if task.first_votes and rng.random() < 0.8 else arena.fresh("output")
    arguments = {**word_arguments("output", output), "tokens": tokens}
    arguments["active_ms"] = active_time(arena, rng, work, miner, model, tokens)
    who = arena.person(work.owner)
    return arena.action(
        "commit_work",
        who,
        arguments,
        miner=work.miner,
        stake=stake_of(who),
        model=work.model,
        task=work.task,
        work=key,
    )


@move(4)
def release_work(arena: Arena, rng: Random) -> Action | None:
    now = arena.ledger.now
    key = pick(arena, rng, "Work", lambda work: work.status == TAKEN and (work.deadline_ts < now or rng.random() < 0.1))
    if key is None:
        return None
    work = arena.ledger.get(key)
    return arena.action(
        "release_work",
        rng.choice(arena.crowd),
        miner=work.miner,
        stake=stake_of(work.owner),
        task=work.task,
        work=key,
    )


def prove(arena: Arena, rng: Random, claimer: Pubkey, proof: int, terms: dict[str, Any]) -> Pubkey:
    """A receipt that says exactly this; now and then one that does not, or one that was used before."""
    if rng.random() < 0.1:
        name = rng.choice([*terms, "claimer", "used"])
        if name == "claimer":
            claimer = rng.choice(arena.crowd).key
        elif name == "used":
            if arena.keys["Receipt"]:
                return rng.choice(arena.keys["Receipt"])
        else:
            value = terms[name]
            terms = {**terms, name: value + 1 if isinstance(value, int) else rng.randbytes(32)}
    return arena.issue(Receipt("trace" if proof == TRACE else "whole", terms, claimer))


@move(24)
def settle(arena: Arena, rng: Random) -> Action | None:
    ledger = arena.ledger

    def payable(work: Record) -> bool:
        task = ledger.get(work.task)
        record = ledger.get(task.spent_record)
        spent = record.spent and record.task != work.task
        agreed = votes(task, work.output) >= needed(task)
        due = work.status == COMMITTED and not work.disputed and work.prove_until_ts >= ledger.now
        return bool((due and agreed and not spent) or rng.random() < 0.005)

    key = pick(arena, rng, "Work", payable)
    if key is None:
        return None
    work = arena.ledger.get(key)
    task, model, miner = (arena.ledger.get(at) for at in (work.task, work.model, work.miner))
    terms = claims(arena.ledger.get(CONFIG), model, task, work.context, work.output, work.tokens)
    who = arena.person(work.owner)
    nft = miner.nft_account if miner.nft_tier and rng.random() < 0.9 else rng.choice(arena.keys["Holding"])
    return arena.action(
        "settle",
        who,
        miner=work.miner,
        stake=stake_of(who),
        model=work.model,
        task=work.task,
        work=key,
        spent_record=task.spent_record,
        nft_account=nft,
        receipt=prove(arena, rng, who.key, model.proof, terms),
    )


@move(3)
def crank_difficulty(arena: Arena, rng: Random) -> Action | None:
    return arena.action("crank_difficulty", rng.choice(arena.crowd))


