//! Account headers, and every check on an account: count, duplicates, owner, type, signer, writable, authority, size.
//!
//! A typed view is only ever made from an account that this program owns and whose discriminator fits. Headers are
//! written by this program alone, at program-derived addresses, so no uploaded byte can pose as one.

use crate::error::{Error, Result};
use core::mem::size_of;
use pinocchio::{
    account_info::AccountInfo,
    pubkey::{pubkey_eq, Pubkey},
};

pub const SYSTEM_PROGRAM: Pubkey = [0; 32];

/// An account's header, as it lies in the account's data.
pub trait Header: Sized {
    /// sha256("account:Name")[..8]
    const DISCRIMINATOR: [u8; 8];
}

/// A key account's header; the key program follows.
#[repr(C)]
pub struct Key {
    pub discriminator: [u8; 8],
    pub authority: Pubkey,
    /// keccak256 of the whole key program.
    pub hash: [u8; 32],
    /// keccak256 of the key program's −[s]G2; zero until sealed.
    pub srs: [u8; 32],
    pub size: u32,
    pub sealed: u8,
    pub bump: u8,
    pub reserved: [u8; 2],
}

/// A proof account's header; the payload follows.
#[repr(C)]
pub struct Proof {
    pub discriminator: [u8; 8],
    pub authority: Pubkey,
    pub nonce: u64,
    pub size: u32,
    pub bump: u8,
    pub reserved: [u8; 3],
}

/// A session account's header; working memory follows.
#[repr(C)]
pub struct Session {
    pub discriminator: [u8; 8],
    pub authority: Pubkey,
    pub key_hash: [u8; 32],
    /// keccak256 of the whole payload.
    pub payload_hash: [u8; 32],
    pub nonce: u64,
    /// The next proof, where the stage goes proof by proof.
    pub proof: u32,
    /// Where the stage goes on: a word of the field code or a term of the curve sum.
    pub position: u32,
    pub size: u32,
    pub stage: u8,
    pub bump: u8,
    pub reserved: [u8; 2],
}

/// A manifest account's header; the manifest follows. `programs/traces` makes and reads it; it is uploaded like a key.
#[repr(C)]
pub struct Manifest {
    pub discriminator: [u8; 8],
    pub authority: Pubkey,
    /// keccak256 of the whole manifest: the model's name on chain.
    pub hash: [u8; 32],
    pub size: u32,
    pub sealed: u8,
    pub bump: u8,
    pub reserved: [u8; 2],
}

/// A values account: integers whose commitment is being added up. `programs/traces` makes and reads it.
#[repr(C)]
pub struct Values {
    pub discriminator: [u8; 8],
    pub authority: Pubkey,
    pub nonce: u64,
    /// keccak256 of the integers, four bytes each, little-endian.
    pub digest: [u8; 32],
    /// The hash of the bases.
    pub bases: [u8; 32],
    /// U and what is added so far, as in proofs.
    pub point: [u64; 8],
    /// The base of the first integer.
    pub offset: u32,
    pub count: u32,
    /// The integers that are added.
    pub next: u32,
    pub bump: u8,
    pub reserved: [u8; 3],
}

/// A receipt: the statement that a proof proved, for one claimer in one context.
#[repr(C)]
pub struct Receipt {
    pub discriminator: [u8; 8],
    pub context: [u8; 32],
    pub claimer: Pubkey,
    pub statement: [u8; 32],
    pub key_hash: [u8; 32],
    pub srs: [u8; 32],
    pub instances: [u8; 32],
    pub commitments: [u8; 32],
    pub input: [u8; 32],
    pub params: [u8; 32],
    pub output: [u8; 32],
    pub slot: u64,
    pub consumed: u8,
    pub bump: u8,
    pub reserved: [u8; 6],
}

const _: () = assert!(size_of::<Key>() == 112 && size_of::<Proof>() == 56 && size_of::<Receipt>() == 344);
const _: () = assert!(size_of::<Session>() == 128 && size_of::<Manifest>() == 80 && size_of::<Values>() == 192);

impl Header for Key {
    const DISCRIMINATOR: [u8; 8] = [0xc2, 0xe1, 0x2b, 0xd1, 0x62, 0x45, 0xdf, 0x64];
}
impl Header for Proof {
    const DISCRIMINATOR: [u8; 8] = [0xa3, 0x23, 0x0d, 0x47, 0x0f, 0x80, 0x3f, 0x52];
}
impl Header for Session {
    const DISCRIMINATOR: [u8; 8] = [0xf3, 0x51, 0x48, 0x73, 0xd6, 0xbc, 0x48, 0x90];
}
impl Header for Manifest {
    const DISCRIMINATOR: [u8; 8] = [0x8b, 0x37, 0xbf, 0xb4, 0x0a, 0x65, 0x64, 0x28];
}
impl Header for Values {
    const DISCRIMINATOR: [u8; 8] = [0xb7, 0x61, 0x4d, 0x74, 0xe8, 0x6d, 0xfa, 0x69];
}
impl Header for Receipt {
    const DISCRIMINATOR: [u8; 8] = [0x27, 0x9a, 0x49, 0x6a, 0x50, 0x66, 0x91, 0x99];
}

