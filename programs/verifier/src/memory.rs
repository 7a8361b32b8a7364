//! The fixed layout of working memory while proofs are checked; nothing is ever allocated.
//!
//! Working memory is the heap, or, where a session checks proofs over several transactions, the session's account. The
//! runtime hands out both zeroed.
//!
//! | bytes | holds |
//! |---|---|
//! | 0 | the curve accumulator and the second operand of an addition, 64 each |
//! | 128 | a point and a scalar, or the pairing's input |
//! | 512 | six moduli, each with the residues of 2^64, 2^128 and 2^192 |
//! | 608 | residues of r, of the checks' total, of the current group, of its weight, and of a value in passing |
//! | 736 | the residues of sixteen weights |
//! | 1120 | counters: the next weight, the next group |
//! | 1136 | seeds: of the weights, of the moduli |
//! | 1200 | residues of the running proof's batch coefficient |
//! | 1224 | slots, then the proofs' scalars, challenges and digests (see [`Layout`]) |

use crate::key::Header;

/// The heap's address on chain.
pub const HEAP: usize = 0x3_0000_0000;

pub const ACCUMULATOR: usize = 0;
pub const OPERAND: usize = 128;
pub const PAIRING: usize = 128;
pub const MODULI: usize = 512;
pub const FIELD_MODULUS: usize = 608;
pub const TOTAL: usize = 632;
pub const GROUP: usize = 656;
pub const GROUP_WEIGHT: usize = 680;
pub const SCRATCH: usize = 704;
pub const WEIGHTS: usize = 736;
pub const NEXT_WEIGHT: usize = 1120;
pub const NEXT_GROUP: usize = 1128;
pub const WEIGHT_SEED: usize = 1136;
pub const MODULUS_SEED: usize = 1168;
pub const COEFFICIENT: usize = 1200;
pub const SLOTS: usize = 1224;

/// Residues of one value, six of four bytes.
pub const SLOT_BYTES: usize = 24;
/// The largest heap of a transaction.
pub const MAX_HEAP: usize = 256 * 1024;
/// The most slots that a key may have: what the largest heap holds, with room for scalars and challenges.
pub const MAX_SLOTS: usize = 8192;
/// The most scalars of a key and one proof. A payload's claims are at most eight times the hints and nine times the
/// scalars: fewer than 2^17, which is what the quotient's length allows for.
pub const MAX_SCALARS: usize = 4096;

/// Offsets of what follows the slots, for a number of proofs under one key.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Residues of the key's scalars, then of each proof's.
    pub scalars: usize,
    /// For each proof 32 bytes a challenge.
    pub challenges: usize,
    /// For each proof the digest of its transcript and hints, 32 bytes.
    pub digests: usize,
    /// For each proof but the first the 20 bytes of its batch coefficient, big-endian in 32.
    pub coefficients: usize,
    pub end: usize,
}

impl Layout {
    pub fn of(header: Header, proofs: usize) -> Self {
        let scalars = SLOTS + header.n_slots() * SLOT_BYTES;
        let n_scalars = header.n_points() + proofs * header.n_proof_scalars();
        let challenges = (scalars + n_scalars * SLOT_BYTES + 7) & !7;
        let digests = challenges + proofs * header.n_challenges() * 32;
        let coefficients = digests + proofs * 32;
        Self { scalars, challenges, digests, coefficients, end: coefficients + proofs * 32 }
    }
}

/// The heap as a zeroed table for sealing.
///
/// # Safety
/// On chain only, never while the layout above or another table is in use; zero must be a valid `T`. A table that is
/// longer than the transaction's heap faults on first use.
pub unsafe fn table<T>(length: usize) -> &'static mut [T] {
    // The runtime's heap is zero already; what sealing proves should not hang on that.
    core::ptr::write_bytes(HEAP as *mut T, 0, length);
    core::slice::from_raw_parts_mut(HEAP as *mut T, length)
}
