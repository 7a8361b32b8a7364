//! Integer arithmetic of the canonical path, the same bits as `zk/mai_zk/language/integers.py`.
//!
//! Every function states the bounds within which nothing wraps; its callers refuse by name what is beyond.

/// log2(e) · 2^20, to the nearest integer.
const LOG2E: u64 = 1_512_775;
/// The decay's table has 2^12 steps.
const TABLE_BITS: u32 = 12;
pub const TABLE: usize = 1 << TABLE_BITS;
/// A table's entry shifted further is nothing.
const MAX_DECAY: u64 = 40;

/// value / 2^bits to the nearest integer, halves away from zero; |value| < 2^62, bits < 62.
#[inline(always)]
pub fn round_shift(value: i64, bits: u32) -> i64 {
    if bits == 0 {
        return value;
    }
    (value + (1 << (bits - 1)) + (value >> 63)) >> bits
}

/// value / divisor to the nearest integer, halves away from zero; |value| < 2^62, 0 < divisor < 2^62.
#[inline(always)]
pub fn round_divide(value: i64, divisor: u64) -> i64 {
    // A divisor of zero would be the caller's mistake; it must not be a panic.
    let size = (2 * value.unsigned_abs() + divisor).checked_div(2 * divisor).unwrap_or(0) as i64;
    if value < 0 {
        -size
    } else {
        size
    }
}

/// Fixed point numbers of other fractional bits: a shift to the left, or to the right with rounding.
#[derive(Clone, Copy)]
pub struct Scale {
    left: u32,
    right: u32,
}

impl Scale {
    /// Bits to the left, from -30 to 16; `None` beyond.
    pub fn of(bits: i8) -> Option<Self> {
        match bits {
            -30..=-1 => Some(Self { left: 0, right: bits.unsigned_abs().into() }),
            0..=16 => Some(Self { left: bits as u32, right: 0 }),
            _ => None,
        }
    }

    /// At most 2^47 in size.
    #[inline(always)]
    pub fn of_value(self, value: i32) -> i64 {
        round_shift(i64::from(value) << self.left, self.right)
    }
}

/// The largest integer whose square is at most `value`, digit by digit: division of 128 bits would cost more.
#[inline(never)]
pub fn square_root(value: u128) -> u64 {
    let (mut rest, mut root) = (value, 0u128);
    let mut bit = 1u128 << ((127 - (value | 1).leading_zeros()) & !1);
    while bit != 0 {
        let next = root + bit;
        root >>= 1;
        if rest >= next {
            rest -= next;
            root += bit;
        }
        bit >>= 2;
    }
    root as u64
}

/// e^-d for d ≥ 0, from an argument with fractional bits; the result has those of the table.
///
/// y = ⌊d · log2(e)⌋ with 12 fractional bits; the table's entry for those, shifted right by y's integer part.
pub struct Decay<'a> {
    table: &'a [u32; TABLE],
    shift: u32,
    clip: u64,
}

impl<'a> Decay<'a> {
    /// `shift`: the argument's fractional bits and 8, from 8 to 44; `None` beyond. Then clip · LOG2E < 2^63.
    pub fn new(table: &'a [u32; TABLE], shift: u8) -> Option<Self> {
        if !(8..=44).contains(&shift) {
            return None;
        }
        Some(Self { table, shift: shift.into(), clip: 1 << (shift - 2) }) // e^-64 < 2^-40
    }

    /// e^0.
    pub fn one(&self) -> u64 {
        self.table[0].into()
    }

    #[inline(always)]
    pub fn at(&self, argument: u64) -> u64 {
        let steps = (argument.min(self.clip) * LOG2E) >> self.shift;
        u64::from(self.table[steps as usize & (TABLE - 1)]) >> (steps >> TABLE_BITS).min(MAX_DECAY)
    }
}
