//! Field code: u16 words, slot operands in units of eight bytes (`docs/reference/key-program.md`).
//!
//! Nothing is checked here: sealing has proved every operand, length and order (`seal::code`). Sums fit 64 bits:
//! residues are below 2^31, and at most four products are added.

use super::{checks, set};
use crate::memory::{SCRATCH, SLOTS, SLOT_BYTES};
use crate::syscall::mark;

pub const HALT: u16 = 0;
pub const MUL: u16 = 1;
pub const MULA: u16 = 2;
pub const DOT2: u16 = 3;
pub const DOT2A: u16 = 4;
pub const DOT3: u16 = 5;
pub const DOT4: u16 = 6;
pub const ADD: u16 = 7;
pub const ADD3: u16 = 8;
pub const SUB: u16 = 9;
pub const RED: u16 = 10;
pub const INV: u16 = 11;
pub const SCAL: u16 = 12;
pub const MARK: u16 = 13;

/// Words of each operation.
pub const LENGTHS: [usize; 14] = [1, 4, 5, 6, 7, 8, 10, 4, 5, 4, 3, 3, 3, 1];

/// Where the scalars of the running proof go, and what they are multiplied by.
pub struct Scalars {
    /// The key's scalars: a proof's share is added.
    pub of_key: *mut u8,
    /// The proof's own.
    pub of_proof: *mut u8,
    pub n_key: usize,
    /// The batch coefficient's residues; none for the first proof.
    pub coefficient: Option<*const u32>,
}

impl Scalars {
    /// Set the proof's scalar `index` to `value`, times the coefficient; a scalar of the key is a sum over the proofs.
    #[inline(always)]
    unsafe fn put(&self, memory: *mut u8, index: usize, value: *const u32) {
        let Some(coefficient) = self.coefficient else {
            // The first proof's: the slots of the others' follow.
            let out = self.of_key.add(index * SLOT_BYTES) as *mut u64;
            for word in 0..SLOT_BYTES / 8 {
                *out.add(word) = *(value as *const u64).add(word);
            }
            return;
        };
        self.put_scaled(memory, index, value, coefficient);
    }

    #[inline(never)]
    unsafe fn put_scaled(&self, memory: *mut u8, index: usize, value: *const u32, coefficient: *const u32) {
        if index < self.n_key {
            let out = self.of_key.add(index * SLOT_BYTES) as *mut u32;
            set(memory, out, |j, _| *value.add(j) as u64 * *coefficient.add(j) as u64 + *out.add(j) as u64);
        } else {
            let out = self.of_proof.add((index - self.n_key) * SLOT_BYTES) as *mut u32;
            set(memory, out, |j, _| *value.add(j) as u64 * *coefficient.add(j) as u64);
        }
    }
}

/// Run from `instruction` until HALT, or until an instruction at or behind `stop`; where to go on, or null after HALT.
///
/// # Safety
/// `instruction` is one of the field code of a sealed key, `memory` was prepared for the key, and what lies before the
/// instruction has run on it.
#[inline(always)]
pub unsafe fn run(
    memory: *mut u8,
    mut instruction: *const u16,
    stop: *const u16,
    scalars: &Scalars,
    profile: bool,
) -> *const u16 {
    let slots = memory.add(SLOTS);
    let at = |slot: *mut u32, index: usize| *slot.add(index) as u64;
    let product = |a: *mut u32, b: *mut u32, index: usize| at(a, index) * at(b, index);
    while instruction < stop {
        let word = |index: usize| *instruction.add(index);
        let slot = |index: usize| slots.add(word(index) as usize * 8) as *mut u32;
        // In order of frequency: BPF has no jump tables.
        let operation = word(0);
        if operation == MUL {
            let (a, b) = (slot(2), slot(3));
            set(memory, slot(1), |j, _| product(a, b, j));
            instruction = instruction.add(LENGTHS[MUL as usize]);
        } else if operation == MULA {
            let (a, b, c) = (slot(2), slot(3), slot(4));
            set(memory, slot(1), |j, _| product(a, b, j) + at(c, j));
            instruction = instruction.add(LENGTHS[MULA as usize]);
        } else if operation == RED {
            let hint = slot(1);
            checks::claim(memory, slot(2), |j| at(hint, j));
            instruction = instruction.add(LENGTHS[RED as usize]);
        } else if operation == SUB {
            let (a, b) = (slot(2), slot(3));
            set(memory, slot(1), |j, p| at(a, j) + p.get() - at(b, j));
            instruction = instruction.add(LENGTHS[SUB as usize]);
        } else if operation == SCAL {
            scalars.put(memory, word(1) as usize, slot(2));
            instruction = instruction.add(LENGTHS[SCAL as usize]);
        } else if operation == DOT2 {
            let (a, b, c, d) = (slot(2), slot(3), slot(4), slot(5));
            set(memory, slot(1), |j, _| product(a, b, j) + product(c, d, j));
            instruction = instruction.add(LENGTHS[DOT2 as usize]);
        } else if operation == ADD {
            let (a, b) = (slot(2), slot(3));
            set(memory, slot(1), |j, _| at(a, j) + at(b, j));
            instruction = instruction.add(LENGTHS[ADD as usize]);
        } else if operation == ADD3 {
            let (a, b, c) = (slot(2), slot(3), slot(4));
            set(memory, slot(1), |j, _| at(a, j) + at(b, j) + at(c, j));
            instruction = instruction.add(LENGTHS[ADD3 as usize]);
        } else if operation == INV {
            let (hint, a) = (slot(1), slot(2));
            // The product of the hint with the value is claimed to be one.
            let inverse = memory.add(SCRATCH) as *mut u32;
            set(memory, inverse, |j, _| product(hint, a, j));
            checks::claim(memory, inverse, |_| 1);
            instruction = instruction.add(LENGTHS[INV as usize]);
        } else if operation == DOT2A {
            let (a, b, c, d, e) = (slot(2), slot(3), slot(4), slot(5), slot(6));
            set(memory, slot(1), |j, _| product(a, b, j) + product(c, d, j) + at(e, j));
            instruction = instruction.add(LENGTHS[DOT2A as usize]);
        } else if operation == DOT3 {
            let (a, b, c, d, e, f) = (slot(2), slot(3), slot(4), slot(5), slot(6), slot(7));
            set(memory, slot(1), |j, _| product(a, b, j) + product(c, d, j) + product(e, f, j));
            instruction = instruction.add(LENGTHS[DOT3 as usize]);
        } else if operation == DOT4 {
            let (a, b, c, d) = (slot(2), slot(3), slot(4), slot(5));
            let (e, f, g, h) = (slot(6), slot(7), slot(8), slot(9));
            set(memory, slot(1), |j, _| product(a, b, j) + product(c, d, j) + product(e, f, j) + product(g, h, j));
            instruction = instruction.add(LENGTHS[DOT4 as usize]);
        } else if operation == MARK {
            mark(profile);
            instruction = instruction.add(LENGTHS[MARK as usize]);
        } else {
            return core::ptr::null();
        }
    }
    instruction
}
