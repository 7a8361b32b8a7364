# Who may work and on what: miners with their hardware, models with their circuits.
from seahorse.prelude import *
from rewards import ACTIVE_MS_LIMIT

REGION_LIMIT = 999
SEGMENT_LIMIT = 10_000
TOKEN_LIMIT = 1_000_000
POSITION_LIMIT = 1_000_000
WORK_UNIT_LIMIT = 1_000_000_000
SEGMENT_MS_LIMIT = 86_400_000


# One device of one owner, PDA ['miner', owner, device]. Hardware is stored as it counts: capped by calibration.
class Miner(Account):
    owner: Pubkey
    # A 32-byte name of the device, in every work context.
    device: Pubkey
    device_class: u8
    attested: bool
    nft_tier: u8
    # ISO 3166-1 numeric country code; 0: not said.
    region: u16
    # major << 16 | minor << 8 | patch
    client_version: u32
    gpu_mhs: u32
    cpu_mhz: u32
    ram_mhz: u32
    storage_gb: u32
    network_mbps: u32
    registered_ts: i64
    # The registration or the end of the last committed work, whichever is later: earlier time is never paid.
    busy_until_ms: u64
    # Uptime of the last full week in basis points, and that week's number since genesis.
    uptime_bps: u16
    uptime_week: u32
    commits: u64
    settled: u64
    violations: u64
    active_ms: u64
    earned: u64
    bump: u8


# A circuit that may mint, PDA ['model', key hash words, params words]. Never changed after registration.
class Model(Account):
    # The verifier's hash of the key program, and its digest of the bound weights.
    key_hash: Array[u8, 32]
    params: Array[u8, 32]
    segments: u32
    # Work of one segment for one token, in millions of multiply-accumulates, and the most time it may take.
    work_units: u64
    max_active_ms: u64
    max_tokens: u32
    # How many positions of one input can be paid; 1 for a model that answers once.
    positions: u32
    approved: bool
    bump: u8


def check_profile(region: u16, client_version: u32):
    assert region <= REGION_LIMIT, 'RegionOutOfRange: the region is an ISO 3166-1 number up to 999'
    assert client_version < 16_777_216, 'ClientVersionOutOfRange: the client version has three bytes'


def check_model_limits(segments: u32, work_units: u64, max_active_ms: u64, max_tokens: u32, positions: u32):
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


# The work units of a whole work: every segment once for every token.
def total_units(segments: u32, work_units: u64, tokens: u32) -> u64:
    return u64(segments) * work_units * u64(tokens)


# The most active time that the model allows for so many tokens, in milliseconds; never more than one reward can count.
def most_active_ms(segments: u32, max_active_ms: u64, tokens: u32) -> u64:
    return min(u64(segments) * max_active_ms * u64(tokens), ACTIVE_MS_LIMIT)
