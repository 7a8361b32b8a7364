# Spot-checks: a challenge, the draw of a third, its word, and the end where nobody comes.
from seahorse.prelude import *
from assignment import AVERAGE_SCORE, EVICTED, chance, draw_seed, ticket
from checks import (
    CHECK_OPEN, CHECK_REFUTED, CHECK_UPHELD, CHECK_VOID, Check, CheckAnswered, CheckCorrected, CheckDrawn, CheckOpened,
    CheckVoided, answer, begin_round, check_new_third, check_open_check, check_parties, check_verifier, conclude_check,
    release_accused, release_challenger, resume
)
from config import Config
from digests import copied
from emission import Emission
from governance import Governance
from native import first_block
from parameters import CHECK_WINDOW_S, ELIGIBLE_TARGET, FULL_BPS, VERIFIER_STAKE
from quality import enter_week
from registry import Miner, Model
from slashing import (
    OFFENCE_FAILED_CHECK, OFFENCE_OVERTURNED, Offence, check_accused, count_failure,
    lose_work
)
from staking import Stake
from tasks import WORK_COMMITTED, WORK_FAULTY, WORK_SETTLED, Task, Work


# Challenges a work with another output. What agrees is not taken: a digest can be copied.
@instruction
def open_check(
    owner: Signer, config: Config, stake: Stake, accused: Stake, model: Model, work: Work, check: Empty[Check],
    clock: Clock, output: Array[u8, 32]
):
    bump = check.bump()
    check = check.init(payer=owner, seeds=['check', work.key(), stake.key()])
    now = clock.unix_timestamp()
    window = i64(config.parameters[CHECK_WINDOW_S])
    assert stake.owner == owner.key(), 'NotVerifierOwner: only its owner can challenge with a stake'
    assert stake.key() != accused.key(), 'OwnWork: nobody checks its own work'
    assert accused.owner == work.owner, 'NotWorkersStake: the work belongs to somebody else than the accused stake'
    assert work.model == model.key(), 'NotModelOfWork: the work was done with another model'
    assert work.status == WORK_COMMITTED or work.status == WORK_SETTLED, 'NothingToCheck: no result stands to be checked'
    proved = work.status == WORK_SETTLED and model.detection_bps == FULL_BPS
    assert not proved, 'AlreadyProved: the output was proved in full'
    assert not work.disputed, 'AlreadyDisputed: another check of this work is open'
    assert now <= work.committed_ts + window, 'CheckTooLate: the time to challenge this work is over'
    assert output != work.output, 'SameOutput: a check must find another output'
    check_verifier(stake, config.parameters[VERIFIER_STAKE])
    check.work = work.key()
    check.task = work.task
    check.model = work.model
    check.miner = work.miner
    check.status = CHECK_OPEN
    check.accused = accused.owner
    check.challenger = stake.owner
    check.challenger_output = copied(output)
    check.accused_held = True
    check.challenger_held = True
    check.opened_ts = now
    check.decide_until_ts = now + window
    check.bump = bump
    begin_round(check, clock.slot())
    stake.disputes += 1
    stake.challenges += 1
    accused.disputes += 1
    work.disputed = True
    opened = CheckOpened(check.key(), work.key(), accused.owner, stake.owner, check.decide_until_ts)
    opened.emit()


# Fixes the seed of the round's draw; if its block is no longer known, sets another one. Anyone may.
@instruction
def draw_check(caller: Signer, check: Check, slot_hashes: UncheckedAccount, clock: Clock):
    check_open_check(check)
    assert not check.seeded, 'AlreadyDrawn: the third of this round is already drawn'
    if first_block(slot_hashes, check.target_slot) == EVICTED:
        begin_round(check, clock.slot())
    else:
        check.seed = draw_seed(slot_hashes, check.target_slot, 1, check.key(), check.round)
        check.seeded = True
        check.seeded_ts = clock.unix_timestamp()
    drawn = CheckDrawn(check.key(), check.round, check.seeded, check.target_slot)
    drawn.emit()


