//! Operations that the program executes itself on opened integers, bit for bit as
//! `zk/mai_zk/language/steps.py` computes them.
//!
//! A descriptor of 32 bytes says which operation and with which numbers; tables, rotations and gains are in a sealed
//! constants account. `execute` computes a drawn leaf's results from what is opened; [`check`] is an instruction that
//! compares results with opened ones and changes nothing.

pub mod attend;
pub mod best;
pub mod norm;
pub mod swiglu;
pub mod top;

use super::constants::Constants;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, Proof};
use verifier::error::{Error, Result};
use verifier::memory::HEAP;

/// Integers that circuits range-check are smaller than this in size.
pub const BOUND: i64 = 1 << 24;

const NORM: u8 = 1;
pub const ATTEND: u8 = 2;
const SWIGLU: u8 = 3;
const TOP: u8 = 4;
const BEST: u8 = 5;

/// Whether there is such an operation.
pub fn is_known(operation: u8) -> bool {
    (NORM..=BEST).contains(&operation)
}

/// Whether it gives two vectors.
pub fn has_two_parts(operation: u8) -> bool {
    operation == NORM || operation == ATTEND
}

/// Whether it gives a number and a token.
pub fn gives_token(operation: u8) -> bool {
    operation == TOP || operation == BEST
}

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

/// `value` is a result, and below the circuits' range where `bound` is theirs.
#[inline(always)]
pub fn give(value: i64, bound: i64, result: &mut i32) -> Result<()> {
    require(within(value, bound), Error::ValueOutOfRange)?;
    *result = value as i32;
    Ok(())
}

/// `value` must be what is opened, and below the circuits' range where `bound` is theirs.
#[inline(always)]
pub fn compare(value: i64, bound: i64, opened: i32) -> Result<()> {
    require(within(value, bound), Error::ValueOutOfRange)?;
    require(value == i64::from(opened), Error::ResultMismatch)
}

/// What an operation reads, in integers.
pub struct Shape {
    /// Of the first vector, and of every further one.
    pub first: usize,
    pub each: usize,
    /// Of the history's rows, this position's last.
    pub rows: usize,
}

/// Integers of all results: 16 KB of the heap, from its beginning.
const MAX_RESULTS: usize = 4096;

/// One or two vectors that an operation gives, on the heap.
pub struct Results {
    pub first: &'static mut [i32],
    pub second: &'static mut [i32],
}

impl Results {
    #[inline(never)]
    fn of(gives: [usize; 2]) -> Result<Self> {
        let count = gives[0] + gives[1];
        require(count <= MAX_RESULTS, Error::BadDescriptor)?;
        // SAFETY: on chain the heap is there and zero, aligned to eight bytes; what else is on it begins behind these.
        let all = unsafe { core::slice::from_raw_parts_mut(HEAP as *mut i32, count) };
        let (first, second) = all.split_at_mut(gives[0]);
        Ok(Self { first, second })
    }

    /// A vector as its digest is made of it.
    pub fn bytes(vector: &[i32]) -> &[u8] {
        // SAFETY: integers are bytes; the program runs little-endian.
        unsafe { core::slice::from_raw_parts(vector.as_ptr() as *const u8, core::mem::size_of_val(vector)) }
    }
}

/// An operation at a position.
pub enum Operation<'a> {
    Norm(norm::Norm<'a>),
    Attend(attend::Attend<'a>),
    Swiglu(swiglu::Swiglu<'a>),
    Top(top::Top),
    Best(best::Best),
}

impl<'a> Operation<'a> {
    #[inline(never)]
    pub fn read(descriptor: &[u8; DESCRIPTOR_BYTES], constants: Constants<'a>, position: u32) -> Result<Self> {
        let mut descriptor = Descriptor::new(descriptor);
        Ok(match descriptor.u8() {
            NORM => Self::Norm(norm::Norm::read(&mut descriptor, constants)?),
            ATTEND => Self::Attend(attend::Attend::read(&mut descriptor, constants, position)?),
            SWIGLU => Self::Swiglu(swiglu::Swiglu::read(&mut descriptor, constants)?),
            TOP => Self::Top(top::Top::read(&mut descriptor)?),
            BEST => Self::Best(best::Best::read(&mut descriptor)?),
            _ => return Err(Error::BadDescriptor),
        })
    }

    /// The lengths of its vectors where it reads so many, of which all but the first are equally long.
    #[inline(never)]
    pub fn shape(&self, n_vectors: usize) -> Result<Shape> {
        match self {
            Self::Norm(norm) => norm.shape(n_vectors),
            Self::Attend(attend) => attend.shape(n_vectors),
            Self::Swiglu(swiglu) => swiglu.shape(n_vectors),
            Self::Top(top) => top.shape(n_vectors),
            Self::Best(best) => best.shape(n_vectors),
        }
        .ok_or(Error::BadDescriptor)
    }

    /// Compute it on the vectors that it reads.
    #[inline(never)]
    pub fn run(&self, vectors: &mut Vectors) -> Result<Results> {
        let mut results = Results::of(match self {
            Self::Norm(norm) => norm.gives(),
            Self::Attend(attend) => attend.gives(),
            Self::Swiglu(swiglu) => swiglu.gives(),
            Self::Top(_) | Self::Best(_) => [2, 0],
        })?;
        match self {
            Self::Norm(norm) => norm.run(vectors, &mut results),
            Self::Attend(attend) => attend.run(vectors, &mut results),
            Self::Swiglu(swiglu) => swiglu.run(vectors, &mut results),
            Self::Top(top) => top.run(vectors, &mut results),
            Self::Best(best) => best.run(vectors, &mut results),
        }?;
        Ok(results)
    }
}

/// `count` integers in vectors of one length.
pub fn equal_parts(count: usize, n_vectors: usize) -> Option<usize> {
    (n_vectors > 0 && count % n_vectors == 0).then(|| count / n_vectors)
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
    let results = Operation::read(descriptor, constants, u32::from_le_bytes(*position))?.run(&mut vectors)?;
    for result in [results.first, results.second] {
        require(vectors.take(result.len())? == result, Error::ResultMismatch)?;
    }
    vectors.finish()
}
