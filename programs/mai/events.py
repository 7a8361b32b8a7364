# What registry, tasks and settlement tell the world. With the accounts, enough to recompute every reward.
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
    bond: u64


@dataclass
class MinerUpdated(Event):
    miner: Pubkey
    device_class: u8
    gpu_mhs: u32
    cpu_mhz: u32
    ram_mhz: u32
    storage_gb: u32
    network_mbps: u32


@dataclass
class MinerRetired(Event):
    miner: Pubkey
    bond: u64
    withdrawable_ts: i64


@dataclass
class BondWithdrawn(Event):
    miner: Pubkey
    bond: u64


# A sign of life, and what the week so far has of them.
@dataclass
class Heartbeat(Event):
    miner: Pubkey
    week: u32
    hours: u16
    uptime_bps: u16
    quality_bps: u16


@dataclass
class ModelRegistered(Event):
    model: Pubkey
    proof: u8
    detection_bps: u16
    segments: u32
    work_units: u64
    max_active_ms: u64
    approved: bool


@dataclass
class TaskPosted(Event):
    task: Pubkey
    requester: Pubkey
    model: Pubkey
    position: u32
    task_class: u8
    places: u8
    expires_ts: i64
    target_slot: u64


# MAI for a task: what waits in the vault to be burned, and what went to the treasury.
@dataclass
class TaskFunded(Event):
    task: Pubkey
    fee: u64
    treasury: u64


# A task that ends without a payment: its fee goes back.
@dataclass
class TaskClosed(Event):
    task: Pubkey
    status: u8
    refunded: u64


@dataclass
class TaskRedrawn(Event):
    task: Pubkey
    round: u32
    target_slot: u64


# One place given to a miner: the draw's ticket was below its chance (both in 1/10^9).
@dataclass
class WorkAssigned(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    round: u32
    ticket: u64
    chance: u64
    sampling_bps: u16
    at_risk: u64
    deadline_ts: i64


@dataclass
class WorkCommitted(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    tokens: u32
    active_ms: u64
    votes: u8


# An implausible claim: the place is free again, never paid, counted in the miner's violations.
@dataclass
class WorkRejected(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    reason: u8
    violations: u64


# Not committed in time: the place is free again.
@dataclass
class WorkMissed(Event):
    work: Pubkey
    task: Pubkey
    miner: Pubkey
    failures: u64


# One mint with every term of the reward, in base units. minted is less than reward above the epoch's cap, for a
# self-chosen task, and above the class's limit for a work that was not proved in full.
@dataclass
class WorkSettled(Event):
    work: Pubkey
    task: Pubkey
    model: Pubkey
    miner: Pubkey
    owner: Pubkey
    active_ms: u64
    counted_ms: u64
    epoch: u64
    nft_bps: u64
    uptime_bps: u64
    trust_bps: u64
    multiplier: u64
    quality_bps: u64
    rate: u64
    hourly: u64
    base: u64
    after_nft: u64
    after_uptime: u64
    after_trust: u64
    after_difficulty: u64
    after_quality: u64
    reward: u64
    limit: u64
    cap_left: u64
    minted: u64
    fee_burned: u64


@dataclass
class RewardQuoted(Event):
    hourly: u64
    base: u64
    after_nft: u64
    after_uptime: u64
    after_trust: u64
    after_difficulty: u64
    after_quality: u64
    reward: u64


# The difficulty of the next period, in 1/10^9, and the figures of the last one that it follows from.
@dataclass
class DifficultyTurned(Event):
    period_s: u64
    minted: u64
    settled: u32
    pending: u32
    cap_left: u64
    completion_bps: u64
    utilisation_bps: u64
    task_difficulty: u64
    sampling: u64
    multiplier: u64
