//! The field code by abstract interpretation: one bound per slot, one pass, exact integers.
//!
//! A slot's bound is (limb, value): every limb but the ninth is at most `limb`, and the whole value is at most
//! `value` · r / 2^20. The ninth limb is bounded by the value, because no limb is ever negative.

use super::header::{constant, first_temporary};
use super::{words_of_bits, BitSet};
use crate::accounts::require;
use crate::error::{Error, Result};
use crate::field::{Element, LIMBS, LIMB_BITS, LIMB_MASK, MODULUS_LIMBS};
use crate::interpreter::{ADD, CHK, DOT2, DOT3, DOT4, HALT, LENGTHS, MARK, MUL, NORM, SCAL, SUB};
use crate::key::KeyProgram;

/// One r, in the units of value bounds.
const R: u64 = 1 << 20;
/// The largest value bound: 1024 · r, whose ninth limb is below 2^32.
const MAX_VALUE: u64 = R << 10;
const MAX_LIMB: u64 = u32::MAX as u64;
/// ⌊r / 2^232⌋: what one r adds to the ninth limb, rounded down.
const TOP_PER_R: u64 = 3_171_406;
/// ⌈2^30 · r / 2^261⌉: what a reduction leaves of a product's value.
const SHRINK: u64 = 6_342_813;
/// ⌈2^256 / r⌉ and ⌊2^256 / r⌋ in units.
const ANY_256_BITS: u64 = 5_547_125;
const BELOW_256_BITS: u64 = ANY_256_BITS - 1;
/// ⌊1 + (R mod r) / r⌋ in units: below it, no other value than constant 0 is congruent to constant 0.
const UNAMBIGUOUS: u64 = 1_347_212;

/// A bound on a slot's content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    pub limb: u64,
    pub value: u64,
}

const CARRIED: u64 = LIMB_MASK;
const CANONICAL: Bound = Bound { limb: CARRIED, value: R };
const HASH: Bound = Bound { limb: CARRIED, value: ANY_256_BITS };

impl Bound {
    /// The ninth limb's bound.
    fn top(self) -> u64 {
        ((self.value * (TOP_PER_R + 1)) >> 20) + 1
    }

    fn checked(self) -> Result<Self> {
        require(self.limb <= MAX_LIMB, Error::LimbOverflow)?;
        require(self.value <= MAX_VALUE, Error::ValueOverflow)?;
        Ok(self)
    }

    /// The bound of a constant, from its limbs.
    pub fn of(element: &Element) -> Result<Self> {
        let limb = low_limbs(element).max().unwrap_or(0);
        // Limbs 0 to 7 together are at most (limb / (2^29 - 1)) · 2^232.
        let top = element[LIMBS - 1] as u64 + limb.div_ceil(LIMB_MASK);
        Self { limb, value: (top * R) / TOP_PER_R + 1 }.checked()
    }
}

fn low_limbs(element: &Element) -> impl Iterator<Item = u64> + '_ {
    element[..LIMBS - 1].iter().map(|&limb| limb as u64)
}

/// In units of 2^8: what a reduction adds to a column (m · r's limbs, a carry, m) at most.
const REDUCTION: u64 = {
    let mut sum = 0;
    let mut limb = 1;
    while limb < LIMBS {
        sum += LIMB_MASK * MODULUS_LIMBS[limb];
        limb += 1;
    }
    ((sum + (1 << 36) + (1 << 30)) >> 8) + 1
};
const COLUMN_LIMIT: u64 = 1 << 56;

/// The bound of a reduced sum of products. No column may pass 64 bits.
///
/// The fullest columns have eight products of low limbs, or seven and the two with a ninth limb. Columns are counted in
/// units of 2^8 (rounded up), so that nothing here overflows: limbs are below 2^32, values at most 2^30.
#[inline(never)]
pub fn sum_of_products(pairs: &[(Bound, Bound)]) -> Result<Bound> {
    let (mut column, mut value) = (REDUCTION, 0);
    for &(a, b) in pairs {
        let low = ((a.limb * b.limb) >> 8) + 1;
        let edge = ((a.limb * b.top()) >> 8) + ((a.top() * b.limb) >> 8) + 2;
        column += 7 * low + low.max(edge);
        value += a.value * b.value;
    }
    require(column < COLUMN_LIMIT, Error::ColumnOverflow)?;
    let value = ((((value >> 30) + 1) * SHRINK) >> 20) + 1 + R;
    Bound { limb: CARRIED, value }.checked()
}

