//! The claims modulo r: each is multiplied by a random weight and added to one total.
//!
//! Claim n has the weight a(n mod 16) · b(n / 16), where a and b are random integers of 128 bits, drawn from a hash of
//! all that the claims are about. If any claim is false modulo r, the total is a multiple of r with a probability of at
//! most 2^-127 (two applications of the Schwartz–Zippel lemma).

use super::load::{load_half, load_long};
use super::{set, N_MODULI};
use crate::error::{Error, Result};
use crate::memory::{
    FIELD_MODULUS, GROUP, GROUP_WEIGHT, NEXT_GROUP, NEXT_WEIGHT, SCRATCH, SLOT_BYTES, TOTAL, WEIGHTS, WEIGHT_SEED,
};
use crate::residue::load::load;
use crate::syscall::keccak256;

/// Weights of a group, two of each hash.
const GROUP_SIZE: usize = 16;
const WEIGHTS_END: u64 = (GROUP_SIZE * SLOT_BYTES) as u64;

/// r, big-endian.
#[rustfmt::skip]
const R: [u8; 32] = [
    0x30, 0x64, 0x4e, 0x72, 0xe1, 0x31, 0xa0, 0x29, 0xb8, 0x50, 0x45, 0xb6, 0x81, 0x81, 0x58, 0x5d,
    0x28, 0x33, 0xe8, 0x48, 0x79, 0xb9, 0x70, 0x91, 0x43, 0xe1, 0xf5, 0x93, 0xf0, 0x00, 0x00, 0x01,
];

/// Hash the seed and a counter; each half of the hash is a weight.
unsafe fn weights(memory: *const u8, counter: u32) -> [u8; 32] {
    keccak256(&[&*(memory.add(WEIGHT_SEED) as *const [u8; 32]), &counter.to_le_bytes()])
}

/// Reduce r and the first sixteen weights; empty the sums.
///
/// # Safety
/// `memory` is working memory with the weights' seed and the moduli.
#[inline(never)]
pub unsafe fn begin(memory: *mut u8) {
    load(memory, memory.add(FIELD_MODULUS) as *mut u32, R.as_ptr());
    let mut slot = memory.add(WEIGHTS);
    for counter in 0..GROUP_SIZE as u32 / 2 {
        let hash = weights(memory, counter);
        load_half(memory, slot as *mut u32, hash.as_ptr());
        load_half(memory, slot.add(SLOT_BYTES) as *mut u32, hash.as_ptr().add(16));
        slot = slot.add(2 * SLOT_BYTES);
    }
    *(memory.add(TOTAL) as *mut [u32; N_MODULI]) = [0; N_MODULI];
    *(memory.add(GROUP) as *mut [u32; N_MODULI]) = [0; N_MODULI];
    *(memory.add(NEXT_WEIGHT) as *mut u64) = 0;
    *(memory.add(NEXT_GROUP) as *mut u64) = 0;
}

/// Claim `left` = `right` modulo r.
///
/// # Safety
/// The checks have begun; both are residues.
#[inline(always)]
pub unsafe fn claim(memory: *mut u8, left: *const u32, right: impl Fn(usize) -> u64) {
    let next = *(memory.add(NEXT_WEIGHT) as *const u64);
    let weight = memory.add(WEIGHTS + next as usize) as *const u32;
    let group = memory.add(GROUP) as *mut u32;
    // Residues are below 2^31, the difference is below 2^32.
    set(memory, group, |j, p| {
        (*left.add(j) as u64 + p.get() - right(j)) * *weight.add(j) as u64 + *group.add(j) as u64
    });
    let next = next + SLOT_BYTES as u64;
    *(memory.add(NEXT_WEIGHT) as *mut u64) = next;
    if next == WEIGHTS_END {
        close_group(memory);
    }
}

/// Add the group, times its weight, to the total, and begin the next one.
#[inline(never)]
unsafe fn close_group(memory: *mut u8) {
    let index = *(memory.add(NEXT_GROUP) as *const u64) as u32;
    let hash = weights(memory, GROUP_SIZE as u32 / 2 + index / 2);
    let weight = memory.add(GROUP_WEIGHT) as *mut u32;
    load_half(memory, weight, hash.as_ptr().add(16 * (index as usize % 2)));
    let (group, total) = (memory.add(GROUP) as *mut u32, memory.add(TOTAL) as *mut u32);
    set(memory, total, |j, _| *group.add(j) as u64 * *weight.add(j) as u64 + *total.add(j) as u64);
    *(memory.add(GROUP) as *mut [u32; N_MODULI]) = [0; N_MODULI];
    *(memory.add(NEXT_GROUP) as *mut u64) = index as u64 + 1;
    *(memory.add(NEXT_WEIGHT) as *mut u64) = 0;
}

/// The total must be r times the quotient, modulo every prime.
///
/// # Safety
/// As [`claim`].
#[inline(never)]
pub unsafe fn finish(memory: *mut u8, quotient: &[u8]) -> Result<()> {
    if *(memory.add(NEXT_WEIGHT) as *const u64) != 0 {
        close_group(memory);
    }
    let value = memory.add(SCRATCH) as *mut u32;
    load_long(memory, value, quotient);
    let modulus = memory.add(FIELD_MODULUS) as *const u32;
    set(memory, value, |j, _| *value.add(j) as u64 * *modulus.add(j) as u64);
    if *(value as *const [u32; N_MODULI]) == *(memory.add(TOTAL) as *const [u32; N_MODULI]) {
        Ok(())
    } else {
        Err(Error::HintWrong)
    }
}
