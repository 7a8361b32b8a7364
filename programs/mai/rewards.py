# The reward of verified work, in base units (10^-9 MAI). Integers only; every division rounds down.
#
#   hourly     = the sum of rate x quantity over the five resources, at launch rates        (exact)
#   base       = hourly x counted_ms // 3,600,000
#   nft        = base x (10,000 + NFT bonus) // 10,000
#   uptime     = nft x (10,000 + uptime bonus) // 10,000
#   trust      = uptime x trust // 10,000
#   difficulty = trust x multiplier // 10^9
#   quality    = difficulty x quality factor // 10,000
#   amount     = quality x epoch rate // 100,000                                            (the halving)
#
# An epoch is 180 days and takes 10 % off every rate; after the third year the rate is the floor.
# Within the limits below no step can overflow: amount < 1.5 x 10^19 < 2^64.
from seahorse.prelude import *
from parameters import FULL_BPS

# Launch rates, base units per hour: 5 MAI per MH/s, 2 per GHz, 0.2 per 1,000 MHz of RAM, 0.1 per 10 GB, 0.1 per Mbps.
GPU_RATE = 5_000_000_000
CPU_RATE = 2_000_000
RAM_RATE = 200_000
STORAGE_RATE = 10_000_000
NETWORK_RATE = 100_000_000

HOUR_MS = 3_600_000
EPOCH_SECONDS = 15_552_000
RATE_SCALE = 100_000

QUANTITY_LIMIT = 1_000_000
ACTIVE_MS_LIMIT = 2_592_000_000
BONUS_LIMIT = 2_000
LOWEST_TRUST = 6_000
ONE = 1_000_000_000
MULTIPLIER_LIMIT = 3_000_000_000


# Every term of one reward, in base units.
@dataclass
class Reward:
    hourly: u64
    base: u64
    after_nft: u64
    after_uptime: u64
    after_trust: u64
    after_difficulty: u64
    after_quality: u64
    amount: u64


# Which 180-day epoch a time belongs to; both times in Unix seconds.
def epoch_at(genesis_ts: i64, now: i64) -> u64:
    assert now >= genesis_ts, 'ClockBeforeGenesis: the chain clock is earlier than genesis'
    return u64((now - genesis_ts) // EPOCH_SECONDS)


# Seconds until the epoch of `now` ends.
def epoch_left(genesis_ts: i64, now: i64) -> u64:
    return u64(EPOCH_SECONDS - (now - genesis_ts) % EPOCH_SECONDS)


# The share of the launch rates that an epoch pays, in 1/100,000.
def epoch_rate(epoch: u64, rate_floor: u64) -> u64:
    if epoch >= 6:
        return rate_floor
    rates = array(u64(100_000), 90_000, 81_000, 72_900, 65_610, 59_049)
    return rates[epoch]


# The bonus of an NFT tier, in basis points.
def nft_bonus(tier: u8) -> u64:
    assert tier <= 5, 'UnknownNftTier: the NFT tier must be 0 to 5'
    bonuses = array(u64(0), 500, 1_000, 1_500, 2_000, 1_000)
    return bonuses[tier]


# The bonus of last week's uptime; both in basis points. 80 % and more: 5 %; 50 % to below 80 %: 2 %.
def uptime_bonus(uptime_bps: u16) -> u64:
    if uptime_bps >= 8_000:
        return 500
    if uptime_bps >= 5_000:
        return 200
    return 0


# What the declared hardware earns in one active hour at launch rates.
def hourly_rate(gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32) -> u128:
    assert gpu_mhs <= QUANTITY_LIMIT, 'GpuOutOfRange: at most 1,000,000 MH/s can be declared'
    assert cpu_mhz <= QUANTITY_LIMIT, 'CpuOutOfRange: at most 1,000,000 MHz of CPU can be declared'
    assert ram_mhz <= QUANTITY_LIMIT, 'RamOutOfRange: at most 1,000,000 MHz of RAM can be declared'
    assert storage_gb <= QUANTITY_LIMIT, 'StorageOutOfRange: at most 1,000,000 GB of storage can be declared'
    assert network_mbps <= QUANTITY_LIMIT, 'NetworkOutOfRange: at most 1,000,000 Mbps can be declared'
    total = u128(gpu_mhs) * GPU_RATE + u128(cpu_mhz) * CPU_RATE + u128(ram_mhz) * RAM_RATE
    return total + u128(storage_gb) * STORAGE_RATE + u128(network_mbps) * NETWORK_RATE


# The whole formula. Bonuses, trust and quality in basis points, the multiplier in 1/10^9; rate in 1/100,000 (see epoch_rate).
def reward(
    hourly: u128, active_ms: u64, nft_bps: u64, uptime_bps: u64, trust_bps: u64, multiplier: u64,
    quality_bps: u64, rate: u64
) -> Reward:
    assert active_ms <= ACTIVE_MS_LIMIT, 'ActiveTimeOutOfRange: one work may be active for at most 30 days'
    assert nft_bps <= BONUS_LIMIT, 'NftBonusOutOfRange: an NFT bonus is at most 2,000 basis points'
    assert uptime_bps <= BONUS_LIMIT, 'UptimeBonusOutOfRange: an uptime bonus is at most 2,000 basis points'
    assert trust_bps >= LOWEST_TRUST, 'TrustTooLow: trust is at least 6,000 basis points'
    assert trust_bps <= FULL_BPS, 'TrustTooHigh: trust is at most 10,000 basis points'
    assert multiplier <= MULTIPLIER_LIMIT, 'MultiplierOutOfRange: the multiplier is at most 3,000,000,000'
    assert quality_bps <= FULL_BPS, 'QualityOutOfRange: quality is at most 10,000 basis points'
    assert rate <= RATE_SCALE, 'RateOutOfRange: an epoch rate is at most 100,000'
    base = hourly * u128(active_ms) // HOUR_MS
    after_nft = base * (FULL_BPS + u128(nft_bps)) // FULL_BPS
    after_uptime = after_nft * (FULL_BPS + u128(uptime_bps)) // FULL_BPS
    after_trust = after_uptime * u128(trust_bps) // FULL_BPS
    after_difficulty = after_trust * u128(multiplier) // ONE
    after_quality = after_difficulty * u128(quality_bps) // FULL_BPS
    amount = after_quality * u128(rate) // RATE_SCALE
    return Reward(
        u64(hourly), u64(base), u64(after_nft), u64(after_uptime), u64(after_trust), u64(after_difficulty),
        u64(after_quality), u64(amount)
    )
