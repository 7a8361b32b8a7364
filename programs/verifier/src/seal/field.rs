//! The field code by abstract interpretation: one bound per slot, one pass, exact integers.
//!
//! A slot's bound is the largest value of each limb, and the largest whole value in units of r / 2^20. The client's
//! compiler makes the same analysis (`mai_zk.bounds`).

use super::header::{constant, first_temporary};
use crate::accounts::require;
use crate::error::{Error, Result};
use crate::field::{Element, LIMBS, LIMB_BITS, LIMB_MASK, MODULUS_LIMBS};
use crate::interpreter::{ADD, CHK, DOT2, DOT3, DOT4, HALT, LENGTHS, MARK, MUL, NORM, SCAL, SUB};
use crate::key::KeyProgram;

/// One r, in the units of value bounds.
const R: u32 = 1 << 20;
/// The largest value bound: 1024 · r, whose ninth limb is below 2^32.
pub const MAX_VALUE: u32 = R << 10;
/// ⌊r / 2^232⌋: what one r adds to the ninth limb, rounded down.
const TOP_PER_R: u64 = 3_171_406;
/// ⌈2^30 · r / 2^261⌉: what a reduction leaves of a product's value.
const SHRINK: u64 = 6_342_813;
/// ⌈2^256 / r⌉ in units.
pub const ANY_256_BITS: u32 = 5_547_125;
/// ⌊1 + (R mod r) / r⌋ in units: below it, no other value than constant 0 is congruent to constant 0.
const UNAMBIGUOUS: u32 = 1_347_212;

/// The largest content of a slot. A value of zero means: not readable.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Bound {
    pub limbs: [u32; LIMBS],
    pub value: u32,
}

/// Set in a table entry's value when the slot was read.
const READ: u32 = 1 << 31;

impl Bound {
    /// Carried limbs of a value of at most `value` units: the ninth limb cannot exceed value / 2^232.
    pub const fn carried(value: u32) -> Self {
        let mut limbs = [LIMB_MASK as u32; LIMBS];
        limbs[LIMBS - 1] = (((value as u64 * (TOP_PER_R + 1)) >> 20) + 1) as u32;
        Self { limbs, value }
    }

    /// Exactly the element's limbs.
    pub fn of(element: &Element) -> Result<Self> {
        let mut limbs = [0; LIMBS];
        limbs.copy_from_slice(&element[..LIMBS]);
        let low = limbs[..LIMBS - 1].iter().max().map_or(0, |&limb| limb as u64);
        // Limbs 0 to 7 together are at most (low / (2^29 - 1)) · 2^232.
        let top = limbs[LIMBS - 1] as u64 + low.div_ceil(LIMB_MASK);
        Self { limbs, value: checked_value((top * R as u64) / TOP_PER_R + 1)? }.checked()
    }

    /// The limb-wise sum with another bound of value `value`.
    fn plus(&self, limbs: &[u32], value: u32) -> Result<Self> {
        let mut sum = *self;
        for (limb, &other) in sum.limbs.iter_mut().zip(limbs) {
            *limb = limb.checked_add(other).ok_or(Error::LimbOverflow)?;
        }
        sum.value = checked_value(self.value as u64 + value as u64)?;
        Ok(sum)
    }

    fn checked(self) -> Result<Self> {
        checked_value(self.value as u64).map(|_| self)
    }

    /// The largest limb.
    fn widest(&self) -> u64 {
        self.limbs.iter().fold(0, |widest, &limb| widest.max(limb as u64))
    }
}

fn checked_value(value: u64) -> Result<u32> {
    require(value <= MAX_VALUE as u64, Error::ValueOverflow)?;
    Ok(value as u32)
}

const CANONICAL: Bound = Bound::carried(R);
const HASH: Bound = Bound::carried(ANY_256_BITS);

const N_COLUMNS: usize = 2 * LIMBS - 1;
/// Columns are summed in units of 2^6, each product rounded up, so that 36 products below 2^64 fit.
const UNIT_BITS: u32 = 6;
const COLUMN_LIMIT: u64 = 1 << (64 - UNIT_BITS);

/// In units: what a reduction adds to each column at most: m · r's limbs, the carry from below, m.
const REDUCTION: [u64; N_COLUMNS] = {
    let mut columns = [0; N_COLUMNS];
    let mut column = 0;
    while column < N_COLUMNS {
        let mut sum = (1 << 35) + (1 << 31);
        let mut row = 0;
        while row < LIMBS {
            if row < column && column - row < LIMBS {
                sum += LIMB_MASK * MODULUS_LIMBS[column - row];
            }
            row += 1;
        }
        columns[column] = (sum >> UNIT_BITS) + 1;
        column += 1;
    }
    columns
};
/// The largest entry of [`REDUCTION`].
const MOST_REDUCTION: u64 = {
    let (mut most, mut column) = (0, 0);
    while column < N_COLUMNS {
        if REDUCTION[column] > most {
            most = REDUCTION[column];
        }
        column += 1;
    }
    most
};

const fn units(product: u64) -> u64 {
    (product >> UNIT_BITS) + 1
}

