//! `attest` and `join`: a drawn leaf is what its receipt says (or a sum), and every edge at it holds.

use super::checks::same;
use super::manifest::{Manifest, Segment, INPUT, PREVIOUS, SAMPLED};
use super::opening::{Leaf, Opening};
use super::state::{Body, Trace, CHALLENGED};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, require_writable, view, Proof, Receipt};
use verifier::curve::is_canonical;
use verifier::error::{Error, Result};
use verifier::key::POINT_BYTES;
use verifier::syscall::{bn254, keccak256, Bn254};

/// An opened trace at one drawn leaf.
pub struct Drawn<'a> {
    pub opening: Opening<'a>,
    /// Of the leaf's segment.
    pub index: usize,
}

impl<'a> Drawn<'a> {
    #[inline(never)]
    pub fn leaf(
        program_id: &Pubkey,
        trace: &'a Trace,
        body: &Body,
        manifest: &'a Manifest<'a>,
        opening: &'a AccountInfo,
        draw: u16,
    ) -> Result<Self> {
        let (_, rest) = Proof::complete(program_id, opening)?;
        let leaf = *body.leaves.get(draw as usize).ok_or(Error::DrawOutOfRange)?;
        let (place, index) = (leaf / u32::from(trace.n_segments), leaf % u32::from(trace.n_segments));
        let position = body.positions[place as usize];
        Ok(Self { opening: Opening { rest, trace, manifest, place, position }, index: index as usize })
    }

    pub fn segment(&self) -> &'a Segment {
        &self.opening.manifest.segments[self.index]
    }

    /// The leaf's own path, then every edge at it: producers in the manifest's order, the next position, consumers.
    /// The points of the inputs are returned.
    #[inline(never)]
    fn edges(&mut self, leaf: Leaf<'a>) -> Result<&'a [u8]> {
        let (manifest, segment, opening) = (self.opening.manifest, self.segment(), &mut self.opening);
        opening.path(self.index, leaf)?;
        let edges = manifest.edges(segment);
        let inputs = opening.inputs(edges.len(), leaf.input)?;
        let position = opening.position;
        let reads_previous = edges.iter().any(|&edge| edge != INPUT && edge & PREVIOUS != 0);
        let previous =
            if !reads_previous || position == 0 { manifest.first_values } else { opening.carried(position - 1)? };
        for (place, &edge) in edges.iter().enumerate() {
            let producer = (edge & !PREVIOUS) as usize;
            if edge == INPUT {
                continue; // `attest_ends` shows it at every drawn position
            } else if edge & PREVIOUS != 0 {
                inputs.equal(place, &previous[manifest.carried_before(producer)])?;
            } else {
                inputs.equal(place, opening.leaf(producer)?.output)?;
            }
        }
        if segment.is_carried() {
            let carried = opening.carried(position)?;
            same(&carried[manifest.carried_before(self.index)], leaf.output, Error::EdgeMismatch)?;
        }
        for consumer in self.index + 1..manifest.segments.len() {
            let edges = manifest.edges(&manifest.segments[consumer]);
            if !edges.iter().any(|&edge| edge as usize == self.index) {
                continue;
            }
            let other = opening.leaf(consumer)?;
            let inputs = opening.inputs(edges.len(), other.input)?;
            for (place, &edge) in edges.iter().enumerate() {
                if edge as usize == self.index {
                    inputs.equal(place, leaf.output)?;
                }
            }
        }
        Ok(inputs.points)
    }
}

/// A receipt that is for this miner, this trace and this segment, and not consumed.
#[inline(never)]
pub fn receipt_of<'a>(
    program_id: &Pubkey,
    account: &'a AccountInfo,
    miner: &AccountInfo,
    trace: &AccountInfo,
    drawn: &Drawn,
) -> Result<&'a Receipt> {
    require_writable(account)?;
    let (receipt, _) = view::<Receipt>(program_id, account)?;
    let segment = drawn.segment();
    let compared = [
        (&receipt.claimer, miner.key(), Error::ClaimerMismatch),
        (&receipt.context, trace.key(), Error::ContextMismatch),
        (&receipt.key_hash, &segment.key, Error::KeyMismatch),
        (&receipt.srs, &drawn.opening.manifest.head.srs, Error::SrsMismatch),
        (&receipt.params, &segment.params, Error::ParamsMismatch),
    ];
    for (field, value, error) in compared {
        same(field, value, error)?;
    }
    require(receipt.consumed == 0, Error::ReceiptConsumed)?;
    Ok(receipt)
}

