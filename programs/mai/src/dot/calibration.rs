// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { CALIBRATION_FIELDS , 6 }

seahorse_const! { CALIBRATION_RANGE , 10 }

seahorse_const! { CAP_CPU_MHZ , 1 }

seahorse_const! { CAP_GPU_MHS , 0 }

seahorse_const! { CAP_NETWORK_MBPS , 4 }

seahorse_const! { CAP_RAM_MHZ , 2 }

seahorse_const! { CAP_STORAGE_GB , 3 }

seahorse_const! { CLOCK_TOLERANCE_MS , 2000 }

seahorse_const! { DEVICE_CLASSES , 7 }

seahorse_const! { DEVICE_CPU , 1 }

seahorse_const! { DEVICE_GPU_CONFIDENTIAL , 6 }

seahorse_const! { DEVICE_GPU_CONSUMER , 2 }

seahorse_const! { DEVICE_GPU_HIGH_END , 3 }

seahorse_const! { DEVICE_GPU_SERVER , 5 }

seahorse_const! { DEVICE_GPU_WORKSTATION , 4 }

seahorse_const! { DEVICE_MOBILE , 0 }

seahorse_const! { FIRST_ATTESTABLE , 4 }

seahorse_const! { FULL_TRUST , 10000 }

seahorse_const! { LONGER_THAN_CHAIN_TIME , 2 }

seahorse_const! { LONGER_THAN_MODEL_ALLOWS , 3 }

seahorse_const! { PEAK_UNITS , 5 }

seahorse_const! { PLAUSIBLE , 0 }

seahorse_const! { SERVER_WITHOUT_ATTESTATION , 5 }

seahorse_const! { SOFTWARE_TRUST , 6000 }

seahorse_const! { TOO_FAST , 1 }

#[account]
#[derive(Debug)]
pub struct Calibration {
    pub entries: [u64; 42],
    pub bump: u8,
}

impl<'info, 'entrypoint> Calibration {
    pub fn load(
        account: &'entrypoint mut Box<Account<'info, Self>>,
        programs_map: &'entrypoint ProgramsMap<'info>,
    ) -> Mutable<LoadedCalibration<'info, 'entrypoint>> {
        let entries = Mutable::new(account.entries.clone());
        let bump = account.bump;

        Mutable::new(LoadedCalibration {
            __account__: account,
            __programs__: programs_map,
            entries,
            bump,
        })
    }

    pub fn store(loaded: Mutable<LoadedCalibration>) {
        let mut loaded = loaded.borrow_mut();
        let entries = loaded.entries.borrow().clone();

        loaded.__account__.entries = entries;

        let bump = loaded.bump;

        loaded.__account__.bump = bump;
    }
}

#[derive(Debug)]
pub struct LoadedCalibration<'info, 'entrypoint> {
    pub __account__: &'entrypoint mut Box<Account<'info, Calibration>>,
    pub __programs__: &'entrypoint ProgramsMap<'info>,
    pub entries: Mutable<[u64; 42]>,
    pub bump: u8,
}

pub fn check_calibration(mut entry: u32, mut value: u64) -> () {
    if !(entry < 42) {
        refuse("UnknownCalibration: there are 42 calibration entries, 0 to 41");
    }

    let mut default = default_calibration(entry.clone());

    if !(value >= (default / CALIBRATION_RANGE!())) {
        refuse("CalibrationTooLow: an entry is at least a tenth of its default");
    }

    if !(value <= (default * CALIBRATION_RANGE!())) {
        refuse("CalibrationTooHigh: an entry is at most ten times its default");
    }
}

pub fn check_device_class(mut device_class: u8) -> () {
    if !(device_class <= DEVICE_GPU_CONFIDENTIAL!()) {
        refuse("UnknownDeviceClass: the device class must be 0 to 6");
    }
}

pub fn counted(
    mut entries: Mutable<[u64; 42]>,
    mut device_class: u8,
    mut field: u8,
    mut declared: u32,
) -> u32 {
    return <u32 as TryFrom<_>>::try_from(
        <u64 as TryFrom<_>>::try_from(declared.clone())
            .unwrap()
            .min(
                entries.borrow()[entries
                    .wrapped_index(((CALIBRATION_FIELDS!() * device_class) + field) as i128)],
            ),
    )
    .unwrap();
}

pub fn default_calibration(mut entry: u32) -> u64 {
    let mut entries = Mutable::new([
        <u64 as TryFrom<_>>::try_from(5).unwrap(),
        3500,
        6400,
        100,
        100,
        100,
        0,
        6000,
        8000,
        2000,
        1000,
        500,
        100,
        6000,
        8000,
        2000,
        1000,
        100000,
        200,
        6000,
        8000,
        4000,
        1000,
        400000,
        250,
        6000,
        8000,
        8000,
        2500,
        1000000,
        300,
        6000,
        8800,
        20000,
        10000,
        1000000,
        400,
        6000,
        8800,
        20000,
        10000,
        5000000,
    ]);

    return entries.borrow()[entries.wrapped_index((entry as i128) as i128)];
}

pub fn earliest_start(mut assigned_ms: u64, mut busy_until_ms: u64) -> u64 {
    return assigned_ms.max(busy_until_ms);
}

pub fn peak_units(mut entries: Mutable<[u64; 42]>, mut device_class: u8) -> u64 {
    return entries.borrow()
        [entries.wrapped_index(((CALIBRATION_FIELDS!() * device_class) + PEAK_UNITS!()) as i128)];
}

pub fn plausibility(
    mut peak: u64,
    mut units: u64,
    mut active_ms: u64,
    mut start_ms: u64,
    mut now_ms: u64,
    mut most_ms: u64,
) -> u8 {
    if active_ms > most_ms {
        return LONGER_THAN_MODEL_ALLOWS!();
    }

    if (start_ms + active_ms) > (now_ms + CLOCK_TOLERANCE_MS!()) {
        return LONGER_THAN_CHAIN_TIME!();
    }

    if units > (peak * active_ms) {
        return TOO_FAST!();
    }

    return PLAUSIBLE!();
}

pub fn trust(mut device_class: u8, mut attested: bool) -> u64 {
    if !attested {
        return SOFTWARE_TRUST!();
    }

    if device_class < FIRST_ATTESTABLE!() {
        return SOFTWARE_TRUST!();
    }

    if device_class == SERVER_WITHOUT_ATTESTATION!() {
        return SOFTWARE_TRUST!();
    }

    return FULL_TRUST!();
}
