# What the program tells the world. With the accounts, enough to recompute every reward and the supply.
from seahorse.prelude import *


@dataclass
class MinerRegistered(Event):
    miner: Pubkey
    owner: Pubkey
    device_class: u8
    gpu_mhs: u32
    cpu_mhz: u32
    ram_mhz: u32
    storage_gb: u32
    network_mbps: u32


@dataclass
class ModelRegistered(Event):
    model: Pubkey
    segments: u32
    work_units: u64
    max_active_ms: u64


@dataclass
class TaskPosted(Event):
    task: Pubkey
    requester: Pubkey
    model: Pubkey
    position: u32
    expires_ts: i64


@dataclass
class TaskFunded(Event):
    task: Pubkey
    burned: u64
    fee_burned: u64


@dataclass
class WorkCommitted(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    tokens: u32
    active_ms: u64


# An implausible claim: not assigned, never paid, counted in the miner's violations.
@dataclass
class WorkRejected(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    reason: u8
    violations: u64


# One mint with every term of the reward, in base units. minted is less than reward for a self-chosen task.
@dataclass
class WorkSettled(Event):
    work: Pubkey
    task: Pubkey
    model: Pubkey
    miner: Pubkey
    owner: Pubkey
    active_ms: u64
    epoch: u64
    nft_bps: u64
    uptime_bps: u64
    trust_bps: u64
    difficulty_bps: u64
    rate: u64
    hourly: u64
    base: u64
    after_nft: u64
    after_uptime: u64
    after_trust: u64
    after_difficulty: u64
    reward: u64
    minted: u64


@dataclass
class RewardQuoted(Event):
    hourly: u64
    base: u64
    after_nft: u64
    after_uptime: u64
    after_trust: u64
    after_difficulty: u64
    reward: u64
