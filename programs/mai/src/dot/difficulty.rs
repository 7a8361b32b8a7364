// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{emission::Emission, parameters::FULL_BPS, rewards::ONE};
use crate::dot::emission::*;
use crate::dot::parameters::*;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { HIGHEST_DIFFICULTY , 3000000000 }

seahorse_const! { HIGHEST_MULTIPLIER , 3000000000 }

seahorse_const! { HIGHEST_SAMPLING , 4000000000 }

seahorse_const! { LARGEST_STEP , 8 }

seahorse_const! { LOWEST_DIFFICULTY , 500000000 }

seahorse_const! { LOWEST_MULTIPLIER , 100000 }

seahorse_const! { LOWEST_SAMPLING , 1000000000 }

seahorse_const! { PERIOD_S , 3600 }

seahorse_const! { UTILISATION_TARGET_BPS , 3000 }

pub fn cap_before(mut cap: u64, mut epoch_minted: u64, mut period_minted: u64) -> u64 {
    let mut before = epoch_minted - epoch_minted.min(period_minted);

    return cap - cap.min(before);
}

pub fn completion(mut active_ms: u64, mut allowed_ms: u64, mut target_bps: u64) -> u64 {
    if allowed_ms == 0 {
        return target_bps;
    }

    return <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(active_ms.clone()).unwrap() * FULL_BPS!())
            / <u128 as TryFrom<_>>::try_from(allowed_ms.clone()).unwrap())
        .min(FULL_BPS!()),
    )
    .unwrap();
}

pub fn next_difficulty(
    mut difficulty: u64,
    mut completion_bps: u64,
    mut target_bps: u64,
    mut utilisation_bps: u64,
    mut smoothing: u64,
) -> u64 {
    let mut up = (<u128 as TryFrom<_>>::try_from(target_bps.clone()).unwrap()
        + UTILISATION_TARGET_BPS!())
        * ONE!();

    let mut down = (<u128 as TryFrom<_>>::try_from(completion_bps.clone()).unwrap()
        + <u128 as TryFrom<_>>::try_from(utilisation_bps.clone()).unwrap())
        * <u128 as TryFrom<_>>::try_from(difficulty.clone()).unwrap();

    return nudged(
        difficulty.clone(),
        up.clone(),
        down.clone(),
        ((20000 * <u128 as TryFrom<_>>::try_from(smoothing.clone()).unwrap()) * ONE!()),
        LOWEST_DIFFICULTY!(),
        HIGHEST_DIFFICULTY!(),
    );
}

pub fn next_multiplier(
    mut multiplier: u64,
    mut minted: u64,
    mut left: u64,
    mut remaining_s: u64,
    mut elapsed_s: u64,
    mut smoothing: u64,
) -> u64 {
    let mut expected = (<u128 as TryFrom<_>>::try_from(left.clone()).unwrap()
        * <u128 as TryFrom<_>>::try_from(elapsed_s.clone()).unwrap())
        / <u128 as TryFrom<_>>::try_from(remaining_s.max(elapsed_s)).unwrap();

    let mut period = (<u128 as TryFrom<_>>::try_from(left.clone()).unwrap() * PERIOD_S!())
        / <u128 as TryFrom<_>>::try_from(remaining_s.max(PERIOD_S!())).unwrap();

    if left == 0 {
        return multiplier;
    }

    return nudged(
        multiplier.clone(),
        expected.clone(),
        <u128 as TryFrom<_>>::try_from(minted.clone()).unwrap(),
        (period.max(1) * <u128 as TryFrom<_>>::try_from(smoothing.clone()).unwrap()),
        LOWEST_MULTIPLIER!(),
        HIGHEST_MULTIPLIER!(),
    );
}

