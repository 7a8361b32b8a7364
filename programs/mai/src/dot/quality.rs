// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::dot::{
    config::{week_at, Config},
    parameters::{FULL_BPS, MISSED_HOURS},
    registry::Miner,
    rewards::epoch_at,
};

use crate::dot::config::*;
use crate::dot::parameters::*;
use crate::dot::registry::*;
use crate::dot::rewards::*;
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { AI_WEIGHT_STEP , 500 }

seahorse_const! { CONSISTENT_OVERHEAD_MS , 5000 }

seahorse_const! { CONSISTENT_SLACK , 2 }

seahorse_const! { EXCLUDED_QUALITY , 2000 }

seahorse_const! { FIRST_AI_WEIGHT , 5000 }

seahorse_const! { HOURS_A_WEEK , 168 }

seahorse_const! { HOUR_S , 3600 }

seahorse_const! { LAST_AI_WEIGHT , 9000 }

seahorse_const! { NEWCOMER_QUALITY , 7500 }

seahorse_const! { OFFENCE_DIVISOR , 4 }

seahorse_const! { SLOT_MS , 400 }

seahorse_const! { VIOLATION_BPS , 1000 }

pub fn ai_score(
    mut completed: u32,
    mut failed: u32,
    mut rejected: u32,
    mut active_ms: u64,
    mut allowed_ms: u64,
    mut uptime_bps: u64,
) -> u64 {
    let mut success = share_bps(
        <u64 as TryFrom<_>>::try_from(completed.clone()).unwrap(),
        (<u64 as TryFrom<_>>::try_from(completed.clone()).unwrap()
            + <u64 as TryFrom<_>>::try_from(failed.clone()).unwrap()),
    );

    let mut passed = share_bps(
        <u64 as TryFrom<_>>::try_from(completed.clone()).unwrap(),
        (<u64 as TryFrom<_>>::try_from(completed.clone()).unwrap()
            + <u64 as TryFrom<_>>::try_from(rejected.clone()).unwrap()),
    );

    let mut used = 0;

    if allowed_ms > 0 {
        used = <u64 as TryFrom<_>>::try_from(
            ((<u128 as TryFrom<_>>::try_from(active_ms.clone()).unwrap() * FULL_BPS!())
                / <u128 as TryFrom<_>>::try_from(allowed_ms.clone()).unwrap()),
        )
        .unwrap()
        .min(FULL_BPS!());
    }

    let mut latency = FULL_BPS!() - (used / 2);

    return ((((4 * success) + (3 * passed)) + (2 * latency)) + uptime_bps) / 10;
}

pub fn ai_weight(mut epoch: u64) -> u64 {
    return LAST_AI_WEIGHT!().min(FIRST_AI_WEIGHT!() + (AI_WEIGHT_STEP!() * epoch.min(8)));
}

pub fn count_hour<'info>(
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut genesis_ts: i64,
    mut now: i64,
) -> () {
    let mut hour = <u32 as TryFrom<_>>::try_from(((now - genesis_ts) / HOUR_S!())).unwrap() + 1;

    if hour > miner.borrow().last_hour {
        assign!(miner.borrow_mut().last_hour, hour);

        assign!(miner.borrow_mut().hours, miner.borrow().hours + 1);
    }
}

