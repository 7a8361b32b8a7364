//! Arithmetic modulo r, checked instead of computed: every value is an exact integer, known by its residues modulo six
//! random primes of 31 bits.
//!
//! A key's field code runs on residues, where a product costs two instructions a prime. Where a value grows too long, or
//! is a scalar of the curve sum, the client supplies an integer congruent to it modulo r. All these claims are joined
//! by random weights into one: their weighted sum is r times a quotient that the client supplies. Both sides are integers
//! of bounded length that were fixed, by hashing, before the primes were drawn; if they differ, six random primes all
//! divide the difference with a probability below 2^-110 (`docs/decisions/0006-residues.md`).
//!
//! [`moduli`] draws the primes, [`load`] reduces 256-bit integers, [`checks`] holds weights and sums, [`interpreter`] runs
//! field code.

pub mod checks;
pub mod interpreter;
pub mod load;
pub mod moduli;

use crate::memory::{MODULI, SLOT_BYTES};
use core::num::NonZeroU64;

/// How many primes.
pub const N_MODULI: usize = SLOT_BYTES / 4;

/// The residues of one value.
pub type Residues = [u32; N_MODULI];

/// One prime and the residues of 2^64, 2^128 and 2^192.
#[repr(C)]
pub struct Modulus {
    pub prime: u32,
    pub powers: [u32; 3],
}

/// Prime `index` of the memory.
///
/// # Safety
/// The moduli are drawn.
#[inline(always)]
pub unsafe fn prime(memory: *const u8, index: usize) -> NonZeroU64 {
    NonZeroU64::new_unchecked((*(memory.add(MODULI) as *const Modulus).add(index)).prime as u64)
}

/// Set all residues of `out` to `value(index)` modulo the prime of that index.
///
/// # Safety
/// `out` is writable and the moduli are drawn.
#[inline(always)]
pub unsafe fn set(memory: *const u8, out: *mut u32, value: impl Fn(usize, NonZeroU64) -> u64) {
    // Written out: the loop's counter would cost as much as its body.
    macro_rules! each { ($($index:literal)*) => { $({
        let prime = prime(memory, $index);
        *out.add($index) = (value($index, prime) % prime) as u32;
    })* } }
    each!(0 1 2 3 4 5);
}
