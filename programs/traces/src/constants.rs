//! Constants: tables, rotations, gains and bases that are uploaded like a manifest and sealed under their hash.
//!
//! They are in accounts of a manifest's layout. The seal says which of the two it is: constants are not validated, since
//! whoever reads them checks what it relies on.

use super::integers::TABLE;
use super::manifest::complete;
use super::merkle::Hash;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{self, require, view};
use verifier::error::{Error, Result};

/// The value of a manifest account's `sealed` field that makes it constants.
const CONSTANTS: u8 = 2;

/// Sealed constants.
#[derive(Clone, Copy)]
pub struct Constants<'a>(&'a [u8]);

impl<'a> Constants<'a> {
    /// The constants of an account, and their hash.
    #[inline(never)]
    pub fn sealed(program_id: &Pubkey, account: &'a AccountInfo) -> Result<(Self, &'a Hash)> {
        let (header, body) = view::<accounts::Manifest>(program_id, account)?;
        require(header.sealed == CONSTANTS, Error::ConstantsNotSealed)?;
        Ok((Self(body), &header.hash))
    }

    #[inline(never)]
    fn bytes(self, offset: u32, length: usize) -> Result<&'a [u8]> {
        let rest = self.0.get(offset as usize..).ok_or(Error::ConstantsTooShort)?;
        rest.get(..length).ok_or(Error::ConstantsTooShort)
    }

    /// `count` integers from a byte offset, which is a multiple of four.
    pub fn words(self, offset: u32, count: usize) -> Result<&'a [i32]> {
        require(offset % 4 == 0, Error::BadDescriptor)?;
        let bytes = self.bytes(offset, 4 * count)?;
        // SAFETY: the length is checked; the header is a multiple of eight bytes, and so is the account's address.
        Ok(unsafe { core::slice::from_raw_parts(bytes.as_ptr() as *const i32, count) })
    }

    /// The table of a decay.
    pub fn table(self, offset: u32) -> Result<&'a [u32; TABLE]> {
        let words = self.words(offset, TABLE)?;
        // SAFETY: so many words of the same size.
        Ok(unsafe { &*(words.as_ptr() as *const [u32; TABLE]) })
    }

    /// `count` points of 64 bytes, from the one at `first`.
    pub fn points(self, first: u32, count: usize) -> Result<&'a [[u64; 8]]> {
        let offset = first.checked_mul(64).ok_or(Error::ConstantsTooShort)?;
        let bytes = self.bytes(offset, 64 * count)?;
        // SAFETY: as for words.
        Ok(unsafe { core::slice::from_raw_parts(bytes.as_ptr() as *const [u64; 8], count) })
    }
}

/// `seal_constants`: accounts authority (signer), constants (writable): a manifest account that holds them.
#[inline(never)]
pub fn seal(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let (header, _) = complete(program_id, accounts)?;
    header.sealed = CONSTANTS;
    Ok(())
}
