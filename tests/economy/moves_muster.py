"""Moves around musters: blocks that call one, answers, their proofs."""

from __future__ import annotations

import hashlib
from itertools import count
from random import Random

from economy.arena import Action, Arena
from economy.lottery import digest
from economy.moves import move, pick
from economy.moves_core import owned, prove, word_arguments
from economy.muster import GIVEN, MARK, ODDS, PROVED, WINDOW, answer_address, proof_of
from economy.settlement import TRACE
from economy.world import CONFIG, EMISSION


def calling_block(slot: int) -> bytes:
    """A hash for the block of a slot that calls a muster."""
    for number in count():
        block = hashlib.sha256(b"muster %d %d" % (slot, number)).digest()
        if int.from_bytes(digest(bytes(CONFIG), bytes(4), block)[:8], "little") % ODDS == 0:
            return block
    raise AssertionError


@move(4)
def call_muster(arena: Arena, rng: Random) -> Action | None:
    if rng.random() < 0.6:
        return None
    mark = (arena.ledger.slot // MARK + 1) * MARK
    if rng.random() < 0.9:
        # The walk's warps skip every eleventh slot: the next block stands for it.
        block = mark + 1 if mark % 11 == 3 else mark
        arena.planted = {block: calling_block(block)}
    past = rng.choice([0, 1, 2, 5, 5, 20, 20, 60, WINDOW, WINDOW + 1])
    arena.warp((mark + past - arena.ledger.slot) * 2 // 5, mark + past - arena.ledger.slot)
    return arena.action("call_muster", rng.choice(arena.crowd), {"mark": mark})


@move(4)
def open_answer(arena: Arena, rng: Random) -> Action | None:
    found = owned(arena, rng)
    if found is None or (answer_address(found[0]) in arena.ledger.records and rng.random() < 0.95):
        return None
    return arena.action("open_answer", rng.choice(arena.crowd), miner=found[0], answer=answer_address(found[0]))


@move(90)
def answer_muster(arena: Arena, rng: Random) -> Action | None:
    found, emission = owned(arena, rng), arena.ledger.get(EMISSION)
    if found is None or answer_address(found[0]) not in arena.ledger.records:
        return None
    answer = arena.ledger.get(answer_address(found[0]))
    due = emission.muster > answer.muster and arena.ledger.slot <= emission.muster_mark + WINDOW + 1
    if not due and rng.random() < 0.98:
        return None
    strong = pick(arena, rng, "Model", lambda one: one.approved and one.proof == TRACE and one.detection_bps >= 9_900)
    key = rng.choice(arena.keys["Model"]) if strong is None or rng.random() < 0.1 else strong
    tokens = rng.choice([0, 1, 7, arena.ledger.get(key).max_tokens, arena.ledger.get(key).max_tokens + 1])
    arguments = {**word_arguments("output", arena.fresh("answer")), "tokens": tokens}
    return arena.action(
        "answer_muster", found[2], arguments, miner=found[0], model=key, answer=answer_address(found[0])
    )


@move(25)
def prove_muster(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Answer", lambda answer: answer.status == GIVEN or (answer.status and rng.random() < 0.02))
    if key is None:
        return None
    answer = arena.ledger.get(key)
    miner = arena.ledger.get(answer.miner)
    if answer.status not in (GIVEN, PROVED) or rng.random() < 0.3:
        return None
    who, model = arena.person(miner.owner), arena.ledger.get(answer.model)
    receipt = prove(arena, rng, who.key, TRACE, proof_of(model, answer))
    return arena.action("prove_muster", who, miner=answer.miner, model=answer.model, answer=key, receipt=receipt)


@move(2)
def count_power(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Miner")
    return key and arena.action("count_power", rng.choice(arena.crowd), miner=key)
