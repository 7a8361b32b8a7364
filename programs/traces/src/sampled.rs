//! `execute`, `attest_bound`: a drawn leaf of a sampled run, whose digests are of integers. What is executed is computed
//! from the integers that it reads; a circuit's receipt has points, and values accounts say which integers they are of.
//!
//! An opening begins with the integers, so that `bind` can read them in the same account: what is read, edge after edge
//! (of a carried edge instead the rows of all positions up to this one), and what a circuit gives. Then come the own path, the producers
//! in runs of neighbours, and what a carried segment hands on.

use super::attest::{close, receipt_of, Drawn};
use super::checks::same;
use super::constants::Constants;
use super::manifest::{Manifest, Tail, INPUT, MAX_EDGES, PREVIOUS, SAMPLED};
use super::merkle::Hash;
use super::opening::Leaf;
use super::operations::attend::ROW;
use super::operations::{Operation, Results, Vectors};
use super::state::{Trace, CHALLENGED};
use core::mem::size_of_val;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, require_writable, view, Values};
use verifier::error::{Error, Result};
use verifier::syscall::keccak256;

/// The digests of what a leaf's edges read.
struct Reads {
    digests: [Hash; MAX_EDGES as usize],
    count: usize,
}

impl Reads {
    fn new(count: usize) -> Self {
        Self { digests: [[0; 32]; MAX_EDGES as usize], count }
    }

    fn all(&self) -> &[Hash] {
        &self.digests[..self.count]
    }

    /// The input digest of the leaf: the only edge's, or that of all.
    #[inline(never)]
    fn input(&self) -> Hash {
        if self.count == 1 {
            self.digests[0]
        } else {
            keccak256(&[self.all().as_flattened()])
        }
    }

    /// The first one is of `first` bytes, every further one of `each`, as far as the bytes go.
    #[inline(never)]
    fn hash(&mut self, bytes: &[u8], first: usize, each: usize) {
        let (mut rest, mut length) = (bytes, first);
        for digest in &mut self.digests[..self.count] {
            let Some((vector, others)) = rest.split_at_checked(length) else { return };
            *digest = keccak256(&[vector]);
            (rest, length) = (others, each);
        }
    }
}

/// What a segment computes.
struct Output {
    digest: Hash,
    /// What is handed on to the next position, if anything is.
    carried: Hash,
}

/// `execute`: accounts miner (signer), trace (writable), manifest, opening, constants (sealed).
#[inline(never)]
pub fn execute(program_id: &Pubkey, accounts: &[AccountInfo], draw: u16) -> Result<()> {
    let [miner, account, manifest, opening, constants] = distinct(accounts)?;
    let (trace, mut body, _) = Trace::open(program_id, account, Some(miner), CHALLENGED)?;
    require(trace.class == SAMPLED, Error::WrongKind)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let (constants, hash) = Constants::sealed(program_id, constants)?;
    let mut drawn = Drawn::leaf(program_id, trace, &body, &manifest, opening, draw)?;
    let segment = drawn.segment();
    require(segment.is_executed(), Error::WrongKind)?;
    same(hash, &segment.params, Error::ConstantsMismatch)?;
    let mut reads = Reads::new(segment.n_edges.into());
    let output = compute(&mut drawn, constants, &mut reads)?;
    let leaf = Leaf { input: &reads.input(), params: hash, output: &output.digest };
    show(&mut drawn, leaf, &reads, &output.carried)?;
    body.attest(trace, draw as usize)
}

/// The digests of what a drawn segment reads, and what it gives, from the integers at the front of the opening.
#[inline(never)]
fn compute(drawn: &mut Drawn, constants: Constants, reads: &mut Reads) -> Result<Output> {
    let (segment, opening) = (drawn.segment(), &mut drawn.opening);
    let operation = Operation::read(&segment.key, constants, opening.position)?;
    let n_vectors = reads.count - usize::from(segment.is_carried());
    let shape = operation.shape(n_vectors)?;
    let n_reads = shape.first + shape.each * n_vectors.saturating_sub(1);
    let bytes = opening.bytes(4 * (n_reads + shape.rows))?;
    let mut vectors = Vectors::of(bytes)?;
    let results = operation.run(&mut vectors)?;
    vectors.finish()?;
    let (vectors, rows) = bytes.split_at(4 * n_reads);
    reads.hash(vectors, 4 * shape.first, 4 * shape.each);
    let first = keccak256(&[Results::bytes(results.first)]);
    if !segment.is_carried() {
        let second = Results::bytes(results.second);
        let digest = if second.is_empty() { first } else { keccak256(&[&first, &keccak256(&[second])]) };
        return Ok(Output { digest, carried: [0; 32] });
    }
    // Attention's second part is the digest of all rows, its own the last.
    let (past, own) = rows.split_at(rows.len() - 4 * ROW);
    let mut history = opening.manifest.first_values[opening.manifest.carried_before(drawn.index)];
    for row in past.chunks_exact(4 * ROW) {
        history = keccak256(&[&history, row]);
    }
    reads.digests[n_vectors] = history;
    let carried = keccak256(&[&history, own]);
    Ok(Output { digest: keccak256(&[&first, &carried]), carried })
}

