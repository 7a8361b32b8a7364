//! BEST: of some pairs of a logit and its token the one with the largest logit, the first of equals.

use super::{Descriptor, Results, Shape, Vectors};
use verifier::accounts::require;
use verifier::error::{Error, Result};

/// count u16.
pub struct Best {
    count: usize,
}

impl Best {
    #[inline(never)]
    pub fn read(descriptor: &mut Descriptor) -> Result<Self> {
        let count = descriptor.u16() as usize;
        descriptor.finish()?;
        require(count > 0, Error::BadDescriptor)?;
        Ok(Self { count })
    }

    /// A vector is a pair.
    pub fn shape(&self, n_vectors: usize) -> Option<Shape> {
        (n_vectors == self.count).then_some(Shape { first: 2, each: 2, rows: 0 })
    }

    /// Vectors: the pairs. Results: the best of them.
    pub fn run(&self, vectors: &mut Vectors, results: &mut Results) -> Result<()> {
        let pairs = vectors.take(2 * self.count)?;
        let mut best = &pairs[..2];
        for pair in pairs.chunks_exact(2) {
            if pair[0] > best[0] {
                best = pair;
            }
        }
        results.first.copy_from_slice(best);
        Ok(())
    }
}
