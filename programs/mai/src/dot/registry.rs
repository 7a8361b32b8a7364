// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    calibration::{
        check_device_class, counted, Calibration, CALIBRATION_FIELDS, CAP_CPU_MHZ, CAP_GPU_MHS,
        CAP_NETWORK_MBPS, CAP_RAM_MHZ, CAP_STORAGE_GB,
    },
    rewards::{hourly_rate, ACTIVE_MS_LIMIT, HOUR_MS},
};

use crate::dot::calibration::*;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { BOND_COOLDOWN_S , 1814400 }

seahorse_const! { CORES_LIMIT , 4096 }

seahorse_const! { LARGE_UNITS , 10000 }

seahorse_const! { LOWEST_DETECTION , 100 }

seahorse_const! { MEMORY_LIMIT_MB , 16777216 }

seahorse_const! { MINER_ACTIVE , 1 }

seahorse_const! { MINER_RETIRED , 2 }

seahorse_const! { OVERHEAD_UNITS , 500000 }

seahorse_const! { POSITION_LIMIT , 1000000 }

seahorse_const! { PROOF_TRACE , 1 }

seahorse_const! { PROOF_WHOLE , 0 }

seahorse_const! { REGION_LIMIT , 999 }

seahorse_const! { SEGMENT_LIMIT , 10000 }

seahorse_const! { SEGMENT_MS_LIMIT , 86400000 }

seahorse_const! { TOKEN_LIMIT , 1000000 }

seahorse_const! { UNITS_SCALE , 1000000 }

seahorse_const! { UNIT_PAY , 176000000 }

seahorse_const! { WORK_UNIT_LIMIT , 1000000000 }

#[account]
#[derive(Debug)]
pub struct Miner {
    pub owner: Pubkey,
    pub device: Pubkey,
    pub status: u8,
    pub device_class: u8,
    pub attested: bool,
    pub region: u16,
    pub client_version: u32,
    pub gpu_model: [u8; 32],
    pub vram_mb: u32,
    pub cores: u16,
    pub ram_mb: u32,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
    pub bond: u64,
    pub registered_ts: i64,
    pub retired_ts: i64,
    pub busy_until_ms: u64,
    pub in_flight: u8,
    pub power: u64,
    pub muster: u64,
    pub lanes_now: u8,
    pub lanes: u8,
    pub lanes_muster: u64,
    pub nft_tier: u8,
    pub nft_mint: Pubkey,
    pub nft_account: Pubkey,
    pub nft_week: u32,
    pub week: u32,
    pub last_hour: u32,
    pub hours: u16,
    pub missed: u16,
    pub completed: u32,
    pub failed: u32,
    pub rejected: u32,
    pub consistent: u32,
    pub active_ms_week: u64,
    pub allowed_ms_week: u64,
    pub uptime_bps: u16,
    pub quality_bps: u16,
    pub assigned: u64,
    pub commits: u64,
    pub settled: u64,
    pub failures: u64,
    pub violations: u64,
    pub offences: u64,
    pub overturned: u64,
    pub active_ms: u64,
    pub earned: u64,
    pub bump: u8,
}

