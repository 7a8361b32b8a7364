//! `create_values`, `bind`: integers that a commitment opens to, over as many transactions as it takes.
//!
//! C = U + Σ v_i · G_(offset + i): the commitment of integers as EZKL makes it, over the Lagrange points of the SRS. The
//! bases are sealed constants: U, then G_0, G_1 and so on, 64 bytes each; their hash is in the account.

use super::buckets::add_weighted;
use super::checks::same;
use super::constants::Constants;
use super::merkle::Hash;
use super::operations::Vectors;
use core::mem::size_of;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{
    distinct, require, require_signer, require_writable, view, view_unchecked, Header, Proof, Values,
};
use verifier::create::Creation;
use verifier::error::{Error, Result};
use verifier::syscall::keccak256;

/// Integers of one commitment.
const MAX_COUNT: u32 = 1 << 16;

/// The arguments of `create_values`.
pub struct Create<'a> {
    pub nonce: u64,
    pub digest: &'a Hash,
    pub offset: u32,
    pub count: u32,
    pub bump: u8,
}

/// `create_values`: accounts authority (signer, writable), values (writable), bases (sealed constants), system program.
#[inline(never)]
pub fn create(program_id: &Pubkey, accounts: &[AccountInfo], given: &Create) -> Result<()> {
    let [authority, account, bases, system_program] = distinct(accounts)?;
    require((1..=MAX_COUNT).contains(&given.count) && given.offset < MAX_COUNT, Error::SizeOutOfRange)?;
    let (bases, hash) = Constants::sealed(program_id, bases)?;
    let unusable = bases.points(0, 1)?[0];
    let creation = Creation { program_id, payer: authority, account, system_program, bump: given.bump };
    let nonce = given.nonce.to_le_bytes();
    let seeds: [&[u8]; 3] = [b"values", authority.key(), &nonce];
    creation.check(&seeds, Error::AccountExists)?;
    creation.make(&seeds, size_of::<Values>())?;
    // SAFETY: the account was just made, as long as its header.
    let (values, _) = unsafe { view_unchecked::<Values>(account) };
    *values = Values {
        discriminator: Values::DISCRIMINATOR,
        authority: *authority.key(),
        nonce: given.nonce,
        digest: *given.digest,
        bases: *hash,
        point: unusable,
        offset: given.offset,
        count: given.count,
        next: 0,
        bump: given.bump,
        reserved: [0; 3],
    };
    Ok(())
}

/// `bind`: accounts authority (signer), values (writable), opening, bases. The opening's integers from byte `start` are
/// those of the account's digest; the next `count` of them are added to its point, in digits of `bits`.
#[inline(never)]
pub fn bind(program_id: &Pubkey, accounts: &[AccountInfo], start: u32, count: u32, bits: u8) -> Result<()> {
    let [authority, account, opening, bases] = distinct(accounts)?;
    require_signer(authority)?;
    require_writable(account)?;
    let (values, _) = view::<Values>(program_id, account)?;
    same(&values.authority, authority.key(), Error::WrongAuthority)?;
    require(count > 0 && count <= values.count - values.next, Error::ValuesComplete)?;
    let (bases, hash) = Constants::sealed(program_id, bases)?;
    same(hash, &values.bases, Error::ValuesMismatch)?;
    let (_, body) = Proof::complete(program_id, opening)?;
    let body = body.get(start as usize..).ok_or(Error::OpeningLength)?;
    let body = body.get(..4 * values.count as usize).ok_or(Error::OpeningLength)?;
    same(&keccak256(&[body]), &values.digest, Error::ValuesMismatch)?;
    let mut vectors = Vectors::of(body)?;
    vectors.take(values.next as usize)?;
    let weights = vectors.take(count as usize)?;
    let points = bases.points(1 + values.offset + values.next, count as usize)?;
    add_weighted(&mut values.point, weights, points, bits)?;
    values.next += count;
    Ok(())
}
