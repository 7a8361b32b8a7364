// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    digests::append_digest,
    native::{block_hash, first_block, keccak, key_bytes, number},
    parameters::{FULL_BPS, TASK_CRITICAL, TASK_ROUTINE},
    rewards::ONE,
};

use crate::dot::digests::*;
use crate::dot::native::*;
use crate::dot::parameters::*;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { AVERAGE_SCORE , 7500 }

seahorse_const! { BLOCK_STRIDE , 4 }

seahorse_const! { CERTAIN , 1000000000 }

seahorse_const! { CRITICAL_BLOCKS , 4 }

seahorse_const! { CRITICAL_DELAY , 32 }

seahorse_const! { DIFFICULTY_QUALITY , 2500 }

seahorse_const! { DOUBLING_S , 4 }

seahorse_const! { EVICTED , 18446744073709551615 }

seahorse_const! { HIGHEST_CHANCE , 950000000 }

seahorse_const! { NEWCOMER_SAMPLING , 9900 }

seahorse_const! { OPEN_AFTER_S , 30 }

seahorse_const! { REGION_BONUS_BPS , 1000 }

seahorse_const! { ROUTINE_DELAY , 1 }

seahorse_const! { SLOT_FIFTHS , 2 }

seahorse_const! { STANDARD_DELAY , 8 }

seahorse_const! { TRUSTED_FACTOR , 4 }

seahorse_const! { TRUSTED_LEAD_S , 5 }

pub fn chance(
    mut score_bps: u64,
    mut power: u64,
    mut total_power: u64,
    mut count: u32,
    mut target: u64,
    mut waited_s: u64,
    mut trusted: bool,
) -> u64 {
    if (<u64 as TryFrom<_>>::try_from(count.clone()).unwrap() <= target)
        || (waited_s >= OPEN_AFTER_S!())
    {
        return CERTAIN!();
    }

    let mut share = ((<u128 as TryFrom<_>>::try_from(target.clone()).unwrap() * CERTAIN!())
        * <u128 as TryFrom<_>>::try_from(score_bps.clone()).unwrap())
        * (<u128 as TryFrom<_>>::try_from(power.clone()).unwrap() + 1);

    if trusted {
        share = share * TRUSTED_FACTOR!();
    }

    for mut doubling in 0..(waited_s / DOUBLING_S!()) {
        share = share * 2;
    }

    return <u64 as TryFrom<_>>::try_from(
        (share
            / ((<u128 as TryFrom<_>>::try_from(total_power.clone()).unwrap()
                + <u128 as TryFrom<_>>::try_from(count.clone()).unwrap())
                * AVERAGE_SCORE!()))
        .min(HIGHEST_CHANCE!()),
    )
    .unwrap();
}

pub fn draw_seed<'info>(
    mut slot_hashes: UncheckedAccount<'info>,
    mut target: u64,
    mut blocks: u64,
    mut subject: Pubkey,
    mut round: u32,
) -> Mutable<[u8; 32]> {
    let mut data = Mutable::new(vec![]);

    append_digest(data.clone(), key_bytes(subject.clone()));

    for mut b in Mutable::new(round.clone().to_le_bytes().into_iter().collect::<Vec<_>>())
        .borrow()
        .iter()
        .map(|elem| elem.clone())
    {
        data.borrow_mut().push(b.clone());
    }

    for mut index in 0..blocks.clone() {
        let mut slot = first_block(
            slot_hashes.clone(),
            (target + (BLOCK_STRIDE!() * <u64 as TryFrom<_>>::try_from(index.clone()).unwrap())),
        );

        if !(slot > 0) {
            refuse("SeedTooEarly: the block that seeds the draw is not there yet");
        }

        if !(slot < EVICTED!()) {
            refuse("SeedEvicted: the block that seeds the draw is too old to be known");
        }

        append_digest(data.clone(), block_hash(slot_hashes.clone(), slot.clone()));
    }

    return keccak(data.clone());
}

pub fn required_sampling(mut class_bps: u64, mut sampling: u64, mut newcomer: bool) -> u64 {
    if newcomer {
        return NEWCOMER_SAMPLING!();
    }

    return <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(class_bps.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(sampling.clone()).unwrap())
            / ONE!()),
    )
    .unwrap()
    .min(NEWCOMER_SAMPLING!());
}

pub fn score(mut quality_bps: u16, mut nft_bps: u64, mut near: bool, mut in_flight: u8) -> u64 {
    let mut total = FULL_BPS!() + nft_bps;

    if near {
        assign!(total, total + REGION_BONUS_BPS!());
    }

    return ((<u64 as TryFrom<_>>::try_from(quality_bps.clone()).unwrap() * total) / FULL_BPS!())
        / (1 + <u64 as TryFrom<_>>::try_from(in_flight.clone()).unwrap());
}

pub fn seed_blocks(mut task_class: u8) -> u64 {
    if task_class == TASK_CRITICAL!() {
        return CRITICAL_BLOCKS!();
    }

    return 1;
}

pub fn seed_delay(mut task_class: u8) -> u64 {
    if task_class == TASK_ROUTINE!() {
        return ROUTINE_DELAY!();
    }

    if task_class == TASK_CRITICAL!() {
        return CRITICAL_DELAY!();
    }

    return STANDARD_DELAY!();
}

pub fn ticket(mut seed: Mutable<[u8; 32]>, mut who: Pubkey) -> u64 {
    let mut data = Mutable::new(vec![]);

    append_digest(data.clone(), seed.clone());

    append_digest(data.clone(), key_bytes(who.clone()));

    return number(keccak(data.clone())) % CERTAIN!();
}

pub fn waited_since(mut task_class: u8, mut target: u64, mut slot: u64) -> u64 {
    let mut seeded = target + (BLOCK_STRIDE!() * (seed_blocks(task_class.clone()) - 1));

    return ((slot - slot.min(seeded)) * SLOT_FIFTHS!()) / 5;
}

pub fn work_context(
    mut chain_id: u32,
    mut task: Pubkey,
    mut model: Pubkey,
    mut input: Mutable<[u8; 32]>,
    mut miner: Pubkey,
    mut seed: Mutable<[u8; 32]>,
    mut round: u32,
    mut now: i64,
) -> Mutable<[u8; 32]> {
    let mut data = Mutable::new(vec![]);

    for mut b in Mutable::new(
        chain_id
            .clone()
            .to_le_bytes()
            .into_iter()
            .collect::<Vec<_>>(),
    )
    .borrow()
    .iter()
    .map(|elem| elem.clone())
    {
        data.borrow_mut().push(b.clone());
    }

    append_digest(data.clone(), key_bytes(task.clone()));

    append_digest(data.clone(), key_bytes(model.clone()));

    append_digest(data.clone(), input.clone());

    append_digest(data.clone(), key_bytes(miner.clone()));

    append_digest(data.clone(), seed.clone());

    for mut b in Mutable::new(round.clone().to_le_bytes().into_iter().collect::<Vec<_>>())
        .borrow()
        .iter()
        .map(|elem| elem.clone())
    {
        data.borrow_mut().push(b.clone());
    }

    for mut b in Mutable::new(now.clone().to_le_bytes().into_iter().collect::<Vec<_>>())
        .borrow()
        .iter()
        .map(|elem| elem.clone())
    {
        data.borrow_mut().push(b.clone());
    }

    return keccak(data.clone());
}
