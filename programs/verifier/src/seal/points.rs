//! The key's points and the SRS point.

use crate::accounts::require;
use crate::curve::{check_points, is_canonical, G1};
use crate::error::{Error, Result};
use crate::key::{KeyProgram, POINT_BYTES, SRS_POINT_BYTES};
use crate::syscall::{bn254, Bn254};

/// Every point of the key: canonical, not the identity, on the curve (adding the identity fails otherwise).
pub fn validate(program: &KeyProgram) -> Result<()> {
    check_points(program.points).map_err(|_| Error::KeyPointInvalid)?;
    for point in program.points.chunks_exact(POINT_BYTES) {
        let (mut input, mut sum) = ([0; 2 * POINT_BYTES], [0; POINT_BYTES]);
        input[..POINT_BYTES].copy_from_slice(point);
        // SAFETY: both buffers have the operation's sizes.
        let on_curve = unsafe { bn254(Bn254::Add, input.as_ptr(), input.len(), sum.as_mut_ptr()) };
        require(on_curve, Error::KeyPointInvalid)?;
    }
    srs_point(program)
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
