//! Curve work through the alt_bn128 syscalls: canonical points, multiples of points, the pairing.
//!
//! The syscalls read bit 255 of a coordinate as noise and bit 254 of y as "identity": every point that comes from
//! outside is checked here first, W′ above all, because the transcript does not absorb it.

use crate::canonical::{is_below, Q};
use crate::error::{Error, Result};
use crate::key::POINT_BYTES;
use crate::memory::{ACCUMULATOR, OPERAND, PAIRING};
use crate::payload::SCALAR_BYTES;
use crate::syscall::{bn254, copy, Bn254};

/// The generator of G1.
pub const G1: [u8; 64] = {
    let mut point = [0; 64];
    point[31] = 1;
    point[63] = 2;
    point
};

/// The generator of G2, EIP-197 order.
#[rustfmt::skip]
pub const G2: [u8; 128] = [
    0x19, 0x8e, 0x93, 0x93, 0x92, 0x0d, 0x48, 0x3a, 0x72, 0x60, 0xbf, 0xb7, 0x31, 0xfb, 0x5d, 0x25,
    0xf1, 0xaa, 0x49, 0x33, 0x35, 0xa9, 0xe7, 0x12, 0x97, 0xe4, 0x85, 0xb7, 0xae, 0xf3, 0x12, 0xc2,
    0x18, 0x00, 0xde, 0xef, 0x12, 0x1f, 0x1e, 0x76, 0x42, 0x6a, 0x00, 0x66, 0x5e, 0x5c, 0x44, 0x79,
    0x67, 0x43, 0x22, 0xd4, 0xf7, 0x5e, 0xda, 0xdd, 0x46, 0xde, 0xbd, 0x5c, 0xd9, 0x92, 0xf6, 0xed,
    0x09, 0x06, 0x89, 0xd0, 0x58, 0x5f, 0xf0, 0x75, 0xec, 0x9e, 0x99, 0xad, 0x69, 0x0c, 0x33, 0x95,
    0xbc, 0x4b, 0x31, 0x33, 0x70, 0xb3, 0x8e, 0xf3, 0x55, 0xac, 0xda, 0xdc, 0xd1, 0x22, 0x97, 0x5b,
    0x12, 0xc8, 0x5e, 0xa5, 0xdb, 0x8c, 0x6d, 0xeb, 0x4a, 0xab, 0x71, 0x80, 0x8d, 0xcb, 0x40, 0x8f,
    0xe3, 0xd1, 0xe7, 0x69, 0x0c, 0x43, 0xd3, 0x7b, 0x4c, 0xe6, 0xcc, 0x01, 0x66, 0xfa, 0x7d, 0xaa,
];

/// True if the 32 bytes are below q.
///
/// # Safety
/// 32 bytes are readable.
#[inline(always)]
pub unsafe fn is_canonical(coordinate: *const u8) -> bool {
    is_below(coordinate, Q)
}

/// True if every byte of the 64 is zero.
#[inline(always)]
unsafe fn is_identity(point: *const u8) -> bool {
    // Nearly always the first word tells.
    (0..POINT_BYTES / 8).all(|word| (point as *const u64).add(word).read_unaligned() == 0)
}

/// Check that every 64-byte point has coordinates below q and is not the identity.
#[inline(always)]
pub fn check_points(points: &[u8]) -> Result<()> {
    let range = points.as_ptr_range();
    let mut point = range.start;
    while point < range.end {
        // SAFETY: the slice is a whole number of points: its length is a product with POINT_BYTES.
        unsafe {
            if !is_canonical(point) || !is_canonical(point.add(32)) {
                return Err(Error::PointNotCanonical);
            }
            if is_identity(point) {
                return Err(Error::PointIsIdentity);
            }
            point = point.add(POINT_BYTES);
        }
    }
    Ok(())
}

/// Copy words, eight bytes at a time.
#[inline(always)]
unsafe fn copy_words(source: *const u8, destination: *mut u8, words: usize) {
    for word in 0..words {
        *(destination as *mut u64).add(word) = (source as *const u64).add(word).read_unaligned();
    }
}

/// Add a multiple of a point (the point itself without a scalar) to the accumulator; the first one replaces it.
///
/// # Safety
/// `point` is readable for 64 bytes, `scalar` (big-endian, any value) for 32; `memory` is working memory.
#[inline(always)]
pub unsafe fn add_multiple(memory: *mut u8, point: *const u8, scalar: Option<*const u8>, first: bool) -> Result<()> {
    let accumulator = memory.add(ACCUMULATOR);
    let addend = if first { accumulator } else { accumulator.add(POINT_BYTES) };
    let mut done = true;
    if let Some(scalar) = scalar {
        let operand = memory.add(OPERAND);
        copy_words(point, operand, POINT_BYTES / 8);
        copy_words(scalar, operand.add(POINT_BYTES), SCALAR_BYTES / 8);
        done = bn254(Bn254::Multiply, operand, POINT_BYTES + SCALAR_BYTES, addend);
    } else {
        copy_words(point, addend, POINT_BYTES / 8);
    }
    if !first {
        done &= bn254(Bn254::Add, accumulator, 2 * POINT_BYTES, accumulator);
    }
    if done {
        Ok(())
    } else {
        Err(Error::PointNotOnCurve)
    }
}

/// e(left, G2) · e(accumulator, −[s]G2) must be one.
///
/// # Safety
/// `srs_point` is −[s]G2 (128 bytes), `memory` working memory.
#[inline(always)]
pub unsafe fn check_pairing(memory: *mut u8, left: &[u64; 8], srs_point: *const u8) -> Result<()> {
    let input = memory.add(PAIRING);
    copy_words(left.as_ptr() as *const u8, input, 8);
    copy(G2.as_ptr(), input.add(64), 128);
    copy_words(memory.add(ACCUMULATOR), input.add(192), 8);
    copy(srs_point, input.add(256), 128);
    if !bn254(Bn254::Pairing, input, 384, input) {
        return Err(Error::PointNotOnCurve);
    }
    let output = input as *const u64;
    if *output | *output.add(1) | *output.add(2) | (*output.add(3) ^ 1u64.swap_bytes()) != 0 {
        return Err(Error::ProofInvalid);
    }
    Ok(())
}
