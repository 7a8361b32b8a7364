//! Strata: classes of a sampled model's segments, of each of which its own number of leaves is drawn. What sealing
//! checks of such a model, and `draw_strata`.

use super::checks::{require_payer, same};
use super::draw::{drawn, indices, seed};
use super::manifest::{
    Manifest, Segment, Tail, CARRIED, END, EXECUTED, INPUT, MAX_EDGES, PREVIOUS, PRODUCER, SAMPLED, SECOND,
};
use super::merkle::Hash;
use super::operations::{self, ATTEND};
use super::state::{Trace, REVEALED};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require};
use verifier::error::{Error, Result};
use verifier::memory::HEAP;
use verifier::syscall::keccak256;

pub const COUNT: usize = 8;
/// Segments that a manifest can have: the table of a draw has 16 KB.
const MAX_SEGMENTS: usize = 8192;
/// Where that table is on the heap: behind what a draw of indices uses.
const TABLE: usize = 8192;
/// All flags but the stratum's.
const KIND: u8 = 0x8f;

impl Tail {
    /// Leaves that are drawn of a stratum.
    pub fn draws(&self, stratum: usize) -> u16 {
        self.draws.get(stratum).map_or(0, |&draws| u16::from_le_bytes(draws))
    }
}

/// Everything that the other instructions rely on, beside the head. Thousands of segments fit one transaction.
#[inline(never)]
pub fn validate(manifest: &Manifest, tail: &Tail) -> Result<()> {
    let (mut sizes, mut constants) = ([0u32; COUNT], None);
    let (mut place, mut next_edge, mut carried, mut starts, mut ends) = (0u64, 0, 0, 0, 0);
    for (index, segment) in manifest.segments.iter().enumerate() {
        let here = (u64::from(segment.layer) << 16 | u64::from(segment.shard)) + 1;
        require(place < here && is_known(segment), Error::ManifestSegment)?;
        place = here;
        sizes[segment.stratum()] += 1;
        if segment.is_executed() {
            match constants {
                None => constants = Some(&segment.params),
                Some(first) => same(first, &segment.params, Error::ManifestSegment)?,
            }
            carried += segment.is_carried() as usize;
            ends += segment.is_end() as usize;
        }
        require(usize::from(segment.first_edge) == next_edge, Error::ManifestEdge)?;
        let end_edge = next_edge + usize::from(segment.n_edges);
        let edges = manifest.edges.get(next_edge..end_edge).ok_or(Error::ManifestEdge)?;
        next_edge = end_edge;
        if edges == [INPUT] && !segment.is_carried() {
            starts += 1;
        } else {
            require(are_known(manifest, segment, index, edges), Error::ManifestEdge)?;
        }
    }
    let complete = next_edge == manifest.edges.len() && carried == manifest.first_values.len();
    require(complete && starts > 0 && ends == 1, Error::ManifestEdge)?;
    require(tail.reserved == [0; 4], Error::ManifestHead)?;
    let mut total = 0;
    for (stratum, &size) in sizes.iter().enumerate() {
        let draws = u32::from(tail.draws(stratum));
        require(draws <= size && (draws > 0) == (size > 0), Error::ManifestStrata)?;
        total += draws;
    }
    require(total == u32::from(manifest.head.n_leaves), Error::ManifestStrata)
}

/// Whether flags, outputs and the number of edges are those of a circuit or of an operation. What is handed on is
/// attention's history, and what ends a position gives a number and a token.
#[inline(always)]
fn is_known(segment: &Segment) -> bool {
    const HANDED_ON: u8 = EXECUTED | CARRIED;
    const LAST: u8 = EXECUTED | END;
    let operation = segment.key[0];
    let (kind, n_outputs) = match segment.flags & KIND {
        0 => (true, 0),
        EXECUTED => (operations::is_known(operation) && operation != ATTEND, 0),
        HANDED_ON => (operation == ATTEND, 0),
        LAST => (operations::gives_token(operation), 1),
        _ => (false, 0),
    };
    kind && segment.n_outputs == n_outputs && segment.n_edges >= 1 && segment.n_edges <= MAX_EDGES
}