/// Exactly `N` accounts, no two the same.
#[inline(always)]
pub fn distinct<const N: usize>(accounts: &[AccountInfo]) -> Result<&[AccountInfo; N]> {
    let (accounts, rest) = distinct_and_more::<N>(accounts)?;
    require(rest.is_empty(), Error::AccountCount)?;
    Ok(accounts)
}

/// At least `N` accounts, no two of all the same.
#[inline(always)]
pub fn distinct_and_more<const N: usize>(accounts: &[AccountInfo]) -> Result<(&[AccountInfo; N], &[AccountInfo])> {
    let split = accounts.split_first_chunk().ok_or(Error::AccountCount)?;
    no_duplicates(accounts)?;
    Ok(split)
}

#[inline(never)]
fn no_duplicates(accounts: &[AccountInfo]) -> Result<()> {
    for (index, account) in accounts.iter().enumerate() {
        // A duplicate shares the first one's record, so comparing the records' addresses is enough.
        if accounts[..index].contains(account) {
            return Err(Error::DuplicateAccount);
        }
    }
    Ok(())
}

#[inline(always)]
pub fn require_signer(account: &AccountInfo) -> Result<()> {
    require(account.is_signer(), Error::MissingSigner)
}

#[inline(always)]
pub fn require_writable(account: &AccountInfo) -> Result<()> {
    require(account.is_writable(), Error::NotWritable)
}

#[inline(always)]
pub fn require_system_program(account: &AccountInfo) -> Result<()> {
    require(pubkey_eq(account.key(), &SYSTEM_PROGRAM), Error::WrongSystemProgram)
}

/// `Err(error)` unless `condition`.
#[inline(always)]
pub fn require(condition: bool, error: Error) -> Result<()> {
    if condition {
        Ok(())
    } else {
        Err(error)
    }
}

/// The first eight bytes of an account that the program owns.
#[inline(always)]
pub fn discriminator(program_id: &Pubkey, account: &AccountInfo) -> Result<[u8; 8]> {
    require(account.is_owned_by(program_id), Error::WrongOwner)?;
    require(account.data_len() >= 8, Error::WrongAccountType)?;
    // SAFETY: the data has at least eight bytes.
    Ok(unsafe { *(account.data_ptr() as *const [u8; 8]) })
}

/// Header and body of an account of type `H` that the program owns.
///
/// The views borrow the runtime's input buffer. `distinct` has shown that no other account of the instruction shares
/// it, and each handler views an account once.
#[allow(clippy::mut_from_ref)]
#[inline(always)]
pub fn view<'a, H: Header>(program_id: &Pubkey, account: &'a AccountInfo) -> Result<(&'a mut H, &'a mut [u8])> {
    let found = discriminator(program_id, account)?;
    require(found == H::DISCRIMINATOR && account.data_len() >= size_of::<H>(), Error::WrongAccountType)?;
    // SAFETY: the length is checked, the runtime aligns account data to eight bytes, and every bit pattern is valid.
    unsafe { Ok(view_unchecked(account)) }
}

/// Header and body of an account whose header is about to be written.
///
/// # Safety
/// The account is at least as long as the header and viewed once.
#[allow(clippy::mut_from_ref)]
#[inline(always)]
pub unsafe fn view_unchecked<H: Header>(account: &AccountInfo) -> (&mut H, &mut [u8]) {
    let data = account.data_ptr();
    let body = core::slice::from_raw_parts_mut(data.add(size_of::<H>()), account.data_len() - size_of::<H>());
    (&mut *(data as *mut H), body)
}

impl Key {
    /// A sealed key and its key program.
    #[inline(never)]
    pub fn sealed<'a>(program_id: &Pubkey, account: &'a AccountInfo) -> Result<(&'a Key, &'a [u8])> {
        let (key, body) = view::<Key>(program_id, account)?;
        require(key.sealed == 1, Error::KeyNotSealed)?;
        Ok((key, body))
    }
}

impl Proof {
    /// A proof account of full size and its payload.
    #[inline(never)]
    pub fn complete<'a>(program_id: &Pubkey, account: &'a AccountInfo) -> Result<(&'a Proof, &'a [u8])> {
        let (proof, body) = view::<Proof>(program_id, account)?;
        require(body.len() == proof.size as usize, Error::AccountIncomplete)?;
        Ok((proof, body))
    }
}
