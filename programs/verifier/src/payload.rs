//! A proof payload: one or several proofs under one key, with the hints that let the program check instead of compute.
//!
//! count u16 ‖ candidates u16 ‖ zero u32 ‖ (instances ‖ proof ‖ hints) × count ‖ scalars ‖ quotient ‖ divisors, where a
//! proof is phase points ‖ evaluations ‖ W ‖ W′.

use crate::error::{Error, Result};
use crate::key::{Header, POINT_BYTES};

pub const SCALAR_BYTES: usize = 32;
/// The most proofs that one payload holds.
pub const MAX_PROOFS: usize = 8;
/// The most candidates for the six moduli: fewer than six primes among so many have a chance of about 2^-44.
pub const MAX_CANDIDATES: usize = 512;
/// What the batch coefficients add to the quotient: 128 bits and the sum over [`MAX_PROOFS`].
const BATCH_WORDS: usize = 3;

const PREFIX_BYTES: usize = 8;
const WORD_BYTES: usize = 8;

/// Views of a payload's parts.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    pub count: usize,
    proofs: &'a [u8],
    sizes: Sizes,
    /// One for every point of the key, then one for every point but the unit point of each proof.
    pub scalars: &'a [u8],
    /// A signed integer, big-endian words, its sign in offset binary.
    pub quotient: &'a [u8],
    /// For each candidate of a modulus a divisor, or zero if it is prime: u16, little-endian.
    pub divisors: &'a [u8],
}

#[derive(Clone, Copy)]
struct Sizes {
    instances: usize,
    points: usize,
    proof: usize,
    hints: usize,
}

/// Views of one proof's parts.
#[derive(Clone, Copy)]
pub struct ProofView<'a> {
    pub instances: &'a [u8],
    /// EZKL's proof bytes.
    pub proof: &'a [u8],
    pub hints: &'a [u8],
    /// W′ ‖ hints: what the transcript does not absorb.
    pub unabsorbed: &'a [u8],
    points_len: usize,
}

impl<'a> Payload<'a> {
    /// Split the payload as the key demands. The whole length must be exact.
    #[inline(never)]
    pub fn parse(header: Header, body: &'a [u8]) -> Result<Self> {
        let (prefix, rest) = body.split_first_chunk::<PREFIX_BYTES>().ok_or(Error::PayloadTooShort)?;
        let prefix = u64::from_le_bytes(*prefix);
        let (count, candidates) = (prefix as u16 as usize, (prefix >> 16) as u16 as usize);
        if prefix >> 32 != 0 || count == 0 || count > MAX_PROOFS || candidates > MAX_CANDIDATES {
            return Err(Error::BadPayloadCounts);
        }
        let points = header.n_phase_points() * POINT_BYTES;
        let sizes = Sizes {
            instances: header.n_instances() * SCALAR_BYTES,
            points,
            proof: points + header.n_evals() * SCALAR_BYTES + 2 * POINT_BYTES,
            hints: header.n_hints() * SCALAR_BYTES,
        };
        let proofs_len = count * (sizes.instances + sizes.proof + sizes.hints);
        let scalars_len = (header.n_points() + count * header.n_proof_scalars()) * SCALAR_BYTES;
        let words = header.quotient_words() + if count > 1 { BATCH_WORDS } else { 0 };
        let expected = proofs_len + scalars_len + words * WORD_BYTES + 2 * candidates;
        if rest.len() != expected {
            return Err(if rest.len() < expected { Error::PayloadTooShort } else { Error::PayloadTooLong });
        }
        let (proofs, rest) = rest.split_at(proofs_len);
        let (scalars, rest) = rest.split_at(scalars_len);
        let (quotient, divisors) = rest.split_at(words * WORD_BYTES);
        Ok(Self { count, proofs, sizes, scalars, quotient, divisors })
    }

    /// Proof `index`, below the count.
    #[inline(always)]
    pub fn proof(&self, index: usize) -> ProofView<'a> {
        let Sizes { instances, points, proof, hints } = self.sizes;
        let size = instances + proof + hints;
        let bytes = &self.proofs[index * size..(index + 1) * size];
        let (instances, rest) = bytes.split_at(instances);
        let unabsorbed = &rest[proof - POINT_BYTES..];
        let (proof, hints) = rest.split_at(proof);
        ProofView { instances, proof, hints, unabsorbed, points_len: points }
    }
}

impl<'a> ProofView<'a> {
    #[inline(always)]
    pub fn evaluations(&self) -> &'a [u8] {
        &self.proof[self.points_len..self.proof.len() - 2 * POINT_BYTES]
    }

    /// The points of all phases.
    #[inline(always)]
    pub fn phase_points(&self) -> &'a [u8] {
        &self.proof[..self.points_len]
    }

    /// W and W′: 128 bytes.
    #[inline(always)]
    pub fn openings(&self) -> &'a [u8] {
        &self.proof[self.proof.len() - 2 * POINT_BYTES..]
    }

    /// Point `index` of all, W and W′ last, below the number of points.
    #[inline(always)]
    pub fn point(&self, index: usize) -> *const u8 {
        let offset = index * POINT_BYTES;
        let skipped = if offset >= self.points_len { self.evaluations().len() } else { 0 };
        self.proof[offset + skipped..].as_ptr()
    }

    /// W′.
    #[inline(always)]
    pub fn last_opening(&self) -> &'a [u8] {
        &self.openings()[POINT_BYTES..]
    }
}
