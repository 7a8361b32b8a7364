//! Six random primes between 2^30 and 2^31, from a seed.
//!
//! The seed yields a fixed stream of odd candidates; the first six primes in it are the moduli. For every candidate that
//! is passed over the client names a divisor, so nobody can choose which primes are taken.

use super::{Modulus, N_MODULI};
use crate::error::{Error, Result};
use crate::memory::{MODULI, MODULUS_SEED};
use crate::syscall::keccak256;
use core::num::NonZeroU64;

/// Candidates in one hash.
const PER_HASH: usize = 8;
const LOWEST: u32 = 1 << 30;

/// Composite numbers between 2^30 and 2^31 that are strong probable primes to the bases 2 and 3, all of them: found by
/// trying every number (`tests/verifier/test_moduli.py` repeats a part of that).
#[rustfmt::skip]
pub const PSEUDOPRIMES: [u32; 18] = [
    1_157_839_381, 1_168_256_953, 1_236_313_501, 1_463_178_817, 1_481_626_513, 1_518_290_707,
    1_521_221_473, 1_538_012_449, 1_638_294_661, 1_854_940_231, 1_856_689_453, 1_860_373_241,
    1_909_566_073, 1_921_309_633, 1_991_063_449, 1_995_830_761, 2_057_835_781, 2_117_555_641,
];

/// Draw the moduli from the seed in memory. Every divisor must be used.
///
/// # Safety
/// `memory` is working memory with the seed set.
#[inline(never)]
pub unsafe fn draw(memory: *mut u8, divisors: &[u8]) -> Result<()> {
    let seed = &*(memory.add(MODULUS_SEED) as *const [u8; 32]);
    let mut moduli = memory.add(MODULI) as *mut Modulus;
    let end = moduli.add(N_MODULI);
    let mut divisors = divisors.chunks_exact(2);
    let mut block = 0u8;
    loop {
        let hash = keccak256(&[seed, &[block]]);
        block += 1; // At most MAX_CANDIDATES / PER_HASH blocks.
        for index in 0..PER_HASH {
            let word =
                u32::from_le_bytes([hash[4 * index], hash[4 * index + 1], hash[4 * index + 2], hash[4 * index + 3]]);
            let candidate = (word & (LOWEST - 1)) | LOWEST | 1;
            let divisor = divisors.next().ok_or(Error::ModulusWrong)?;
            let divisor = u16::from_le_bytes([divisor[0], divisor[1]]);
            if let Some(divisor) = core::num::NonZeroU32::new(divisor as u32) {
                if divisor.get() == 1 || candidate % divisor != 0 {
                    return Err(Error::ModulusWrong);
                }
                continue;
            }
            if !is_prime(candidate) {
                return Err(Error::ModulusWrong);
            }
            set(moduli, candidate);
            moduli = moduli.add(1);
            if moduli == end {
                return if divisors.next().is_none() { Ok(()) } else { Err(Error::ModulusWrong) };
            }
        }
    }
}

/// Write a prime and its powers of 2^64.
unsafe fn set(modulus: *mut Modulus, prime: u32) {
    let p = NonZeroU64::new_unchecked(prime as u64);
    let first = (u64::MAX % p + 1) % p;
    let second = first * first % p;
    let third = second * first % p;
    *modulus = Modulus { prime, powers: [first as u32, second as u32, third as u32] };
}

const POWERS_OF_2: [u32; 16] = powers(2);
const POWERS_OF_3: [u32; 16] = powers(3);

/// The powers 0 to 15 of a base.
const fn powers(base: u32) -> [u32; 16] {
    let mut powers = [1; 16];
    let mut exponent = 1;
    while exponent < 16 {
        powers[exponent] = powers[exponent - 1] * base;
        exponent += 1;
    }
    powers
}

/// True if the odd number between 2^30 and 2^31 is prime.
fn is_prime(candidate: u32) -> bool {
    strong(candidate, &POWERS_OF_2) && strong(candidate, &POWERS_OF_3) && !PSEUDOPRIMES.contains(&candidate)
}

/// True if the number is a strong probable prime to a base, given the base's powers 0 to 15.
#[inline(never)]
fn strong(candidate: u32, powers: &[u32; 16]) -> bool {
    // SAFETY: the candidate is odd.
    let n = unsafe { NonZeroU64::new_unchecked(candidate as u64) };
    let minus_one = n.get() - 1;
    let twos = minus_one.trailing_zeros();
    let exponent = minus_one >> twos;
    // The exponent's bits, four at a time; 31 bits make eight digits.
    let mut power = 1u64;
    for digit in (0..8).rev() {
        for _ in 0..4 {
            power = power * power % n;
        }
        power = power * powers[(exponent >> (4 * digit) & 15) as usize] as u64 % n;
    }
    if power == 1 || power == minus_one {
        return true;
    }
    for _ in 1..twos {
        power = power * power % n;
        if power == minus_one {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_prime;

    #[test]
    fn agrees_with_trial_division() {
        let by_division = |n: u32| (3..46_341).step_by(2).all(|divisor| n % divisor != 0);
        for start in [1 << 30, 1_500_000_000, i32::MAX as u32 - 400] {
            for candidate in (start | 1..start | 1 + 400).step_by(2).filter(|&n| n < 1 << 31) {
                assert_eq!(is_prime(candidate), by_division(candidate), "{candidate}");
            }
        }
    }

    #[test]
    fn refuses_every_pseudoprime() {
        for candidate in super::PSEUDOPRIMES {
            assert!(!is_prime(candidate));
        }
    }
}
