"""Moves of stakers, verifiers and reporters: stake, challenges, decisions, offences, appeals."""

from __future__ import annotations

from random import Random

from economy.arena import Action, Arena
from economy.checks import OPEN, REFUTED, ROUNDS, UPHELD, check_address
from economy.ledger import NOBODY, Record
from economy.moves import move, pick
from economy.moves_core import prove, stake_of
from economy.parameters import P
from economy.settlement import claims
from economy.slashing import APPEALED, OVERTURNED, PENDING, offence_address, shown, word_of
from economy.tasks import COMMITTED, PAID
from economy.world import CONFIG
from solders.pubkey import Pubkey


def amount_of(rng: Random, most: int) -> int:
    return max(rng.choice([1, most, most // 2, most // 10, rng.randint(0, max(most, 1))]), 1)


@move(1)
def open_stake(arena: Arena, rng: Random) -> Action | None:
    who = rng.choice(arena.crowd)
    if stake_of(who) in arena.ledger.records and rng.random() < 0.97:
        return None
    return arena.action("open_stake", who, stake=stake_of(who))


@move(2)
def deposit_stake(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Stake")
    if key is None:
        return None
    who = arena.person(arena.ledger.get(key).owner)
    amount = amount_of(rng, arena.ledger.holdings[who.mai].amount // 3)
    return arena.action("deposit_stake", who, {"amount": amount}, stake=key)


@move(1)
def unstake(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Stake", lambda stake: stake.matured + stake.pending > 0)
    if key is None:
        return None
    stake = arena.ledger.get(key)
    amount = amount_of(rng, (stake.matured + stake.pending) // 2)
    return arena.action("unstake", arena.person(stake.owner), {"amount": amount}, stake=key)


@move(2)
def withdraw_stake(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Stake", lambda stake: stake.unstaking > 0 or rng.random() < 0.05)
    return key and arena.action("withdraw_stake", arena.person(arena.ledger.get(key).owner), stake=key)


@move(1)
def designate_verifier(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Stake", lambda stake: stake.matured + stake.pending > 0)
    if key is None:
        return None
    stake, least = arena.ledger.get(key), arena.ledger.get(CONFIG).parameters[P.VERIFIER_STAKE]
    amount = rng.choice([least, least, 2 * least, amount_of(rng, stake.matured + stake.pending)])
    return arena.action("designate_verifier", arena.person(stake.owner), {"amount": amount}, stake=key)


@move(1)
def undesignate_verifier(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Stake", lambda stake: stake.verifier > 0)
    if key is None:
        return None
    stake = arena.ledger.get(key)
    amount = amount_of(rng, stake.verifier)
    return arena.action("undesignate_verifier", arena.person(stake.owner), {"amount": amount}, stake=key)


# -- spot-checks


def verifiers(arena: Arena) -> list[Pubkey]:
    least = arena.ledger.get(CONFIG).parameters[P.VERIFIER_STAKE]
    return [key for key in arena.keys["Stake"] if arena.ledger.get(key).verifier >= least]


@move(5)
def open_check(arena: Arena, rng: Random) -> Action | None:
    able = verifiers(arena)
    if not able:
        return None
    now, window = arena.ledger.now, arena.ledger.get(CONFIG).parameters[P.CHECK_WINDOW_S]

    def open_to_checks(work: Record) -> bool:
        proved = work.status == PAID and arena.ledger.get(work.model).detection_bps == 10_000
        standing = work.status in (COMMITTED, PAID) and not proved and not work.disputed
        return standing and work.committed_ts + window >= now

    key = pick(arena, rng, "Work", open_to_checks)
    if key is None:
        return None
    work, stake = arena.ledger.get(key), rng.choice(able)
    output = work.output if rng.random() < 0.05 else arena.fresh("output")
    return arena.action(
        "open_check",
        arena.person(arena.ledger.get(stake).owner),
        {"output": output},
        stake=stake,
        accused=stake_of(work.owner),
        model=work.model,
        work=key,
        check=check_address(key, stake),
    )


def open_one(arena: Arena, rng: Random) -> Pubkey | None:
    now = arena.ledger.now
    return pick(arena, rng, "Check", lambda check: check.status == OPEN and check.decide_until_ts >= now)


@move(7)
def draw_check(arena: Arena, rng: Random) -> Action | None:
    key = open_one(arena, rng)
    if key is None or (arena.ledger.get(key).seeded and rng.random() < 0.9):
        return None
    behind = arena.ledger.get(key).target_slot - arena.ledger.slot
    if behind >= 0 and rng.random() < 0.8:
        arena.warp(rng.randint(0, 9), behind + rng.randint(1, 9))
    return arena.action("draw_check", rng.choice(arena.crowd), check=key)


@move(14)
def decide_check(arena: Arena, rng: Random) -> Action | None:
    key, able = open_one(arena, rng), verifiers(arena)
    if key is None or not able:
        return None
    check = arena.ledger.get(key)
    parties = {stake_of(check.accused), stake_of(check.challenger)}
    able = [key_ for key_ in able if key_ not in parties or rng.random() < 0.05] or able
    work, stake = arena.ledger.get(check.work), rng.choice(able)
    if not check.seeded and rng.random() < 0.9:
        return None
    said = [check.challenger_output, work.output, arena.fresh("output"), check.output0, arena.fresh("output")]
    return arena.action(
        "decide_check",
        arena.person(arena.ledger.get(stake).owner),
        {"output": rng.choice(said)},
        stake=stake,
        challenger=stake_of(check.challenger),
        accused=stake_of(check.accused),
        miner=check.miner,
        task=check.task,
        work=check.work,
        check=key,
    )


@move(1)
def void_check(arena: Arena, rng: Random) -> Action | None:
    now = arena.ledger.now
    key = pick(
        arena, rng, "Check", lambda check: check.status == OPEN and (check.decide_until_ts < now or rng.random() < 0.05)
    )
    if key is None:
        return None
    check = arena.ledger.get(key)
    return arena.action(
        "void_check",
        rng.choice(arena.crowd),
        challenger=stake_of(check.challenger),
        accused=stake_of(check.accused),
        work=check.work,
        check=key,
    )


@move(2)
def correct_check(arena: Arena, rng: Random) -> Action | None:
    key = pick(
        arena, rng, "Offence", lambda offence: offence.evidence in arena.checks and offence.status == OVERTURNED
    )
    if key is None:
        return None
    offence = arena.ledger.get(key)
    if offence.evidence not in arena.checks:
        return None
    check = arena.ledger.get(offence.evidence)
    return arena.action(
        "correct_check", rng.choice(arena.crowd), model=check.model, offence=key, check=offence.evidence
    )


# -- offences


def unreported(arena: Arena, evidence: Pubkey, owner: Pubkey, rng: Random) -> bool:
    known = offence_address(evidence, stake_of(owner)) in arena.ledger.records
    return not known or rng.random() < 0.02


@move(7)
def report_offence(arena: Arena, rng: Random) -> Action | None:
    ledger = arena.ledger

    def guilty(work: Record) -> bool:
        task = ledger.get(work.task)
        tx = arena.looking({"task": work.task})
        found = shown(tx, task, ledger.get(work.model), ledger.get(task.spent_record), work)
        return found is not None

    keys = arena.keys["Work"][-60:]
    found = [key for key in keys if guilty(ledger.get(key)) and unreported(arena, key, ledger.get(key).owner, rng)]
    if (not found and rng.random() < 0.9) or not keys:
        return None
    key = rng.choice(found or keys)
    work = ledger.get(key)
    return arena.action(
        "report_offence",
        rng.choice(arena.crowd),
        miner=work.miner,
        stake=stake_of(work.owner),
        model=work.model,
        task=work.task,
        work=key,
        spent_record=ledger.get(work.task).spent_record,
        offence=offence_address(key, stake_of(work.owner)),
    )


@move(3)
def close_work(arena: Arena, rng: Random) -> Action | None:
    now = arena.ledger.now
    key = pick(
        arena,
        rng,
        "Work",
        lambda work: work.status == COMMITTED and (work.prove_until_ts < now or rng.random() < 0.03),
    )
    if key is None:
        return None
    work = arena.ledger.get(key)
    return arena.action(
        "close_work",
        rng.choice(arena.crowd),
        miner=work.miner,
        stake=stake_of(work.owner),
        model=work.model,
        task=work.task,
        work=key,
        spent_record=arena.ledger.get(work.task).spent_record,
    )


@move(5)
def report_check(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Check", lambda check: check.status == UPHELD)
    if key is None:
        return None
    check = arena.ledger.get(key)
    if not unreported(arena, check.work, check.accused, rng):
        return None
    return arena.action(
        "report_check",
        rng.choice(arena.crowd),
        miner=check.miner,
        stake=stake_of(check.accused),
        check=key,
        task=check.task,
        work=check.work,
        offence=offence_address(check.work, stake_of(check.accused)),
    )


@move(5)
def report_verifier(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Check", lambda check: check.status in (UPHELD, REFUTED))
    if key is None:
        return None
    check = arena.ledger.get(key)
    spoke = [check.challenger, *[third for third in check.thirds[:ROUNDS] if third != NOBODY]]
    wrong = [who for who in spoke if word_of(check, who) != check.result and unreported(arena, key, who, rng)]
    if not wrong and rng.random() < 0.9:
        return None
    who = rng.choice(wrong or spoke)
    return arena.action(
        "report_verifier",
        rng.choice(arena.crowd),
        stake=stake_of(who),
        check=key,
        offence=offence_address(key, stake_of(who)),
    )


@move(5)
def appeal(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Offence", lambda offence: offence.status == PENDING)
    return key and arena.action("appeal", arena.person(arena.ledger.get(key).owner), offence=key)


@move(5)
def prove_appeal(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Offence", lambda offence: offence.status == APPEALED)
    if key is None:
        return None
    offence = arena.ledger.get(key)
    task = arena.ledger.get(offence.task)
    model, tokens = arena.ledger.get(task.model), offence.tokens or rng.randint(1, 9)
    terms = claims(arena.ledger.get(CONFIG), model, task, offence.context, offence.output, tokens)
    who = arena.person(offence.owner)
    return arena.action(
        "prove_appeal",
        who,
        {"tokens": tokens},
        offence=key,
        model=task.model,
        task=offence.task,
        miner=offence.miner,
        stake=offence.stake,
        receipt=prove(arena, rng, who.key, model.proof, terms),
    )


@move(6)
def execute_offence(arena: Arena, rng: Random) -> Action | None:
    now = arena.ledger.now
    key = pick(
        arena,
        rng,
        "Offence",
        lambda offence: offence.status in (PENDING, APPEALED) and (offence.final_ts < now or rng.random() < 0.05),
    )
    if key is None:
        return None
    offence = arena.ledger.get(key)
    helper = offence.assistant if offence.assistant != NOBODY else offence.reporter
    return arena.action(
        "execute_offence",
        rng.choice(arena.crowd),
        offence=key,
        stake=offence.stake,
        miner=offence.miner,
        reporter_account=arena.person(offence.reporter).mai,
        assistant_account=arena.person(helper).mai,
        reporter_wallet=offence.reporter,
    )


