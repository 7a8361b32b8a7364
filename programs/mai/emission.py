# What the whole network has minted and done, PDA ['emission']: the epoch's cap, and the period's figures that
# difficulty.py turns into the next period's difficulty. Written by every settlement, as the mint is.
from seahorse.prelude import *
from rewards import RATE_SCALE

# No supply above this is ever minted: it keeps every amount of the token program within 64 bits.
SUPPLY_LIMIT = 18_000_000_000_000_000_000


class Emission(Account):
    epoch: u64
    epoch_minted: u64
    # For ever, in base units.
    minted: u64
    fees_burned: u64
    slash_burned: u64
    # Devices that are registered and not retired, and the sum of their power, see muster.py.
    miners: u32
    power: u64
    # The last muster, counted from 1, the slot of its mark and the seed of its prompts.
    muster: u64
    muster_mark: u64
    muster_seed: Array[u8, 32]
    # Works that are committed and neither paid nor forfeited.
    pending: u32
    # The running period.
    period_start_ts: i64
    period_minted: u64
    period_settled: u32
    period_active_ms: u64
    period_allowed_ms: u64
    # What the last period was answered with, in 1/10^9; see difficulty.py.
    task_difficulty: u64
    sampling: u64
    multiplier: u64
    cranks: u64
    bump: u8


# The most that an epoch mints, in base units, rounded down.
def cap_of_epoch(epoch_cap: u64, rate: u64) -> u64:
    return u64(u128(epoch_cap) * u128(rate) // RATE_SCALE)


# How much can still be minted in this epoch and below the supply's limit.
def cap_left(cap: u64, epoch_minted: u64, supply: u64) -> u64:
    left: u64 = 0
    if cap > epoch_minted:
        left = cap - epoch_minted
    room: u64 = 0
    if supply < SUPPLY_LIMIT:
        room = SUPPLY_LIMIT - supply
    return min(left, room)


# The epoch's sum begins anew with the first payment of an epoch.
def enter_epoch(emission: Emission, epoch: u64):
    assert epoch >= emission.epoch, 'EpochPassed: the chain clock went back to an earlier epoch'
    if epoch > emission.epoch:
        emission.epoch = epoch
        emission.epoch_minted = 0


# Counts one payment; it is no longer pending.
def count_minted(emission: Emission, minted: u64, fee_burned: u64, active_ms: u64, allowed_ms: u64):
    emission.pending -= 1
    emission.fees_burned += fee_burned
    emission.epoch_minted += minted
    emission.minted += minted
    emission.period_minted += minted
    emission.period_settled += 1
    emission.period_active_ms += active_ms
    emission.period_allowed_ms += allowed_ms
