//! The header's counts and the constants.

use crate::accounts::require;
use crate::canonical::check_scalars;
use crate::error::{Error, Result};
use crate::key::{KeyProgram, MAX_PHASES, NO_UNIT_POINT};
use crate::memory::{MAX_SCALARS, MAX_SLOTS};
use crate::residue::interpreter::{LENGTHS, SCAL};

/// Check all that the header says; the section lengths were checked by parsing.
pub fn validate(program: &KeyProgram) -> Result<()> {
    let header = program.header;
    let (first, second) = header.reserved();
    require(first.iter().chain(second).all(|&byte| byte == 0), Error::ReservedNotZero)?;
    phases(program)?;
    parts(program)?;
    require(header.code_len() % 8 == 0, Error::BadCounts)?;
    let loaded = first_temporary(program);
    require(loaded <= header.n_slots() && header.n_slots() <= MAX_SLOTS, Error::BadCounts)?;
    let unit = header.unit_point();
    require(unit == NO_UNIT_POINT || unit < header.n_proof_points(), Error::BadCounts)?;
    // Each scalar takes an instruction: more of them than code would need a longer table than any heap.
    let n_scalars = header.n_points() + header.n_proof_scalars();
    require(n_scalars * 2 * LENGTHS[SCAL as usize] <= header.code_len(), Error::ScalarUnset)?;
    require(n_scalars <= MAX_SCALARS, Error::BadCounts)?;
    check_scalars(program.constants, Error::BadConstant)
}

/// The first slot that the field code may write: after constants, challenges, instances, evaluations and hints.
pub fn first_temporary(program: &KeyProgram) -> usize {
    let header = program.header;
    header.n_constants() + header.n_challenges() + header.n_instances() + header.n_evals() + header.n_hints()
}

/// One to eight phases, each with a challenge; unused ones zero.
fn phases(program: &KeyProgram) -> Result<()> {
    let used = program.header.n_phases();
    require((1..=MAX_PHASES).contains(&used), Error::BadPhases)?;
    for index in 0..MAX_PHASES {
        let phase = program.header.phase(index);
        let fine = if index < used { phase.challenges > 0 } else { phase.challenges == 0 && phase.points == 0 };
        require(fine, Error::BadPhases)?;
    }
    Ok(())
}

/// The parts cover all instances (or nothing is known of them); commitments are points of the first phase.
fn parts(program: &KeyProgram) -> Result<()> {
    let header = program.header;
    let instances: usize = header.part_instances().iter().sum();
    let points: usize = header.part_points().iter().sum();
    let unknown = instances == 0 && points == 0;
    require(unknown || instances == header.n_instances(), Error::BadParts)?;
    require(points <= header.phase(0).points, Error::BadParts)
}
