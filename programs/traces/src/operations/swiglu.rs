//! SWIGLU: gate · sigmoid(gate) · up.

use super::{equal_parts, give, within, Descriptor, Results, Shape, Vectors, BOUND};
use crate::constants::Constants;
use crate::integers::{round_divide, round_shift, Decay};
use verifier::accounts::require;
use verifier::error::{Error, Result};

const SIGMOID_BITS: u32 = 16;
/// Fractional bits that silu has more than the gate.
const MORE_BITS: u32 = 4;

/// count u16, the decay's shift u8, the result's shift u8, the table's offset u32.
pub struct Swiglu<'a> {
    count: usize,
    decay: Decay<'a>,
    shift: u32,
}

impl<'a> Swiglu<'a> {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor, constants: Constants<'a>) -> Result<Self> {
        let (count, decay, shift) = (descriptor.u16() as usize, descriptor.u8(), descriptor.u8());
        let table = constants.table(descriptor.u32())?;
        descriptor.finish()?;
        require(count > 0 && (1..=48).contains(&shift), Error::BadDescriptor)?;
        let decay = Decay::new(table, decay).ok_or(Error::BadDescriptor)?;
        Ok(Self { count, decay, shift: shift.into() })
    }

    pub fn shape(&self, n_vectors: usize) -> Option<Shape> {
        let each = equal_parts(2 * self.count, n_vectors)?;
        Some(Shape { first: each, each, rows: 0 })
    }

    pub fn gives(&self) -> [usize; 2] {
        [self.count, 0]
    }

    /// Vectors: gate, up. sigmoid(|g|) = 1 / (1 + e), sigmoid(-|g|) = e / (1 + e), e = e^-|g|.
    pub fn run(&self, vectors: &mut Vectors, results: &mut Results) -> Result<()> {
        let (gates, ups) = (vectors.take(self.count)?, vectors.take(self.count)?);
        let one = self.decay.one();
        for ((&gate, &up), result) in gates.iter().zip(ups).zip(results.first.iter_mut()) {
            let (gate, up) = (i64::from(gate), i64::from(up));
            require(within(gate, BOUND) && within(up, BOUND), Error::ValueOutOfRange)?;
            let decayed = self.decay.at(gate.unsigned_abs());
            let part = if gate < 0 { decayed } else { one };
            // At most 2^16, whatever the table holds; silu is below 2^29, its product below 2^53.
            let sigmoid = round_divide((part << SIGMOID_BITS) as i64, decayed + one);
            let silu = round_shift(gate * sigmoid, SIGMOID_BITS - MORE_BITS);
            give(round_shift(silu * up, self.shift), BOUND, result)?;
        }
        Ok(())
    }
}