/// The bound of a reduced sum of products. No column may pass 64 bits.
#[inline(never)]
pub fn sum_of_products(pairs: &[(Bound, Bound)]) -> Result<Bound> {
    // First as if every limb were the widest; column by column only where that is not enough.
    let (mut column, mut value) = (MOST_REDUCTION, 0);
    for (a, b) in pairs {
        column += LIMBS as u64 * units(a.widest() * b.widest());
        value += a.value as u64 * b.value as u64;
    }
    if column >= COLUMN_LIMIT {
        check_columns(pairs)?;
    }
    let value = ((((value >> 30) + 1) * SHRINK) >> 20) + 1 + R as u64;
    Ok(Bound::carried(checked_value(value)?))
}

#[inline(never)]
fn check_columns(pairs: &[(Bound, Bound)]) -> Result<()> {
    let mut columns = REDUCTION;
    for (a, b) in pairs {
        for (i, &left) in a.limbs.iter().enumerate() {
            for (column, &right) in columns[i..].iter_mut().zip(&b.limbs) {
                *column += units(left as u64 * right as u64);
            }
        }
    }
    require(columns.iter().all(|&column| column < COLUMN_LIMIT), Error::ColumnOverflow)
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

struct Analysis<'a> {
    program: &'a KeyProgram<'a>,
    slots: &'a mut [Bound],
    /// Scalars that were set: one bit each.
    scalars: u64,
    first_instance: usize,
    first_evaluation: usize,
    first_hint: usize,
    first_temporary: usize,
    /// The byte offset of the current instruction.
    at: usize,
}

/// Prove the field code safe and complete. `slots` is a zeroed table of the program's slots.
pub fn validate(program: &KeyProgram, slots: &mut [Bound]) -> Result<()> {
    let header = program.header;
    let first_instance = header.n_constants() + header.n_challenges();
    let first_evaluation = first_instance + header.n_instances();
    let first_hint = first_evaluation + header.n_evals();
    for (index, slot) in slots[..header.n_constants()].iter_mut().enumerate() {
        *slot = Bound::of(&constant(program, index))?;
    }
    let challenge = sum_of_products(&[(HASH, CANONICAL)])?;
    slots[header.n_constants()..first_instance].fill(challenge);
    slots[first_instance..first_hint].fill(CANONICAL);
    let mut analysis = Analysis {
        program,
        slots,
        scalars: 0,
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
        let entry = self.slots[slot];
        if entry.value == 0 {
            return Err(if self.is_hint(slot) { Error::HintUnchecked } else { Error::ReadBeforeWrite });
        }
        self.slots[slot].value |= READ;
        Ok(Bound { value: entry.value & !READ, ..entry })
    }

    fn pair(&mut self, index: usize) -> Result<(Bound, Bound)> {
        Ok((self.read(index)?, self.read(index + 1)?))
    }

    /// Set the bound of the destination at word 1, a temporary.
    fn write(&mut self, bound: Bound) -> Result<()> {
        let slot = self.slot(1)?;
        require(slot >= self.first_temporary, Error::WriteProtected)?;
        self.slots[slot] = bound;
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
                self.write(a.plus(&b.limbs, b.value)?)?;
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
                self.write(Bound::carried(bound.value))?;
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
        require(multiple.iter().zip(&b.limbs).all(|(limb, most)| limb >= most), Error::LimbUnderflow)?;
        let value = checked_value(times * R as u64)?;
        self.write(a.plus(&multiple, value)?)
    }

    /// CHK h a: from here on the hint may be read.
    fn check_hint(&mut self) -> Result<()> {
        let hint = self.slot(1)?;
        require(self.is_hint(hint) && self.slots[hint].value == 0, Error::NotAHint)?;
        let product = sum_of_products(&[(HASH, self.read(2)?)])?;
        require(product.value <= UNAMBIGUOUS, Error::AmbiguousCheck)?;
        self.slots[hint] = HASH;
        Ok(())
    }

    /// SCAL i a: the product with the integer one is hardly more than r, whatever a is, so it fits 32 bytes.
    fn set_scalar(&mut self) -> Result<()> {
        let index = self.word(1)? as usize;
        require(index < self.program.header.n_scalars(), Error::ScalarOutOfRange)?;
        self.read(2)?;
        let bit = 1 << index;
        require(self.scalars & bit == 0, Error::ScalarSetTwice)?;
        self.scalars |= bit;
        Ok(())
    }

    /// HALT is followed by less than eight bytes of zeros, and nothing else.
    fn halt(&self) -> Result<()> {
        let padding = &self.program.code[self.at + 2..];
        require(padding.len() < 8 && padding.iter().all(|&byte| byte == 0), Error::CodeAfterHalt)
    }

    /// Everything that a proof brings was used, and every scalar is set.
    fn finish(&self) -> Result<()> {
        let all_read = |slots: &[Bound]| slots.iter().all(|slot| slot.value & READ != 0);
        require(all_read(&self.slots[self.first_instance..self.first_evaluation]), Error::InstanceUnread)?;
        require(all_read(&self.slots[self.first_evaluation..self.first_hint]), Error::EvaluationUnread)?;
        let hints = &self.slots[self.first_hint..self.first_temporary];
        require(hints.iter().all(|slot| slot.value != 0), Error::HintNeverChecked)?;
        require(self.scalars.count_ones() as usize == self.program.header.n_scalars(), Error::ScalarUnset)
    }
}
