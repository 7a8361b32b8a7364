//! The curve schedule, the key's points and the SRS point.
//!
//! Registers are followed as a set: a point that is loaded can only leave its register by being added to another, so at
//! the end, with only register 0 in use, every point that was loaded or added is part of the result.

use super::BitSet;
use crate::accounts::require;
use crate::curve::{check_points, is_canonical, ADDP, ADDR, G1, LOAD, MULS, N_REGISTERS, SOURCE_KEY, SOURCE_PROOF};
use crate::error::{Error, Result};
use crate::key::{KeyProgram, CURVE_OPERATION_BYTES, POINT_BYTES, SRS_POINT_BYTES};
use crate::payload::SCALAR_BYTES;
use crate::syscall::{bn254, Bn254};

struct Schedule<'a> {
    program: &'a KeyProgram<'a>,
    /// The phases' points, then W.
    proof_points: BitSet<'a>,
    key_points: BitSet<'a>,
    /// Registers that hold a point: one bit each.
    loaded: u32,
}

/// The words of the two bit sets: the proof's points and the key's points.
pub fn table_words(program: &KeyProgram) -> usize {
    words_of_bits(program.header.n_phase_points() + 1) + words_of_bits(program.header.n_points())
}

fn words_of_bits(bits: usize) -> usize {
    bits.div_ceil(64)
}

/// Prove the schedule safe and complete and the points valid; `table` is zero and long enough.
pub fn validate(program: &KeyProgram, table: &mut [u64]) -> Result<()> {
    let header = program.header;
    let n_proof_points = header.n_phase_points() + 1;
    let (proof_points, rest) = table.split_at_mut(words_of_bits(n_proof_points));
    let mut schedule = Schedule { program, proof_points: BitSet(proof_points), key_points: BitSet(rest), loaded: 0 };
    for operation in program.curve_ops.chunks_exact(CURVE_OPERATION_BYTES) {
        schedule.step(operation)?;
    }
    require(schedule.loaded == 1, Error::BadResult)?;
    require(schedule.proof_points.has_all(n_proof_points), Error::ProofPointUnused)?;
    require(schedule.key_points.has_all(header.n_points()), Error::KeyPointUnused)?;
    key_points(program)?;
    srs_point(program)
}

impl Schedule<'_> {
    fn step(&mut self, operation: &[u8]) -> Result<()> {
        let (code, register) = (operation[0], operation[1] as usize);
        let source = u16::from_le_bytes([operation[2], operation[3]]) as usize;
        let index = u32::from_le_bytes([operation[4], operation[5], operation[6], operation[7]]) as usize;
        require(code <= ADDR, Error::UnknownCurveOperation)?;
        require(register < N_REGISTERS, Error::RegisterOutOfRange)?;
        let loaded = self.loaded >> register & 1 == 1;
        if code == LOAD {
            require(!loaded, Error::RegisterOverwritten)?;
            self.loaded |= 1 << register;
            return self.use_point(source, index);
        }
        require(loaded, Error::RegisterUnset)?;
        if code == ADDP {
            return self.use_point(source, index);
        }
        require(source == 0, Error::UnknownCurveOperation)?;
        if code == MULS {
            return require(index < self.program.header.n_scalars(), Error::ScalarOutOfRange);
        }
        require(index < N_REGISTERS && index != register, Error::RegisterOutOfRange)?;
        require(self.loaded >> index & 1 == 1, Error::RegisterUnset)?;
        self.loaded &= !(1 << index);
        Ok(())
    }

    /// `offset` must be a point of the source; it counts as used.
    fn use_point(&mut self, source: usize, offset: usize) -> Result<()> {
        let header = self.program.header;
        if source == SOURCE_KEY {
            require(offset % POINT_BYTES == 0 && offset / POINT_BYTES < header.n_points(), Error::PointOutOfRange)?;
            self.key_points.insert(offset / POINT_BYTES);
            return Ok(());
        }
        require(source == SOURCE_PROOF, Error::PointOutOfRange)?;
        let n_points = header.n_phase_points();
        let opening = n_points * POINT_BYTES + header.n_evals() * SCALAR_BYTES;
        if offset % POINT_BYTES == 0 && offset / POINT_BYTES < n_points {
            self.proof_points.insert(offset / POINT_BYTES);
        } else if offset == opening {
            self.proof_points.insert(n_points);
        } else {
            // W′: its other place is the pairing itself.
            require(offset == opening + POINT_BYTES, Error::PointOutOfRange)?;
        }
        Ok(())
    }
}

/// Every point of the key: canonical, not the identity, on the curve (adding the identity fails otherwise).
fn key_points(program: &KeyProgram) -> Result<()> {
    check_points(program.points).map_err(|_| Error::KeyPointInvalid)?;
    for point in program.points.chunks_exact(POINT_BYTES) {
        let (mut input, mut sum) = ([0; 2 * POINT_BYTES], [0; POINT_BYTES]);
        input[..POINT_BYTES].copy_from_slice(point);
        // SAFETY: both buffers have the operation's sizes.
        let on_curve = unsafe { bn254(Bn254::Add, input.as_ptr(), input.len(), sum.as_mut_ptr()) };
        require(on_curve, Error::KeyPointInvalid)?;
    }
    Ok(())
}

/// −[s]G2: canonical, not the identity, in the subgroup (the pairing's syscall checks that).
fn srs_point(program: &KeyProgram) -> Result<()> {
    let point = program.srs_point;
    // SAFETY: each chunk has 32 bytes.
    let canonical = point.chunks_exact(32).all(|coordinate| unsafe { is_canonical(coordinate.as_ptr()) });
    require(canonical && point.iter().any(|&byte| byte != 0), Error::SrsPointInvalid)?;
    let (mut input, mut output) = ([0; POINT_BYTES + SRS_POINT_BYTES], [0; 32]);
    input[..POINT_BYTES].copy_from_slice(&G1);
    input[POINT_BYTES..].copy_from_slice(point);
    // SAFETY: both buffers have the operation's sizes.
    let valid = unsafe { bn254(Bn254::Pairing, input.as_ptr(), input.len(), output.as_mut_ptr()) };
    require(valid, Error::SrsPointInvalid)
}
