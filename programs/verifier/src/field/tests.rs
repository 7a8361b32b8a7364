//! The portable products against big-integer vectors (`vectors.txt`, written by `asm/vectors.py`).

use super::*;

/// One line: limbs of a, limbs of b, limbs of a·b/R as the reduction leaves them.
fn vectors() -> impl Iterator<Item = [Element; 3]> {
    include_str!("vectors.txt").lines().map(|line| {
        let mut numbers = line.split_whitespace().map(|word| u32::from_str_radix(word, 16).unwrap());
        core::array::from_fn(|_| {
            let mut element = [0; 10];
            element[..LIMBS].fill_with(|| numbers.next().unwrap());
            element
        })
    })
}

#[test]
fn products_agree_with_big_integers() {
    assert!(vectors().count() > 100);
    for [a, b, expected] in vectors() {
        let mut out = [0; 10];
        unsafe { multiply(&mut out, &a, &b) };
        assert_eq!(out, expected, "{a:x?} {b:x?}");
        if a == b {
            unsafe { square(&mut out, &a) };
            assert_eq!(out, expected);
        }
    }
}

#[test]
fn one_is_neutral_up_to_a_multiple_of_r() {
    let product = portable::sum_of_products([(&ONE, &ONE)]);
    assert_eq!(product, ONE);
    let r = portable::sum_of_products([(&R_SQUARED, &RAW_ONE)]);
    assert_eq!(r, ONE);
}

#[test]
fn sums_are_linear() {
    for [a, b, _] in vectors().take(20) {
        let (mut a, mut b) = (a, b);
        unsafe { (normalize(&mut a), normalize(&mut b)) };
        let three = portable::sum_of_products([(&a, &b), (&a, &b), (&a, &b)]);
        let slots: [Element; 2] = [a, b];
        let mut out = [0; 10];
        unsafe { sum3(&mut out, [5, 0, 0, 5, 0, 5, 0, 5].as_ptr(), slots.as_ptr() as *const u8) };
        assert_eq!(out, three);
        unsafe { sum2(&mut out, [4, 0, 0, 5, 5, 0].as_ptr(), slots.as_ptr() as *const u8) };
        assert_eq!(out, portable::sum_of_products([(&a, &b), (&a, &b)]));
        unsafe { sum4(&mut out, [6, 0, 0, 5, 0, 5, 0, 5, 0, 5].as_ptr(), slots.as_ptr() as *const u8) };
        assert_eq!(out, portable::sum_of_products([(&a, &b), (&a, &b), (&a, &b), (&a, &b)]));
    }
}

#[test]
fn packing_round_trips_and_names_r() {
    let mut bytes = [0u8; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = (index * 37 + 11) as u8;
    }
    let (mut element, mut packed) = ([0; 10], [0u8; 32]);
    unsafe {
        unpack_big_endian(&mut element, bytes.as_ptr());
        pack_big_endian(packed.as_mut_ptr(), &element);
    }
    assert_eq!(bytes, packed);
    let mut r = [0u8; 32]; // big-endian
    for (word, chunk) in MODULUS.iter().rev().zip(r.chunks_mut(8)) {
        chunk.copy_from_slice(&word.to_be_bytes());
    }
    for (index, change, below) in [(31, 0u8, false), (31, 255, true), (0, 1, false), (15, 255, true), (23, 1, false)] {
        let mut changed = r;
        changed[index] = changed[index].wrapping_add(change);
        assert_eq!(unsafe { is_below(changed.as_ptr(), MODULUS) }, below, "byte {index} + {change}");
    }
}

#[test]
fn additions_keep_the_zero_lane() {
    let (a, multiple) = ([7; 10], [u32::MAX / 2, 1, 1, 1, 1, 1, 1, 1, 9, 0]);
    let mut a = a;
    a[9] = 0;
    let (mut sum, mut difference) = ([0; 10], [0; 10]);
    unsafe {
        add(&mut sum, &a, &multiple);
        subtract(&mut difference, &a, &RAW_ONE, &multiple);
    }
    assert_eq!(sum[..2], [u32::MAX / 2 + 7, 8]);
    assert_eq!(difference[..2], [u32::MAX / 2 + 6, 8]);
    assert_eq!((sum[9], difference[9]), (0, 0));
}

#[test]
fn normalize_keeps_the_value() {
    let mut element: Element = [u32::MAX, u32::MAX, 0, 1, u32::MAX, 5, 6, 7, 8, 0];
    let value = |element: &Element| {
        element.iter().rev().fold([0u128; 4], |words, &limb| {
            // Shift left by 29 and add, in 96-bit words.
            let mut carry = limb as u128;
            words.map(|word| {
                let sum = (word << LIMB_BITS) + carry;
                carry = sum >> 96;
                sum & ((1 << 96) - 1)
            })
        })
    };
    let before = value(&element);
    unsafe { normalize(&mut element) };
    assert_eq!(value(&element), before);
    assert!(element[..8].iter().all(|&limb| (limb as u64) <= LIMB_MASK));
}
