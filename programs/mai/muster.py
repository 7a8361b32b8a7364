# How much of the network's work a device can do: a muster calls all devices at a moment that nobody foresees, each does
# what it can of a model on an input of its own, proves it, and its power is what it showed. Only if all are asked at once
# must one machine with many names, or a machine that is not what it says, show what it has (Douceur, The Sybil Attack,
# 2002, 3.2). What is declared plays no part.
from seahorse.prelude import *
from assignment import NEWCOMER_SAMPLING, draw_seed, work_context
from digests import append_digest, copied
from emission import Emission
from native import keccak, key_bytes, number, tokens_root
from registry import PROOF_TRACE, Miner, Model, total_units

# A minute. One in so many marks is a muster: two a week in the mean, but in a young network the first after a quarter of
# an hour, the second after half an hour, each after twice as long.
MARK_SLOTS = 150
MUSTER_ODDS = 5_040
FIRST_ODDS = 15
DOUBLINGS = 9
# How long a device has to answer: half a minute, in which nobody fetches a machine that it does not have.
ANSWER_SLOTS = 75
# A device's prompt is the 32 bytes of its own seed, a token each.
PROMPT_TOKENS = 32
# A device answers in so many lanes at most, one for each stream that it runs at once.
MOST_LANES = 64
# Keeps the network's power within 64 bits for sixteen million devices.
POWER_LIMIT = 1_099_511_627_776

ANSWER_GIVEN = 1
ANSWER_PROVED = 2


# A device's latest answer in one lane, PDA ['muster', miner, lane].
class Answer(Account):
    miner: Pubkey
    lane: u8
    model: Pubkey
    # The muster that was answered, counted from 1, and what its proof must be of.
    muster: u64
    context: Array[u8, 32]
    input: Array[u8, 32]
    output: Array[u8, 32]
    tokens: u32
    # Work units for each slot of the time to answer, however much of it was used; and what the answer before had shown, if
    # it was proved. The lower of the two counts: a lie must escape twice, and many names grow no sooner than one.
    shown: u64
    before: u64
    status: u8
    bump: u8


# A muster begins; the seed of everybody's prompt is in the emission account.
@dataclass
class MusterCalled(Event):
    muster: u64
    mark: u64


@dataclass
class MusterAnswered(Event):
    muster: u64
    miner: Pubkey
    lane: u8
    model: Pubkey
    tokens: u32
    shown: u64


# What a device's power is now.
@dataclass
class PowerCounted(Event):
    miner: Pubkey
    muster: u64
    power: u64
    network: u64


# One in so many marks calls a muster after so many that there were.
def odds(musters: u64) -> u64:
    return min(MUSTER_ODDS, FIRST_ODDS << min(musters, DOUBLINGS))


# Calls the muster of a mark, if its block says that there is one.
def call(emission: Emission, slot_hashes: UncheckedAccount, config: Pubkey, mark: u64, slot: u64):
    assert mark % MARK_SLOTS == 0, 'NotAMark: a muster falls on a slot that 150 divides'
    assert mark > emission.muster_mark, 'MusterCalledBefore: this muster or a later one was called before'
    assert slot <= mark + ANSWER_SLOTS, 'MarkTooOld: the time to answer this muster is over'
    seed = draw_seed(slot_hashes, mark, 1, config, 0)
    assert number(seed) % odds(emission.muster) == 0, 'NoMuster: the block of this mark calls no muster'
    emission.muster += 1
    emission.muster_mark = mark
    emission.muster_seed = seed


# The bytes of a device's prompt in a lane.
def prompt(seed: Array[u8, 32], miner: Pubkey, lane: u8) -> Array[u8, 32]:
    data: List[u8] = []
    append_digest(data, seed)
    append_digest(data, key_bytes(miner))
    data.append(lane)
    return keccak(data)


def check_lane(lane: u8):
    assert lane < MOST_LANES, 'LaneOutOfRange: a device answers in 64 lanes, 0 to 63'


# A muster halves what was shown before, whether or not it is answered: no machine keeps two names in power by answering
# for one at a time.
def decay(emission: Emission, miner: Miner):
    missed = emission.muster - miner.muster
    if missed > 0:
        kept = miner.power >> min(missed, 63)
        emission.power -= miner.power - kept
        miner.power = kept
        miner.muster = emission.muster


def check_muster_model(model: Model, tokens: u32):
    assert model.approved, 'MusterModelNotOffered: the model is not approved'
    assert model.proof == PROOF_TRACE, 'NotTraced: a muster is answered with a model that is proved by its trace'
    assert model.detection_bps >= NEWCOMER_SAMPLING, 'MusterProofTooWeak: the proof must detect with 9,900 basis points'
    assert tokens >= 1, 'NoAnswer: an answer has at least one token'
    assert tokens <= model.max_tokens, 'AnswerTooLong: the model gives fewer tokens'


# Keeps the answer.
def give(
    answer: Answer, emission: Emission, chain_id: u32, miner: Pubkey, model: Model, model_key: Pubkey,
    answer_key: Pubkey, output: Array[u8, 32], tokens: u32, slot: u64, now: i64
):
    assert emission.muster > answer.muster, 'NothingToAnswer: there was no muster since the last answer'
    assert slot <= emission.muster_mark + ANSWER_SLOTS, 'MusterOver: the time to answer is over'
    check_muster_model(model, tokens)
    seed = copied(emission.muster_seed)
    input = tokens_root(prompt(seed, miner, answer.lane))
    answer.before = 0
    if answer.status == ANSWER_PROVED:
        answer.before = answer.shown
    answer.muster = emission.muster
    answer.model = model_key
    answer.context = work_context(
        chain_id, answer_key, model_key, input, miner, seed, u32(emission.muster), now
    )
    answer.input = input
    answer.output = output
    answer.tokens = tokens
    answer.shown = min(total_units(model.segments, model.work_units, tokens) // ANSWER_SLOTS, POWER_LIMIT)
    answer.status = ANSWER_GIVEN


# Half of what was shown twice counts, and half of that for every muster since.
def count_shown(emission: Emission, miner: Miner, answer: Answer):
    decay(emission, miner)
    if answer.muster > miner.lanes_muster:
        miner.lanes = miner.lanes_now
        miner.lanes_now = 0
        miner.lanes_muster = answer.muster
    if answer.muster == miner.lanes_muster:
        miner.lanes_now += 1
    gained = min(answer.shown, answer.before) >> min(1 + emission.muster - answer.muster, 63)
    gained = min(gained, POWER_LIMIT - miner.power)
    miner.power += gained
    emission.power += gained
    answer.status = ANSWER_PROVED
