# Offences: reported by anyone, appealed by proof, executed by anyone. And works that end without one.
from seahorse.prelude import *
from checks import CHECK_REFUTED, CHECK_UPHELD, Check, output_of, release_accused, release_challenger
from claims import claim_of
from config import Config, check_vault, check_verifier_program, check_wallet
from emission import Emission
from governance import Governance
from native import incinerator_id
from parameters import APPEAL_BOND, BURN_BPS
from quality import enter_week
from registry import Miner, Model
from slashing import (
    APPEAL_PROOF_S, ASSISTANT_PART, OFFENCE_APPEALED, OFFENCE_EXECUTED, OFFENCE_FAILED_CHECK, OFFENCE_FALSE_CHECK,
    OFFENCE_INVALID_CLAIM, OFFENCE_MINORITY_OUTPUT, OFFENCE_MISSED_PROOF, OFFENCE_NONE, OFFENCE_OVERTURNED,
    OFFENCE_PENDING, Offence, OffenceAppealed, OffenceExecuted, OffenceOverturned, WorkClosed, charge_check,
    charge_work, check_accused, check_payment, count_failure, give_back, lose_work, offence_of, open_offence, part,
    reported
)
from staking import Stake
from tasks import WORK_COMMITTED, WORK_FAULTY, WORK_FORFEITED, SpentRecord, Task, Work


# An offence that the state of a work shows.
@instruction
def report_offence(
    reporter: Signer, config: Config, emission: Emission, governance: Governance, miner: Miner, stake: Stake,
    model: Model, task: Task, work: Work, spent_record: SpentRecord, offence: Empty[Offence], clock: Clock
):
    bump = offence.bump()
    offence = offence.init(payer=reporter, seeds=['offence', work.key(), stake.key()])
    now = clock.unix_timestamp()
    check_accused(work, task, miner, stake)
    check_payment(task, model, spent_record)
    kind = offence_of(work, task, model, spent_record, now)
    assert kind != OFFENCE_NONE, 'NothingToReport: the chain shows no offence in this work'
    enter_week(config, miner, now)
    if kind == OFFENCE_MISSED_PROOF:
        lose_work(emission, miner, stake, task, work, WORK_FORFEITED, clock.slot(), config.nobody)
        count_failure(miner)
    elif kind == OFFENCE_MINORITY_OUTPUT:
        lose_work(emission, miner, stake, task, work, WORK_FAULTY, clock.slot(), config.nobody)
        count_failure(miner)
    open_offence(config, offence, stake, kind, work.key(), reporter.key(), config.nobody, now, bump)
    charge_work(config, governance, offence, stake, miner, task, work)
    told = reported(offence, offence.key())
    told.emit()


# Takes out a work whose time is over and that could not be paid without any fault of its miner: no other miner agreed
# or disagreed, the model was withdrawn, or the input was paid elsewhere. Anyone may.
@instruction
def close_work(
    caller: Signer, config: Config, emission: Emission, miner: Miner, stake: Stake, model: Model, task: Task,
    work: Work, spent_record: SpentRecord, clock: Clock
):
    now = clock.unix_timestamp()
    check_accused(work, task, miner, stake)
    check_payment(task, model, spent_record)
    assert work.status == WORK_COMMITTED, 'NothingToClose: only a committed work can be closed'
    assert not work.disputed, 'CheckStillOpen: a check of this work is open'
    assert now > work.prove_until_ts, 'StillProvable: the time to prove this work is not over'
    kind = offence_of(work, task, model, spent_record, now)
    assert kind == OFFENCE_NONE, 'MustBeReported: the work could have been paid or was found wrong'
    lose_work(emission, miner, stake, task, work, WORK_FORFEITED, clock.slot(), config.nobody)
    closed = WorkClosed(work.key(), task.key(), miner.key())
    closed.emit()


