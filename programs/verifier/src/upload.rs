//! `create_key`, `create_proof`, `extend`, `write` and `close`: how keys and proofs get on chain and off again.

use crate::accounts::{
    discriminator, distinct, require, require_signer, require_writable, view, view_unchecked, Header, Key, Manifest,
    Proof, Receipt, Session, Values,
};
use crate::create::{Creation, MAX_GROWTH};
use crate::error::{Error, Result};
use core::mem::size_of;
use pinocchio::{
    account_info::AccountInfo,
    pubkey::{pubkey_eq, Pubkey},
};

/// The most bytes that an account can hold.
const MAX_ACCOUNT_BYTES: usize = 10 * 1024 * 1024;

/// `create_key`: accounts authority (signer, writable), key (writable), system program.
#[inline(never)]
pub fn create_key(program_id: &Pubkey, accounts: &[AccountInfo], hash: &[u8; 32], size: u32, bump: u8) -> Result<()> {
    let [authority, account, system_program] = distinct(accounts)?;
    let full_size = full_size::<Key>(size)?;
    let creation = Creation { program_id, payer: authority, account, system_program, bump };
    let seeds: [&[u8]; 3] = [b"key", authority.key(), hash];
    creation.check(&seeds, Error::AccountExists)?;
    creation.make(&seeds, full_size)?;
    // SAFETY: the account was just made, at least as long as its header.
    let (key, _) = unsafe { view_unchecked::<Key>(account) };
    *key = Key {
        discriminator: Key::DISCRIMINATOR,
        authority: *authority.key(),
        hash: *hash,
        srs: [0; 32],
        size,
        sealed: 0,
        bump,
        reserved: [0; 2],
    };
    Ok(())
}

/// `create_proof`: accounts authority (signer, writable), proof (writable), system program.
#[inline(never)]
pub fn create_proof(program_id: &Pubkey, accounts: &[AccountInfo], nonce: u64, size: u32, bump: u8) -> Result<()> {
    let [authority, account, system_program] = distinct(accounts)?;
    let full_size = full_size::<Proof>(size)?;
    let creation = Creation { program_id, payer: authority, account, system_program, bump };
    let nonce_bytes = nonce.to_le_bytes();
    let seeds: [&[u8]; 3] = [b"proof", authority.key(), &nonce_bytes];
    creation.check(&seeds, Error::AccountExists)?;
    creation.make(&seeds, full_size)?;
    // SAFETY: the account was just made, at least as long as its header.
    let (proof, _) = unsafe { view_unchecked::<Proof>(account) };
    *proof =
        Proof { discriminator: Proof::DISCRIMINATOR, authority: *authority.key(), nonce, size, bump, reserved: [0; 3] };
    Ok(())
}

/// Bytes of an account with a header and a body of `size` bytes.
pub fn full_size<H: Header>(size: u32) -> Result<usize> {
    let size = size as usize;
    require(size > 0 && size <= MAX_ACCOUNT_BYTES - size_of::<H>(), Error::SizeOutOfRange)?;
    Ok(size_of::<H>() + size)
}

/// A key, a manifest, a proof, a session or values that its authority may grow or close: not a sealed one.
struct Upload<'a> {
    body: &'a mut [u8],
    header_size: usize,
    size: usize,
    /// A session's memory and values are the program's own.
    writable: bool,
}

impl<'a> Upload<'a> {
    #[inline(never)]
    fn open(program_id: &Pubkey, authority: &AccountInfo, account: &'a AccountInfo) -> Result<Self> {
        require_signer(authority)?;
        require_writable(account)?;
        let found = discriminator(program_id, account)?;
        if found == Key::DISCRIMINATOR {
            let (key, body) = view::<Key>(program_id, account)?;
            require(pubkey_eq(&key.authority, authority.key()), Error::WrongAuthority)?;
            require(key.sealed == 0, Error::KeySealed)?;
            Ok(Self { body, header_size: size_of::<Key>(), size: key.size as usize, writable: true })
        } else if found == Manifest::DISCRIMINATOR {
            let (manifest, body) = view::<Manifest>(program_id, account)?;
            require(pubkey_eq(&manifest.authority, authority.key()), Error::WrongAuthority)?;
            require(manifest.sealed == 0, Error::ManifestSealed)?;
            Ok(Self { body, header_size: size_of::<Manifest>(), size: manifest.size as usize, writable: true })
        } else if found == Session::DISCRIMINATOR {
            let (session, body) = view::<Session>(program_id, account)?;
            require(pubkey_eq(&session.authority, authority.key()), Error::WrongAuthority)?;
            Ok(Self { body, header_size: size_of::<Session>(), size: session.size as usize, writable: false })
        } else if found == Values::DISCRIMINATOR {
            let (values, body) = view::<Values>(program_id, account)?;
            require(pubkey_eq(&values.authority, authority.key()), Error::WrongAuthority)?;
            Ok(Self { body, header_size: size_of::<Values>(), size: 0, writable: false })
        } else {
            let (proof, body) = view::<Proof>(program_id, account)?;
            require(pubkey_eq(&proof.authority, authority.key()), Error::WrongAuthority)?;
            Ok(Self { body, header_size: size_of::<Proof>(), size: proof.size as usize, writable: true })
        }
    }
}

/// `extend`: accounts authority (signer), account (writable).
#[inline(never)]
pub fn extend(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [authority, account] = distinct(accounts)?;
    let upload = Upload::open(program_id, authority, account)?;
    let (length, full) = (account.data_len(), upload.header_size + upload.size);
    require(length < full, Error::AccountComplete)?;
    account.resize(full.min(length + MAX_GROWTH)).map_err(|_| Error::SystemCallFailed)
}

/// `write`: accounts authority (signer), account (writable).
#[inline(never)]
pub fn write(program_id: &Pubkey, accounts: &[AccountInfo], offset: u32, data: &[u8]) -> Result<()> {
    let [authority, account] = distinct(accounts)?;
    let upload = Upload::open(program_id, authority, account)?;
    require(upload.writable, Error::WrongAccountType)?;
    let start = offset as usize;
    let target = upload.body.get_mut(start..start + data.len()).ok_or(Error::WriteOutOfBounds)?;
    target.copy_from_slice(data);
    Ok(())
}

/// `close`: accounts authority (signer, writable), account (writable). An unsealed key or manifest, a proof, a session,
/// values or an unconsumed receipt; the rent goes back to the authority.
#[inline(never)]
pub fn close(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [authority, account] = distinct(accounts)?;
    require_writable(authority)?;
    if discriminator(program_id, account)? == Receipt::DISCRIMINATOR {
        require_signer(authority)?;
        require_writable(account)?;
        let (receipt, _) = view::<Receipt>(program_id, account)?;
        require(pubkey_eq(&receipt.claimer, authority.key()), Error::WrongAuthority)?;
        require(receipt.consumed == 0, Error::ReceiptConsumed)?;
    } else {
        Upload::open(program_id, authority, account)?;
    }
    // SAFETY: the two accounts are distinct and nothing else borrows their lamports; the sum of all lamports fits.
    unsafe {
        *authority.borrow_mut_lamports_unchecked() += account.lamports();
    }
    account.close().map_err(|_| Error::SystemCallFailed)
}
