//! `commit_trace`: the roots of a run and a bond, before anything is drawn. `reveal_trace`: the commitments of the
//! positions that were drawn.

use super::checks::slot;
use super::draw::DRAW_SLOTS;
use super::manifest::Manifest;
use super::merkle::Hash;
use super::state::{Body, Trace, COMMITTED, DRAWN, REVEALED};
use core::mem::size_of;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, view_unchecked, Header};
use verifier::create::{transfer, Creation};
use verifier::error::{Error, Result};

/// The arguments of `commit_trace`.
pub struct Commit<'a> {
    pub context: &'a Hash,
    pub input: &'a Hash,
    pub output: &'a Hash,
    pub positions_root: &'a Hash,
    pub prompt: u32,
    pub generated: u32,
    pub limit: u32,
    pub bond: u64,
    pub bump: u8,
}

/// `commit_trace`: accounts miner (signer, writable), manifest, trace (writable), system program. Once per context and
/// miner: the account stays for ever.
#[inline(never)]
pub fn commit(program_id: &Pubkey, accounts: &[AccountInfo], given: &Commit) -> Result<()> {
    let [miner, manifest, account, system_program] = distinct(accounts)?;
    let manifest = Manifest::sealed(program_id, manifest)?;
    let head = manifest.head;
    let positions = u64::from(given.prompt) + u64::from(given.generated);
    let shape = given.prompt >= 1
        && given.generated >= 1
        && given.generated <= given.limit
        && positions <= u64::from(head.token_cap) + 1;
    require(shape, Error::BadShape)?;
    require(given.bond >= head.least_bond, Error::BondTooSmall)?;
    let n_positions = (positions - 1).min(head.n_positions.into()) as u16;
    let n_leaves = (u32::from(n_positions) * u32::from(head.n_segments)).min(head.n_leaves.into()) as u16;
    let creation = Creation { program_id, payer: miner, account, system_program, bump: given.bump };
    let seeds: [&[u8]; 3] = [b"trace", given.context, miner.key()];
    creation.check(&seeds, Error::TraceExists)?;
    creation.make(&seeds, size_of::<Trace>() + Body::size(n_positions, n_leaves))?;
    transfer(miner, account, given.bond)?;
    let slot = slot()?;
    // SAFETY: the account was just made, longer than its header.
    let (trace, _) = unsafe { view_unchecked::<Trace>(account) };
    *trace = Trace {
        discriminator: Trace::DISCRIMINATOR,
        context: *given.context,
        miner: *miner.key(),
        manifest: *manifest.hash,
        input: *given.input,
        output: *given.output,
        positions_root: *given.positions_root,
        leaves_root: [0; 32],
        positions_seed: [0; 32],
        leaves_seed: [0; 32],
        bond: given.bond,
        base_slot: slot,
        deadline: slot + DRAW_SLOTS,
        prompt: given.prompt,
        generated: given.generated,
        limit: given.limit,
        reveal_slots: head.reveal_slots,
        prove_slots: head.prove_slots,
        n_segments: head.n_segments,
        n_positions,
        n_leaves,
        attested: 0,
        step: COMMITTED,
        bump: given.bump,
        class: head.class,
        reserved: 0,
    };
    Ok(())
}

/// `reveal_trace`: accounts miner (signer), trace (writable).
#[inline(never)]
pub fn reveal(program_id: &Pubkey, accounts: &[AccountInfo], leaves_root: &Hash) -> Result<()> {
    let [miner, account] = distinct(accounts)?;
    let (trace, _, slot) = Trace::open(program_id, account, Some(miner), DRAWN)?;
    trace.leaves_root = *leaves_root;
    trace.base_slot = slot;
    trace.deadline = slot + DRAW_SLOTS;
    trace.step = REVEALED;
    Ok(())
}