# A work that a check found wrong.
@instruction
def report_check(
    reporter: Signer, config: Config, governance: Governance, miner: Miner, stake: Stake, check: Check, task: Task,
    work: Work, offence: Empty[Offence], clock: Clock
):
    bump = offence.bump()
    offence = offence.init(payer=reporter, seeds=['offence', work.key(), stake.key()])
    now = clock.unix_timestamp()
    check_accused(work, task, miner, stake)
    assert check.work == work.key(), 'NotCheckOfWork: the check is about another work than this'
    assert check.status == CHECK_UPHELD, 'CheckNotUpheld: no check has found this work wrong'
    assert work.status == WORK_FAULTY, 'WorkNotFaulty: the check has not ended this work'
    enter_week(config, miner, now)
    release_accused(check, stake)
    open_offence(
        config, offence, stake, OFFENCE_FAILED_CHECK, check.key(), check.reporter, check.assistant, now, bump
    )
    charge_work(config, governance, offence, stake, miner, task, work)
    told = reported(offence, offence.key())
    told.emit()


# A challenger or a third whose word contradicts what the check found in the end.
@instruction
def report_verifier(
    reporter: Signer, config: Config, governance: Governance, stake: Stake, check: Check, offence: Empty[Offence],
    clock: Clock
):
    bump = offence.bump()
    offence = offence.init(payer=reporter, seeds=['offence', check.key(), stake.key()])
    now = clock.unix_timestamp()
    decided = check.status == CHECK_UPHELD or check.status == CHECK_REFUTED
    assert decided, 'CheckUndecided: the check has found nothing'
    said = output_of(check, stake.owner)
    assert said != check.result, 'NotContradicted: this verifier has said nothing that was found wrong'
    if check.challenger == stake.owner:
        release_challenger(check, stake)
    open_offence(
        config, offence, stake, OFFENCE_FALSE_CHECK, check.key(), check.reporter, check.assistant, now, bump
    )
    offence.output = said
    charge_check(config, governance, offence, stake, check)
    told = reported(offence, offence.key())
    told.emit()


# Announces a proof that the output was right, against a bond.
@instruction
def appeal(
    owner: Signer, config: Config, offence: Offence, token_account: TokenAccount, vault: TokenAccount, clock: Clock
):
    now = clock.unix_timestamp()
    assert offence.owner == owner.key(), 'NotOffender: only the accused can appeal'
    assert offence.status == OFFENCE_PENDING, 'NotPending: the offence was appealed or ended before'
    assert offence.kind != OFFENCE_INVALID_CLAIM, 'NotAppealable: no proof can show that a claim was plausible'
    assert now <= offence.final_ts, 'AppealTooLate: the time to appeal is over'
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), owner.key())
    bond = config.parameters[APPEAL_BOND]
    token_account.transfer(authority=owner, to=vault, amount=bond)
    offence.appeal_bond = bond
    offence.status = OFFENCE_APPEALED
    offence.final_ts = now + APPEAL_PROOF_S
    appealed = OffenceAppealed(offence.key(), bond, offence.final_ts)
    appealed.emit()


