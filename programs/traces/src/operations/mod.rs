//! Operations that the program executes itself on opened integers, bit for bit as
//! `zk/mai_zk/language/steps.py` computes them.
//!
//! A descriptor of 32 bytes says which operation and with which numbers; tables, rotations and gains are in a sealed
//! constants account. What an operation gives is in the opening beside what it reads: it is computed again and compared,
//! so that nothing is stored. [`check`] is the instruction that does so and changes nothing.

pub mod attend;
pub mod norm;
pub mod swiglu;
pub mod top;

use super::constants::Constants;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, Proof};
use verifier::error::{Error, Result};

/// Integers that circuits range-check are smaller than this in size.
pub const BOUND: i64 = 1 << 24;

const NORM: u8 = 1;
const ATTEND: u8 = 2;
const SWIGLU: u8 = 3;
const TOP: u8 = 4;

pub const DESCRIPTOR_BYTES: usize = 32;

/// The 32 bytes that name an operation and its numbers, read front to back; what is not used is zero.
pub struct Descriptor<'a>(&'a [u8]);

impl<'a> Descriptor<'a> {
    pub fn new(bytes: &'a [u8; DESCRIPTOR_BYTES]) -> Self {
        Self(bytes)
    }

    #[inline(never)]
    fn number(&mut self, bytes: usize) -> u64 {
        let (taken, rest) = self.0.split_at_checked(bytes).unwrap_or((&[], &[]));
        self.0 = rest;
        taken.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    pub fn u8(&mut self) -> u8 {
        self.number(1) as u8
    }

    pub fn u16(&mut self) -> u16 {
        self.number(2) as u16
    }

    pub fn u32(&mut self) -> u32 {
        self.number(4) as u32
    }

    pub fn u64(&mut self) -> u64 {
        self.number(8)
    }

    pub fn finish(&self) -> Result<()> {
        require(self.0.iter().all(|&byte| byte == 0), Error::BadDescriptor)
    }
}

/// Integers of an opening, read front to back; every one must be used.
pub struct Vectors<'a>(pub &'a [i32]);

impl<'a> Vectors<'a> {
    /// The integers of bytes, four each.
    #[inline(never)]
    pub fn of(bytes: &'a [u8]) -> Result<Self> {
        require(bytes.len() % 4 == 0 && bytes.as_ptr() as usize % 4 == 0, Error::OpeningLength)?;
        // SAFETY: length and alignment are checked, and every bit pattern is valid.
        Ok(Self(unsafe { core::slice::from_raw_parts(bytes.as_ptr() as *const i32, bytes.len() / 4) }))
    }

    #[inline(never)]
    pub fn take(&mut self, count: usize) -> Result<&'a [i32]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Error::OpeningLength)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn finish(&self) -> Result<()> {
        require(self.0.is_empty(), Error::OpeningLength)
    }
}

/// Whether a number is smaller than `bound` in size; its own size is below 2^62.
#[inline(always)]
pub fn within(value: i64, bound: i64) -> bool {
    (value + (bound - 1)) as u64 <= 2 * (bound - 1) as u64
}

/// `value` must be what is opened, and below the circuits' range where `bound` is theirs.
#[inline(always)]
pub fn compare(value: i64, bound: i64, opened: i32) -> Result<()> {
    require(within(value, bound), Error::ValueOutOfRange)?;
    require(value == i64::from(opened), Error::ResultMismatch)
}

/// Compute an operation at a position on the vectors that it reads, and compare with those that it gives.
#[inline(never)]
pub fn run(
    descriptor: &[u8; DESCRIPTOR_BYTES],
    constants: Constants,
    position: u32,
    vectors: &mut Vectors,
) -> Result<()> {
    let mut descriptor = Descriptor::new(descriptor);
    match descriptor.u8() {
        NORM => norm::Norm::read(&mut descriptor, constants)?.check(vectors),
        ATTEND => attend::Attend::read(&mut descriptor, constants, position)?.check(vectors),
        SWIGLU => swiglu::Swiglu::read(&mut descriptor, constants)?.check(vectors),
        TOP => top::Top::read(&mut descriptor)?.check(vectors),
        _ => Err(Error::BadDescriptor),
    }
}

/// `check_operation`: accounts constants (sealed), opening. The opening holds a descriptor, the position (u32), four zero
/// bytes, and the vectors; nothing is changed.
#[inline(never)]
pub fn check(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [constants, opening] = distinct(accounts)?;
    let (constants, _) = Constants::sealed(program_id, constants)?;
    let (_, rest) = Proof::complete(program_id, opening)?;
    let (descriptor, rest) = rest.split_first_chunk().ok_or(Error::OpeningLength)?;
    let (position, rest) = rest.split_first_chunk::<4>().ok_or(Error::OpeningLength)?;
    let (zero, rest) = rest.split_first_chunk::<4>().ok_or(Error::OpeningLength)?;
    require(*zero == [0; 4], Error::OpeningLength)?;
    let mut vectors = Vectors::of(rest)?;
    run(descriptor, constants, u32::from_le_bytes(*position), &mut vectors)?;
    vectors.finish()
}
