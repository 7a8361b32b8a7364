//! The scalar field of BN254, in lazily reduced limbs.
//!
//! An element is nine 29-bit limbs (u32, least significant first) and a zero lane, in Montgomery form with R = 2^261.
//! Limbs may exceed 29 bits and values may exceed r: sealing bounds both for every instruction of a key program.
//! Products: `assembly` under `cfg(mai_asm)`, else [`portable`]; both compute the same bits.

#[cfg(mai_asm)]
mod assembly;
pub mod portable;

#[cfg(mai_asm)]
pub use assembly::{multiply, square, sum2, sum3, sum4};
#[cfg(not(mai_asm))]
pub use portable::{multiply, square, sum2, sum3, sum4};

pub type Element = [u32; 10];

pub const LIMBS: usize = 9;
pub const LIMB_BITS: u32 = 29;
pub const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// r, 64-bit words, least significant first.
pub const MODULUS: [u64; 4] =
    [0x43e1_f593_f000_0001, 0x2833_e848_79b9_7091, 0xb850_45b6_8181_585d, 0x3064_4e72_e131_a029];

/// r in limbs.
pub const MODULUS_LIMBS: [u64; LIMBS] = [
    0x1000_0001,
    0x1f0f_ac9f,
    0x0e5c_2450,
    0x07d0_90f3,
    0x1585_d283,
    0x02db_40c0,
    0x00a6_e141,
    0x0e5c_2634,
    0x0030_644e,
];

/// Constant 0 of every key: one, R mod r.
pub const ONE: Element = [
    0x0fff_ff57,
    0x1ea7_0ab4,
    0x052c_068b,
    0x1750_4f49,
    0x0aa8_075b,
    0x1d42_40ce,
    0x11d5_4c07,
    0x052a_c7a8,
    0x000d_c836,
    0,
];

/// Constant 1 of every key: R² mod r.
pub const R_SQUARED: Element = [
    0x05b6_9bd4,
    0x0617_0a5a,
    0x020c_ddce,
    0x1db6_310b,
    0x0e54_d0ff,
    0x1cf8_55e3,
    0x1c15_e103,
    0x07d0_9161,
    0x000a_054a,
    0,
];

/// Constant 2 of every key: the integer one, not in Montgomery form.
pub const RAW_ONE: Element = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// True if the 32 big-endian bytes are below `bound` (64-bit words, least significant first).
///
/// # Safety
/// 32 bytes are readable at `bytes`.
#[inline(always)]
pub unsafe fn is_below(bytes: *const u8, bound: [u64; 4]) -> bool {
    let top = word_big_endian(bytes, 0);
    // Almost every comparison ends here: keep the rest out of line.
    if top != bound[3] {
        return top < bound[3];
    }
    is_below_in_low_words(bytes, bound)
}

#[inline(never)]
unsafe fn is_below_in_low_words(bytes: *const u8, bound: [u64; 4]) -> bool {
    for index in [1, 2] {
        let word = word_big_endian(bytes, index);
        if word != bound[3 - index] {
            return word < bound[3 - index];
        }
    }
    word_big_endian(bytes, 3) < bound[0]
}

#[inline(always)]
unsafe fn word_big_endian(bytes: *const u8, index: usize) -> u64 {
    (bytes as *const u64).add(index).read_unaligned().swap_bytes()
}

/// Split four words into limbs. The zero lane is left alone.
///
/// # Safety
/// `out` is writable.
#[inline(always)]
pub unsafe fn unpack(out: *mut Element, words: [u64; 4]) {
    let out = out as *mut u32;
    let [w0, w1, w2, w3] = words;
    *out = (w0 & LIMB_MASK) as u32;
    *out.add(1) = ((w0 >> 29) & LIMB_MASK) as u32;
    *out.add(2) = ((w0 >> 58 | w1 << 6) & LIMB_MASK) as u32;
    *out.add(3) = ((w1 >> 23) & LIMB_MASK) as u32;
    *out.add(4) = ((w1 >> 52 | w2 << 12) & LIMB_MASK) as u32;
    *out.add(5) = ((w2 >> 17) & LIMB_MASK) as u32;
    *out.add(6) = ((w2 >> 46 | w3 << 18) & LIMB_MASK) as u32;
    *out.add(7) = ((w3 >> 11) & LIMB_MASK) as u32;
    *out.add(8) = (w3 >> 40) as u32;
}

