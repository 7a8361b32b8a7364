# Who may work and on what: miners with their hardware, models with their proofs.
from seahorse.prelude import *
from calibration import (
    CALIBRATION_FIELDS, CAP_CPU_MHZ, CAP_GPU_MHS, CAP_NETWORK_MBPS, CAP_RAM_MHZ, CAP_STORAGE_GB, Calibration,
    check_device_class, counted
)
from rewards import ACTIVE_MS_LIMIT, HOUR_MS, hourly_rate

REGION_LIMIT = 999
CORES_LIMIT = 4_096
MEMORY_LIMIT_MB = 16_777_216
SEGMENT_LIMIT = 10_000
TOKEN_LIMIT = 1_000_000
POSITION_LIMIT = 1_000_000
WORK_UNIT_LIMIT = 1_000_000_000
SEGMENT_MS_LIMIT = 86_400_000
# From so many work units a token a model is large, and its miners have the longer timeout.
LARGE_UNITS = 10_000

# What a million work units pay at launch rates before bonuses, in base units: the same to every device, so that neither
# a class nor hardware nor a slow hand is worth anything that the work is not. And what everything around a work is worth.
UNIT_PAY = 176_000_000
OVERHEAD_UNITS = 500_000
UNITS_SCALE = 1_000_000

MINER_ACTIVE = 1
MINER_RETIRED = 2
# How long a retired device's bond stays: longer than any window in which its last work can be challenged or appealed.
BOND_COOLDOWN_S = 1_814_400

# The whole model is in one proof, or a trace of it with drawn leaves (docs/reference/trace.md).
PROOF_WHOLE = 0
PROOF_TRACE = 1
LOWEST_DETECTION = 100


# One device of one owner, PDA ['miner', owner, device]. Hardware is stored as it counts: capped by calibration.
class Miner(Account):
    owner: Pubkey
    # A 32-byte name of the device, in every work context.
    device: Pubkey
    status: u8
    device_class: u8
    attested: bool
    # ISO 3166-1 numeric country code; 0: not said.
    region: u16
    # major << 16 | minor << 8 | patch
    client_version: u32
    # UTF-8, filled up with zeros.
    gpu_model: Array[u8, 32]
    vram_mb: u32
    cores: u16
    ram_mb: u32
    gpu_mhs: u32
    cpu_mhz: u32
    ram_mhz: u32
    storage_gb: u32
    network_mbps: u32
    # Refundable, in lamports, held by this account.
    bond: u64
    registered_ts: i64
    retired_ts: i64
    # The registration or the end of the last committed work, whichever is later: earlier time is never paid.
    busy_until_ms: u64
    in_flight: u8
    # Work units a slot that it showed, halved with every muster; the muster up to which that is done; and in how many lanes
    # it showed something in the last muster that it proved, and in the one before.
    power: u64
    muster: u64
    lanes_now: u8
    lanes: u8
    lanes_muster: u64
    # The linked NFT; its holder's token account is looked at in every settlement.
    nft_tier: u8
    nft_mint: Pubkey
    nft_account: Pubkey
    # From this week on; an NFT that was moved counts from the week after.
    nft_week: u32
    # This week so far, see quality.py.
    week: u32
    last_hour: u32
    hours: u16
    missed: u16
    completed: u32
    failed: u32
    rejected: u32
    consistent: u32
    active_ms_week: u64
    allowed_ms_week: u64
    # Results of the last full week, and the reputation that follows from all of them; basis points.
    uptime_bps: u16
    quality_bps: u16
    # For ever.
    assigned: u64
    commits: u64
    settled: u64
    failures: u64
    violations: u64
    offences: u64
    overturned: u64
    active_ms: u64
    earned: u64
    bump: u8


# What may mint, PDA ['model', key hash words, params words]. Never changed but for its approval.
class Model(Account):
    # Of a whole proof: the verifier's hash of the key program, and its digest of the bound weights.
    # Of a trace: the manifest's hash, and zeros.
    key_hash: Array[u8, 32]
    params: Array[u8, 32]
    proof: u8
    # The chance that its proof catches whoever skips the work; 10,000 for a whole proof.
    detection_bps: u16
    segments: u32
    # Work of one segment for one token, in millions of multiply-accumulates, and the most time it may take.
    work_units: u64
    max_active_ms: u64
    max_tokens: u32
    # How many positions of one input can be paid; 1 for a model that answers once.
    positions: u32
    # GPU memory that a device needs to be assigned a task, in MB.
    vram_mb: u32
    approved: bool
    bump: u8


# Only the owner speaks for a device, and only until it is retired.
def check_active(miner: Miner, owner: Pubkey):
    assert miner.owner == owner, 'NotMinerOwner: the device belongs to somebody else'
    assert miner.status == MINER_ACTIVE, 'MinerNotActive: the device is retired'


# The hourly rate of what counts of a device today, in base units: the calibration may have changed since it registered.
def counted_rate(miner: Miner, calibration: Calibration) -> u128:
    return hourly_rate(
        counted(calibration.entries, miner.device_class, CAP_GPU_MHS, miner.gpu_mhs),
        counted(calibration.entries, miner.device_class, CAP_CPU_MHZ, miner.cpu_mhz),
        counted(calibration.entries, miner.device_class, CAP_RAM_MHZ, miner.ram_mhz),
        counted(calibration.entries, miner.device_class, CAP_STORAGE_GB, miner.storage_gb),
        counted(calibration.entries, miner.device_class, CAP_NETWORK_MBPS, miner.network_mbps)
    )


