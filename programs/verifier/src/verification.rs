//! The verification of one payload, stage by stage: `check` and `verify` run all stages at once, a session runs them in
//! slices.

use crate::canonical::check_scalars;
use crate::curve;
use crate::error::{Error, Result};
use crate::key::{KeyProgram, POINT_BYTES};
use crate::memory::{Layout, COEFFICIENT, MODULUS_SEED, SCRATCH, SLOTS, SLOT_BYTES, WEIGHT_SEED};
use crate::payload::{Payload, SCALAR_BYTES};
use crate::residue::interpreter::{self, Scalars};
use crate::residue::{checks, load, moduli};
use crate::syscall::{keccak256, mark};
use crate::transcript;

const WEIGHTS_DOMAIN: &[u8] = b"MAI weights v1";
const MODULI_DOMAIN: &[u8] = b"MAI moduli v1";
const BATCH_DOMAIN: &[u8] = b"MAI batch v1";

/// One payload under one key, and the memory in which it is verified.
pub struct Verification<'a> {
    pub key: &'a KeyProgram<'a>,
    pub key_hash: &'a [u8; 32],
    pub payload: &'a Payload<'a>,
    pub memory: *mut u8,
    pub layout: Layout,
    pub profile: bool,
}

/// The stages, in order. Each is called once for a payload, `run_code` once or more for each proof in turn, `add_terms`
/// once or more.
///
/// # Safety
/// Of all methods: the key is sealed, the payload was parsed with its header, `memory` is writable up to the layout's end and
/// aligned to eight, nothing else uses it, and the stages before have run on it.
#[allow(clippy::missing_safety_doc)]
impl Verification<'_> {
    /// All stages.
    #[inline(always)]
    pub unsafe fn run(&self) -> Result<()> {
        mark(self.profile);
        self.read_transcripts()?;
        mark(self.profile);
        self.begin_checks()?;
        mark(self.profile);
        for index in 0..self.payload.count {
            self.load_proof(index);
            mark(self.profile);
            self.run_code(index, 0, usize::MAX);
        }
        self.finish_checks()?;
        mark(self.profile);
        self.add_terms(0, self.n_terms())?;
        mark(self.profile);
        self.check_pairing()?;
        mark(self.profile);
        Ok(())
    }

    /// Check every point and scalar of the proofs and leave the challenges.
    #[inline(never)]
    pub unsafe fn read_transcripts(&self) -> Result<()> {
        for index in 0..self.payload.count {
            let proof = self.payload.proof(index);
            check_scalars(proof.instances, Error::InstanceNotCanonical)?;
            check_scalars(proof.evaluations(), Error::EvaluationNotCanonical)?;
            let state = transcript::run(self.key, &proof, self.challenges(index))?;
            *self.digest(index) = keccak256(&[&state, proof.unabsorbed]);
        }
        Ok(())
    }

    /// Draw batch coefficients, weights and moduli, each from a hash of all that must be fixed before; load constants.
    #[inline(never)]
    pub unsafe fn begin_checks(&self) -> Result<()> {
        let digests = core::slice::from_raw_parts(self.digest(0) as *const u8, self.payload.count * 32);
        for index in 1..self.payload.count {
            let hash = keccak256(&[BATCH_DOMAIN, self.key_hash, digests, &[index as u8]]);
            let coefficient = &mut *self.coefficient(index);
            *coefficient = [0; 32];
            coefficient[16..].copy_from_slice(&hash[..16]);
            // Never zero.
            coefficient[16] |= 0x80;
        }
        let weights = keccak256(&[WEIGHTS_DOMAIN, self.key_hash, digests, self.payload.scalars]);
        *(self.memory.add(WEIGHT_SEED) as *mut [u8; 32]) = weights;
        *(self.memory.add(MODULUS_SEED) as *mut [u8; 32]) =
            keccak256(&[MODULI_DOMAIN, &weights, self.payload.quotient]);
        moduli::draw(self.memory, self.payload.divisors)?;
        checks::begin(self.memory);
        load::load_all(self.memory, self.memory.add(SLOTS), self.key.constants);
        if self.payload.count > 1 {
            // The key's scalars are sums over the proofs.
            let scalars = self.memory.add(self.layout.scalars);
            core::ptr::write_bytes(scalars, 0, self.key.header.n_points() * SLOT_BYTES);
        }
        Ok(())
    }

    /// Load a proof's challenges, instances, evaluations and hints to their slots.
    #[inline(never)]
    pub unsafe fn load_proof(&self, index: usize) {
        let proof = self.payload.proof(index);
        let header = self.key.header;
        let challenges = core::slice::from_raw_parts(self.challenges(index), header.n_challenges() * SCALAR_BYTES);
        let mut slot = self.memory.add(SLOTS + header.n_constants() * SLOT_BYTES);
        for bytes in [challenges, proof.instances, proof.evaluations(), proof.hints] {
            slot = load::load_all(self.memory, slot, bytes);
        }
    }

    /// Run a proof's field code from word `from` to the first instruction at or behind word `to`; the word to go on at, or
    /// none at the end.
    #[inline(never)]
    pub unsafe fn run_code(&self, index: usize, from: usize, to: usize) -> Option<usize> {
        let header = self.key.header;
        let n_key = header.n_points();
        let of_key = self.memory.add(self.layout.scalars);
        let of_proof = of_key.add((n_key + index * header.n_proof_scalars()) * SLOT_BYTES);
        let coefficient = self.memory.add(COEFFICIENT) as *mut u32;
        if index > 0 {
            load::load(self.memory, coefficient, self.coefficient(index) as *const u8);
        }
        let scalars =
            Scalars { of_key, of_proof, n_key, coefficient: (index > 0).then_some(coefficient as *const u32) };
        let code = self.key.code.as_ptr() as *const u16;
        let stop = code.add(to.min(self.key.code.len() / 2));
        let next = interpreter::run(self.memory, code.add(from), stop, &scalars, self.profile);
        (!next.is_null()).then(|| next.offset_from(code) as usize)
    }

    /// Claim that the supplied scalars are those that the field code left, and judge all claims.
    #[inline(never)]
    pub unsafe fn finish_checks(&self) -> Result<()> {
        let supplied = self.memory.add(SCRATCH) as *mut u32;
        let mut found = self.memory.add(self.layout.scalars);
        let range = self.payload.scalars.as_ptr_range();
        let mut scalar = range.start;
        while scalar < range.end {
            load::load(self.memory, supplied, scalar);
            checks::claim(self.memory, found as *const u32, |j| *supplied.add(j) as u64);
            scalar = scalar.add(SCALAR_BYTES);
            found = found.add(SLOT_BYTES);
        }
        checks::finish(self.memory, self.payload.quotient)
    }

    /// Terms of the curve sum: the key's points, then the points of each proof, W and W′ included.
    #[inline(always)]
    pub fn n_terms(&self) -> usize {
        self.key.header.n_points() + self.payload.count * self.key.header.n_proof_points()
    }

    /// Add the terms `from` to `to` (exclusive) of the curve sum.
    #[inline(never)]
    pub unsafe fn add_terms(&self, from: usize, to: usize) -> Result<()> {
        let header = self.key.header;
        let (n_key, per_proof, unit) = (header.n_points(), header.n_proof_points(), header.unit_point());
        let scalars = self.payload.scalars.as_ptr();
        let points = self.key.points.as_ptr();
        let mut term = from;
        while term < to.min(n_key) {
            let scalar = scalars.add(term * SCALAR_BYTES);
            curve::add_multiple(self.memory, points.add(term * POINT_BYTES), Some(scalar), term == 0)?;
            term += 1;
        }
        while term < to {
            let (index, point) = ((term - n_key) / per_proof, (term - n_key) % per_proof);
            let at = self.payload.proof(index).point(point);
            let scalar = if point == unit {
                // The first proof's coefficient is one.
                (index > 0).then(|| self.coefficient(index) as *const u8)
            } else {
                let before = index * header.n_proof_scalars() + point - (point > unit) as usize;
                Some(scalars.add((n_key + before) * SCALAR_BYTES))
            };
            curve::add_multiple(self.memory, at, scalar, term == 0)?;
            term += 1;
        }
        Ok(())
    }

    /// e(sum, G2) · e(W′, −[s]G2) must be one, where W′ is the proofs' sum with the batch coefficients.
    #[inline(never)]
    pub unsafe fn check_pairing(&self) -> Result<()> {
        let sum = *(self.memory as *const [u64; 8]);
        for index in 0..self.payload.count {
            let coefficient = (index > 0).then(|| self.coefficient(index) as *const u8);
            let opening = self.payload.proof(index).last_opening().as_ptr();
            curve::add_multiple(self.memory, opening, coefficient, index == 0)?;
        }
        curve::check_pairing(self.memory, &sum, self.key.srs_point.as_ptr())
    }

    fn challenges(&self, index: usize) -> *mut u8 {
        let size = self.key.header.n_challenges() * SCALAR_BYTES;
        self.memory.wrapping_add(self.layout.challenges + index * size)
    }

    fn digest(&self, index: usize) -> *mut [u8; 32] {
        self.memory.wrapping_add(self.layout.digests + index * 32) as *mut [u8; 32]
    }

    fn coefficient(&self, index: usize) -> *mut [u8; 32] {
        self.memory.wrapping_add(self.layout.coefficients + index * 32) as *mut [u8; 32]
    }
}