/// Load 32 big-endian bytes, any value.
///
/// # Safety
/// `out` is writable, 32 bytes are readable at `bytes`.
#[inline(always)]
pub unsafe fn unpack_big_endian(out: *mut Element, bytes: *const u8) {
    let word = |index: usize| word_big_endian(bytes, index);
    unpack(out, [word(3), word(2), word(1), word(0)]);
}

/// Load 32 little-endian bytes, any value.
///
/// # Safety
/// `out` is writable, 32 bytes are readable at `bytes`.
#[inline(always)]
pub unsafe fn unpack_little_endian(out: *mut Element, bytes: *const u8) {
    let word = |index: usize| (bytes as *const u64).add(index).read_unaligned();
    unpack(out, [word(0), word(1), word(2), word(3)]);
}

/// Write a carried element below 2^256 as 32 big-endian bytes.
///
/// # Safety
/// `out` is writable for 32 bytes, `element` readable.
#[inline(always)]
pub unsafe fn pack_big_endian(out: *mut u8, element: *const Element) {
    let limb = |index: usize| *(element as *const u32).add(index) as u64;
    let out = out as *mut u64;
    *out.add(3) = (limb(0) | limb(1) << 29 | limb(2) << 58).swap_bytes();
    *out.add(2) = (limb(2) >> 6 | limb(3) << 23 | limb(4) << 52).swap_bytes();
    *out.add(1) = (limb(4) >> 12 | limb(5) << 17 | limb(6) << 46).swap_bytes();
    *out = (limb(6) >> 18 | limb(7) << 11 | limb(8) << 40).swap_bytes();
}

const WORDS: usize = 5;

/// out = a + b, limb by limb: two lanes per word, and no lane may pass 32 bits.
///
/// # Safety
/// The elements are readable, `out` writable; `out` may be `a` or `b`.
#[inline(always)]
pub unsafe fn add(out: *mut Element, a: *const Element, b: *const Element) {
    let (out, a, b) = (out as *mut u64, a as *const u64, b as *const u64);
    for word in 0..WORDS {
        *out.add(word) = (*a.add(word)).wrapping_add(*b.add(word));
    }
}

/// out = a + multiple − b, limb by limb; no lane may pass 32 bits or go below zero.
///
/// # Safety
/// As [`add`].
#[inline(always)]
pub unsafe fn subtract(out: *mut Element, a: *const Element, b: *const Element, multiple: *const Element) {
    let (out, a, b, multiple) = (out as *mut u64, a as *const u64, b as *const u64, multiple as *const u64);
    for word in 0..WORDS {
        *out.add(word) = (*a.add(word)).wrapping_add(*multiple.add(word)).wrapping_sub(*b.add(word));
    }
}

/// Carry in place: limbs 0 to 7 below 2^29.
///
/// # Safety
/// `element` is readable and writable.
#[inline(always)]
pub unsafe fn normalize(element: *mut Element) {
    let limbs = element as *mut u32;
    let mut carry = 0u64;
    for index in 0..LIMBS - 1 {
        let limb = (*limbs.add(index) as u64).wrapping_add(carry);
        *limbs.add(index) = (limb & LIMB_MASK) as u32;
        carry = limb >> LIMB_BITS;
    }
    *limbs.add(LIMBS - 1) = (*limbs.add(LIMBS - 1) as u64).wrapping_add(carry) as u32;
}

/// True if the elements have the same limbs.
///
/// # Safety
/// Both are readable.
#[inline(always)]
pub unsafe fn same(a: *const Element, b: *const Element) -> bool {
    let (a, b) = (a as *const u64, b as *const u64);
    *a == *b && *a.add(1) == *b.add(1) && *a.add(2) == *b.add(2) && *a.add(3) == *b.add(3) && *a.add(4) == *b.add(4)
}

#[cfg(test)]
mod tests;