/// The multiple k, if the element is k · r.
pub fn modulus_multiple(element: &Element) -> Option<u64> {
    let mut limbs = [0u64; LIMBS];
    let mut carry = 0;
    for (out, &limb) in limbs.iter_mut().zip(element) {
        let sum = limb as u64 + carry;
        *out = sum & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    limbs[LIMBS - 1] |= carry << LIMB_BITS;
    let multiple = limbs[LIMBS - 1] / TOP_PER_R;
    carry = 0;
    for (index, &limb) in limbs.iter().enumerate() {
        let sum = MODULUS_LIMBS[index] * multiple + carry;
        let (low, high) = if index < LIMBS - 1 { (sum & LIMB_MASK, sum >> LIMB_BITS) } else { (sum, 0) };
        if low != limb {
            return None;
        }
        carry = high;
    }
    Some(multiple)
}

/// A slot's bound and whether it was read, in one word: value (31 bits), limb (32 bits), read (1 bit). Zero: unreadable.
const LIMB_SHIFT: u32 = 31;
const READ: u64 = 1 << 63;

fn pack(bound: Bound) -> u64 {
    bound.value | bound.limb << LIMB_SHIFT
}

struct Analysis<'a> {
    program: &'a KeyProgram<'a>,
    slots: &'a mut [u64],
    scalars: BitSet<'a>,
    first_instance: usize,
    first_evaluation: usize,
    first_hint: usize,
    first_temporary: usize,
    /// The byte offset of the current instruction.
    at: usize,
}

