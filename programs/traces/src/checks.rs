//! Checks that many of these instructions make, each compiled once: here a small program matters more than a fast one.

use pinocchio::{
    account_info::AccountInfo,
    pubkey::pubkey_eq,
    sysvars::{clock::Clock, Sysvar},
};
use verifier::accounts::{require, require_signer, require_writable};
use verifier::error::{Error, Result};

/// `Err(error)` unless the hashes or addresses are equal.
#[inline(never)]
pub fn same(a: &[u8; 32], b: &[u8; 32], error: Error) -> Result<()> {
    require(pubkey_eq(a, b), error)
}

/// The flags of one who signs and pays or is paid.
#[inline(never)]
pub fn require_payer(account: &AccountInfo) -> Result<()> {
    require_signer(account)?;
    require_writable(account)
}

/// The current slot.
#[inline(never)]
pub fn slot() -> Result<u64> {
    Ok(Clock::get().map_err(|_| Error::SystemCallFailed)?.slot)
}
