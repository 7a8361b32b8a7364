"""Spot-checks: a second one disagrees, drawn thirds decide; two who say the same end it."""

from __future__ import annotations

from fractions import Fraction

from economy.ledger import Record, Transaction
from economy.lottery import chance, draw, ticket
from economy.parameters import P
from economy.slashing import accused_of, lose, touch_miner
from economy.tasks import COMMITTED, FAULTY, PAID
from economy.world import config_of, pda
from solders.pubkey import Pubkey

OPEN, UPHELD, REFUTED, VOID = 1, 2, 3, 4
ROUNDS = 3
DELAY = 8
OVERTURNED, FAILED_CHECK = 4, 4


def check_address(work: Pubkey, stake: Pubkey) -> Pubkey:
    return pda(b"check", bytes(work), bytes(stake))


def begin_round(tx: Transaction, check: Record) -> None:
    check.target_slot, check.seeded = tx.slot + DELAY, False


def backed(tx: Transaction, config: Record, stake: Record) -> None:
    """Each open challenge of this stake, and this word, has a whole verifier stake behind it."""
    tx.need(stake.verifier >= config.parameters[P.VERIFIER_STAKE] * (stake.challenges + 1), "VerifierStakeTooLow")


def let_go(check: Record, accused: Record | None = None, challenger: Record | None = None) -> None:
    if accused is not None and check.accused_held:
        accused.disputes -= 1
        check.accused_held = False
    if challenger is not None and check.challenger_held:
        challenger.disputes -= 1
        challenger.challenges -= 1
        check.challenger_held = False


def resume(tx: Transaction, work: Record, check: Record) -> None:
    """The work stands; the time of the dispute does not count against it."""
    work.disputed = False
    work.prove_until_ts += tx.now - check.opened_ts


def parties(tx: Transaction, check: Record, challenger: Record, accused: Record) -> None:
    tx.need(check.status == OPEN, "CheckClosed")
    tx.need(challenger.owner == check.challenger, "NotChallenger")
    tx.need(accused.owner == check.accused, "NotAccused")


def open_check(tx: Transaction) -> None:
    config, stake, accused = config_of(tx), tx.load("stake", "Stake"), tx.load("accused", "Stake")
    model, work, output = tx.load("model", "Model"), tx.load("work", "Work"), tx["output"]
    check = tx.create("check", "Check", check_address(tx.key("work"), tx.key("stake")))
    window = config.parameters[P.CHECK_WINDOW_S]
    tx.need(stake.owner == tx.key("owner"), "NotVerifierOwner")
    tx.need(tx.key("stake") != tx.key("accused"), "OwnWork")
    tx.need(accused.owner == work.owner, "NotWorkersStake")
    tx.need(work.model == tx.key("model"), "NotModelOfWork")
    tx.need(work.status in (COMMITTED, PAID), "NothingToCheck")
    tx.need(work.status != PAID or model.detection_bps < 10_000, "AlreadyProved")
    tx.need(not work.disputed, "AlreadyDisputed")
    tx.need(tx.now <= work.committed_ts + window, "CheckTooLate")
    tx.need(output != work.output, "SameOutput")
    backed(tx, config, stake)
    check.work, check.task, check.model, check.miner = tx.key("work"), work.task, work.model, work.miner
    check.status, check.accused, check.challenger = OPEN, accused.owner, stake.owner
    check.challenger_output = output
    check.accused_held = check.challenger_held = True
    check.opened_ts, check.decide_until_ts = tx.now, tx.now + window
    begin_round(tx, check)
    stake.disputes += 1
    stake.challenges += 1
    accused.disputes += 1
    work.disputed = True


def draw_check(tx: Transaction) -> None:
    check = tx.load("check", "Check")
    tx.need(check.status == OPEN, "CheckClosed")
    tx.need(not check.seeded, "AlreadyDrawn")
    if tx.blocks.first(check.target_slot) == "SeedEvicted":
        begin_round(tx, check)
    else:
        check.seed = draw(tx, check.target_slot, 1, tx.key("check"), check.round)
        check.seeded, check.seeded_ts = True, tx.now


