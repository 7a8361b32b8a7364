//! The field code by abstract interpretation: one length per slot, one pass.
//!
//! A slot's length is a bound on its value: |value| < 2^length. The client's compiler makes the same analysis
//! (`mai_zk.bounds`).

use super::header::first_temporary;
use crate::accounts::require;
use crate::error::{Error, Result};
use crate::key::KeyProgram;
use crate::residue::interpreter::{
    ADD, ADD3, DOT2, DOT2A, DOT3, DOT4, HALT, INV, LENGTHS, MARK, MUL, MULA, RED, SCAL, SUB,
};

/// Bits of a constant, an instance, an evaluation (all below r).
const CANONICAL: u16 = 254;
/// Bits of a hash or a hint.
const WORD: u16 = 256;
/// Bits that a claim's weight adds: two factors of 128 bits, and the sum over at most 2^17 claims.
const WEIGHT: u16 = 2 * 128 + 17;
/// r is at least 2^253.
const FIELD: u16 = 253;
/// The longest value of a slot: what keeps the chance of a false claim below 2^-110.
pub const MAX_LENGTH: u16 = 3840;

/// Set in a table entry when the slot was read.
const READ: u16 = 1 << 15;

/// What is known of a slot: the length, with a flag. Zero means: not readable.
pub type Entry = u16;

struct Analysis<'a> {
    program: &'a KeyProgram<'a>,
    slots: &'a mut [Entry],
    /// Scalars that were set: entries behind the slots.
    scalars: &'a mut [Entry],
    first_instance: usize,
    first_evaluation: usize,
    first_hint: usize,
    first_temporary: usize,
    /// The byte offset of the current instruction.
    at: usize,
    /// The longest value that is claimed to be congruent to another.
    longest_claim: u16,
}

/// Entries of the table for `validate`.
pub fn table_len(program: &KeyProgram) -> usize {
    program.header.n_slots() + program.header.n_points() + program.header.n_proof_scalars()
}

/// Prove the field code safe and complete; `table` is zeroed and has `table_len` entries.
pub fn validate(program: &KeyProgram, table: &mut [Entry]) -> Result<()> {
    let header = program.header;
    let (slots, scalars) = table.split_at_mut(header.n_slots());
    let first_instance = header.n_constants() + header.n_challenges();
    let first_evaluation = first_instance + header.n_instances();
    let first_hint = first_evaluation + header.n_evals();
    slots[..header.n_constants()].fill(CANONICAL);
    slots[header.n_constants()..first_instance].fill(WORD);
    slots[first_instance..first_hint].fill(CANONICAL);
    let mut analysis = Analysis {
        program,
        slots,
        scalars,
        first_instance,
        first_evaluation,
        first_hint,
        first_temporary: first_temporary(program),
        at: 0,
        longest_claim: WORD,
    };
    while analysis.step()? {}
    analysis.finish()
}