/// Whether all edges come from segments before this one; attention's last one is its own at the position before.
#[inline(always)]
fn are_known(manifest: &Manifest, segment: &Segment, index: usize, edges: &[u16]) -> bool {
    let mut edges = edges;
    if segment.is_carried() {
        let Some((&last, others)) = edges.split_last() else { return false };
        if last != PREVIOUS | index as u16 {
            return false;
        }
        edges = others;
    }
    edges.iter().all(|&edge| {
        let producer = usize::from(edge & PRODUCER);
        // A producer that is before this segment is in the manifest.
        edge & PREVIOUS == 0
            && producer < index
            && (edge & SECOND == 0 || manifest.segments.get(producer).is_some_and(Segment::has_two_parts))
    })
}

/// Segments by stratum, in the manifest's order in each: a draw of a stratum is an index in its part.
struct Places {
    table: &'static mut [u16],
    /// Where each stratum begins, and where the last one ends.
    starts: [usize; COUNT + 1],
}

impl Places {
    #[inline(never)]
    fn of(manifest: &Manifest) -> Result<Self> {
        require(manifest.segments.len() <= MAX_SEGMENTS, Error::ManifestCounts)?;
        let mut starts = [0; COUNT + 1];
        for segment in manifest.segments {
            starts[segment.stratum() + 1] += 1;
        }
        for stratum in 0..COUNT {
            starts[stratum + 1] += starts[stratum];
        }
        // SAFETY: on chain the heap of 32 KB is there and zero, a draw of indices uses what is below, and the table ends
        // at 24 KB.
        let table = unsafe { core::slice::from_raw_parts_mut((HEAP + TABLE) as *mut u16, manifest.segments.len()) };
        let mut next = starts;
        for (index, segment) in manifest.segments.iter().enumerate() {
            let place = &mut next[segment.stratum()];
            table[*place] = index as u16;
            *place += 1;
        }
        Ok(Self { table, starts })
    }

    /// The segments of a stratum.
    fn of_stratum(&self, stratum: usize) -> &[u16] {
        &self.table[self.starts[stratum]..self.starts[stratum + 1]]
    }
}

/// `draw_strata`: accounts caller (signer, writable), trace (writable), slot hashes, manifest. The leaves of a sampled
/// run, stratum after stratum. Anyone may call; the bond pays.
#[inline(never)]
pub fn draw(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [caller, account, slot_hashes, manifest] = distinct(accounts)?;
    require_payer(caller)?;
    require(Trace::view(program_id, account)?.0.class == SAMPLED, Error::WrongKind)?;
    let (trace, body, slot) = Trace::open(program_id, account, None, REVEALED)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let tail = manifest.tail.ok_or(Error::WrongKind)?;
    trace.leaves_seed = seed(trace, slot_hashes, true)?;
    let places = Places::of(&manifest)?;
    let mut left = body.leaves;
    for stratum in 0..COUNT {
        let draws = usize::from(tail.draws(stratum));
        let (own, rest) = left.split_at_mut_checked(draws).ok_or(Error::AccountIncomplete)?;
        if draws > 0 {
            let seed = keccak256(&[&trace.leaves_seed, &[stratum as u8]]);
            fill(&seed, trace, places.of_stratum(stratum), own);
        }
        left = rest;
    }
    trace.deadline = slot + u64::from(trace.prove_slots);
    drawn(trace, account, caller);
    Ok(())
}

/// The leaves that a stratum's seed draws.
#[inline(never)]
fn fill(seed: &Hash, trace: &Trace, segments: &[u16], drawn: &mut [u32]) {
    let size = segments.len() as u32;
    indices(seed, u32::from(trace.n_positions) * size, drawn);
    for leaf in drawn {
        let (place, index) = (*leaf / size, *leaf % size);
        *leaf = place * u32::from(trace.n_segments) + u32::from(segments[index as usize]);
    }
}
