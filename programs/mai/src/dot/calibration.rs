// Generated from programs/mai/*.py by `mai program build`; edit those instead.

#![allow(unused_imports)]
#![allow(unused_variables)]
#![allow(unused_mut)]
use crate::{id, seahorse_util::*};
use anchor_lang::{prelude::*, solana_program};
use anchor_spl::token::{self, Mint, Token, TokenAccount};
use std::{cell::RefCell, rc::Rc};

seahorse_const! { CLOCK_TOLERANCE_MS , 2000 }

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

seahorse_const! { PLAUSIBLE , 0 }

seahorse_const! { SERVER_WITHOUT_ATTESTATION , 5 }

seahorse_const! { SOFTWARE_TRUST , 6000 }

seahorse_const! { TOO_FAST , 1 }

pub fn check_device_class(mut device_class: u8) -> () {
    if !(device_class <= DEVICE_GPU_CONFIDENTIAL!()) {
        panic!("UnknownDeviceClass: the device class must be 0 to 6");
    }
}

pub fn cpu_cap(mut device_class: u8) -> u32 {
    let mut caps = Mutable::new([
        <u32 as TryFrom<_>>::try_from(3500).unwrap(),
        6000,
        6000,
        6000,
        6000,
        6000,
        6000,
    ]);

    return caps.borrow()[caps.wrapped_index((device_class as i128) as i128)];
}

pub fn earliest_start(mut posted_ms: u64, mut busy_until_ms: u64) -> u64 {
    return posted_ms.max(busy_until_ms);
}

pub fn gpu_cap(mut device_class: u8) -> u32 {
    let mut caps = Mutable::new([
        <u32 as TryFrom<_>>::try_from(5).unwrap(),
        0,
        100,
        200,
        250,
        300,
        400,
    ]);

    return caps.borrow()[caps.wrapped_index((device_class as i128) as i128)];
}

pub fn network_cap(mut device_class: u8) -> u32 {
    let mut caps = Mutable::new([
        <u32 as TryFrom<_>>::try_from(100).unwrap(),
        1000,
        1000,
        1000,
        2500,
        10000,
        10000,
    ]);

    return caps.borrow()[caps.wrapped_index((device_class as i128) as i128)];
}

pub fn peak_units(mut device_class: u8) -> u64 {
    let mut units = Mutable::new([
        <u64 as TryFrom<_>>::try_from(100).unwrap(),
        500,
        100000,
        400000,
        1000000,
        1000000,
        5000000,
    ]);

    return units.borrow()[units.wrapped_index((device_class as i128) as i128)];
}

pub fn plausibility(
    mut device_class: u8,
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

    if units > (peak_units(device_class.clone()) * active_ms) {
        return TOO_FAST!();
    }

    return PLAUSIBLE!();
}

pub fn ram_cap(mut device_class: u8) -> u32 {
    let mut caps = Mutable::new([
        <u32 as TryFrom<_>>::try_from(6400).unwrap(),
        8000,
        8000,
        8000,
        8000,
        8800,
        8800,
    ]);

    return caps.borrow()[caps.wrapped_index((device_class as i128) as i128)];
}

pub fn storage_cap(mut device_class: u8) -> u32 {
    let mut caps = Mutable::new([
        <u32 as TryFrom<_>>::try_from(100).unwrap(),
        2000,
        2000,
        4000,
        8000,
        20000,
        20000,
    ]);

    return caps.borrow()[caps.wrapped_index((device_class as i128) as i128)];
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
