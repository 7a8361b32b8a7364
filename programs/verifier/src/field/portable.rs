//! The products in plain Rust: the reference for the assembly, and the fallback where it cannot be assembled.

use super::{Element, LIMBS, LIMB_BITS, LIMB_MASK, MODULUS_LIMBS};

/// −1/r mod 2^29; r = 1 mod 2^28.
const NEGATED_INVERSE: u64 = (1 << 28) - 1;

type Columns = [u64; 2 * LIMBS];

#[inline(always)]
fn add_product(columns: &mut Columns, a: &Element, b: &Element) {
    for (row, &factor) in b.iter().enumerate().take(LIMBS) {
        for (limb, &other) in a.iter().enumerate().take(LIMBS) {
            columns[row + limb] = columns[row + limb].wrapping_add(factor as u64 * other as u64);
        }
    }
}

/// Divide by R = 2^261 (Montgomery) and carry.
#[inline(always)]
fn reduce(columns: &mut Columns) -> Element {
    for row in 0..LIMBS {
        let multiple = columns[row].wrapping_mul(NEGATED_INVERSE) & LIMB_MASK;
        // (low + m · (2^28 + 1)) / 2^29
        let carry = ((columns[row].wrapping_add(multiple) >> 28).wrapping_add(multiple)) >> 1;
        columns[row + 1] = columns[row + 1].wrapping_add(carry);
        for limb in 1..LIMBS {
            columns[row + limb] = columns[row + limb].wrapping_add(multiple * MODULUS_LIMBS[limb]);
        }
    }
    let mut out = [0; 10];
    for limb in 0..LIMBS - 1 {
        let column = columns[LIMBS + limb];
        out[limb] = (column & LIMB_MASK) as u32;
        columns[LIMBS + limb + 1] = columns[LIMBS + limb + 1].wrapping_add(column >> LIMB_BITS);
    }
    out[LIMBS - 1] = columns[2 * LIMBS - 1] as u32;
    out
}

/// Σ aᵢ·bᵢ / R, limbs below 2^29. Exact as long as no column passes 64 bits.
#[inline(always)]
pub fn sum_of_products<const N: usize>(pairs: [(&Element, &Element); N]) -> Element {
    let mut columns = [0u64; 2 * LIMBS];
    for (a, b) in pairs {
        add_product(&mut columns, a, b);
    }
    reduce(&mut columns)
}

/// out = a·b/R.
///
/// # Safety
/// `a` and `b` are readable, `out` writable; they may be the same.
pub unsafe fn multiply(out: *mut Element, a: *const Element, b: *const Element) {
    *out = sum_of_products([(&*a, &*b)]);
}

/// out = a²/R.
///
/// # Safety
/// As [`multiply`].
pub unsafe fn square(out: *mut Element, a: *const Element) {
    multiply(out, a, a);
}

/// The slot that the instruction's u16 word at `index` names.
#[inline(always)]
unsafe fn operand<'a>(instruction: *const u16, slots: *const u8, index: usize) -> &'a Element {
    &*(slots.add(*instruction.add(index) as usize * 8) as *const Element)
}

macro_rules! sums {
    ($($name:ident: $($left:literal $right:literal),*;)*) => { $(
        /// out = the sum of the instruction's products, divided by R.
        ///
        /// # Safety
        /// The operands name readable slots; `out` is writable.
        pub unsafe fn $name(out: *mut Element, instruction: *const u16, slots: *const u8) {
            *out = sum_of_products([
                $((operand(instruction, slots, $left), operand(instruction, slots, $right))),*
            ]);
        }
    )* };
}

sums! {
    sum2: 2 3, 4 5;
    sum3: 2 3, 4 5, 6 7;
    sum4: 2 3, 4 5, 6 7, 8 9;
}