# The active time that verified work units are worth, in milliseconds rounded down: what they pay over the hourly rate
# (see counted_rate). What a device claims, or declares of itself, changes how a payment is called and not what it is.
def verified_ms(hourly: u128, units: u64) -> u64:
    pay = (u128(units) + OVERHEAD_UNITS) * UNIT_PAY // UNITS_SCALE
    return u64(min(pay * HOUR_MS // max(hourly, 1), ACTIVE_MS_LIMIT))


def check_profile(region: u16, client_version: u32, vram_mb: u32, cores: u16, ram_mb: u32):
    assert region <= REGION_LIMIT, 'RegionOutOfRange: the region is an ISO 3166-1 number up to 999'
    assert client_version < 16_777_216, 'ClientVersionOutOfRange: the client version has three bytes'
    assert vram_mb <= MEMORY_LIMIT_MB, 'VramOutOfRange: at most 16 TB of GPU memory can be declared'
    assert cores <= CORES_LIMIT, 'CoresOutOfRange: at most 4,096 cores can be declared'
    assert ram_mb <= MEMORY_LIMIT_MB, 'MemoryOutOfRange: at most 16 TB of RAM can be declared'


# Writes what a device declares; a quantity counts up to the calibration of the device's class.
def declare(
    miner: Miner, calibration: Calibration, device_class: u8, region: u16, client_version: u32,
    gpu_model: Array[u8, 32], vram_mb: u32, cores: u16, ram_mb: u32, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32,
    storage_gb: u32, network_mbps: u32
):
    check_device_class(device_class)
    check_profile(region, client_version, vram_mb, cores, ram_mb)
    if calibration.entries[CALIBRATION_FIELDS * device_class + CAP_GPU_MHS] == 0:
        assert vram_mb == 0, 'VramWithoutGpu: a device of a class without a GPU has no GPU memory'
    hourly_rate(gpu_mhs, cpu_mhz, ram_mhz, storage_gb, network_mbps)
    miner.device_class = device_class
    miner.region = region
    miner.client_version = client_version
    miner.gpu_model = gpu_model
    miner.vram_mb = vram_mb
    miner.cores = cores
    miner.ram_mb = ram_mb
    miner.gpu_mhs = counted(calibration.entries, device_class, CAP_GPU_MHS, gpu_mhs)
    miner.cpu_mhz = counted(calibration.entries, device_class, CAP_CPU_MHZ, cpu_mhz)
    miner.ram_mhz = counted(calibration.entries, device_class, CAP_RAM_MHZ, ram_mhz)
    miner.storage_gb = counted(calibration.entries, device_class, CAP_STORAGE_GB, storage_gb)
    miner.network_mbps = counted(calibration.entries, device_class, CAP_NETWORK_MBPS, network_mbps)


def check_model_limits(
    segments: u32, work_units: u64, max_active_ms: u64, max_tokens: u32, positions: u32, vram_mb: u32
):
    assert segments >= 1, 'NoSegments: a model has at least one segment'
    assert segments <= SEGMENT_LIMIT, 'TooManySegments: a model has at most 10,000 segments'
    assert work_units >= 1, 'NoWorkUnits: a segment does at least one work unit'
    assert work_units <= WORK_UNIT_LIMIT, 'TooManyWorkUnits: a segment does at most 1,000,000,000 work units'
    assert max_active_ms >= 1, 'NoTimeAllowed: a segment may take at least 1 ms'
    assert max_active_ms <= SEGMENT_MS_LIMIT, 'TooMuchTimeAllowed: a segment may take at most a day'
    assert max_tokens >= 1, 'NoTokensAllowed: a model gives at least one token'
    assert max_tokens <= TOKEN_LIMIT, 'TooManyTokensAllowed: a model gives at most 1,000,000 tokens'
    assert positions >= 1, 'NoPositions: a model has at least one position'
    assert positions <= POSITION_LIMIT, 'TooManyPositions: a model has at most 1,000,000 positions'
    assert vram_mb <= MEMORY_LIMIT_MB, 'TooMuchVram: a model needs at most 16 TB of GPU memory'


def check_proof_kind(proof: u8, detection_bps: u16):
    assert proof <= PROOF_TRACE, 'UnknownProof: a model is proved whole (0) or by its trace (1)'
    assert detection_bps <= 10_000, 'DetectionTooHigh: the chance of detection is at most 10,000 basis points'
    assert detection_bps >= LOWEST_DETECTION, 'DetectionTooLow: the chance of detection is at least 100 basis points'
    if proof == PROOF_WHOLE:
        assert detection_bps == 10_000, 'WholeProofDetects: a whole proof detects with 10,000 basis points'


# The work units of a whole work: every segment once for every token.
def total_units(segments: u32, work_units: u64, tokens: u32) -> u64:
    return u64(segments) * work_units * u64(tokens)


# The most active time that the model allows for so many tokens, in milliseconds; never more than one reward can count.
def most_active_ms(segments: u32, max_active_ms: u64, tokens: u32) -> u64:
    return min(u64(segments) * max_active_ms * u64(tokens), ACTIVE_MS_LIMIT)


# How long an assigned miner has until it must commit: 60 s by default, 300 s for large models.
def commit_timeout(segments: u32, work_units: u64, timeout_s: u64, large_timeout_s: u64) -> u64:
    if u64(segments) * work_units >= LARGE_UNITS:
        return large_timeout_s
    return timeout_s