pub fn enter_week<'info>(
    mut config: Mutable<LoadedConfig<'info, '_>>,
    mut miner: Mutable<LoadedMiner<'info, '_>>,
    mut now: i64,
) -> () {
    let mut week = week_at(config.borrow().genesis_ts.clone(), now.clone());

    if week > miner.borrow().week {
        let mut uptime = week_uptime(
            miner.borrow().hours.clone(),
            miner.borrow().missed.clone(),
            config.borrow().parameters.borrow()[config
                .borrow()
                .parameters
                .wrapped_index(MISSED_HOURS!() as i128)]
            .clone(),
            miner.borrow().completed.clone(),
        );

        if ((miner.borrow().completed + miner.borrow().failed) + miner.borrow().rejected) > 0 {
            let mut epoch = epoch_at(config.borrow().genesis_ts.clone(), now.clone());
            let mut score = week_score(
                epoch.clone(),
                miner.borrow().completed.clone(),
                miner.borrow().failed.clone(),
                miner.borrow().rejected.clone(),
                miner.borrow().consistent.clone(),
                miner.borrow().active_ms_week.clone(),
                miner.borrow().allowed_ms_week.clone(),
                uptime.clone(),
            );

            assign!(
                miner.borrow_mut().quality_bps,
                <u16 as TryFrom<_>>::try_from(
                    (((3 * <u64 as TryFrom<_>>::try_from(miner.borrow().quality_bps.clone())
                        .unwrap())
                        + score)
                        / 4)
                )
                .unwrap()
            );
        }

        if week > (miner.borrow().week + 1) {
            uptime = 0;
        }

        assign!(
            miner.borrow_mut().uptime_bps,
            <u16 as TryFrom<_>>::try_from(uptime.clone()).unwrap()
        );

        assign!(miner.borrow_mut().week, week);

        assign!(miner.borrow_mut().hours, 0);

        assign!(miner.borrow_mut().missed, 0);

        assign!(miner.borrow_mut().completed, 0);

        assign!(miner.borrow_mut().failed, 0);

        assign!(miner.borrow_mut().rejected, 0);

        assign!(miner.borrow_mut().consistent, 0);

        assign!(miner.borrow_mut().active_ms_week, 0);

        assign!(miner.borrow_mut().allowed_ms_week, 0);
    }
}

pub fn is_consistent(mut took_ms: u64, mut units: u64, mut power: u64, mut lanes: u8) -> bool {
    if power == 0 {
        return true;
    }

    let mut expected = ((<u128 as TryFrom<_>>::try_from(units.clone()).unwrap() * SLOT_MS!())
        * <u128 as TryFrom<_>>::try_from(lanes.max(1)).unwrap())
        / <u128 as TryFrom<_>>::try_from(power.clone()).unwrap();

    return <u128 as TryFrom<_>>::try_from(took_ms.clone()).unwrap()
        <= (CONSISTENT_OVERHEAD_MS!() + (CONSISTENT_SLACK!() * expected));
}

pub fn quality_factor(mut quality_bps: u16) -> u64 {
    return (FULL_BPS!() / 2) + (<u64 as TryFrom<_>>::try_from(quality_bps.clone()).unwrap() / 2);
}

pub fn share_bps(mut part: u64, mut whole: u64) -> u64 {
    if whole == 0 {
        return FULL_BPS!();
    }

    return (part * FULL_BPS!()) / whole;
}

pub fn week_score(
    mut epoch: u64,
    mut completed: u32,
    mut failed: u32,
    mut rejected: u32,
    mut consistent: u32,
    mut active_ms: u64,
    mut allowed_ms: u64,
    mut uptime_bps: u64,
) -> u64 {
    let mut weight = ai_weight(epoch.clone());
    let mut ai = ai_score(
        completed.clone(),
        failed.clone(),
        rejected.clone(),
        active_ms.clone(),
        allowed_ms.clone(),
        uptime_bps.clone(),
    );

    let mut hardware = share_bps(
        <u64 as TryFrom<_>>::try_from(consistent.min(completed)).unwrap(),
        <u64 as TryFrom<_>>::try_from(completed.clone()).unwrap(),
    );

    let mut score = ((weight * ai) + ((FULL_BPS!() - weight) * hardware)) / FULL_BPS!();

    return score
        - score.min(VIOLATION_BPS!() * <u64 as TryFrom<_>>::try_from(rejected.clone()).unwrap());
}

pub fn week_uptime(
    mut hours: u16,
    mut missed: u16,
    mut missed_hours: u64,
    mut completed: u32,
) -> u64 {
    if completed == 0 {
        return 0;
    }

    let mut lost = <u64 as TryFrom<_>>::try_from(missed.clone()).unwrap() * missed_hours;

    return ((<u64 as TryFrom<_>>::try_from(hours.clone()).unwrap()
        - <u64 as TryFrom<_>>::try_from(hours.clone())
            .unwrap()
            .min(lost))
        * FULL_BPS!())
        / HOURS_A_WEEK!();
}
