//! `verify` issues a receipt for a valid proof; `claim` consumes it, once.

use crate::accounts::{
    distinct, require, require_signer, require_writable, view, view_unchecked, Header, Key, Proof, Receipt,
};
use crate::check::verify_proof;
use crate::create::Creation;
use crate::error::{Error, Result};
use crate::key::{KeyProgram, POINT_BYTES};
use crate::payload::{Payload, SCALAR_BYTES};
use crate::syscall::keccak256;
use core::mem::size_of;
use pinocchio::{
    account_info::AccountInfo,
    pubkey::{pubkey_eq, Pubkey},
    sysvars::{clock::Clock, Sysvar},
};

const STATEMENT_DOMAIN: &[u8] = b"MAI statement v1";

/// The digests that a receipt records.
struct Digests {
    instances: [u8; 32],
    commitments: [u8; 32],
    /// Input, params, output.
    parts: [[u8; 32]; 3],
}

impl Digests {
    fn of(key: &KeyProgram, payload: &Payload) -> Self {
        let (n_instances, n_points) = (key.header.part_instances(), key.header.part_points());
        let commitments_len = n_points.iter().sum::<usize>() * POINT_BYTES;
        let (mut instances, mut points) = (payload.instances, payload.proof);
        let parts = core::array::from_fn(|part| {
            let (part_instances, rest) = instances.split_at(n_instances[part] * SCALAR_BYTES);
            instances = rest;
            let (part_points, rest) = points.split_at(n_points[part] * POINT_BYTES);
            points = rest;
            keccak256(&[part_instances, part_points])
        });
        Self {
            instances: keccak256(&[payload.instances]),
            commitments: keccak256(&[&payload.proof[..commitments_len]]),
            parts,
        }
    }

    fn statement(&self, key_hash: &[u8; 32]) -> [u8; 32] {
        keccak256(&[STATEMENT_DOMAIN, key_hash, &self.instances, &self.commitments])
    }
}

/// `verify`: accounts claimer (signer, writable), key, proof, receipt (writable), system program.
#[inline(never)]
pub fn verify(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    context: &[u8; 32],
    bump: u8,
    profile: bool,
) -> Result<()> {
    let [claimer, key_account, proof_account, account, system_program] = distinct(accounts)?;
    let (key, key_body) = Key::sealed(program_id, key_account)?;
    let (proof, proof_body) = Proof::complete(program_id, proof_account)?;
    require_signer(claimer)?;
    require(pubkey_eq(&proof.authority, claimer.key()), Error::WrongAuthority)?;
    let program = KeyProgram::parse(key_body)?;
    let payload = Payload::parse(program.header, proof_body)?;
    let digests = Digests::of(&program, &payload);
    let statement = digests.statement(&key.hash);
    let creation = Creation { program_id, payer: claimer, account, system_program, bump };
    let seeds: [&[u8]; 4] = [b"receipt", context, claimer.key(), &statement];
    creation.check(&seeds, Error::ReceiptExists)?;
    // SAFETY: the key is sealed, and this is the instruction's only use of the heap.
    unsafe { verify_proof(&program, &payload, profile)? };
    creation.make(seeds, size_of::<Receipt>())?;
    let slot = Clock::get().map_err(|_| Error::SystemCallFailed)?.slot;
    // SAFETY: the account was just made with a receipt's size.
    let (receipt, _) = unsafe { view_unchecked::<Receipt>(account) };
    *receipt = Receipt {
        discriminator: Receipt::DISCRIMINATOR,
        context: *context,
        claimer: *claimer.key(),
        statement,
        key_hash: key.hash,
        srs: key.srs,
        instances: digests.instances,
        commitments: digests.commitments,
        input: digests.parts[0],
        params: digests.parts[1],
        output: digests.parts[2],
        slot,
        consumed: 0,
        bump,
        reserved: [0; 6],
    };
    Ok(())
}

/// What a claimer expects of a receipt: context, key hash, SRS, input, params, output.
pub type Expected<'a> = [&'a [u8; 32]; 6];

/// `claim`: accounts claimer (signer), receipt (writable). Succeeds once, and only if every field is as expected.
#[inline(never)]
pub fn claim(program_id: &Pubkey, accounts: &[AccountInfo], expected: Expected) -> Result<()> {
    let [claimer, account] = distinct(accounts)?;
    require_signer(claimer)?;
    require_writable(account)?;
    let (receipt, _) = view::<Receipt>(program_id, account)?;
    require(pubkey_eq(&receipt.claimer, claimer.key()), Error::ClaimerMismatch)?;
    require(receipt.consumed == 0, Error::ReceiptConsumed)?;
    let compared = [
        (&receipt.context, Error::ContextMismatch),
        (&receipt.key_hash, Error::KeyMismatch),
        (&receipt.srs, Error::SrsMismatch),
        (&receipt.input, Error::InputMismatch),
        (&receipt.params, Error::ParamsMismatch),
        (&receipt.output, Error::OutputMismatch),
    ];
    for ((field, error), value) in compared.into_iter().zip(expected) {
        require(pubkey_eq(field, value), error)?;
    }
    receipt.consumed = 1;
    Ok(())
}
