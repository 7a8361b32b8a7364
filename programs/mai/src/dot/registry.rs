// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::rewards::ACTIVE_MS_LIMIT;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { POSITION_LIMIT , 1000000 }

seahorse_const! { REGION_LIMIT , 999 }

seahorse_const! { SEGMENT_LIMIT , 10000 }

seahorse_const! { SEGMENT_MS_LIMIT , 86400000 }

seahorse_const! { TOKEN_LIMIT , 1000000 }

seahorse_const! { WORK_UNIT_LIMIT , 1000000000 }

#[account]
#[derive(Debug)]
pub struct Miner {
    pub owner: Pubkey,
    pub device: Pubkey,
    pub device_class: u8,
    pub attested: bool,
    pub nft_tier: u8,
    pub region: u16,
    pub client_version: u32,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
    pub registered_ts: i64,
    pub busy_until_ms: u64,
    pub uptime_bps: u16,
    pub uptime_week: u32,
    pub commits: u64,
    pub settled: u64,
    pub violations: u64,
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
        let device_class = account.device_class;
        let attested = account.attested.clone();
        let nft_tier = account.nft_tier;
        let region = account.region;
        let client_version = account.client_version;
        let gpu_mhs = account.gpu_mhs;
        let cpu_mhz = account.cpu_mhz;
        let ram_mhz = account.ram_mhz;
        let storage_gb = account.storage_gb;
        let network_mbps = account.network_mbps;
        let registered_ts = account.registered_ts;
        let busy_until_ms = account.busy_until_ms;
        let uptime_bps = account.uptime_bps;
        let uptime_week = account.uptime_week;
        let commits = account.commits;
        let settled = account.settled;
        let violations = account.violations;
        let active_ms = account.active_ms;
        let earned = account.earned;
        let bump = account.bump;

        Mutable::new(LoadedMiner {
            __account__: account,
            __programs__: programs_map,
            owner,
            device,
            device_class,
            attested,
            nft_tier,
            region,
            client_version,
            gpu_mhs,
            cpu_mhz,
            ram_mhz,
            storage_gb,
            network_mbps,
            registered_ts,
            busy_until_ms,
            uptime_bps,
            uptime_week,
            commits,
            settled,
            violations,
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

        let device_class = loaded.device_class;

        loaded.__account__.device_class = device_class;

        let attested = loaded.attested.clone();

        loaded.__account__.attested = attested;

        let nft_tier = loaded.nft_tier;

        loaded.__account__.nft_tier = nft_tier;

        let region = loaded.region;

        loaded.__account__.region = region;

        let client_version = loaded.client_version;

        loaded.__account__.client_version = client_version;

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

        let registered_ts = loaded.registered_ts;

        loaded.__account__.registered_ts = registered_ts;

        let busy_until_ms = loaded.busy_until_ms;

        loaded.__account__.busy_until_ms = busy_until_ms;

        let uptime_bps = loaded.uptime_bps;

        loaded.__account__.uptime_bps = uptime_bps;

        let uptime_week = loaded.uptime_week;

        loaded.__account__.uptime_week = uptime_week;

        let commits = loaded.commits;

        loaded.__account__.commits = commits;

        let settled = loaded.settled;

        loaded.__account__.settled = settled;

        let violations = loaded.violations;

        loaded.__account__.violations = violations;

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
    pub device_class: u8,
    pub attested: bool,
    pub nft_tier: u8,
    pub region: u16,
    pub client_version: u32,
    pub gpu_mhs: u32,
    pub cpu_mhz: u32,
    pub ram_mhz: u32,
    pub storage_gb: u32,
    pub network_mbps: u32,
    pub registered_ts: i64,
    pub busy_until_ms: u64,
    pub uptime_bps: u16,
    pub uptime_week: u32,
    pub commits: u64,
    pub settled: u64,
    pub violations: u64,
    pub active_ms: u64,
    pub earned: u64,
    pub bump: u8,
}

#[account]
#[derive(Debug)]
pub struct Model {
    pub key_hash: [u8; 32],
    pub params: [u8; 32],
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
    pub max_tokens: u32,
    pub positions: u32,
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
        let segments = account.segments;
        let work_units = account.work_units;
        let max_active_ms = account.max_active_ms;
        let max_tokens = account.max_tokens;
        let positions = account.positions;
        let approved = account.approved.clone();
        let bump = account.bump;

        Mutable::new(LoadedModel {
            __account__: account,
            __programs__: programs_map,
            key_hash,
            params,
            segments,
            work_units,
            max_active_ms,
            max_tokens,
            positions,
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
    pub segments: u32,
    pub work_units: u64,
    pub max_active_ms: u64,
    pub max_tokens: u32,
    pub positions: u32,
    pub approved: bool,
    pub bump: u8,
}

pub fn check_model_limits(
    mut segments: u32,
    mut work_units: u64,
    mut max_active_ms: u64,
    mut max_tokens: u32,
    mut positions: u32,
) -> () {
    if !(segments >= 1) {
        panic!("NoSegments: a model has at least one segment");
    }

    if !(segments <= SEGMENT_LIMIT!()) {
        panic!("TooManySegments: a model has at most 10,000 segments");
    }

    if !(work_units >= 1) {
        panic!("NoWorkUnits: a segment does at least one work unit");
    }

    if !(work_units <= WORK_UNIT_LIMIT!()) {
        panic!("TooManyWorkUnits: a segment does at most 1,000,000,000 work units");
    }

    if !(max_active_ms >= 1) {
        panic!("NoTimeAllowed: a segment may take at least 1 ms");
    }

    if !(max_active_ms <= SEGMENT_MS_LIMIT!()) {
        panic!("TooMuchTimeAllowed: a segment may take at most a day");
    }

    if !(max_tokens >= 1) {
        panic!("NoTokensAllowed: a model gives at least one token");
    }

    if !(max_tokens <= TOKEN_LIMIT!()) {
        panic!("TooManyTokensAllowed: a model gives at most 1,000,000 tokens");
    }

    if !(positions >= 1) {
        panic!("NoPositions: a model has at least one position");
    }

    if !(positions <= POSITION_LIMIT!()) {
        panic!("TooManyPositions: a model has at most 1,000,000 positions");
    }
}

pub fn check_profile(mut region: u16, mut client_version: u32) -> () {
    if !(region <= REGION_LIMIT!()) {
        panic!("RegionOutOfRange: the region is an ISO 3166-1 number up to 999");
    }

    if !(client_version < 16777216) {
        panic!("ClientVersionOutOfRange: the client version has three bytes");
    }
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
