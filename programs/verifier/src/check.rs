//! `check`, and the verification that `verify` shares.

use crate::accounts::{distinct, Key, Proof};
use crate::curve;
use crate::error::{Error, Result};
use crate::field::{self, Element};
use crate::interpreter;
use crate::key::KeyProgram;
use crate::memory;
use crate::payload::{Payload, SCALAR_BYTES};
use crate::syscall::{copy, mark};
use crate::transcript;
use core::hint::black_box;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};

/// `check`: accounts key, proof. Verifies and changes nothing.
#[inline(always)]
pub fn check(program_id: &Pubkey, accounts: &[AccountInfo], profile: bool) -> Result<()> {
    let [key, proof] = distinct(accounts)?;
    let (_, key_body) = Key::sealed(program_id, key)?;
    let (_, proof_body) = Proof::complete(program_id, proof)?;
    let key = KeyProgram::parse(key_body)?;
    let payload = Payload::parse(key.header, proof_body)?;
    // SAFETY: the key is sealed, and this is the instruction's only use of the heap.
    unsafe { verify_proof(&key, &payload, profile) }
}

/// Verify the payload under the key. Stages: transcript, load, the field code's own marks, msm, pairing.
///
/// # Safety
/// On chain, at most once per instruction. `key` is sealed and `payload` was parsed with its header.
#[inline(never)]
pub unsafe fn verify_proof(key: &KeyProgram, payload: &Payload, profile: bool) -> Result<()> {
    mark(profile);
    let slots = black_box(memory::HEAP + memory::SLOTS_OFFSET) as *mut u8;
    copy(key.constants.as_ptr(), slots, key.constants.len());
    let first_challenge = slots.add(key.constants.len()) as *mut Element;
    let slot = transcript::load_challenges(key, payload, first_challenge)?;
    mark(profile);
    let slot = load_canonical(payload.instances, slot, Error::InstanceNotCanonical)?;
    let slot = load_canonical(payload.evaluations(), slot, Error::EvaluationNotCanonical)?;
    load_hints(payload.hints, slot);
    mark(profile);
    interpreter::run(key.code.as_ptr() as *const u16, profile)?;
    curve::run(key.curve_ops, payload.proof, key.points)?;
    mark(profile);
    curve::check_pairing(payload.openings().as_ptr().add(64), key.srs_point.as_ptr())?;
    mark(profile);
    Ok(())
}

/// Load big-endian integers below r, raw, to consecutive slots; the slot after the last one.
#[inline(always)]
unsafe fn load_canonical(bytes: &[u8], mut slot: *mut Element, error: Error) -> Result<*mut Element> {
    let range = bytes.as_ptr_range();
    let mut scalar = range.start;
    while scalar < range.end {
        if !field::is_below(scalar, field::MODULUS) {
            return Err(error);
        }
        field::unpack_big_endian(slot, scalar);
        scalar = scalar.add(SCALAR_BYTES);
        slot = slot.add(1);
    }
    Ok(slot)
}

/// Load hints, any 256-bit integers: CHK decides what they are worth.
#[inline(always)]
unsafe fn load_hints(bytes: &[u8], mut slot: *mut Element) {
    let range = bytes.as_ptr_range();
    let mut hint = range.start;
    while hint < range.end {
        field::unpack_little_endian(slot, hint);
        hint = hint.add(SCALAR_BYTES);
        slot = slot.add(1);
    }
}
