//! TOP: the largest of some logits and its index, the first of equals.

use super::{Descriptor, Vectors};
use verifier::accounts::require;
use verifier::error::{Error, Result};

/// count u16.
pub struct Top {
    count: usize,
}

impl Top {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor) -> Result<Self> {
        let count = descriptor.u16() as usize;
        descriptor.finish()?;
        require(count > 0, Error::BadDescriptor)?;
        Ok(Self { count })
    }

    /// Vectors: the logits; the largest one and its index.
    pub fn check(&self, vectors: &mut Vectors) -> Result<()> {
        let (logits, opened) = (vectors.take(self.count)?, vectors.take(2)?);
        let (&first, rest) = logits.split_first().ok_or(Error::OpeningLength)?;
        let mut best = (first, 0);
        for (&logit, index) in rest.iter().zip(1..) {
            if logit > best.0 {
                best = (logit, index);
            }
        }
        require(opened == [best.0, best.1], Error::ResultMismatch)
    }
}
