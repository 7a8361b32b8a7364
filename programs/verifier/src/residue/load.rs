//! Reducing integers to residues.

use super::{prime, Modulus};
use crate::memory::{MODULI, SLOT_BYTES};
use crate::payload::SCALAR_BYTES;

/// Word `index` of big-endian bytes.
#[inline(always)]
unsafe fn word(bytes: *const u8, index: usize) -> u64 {
    (bytes as *const u64).add(index).read_unaligned().swap_bytes()
}

/// Write the residues of 32 big-endian bytes, any value.
///
/// # Safety
/// 32 bytes are readable, `out` is writable and the moduli are drawn.
#[inline(always)]
pub unsafe fn load(memory: *const u8, out: *mut u32, bytes: *const u8) {
    let (w0, w1, w2, w3) = (word(bytes, 0), word(bytes, 1), word(bytes, 2), word(bytes, 3));
    let moduli = memory.add(MODULI) as *const Modulus;
    macro_rules! each { ($($index:literal)*) => { $({
        let modulus = &*moduli.add($index);
        let p = prime(memory, $index);
        // Three products of 31-bit residues and one residue: less than 2^64.
        let sum = (w0 % p) * modulus.powers[2] as u64
            + (w1 % p) * modulus.powers[1] as u64
            + (w2 % p) * modulus.powers[0] as u64
            + w3 % p;
        *out.add($index) = (sum % p) as u32;
    })* } }
    each!(0 1 2 3 4 5);
}

/// Write the residues of consecutive 32-byte integers to consecutive slots; the slot after the last one.
///
/// # Safety
/// As [`load`], for all of them.
#[inline(never)]
pub unsafe fn load_all(memory: *const u8, mut slot: *mut u8, bytes: &[u8]) -> *mut u8 {
    let range = bytes.as_ptr_range();
    let mut at = range.start;
    while at < range.end {
        load(memory, slot as *mut u32, at);
        at = at.add(SCALAR_BYTES);
        slot = slot.add(SLOT_BYTES);
    }
    slot
}

/// Write the residues of 16 big-endian bytes.
///
/// # Safety
/// 16 bytes are readable, `out` is writable and the moduli are drawn.
#[inline(always)]
pub unsafe fn load_half(memory: *const u8, out: *mut u32, bytes: *const u8) {
    let (w0, w1) = (word(bytes, 0), word(bytes, 1));
    let moduli = memory.add(MODULI) as *const Modulus;
    super::set(memory, out, |index, p| (w0 % p) * (*moduli.add(index)).powers[0] as u64 + w1 % p);
}

/// Write the residues of a signed integer: big-endian words, offset binary (2^(bits - 1) stands for zero).
///
/// # Safety
/// `words` is a whole number of words, `out` is writable and the moduli are drawn.
#[inline(never)]
pub unsafe fn load_long(memory: *const u8, out: *mut u32, words: &[u8]) {
    let moduli = memory.add(MODULI) as *const Modulus;
    super::set(memory, out, |_, p| p.get() - (1 << 63) % p);
    for index in 0..words.len() / 8 {
        let word = word(words.as_ptr(), index);
        // The first word is added to the offset, the others are appended.
        let shift = |j: usize| if index == 0 { 1 } else { (*moduli.add(j)).powers[0] as u64 };
        super::set(memory, out, |j, p| *out.add(j) as u64 * shift(j) + word % p);
    }
}
