//! A proof payload: instances ‖ proof ‖ hints, where the proof is phase points ‖ evaluations ‖ W ‖ W′.

use crate::error::{Error, Result};
use crate::key::{Header, POINT_BYTES};

pub const SCALAR_BYTES: usize = 32;

/// Views of one payload's parts.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    pub instances: &'a [u8],
    /// EZKL's proof bytes; curve operations address points in it.
    pub proof: &'a [u8],
    pub hints: &'a [u8],
    /// Bytes of the phases' points.
    pub points_len: usize,
}

impl<'a> Payload<'a> {
    /// Split the payload as the key demands. The whole length must be exact.
    #[inline(always)]
    pub fn parse(header: Header, body: &'a [u8]) -> Result<Self> {
        let points_len = header.n_phase_points() * POINT_BYTES;
        let instances_len = header.n_instances() * SCALAR_BYTES;
        let proof_len = points_len + header.n_evals() * SCALAR_BYTES + 2 * POINT_BYTES;
        let expected = instances_len + proof_len + header.n_hints() * SCALAR_BYTES;
        if body.len() != expected {
            return Err(if body.len() < expected { Error::PayloadTooShort } else { Error::PayloadTooLong });
        }
        let (instances, rest) = body.split_at(instances_len);
        let (proof, hints) = rest.split_at(proof_len);
        Ok(Self { instances, proof, hints, points_len })
    }

    #[inline(always)]
    pub fn evaluations(&self) -> &'a [u8] {
        &self.proof[self.points_len..self.proof.len() - 2 * POINT_BYTES]
    }

    /// W and W′: 128 bytes.
    #[inline(always)]
    pub fn openings(&self) -> &'a [u8] {
        &self.proof[self.proof.len() - 2 * POINT_BYTES..]
    }
}
