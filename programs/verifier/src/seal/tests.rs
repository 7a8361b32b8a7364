//! The bounds of the abstract interpretation against exact worst cases, and the set of used things.

use super::field::{modulus_multiple, sum_of_products, Bound, ANY_256_BITS, MAX_VALUE};
use super::BitSet;
use crate::error::Error;
use crate::field::{portable, Element, LIMBS, LIMB_MASK, MODULUS_LIMBS};

const R: u32 = 1 << 20;

/// The largest element that the bound allows.
fn worst(limb: u64, r: u32) -> (Element, Bound) {
    let mut bound = Bound::carried(r * R);
    bound.limbs[..LIMBS - 1].fill(limb as u32);
    let mut element = [0; 10];
    element[..LIMBS].copy_from_slice(&bound.limbs);
    (element, bound)
}

#[test]
fn an_accepted_sum_of_products_never_wraps() {
    for level in 1..=7u64 {
        let ((a, a_bound), (b, b_bound)) = (worst(level * LIMB_MASK, 60), worst(LIMB_MASK, 60));
        let exact = exact_columns(&[(&a, &b)]);
        let Ok(bound) = sum_of_products(&[(a_bound, b_bound)]) else {
            assert!(exact > (1 << 64) - (1 << 36), "level {level} refused, but a column only reaches {exact}");
            continue;
        };
        assert!(exact < 1 << 64, "level {level} accepted, but a column reaches {exact}");
        let product = portable::sum_of_products([(&a, &b)]);
        assert!(product.iter().zip(&bound.limbs).all(|(limb, most)| limb <= most));
    }
}

/// The fullest column while a sum of products is reduced, in exact integers.
fn exact_columns(pairs: &[(&Element, &Element)]) -> u128 {
    let mut columns = [0u128; 18];
    for (a, b) in pairs {
        for i in 0..LIMBS {
            for j in 0..LIMBS {
                columns[i + j] += a[i] as u128 * b[j] as u128;
            }
        }
    }
    let mut fullest = *columns.iter().max().unwrap();
    for row in 0..LIMBS {
        let multiple = LIMB_MASK as u128; // the worst one
        fullest = fullest.max(columns[row] + multiple);
        columns[row + 1] += ((columns[row] + multiple) >> 29) + multiple;
        for limb in 1..LIMBS {
            columns[row + limb] += multiple * MODULUS_LIMBS[limb] as u128;
        }
        fullest = fullest.max(*columns.iter().max().unwrap());
    }
    fullest
}

#[test]
fn every_scalar_fits_32_bytes() {
    let raw_one = Bound { limbs: [1, 0, 0, 0, 0, 0, 0, 0, 0], value: 1 };
    let widest = Bound { limbs: [u32::MAX; LIMBS], value: MAX_VALUE };
    assert!(sum_of_products(&[(widest, raw_one)]).unwrap().value < ANY_256_BITS - 1);
}

#[test]
fn too_many_products_are_refused() {
    let (_, bound) = worst(2 * LIMB_MASK, 1);
    assert_eq!(sum_of_products(&[(bound, bound), (bound, bound)]), Err(Error::ColumnOverflow));
    assert!(sum_of_products(&[(bound, bound)]).is_ok());
    let (_, huge) = worst(u32::MAX as u64, 1 << 10);
    assert_eq!(sum_of_products(&[(huge, huge); 4]), Err(Error::ColumnOverflow));
}

#[test]
fn multiples_of_r_are_recognised_in_any_limbs() {
    for times in [1u64, 4, 8, 64, 500] {
        let mut element = [0u32; 10];
        let mut carry = 0;
        for limb in 0..LIMBS {
            let sum = MODULUS_LIMBS[limb] * times + carry;
            element[limb] = if limb < 8 { sum & LIMB_MASK } else { sum } as u32;
            carry = sum >> 29;
        }
        assert_eq!(modulus_multiple(&element), Some(times));
        for limb in 0..8 {
            element[limb] += 1 << 29;
            element[limb + 1] -= 1;
        }
        assert_eq!(modulus_multiple(&element), Some(times));
        element[3] += 1;
        assert_eq!(modulus_multiple(&element), None);
    }
}

#[test]
fn a_bit_set_knows_what_is_missing() {
    let mut words = [0; 2];
    let mut set = BitSet(&mut words);
    assert!((0..70).filter(|&bit| bit != 65).all(|bit| set.insert(bit)));
    assert!(!set.insert(3) && !set.has_all(70) && set.has_all(65));
    assert!(set.insert(65) && set.has_all(70));
}
