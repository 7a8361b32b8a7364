//! Comparing big-endian integers with a modulus.

use crate::error::{Error, Result};
use crate::payload::SCALAR_BYTES;

/// r, the scalar field's modulus: 64-bit words, least significant first.
pub const R: [u64; 4] = [0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];

/// q, the base field's modulus: 64-bit words, least significant first.
pub const Q: [u64; 4] = [0x3c20_8c16_d87c_fd47, 0x9781_6a91_6871_ca8d, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];

/// True if the 32 big-endian bytes are below `bound` (64-bit words, least significant first).
///
/// # Safety
/// 32 bytes are readable at `bytes`.
#[inline(always)]
pub unsafe fn is_below(bytes: *const u8, bound: [u64; 4]) -> bool {
    let top = word(bytes, 0);
    // Almost every comparison ends here: keep the rest out of line.
    if top != bound[3] {
        return top < bound[3];
    }
    is_below_in_low_words(bytes, bound)
}

#[inline(never)]
unsafe fn is_below_in_low_words(bytes: *const u8, bound: [u64; 4]) -> bool {
    for index in [1, 2] {
        let word = word(bytes, index);
        if word != bound[3 - index] {
            return word < bound[3 - index];
        }
    }
    word(bytes, 3) < bound[0]
}

#[inline(always)]
unsafe fn word(bytes: *const u8, index: usize) -> u64 {
    (bytes as *const u64).add(index).read_unaligned().swap_bytes()
}

/// `Err(error)` unless every 32-byte integer is below r.
#[inline(always)]
pub fn check_scalars(scalars: &[u8], error: Error) -> Result<()> {
    let range = scalars.as_ptr_range();
    let mut scalar = range.start;
    while scalar < range.end {
        // SAFETY: the slice is a whole number of scalars: its length is a product with SCALAR_BYTES.
        unsafe {
            if !is_below(scalar, R) {
                return Err(error);
            }
            scalar = scalar.add(SCALAR_BYTES);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{is_below, Q, R};

    #[test]
    fn compares_with_the_whole_modulus() {
        for modulus in [R, Q] {
            let bytes = |words: [u64; 4]| {
                let mut bytes = [0; 32];
                for (chunk, word) in bytes.chunks_exact_mut(8).zip(words.iter().rev()) {
                    chunk.copy_from_slice(&word.to_be_bytes());
                }
                bytes
            };
            // SAFETY: the arrays have 32 bytes.
            let below = |words| unsafe { is_below(bytes(words).as_ptr(), modulus) };
            assert!(!below(modulus) && !below([u64::MAX; 4]) && below([0; 4]));
            for index in 0..4 {
                let (mut less, mut more) = (modulus, modulus);
                less[index] -= 1;
                more[index] += 1;
                assert!(below(less) && !below(more));
            }
        }
    }
}
