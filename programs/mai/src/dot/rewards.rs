// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::parameters::FULL_BPS;
use crate::dot::parameters::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { ACTIVE_MS_LIMIT , 2592000000 }

seahorse_const! { BONUS_LIMIT , 2000 }

seahorse_const! { CPU_RATE , 2000000 }

seahorse_const! { EPOCH_SECONDS , 15552000 }

seahorse_const! { GPU_RATE , 5000000000 }

seahorse_const! { HOUR_MS , 3600000 }

seahorse_const! { LOWEST_TRUST , 6000 }

seahorse_const! { MULTIPLIER_LIMIT , 3000000000 }

seahorse_const! { NETWORK_RATE , 100000000 }

seahorse_const! { ONE , 1000000000 }

seahorse_const! { QUANTITY_LIMIT , 1000000 }

seahorse_const! { RAM_RATE , 200000 }

seahorse_const! { RATE_SCALE , 100000 }

seahorse_const! { STORAGE_RATE , 10000000 }

#[derive(Clone, Debug, Default)]
pub struct Reward {
    pub hourly: u64,
    pub base: u64,
    pub after_nft: u64,
    pub after_uptime: u64,
    pub after_trust: u64,
    pub after_difficulty: u64,
    pub after_quality: u64,
    pub amount: u64,
}

impl Reward {
    pub fn __new__(
        hourly: u64,
        base: u64,
        after_nft: u64,
        after_uptime: u64,
        after_trust: u64,
        after_difficulty: u64,
        after_quality: u64,
        amount: u64,
    ) -> Mutable<Self> {
        let obj = Reward {
            hourly,
            base,
            after_nft,
            after_uptime,
            after_trust,
            after_difficulty,
            after_quality,
            amount,
        };

        return Mutable::new(obj);
    }
}

pub fn epoch_at(mut genesis_ts: i64, mut now: i64) -> u64 {
    if !(now >= genesis_ts) {
        refuse("ClockBeforeGenesis: the chain clock is earlier than genesis");
    }

    return <u64 as TryFrom<_>>::try_from(((now - genesis_ts) / EPOCH_SECONDS!())).unwrap();
}

pub fn epoch_left(mut genesis_ts: i64, mut now: i64) -> u64 {
    return <u64 as TryFrom<_>>::try_from(
        (EPOCH_SECONDS!() - ((now - genesis_ts) % EPOCH_SECONDS!())),
    )
    .unwrap();
}

pub fn epoch_rate(mut epoch: u64, mut rate_floor: u64) -> u64 {
    if epoch >= 6 {
        return rate_floor;
    }

    let mut rates = Mutable::new([
        <u64 as TryFrom<_>>::try_from(100000).unwrap(),
        90000,
        81000,
        72900,
        65610,
        59049,
    ]);

    return rates.borrow()[rates.wrapped_index((epoch as i128) as i128)];
}

pub fn hourly_rate(
    mut gpu_mhs: u32,
    mut cpu_mhz: u32,
    mut ram_mhz: u32,
    mut storage_gb: u32,
    mut network_mbps: u32,
) -> u128 {
    if !(gpu_mhs <= QUANTITY_LIMIT!()) {
        refuse("GpuOutOfRange: at most 1,000,000 MH/s can be declared");
    }

    if !(cpu_mhz <= QUANTITY_LIMIT!()) {
        refuse("CpuOutOfRange: at most 1,000,000 MHz of CPU can be declared");
    }

    if !(ram_mhz <= QUANTITY_LIMIT!()) {
        refuse("RamOutOfRange: at most 1,000,000 MHz of RAM can be declared");
    }

    if !(storage_gb <= QUANTITY_LIMIT!()) {
        refuse("StorageOutOfRange: at most 1,000,000 GB of storage can be declared");
    }

    if !(network_mbps <= QUANTITY_LIMIT!()) {
        refuse("NetworkOutOfRange: at most 1,000,000 Mbps can be declared");
    }

    let mut total = ((<u128 as TryFrom<_>>::try_from(gpu_mhs.clone()).unwrap() * GPU_RATE!())
        + (<u128 as TryFrom<_>>::try_from(cpu_mhz.clone()).unwrap() * CPU_RATE!()))
        + (<u128 as TryFrom<_>>::try_from(ram_mhz.clone()).unwrap() * RAM_RATE!());

    return (total
        + (<u128 as TryFrom<_>>::try_from(storage_gb.clone()).unwrap() * STORAGE_RATE!()))
        + (<u128 as TryFrom<_>>::try_from(network_mbps.clone()).unwrap() * NETWORK_RATE!());
}

