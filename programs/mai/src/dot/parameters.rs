// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { APPEAL_BOND , 12 }

seahorse_const! { APPEAL_WINDOW_S , 11 }

seahorse_const! { BOND_LAMPORTS , 3 }

seahorse_const! { BURN_BPS , 13 }

seahorse_const! { CHECK_WINDOW_S , 9 }

seahorse_const! { CLASS_PARAMETERS , 17 }

seahorse_const! { COMPLETION_TARGET_BPS , 27 }

seahorse_const! { ELIGIBLE_TARGET , 6 }

seahorse_const! { EPOCH_CAP , 0 }

seahorse_const! { FEE_TREASURY_BPS , 2 }

seahorse_const! { FULL_BPS , 10000 }

seahorse_const! { GRACE_S , 7 }

seahorse_const! { IN_FLIGHT_LIMIT , 30 }

seahorse_const! { LARGE_TIMEOUT_S , 16 }

seahorse_const! { LOAD_TARGET_BPS , 28 }

seahorse_const! { MISSED_HOURS , 31 }

seahorse_const! { NEWCOMER_TASKS , 4 }

seahorse_const! { RATE_FLOOR , 1 }

seahorse_const! { REWARD_LIMIT , 2 }

seahorse_const! { RISK_HIGH , 2 }

seahorse_const! { RISK_LOW , 0 }

seahorse_const! { RISK_MEDIUM , 1 }

seahorse_const! { SAMPLING_BPS , 0 }

seahorse_const! { SAVING_BPS , 26 }

seahorse_const! { SLASH , 1 }

seahorse_const! { SMOOTHING , 8 }

seahorse_const! { SOFT_BPS , 14 }

seahorse_const! { TASK_CLASSES , 3 }

seahorse_const! { TASK_CRITICAL , 2 }

seahorse_const! { TASK_ROUTINE , 0 }

seahorse_const! { TASK_STANDARD , 1 }

seahorse_const! { TIMEOUT_S , 15 }

seahorse_const! { TREASURY_SPEND_BPS , 29 }

seahorse_const! { TRUSTED_QUALITY , 5 }

seahorse_const! { VERIFIER_STAKE , 10 }

pub fn check_deterrence(mut parameters: Mutable<[u64; 32]>) -> () {
    for mut task_class in 0..3 {
        let mut at = CLASS_PARAMETERS!() + (3 * task_class);

        if !deters(
            parameters.borrow()[parameters.wrapped_index((at + SAMPLING_BPS!()) as i128)].clone(),
            parameters.borrow()[parameters.wrapped_index((at + SLASH!()) as i128)].clone(),
            parameters.borrow()[parameters.wrapped_index((at + REWARD_LIMIT!()) as i128)].clone(),
            parameters.borrow()[parameters.wrapped_index(SAVING_BPS!() as i128)].clone(),
        ) {
            refuse("CheatingWouldPay: p (S + R) >= C must hold for every task class");
        }
    }
}

pub fn check_parameter(mut index: u8, mut value: u64) -> () {
    if !(index < 32) {
        refuse("UnknownParameter: there are 32 parameters, 0 to 31");
    }

    if !(value >= lowest_parameter(index.clone())) {
        refuse("ParameterTooLow: the value is below the lowest that is allowed");
    }

    if !(value <= highest_parameter(index.clone())) {
        refuse("ParameterTooHigh: the value is above the highest that is allowed");
    }
}

pub fn default_parameter(mut index: u8) -> u64 {
    let mut values = Mutable::new([
        500000000000000000,
        50000,
        1000,
        50000000,
        10,
        9000,
        4,
        3600,
        144,
        86400,
        100000000000000,
        604800,
        1000000000000,
        5000,
        1000,
        60,
        300,
        500,
        25000000000000,
        1000000000000,
        2000,
        50000000000000,
        10000000000000,
        10000,
        100000000000000,
        100000000000000,
        10000,
        2500,
        1000,
        1000,
        64,
        6,
    ]);

    return values.borrow()[values.wrapped_index((index as i128) as i128)];
}

pub fn deters(mut sampling_bps: u64, mut slash: u64, mut limit: u64, mut saving_bps: u64) -> bool {
    return (<u128 as TryFrom<_>>::try_from(sampling_bps.clone()).unwrap()
        * (<u128 as TryFrom<_>>::try_from(slash.clone()).unwrap()
            + <u128 as TryFrom<_>>::try_from(limit.clone()).unwrap()))
        >= (<u128 as TryFrom<_>>::try_from(saving_bps.clone()).unwrap()
            * <u128 as TryFrom<_>>::try_from(limit.clone()).unwrap());
}

pub fn highest_parameter(mut index: u8) -> u64 {
    let mut values = Mutable::new([
        1000000000000000000,
        59049,
        5000,
        10000000000,
        1000,
        10000,
        64,
        43200,
        300,
        604800,
        10000000000000000,
        1209600,
        1000000000000000,
        9000,
        5000,
        600,
        3600,
        10000,
        10000000000000000,
        1000000000000000,
        10000,
        10000000000000000,
        1000000000000000,
        10000,
        10000000000000000,
        1000000000000000,
        10000,
        9000,
        9000,
        5000,
        64,
        24,
    ]);

    return values.borrow()[values.wrapped_index((index as i128) as i128)];
}

pub fn lowest_parameter(mut index: u8) -> u64 {
    let mut values = Mutable::new([
        1000000000000000,
        10000,
        0,
        1000000,
        3,
        6000,
        1,
        60,
        100,
        3600,
        10000000000000,
        86400,
        10000000000,
        2000,
        100,
        30,
        60,
        100,
        1000000000000,
        1000000000,
        500,
        1000000000000,
        1000000000,
        9000,
        1000000000000,
        1000000000,
        1000,
        1000,
        100,
        0,
        1,
        0,
    ]);

    return values.borrow()[values.wrapped_index((index as i128) as i128)];
}

pub fn of_class(mut parameters: Mutable<[u64; 32]>, mut task_class: u8, mut which: u8) -> u64 {
    return parameters.borrow()
        [parameters.wrapped_index(((CLASS_PARAMETERS!() + (3 * task_class)) + which) as i128)];
}

pub fn parameter_risk(mut index: u8) -> u8 {
    let mut risks = Mutable::new([
        <u8 as TryFrom<_>>::try_from(2).unwrap(),
        2,
        1,
        1,
        1,
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        1,
        2,
        1,
        0,
        0,
        2,
        2,
        2,
        2,
        2,
        2,
        2,
        2,
        2,
        2,
        1,
        1,
        2,
        1,
        0,
    ]);

    return risks.borrow()[risks.wrapped_index((index as i128) as i128)];
}