pub fn next_sampling(
    mut sampling: u64,
    mut pending: u32,
    mut settled: u32,
    mut target_bps: u64,
    mut smoothing: u64,
) -> u64 {
    let mut load = ((<u64 as TryFrom<_>>::try_from(pending.clone()).unwrap() * FULL_BPS!())
        / <u64 as TryFrom<_>>::try_from(settled.clone())
            .unwrap()
            .max(1))
    .min(FULL_BPS!());

    return nudged(
        sampling.clone(),
        <u128 as TryFrom<_>>::try_from(target_bps.clone()).unwrap(),
        <u128 as TryFrom<_>>::try_from(load.clone()).unwrap(),
        (FULL_BPS!() * <u128 as TryFrom<_>>::try_from(smoothing.clone()).unwrap()),
        LOWEST_SAMPLING!(),
        HIGHEST_SAMPLING!(),
    );
}

pub fn nudged(
    mut value: u64,
    mut up: u128,
    mut down: u128,
    mut scale: u128,
    mut lowest: u64,
    mut highest: u64,
) -> u64 {
    let mut most = <u128 as TryFrom<_>>::try_from(value.clone()).unwrap() / LARGEST_STEP!();

    if up >= down {
        return <u64 as TryFrom<_>>::try_from(
            (<u128 as TryFrom<_>>::try_from(value.clone()).unwrap()
                + most.min(
                    (<u128 as TryFrom<_>>::try_from(value.clone()).unwrap() * (up - down)) / scale,
                )),
        )
        .unwrap()
        .min(highest);
    }

    return <u64 as TryFrom<_>>::try_from(
        (<u128 as TryFrom<_>>::try_from(value.clone()).unwrap()
            - most.min(
                (<u128 as TryFrom<_>>::try_from(value.clone()).unwrap() * (down - up)) / scale,
            )),
    )
    .unwrap()
    .max(lowest);
}

pub fn turn<'info>(
    mut emission: Mutable<LoadedEmission<'info, '_>>,
    mut now: i64,
    mut left: u64,
    mut remaining_s: u64,
    mut elapsed_s: u64,
    mut smoothing: u64,
    mut completion_bps: u64,
    mut completion_target_bps: u64,
    mut utilisation_bps: u64,
    mut load_target_bps: u64,
) -> () {
    if !(now >= (emission.borrow().period_start_ts + PERIOD_S!())) {
        refuse("PeriodNotOver: the period lasts an hour");
    }

    assign!(
        emission.borrow_mut().multiplier,
        next_multiplier(
            emission.borrow().multiplier.clone(),
            emission.borrow().period_minted.clone(),
            left.clone(),
            remaining_s.clone(),
            elapsed_s.clone(),
            smoothing.clone()
        )
    );

    assign!(
        emission.borrow_mut().task_difficulty,
        next_difficulty(
            emission.borrow().task_difficulty.clone(),
            completion_bps.clone(),
            completion_target_bps.clone(),
            utilisation_bps.clone(),
            smoothing.clone()
        )
    );

    assign!(
        emission.borrow_mut().sampling,
        next_sampling(
            emission.borrow().sampling.clone(),
            emission.borrow().pending.clone(),
            emission.borrow().period_settled.clone(),
            load_target_bps.clone(),
            smoothing.clone()
        )
    );

    assign!(emission.borrow_mut().period_start_ts, now);

    assign!(emission.borrow_mut().period_minted, 0);

    assign!(emission.borrow_mut().period_settled, 0);

    assign!(emission.borrow_mut().period_active_ms, 0);

    assign!(emission.borrow_mut().period_allowed_ms, 0);

    assign!(emission.borrow_mut().cranks, emission.borrow().cranks + 1);
}

pub fn utilisation(mut active_ms: u64, mut miners: u32, mut elapsed_s: u64) -> u64 {
    let mut there = (<u128 as TryFrom<_>>::try_from(miners.clone()).unwrap()
        * <u128 as TryFrom<_>>::try_from(elapsed_s.clone()).unwrap())
        * 1000;

    return <u64 as TryFrom<_>>::try_from(
        ((<u128 as TryFrom<_>>::try_from(active_ms.clone()).unwrap() * FULL_BPS!()) / there.max(1))
            .min(FULL_BPS!()),
    )
    .unwrap();
}