pub fn nft_bonus(mut tier: u8) -> u64 {
    if !(tier <= 5) {
        refuse("UnknownNftTier: the NFT tier must be 0 to 5");
    }

    let mut bonuses = Mutable::new([
        <u64 as TryFrom<_>>::try_from(0).unwrap(),
        500,
        1000,
        1500,
        2000,
        1000,
    ]);

    return bonuses.borrow()[bonuses.wrapped_index((tier as i128) as i128)];
}

pub fn reward(
    mut hourly: u128,
    mut active_ms: u64,
    mut nft_bps: u64,
    mut uptime_bps: u64,
    mut trust_bps: u64,
    mut multiplier: u64,
    mut quality_bps: u64,
    mut rate: u64,
) -> Mutable<Reward> {
    if !(active_ms <= ACTIVE_MS_LIMIT!()) {
        refuse("ActiveTimeOutOfRange: one work may be active for at most 30 days");
    }

    if !(nft_bps <= BONUS_LIMIT!()) {
        refuse("NftBonusOutOfRange: an NFT bonus is at most 2,000 basis points");
    }

    if !(uptime_bps <= BONUS_LIMIT!()) {
        refuse("UptimeBonusOutOfRange: an uptime bonus is at most 2,000 basis points");
    }

    if !(trust_bps >= LOWEST_TRUST!()) {
        refuse("TrustTooLow: trust is at least 6,000 basis points");
    }

    if !(trust_bps <= FULL_BPS!()) {
        refuse("TrustTooHigh: trust is at most 10,000 basis points");
    }

    if !(multiplier <= MULTIPLIER_LIMIT!()) {
        refuse("MultiplierOutOfRange: the multiplier is at most 3,000,000,000");
    }

    if !(quality_bps <= FULL_BPS!()) {
        refuse("QualityOutOfRange: quality is at most 10,000 basis points");
    }

    if !(rate <= RATE_SCALE!()) {
        refuse("RateOutOfRange: an epoch rate is at most 100,000");
    }

    let mut base =
        (hourly * <u128 as TryFrom<_>>::try_from(active_ms.clone()).unwrap()) / HOUR_MS!();

    let mut after_nft = (base
        * (FULL_BPS!() + <u128 as TryFrom<_>>::try_from(nft_bps.clone()).unwrap()))
        / FULL_BPS!();

    let mut after_uptime = (after_nft
        * (FULL_BPS!() + <u128 as TryFrom<_>>::try_from(uptime_bps.clone()).unwrap()))
        / FULL_BPS!();

    let mut after_trust =
        (after_uptime * <u128 as TryFrom<_>>::try_from(trust_bps.clone()).unwrap()) / FULL_BPS!();

    let mut after_difficulty =
        (after_trust * <u128 as TryFrom<_>>::try_from(multiplier.clone()).unwrap()) / ONE!();

    let mut after_quality = (after_difficulty
        * <u128 as TryFrom<_>>::try_from(quality_bps.clone()).unwrap())
        / FULL_BPS!();

    let mut amount =
        (after_quality * <u128 as TryFrom<_>>::try_from(rate.clone()).unwrap()) / RATE_SCALE!();

    return Reward::__new__(
        <u64 as TryFrom<_>>::try_from(hourly.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(base.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(after_nft.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(after_uptime.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(after_trust.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(after_difficulty.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(after_quality.clone()).unwrap(),
        <u64 as TryFrom<_>>::try_from(amount.clone()).unwrap(),
    );
}

pub fn uptime_bonus(mut uptime_bps: u16) -> u64 {
    if uptime_bps >= 8000 {
        return 500;
    }

    if uptime_bps >= 5000 {
        return 200;
    }

    return 0;
}