/// `attest_bound`: accounts miner (signer, writable), trace (writable), manifest, opening, receipt (writable), input,
/// output (values accounts, whoever made them). The receipt is closed.
#[inline(never)]
pub fn attest(program_id: &Pubkey, accounts: &[AccountInfo], draw: u16) -> Result<()> {
    let [miner, account, manifest, opening, receipt_account, inputs, outputs] = distinct(accounts)?;
    require_writable(miner)?;
    let (trace, mut body, _) = Trace::open(program_id, account, Some(miner), CHALLENGED)?;
    require(trace.class == SAMPLED, Error::WrongKind)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let tail = manifest.tail.ok_or(Error::WrongKind)?;
    let mut drawn = Drawn::leaf(program_id, trace, &body, &manifest, opening, draw)?;
    let segment = drawn.segment();
    require(!segment.is_executed(), Error::WrongKind)?;
    let receipt = receipt_of(program_id, receipt_account, miner, account, &drawn)?;
    let inputs = bound(program_id, inputs, tail, &receipt.input, Error::InputMismatch)?;
    let outputs = bound(program_id, outputs, tail, &receipt.output, Error::OutputMismatch)?;
    let bytes = drawn.opening.bytes(4 * inputs.count as usize)?;
    drawn.opening.bytes(4 * outputs.count as usize)?; // `bind` read them here or elsewhere
    let mut reads = Reads::new(segment.n_edges.into());
    if reads.count == 1 {
        reads.digests[0] = inputs.digest;
    } else {
        require(inputs.count as usize % reads.count == 0, Error::OpeningLength)?;
        same(&keccak256(&[bytes]), &inputs.digest, Error::ValuesMismatch)?;
        let each = bytes.len() / reads.count;
        reads.hash(bytes, each, each);
    }
    let leaf = Leaf { input: &reads.input(), params: &receipt.params, output: &outputs.digest };
    show(&mut drawn, leaf, &reads, &[0; 32])?;
    body.attest(trace, draw as usize)?;
    close(receipt_account, miner)
}

/// Integers whose commitment over the manifest's bases has the digest that a receipt says.
#[inline(never)]
fn bound<'a>(
    program_id: &Pubkey,
    account: &'a AccountInfo,
    tail: &Tail,
    point: &Hash,
    error: Error,
) -> Result<&'a Values> {
    let (values, _) = view::<Values>(program_id, account)?;
    require(values.next == values.count, Error::ValuesIncomplete)?;
    require(values.offset == 0, Error::BasesMismatch)?;
    same(&values.bases, &tail.bases, Error::BasesMismatch)?;
    let length = size_of_val(&values.point);
    // SAFETY: words are bytes.
    let found = unsafe { core::slice::from_raw_parts(values.point.as_ptr() as *const u8, length) };
    same(&keccak256(&[found]), point, error)?;
    Ok(values)
}

/// The leaf's own path, then every edge at it: producers in runs of neighbours and the position before, in the manifest's
/// order, then what the own position hands on. Every byte of the opening must be used.
#[inline(never)]
fn show(drawn: &mut Drawn, leaf: Leaf, reads: &Reads, carried: &Hash) -> Result<()> {
    let (segment, index, opening) = (drawn.segment(), drawn.index, &mut drawn.opening);
    opening.path(index, leaf)?;
    let (edges, read, position) = (opening.manifest.edges(segment), reads.all(), opening.position);
    let mut at = 0;
    while at < edges.len() {
        let (edge, mut run) = (edges[at], 1);
        if edge == INPUT {
            // `attest_ends` shows it at every drawn position.
        } else if edge & PREVIOUS != 0 {
            if position > 0 {
                let before = opening.carried_digest(position - 1, index)?;
                same(before, &read[at], Error::EdgeMismatch)?;
            }
        } else {
            while edges.get(at + run).is_some_and(|&next| usize::from(next) == usize::from(edge) + run) {
                run += 1;
            }
            opening.producers(edge, &read[at..at + run])?;
        }
        at += run;
    }
    if segment.is_carried() {
        same(opening.carried_digest(position, index)?, carried, Error::EdgeMismatch)?;
    }
    opening.finish()
}