impl Analysis<'_> {
    /// Word `index` of the current instruction.
    fn word(&self, index: usize) -> Result<u16> {
        let at = self.at + 2 * index;
        let bytes = self.program.code.get(at..at + 2).ok_or(Error::MissingHalt)?;
        Ok(u16::from_le_bytes([bytes[0], bytes[1]]))
    }

    /// The slot that word `index` names.
    #[inline(never)]
    fn slot(&self, index: usize) -> Result<usize> {
        let word = self.word(index)? as usize;
        require(word % 3 == 0, Error::MisalignedSlot)?;
        require(word / 3 < self.slots.len(), Error::SlotOutOfRange)?;
        Ok(word / 3)
    }

    fn is_hint(&self, slot: usize) -> bool {
        (self.first_hint..self.first_temporary).contains(&slot)
    }

    /// The length of the operand at word `index`, which counts as read.
    #[inline(never)]
    fn read(&mut self, index: usize) -> Result<u16> {
        let slot = self.slot(index)?;
        let entry = self.slots[slot];
        if entry == 0 {
            return Err(if self.is_hint(slot) { Error::HintUnchecked } else { Error::ReadBeforeWrite });
        }
        self.slots[slot] = entry | READ;
        Ok(entry & !READ)
    }

    /// The longest of `products` products from word 2 on and the `addends` values behind them, and as many bits more as
    /// their sum can have.
    #[inline(never)]
    fn sum(&mut self, products: usize, addends: usize) -> Result<u16> {
        let mut longest = 0;
        for product in 0..products {
            longest = longest.max(self.read(2 + 2 * product)? + self.read(3 + 2 * product)?);
        }
        for addend in 0..addends {
            longest = longest.max(self.read(2 + 2 * products + addend)?);
        }
        let carry = [0, 0, 1, 2, 2][products + addends];
        require(longest + carry <= MAX_LENGTH, Error::ValueTooLong)?;
        Ok(longest + carry)
    }

    /// Set the length of the destination at word 1, a temporary.
    fn write(&mut self, length: u16) -> Result<()> {
        let slot = self.slot(1)?;
        require(slot >= self.first_temporary, Error::WriteProtected)?;
        self.slots[slot] = length;
        Ok(())
    }

    /// Analyse one instruction; false at HALT.
    fn step(&mut self) -> Result<bool> {
        let operation = self.word(0)?;
        let shape = match operation {
            MUL => Some((1, 0)),
            MULA => Some((1, 1)),
            DOT2 => Some((2, 0)),
            DOT2A => Some((2, 1)),
            DOT3 => Some((3, 0)),
            DOT4 => Some((4, 0)),
            ADD | SUB => Some((0, 2)),
            ADD3 => Some((0, 3)),
            _ => None,
        };
        if let Some((products, addends)) = shape {
            let length = self.sum(products, addends)?;
            self.write(length)?;
        } else {
            match operation {
                HALT => return self.halt().map(|()| false),
                RED => self.bind_hint(false)?,
                INV => self.bind_hint(true)?,
                SCAL => self.set_scalar()?,
                MARK => {}
                _ => return Err(Error::UnknownOperation),
            }
        }
        self.at += 2 * LENGTHS[operation as usize];
        Ok(true)
    }

    /// RED h a, INV h a: from here on the hint may be read.
    fn bind_hint(&mut self, inverse: bool) -> Result<()> {
        let hint = self.slot(1)?;
        require(self.is_hint(hint) && self.slots[hint] == 0, Error::NotAHint)?;
        let length = self.read(2)? + if inverse { WORD } else { 0 };
        require(length <= MAX_LENGTH, Error::ValueTooLong)?;
        self.longest_claim = self.longest_claim.max(length);
        self.slots[hint] = WORD;
        Ok(())
    }

    /// SCAL i a.
    fn set_scalar(&mut self) -> Result<()> {
        let index = self.word(1)? as usize;
        require(index < self.scalars.len(), Error::ScalarOutOfRange)?;
        self.longest_claim = self.longest_claim.max(self.read(2)?);
        require(self.scalars[index] == 0, Error::ScalarSetTwice)?;
        self.scalars[index] = 1;
        Ok(())
    }

    /// HALT is followed by less than eight bytes of zeros, and nothing else.
    fn halt(&self) -> Result<()> {
        let padding = &self.program.code[self.at + 2..];
        require(padding.len() < 8 && padding.iter().all(|&byte| byte == 0), Error::CodeAfterHalt)
    }

    /// Everything that a proof brings was used, every scalar is set, and the quotient is long enough.
    fn finish(&self) -> Result<()> {
        let all_read = |slots: &[Entry]| slots.iter().all(|slot| slot & READ != 0);
        require(all_read(&self.slots[self.first_instance..self.first_evaluation]), Error::InstanceUnread)?;
        require(all_read(&self.slots[self.first_evaluation..self.first_hint]), Error::EvaluationUnread)?;
        let hints = &self.slots[self.first_hint..self.first_temporary];
        require(hints.iter().all(|&slot| slot != 0), Error::HintNeverChecked)?;
        require(self.scalars.iter().all(|&scalar| scalar != 0), Error::ScalarUnset)?;
        // One bit more for the difference of two values, one for the sign.
        let quotient = (self.longest_claim + WEIGHT + 2 - FIELD).div_ceil(64) as usize;
        require(self.program.header.quotient_words() == quotient, Error::BadQuotientLength)
    }
}
