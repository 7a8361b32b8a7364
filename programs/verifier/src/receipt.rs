//! `verify` and `verify_session` issue a receipt for each valid proof; `claim` consumes it, once.

use crate::accounts::{
    distinct, distinct_and_more, require, require_signer, require_writable, view, view_unchecked, Header, Key, Proof,
    Receipt, Session,
};
use crate::check::on_the_heap;
use crate::create::Creation;
use crate::error::{Error, Result};
use crate::key::{KeyProgram, POINT_BYTES};
use crate::payload::{Payload, ProofView, SCALAR_BYTES};
use crate::session::VERIFIED;
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
    fn of(key: &KeyProgram, proof: &ProofView) -> Self {
        let (n_instances, n_points) = (key.header.part_instances(), key.header.part_points());
        let commitments_len = n_points.iter().sum::<usize>() * POINT_BYTES;
        let (mut instances, mut points) = (proof.instances, proof.proof);
        let parts = core::array::from_fn(|part| {
            let (part_instances, rest) = instances.split_at(n_instances[part] * SCALAR_BYTES);
            instances = rest;
            let (part_points, rest) = points.split_at(n_points[part] * POINT_BYTES);
            points = rest;
            keccak256(&[part_instances, part_points])
        });
        Self {
            instances: keccak256(&[proof.instances]),
            commitments: keccak256(&[&proof.proof[..commitments_len]]),
            parts,
        }
    }

    fn statement(&self, key_hash: &[u8; 32]) -> [u8; 32] {
        keccak256(&[STATEMENT_DOMAIN, key_hash, &self.instances, &self.commitments])
    }
}

/// `verify`: accounts claimer (signer, writable), key, proof, receipt (writable), system program, and for a batch one
/// receipt (writable) for each further proof.
#[inline(never)]
pub fn verify(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    context: &[u8; 32],
    bumps: &[u8],
    profile: bool,
) -> Result<()> {
    let ([claimer, key, proof, first, system_program], others) = distinct_and_more(accounts)?;
    let issue = Issue { program_id, claimer, system_program, context, bumps, first, others };
    issue.run(key, proof, |key, key_hash, payload, _| {
        // SAFETY: the key is sealed, and this is the instruction's only use of the heap.
        unsafe { on_the_heap(key, key_hash, payload, profile) }
    })
}

/// `verify_session`: accounts as `verify`, with the session after the proof. The session has verified the same payload
/// under the same key.
#[inline(never)]
pub fn verify_session(program_id: &Pubkey, accounts: &[AccountInfo], context: &[u8; 32], bumps: &[u8]) -> Result<()> {
    let ([claimer, key, proof, session, first, system_program], others) = distinct_and_more(accounts)?;
    let issue = Issue { program_id, claimer, system_program, context, bumps, first, others };
    let (sealed, _) = Key::sealed(program_id, key)?;
    issue.run(key, proof, |_, _, _, body| {
        let (session, _) = Session::of(program_id, session, sealed, body)?;
        require(pubkey_eq(&session.authority, claimer.key()), Error::WrongAuthority)?;
        require(session.stage == VERIFIED, Error::SessionIncomplete)
    })
}

/// The receipts of one payload: one for each proof.
struct Issue<'a> {
    program_id: &'a Pubkey,
    claimer: &'a AccountInfo,
    system_program: &'a AccountInfo,
    context: &'a [u8; 32],
    bumps: &'a [u8],
    first: &'a AccountInfo,
    others: &'a [AccountInfo],
}

impl Issue<'_> {
    /// Verify the payload in the proof account, whose authority must be the claimer, and create all receipts.
    #[inline(always)]
    fn run(
        &self,
        key_account: &AccountInfo,
        proof_account: &AccountInfo,
        verify: impl Fn(&KeyProgram, &[u8; 32], &Payload, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let (key, key_body) = Key::sealed(self.program_id, key_account)?;
        let (proof, body) = Proof::complete(self.program_id, proof_account)?;
        require_signer(self.claimer)?;
        require(pubkey_eq(&proof.authority, self.claimer.key()), Error::WrongAuthority)?;
        let program = KeyProgram::parse(key_body)?;
        let payload = Payload::parse(program.header, body)?;
        let expected = self.bumps.len() == payload.count && self.others.len() + 1 == payload.count;
        require(expected, Error::ReceiptCount)?;
        verify(&program, &key.hash, &payload, body)?;
        for index in 0..payload.count {
            self.create(key, &program, &payload.proof(index), index)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn create(&self, key: &Key, program: &KeyProgram, proof: &ProofView, index: usize) -> Result<()> {
        let (program_id, payer, system_program) = (self.program_id, self.claimer, self.system_program);
        let account = if index == 0 { self.first } else { &self.others[index - 1] };
        let bump = self.bumps[index];
        let digests = Digests::of(program, proof);
        let statement = digests.statement(&key.hash);
        let creation = Creation { program_id, payer, account, system_program, bump };
        let seeds: [&[u8]; 4] = [b"receipt", self.context, payer.key(), &statement];
        creation.check(&seeds, Error::ReceiptExists)?;
        creation.make(&seeds, size_of::<Receipt>())?;
        let slot = Clock::get().map_err(|_| Error::SystemCallFailed)?.slot;
        // SAFETY: the account was just made with a receipt's size.
        let (receipt, _) = unsafe { view_unchecked::<Receipt>(account) };
        *receipt = Receipt {
            discriminator: Receipt::DISCRIMINATOR,
            context: *self.context,
            claimer: *payer.key(),
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
