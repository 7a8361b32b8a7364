"""Offences: what the chain's state shows of them, what they cost, the appeal by proof, and the execution."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

from economy.ledger import NOBODY, Record, Transaction
from economy.parameters import P, class_slash
from economy.quality import touch
from economy.settlement import claim, claims
from economy.staking import count
from economy.tasks import COMMITTED, FAULTY, FORFEITED, REJECTED, give_place, needed, outvoted, unvote, votes
from economy.world import INCINERATOR, config_of, pda, vault_pays, vault_takes, wallet
from solders.pubkey import Pubkey

INVALID_CLAIM, MISSED_PROOF, MINORITY_OUTPUT, FAILED_CHECK, FALSE_CHECK = range(1, 6)
PENDING, APPEALED, EXECUTED, OVERTURNED = range(1, 5)
CHECK_UPHELD, CHECK_REFUTED = 2, 3
APPEAL_PROOF_S = 7 * 86_400
POTS = ("pending", "matured", "unstaking", "verifier")


def offence_address(evidence: Pubkey, stake: Pubkey) -> Pubkey:
    return pda(b"offence", bytes(evidence), bytes(stake))


def share(amount: int, bps: int) -> int:
    return floor(Fraction(amount * bps, 10_000))


def accused_of(tx: Transaction, work: Record, stake: Record) -> None:
    tx.need(work.task == tx.key("task"), "NotTaskOfWork")
    tx.need(work.miner == tx.key("miner"), "NotMinerOfWork")
    tx.need(work.owner == stake.owner, "NotStakeOfWork")


def touch_miner(tx: Transaction, config: Record, miner: Record) -> None:
    touch(miner, config, tx.now)


def lose(
    tx: Transaction, miner: Record, stake: Record, task: Record, work: Record, status: int, *, fault: bool = True
) -> None:
    """A committed work that is never paid gives back its place, its vote and the stake that it had at risk."""
    tx.load("emission", "Emission").pending -= 1
    miner.in_flight -= 1
    if fault:
        miner.failed += 1
        miner.failures += 1
    stake.at_risk -= work.at_risk
    give_place(tx, task, work.owner)
    unvote(task, work.output)
    work.status = status


def shown(tx: Transaction, task: Record, model: Record, record: Record, work: Record) -> int | None:
    """The offence that the state of a work shows."""
    if work.status == REJECTED:
        return INVALID_CLAIM
    if work.status != COMMITTED or work.disputed:
        return None
    if outvoted(task, work.output):
        return MINORITY_OUTPUT
    payable = votes(task, work.output) >= needed(task) and model.approved
    payable = payable and (not record.spent or record.task == tx.key("task"))
    return MISSED_PROOF if payable and tx.now > work.prove_until_ts else None


def take(config: Record, governance: Record, offence: Record, stake: Record, amount: int) -> None:
    """Into escrow, pot after pot; a verifier's false word is paid out of the verifier stake first."""
    order = (POTS[3], *POTS) if offence.kind == FALSE_CHECK else POTS
    left = amount
    for pot in order:
        taken = min(left, getattr(stake, pot))
        setattr(stake, pot, getattr(stake, pot) - taken)
        setattr(offence, f"from_{pot}", getattr(offence, f"from_{pot}") + taken)
        left -= taken
    offence.amount = amount - left
    stake.escrowed += offence.amount
    governance.staked -= offence.from_pending + offence.from_matured
    count(governance, config, stake)


def commit_offence(
    tx: Transaction, stake: Record, kind: int, evidence: str, reporter: Pubkey, assistant: Pubkey
) -> Record:
    config, key = config_of(tx), tx.key("offence")
    offence = tx.create("offence", "Offence", offence_address(tx.key(evidence), tx.key("stake")))
    offence.kind, offence.status, offence.evidence = kind, PENDING, tx.key(evidence)
    offence.stake, offence.owner = tx.key("stake"), stake.owner
    offence.reporter, offence.assistant, offence.context = reporter, assistant, bytes(key)
    offence.created_ts, offence.final_ts = tx.now, tx.now + config.parameters[P.APPEAL_WINDOW_S]
    stake.offences += 1
    return offence


