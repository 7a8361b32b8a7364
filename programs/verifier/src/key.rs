//! A key program: the header's fields and the sections behind it (`docs/reference/key-program.md`).

use crate::error::{Error, Result};

pub const MAGIC: u32 = 0x324b_414d;
pub const HEADER_BYTES: usize = 160;
pub const CONSTANT_BYTES: usize = 32;
pub const POINT_BYTES: usize = 64;
pub const SRS_POINT_BYTES: usize = 128;
pub const MAX_PHASES: usize = 8;
/// `unit_point` of a key that has none.
pub const NO_UNIT_POINT: usize = 0xffff;

/// One phase of the transcript: points absorbed, then challenges squeezed.
#[derive(Clone, Copy)]
pub struct Phase {
    pub points: usize,
    pub challenges: usize,
}

/// The 160 bytes of a key's header.
#[derive(Clone, Copy)]
pub struct Header<'a>(&'a [u8; HEADER_BYTES]);

macro_rules! counts {
    ($($name:ident at $offset:literal),*) => { $(
        #[inline(always)]
        pub fn $name(self) -> usize { self.u16($offset) }
    )* };
}

impl<'a> Header<'a> {
    counts!(
        n_instances at 4, n_evals at 6, n_constants at 8, n_hints at 10, n_slots at 12, n_points at 14, unit_point at 16,
        quotient_words at 18
    );

    #[inline(always)]
    fn u16(self, offset: usize) -> usize {
        let bytes = self.0[offset..offset + 2].as_ptr();
        // SAFETY: the slice has two bytes. One load; two single bytes would take five instructions.
        unsafe { (bytes as *const u16).read_unaligned() as usize }
    }

    #[inline(always)]
    fn u32(self, offset: usize) -> u32 {
        u32::from_le_bytes([self.0[offset], self.0[offset + 1], self.0[offset + 2], self.0[offset + 3]])
    }

    #[inline(always)]
    pub fn code_len(self) -> usize {
        self.u32(20) as usize
    }

    #[inline(always)]
    pub fn n_phases(self) -> usize {
        self.0[24] as usize
    }

    /// Phase `index`, below [`MAX_PHASES`]; unused ones are zero.
    #[inline(always)]
    pub fn phase(self, index: usize) -> Phase {
        Phase { points: self.u16(40 + 4 * index), challenges: self.u16(42 + 4 * index) }
    }

    /// Instances of input, params and output.
    pub fn part_instances(self) -> [usize; 3] {
        [self.u16(28), self.u16(30), self.u16(32)]
    }

    /// Commitment points of input, params and output.
    pub fn part_points(self) -> [usize; 3] {
        [self.u16(34), self.u16(36), self.u16(38)]
    }

    /// The proof's points before the evaluations.
    #[inline(always)]
    pub fn n_phase_points(self) -> usize {
        (0..MAX_PHASES).map(|index| self.phase(index).points).sum()
    }

    /// All challenges: the phases', then ζ, ν and μ.
    pub fn n_challenges(self) -> usize {
        (0..MAX_PHASES).map(|index| self.phase(index).challenges).sum::<usize>() + 3
    }

    /// The proof's points, W and W′ included.
    pub fn n_proof_points(self) -> usize {
        self.n_phase_points() + 2
    }

    /// The proof's points that have a scalar: all but the unit point, if there is one.
    pub fn n_proof_scalars(self) -> usize {
        self.n_proof_points() - (self.unit_point() != NO_UNIT_POINT) as usize
    }

    /// The verifying key's digest, big-endian.
    pub fn digest(self) -> &'a [u8] {
        &self.0[96..128]
    }

    /// The bytes that must be zero.
    pub fn reserved(self) -> (&'a [u8], &'a [u8]) {
        (&self.0[25..28], &self.0[72..96])
    }
}

/// A key program's sections.
#[derive(Clone, Copy)]
pub struct KeyProgram<'a> {
    pub header: Header<'a>,
    pub constants: &'a [u8],
    pub code: &'a [u8],
    pub srs_point: &'a [u8],
    pub points: &'a [u8],
}

impl<'a> KeyProgram<'a> {
    /// Split the program into its sections. The whole length must be exact.
    #[inline(never)]
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let (header, rest) = body.split_first_chunk().ok_or(Error::KeyTooShort)?;
        let header = Header(header);
        if header.u32(0) != MAGIC {
            return Err(Error::BadMagic);
        }
        let (constants, rest) = split(rest, header.n_constants() * CONSTANT_BYTES)?;
        let (code, rest) = split(rest, header.code_len())?;
        let (srs_point, rest) = split(rest, SRS_POINT_BYTES)?;
        let (points, rest) = split(rest, header.n_points() * POINT_BYTES)?;
        if !rest.is_empty() {
            return Err(Error::KeyTooLong);
        }
        Ok(Self { header, constants, code, srs_point, points })
    }
}

#[inline(always)]
fn split(bytes: &[u8], length: usize) -> Result<(&[u8], &[u8])> {
    if length > bytes.len() {
        return Err(Error::KeyTooShort);
    }
    Ok(bytes.split_at(length))
}
