# Who may work, on what, and what of it can be paid.
from seahorse.prelude import *
from calibration import check_device_class, cpu_cap, gpu_cap, network_cap, ram_cap, storage_cap
from config import Config
from digests import digest
from events import MinerRegistered, ModelRegistered
from registry import Miner, Model, check_model_limits, check_profile
from rewards import NFT_NONE, hourly_rate
from tasks import SpentRecord, to_ms


# Registers one device. What is declared counts only up to the calibration of its class.
@instruction
def register_miner(
    owner: Signer, miner: Empty[Miner], clock: Clock, device: Pubkey, device_class: u8, region: u16,
    client_version: u32, gpu_mhs: u32, cpu_mhz: u32, ram_mhz: u32, storage_gb: u32, network_mbps: u32
):
    bump = miner.bump()
    miner = miner.init(payer=owner, seeds=['miner', owner, device])
    check_device_class(device_class)
    check_profile(region, client_version)
    hourly_rate(gpu_mhs, cpu_mhz, ram_mhz, storage_gb, network_mbps)
    miner.owner = owner.key()
    miner.device = device
    miner.device_class = device_class
    miner.nft_tier = NFT_NONE
    miner.region = region
    miner.client_version = client_version
    miner.gpu_mhs = min(gpu_mhs, gpu_cap(device_class))
    miner.cpu_mhz = min(cpu_mhz, cpu_cap(device_class))
    miner.ram_mhz = min(ram_mhz, ram_cap(device_class))
    miner.storage_gb = min(storage_gb, storage_cap(device_class))
    miner.network_mbps = min(network_mbps, network_cap(device_class))
    miner.registered_ts = clock.unix_timestamp()
    # No time before the registration is ever paid.
    miner.busy_until_ms = to_ms(clock.unix_timestamp())
    miner.bump = bump
    registered = MinerRegistered(
        miner.key(), owner.key(), device_class, miner.gpu_mhs, miner.cpu_mhz, miner.ram_mhz, miner.storage_gb,
        miner.network_mbps
    )
    registered.emit()


# Approves a circuit for minting; the authority's alone until the DAO exists. Never changed afterwards.
@instruction
def register_model(
    authority: Signer, config: Config, model: Empty[Model], key0: u64, key1: u64, key2: u64, key3: u64, params0: u64,
    params1: u64, params2: u64, params3: u64, segments: u32, work_units: u64, max_active_ms: u64, max_tokens: u32,
    positions: u32
):
    bump = model.bump()
    model = model.init(payer=authority, seeds=['model', key0, key1, key2, key3, params0, params1, params2, params3])
    assert authority.key() == config.authority, 'NotAuthority: only the configured authority can register a model'
    check_model_limits(segments, work_units, max_active_ms, max_tokens, positions)
    model.key_hash = digest(key0, key1, key2, key3)
    model.params = digest(params0, params1, params2, params3)
    model.segments = segments
    model.work_units = work_units
    model.max_active_ms = max_active_ms
    model.max_tokens = max_tokens
    model.positions = positions
    model.approved = True
    model.bump = bump
    registered = ModelRegistered(model.key(), segments, work_units, max_active_ms)
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