/// Close an attested leaf's receipt; its rent returns to the miner.
#[inline(never)]
pub fn close(receipt: &AccountInfo, miner: &AccountInfo) -> Result<()> {
    super::settle::pay(receipt, miner, receipt.lamports());
    receipt.close().map_err(|_| Error::SystemCallFailed)
}

/// `attest`: accounts miner (signer, writable), trace (writable), manifest, opening, receipt (writable). The receipt
/// must be for this trace and this leaf; it is closed.
#[inline(never)]
pub fn attest(program_id: &Pubkey, accounts: &[AccountInfo], draw: u16) -> Result<()> {
    let [miner, account, manifest, opening, receipt_account] = distinct(accounts)?;
    require_writable(miner)?;
    let (trace, mut body, _) = Trace::open(program_id, account, Some(miner), CHALLENGED)?;
    require(trace.class != SAMPLED, Error::WrongKind)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let mut drawn = Drawn::leaf(program_id, trace, &body, &manifest, opening, draw)?;
    require(!drawn.segment().is_sum(), Error::WrongKind)?;
    let receipt = receipt_of(program_id, receipt_account, miner, account, &drawn)?;
    drawn.edges(Leaf { input: &receipt.input, params: &receipt.params, output: &receipt.output })?;
    drawn.opening.finish()?;
    body.attest(trace, draw as usize)?;
    close(receipt_account, miner)
}

/// `join`: accounts miner (signer), trace (writable), manifest, opening. The output's point is the inputs' sum; U, the
/// commitment of nothing, is in every commitment once.
#[inline(never)]
pub fn join(program_id: &Pubkey, accounts: &[AccountInfo], draw: u16) -> Result<()> {
    let [miner, account, manifest, opening] = distinct(accounts)?;
    let (trace, mut body, _) = Trace::open(program_id, account, Some(miner), CHALLENGED)?;
    require(trace.class != SAMPLED, Error::WrongKind)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let mut drawn = Drawn::leaf(program_id, trace, &body, &manifest, opening, draw)?;
    let segment = drawn.segment();
    require(segment.is_sum(), Error::WrongKind)?;
    let input = &drawn.opening.hashes(1)?[0];
    let point = drawn.opening.bytes(POINT_BYTES)?;
    let output = keccak256(&[point]);
    // The leaf's digest of params is that of nothing.
    let points = drawn.edges(Leaf { input, params: &[0; 32], output: &output })?;
    drawn.opening.finish()?;
    require(is_sum(points, point, segment)?, Error::SumMismatch)?;
    body.attest(trace, draw as usize)
}

/// Whether the sum of `points` equals `point` and U once for every further one.
#[inline(never)]
fn is_sum(points: &[u8], point: &[u8], segment: &Segment) -> Result<bool> {
    for coordinate in points.chunks_exact(32).chain(point.chunks_exact(32)) {
        // SAFETY: the chunk has 32 bytes.
        require(unsafe { is_canonical(coordinate.as_ptr()) }, Error::PointNotCanonical)?;
    }
    let (mut left, mut right) = ([0; 2 * POINT_BYTES], [0; 2 * POINT_BYTES]);
    right[..POINT_BYTES].copy_from_slice(point);
    for (index, summand) in points.chunks_exact(POINT_BYTES).enumerate() {
        left[POINT_BYTES..].copy_from_slice(summand);
        add(&mut left)?;
        if index > 0 {
            right[POINT_BYTES..][..32].copy_from_slice(&segment.key);
            right[POINT_BYTES + 32..].copy_from_slice(&segment.params);
            add(&mut right)?;
        }
    }
    Ok(left[..POINT_BYTES] == right[..POINT_BYTES])
}

/// Add the second point to the first.
fn add(points: &mut [u8; 2 * POINT_BYTES]) -> Result<()> {
    let pointer = points.as_mut_ptr();
    // SAFETY: both points are in the buffer, and so is the result.
    require(unsafe { bn254(Bn254::Add, pointer, 2 * POINT_BYTES, pointer) }, Error::PointNotOnCurve)
}
