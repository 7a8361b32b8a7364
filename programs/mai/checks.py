# Spot-checks, PDA ['check', work, challenger's stake]: a second one re-executes a work and disagrees, and a third one,
# drawn, decides. A third who agrees with neither begins the next round; two thirds who agree overrule both parties.
# Everybody is named by wallet: a wallet has one stake.
from seahorse.prelude import *
from digests import copied
from governance import Governance
from staking import Stake
from tasks import Work

CHECK_OPEN = 1
# The accused was wrong, the challenger was wrong, or nobody can tell: three thirds found three outputs, or none came.
CHECK_UPHELD = 2
CHECK_REFUTED = 3
CHECK_VOID = 4

CHECK_ROUNDS = 3
# Slots between a round's beginning and the block that draws its third.
CHECK_DELAY = 8


class Check(Account):
    work: Pubkey
    task: Pubkey
    model: Pubkey
    miner: Pubkey
    status: u8
    accused: Pubkey
    challenger: Pubkey
    challenger_output: Array[u8, 32]
    # Who answered in each round, and what.
    thirds: Array[Pubkey, 3]
    output0: Array[u8, 32]
    output1: Array[u8, 32]
    output2: Array[u8, 32]
    # The output that was found right, who showed it, and who confirmed that.
    result: Array[u8, 32]
    reporter: Pubkey
    assistant: Pubkey
    # An appeal has proved the result.
    proved: bool
    # The party's stake is still bound to this check.
    accused_held: bool
    challenger_held: bool
    opened_ts: i64
    decide_until_ts: i64
    # The draw of the third, as an assignment's.
    round: u32
    target_slot: u64
    seed: Array[u8, 32]
    seeded: bool
    seeded_ts: i64
    bump: u8


@dataclass
class CheckOpened(Event):
    check: Pubkey
    work: Pubkey
    accused: Pubkey
    challenger: Pubkey
    decide_until_ts: i64


@dataclass
class CheckDrawn(Event):
    check: Pubkey
    round: u32
    seeded: bool
    target_slot: u64


@dataclass
class CheckAnswered(Event):
    check: Pubkey
    work: Pubkey
    third: Pubkey
    round: u32
    status: u8


@dataclass
class CheckVoided(Event):
    check: Pubkey
    work: Pubkey


@dataclass
class CheckCorrected(Event):
    check: Pubkey
    status: u8
    prover: Pubkey


# Keeps governance's count of verifiers after a change of this stake.
def count_verifier(governance: Governance, stake: Stake, least: u64):
    enough = stake.verifier >= least
    if enough and not stake.is_verifier:
        governance.verifiers += 1
    elif stake.is_verifier and not enough:
        governance.verifiers -= 1
    stake.is_verifier = enough


# Every open challenge is backed by a whole verifier stake, and so is the next word.
def check_verifier(stake: Stake, least: u64):
    backed = u128(least) * (u128(stake.challenges) + 1)
    assert u128(stake.verifier) >= backed, 'VerifierStakeTooLow: every open challenge needs a verifier stake of its own'


def check_open_check(check: Check):
    assert check.status == CHECK_OPEN, 'CheckClosed: the check is already decided'


def check_parties(check: Check, challenger: Stake, accused: Stake):
    assert challenger.owner == check.challenger, 'NotChallenger: this stake did not open the check'
    assert accused.owner == check.accused, 'NotAccused: this stake is not the accused one'


def release_accused(check: Check, accused: Stake):
    if check.accused_held:
        accused.disputes -= 1
        check.accused_held = False


def release_challenger(check: Check, challenger: Stake):
    if check.challenger_held:
        challenger.disputes -= 1
        challenger.challenges -= 1
        check.challenger_held = False


# The next third is drawn by a block that nobody knows yet.
def begin_round(check: Check, slot: u64):
    check.target_slot = slot + CHECK_DELAY
    check.seeded = False


def check_new_third(check: Check, owner: Pubkey):
    assert owner != check.challenger, 'ChallengerDecides: the challenger cannot decide its own challenge'
    assert owner != check.accused, 'AccusedDecides: the accused cannot decide its own case'
    for round in range(check.round):
        assert check.thirds[round] != owner, 'AlreadyAnswered: a third answers once'


def output_of_round(check: Check, round: u32) -> Array[u8, 32]:
    if round == 0:
        return copied(check.output0)
    if round == 1:
        return copied(check.output1)
    return copied(check.output2)


# What this wallet said in the check; the result for who said nothing.
def output_of(check: Check, owner: Pubkey) -> Array[u8, 32]:
    if owner == check.challenger:
        return copied(check.challenger_output)
    for round in range(3):
        if check.thirds[round] == owner:
            return output_of_round(check, u32(round))
    return copied(check.result)


# The round before this one in which a third gave this output, or CHECK_ROUNDS.
def agreeing_round(check: Check, output: Array[u8, 32]) -> u32:
    for round in range(check.round):
        if output_of_round(check, u32(round)) == output:
            return u32(round)
    return CHECK_ROUNDS


def conclude_check(check: Check, status: u8, output: Array[u8, 32], reporter: Pubkey, assistant: Pubkey):
    check.status = status
    check.result = output
    check.reporter = reporter
    check.assistant = assistant


# Takes down a third's output. The check ends as soon as two of those who are asked say the same.
def answer(check: Check, work: Work, owner: Pubkey, output: Array[u8, 32], slot: u64):
    agreeing = agreeing_round(check, output)
    round = check.round
    check.thirds[round] = owner
    if round == 0:
        check.output0 = copied(output)
    elif round == 1:
        check.output1 = copied(output)
    else:
        check.output2 = copied(output)
    challenger = check.challenger
    accused = check.accused
    if output == check.challenger_output:
        conclude_check(check, CHECK_UPHELD, output, challenger, owner)
    elif output == work.output:
        conclude_check(check, CHECK_REFUTED, output, owner, accused)
    elif agreeing < CHECK_ROUNDS:
        first = check.thirds[agreeing]
        conclude_check(check, CHECK_UPHELD, output, first, owner)
    elif round + 1 == CHECK_ROUNDS:
        check.status = CHECK_VOID
    else:
        check.round += 1
        begin_round(check, slot)


# Ends the dispute over a work that stands: its time to be proved stood still.
def resume(work: Work, check: Check, now: i64):
    work.disputed = False
    work.prove_until_ts += now - check.opened_ts