def said_before(check: Record) -> list[tuple[Pubkey, bytes]]:
    """The thirds of the rounds before this one and their outputs."""
    return [(check.thirds[index], getattr(check, f"output{index}")) for index in range(check.round)]


def decide_check(tx: Transaction) -> None:
    config = config_of(tx)
    tx.load("emission", "Emission")
    governance, stake = tx.load("governance", "Governance"), tx.load("stake", "Stake")
    challenger, accused = tx.load("challenger", "Stake"), tx.load("accused", "Stake")
    miner, task, work = tx.load("miner", "Miner"), tx.load("task", "Task"), tx.load("work", "Work")
    check, output, third = tx.load("check", "Check"), tx["output"], stake.owner
    before = said_before(check)
    tx.need(third == tx.key("owner"), "NotThird")
    tx.need(third != check.challenger, "ChallengerDecides")
    tx.need(third != check.accused, "AccusedDecides")
    tx.need(third not in [who for who, _ in before], "AlreadyAnswered")
    parties(tx, check, challenger, accused)
    tx.need(check.work == tx.key("work"), "NotCheckedWork")
    accused_of(tx, work, accused)
    tx.need(tx.now <= check.decide_until_ts, "DecisionTooLate")
    tx.need(stake.verifier_ts < check.opened_ts, "DesignatedTooLate")
    backed(tx, config, stake)
    if not tx.need(check.seeded, "CheckNotDrawn") or tx.refused:
        return
    part = Fraction(1, max(governance.verifiers, 1))
    waited = tx.now - check.seeded_ts
    odds = chance(7_500, part, governance.verifiers, config.parameters[P.ELIGIBLE_TARGET], waited)
    tx.must(ticket(check.seed, tx.key("stake")) < odds, "VerifierNotDrawn")

    check.thirds[check.round] = third
    setattr(check, f"output{check.round}", output)
    agreeing = [who for who, other in before if other == output]
    if output == check.challenger_output:
        conclude(check, UPHELD, output, check.challenger, third)
    elif output == work.output:
        conclude(check, REFUTED, output, third, check.accused)
    elif agreeing:
        conclude(check, UPHELD, output, agreeing[0], third)
    elif check.round + 1 == ROUNDS:
        check.status = VOID
    else:
        check.round += 1
        begin_round(tx, check)

    if check.status == UPHELD:
        touch_miner(tx, config, miner)
        if work.status == COMMITTED:
            lose(tx, miner, accused, task, work, FAULTY)
        work.status, work.disputed = FAULTY, False
        if output == check.challenger_output:
            let_go(check, challenger=challenger)
    elif check.status == REFUTED:
        resume(tx, work, check)
        let_go(check, accused=accused)
    elif check.status == VOID:
        resume(tx, work, check)
        let_go(check, accused, challenger)


def conclude(check: Record, status: int, output: bytes, reporter: Pubkey, assistant: Pubkey) -> None:
    check.status, check.result, check.reporter, check.assistant = status, output, reporter, assistant


def void_check(tx: Transaction) -> None:
    challenger, accused = tx.load("challenger", "Stake"), tx.load("accused", "Stake")
    work, check = tx.load("work", "Work"), tx.load("check", "Check")
    parties(tx, check, challenger, accused)
    tx.need(check.work == tx.key("work"), "NotVoidedWork")
    tx.need(tx.now > check.decide_until_ts, "CheckRunning")
    check.status = VOID
    resume(tx, work, check)
    let_go(check, accused, challenger)


def correct_check(tx: Transaction) -> None:
    model, offence, check = tx.load("model", "Model"), tx.load("offence", "Offence"), tx.load("check", "Check")
    tx.need(offence.evidence == tx.key("check"), "NotEvidence")
    tx.need(offence.status == OVERTURNED, "NotOverturned")
    tx.need(check.model == tx.key("model"), "NotCheckedModel")
    tx.need(model.detection_bps == 10_000, "NotConclusive")
    tx.need(not check.proved, "AlreadyCorrected")
    status = REFUTED if offence.kind == FAILED_CHECK else UPHELD
    conclude(check, status, offence.output, offence.owner, offence.owner)
    check.proved = True