impl<'info, 'entrypoint> Miner {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedMiner<'info, 'entrypoint>> {
        let owner = account.owner.clone();
        let device = account.device.clone();
        let status = account.status;
        let device_class = account.device_class;
        let attested = account.attested.clone();
        let region = account.region;
        let client_version = account.client_version;
        let gpu_model = Mutable::new(account.gpu_model.clone());
        let vram_mb = account.vram_mb;
        let cores = account.cores;
        let ram_mb = account.ram_mb;
        let gpu_mhs = account.gpu_mhs;
        let cpu_mhz = account.cpu_mhz;
        let ram_mhz = account.ram_mhz;
        let storage_gb = account.storage_gb;
        let network_mbps = account.network_mbps;
        let bond = account.bond;
        let registered_ts = account.registered_ts;
        let retired_ts = account.retired_ts;
        let busy_until_ms = account.busy_until_ms;
        let in_flight = account.in_flight;
        let power = account.power;
        let muster = account.muster;
        let lanes_now = account.lanes_now;
        let lanes = account.lanes;
        let lanes_muster = account.lanes_muster;
        let nft_tier = account.nft_tier;
        let nft_mint = account.nft_mint.clone();
        let nft_account = account.nft_account.clone();
        let nft_week = account.nft_week;
        let week = account.week;
        let last_hour = account.last_hour;
        let hours = account.hours;
        let missed = account.missed;
        let completed = account.completed;
        let failed = account.failed;
        let rejected = account.rejected;
        let consistent = account.consistent;
        let active_ms_week = account.active_ms_week;
        let allowed_ms_week = account.allowed_ms_week;
        let uptime_bps = account.uptime_bps;
        let quality_bps = account.quality_bps;
        let assigned = account.assigned;
        let commits = account.commits;
        let settled = account.settled;
        let failures = account.failures;
        let violations = account.violations;
        let offences = account.offences;
        let overturned = account.overturned;
        let active_ms = account.active_ms;
        let earned = account.earned;
        let bump = account.bump;