# The word of a third that the lottery lets in: everybody a little later. It must have been a verifier before the check.
@instruction
def decide_check(
    owner: Signer, config: Config, emission: Emission, governance: Governance, stake: Stake, challenger: Stake,
    accused: Stake, miner: Miner, task: Task, work: Work, check: Check, clock: Clock, output: Array[u8, 32]
):
    now = clock.unix_timestamp()
    assert stake.owner == owner.key(), 'NotThird: only its owner can decide with a stake'
    check_open_check(check)
    check_new_third(check, stake.owner)
    check_parties(check, challenger, accused)
    assert check.work == work.key(), 'NotCheckedWork: the check is about another work'
    check_accused(work, task, miner, accused)
    assert now <= check.decide_until_ts, 'DecisionTooLate: the time to decide this check is over'
    assert stake.verifier_ts < check.opened_ts, 'DesignatedTooLate: a third must be a verifier before the check opens'
    check_verifier(stake, config.parameters[VERIFIER_STAKE])
    assert check.seeded, 'CheckNotDrawn: the third of this round is not drawn yet'
    waited = u64(now - check.seeded_ts)
    allowed = chance(
        AVERAGE_SCORE, 1, u64(governance.verifiers), governance.verifiers, config.parameters[ELIGIBLE_TARGET], waited,
        False
    )
    assert ticket(check.seed, stake.key()) < allowed, 'VerifierNotDrawn: the lottery has not let this verifier in yet'
    round = check.round
    answer(check, work, stake.owner, output, clock.slot())
    if check.status == CHECK_UPHELD:
        enter_week(config, miner, now)
        if work.status == WORK_COMMITTED:
            lose_work(emission, miner, accused, task, work, WORK_FAULTY, clock.slot(), config.nobody)
            count_failure(miner)
        work.status = WORK_FAULTY
        work.disputed = False
        if check.challenger_output == output:
            release_challenger(check, challenger)
    elif check.status == CHECK_REFUTED:
        resume(work, check, now)
        release_accused(check, accused)
    elif check.status == CHECK_VOID:
        resume(work, check, now)
        release_accused(check, accused)
        release_challenger(check, challenger)
    answered = CheckAnswered(check.key(), work.key(), stake.owner, round, check.status)
    answered.emit()


# Frees everybody if no third has decided in time. Anyone may.
@instruction
def void_check(caller: Signer, challenger: Stake, accused: Stake, work: Work, check: Check, clock: Clock):
    now = clock.unix_timestamp()
    check_open_check(check)
    check_parties(check, challenger, accused)
    assert check.work == work.key(), 'NotVoidedWork: the check is about a different work'
    assert now > check.decide_until_ts, 'CheckRunning: the check can still be decided'
    check.status = CHECK_VOID
    resume(work, check, now)
    release_accused(check, accused)
    release_challenger(check, challenger)
    voided = CheckVoided(check.key(), work.key())
    voided.emit()


# A proof in full has overturned what a check found: from now on those who said otherwise can be reported. Anyone may.
@instruction
def correct_check(caller: Signer, model: Model, offence: Offence, check: Check):
    assert offence.evidence == check.key(), 'NotEvidence: the offence was shown by something else'
    assert offence.status == OFFENCE_OVERTURNED, 'NotOverturned: no appeal has been proved'
    assert check.model == model.key(), 'NotCheckedModel: the checked work was done with another model'
    assert model.detection_bps == FULL_BPS, 'NotConclusive: a sampled proof does not convict those who said otherwise'
    assert not check.proved, 'AlreadyCorrected: the result of this check is already a proved one'
    status: u8 = CHECK_UPHELD
    if offence.kind == OFFENCE_FAILED_CHECK:
        status = CHECK_REFUTED
    conclude_check(check, status, copied(offence.output), offence.owner, offence.owner)
    check.proved = True
    corrected = CheckCorrected(check.key(), status, offence.owner)
    corrected.emit()
