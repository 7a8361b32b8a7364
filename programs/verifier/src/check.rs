//! `check`: verify and change nothing.

use crate::accounts::{distinct, Key, Proof};
use crate::error::Result;
use crate::key::KeyProgram;
use crate::memory::{Layout, HEAP};
use crate::payload::Payload;
use crate::verification::Verification;
use core::hint::black_box;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};

/// `check`: accounts key, proof.
#[inline(always)]
pub fn check(program_id: &Pubkey, accounts: &[AccountInfo], profile: bool) -> Result<()> {
    let [key, proof] = distinct(accounts)?;
    let (key, key_body) = Key::sealed(program_id, key)?;
    let (_, proof_body) = Proof::complete(program_id, proof)?;
    let program = KeyProgram::parse(key_body)?;
    let payload = Payload::parse(program.header, proof_body)?;
    // SAFETY: the key is sealed, and this is the instruction's only use of the heap.
    unsafe { on_the_heap(&program, &key.hash, &payload, profile) }
}

/// Verify a payload in one go.
///
/// # Safety
/// On chain, at most once per instruction. The key is sealed and the payload was parsed with its header.
#[inline(never)]
pub unsafe fn on_the_heap(key: &KeyProgram, key_hash: &[u8; 32], payload: &Payload, profile: bool) -> Result<()> {
    // One register for all of memory: were the address known, each access would load a constant of its own.
    let memory = black_box(HEAP) as *mut u8;
    let layout = Layout::of(key.header, payload.count);
    Verification { key, key_hash, payload, memory, layout, profile }.run()
}