def charge(
    tx: Transaction, governance: Record, offence: Record, stake: Record, miner: Record, task: Record, work: Record
) -> None:
    config = config_of(tx)
    soft = offence.kind == INVALID_CLAIM or (offence.kind == MISSED_PROOF and work.sampling_bps == 10_000)
    bps = config.parameters[P.SOFT_BPS] if soft else 10_000
    offence.work, offence.task, offence.miner = tx.key("work"), tx.key("task"), tx.key("miner")
    offence.output, offence.tokens = work.output, work.tokens
    if offence.kind == MISSED_PROOF:
        offence.context = work.context
    if not soft:
        miner.quality_bps //= 4
    miner.offences += 1
    offence.bond = share(miner.bond, bps)
    miner.bond -= offence.bond
    take(config, governance, offence, stake, share(class_slash(config.parameters, task.task_class), bps))


def report_offence(tx: Transaction) -> None:
    config = config_of(tx)
    tx.load("emission", "Emission")
    governance, miner, stake = tx.load("governance", "Governance"), tx.load("miner", "Miner"), tx.load("stake", "Stake")
    model, task, work = tx.load("model", "Model"), tx.load("task", "Task"), tx.load("work", "Work")
    record = tx.load("spent_record", "SpentRecord")
    accused_of(tx, work, stake)
    payment_of(tx, task)
    kind = shown(tx, task, model, record, work)
    offence = commit_offence(tx, stake, kind or 0, "work", tx.key("reporter"), NOBODY)
    if not tx.need(kind is not None, "NothingToReport") or tx.refused:
        return
    touch_miner(tx, config, miner)
    if kind != INVALID_CLAIM:
        lose(tx, miner, stake, task, work, FORFEITED if kind == MISSED_PROOF else FAULTY)
    charge(tx, governance, offence, stake, miner, task, work)


def payment_of(tx: Transaction, task: Record) -> None:
    tx.need(task.model == tx.key("model"), "NotModelOfTask")
    tx.need(task.spent_record == tx.key("spent_record"), "NotRecordOfTask")


def close_work(tx: Transaction) -> None:
    """A committed work that could not be paid, through no fault that the chain shows, is taken out."""
    config_of(tx)
    tx.load("emission", "Emission")
    miner, stake, model = tx.load("miner", "Miner"), tx.load("stake", "Stake"), tx.load("model", "Model")
    task, work, record = tx.load("task", "Task"), tx.load("work", "Work"), tx.load("spent_record", "SpentRecord")
    accused_of(tx, work, stake)
    payment_of(tx, task)
    tx.need(work.status == COMMITTED, "NothingToClose")
    tx.need(not work.disputed, "CheckStillOpen")
    tx.need(tx.now > work.prove_until_ts, "StillProvable")
    tx.need(shown(tx, task, model, record, work) is None, "MustBeReported")
    if not tx.refused:
        lose(tx, miner, stake, task, work, FORFEITED, fault=False)


def report_check(tx: Transaction) -> None:
    config, governance = config_of(tx), tx.load("governance", "Governance")
    miner, stake, check = tx.load("miner", "Miner"), tx.load("stake", "Stake"), tx.load("check", "Check")
    task, work = tx.load("task", "Task"), tx.load("work", "Work")
    offence = commit_offence(tx, stake, FAILED_CHECK, "work", check.reporter, check.assistant)
    offence.evidence = tx.key("check")
    accused_of(tx, work, stake)
    tx.need(check.work == tx.key("work"), "NotCheckOfWork")
    tx.need(check.status == CHECK_UPHELD, "CheckNotUpheld")
    tx.need(work.status == FAULTY, "WorkNotFaulty")
    if tx.refused:
        return
    touch_miner(tx, config, miner)
    if check.accused_held:
        stake.disputes -= 1
        check.accused_held = False
    charge(tx, governance, offence, stake, miner, task, work)


def word_of(check: Record, who: Pubkey) -> bytes:
    """What this wallet said in a check; the result, if nothing."""
    if who == check.challenger:
        return bytes(check.challenger_output)
    for index, third in enumerate(check.thirds):
        if third == who:
            return bytes(getattr(check, f"output{index}"))
    return bytes(check.result)


def report_verifier(tx: Transaction) -> None:
    config, governance = config_of(tx), tx.load("governance", "Governance")
    stake, check = tx.load("stake", "Stake"), tx.load("check", "Check")
    offence = commit_offence(tx, stake, FALSE_CHECK, "check", check.reporter, check.assistant)
    said = word_of(check, stake.owner)
    tx.need(check.status in (CHECK_UPHELD, CHECK_REFUTED), "CheckUndecided")
    tx.need(said != check.result, "NotContradicted")
    if tx.refused:
        return
    if check.challenger == stake.owner and check.challenger_held:
        stake.disputes -= 1
        stake.challenges -= 1
        check.challenger_held = False
    offence.output = said
    offence.work, offence.task, offence.miner = check.work, check.task, check.miner
    take(config, governance, offence, stake, config.parameters[P.VERIFIER_STAKE])


