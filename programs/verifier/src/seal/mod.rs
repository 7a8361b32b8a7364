//! `seal_key`: validate a key program once, so that running it needs no checks; from then on the key is immutable.
//!
//! [`header`] counts and constants, [`code`] the field code by abstract interpretation, [`points`] the points. Nothing of the key's meaning is proved here: a consumer trusts a key by its hash and its SRS digest.
//! What is proved is that running it stays in its memory, that its arithmetic is exact, and that it uses everything
//! that a proof contains.

pub mod code;
mod header;
mod points;

use crate::accounts::{distinct, require, require_signer, require_writable, view, Key};
use crate::error::{Error, Result};
use crate::key::KeyProgram;
use crate::memory;
use crate::syscall::keccak256;
use pinocchio::{
    account_info::AccountInfo,
    pubkey::{pubkey_eq, Pubkey},
};

/// `seal_key`: accounts authority (signer), key (writable).
#[inline(never)]
pub fn seal_key(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [authority, account] = distinct(accounts)?;
    require_signer(authority)?;
    require_writable(account)?;
    let (key, body) = view::<Key>(program_id, account)?;
    require(pubkey_eq(&key.authority, authority.key()), Error::WrongAuthority)?;
    require(key.sealed == 0, Error::KeySealed)?;
    require(body.len() == key.size as usize, Error::AccountIncomplete)?;
    require(keccak256(&[body]) == key.hash, Error::HashMismatch)?;
    let program = KeyProgram::parse(body)?;
    header::validate(&program)?;
    // SAFETY: sealing is the instruction's only use of the heap.
    code::validate(&program, unsafe { memory::table::<code::Entry>(code::table_len(&program)) })?;
    points::validate(&program)?;
    key.srs = keccak256(&[program.srs_point]);
    key.sealed = 1;
    Ok(())
}
