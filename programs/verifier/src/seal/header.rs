//! The header's counts and the constants.

use crate::accounts::require;
use crate::error::{Error, Result};
use crate::field::{Element, LIMBS, ONE, RAW_ONE, R_SQUARED};
use crate::key::{KeyProgram, CONSTANT_BYTES, MAX_PHASES};
use crate::memory::{MAX_SCALARS, MAX_SLOTS};

/// Check all that the header says; the section lengths were checked by parsing.
pub fn validate(program: &KeyProgram) -> Result<()> {
    let header = program.header;
    let (first, second) = header.reserved();
    require(first.iter().chain(second).all(|&byte| byte == 0), Error::ReservedNotZero)?;
    phases(program)?;
    parts(program)?;
    require(header.n_constants() >= 3 && header.code_len() % 8 == 0, Error::BadCounts)?;
    let loaded = first_temporary(program);
    require(loaded <= header.n_slots() && header.n_slots() <= MAX_SLOTS, Error::BadCounts)?;
    require(header.n_scalars() <= MAX_SCALARS, Error::BadCounts)?;
    for (index, expected) in [ONE, R_SQUARED, RAW_ONE].iter().enumerate() {
        require(constant(program, index) == *expected, Error::BadConstant)?;
    }
    require((0..header.n_constants()).all(|index| constant(program, index)[LIMBS] == 0), Error::BadConstant)
}

/// The first slot that the field code may write: after constants, challenges, instances, evaluations and hints.
pub fn first_temporary(program: &KeyProgram) -> usize {
    let header = program.header;
    header.n_constants() + header.n_challenges() + header.n_instances() + header.n_evals() + header.n_hints()
}

/// Constant `index`, below the number of constants.
pub fn constant(program: &KeyProgram, index: usize) -> Element {
    let bytes = &program.constants[index * CONSTANT_BYTES..][..CONSTANT_BYTES];
    let limb = |lane: usize| [bytes[4 * lane], bytes[4 * lane + 1], bytes[4 * lane + 2], bytes[4 * lane + 3]];
    core::array::from_fn(|lane| u32::from_le_bytes(limb(lane)))
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
