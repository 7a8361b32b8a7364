//! The checks of [`crate::accounts`] again, each compiled once: here a small program matters more than a fast one.

use crate::accounts::{require, require_signer, require_writable};
use crate::error::{Error, Result};
use pinocchio::{
    account_info::AccountInfo,
    pubkey::pubkey_eq,
    sysvars::{clock::Clock, Sysvar},
};

/// `Err(error)` unless the hashes or addresses are equal.
#[inline(never)]
pub fn same(a: &[u8; 32], b: &[u8; 32], error: Error) -> Result<()> {
    require(pubkey_eq(a, b), error)
}

/// Exactly `N` accounts, no two the same.
#[inline(always)]
pub fn exactly<const N: usize>(accounts: &[AccountInfo]) -> Result<&[AccountInfo; N]> {
    check_accounts(accounts, N)?;
    // SAFETY: the count was checked.
    Ok(unsafe { &*(accounts.as_ptr() as *const [AccountInfo; N]) })
}

/// As [`crate::accounts::distinct`], once for every count: speed is not needed here.
#[inline(never)]
fn check_accounts(accounts: &[AccountInfo], count: usize) -> Result<()> {
    require(accounts.len() == count, Error::AccountCount)?;
    for (index, account) in accounts.iter().enumerate() {
        require(!accounts[..index].contains(account), Error::DuplicateAccount)?;
    }
    Ok(())
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