# Proves that the output was right, by the verifier's receipt or a proved trace: everything comes back but the count.
@instruction
def prove_appeal(
    owner: Signer, config: Config, governance: Governance, offence: Offence, model: Model, task: Task, miner: Miner,
    stake: Stake, vault: TokenAccount, token_account: TokenAccount, verifier_program: Program,
    receipt: UncheckedAccount, clock: Clock, tokens: u32
):
    assert offence.owner == owner.key(), 'NotAppellant: only the accused can prove its appeal'
    assert offence.status == OFFENCE_APPEALED, 'NotAppealed: there is no appeal to prove'
    assert clock.unix_timestamp() <= offence.final_ts, 'ProofTooLate: the time to prove the appeal is over'
    assert offence.stake == stake.key(), 'NotStakeOfOffence: the offence is not about this stake'
    assert offence.miner == miner.key(), 'NotMinerOfOffence: the offence is about another miner'
    assert offence.task == task.key(), 'NotTaskOfOffence: the offence is about another task'
    assert task.model == model.key(), 'NotModelOfOffence: the offence is about another model'
    any_tokens = offence.kind == OFFENCE_FALSE_CHECK
    assert any_tokens or tokens == offence.tokens, 'WrongTokens: the work was committed with another number of tokens'
    check_vault(config, vault.key())
    check_wallet(config, token_account.mint(), token_account.authority(), owner.key())
    tag, tag_bump = Pubkey.find_program_address(['claim', verifier_program])
    check_verifier_program(config, tag)
    data = claim_of(config.srs, model, task, offence.context, offence.output, tokens)
    verifier_program.invoke(accounts=[CpiAccount(owner, mut=True, signer=True), CpiAccount(receipt, mut=True)], data=data)
    bond = offence.appeal_bond
    offence.appeal_bond = 0
    offence.status = OFFENCE_OVERTURNED
    give_back(config, governance, offence, stake)
    if offence.kind != OFFENCE_FALSE_CHECK:
        miner.bond += offence.bond
        miner.overturned += 1
    bump = config.bump
    vault.transfer(authority=config, to=token_account, amount=bond, signer=['config', bump])
    overturned = OffenceOverturned(offence.key(), stake.key(), offence.amount, offence.bond)
    overturned.emit()


# Makes a final offence cost what it costs: a share is burned, the rest goes to who showed it. Anyone may.
@instruction
def execute_offence(
    caller: Signer, config: Config, emission: Emission, mint: TokenMint, offence: Offence, stake: Stake, miner: Miner,
    vault: TokenAccount, reporter_account: TokenAccount, assistant_account: TokenAccount,
    reporter_wallet: UncheckedAccount, incinerator: UncheckedAccount, clock: Clock
):
    running = offence.status == OFFENCE_PENDING or offence.status == OFFENCE_APPEALED
    assert running, 'OffenceEnded: the offence was executed or overturned before'
    assert clock.unix_timestamp() > offence.final_ts, 'OffenceNotFinal: the offence can still be appealed or disproved'
    assert offence.stake == stake.key(), 'NotOffendersStake: the offence is not of this stake'
    assert offence.miner == miner.key(), 'NotOffendersMiner: the offence is not about this miner'
    assert mint.key() == config.mint, 'NotMaiMint: this is not the mint of MAI'
    check_vault(config, vault.key())
    check_wallet(config, reporter_account.mint(), reporter_account.authority(), offence.reporter)
    assistant = offence.reporter
    if offence.assistant != config.nobody:
        assistant = offence.assistant
    check_wallet(config, assistant_account.mint(), assistant_account.authority(), assistant)
    assert reporter_wallet.key() == offence.reporter, 'NotReporter: the bond goes to the wallet of who showed the offence'
    assert incinerator.key() == incinerator_id(), 'NotIncinerator: the rest of the bond goes to the incinerator'
    burned = part(offence.amount, config.parameters[BURN_BPS])
    reporter_paid = offence.amount - burned
    assistant_paid: u64 = 0
    if offence.assistant != config.nobody:
        assistant_paid = reporter_paid // ASSISTANT_PART
        reporter_paid -= assistant_paid
    burned += offence.appeal_bond
    bond_paid = offence.bond // 2
    bond_burned = offence.bond - bond_paid
    stake.escrowed -= offence.amount
    offence.status = OFFENCE_EXECUTED
    emission.slash_burned += burned
    bump = config.bump
    mint.burn(authority=config, holder=vault, amount=burned, signer=['config', bump])
    vault.transfer(authority=config, to=reporter_account, amount=reporter_paid, signer=['config', bump])
    if assistant_paid > 0:
        vault.transfer(authority=config, to=assistant_account, amount=assistant_paid, signer=['config', bump])
    if offence.bond > 0:
        miner.transfer_lamports(reporter_wallet, bond_paid)
        miner.transfer_lamports(incinerator, bond_burned)
    executed = OffenceExecuted(
        offence.key(), stake.key(), offence.amount, burned, reporter_paid, assistant_paid, bond_paid, bond_burned
    )
    executed.emit()
