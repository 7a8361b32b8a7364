# Who may take a task: a lottery that anyone can recompute. The block hash of a slot after the posting seeds it, each
# miner's ticket is a hash of seed and miner, and the chance grows with reputation and with waiting. So nobody can
# choose a miner for a task, and nobody holds a share for certain.
from seahorse.prelude import *
from native import block_hash, first_block, keccak, key_bytes, number
from parameters import FULL_BPS, TASK_CRITICAL, TASK_ROUTINE
from digests import append_digest
from rewards import ONE

# Slots between the posting and the first seed block: routine tasks take the next block, the others later leaders' ones.
ROUTINE_DELAY = 1
STANDARD_DELAY = 8
CRITICAL_DELAY = 32
# A critical task's seed hashes the blocks of four leaders.
CRITICAL_BLOCKS = 4
BLOCK_STRIDE = 4
EVICTED = 18_446_744_073_709_551_615

# A slot lasts two fifths of a second.
SLOT_FIFTHS = 2

AVERAGE_SCORE = 7_500
# The chance doubles this often, and from OPEN_AFTER_S on everybody may take the task.
DOUBLING_S = 4
OPEN_AFTER_S = 30
# Until then nobody is certain, unless there are no more miners than the round lets in.
HIGHEST_CHANCE = 950_000_000
CERTAIN = 1_000_000_000
# Trusted miners have routine tasks to themselves for so long, at four times the chance.
TRUSTED_LEAD_S = 5
TRUSTED_FACTOR = 4
REGION_BONUS_BPS = 1_000
# A newcomer's first tasks are always proved: whole, or by a trace that misses one skipped work in a hundred.
NEWCOMER_SAMPLING = 9_900
# The quality asked for at task difficulty 1.0 while a round is young.
DIFFICULTY_QUALITY = 2_500


def seed_delay(task_class: u8) -> u64:
    if task_class == TASK_ROUTINE:
        return ROUTINE_DELAY
    if task_class == TASK_CRITICAL:
        return CRITICAL_DELAY
    return STANDARD_DELAY


def seed_blocks(task_class: u8) -> u64:
    if task_class == TASK_CRITICAL:
        return CRITICAL_BLOCKS
    return 1


# Seconds since the last block that seeds the draw, by the slots: a refused attempt leaves nothing from which the wait
# could be counted, and nobody can start it early or late.
def waited_since(task_class: u8, target: u64, slot: u64) -> u64:
    seeded = target + BLOCK_STRIDE * (seed_blocks(task_class) - 1)
    return (slot - min(slot, seeded)) * SLOT_FIFTHS // 5


# The seed of a draw: keccak256 of the subject, its round, and the first blocks at or after the target slots.
def draw_seed(slot_hashes: UncheckedAccount, target: u64, blocks: u64, subject: Pubkey, round: u32) -> Array[u8, 32]:
    data: List[u8] = []
    append_digest(data, key_bytes(subject))
    for b in int_bytes(round):
        data.append(b)
    for index in range(blocks):
        slot = first_block(slot_hashes, target + BLOCK_STRIDE * u64(index))
        assert slot > 0, 'SeedTooEarly: the block that seeds the draw is not there yet'
        assert slot < EVICTED, 'SeedEvicted: the block that seeds the draw is too old to be known'
        append_digest(data, block_hash(slot_hashes, slot))
    return keccak(data)


# What decides between miners: reputation, raised by the NFT and by nearness, divided among the works in flight.
def score(quality_bps: u16, nft_bps: u64, near: bool, in_flight: u8) -> u64:
    total = FULL_BPS + nft_bps
    if near:
        total += REGION_BONUS_BPS
    return u64(quality_bps) * total // FULL_BPS // (1 + u64(in_flight))


# The chance, in 1/10^9, that one of `count` may take a place in this round after `waited_s`: in proportion to its score
# and its share of the power that musters showed, so that many names for one machine win nothing. A device that showed
# nothing yet has one unit a slot. Rounded down once, at the end.
def chance(
    score_bps: u64, power: u64, total_power: u64, count: u32, target: u64, waited_s: u64, trusted: bool
) -> u64:
    if u64(count) <= target or waited_s >= OPEN_AFTER_S:
        return CERTAIN
    share = u128(target) * CERTAIN * u128(score_bps) * (u128(power) + 1)
    if trusted:
        share = share * TRUSTED_FACTOR
    for doubling in range(waited_s // DOUBLING_S):
        share = share * 2
    return u64(min(share // ((u128(total_power) + u128(count)) * AVERAGE_SCORE), HIGHEST_CHANCE))


# A ticket from 0 to 10^9 - 1: it wins if it is below the chance.
def ticket(seed: Array[u8, 32], who: Pubkey) -> u64:
    data: List[u8] = []
    append_digest(data, seed)
    append_digest(data, key_bytes(who))
    return number(keccak(data)) % CERTAIN


# keccak256 of chain id, task, model, input, device, seed, round and time: what binds a proof to this very assignment.
# The seed is the salt: it is known to nobody before the assignment.
def work_context(
    chain_id: u32, task: Pubkey, model: Pubkey, input: Array[u8, 32], miner: Pubkey, seed: Array[u8, 32], round: u32,
    now: i64
) -> Array[u8, 32]:
    data: List[u8] = []
    for b in int_bytes(chain_id):
        data.append(b)
    append_digest(data, key_bytes(task))
    append_digest(data, key_bytes(model))
    append_digest(data, input)
    append_digest(data, key_bytes(miner))
    append_digest(data, seed)
    for b in int_bytes(round):
        data.append(b)
    for b in int_bytes(now):
        data.append(b)
    return keccak(data)


# The chance of detection that a work's proof must have: a newcomer's highest, else the class's, raised by the
# network's sampling ratio (1/10^9).
def required_sampling(class_bps: u64, sampling: u64, newcomer: bool) -> u64:
    if newcomer:
        return NEWCOMER_SAMPLING
    return min(u64(u128(class_bps) * u128(sampling) // ONE), NEWCOMER_SAMPLING)