/// Prove the field code safe and complete; `table` is zero and long enough (`super::table_words`).
pub fn validate(program: &KeyProgram, table: &mut [u64]) -> Result<()> {
    let header = program.header;
    let (slots, rest) = table.split_at_mut(header.n_slots());
    let first_instance = header.n_constants() + header.n_challenges();
    let first_evaluation = first_instance + header.n_instances();
    let first_hint = first_evaluation + header.n_evals();
    for (index, slot) in slots[..header.n_constants()].iter_mut().enumerate() {
        *slot = pack(Bound::of(&constant(program, index))?);
    }
    let challenge = sum_of_products(&[(HASH, CANONICAL)])?;
    slots[header.n_constants()..first_instance].fill(pack(challenge));
    slots[first_instance..first_hint].fill(pack(CANONICAL));
    let mut analysis = Analysis {
        program,
        slots,
        scalars: BitSet(&mut rest[..words_of_bits(header.n_scalars())]),
        first_instance,
        first_evaluation,
        first_hint,
        first_temporary: first_temporary(program),
        at: 0,
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
        require(word % 5 == 0, Error::MisalignedSlot)?;
        require(word / 5 < self.slots.len(), Error::SlotOutOfRange)?;
        Ok(word / 5)
    }

    fn is_hint(&self, slot: usize) -> bool {
        (self.first_hint..self.first_temporary).contains(&slot)
    }

    /// The bound of the operand at word `index`, which counts as read.
    #[inline(never)]
    fn read(&mut self, index: usize) -> Result<Bound> {
        let slot = self.slot(index)?;
        let word = self.slots[slot];
        if word == 0 {
            return Err(if self.is_hint(slot) { Error::HintUnchecked } else { Error::ReadBeforeWrite });
        }
        self.slots[slot] = word | READ;
        Ok(Bound { limb: (word & !READ) >> LIMB_SHIFT, value: word & ((1 << LIMB_SHIFT) - 1) })
    }

    fn pair(&mut self, index: usize) -> Result<(Bound, Bound)> {
        Ok((self.read(index)?, self.read(index + 1)?))
    }

    /// Set the bound of the destination at word 1, a temporary.
    fn write(&mut self, bound: Bound) -> Result<()> {
        let slot = self.slot(1)?;
        require(slot >= self.first_temporary, Error::WriteProtected)?;
        self.slots[slot] = pack(bound.checked()?);
        Ok(())
    }

    /// Analyse one instruction; false at HALT.
    fn step(&mut self) -> Result<bool> {
        let operation = self.word(0)?;
        match operation {
            HALT => return self.halt().map(|()| false),
            MUL => {
                let pairs = [self.pair(2)?];
                self.write(sum_of_products(&pairs)?)?;
            }
            ADD => {
                let (a, b) = self.pair(2)?;
                self.write(Bound { limb: a.limb + b.limb, value: a.value + b.value })?;
            }
            SUB => self.subtract()?,
            DOT2 => {
                let pairs = [self.pair(2)?, self.pair(4)?];
                self.write(sum_of_products(&pairs)?)?;
            }
            DOT3 => {
                let pairs = [self.pair(2)?, self.pair(4)?, self.pair(6)?];
                self.write(sum_of_products(&pairs)?)?;
            }
            DOT4 => {
                let pairs = [self.pair(2)?, self.pair(4)?, self.pair(6)?, self.pair(8)?];
                self.write(sum_of_products(&pairs)?)?;
            }
            NORM => {
                let bound = self.read(1)?;
                self.write(Bound { limb: CARRIED, value: bound.value })?;
            }
            CHK => self.check_hint()?,
            SCAL => self.set_scalar()?,
            MARK => {}
            _ => return Err(Error::UnknownOperation),
        }
        self.at += 2 * LENGTHS[operation as usize];
        Ok(true)
    }

    /// SUB d a b c: c = k·r, and every limb of c is at least b's bound.
    fn subtract(&mut self) -> Result<()> {
        let (a, b) = self.pair(2)?;
        let slot = self.slot(4)?;
        require(slot < self.program.header.n_constants(), Error::NotAModulusMultiple)?;
        let multiple = constant(self.program, slot);
        let times = modulus_multiple(&multiple).ok_or(Error::NotAModulusMultiple)?;
        let dominates = low_limbs(&multiple).all(|limb| limb >= b.limb) && multiple[LIMBS - 1] as u64 >= b.top();
        require(dominates, Error::LimbUnderflow)?;
        let limb = low_limbs(&multiple).max().unwrap_or(0);
        self.write(Bound { limb: a.limb + limb, value: a.value + times * R })
    }

    /// CHK h a: from here on the hint may be read.
    fn check_hint(&mut self) -> Result<()> {
        let hint = self.slot(1)?;
        require(self.is_hint(hint) && self.slots[hint] == 0, Error::NotAHint)?;
        let product = sum_of_products(&[(HASH, self.read(2)?)])?;
        require(product.value <= UNAMBIGUOUS, Error::AmbiguousCheck)?;
        self.slots[hint] = pack(HASH);
        Ok(())
    }

    /// SCAL i a: the product with the integer one must fit 32 bytes.
    fn set_scalar(&mut self) -> Result<()> {
        let index = self.word(1)? as usize;
        require(index < self.program.header.n_scalars(), Error::ScalarOutOfRange)?;
        let product = sum_of_products(&[(self.read(2)?, Bound { limb: 1, value: 1 })])?;
        require(product.value <= BELOW_256_BITS, Error::ScalarTooLarge)?;
        require(self.scalars.insert(index), Error::ScalarSetTwice)
    }

    /// HALT is followed by less than eight bytes of zeros, and nothing else.
    fn halt(&self) -> Result<()> {
        let padding = &self.program.code[self.at + 2..];
        require(padding.len() < 8 && padding.iter().all(|&byte| byte == 0), Error::CodeAfterHalt)
    }

    /// Everything that a proof brings was used, and every scalar is set.
    fn finish(&self) -> Result<()> {
        let all_read = |slots: &[u64]| slots.iter().all(|&slot| slot & READ != 0);
        require(all_read(&self.slots[self.first_instance..self.first_evaluation]), Error::InstanceUnread)?;
        require(all_read(&self.slots[self.first_evaluation..self.first_hint]), Error::EvaluationUnread)?;
        let hints = &self.slots[self.first_hint..self.first_temporary];
        require(hints.iter().all(|&slot| slot != 0), Error::HintNeverChecked)?;
        require(self.scalars.has_all(self.program.header.n_scalars()), Error::ScalarUnset)
    }
}
