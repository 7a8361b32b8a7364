//! TOP: the largest of some logits and its token, the first of equals.

use super::{equal_parts, Descriptor, Results, Shape, Vectors};
use verifier::accounts::require;
use verifier::error::{Error, Result};

/// count u16, the first logit's token u32.
pub struct Top {
    count: usize,
    base: u32,
}

impl Top {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor) -> Result<Self> {
        let (count, base) = (descriptor.u16() as usize, descriptor.u32());
        descriptor.finish()?;
        require(count > 0, Error::BadDescriptor)?;
        Ok(Self { count, base })
    }

    pub fn shape(&self, n_vectors: usize) -> Option<Shape> {
        let each = equal_parts(self.count, n_vectors)?;
        Some(Shape { first: each, each, rows: 0 })
    }

    /// Vectors: the logits. Results: the largest one and its token.
    pub fn run(&self, vectors: &mut Vectors, results: &mut Results) -> Result<()> {
        let logits = vectors.take(self.count)?;
        let (&first, rest) = logits.split_first().ok_or(Error::OpeningLength)?;
        let mut best = (first, 0);
        for (&logit, index) in rest.iter().zip(1..) {
            if logit > best.0 {
                best = (logit, index);
            }
        }
        let token = i32::try_from(i64::from(self.base) + best.1).map_err(|_| Error::ValueOutOfRange)?;
        results.first.copy_from_slice(&[best.0, token]);
        Ok(())
    }
}