def appeal(tx: Transaction) -> None:
    config, offence = config_of(tx), tx.load("offence", "Offence")
    tx.need(offence.owner == tx.key("owner"), "NotOffender")
    tx.need(offence.status == PENDING, "NotPending")
    tx.need(offence.kind != INVALID_CLAIM, "NotAppealable")
    tx.need(tx.now <= offence.final_ts, "AppealTooLate")
    offence.appeal_bond = config.parameters[P.APPEAL_BOND]
    vault_takes(tx, offence.appeal_bond)
    offence.status, offence.final_ts = APPEALED, tx.now + APPEAL_PROOF_S


def appeal_terms(
    config: Record, offence: Record, model: Record, task: Record, tokens: int
) -> dict[str, Any]:
    return claims(config, model, task, offence.context, offence.output, tokens)


def prove_appeal(tx: Transaction) -> None:
    config, governance = config_of(tx), tx.load("governance", "Governance")
    offence, model, task = tx.load("offence", "Offence"), tx.load("model", "Model"), tx.load("task", "Task")
    miner, stake = tx.load("miner", "Miner"), tx.load("stake", "Stake")
    tx.need(offence.owner == tx.key("owner"), "NotAppellant")
    tx.need(offence.status == APPEALED, "NotAppealed")
    tx.need(tx.now <= offence.final_ts, "ProofTooLate")
    tx.need(offence.stake == tx.key("stake"), "NotStakeOfOffence")
    tx.need(offence.miner == tx.key("miner"), "NotMinerOfOffence")
    tx.need(offence.task == tx.key("task"), "NotTaskOfOffence")
    tx.need(task.model == tx.key("model"), "NotModelOfOffence")
    tx.need(offence.kind == FALSE_CHECK or tx["tokens"] == offence.tokens, "WrongTokens")
    tx.need(tx.key("verifier_program") == config.verifier, "NotVerifier")
    claim(tx, model.proof, appeal_terms(config, offence, model, task, tx["tokens"]))
    if tx.refused:
        wallet(tx, config, "token_account", tx.key("owner"))
        return
    bond, offence.appeal_bond = offence.appeal_bond, 0
    offence.status = OVERTURNED
    for pot in POTS:
        setattr(stake, pot, getattr(stake, pot) + getattr(offence, f"from_{pot}"))
    stake.escrowed -= offence.amount
    governance.staked += offence.from_pending + offence.from_matured
    count(governance, config, stake)
    if offence.kind != FALSE_CHECK:
        miner.bond += offence.bond
        miner.overturned += 1
    vault_pays(tx, bond, "token_account", tx.key("owner"))


def execute_offence(tx: Transaction) -> None:
    config, emission = config_of(tx), tx.load("emission", "Emission")
    offence, stake = tx.load("offence", "Offence"), tx.load("stake", "Stake")
    tx.load("miner", "Miner")
    assisted = offence.assistant != NOBODY
    tx.need(offence.status in (PENDING, APPEALED), "OffenceEnded")
    tx.need(tx.now > offence.final_ts, "OffenceNotFinal")
    tx.need(offence.stake == tx.key("stake"), "NotOffendersStake")
    tx.need(offence.miner == tx.key("miner"), "NotOffendersMiner")
    tx.need(tx.key("mint") == config.mint, "NotMaiMint")
    wallet(tx, config, "assistant_account", offence.assistant if assisted else offence.reporter)
    wallet(tx, config, "reporter_account", offence.reporter)
    tx.need(tx.key("reporter_wallet") == offence.reporter, "NotReporter")
    tx.need(tx.key("incinerator") == INCINERATOR, "NotIncinerator")
    if tx.refused:
        return
    burned = share(offence.amount, config.parameters[P.BURN_BPS])
    rest = offence.amount - burned
    helped = rest // 5 if assisted else 0
    stake.escrowed -= offence.amount
    offence.status = EXECUTED
    emission.slash_burned += burned + offence.appeal_bond
    tx.burn(config.mint, config.vault, burned + offence.appeal_bond)
    vault_pays(tx, rest - helped, "reporter_account", offence.reporter)
    vault_pays(tx, helped, "assistant_account", offence.assistant if assisted else offence.reporter)
    tx.pay_lamports(tx.key("miner"), -offence.bond)
    tx.pay_lamports(offence.reporter, offence.bond // 2)
    tx.pay_lamports(INCINERATOR, offence.bond - offence.bond // 2)
