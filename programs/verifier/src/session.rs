//! Sessions: a payload that is verified over several transactions.
//!
//! Working memory is the session's account instead of the heap; nobody but this program can write it. Stages only go
//! forward; every step compares the key and the whole payload with those that the session began with.

use crate::accounts::{
    distinct, require, require_signer, require_writable, view, view_unchecked, Header, Key, Proof, Session,
};
use crate::create::Creation;
use crate::error::{Error, Result};
use crate::key::KeyProgram;
use crate::memory::Layout;
use crate::payload::Payload;
use crate::syscall::keccak256;
use crate::verification::Verification;
use core::mem::size_of;
use pinocchio::{
    account_info::AccountInfo,
    pubkey::{pubkey_eq, Pubkey},
};

/// What the next `advance` does.
pub const TRANSCRIPTS: u8 = 0;
pub const MODULI: u8 = 1;
/// Runs field code, `steps` words of it.
pub const CODE: u8 = 2;
pub const CLAIMS: u8 = 3;
/// Adds to the curve sum, `steps` terms.
pub const CURVE: u8 = 4;
pub const PAIRING: u8 = 5;
pub const VERIFIED: u8 = 6;

/// `create_session`: accounts authority (signer, writable), key, proof, session (writable), system program.
#[inline(never)]
pub fn create_session(program_id: &Pubkey, accounts: &[AccountInfo], nonce: u64, bump: u8) -> Result<()> {
    let [authority, key, proof, account, system_program] = distinct(accounts)?;
    let (key, key_body) = Key::sealed(program_id, key)?;
    let (proof, payload) = Proof::complete(program_id, proof)?;
    require(pubkey_eq(&proof.authority, authority.key()), Error::WrongAuthority)?;
    let header = KeyProgram::parse(key_body)?.header;
    let size = Layout::of(header, Payload::parse(header, payload)?.count).end;
    let creation = Creation { program_id, payer: authority, account, system_program, bump };
    let nonce_bytes = nonce.to_le_bytes();
    let seeds: [&[u8]; 3] = [b"session", authority.key(), &nonce_bytes];
    creation.check(&seeds, Error::AccountExists)?;
    creation.make(&seeds, size_of::<Session>() + size)?;
    // SAFETY: the account was just made, at least as long as its header.
    let (session, _) = unsafe { view_unchecked::<Session>(account) };
    *session = Session {
        discriminator: Session::DISCRIMINATOR,
        authority: *authority.key(),
        key_hash: key.hash,
        payload_hash: keccak256(&[payload]),
        nonce,
        proof: 0,
        position: 0,
        size: size as u32,
        stage: TRANSCRIPTS,
        bump,
        reserved: [0; 2],
    };
    Ok(())
}

impl Session {
    /// A session of full size that belongs to the key and the payload, and its working memory.
    #[allow(clippy::mut_from_ref)]
    pub fn of<'a>(
        program_id: &Pubkey,
        account: &'a AccountInfo,
        key: &Key,
        payload: &[u8],
    ) -> Result<(&'a mut Session, &'a mut [u8])> {
        let (session, memory) = view::<Session>(program_id, account)?;
        require(memory.len() == session.size as usize, Error::AccountIncomplete)?;
        require(session.key_hash == key.hash, Error::SessionKeyMismatch)?;
        require(session.payload_hash == keccak256(&[payload]), Error::SessionPayloadMismatch)?;
        Ok((session, memory))
    }
}

/// `advance`: accounts authority (signer), key, proof, session (writable). Does the next stage, or `steps` of it.
#[inline(never)]
pub fn advance(program_id: &Pubkey, accounts: &[AccountInfo], steps: u32) -> Result<()> {
    let [authority, key, proof, account] = distinct(accounts)?;
    require_signer(authority)?;
    require_writable(account)?;
    require(steps > 0, Error::NoSteps)?;
    let (key, key_body) = Key::sealed(program_id, key)?;
    let (_, body) = Proof::complete(program_id, proof)?;
    let (session, memory) = Session::of(program_id, account, key, body)?;
    require(pubkey_eq(&session.authority, authority.key()), Error::WrongAuthority)?;
    let program = KeyProgram::parse(key_body)?;
    let payload = Payload::parse(program.header, body)?;
    let layout = Layout::of(program.header, payload.count);
    let memory = memory.as_mut_ptr();
    let run = Verification { key: &program, key_hash: &key.hash, payload: &payload, memory, layout, profile: false };
    // SAFETY: the key is sealed, the memory has the layout's size, and stages run in order, on the same key and payload.
    unsafe { session.step(&run, steps as usize) }
}

impl Session {
    /// Do the next stage, or so many steps of it.
    ///
    /// # Safety
    /// As `Verification`; the session's memory is the verification's.
    #[inline(never)]
    unsafe fn step(&mut self, run: &Verification, steps: usize) -> Result<()> {
        match self.stage {
            TRANSCRIPTS => {
                run.read_transcripts()?;
                self.stage = MODULI;
            }
            MODULI => {
                run.begin_checks()?;
                self.stage = CODE;
            }
            CODE => {
                let (proof, from) = (self.proof as usize, self.position as usize);
                if from == 0 {
                    run.load_proof(proof);
                }
                match run.run_code(proof, from, from.saturating_add(steps)) {
                    Some(next) => self.position = next as u32,
                    None => {
                        self.position = 0;
                        self.proof += 1;
                        if self.proof as usize == run.payload.count {
                            self.stage = CLAIMS;
                        }
                    }
                }
            }
            CLAIMS => {
                run.finish_checks()?;
                self.stage = CURVE;
            }
            CURVE => {
                let from = self.position as usize;
                let to = run.n_terms().min(from.saturating_add(steps));
                run.add_terms(from, to)?;
                self.position = to as u32;
                if to == run.n_terms() {
                    self.stage = PAIRING;
                }
            }
            PAIRING => {
                run.check_pairing()?;
                self.stage = VERIFIED;
            }
            _ => return Err(Error::SessionComplete),
        }
        Ok(())
    }
}
