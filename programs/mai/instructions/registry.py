# Who may work, on what, and what of it can be paid.
from seahorse.prelude import *
from calibration import Calibration
from config import PHASE_OPEN, Config, check_open, week_at
from digests import digest
from emission import Emission
from events import BondWithdrawn, Heartbeat, MinerRegistered, MinerRetired, MinerUpdated, ModelRegistered
from parameters import BOND_LAMPORTS
from quality import NEWCOMER_QUALITY, count_hour, enter_week
from registry import (
    BOND_COOLDOWN_S, MINER_ACTIVE, MINER_RETIRED, Miner, Model, check_active, check_model_limits, check_proof_kind,
    declare
)
from staking import Stake
from tasks import SpentRecord, to_ms


# Registers one device and takes its bond. What is declared counts only up to the calibration of its class.
@instruction
def register_miner(
    owner: Signer, config: Config, calibration: Calibration, emission: Emission, stake: Stake, miner: Empty[Miner],
    clock: Clock, device: Pubkey, device_class: u8, region: u16, client_version: u32, gpu_model: Array[u8, 32],
    vram_mb: u32, cores: u16, ram_mb: u32, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32,
    network_mbps: u32
):
    bump = miner.bump()
    miner = miner.init(payer=owner, seeds=['miner', owner, device])
    now = clock.unix_timestamp()
    check_open(config)
    assert stake.owner == owner.key(), 'NotStakeOwner: the stake belongs to somebody else'
    miner.owner = owner.key()
    miner.device = device
    miner.status = MINER_ACTIVE
    declare(
        miner, calibration, device_class, region, client_version, gpu_model, vram_mb, cores, ram_mb, gpu_mhs, cpu_mhz,
        ram_mhz, storage_gb, network_mbps
    )
    miner.registered_ts = now
    # No time before the registration is ever paid.
    miner.busy_until_ms = to_ms(now)
    miner.week = week_at(config.genesis_ts, now)
    miner.quality_bps = NEWCOMER_QUALITY
    miner.bond = config.parameters[BOND_LAMPORTS]
    miner.bump = bump
    miner.muster = emission.muster
    emission.miners += 1
    bond = miner.bond
    owner.transfer_lamports(miner, bond)
    registered = MinerRegistered(
        miner.key(), owner.key(), device_class, miner.gpu_mhs, miner.cpu_mhz, miner.ram_mhz, miner.storage_gb,
        miner.network_mbps, bond
    )
    registered.emit()


# Declares a device anew: other parts, another class, another client. Its history stays.
@instruction
def update_miner(
    owner: Signer, config: Config, calibration: Calibration, miner: Miner, clock: Clock,
    device_class: u8, region: u16, client_version: u32, gpu_model: Array[u8, 32], vram_mb: u32, cores: u16,
    ram_mb: u32, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32
):
    now = clock.unix_timestamp()
    check_active(miner, owner.key())
    assert miner.in_flight == 0, 'DeviceBusy: the device has work in flight'
    enter_week(config, miner, now)
    declare(
        miner, calibration, device_class, region, client_version, gpu_model, vram_mb, cores, ram_mb, gpu_mhs, cpu_mhz,
        ram_mhz, storage_gb, network_mbps
    )
    updated = MinerUpdated(
        miner.key(), device_class, miner.gpu_mhs, miner.cpu_mhz, miner.ram_mhz, miner.storage_gb, miner.network_mbps
    )
    updated.emit()


# A sign of life: counts towards the week's uptime, once an hour.
@instruction
def heartbeat(owner: Signer, config: Config, miner: Miner, clock: Clock):
    now = clock.unix_timestamp()
    check_active(miner, owner.key())
    enter_week(config, miner, now)
    count_hour(miner, config.genesis_ts, now)
    beat = Heartbeat(miner.key(), miner.week, miner.hours, miner.uptime_bps, miner.quality_bps)
    beat.emit()


