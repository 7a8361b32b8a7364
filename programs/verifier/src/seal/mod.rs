//! `seal_key`: validate a key program once, so that running it needs no checks; from then on the key is immutable.
//!
//! [`header`] counts and constants, [`field`] the field code by abstract interpretation, [`curve`] the curve schedule
//! and the points. Nothing of the key's meaning is proved here: a consumer trusts a key by its hash and its SRS digest.
//! What is proved is that running it stays in its memory, that its arithmetic is exact, and that it uses everything
//! that a proof contains.

mod curve;
mod field;
mod header;

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
    // SAFETY: sealing is the instruction's only use of the heap, one table at a time.
    field::validate(&program, unsafe { memory::table::<field::Bound>(program.header.n_slots()) })?;
    let bits = unsafe { memory::table::<u64>(curve::table_words(&program)) };
    curve::validate(&program, bits)?;
    key.srs = keccak256(&[program.srs_point]);
    key.sealed = 1;
    Ok(())
}

/// A set of small integers in u64 words.
struct BitSet<'a>(&'a mut [u64]);

impl BitSet<'_> {
    /// Insert; false if it was there already.
    fn insert(&mut self, bit: usize) -> bool {
        let (word, mask) = (&mut self.0[bit / 64], 1 << (bit % 64));
        let new = *word & mask == 0;
        *word |= mask;
        new
    }

    fn has_all(&self, bits: usize) -> bool {
        (0..bits).all(|bit| self.0[bit / 64] >> (bit % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests;