        Mutable::new(LoadedMiner {
            __account__: account,
            __programs__: programs_map,
            owner,
            device,
            status,
            device_class,
            attested,
            region,
            client_version,
            gpu_model,
            vram_mb,
            cores,
            ram_mb,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
            bond,
            registered_ts,
            retired_ts,
            busy_until_ms,
            in_flight,
            power,
            muster,
            lanes_now,
            lanes,
            lanes_muster,
            nft_tier,
            nft_mint,
            nft_account,
            nft_week,
            week,
            last_hour,
            hours,
            missed,
            completed,
            failed,
            rejected,
            consistent,
            active_ms_week,
            allowed_ms_week,
            uptime_bps,
            quality_bps,
            assigned,
            commits,
            settled,
            failures,
            violations,
            offences,
            overturned,
            active_ms,
            earned,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedMiner>) {
        let mut loaded = loaded.borrow_mut();
        let owner = loaded.owner.clone();

        loaded.__account__.owner = owner;

        let device = loaded.device.clone();

        loaded.__account__.device = device;

        let status = loaded.status;

        loaded.__account__.status = status;

        let device_class = loaded.device_class;

        loaded.__account__.device_class = device_class;

        let attested = loaded.attested.clone();

        loaded.__account__.attested = attested;

        let region = loaded.region;

        loaded.__account__.region = region;

        let client_version = loaded.client_version;

        loaded.__account__.client_version = client_version;

        let gpu_model = loaded.gpu_model.borrow().clone();

        loaded.__account__.gpu_model = gpu_model;

        let vram_mb = loaded.vram_mb;

        loaded.__account__.vram_mb = vram_mb;

        let cores = loaded.cores;

        loaded.__account__.cores = cores;

        let ram_mb = loaded.ram_mb;

        loaded.__account__.ram_mb = ram_mb;

        let gpu_mhs = loaded.gpu_mhs;

        loaded.__account__.gpu_mhs = gpu_mhs;

        let cpu_mhz = loaded.cpu_mhz;

        loaded.__account__.cpu_mhz = cpu_mhz;

        let ram_mhz = loaded.ram_mhz;

        loaded.__account__.ram_mhz = ram_mhz;

        let storage_gb = loaded.storage_gb;

        loaded.__account__.storage_gb = storage_gb;

        let network_mbps = loaded.network_mbps;

        loaded.__account__.network_mbps = network_mbps;

        let bond = loaded.bond;

        loaded.__account__.bond = bond;

        let registered_ts = loaded.registered_ts;

        loaded.__account__.registered_ts = registered_ts;

        let retired_ts = loaded.retired_ts;

        loaded.__account__.retired_ts = retired_ts;

        let busy_until_ms = loaded.busy_until_ms;

        loaded.__account__.busy_until_ms = busy_until_ms;

        let in_flight = loaded.in_flight;

        loaded.__account__.in_flight = in_flight;

        let power = loaded.power;

        loaded.__account__.power = power;

        let muster = loaded.muster;

        loaded.__account__.muster = muster;

        let lanes_now = loaded.lanes_now;

        loaded.__account__.lanes_now = lanes_now;

        let lanes = loaded.lanes;

        loaded.__account__.lanes = lanes;

        let lanes_muster = loaded.lanes_muster;

        loaded.__account__.lanes_muster = lanes_muster;

        let nft_tier = loaded.nft_tier;

        loaded.__account__.nft_tier = nft_tier;

        let nft_mint = loaded.nft_mint.clone();

        loaded.__account__.nft_mint = nft_mint;

        let nft_account = loaded.nft_account.clone();

        loaded.__account__.nft_account = nft_account;

        let nft_week = loaded.nft_week;

        loaded.__account__.nft_week = nft_week;

        let week = loaded.week;

        loaded.__account__.week = week;

        let last_hour = loaded.last_hour;

        loaded.__account__.last_hour = last_hour;

        let hours = loaded.hours;

        loaded.__account__.hours = hours;

        let missed = loaded.missed;

        loaded.__account__.missed = missed;

        let completed = loaded.completed;

        loaded.__account__.completed = completed;

        let failed = loaded.failed;

        loaded.__account__.failed = failed;

        let rejected = loaded.rejected;

        loaded.__account__.rejected = rejected;

        let consistent = loaded.consistent;

        loaded.__account__.consistent = consistent;

        let active_ms_week = loaded.active_ms_week;

        loaded.__account__.active_ms_week = active_ms_week;

        let allowed_ms_week = loaded.allowed_ms_week;

        loaded.__account__.allowed_ms_week = allowed_ms_week;

        let uptime_bps = loaded.uptime_bps;

        loaded.__account__.uptime_bps = uptime_bps;

        let quality_bps = loaded.quality_bps;

        loaded.__account__.quality_bps = quality_bps;

        let assigned = loaded.assigned;

        loaded.__account__.assigned = assigned;

        let commits = loaded.commits;

        loaded.__account__.commits = commits;

        let settled = loaded.settled;

        loaded.__account__.settled = settled;

        let failures = loaded.failures;

        loaded.__account__.failures = failures;

        let violations = loaded.violations;

        loaded.__account__.violations = violations;

        let offences = loaded.offences;

        loaded.__account__.offences = offences;

        let overturned = loaded.overturned;

        loaded.__account__.overturned = overturned;

        let active_ms = loaded.active_ms;

        loaded.__account__.active_ms = active_ms;

        let earned = loaded.earned;

        loaded.__account__.earned = earned;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedMiner<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Miner>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub owner: Pubkey,
    pub device: Pubkey,
    pub status: u8,
    pub device_class: u8,
    pub attested: bool,
    pub region: u16,
    pub client_version: u32,
    pub gpu_model: Mutable<[u8; 32]>,
    pub vram_mb: u32,
    pub cores: u16,
    pub ram_mb: u32,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
    pub bond: u64,
    pub registered_ts: i64,
    pub retired_ts: i64,
    pub busy_until_ms: u64,
    pub in_flight: u8,
    pub power: u64,
    pub muster: u64,
    pub lanes_now: u8,
    pub lanes: u8,
    pub lanes_muster: u64,
    pub nft_tier: u8,
    pub nft_mint: Pubkey,
    pub nft_account: Pubkey,
    pub nft_week: u32,
    pub week: u32,
    pub last_hour: u32,
    pub hours: u16,
    pub missed: u16,
    pub completed: u32,
    pub failed: u32,
    pub rejected: u32,
    pub consistent: u32,
    pub active_ms_week: u64,
    pub allowed_ms_week: u64,
    pub uptime_bps: u16,
    pub quality_bps: u16,
    pub assigned: u64,
    pub commits: u64,
    pub settled: u64,
    pub failures: u64,
    pub violations: u64,
    pub offences: u64,
    pub overturned: u64,
    pub active_ms: u64,
    pub earned: u64,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Model {
    pub key_hash: [u8; 32],
    pub params: [u8; 32],
    pub proof: u8,
    pub detection_bps: u16,
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
    pub max_tokens: u32,
    pub positions: u32,
    pub vram_mb: u32,
    pub approved: bool,
    pub bump: u8,
}

impl<'info, 'entrypoint> Model {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedModel<'info, 'entrypoint>> {
        let key_hash = Mutable::new(account.key_hash.clone());
        let params = Mutable::new(account.params.clone());
        let proof = account.proof;
        let detection_bps = account.detection_bps;
        let segments = account.segments;
        let work_units = account.work_units;
        let max_active_ms = account.max_active_ms;
        let max_tokens = account.max_tokens;
        let positions = account.positions;
        let vram_mb = account.vram_mb;
        let approved = account.approved.clone();
        let bump = account.bump;

        Mutable::new(LoadedModel {
            __account__: account,
            __programs__: programs_map,
            key_hash,
            params,
            proof,
            detection_bps,
            segments,
            work_units,
            max_active_ms,
            max_tokens,
            positions,
            vram_mb,
            approved,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedModel>) {
        let mut loaded = loaded.borrow_mut();
        let key_hash = loaded.key_hash.borrow().clone();

        loaded.__account__.key_hash = key_hash;

        let params = loaded.params.borrow().clone();

        loaded.__account__.params = params;

        let proof = loaded.proof;

        loaded.__account__.proof = proof;

        let detection_bps = loaded.detection_bps;

        loaded.__account__.detection_bps = detection_bps;

        let segments = loaded.segments;

        loaded.__account__.segments = segments;

        let work_units = loaded.work_units;

        loaded.__account__.work_units = work_units;

        let max_active_ms = loaded.max_active_ms;

        loaded.__account__.max_active_ms = max_active_ms;

        let max_tokens = loaded.max_tokens;

        loaded.__account__.max_tokens = max_tokens;

        let positions = loaded.positions;

        loaded.__account__.positions = positions;

        let vram_mb = loaded.vram_mb;

        loaded.__account__.vram_mb = vram_mb;

        let approved = loaded.approved.clone();

        loaded.__account__.approved = approved;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedModel<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Model>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub key_hash: Mutable<[u8; 32]>,
    pub params: Mutable<[u8; 32]>,
    pub proof: u8,
    pub detection_bps: u16,
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
    pub max_tokens: u32,
    pub positions: u32,
    pub vram_mb: u32,
    pub approved: bool,
    pub bump: u8,
}

pub fn check_active<'info>(mut miner: Mutable<LoadedMiner<'info, '_>>, mut owner: Pubkey) -> () {
    if !(miner.borrow().owner == owner) {
        refuse("NotMinerOwner: the device belongs to somebody else");
    }

    if !(miner.borrow().status == MINER_ACTIVE!()) {
        refuse("MinerNotActive: the device is retired");
    }
}

pub fn check_model_limits(
    mut segments: u32,
    mut work_units: u64,
    mut max_active_ms: u64,
    mut max_tokens: u32,
    mut positions: u32,
    mut vram_mb: u32,
) -> () {
    if !(segments >= 1) {
        refuse("NoSegments: a model has at least one segment");
    }

    if !(segments <= SEGMENT_LIMIT!()) {
        refuse("TooManySegments: a model has at most 10,000 segments");
    }

    if !(work_units >= 1) {
        refuse("NoWorkUnits: a segment does at least one work unit");
    }

    if !(work_units <= WORK_UNIT_LIMIT!()) {
        refuse("TooManyWorkUnits: a segment does at most 1,000,000,000 work units");
    }

    if !(max_active_ms >= 1) {
        refuse("NoTimeAllowed: a segment may take at least 1 ms");
    }

    if !(max_active_ms <= SEGMENT_MS_LIMIT!()) {
        refuse("TooMuchTimeAllowed: a segment may take at most a day");
    }

    if !(max_tokens >= 1) {
        refuse("NoTokensAllowed: a model gives at least one token");
    }

    if !(max_tokens <= TOKEN_LIMIT!()) {
        refuse("TooManyTokensAllowed: a model gives at most 1,000,000 tokens");
    }

    if !(positions >= 1) {
        refuse("NoPositions: a model has at least one position");
    }

    if !(positions <= POSITION_LIMIT!()) {
        refuse("TooManyPositions: a model has at most 1,000,000 positions");
    }

    if !(vram_mb <= MEMORY_LIMIT_MB!()) {
        refuse("TooMuchVram: a model needs at most 16 TB of GPU memory");
    }
}

pub fn check_profile(
    mut region: u16,
    mut client_version: u32,
    mut vram_mb: u32,
    mut cores: u16,
    mut ram_mb: u32,
) -> () {
    if !(region <= REGION_LIMIT!()) {
        refuse("RegionOutOfRange: the region is an ISO 3166-1 number up to 999");
    }

    if !(client_version < 16777216) {
        refuse("ClientVersionOutOfRange: the client version has three bytes");
    }

    if !(vram_mb <= MEMORY_LIMIT_MB!()) {
        refuse("VramOutOfRange: at most 16 TB of GPU memory can be declared");
    }

    if !(cores <= CORES_LIMIT!()) {
        refuse("CoresOutOfRange: at most 4,096 cores can be declared");
    }

    if !(ram_mb <= MEMORY_LIMIT_MB!()) {
        refuse("MemoryOutOfRange: at most 16 TB of RAM can be declared");
    }
}

pub fn check_proof_kind(mut proof: u8, mut detection_bps: u16) -> () {
    if !(proof <= PROOF_TRACE!()) {
        refuse("UnknownProof: a model is proved whole (0) or by its trace (1)");
    }

    if !(detection_bps <= 10000) {
        refuse("DetectionTooHigh: the chance of detection is at most 10,000 basis points");
    }

    if !(detection_bps >= LOWEST_DETECTION!()) {
        refuse("DetectionTooLow: the chance of detection is at least 100 basis points");
    }

    if proof == PROOF_WHOLE!() {
        if !(detection_bps == 10000) {
            refuse("WholeProofDetects: a whole proof detects with 10,000 basis points");
        }
    }
}

pub fn commit_timeout(
    mut segments: u32,
    mut work_units: u64,
    mut timeout_s: u64,
    mut large_timeout_s: u64,
) -> u64 {
    if (<u64 as TryFrom<_>>::try_from(segments.clone()).unwrap() * work_units) >= LARGE_UNITS!() {
        return large_timeout_s;
    }

    return timeout_s;
}

pub fn counted_rate<'info>(
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
) -> u128 {
    return hourly_rate(
        counted(
            calibration.borrow().entries.clone(),
            miner.borrow().device_class.clone(),
            CAP_GPU_MHS!(),
            miner.borrow().gpu_mhs.clone(),
        ),
        counted(
            calibration.borrow().entries.clone(),
            miner.borrow().device_class.clone(),
            CAP_CPU_MHZ!(),
            miner.borrow().cpu_mhz.clone(),
        ),
        counted(
            calibration.borrow().entries.clone(),
            miner.borrow().device_class.clone(),
            CAP_RAM_MHZ!(),
            miner.borrow().ram_mhz.clone(),
        ),
        counted(
            calibration.borrow().entries.clone(),
            miner.borrow().device_class.clone(),
            CAP_STORAGE_GB!(),
            miner.borrow().storage_gb.clone(),
        ),
        counted(
            calibration.borrow().entries.clone(),
            miner.borrow().device_class.clone(),
            CAP_NETWORK_MBPS!(),
            miner.borrow().network_mbps.clone(),
        ),
    );
}

pub fn declare<'info>(
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut calibration: Mutable<LoadedCalibration<'info, '_>>,
    mut device_class: u8,
    mut region: u16,
    mut client_version: u32,
    mut gpu_model: Mutable<[u8; 32]>,
    mut vram_mb: u32,
    mut cores: u16,
    mut ram_mb: u32,
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
) -> () {
    check_device_class(device_class.clone());

    check_profile(
        region.clone(),
        client_version.clone(),
        vram_mb.clone(),
        cores.clone(),
        ram_mb.clone(),
    );

    if calibration.borrow().entries.borrow()[calibration
        .borrow()
        .entries
        .wrapped_index(((CALIBRATION_FIELDS!() * device_class) + CAP_GPU_MHS!()) as i128)]
        == 0
    {
        if !(vram_mb == 0) {
            refuse("VramWithoutGpu: a device of a class without a GPU has no GPU memory");
        }
    }

    hourly_rate(
        gpu_mhs.clone(),
        cpu_mhz.clone(),
        ram_mhz.clone(),
        storage_gb.clone(),
        network_mbps.clone(),
    );

    assign!(miner.borrow_mut().device_class, device_class);

    assign!(miner.borrow_mut().region, region);

    assign!(miner.borrow_mut().client_version, client_version);

    assign!(miner.borrow_mut().gpu_model, gpu_model);

    assign!(miner.borrow_mut().vram_mb, vram_mb);

    assign!(miner.borrow_mut().cores, cores);

    assign!(miner.borrow_mut().ram_mb, ram_mb);

    assign!(
        miner.borrow_mut().gpu_mhs,
        counted(
            calibration.borrow().entries.clone(),
            device_class.clone(),
            CAP_GPU_MHS!(),
            gpu_mhs.clone()
        )
    );

    assign!(
        miner.borrow_mut().cpu_mhz,
        counted(
            calibration.borrow().entries.clone(),
            device_class.clone(),
            CAP_CPU_MHZ!(),
            cpu_mhz.clone()
        )
    );

    assign!(
        miner.borrow_mut().ram_mhz,
        counted(
            calibration.borrow().entries.clone(),
            device_class.clone(),
            CAP_RAM_MHZ!(),
            ram_mhz.clone()
        )
    );

    assign!(
        miner.borrow_mut().storage_gb,
        counted(
            calibration.borrow().entries.clone(),
            device_class.clone(),
            CAP_STORAGE_GB!(),
            storage_gb.clone()
        )
    );

    assign!(
        miner.borrow_mut().network_mbps,
        counted(
            calibration.borrow().entries.clone(),
            device_class.clone(),
            CAP_NETWORK_MBPS!(),
            network_mbps.clone()
        )
    );
}

pub fn most_active_ms(mut segments: u32, mut max_active_ms: u64, mut tokens: u32) -> u64 {
    return ((<u64 as TryFrom<_>>::try_from(segments.clone()).unwrap() * max_active_ms)
        * <u64 as TryFrom<_>>::try_from(tokens.clone()).unwrap())
    .min(ACTIVE_MS_LIMIT!());
}

pub fn total_units(mut segments: u32, mut work_units: u64, mut tokens: u32) -> u64 {
    return (<u64 as TryFrom<_>>::try_from(segments.clone()).unwrap() * work_units)
        * <u64 as TryFrom<_>>::try_from(tokens.clone()).unwrap();
}

pub fn verified_ms(mut hourly: u128, mut units: u64) -> u64 {
    let mut pay = ((<u128 as TryFrom<_>>::try_from(units.clone()).unwrap() + OVERHEAD_UNITS!())
        * UNIT_PAY!())
        / UNITS_SCALE!();

    return <u64 as TryFrom<_>>::try_from(
        ((pay * HOUR_MS!()) / hourly.max(1)).min(ACTIVE_MS_LIMIT!()),
    )
    .unwrap();
}
