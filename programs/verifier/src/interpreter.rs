//! Field code: u16 words, slot operands in units of eight bytes (`docs/reference/key-program.md`).
//!
//! Nothing is checked here but the hints: sealing has proved every operand, bound and order (`seal::field`).

use crate::error::{Error, Result};
use crate::field::{self, Element};
use crate::memory::{self, SCALARS_OFFSET, SCRATCH_OFFSET, SLOTS_OFFSET};
use crate::payload::SCALAR_BYTES;
use crate::syscall::mark;
use core::hint::black_box;

pub const HALT: u16 = 0;
pub const MUL: u16 = 1;
pub const ADD: u16 = 2;
pub const SUB: u16 = 3;
pub const DOT2: u16 = 4;
pub const DOT3: u16 = 5;
pub const DOT4: u16 = 6;
pub const NORM: u16 = 7;
pub const CHK: u16 = 8;
pub const SCAL: u16 = 9;
pub const MARK: u16 = 10;

/// Words of each operation.
pub const LENGTHS: [usize; 11] = [1, 4, 4, 5, 6, 8, 10, 2, 3, 3, 1];

/// Run the code; the scalars go to their place in memory.
///
/// # Safety
/// `code` is the field code of a sealed key, and the slots of its constants, challenges, instances, evaluations and
/// hints are loaded.
#[inline(always)]
pub unsafe fn run(code: *const u16, profile: bool) -> Result<()> {
    // One register for all of memory: were the address known, each access would load a constant of its own.
    let memory = black_box(memory::HEAP) as *mut u8;
    let slots = memory.add(SLOTS_OFFSET);
    let scratch = memory.add(SCRATCH_OFFSET) as *mut Element;
    let constant = |index: usize| (slots as *const Element).add(index);
    let mut instruction = code;
    loop {
        let word = |index: usize| *instruction.add(index);
        let slot = |index: usize| slots.add(word(index) as usize * 8) as *mut Element;
        let operation = word(0);
        // In order of frequency: BPF has no jump tables.
        if operation == MUL {
            let (a, b) = (slot(2), slot(3));
            if a == b {
                field::square(slot(1), a);
            } else {
                field::multiply(slot(1), a, b);
            }
            instruction = instruction.add(LENGTHS[MUL as usize]);
        } else if operation == ADD {
            field::add(slot(1), slot(2), slot(3));
            instruction = instruction.add(LENGTHS[ADD as usize]);
        } else if operation == SUB {
            field::subtract(slot(1), slot(2), slot(3), slot(4));
            instruction = instruction.add(LENGTHS[SUB as usize]);
        } else if operation == DOT2 {
            field::sum2(slot(1), instruction, slots);
            instruction = instruction.add(LENGTHS[DOT2 as usize]);
        } else if operation == DOT4 {
            field::sum4(slot(1), instruction, slots);
            instruction = instruction.add(LENGTHS[DOT4 as usize]);
        } else if operation == DOT3 {
            field::sum3(slot(1), instruction, slots);
            instruction = instruction.add(LENGTHS[DOT3 as usize]);
        } else if operation == NORM {
            field::normalize(slot(1));
            instruction = instruction.add(LENGTHS[NORM as usize]);
        } else if operation == SCAL {
            field::multiply(scratch, slot(2), constant(2));
            field::pack_big_endian(memory.add(SCALARS_OFFSET + word(1) as usize * SCALAR_BYTES), scratch);
            instruction = instruction.add(LENGTHS[SCAL as usize]);
        } else if operation == CHK {
            field::multiply(scratch, slot(1), slot(2));
            if !field::same(scratch, constant(0)) {
                return Err(Error::HintWrong);
            }
            instruction = instruction.add(LENGTHS[CHK as usize]);
        } else if operation == MARK {
            mark(profile);
            instruction = instruction.add(LENGTHS[MARK as usize]);
        } else {
            return Ok(());
        }
    }
}