# Ends a device's work for ever; the bond can be withdrawn after its last work can no longer be challenged.
@instruction
def retire_miner(owner: Signer, emission: Emission, miner: Miner, clock: Clock):
    check_active(miner, owner.key())
    assert miner.in_flight == 0, 'WorkInFlight: a device with work in flight cannot retire'
    miner.status = MINER_RETIRED
    miner.retired_ts = clock.unix_timestamp()
    emission.miners -= 1
    emission.power -= miner.power
    miner.power = 0
    retired = MinerRetired(miner.key(), miner.bond, miner.retired_ts + BOND_COOLDOWN_S)
    retired.emit()


# Returns what is left of a retired device's bond.
@instruction
def withdraw_bond(owner: Signer, stake: Stake, miner: Miner, clock: Clock):
    assert miner.owner == owner.key(), 'NotBondOwner: the bond belongs to the owner of the device'
    assert stake.owner == owner.key(), 'NotOwnStake: the stake belongs to somebody else'
    assert miner.status == MINER_RETIRED, 'NotRetired: only a retired device gets its bond back'
    assert clock.unix_timestamp() >= miner.retired_ts + BOND_COOLDOWN_S, 'BondLocked: the bond stays for 21 days'
    assert stake.disputes == 0, 'BondDisputed: a challenge of this owner is open'
    assert miner.bond > 0, 'NoBond: there is no bond to withdraw'
    bond = miner.bond
    miner.bond = 0
    miner.transfer_lamports(owner, bond)
    withdrawn = BondWithdrawn(miner.key(), bond)
    withdrawn.emit()


# Registers what may mint: at once by the authority before mining opens, by a vote of the DAO afterwards. Only the
# approval ever changes. Whoever is first fixes a model's limits, so before the opening nobody else can be.
@instruction
def register_model(
    payer: Signer, config: Config, model: Empty[Model], key0: u64, key1: u64, key2: u64, key3: u64, params0: u64,
    params1: u64, params2: u64, params3: u64, proof: u8, detection_bps: u16, segments: u32, work_units: u64,
    max_active_ms: u64, max_tokens: u32, positions: u32, vram_mb: u32
):
    bump = model.bump()
    model = model.init(payer=payer, seeds=['model', key0, key1, key2, key3, params0, params1, params2, params3])
    may_register = config.phase == PHASE_OPEN or payer.key() == config.authority
    assert may_register, 'ModelsNotOpen: until mining opens only the authority of genesis registers models'
    check_model_limits(segments, work_units, max_active_ms, max_tokens, positions, vram_mb)
    check_proof_kind(proof, detection_bps)
    model.key_hash = digest(key0, key1, key2, key3)
    model.params = digest(params0, params1, params2, params3)
    model.proof = proof
    model.detection_bps = detection_bps
    model.segments = segments
    model.work_units = work_units
    model.max_active_ms = max_active_ms
    model.max_tokens = max_tokens
    model.positions = positions
    model.vram_mb = vram_mb
    # After the opening the authority is the zero key, which nobody can sign for.
    model.approved = payer.key() == config.authority
    model.bump = bump
    registered = ModelRegistered(
        model.key(), proof, detection_bps, segments, work_units, max_active_ms, model.approved
    )
    registered.emit()


# Opens the record that lets one (chain, model, input, position) be paid once. Anyone may; the first task needs it.
@instruction
def open_spent_record(
    payer: Signer, config: Config, model: Model, spent_record: Empty[SpentRecord], input0: u64, input1: u64,
    input2: u64, input3: u64, position: u32
):
    bump = spent_record.bump()
    spent_record = spent_record.init(
        payer=payer, seeds=['spent', config.chain_id, model.key(), input0, input1, input2, input3, position]
    )
    assert position < model.positions, 'PositionOutOfRange: the model has fewer positions'
    spent_record.model = model.key()
    spent_record.input = digest(input0, input1, input2, input3)
    spent_record.position = position
    spent_record.bump = bump
