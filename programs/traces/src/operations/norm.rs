//! NORM: the residual stream with what is added to it, and the same over its root mean square.

use super::{equal_parts, give, within, Descriptor, Results, Shape, Vectors, BOUND};
use crate::constants::Constants;
use crate::integers::{round_divide, round_shift, square_root, Scale};
use verifier::accounts::require;
use verifier::error::{Error, Result};

/// The residual stream's integers are smaller than this in size.
const RESIDUAL_BOUND: i64 = 1 << 26;
/// Fractional bits of the root.
const ROOT_BITS: u32 = 10;
/// 2^11 squares of numbers below 2^26, and epsilon below 2^37, add up below 2^63.
const MAX_WIDTH: usize = 1 << 11;
const MAX_EPSILON: u64 = 1 << 37;
/// factor · 2^(bits + ROOT_BITS) is at most this, so that a numerator stays below 2^61.
const MAX_FACTOR: u64 = 1 << 35;

/// width u16, addends u8 (0 or 1), the residual's scale i8, the addend's i8, factor u8 (the root of the width), bits u8,
/// gain's shift u8 (255: no gain), epsilon u64, gain's offset u32.
pub struct Norm<'a> {
    width: usize,
    addends: usize,
    residual: Scale,
    addend: Scale,
    factor: i64,
    epsilon: u64,
    gain: Option<(u32, &'a [i32])>,
}

impl<'a> Norm<'a> {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor, constants: Constants<'a>) -> Result<Self> {
        let (width, addends) = (descriptor.u16() as usize, descriptor.u8() as usize);
        let residual = Scale::of(descriptor.u8() as i8).ok_or(Error::BadDescriptor)?;
        let addend = Scale::of(descriptor.u8() as i8).ok_or(Error::BadDescriptor)?;
        let (factor, bits, shift) = (u64::from(descriptor.u8()), u32::from(descriptor.u8()), descriptor.u8());
        let (epsilon, offset) = (descriptor.u64(), descriptor.u32());
        descriptor.finish()?;
        let factor = factor << (bits.min(32) + ROOT_BITS);
        let good = (1..=MAX_WIDTH).contains(&width)
            && addends <= 1
            && (1..=MAX_FACTOR).contains(&factor)
            && (1..MAX_EPSILON).contains(&epsilon)
            && (shift <= 32 || shift == 255)
            && (shift <= 32 || offset == 0);
        require(good, Error::BadDescriptor)?;
        let gain = if shift == 255 { None } else { Some((shift.into(), constants.words(offset, width)?)) };
        Ok(Self { width, addends, residual, addend, factor: factor as i64, epsilon, gain })
    }

    /// The residual is the first vector; the addend, if there is one, is in all others.
    pub fn shape(&self, n_vectors: usize) -> Option<Shape> {
        let each = match self.addends {
            0 => (n_vectors == 1).then_some(0)?,
            _ => equal_parts(self.width, n_vectors.checked_sub(1)?)?,
        };
        Some(Shape { first: self.width, each, rows: 0 })
    }

    pub fn gives(&self) -> [usize; 2] {
        [self.width; 2]
    }

    /// Vectors: the residual, the addend if there is one. Results: the new residual, the normed one.
    pub fn run(&self, vectors: &mut Vectors, results: &mut Results) -> Result<()> {
        let width = self.width;
        let (residual, addend) = (vectors.take(width)?, vectors.take(self.addends * width)?);
        let Results { first: next, second: normed } = results;
        if self.addends == 0 {
            for (&before, after) in residual.iter().zip(next.iter_mut()) {
                give(self.residual.of_value(before), RESIDUAL_BOUND, after)?;
            }
        } else {
            for ((&before, &added), after) in residual.iter().zip(addend).zip(next.iter_mut()) {
                require(within(added.into(), BOUND), Error::ValueOutOfRange)?;
                let sum = self.residual.of_value(before) + self.addend.of_value(added);
                give(sum, RESIDUAL_BOUND, after)?;
            }
        }
        let squares: u64 = next.iter().map(|&value| (i64::from(value) * i64::from(value)) as u64).sum();
        let root = square_root(u128::from(squares + self.epsilon) << (2 * ROOT_BITS));
        // The root is at least 2^10 times every number: what is normed is at most the factor without the root's bits.
        match self.gain {
            None => {
                for (&value, result) in next.iter().zip(normed.iter_mut()) {
                    give(round_divide(i64::from(value) * self.factor, root), BOUND, result)?;
                }
            }
            Some((shift, gains)) => {
                for ((&value, &gain), result) in next.iter().zip(gains).zip(normed.iter_mut()) {
                    let small = round_divide(i64::from(value) * self.factor, root);
                    give(round_shift(small * i64::from(gain), shift), BOUND, result)?;
                }
            }
        }
        Ok(())
    }
}
