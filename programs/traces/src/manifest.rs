//! A model's manifest: the graph of its segments, what registers them, and how its traces are drawn.
//!
//! head ‖ segments (76 bytes each) ‖ edges (2 bytes each) ‖ first values of carried segments (32 bytes each) ‖ of a sampled
//! model a tail (56 bytes). Everything in it is checked once, at sealing; sealed manifests are read without checks.

use super::checks::same;
use super::merkle::Hash;
use super::operations;
use super::state;
use super::strata;
use core::mem::size_of;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{self, distinct, require, require_signer, require_writable, view, view_unchecked, Header};
use verifier::create::Creation;
use verifier::error::{Error, Result};
use verifier::syscall::keccak256;

const MAGIC: u32 = 0x5449_414d; // "MAIT"
const MAX_SEGMENTS: u16 = 4096;
/// Of a sampled model.
const MAX_SAMPLED_SEGMENTS: u16 = 8192;
const MAX_UNSAMPLED_EDGES: u8 = 32;
pub const MAX_EDGES: u8 = 64;
const MAX_DRAWS: u16 = 768;
/// Positions of a run, logits of a segment, and tokens of a vocabulary.
const MAX_TOKENS: u32 = 1 << 20;
/// About nineteen days of 0.4 s.
const MAX_SLOTS: u32 = 1 << 22;

/// Draws that a class needs at least: positions, and leaves per leaf of the cheapest cut's share. Of a trace with one
/// bad cut in every position, e^-5 (0.7 %) and e^-23 (2^-33) escape; of one with half its positions bad, 2^-7 and 2^-32
/// have none of them drawn (one draw is the last position, which can be kept honest).
const LEAST_POSITIONS: [u16; 2] = [8, 33];
const LEAST_LEAVES: [u32; 2] = [5, 23];

/// The class whose leaves hold digests of integers: drawn by strata, executed or bound to points.
pub const SAMPLED: u8 = 2;

/// The token is the index of the largest logit, or the one instance itself, or the second integer of a sampled model's
/// last vector.
pub const ARGMAX: u8 = 0;
pub const VALUE: u8 = 1;
pub const INDEX: u8 = 2;

/// An edge's producer: the model's input, or a segment at the position before (this bit), or one at the same position.
pub const INPUT: u16 = 0xffff;
pub const PREVIOUS: u16 = 0x8000;
/// In a sampled model: the second of the two vectors that the producer gives.
pub const SECOND: u16 = 0x4000;
pub const PRODUCER: u16 = 0x3fff;

#[repr(C)]
pub struct Head {
    magic: u32,
    pub class: u8,
    pub end_rule: u8,
    pub n_segments: u16,
    n_edges: u16,
    n_carried: u16,
    /// Leaves of one position's cheapest cut between input and output.
    cut: u16,
    pub n_positions: u16,
    pub n_leaves: u16,
    reserved: [u8; 2],
    pub token_cap: u32,
    pub vocabulary: u32,
    pub end_token: u32,
    pub reveal_slots: u32,
    pub prove_slots: u32,
    /// Work of one position, in the policy's units; not read here.
    pub work_units: u64,
    pub least_bond: u64,
    pub srs: Hash,
    /// Root of the embedding's rows.
    pub rows: Hash,
}

#[repr(C)]
pub struct Segment {
    /// The key's hash; of a sum, the x of U; of what is executed, its descriptor.
    pub key: Hash,
    /// The digest of the weights; of a sum, the y of U; of what is executed, the hash of the constants.
    pub params: Hash,
    /// Instances of the output of an end segment, else zero.
    pub n_outputs: u32,
    pub layer: u16,
    pub shard: u16,
    pub first_edge: u16,
    pub n_edges: u8,
    pub flags: u8,
}

/// What only a sampled model has; numbers are little-endian.
#[repr(C)]
pub struct Tail {
    /// Leaves that are drawn of each stratum.
    pub draws: [[u8; 2]; strata::COUNT],
    /// The hash of the bases that integers are bound to.
    pub bases: Hash,
    /// A second end token, or the first again.
    pub other_end: [u8; 4],
    pub reserved: [u8; 4],
}

const _: () = assert!(size_of::<Head>() == 120 && size_of::<Segment>() == 76 && size_of::<Tail>() == 56);

/// Its output is the sum of its inputs, as commitments: shown without a proof.
const SUM: u8 = 1;
/// The next position may read its output; it is in the position's leaf.
pub const CARRIED: u8 = 2;
/// Its output is what the token comes from.
pub const END: u8 = 4;
/// The chain computes it from its inputs' integers.
pub const EXECUTED: u8 = 8;
/// Above these four are three bits of the stratum.
const STRATUM_SHIFT: u32 = 4;

impl Segment {
    pub fn is_sum(&self) -> bool {
        self.flags & SUM != 0
    }

    pub fn is_carried(&self) -> bool {
        self.flags & CARRIED != 0
    }

    pub fn is_end(&self) -> bool {
        self.flags & END != 0
    }

    pub fn is_executed(&self) -> bool {
        self.flags & EXECUTED != 0
    }

    /// Whether it gives two vectors.
    pub fn has_two_parts(&self) -> bool {
        self.is_executed() && operations::has_two_parts(self.key[0])
    }

    pub fn stratum(&self) -> usize {
        usize::from(self.flags >> STRATUM_SHIFT) % strata::COUNT
    }
}

/// A sealed manifest.
pub struct Manifest<'a> {
    pub hash: &'a Hash,
    pub head: &'a Head,
    pub segments: &'a [Segment],
    pub edges: &'a [u16],
    pub first_values: &'a [Hash],
    /// Of a sampled model.
    pub tail: Option<&'a Tail>,
}

impl<'a> Manifest<'a> {
    /// The sections of a manifest. The whole length must be exact.
    fn parse(hash: &'a Hash, body: &'a [u8]) -> Result<Self> {
        require(body.len() >= size_of::<Head>(), Error::ManifestLength)?;
        let (head, rest) = body.split_at(size_of::<Head>());
        // SAFETY: the header's and the head's size are multiples of eight, and every bit pattern is valid.
        let head = unsafe { &*(head.as_ptr() as *const Head) };
        let (n_segments, n_edges) = (head.n_segments as usize, head.n_edges as usize);
        let (segments_len, edges_len) = (n_segments * size_of::<Segment>(), 2 * n_edges);
        let firsts_len = 32 * head.n_carried as usize;
        let tail_len = if head.class == SAMPLED { size_of::<Tail>() } else { 0 };
        require(rest.len() == segments_len + edges_len + firsts_len + tail_len, Error::ManifestLength)?;
        let (segments, rest) = rest.split_at(segments_len);
        let (edges, rest) = rest.split_at(edges_len);
        let (first_values, tail) = rest.split_at(firsts_len);
        // SAFETY: the lengths are as cut; segments begin at a multiple of four, edges after them; no padding.
        unsafe {
            Ok(Self {
                hash,
                head,
                segments: core::slice::from_raw_parts(segments.as_ptr() as *const Segment, n_segments),
                edges: core::slice::from_raw_parts(edges.as_ptr() as *const u16, n_edges),
                first_values: core::slice::from_raw_parts(
                    first_values.as_ptr() as *const Hash,
                    head.n_carried as usize,
                ),
                tail: if tail_len > 0 { Some(&*(tail.as_ptr() as *const Tail)) } else { None },
            })
        }
    }

    /// The sealed manifest that `trace` was committed under.
    #[inline(never)]
    pub fn of(program_id: &Pubkey, account: &'a AccountInfo, trace: &state::Trace) -> Result<Self> {
        let manifest = Self::sealed(program_id, account)?;
        same(manifest.hash, &trace.manifest, Error::ManifestMismatch)?;
        Ok(manifest)
    }

    #[inline(never)]
    pub fn sealed(program_id: &Pubkey, account: &'a AccountInfo) -> Result<Self> {
        let (header, body) = view::<accounts::Manifest>(program_id, account)?;
        require(header.sealed == 1, Error::ManifestNotSealed)?;
        Self::parse(&header.hash, body)
    }

    pub fn edges(&self, segment: &Segment) -> &'a [u16] {
        &self.edges[segment.first_edge as usize..][..segment.n_edges as usize]
    }

    /// Whether a token ends an answer.
    pub fn is_end(&self, token: u32) -> bool {
        token == self.head.end_token || self.tail.is_some_and(|tail| token == u32::from_le_bytes(tail.other_end))
    }

    /// How many carried segments come before `segment`.
    pub fn carried_before(&self, segment: usize) -> usize {
        self.segments[..segment].iter().filter(|other| other.is_carried()).count()
    }

    /// Everything that the other instructions rely on.
    #[inline(never)]
    fn validate(&self) -> Result<()> {
        let head = self.head;
        let rule = if self.tail.is_some() { head.end_rule == INDEX } else { head.end_rule <= VALUE };
        let known = head.magic == MAGIC && head.class <= SAMPLED && rule && head.reserved == [0; 2];
        require(known, Error::ManifestHead)?;
        let most_segments = if self.tail.is_some() { MAX_SAMPLED_SEGMENTS } else { MAX_SEGMENTS };
        let within = |value: u32, most: u32| value >= 1 && value <= most;
        let counts = within(head.n_segments.into(), most_segments.into())
            && within(head.token_cap, MAX_TOKENS)
            && within(head.vocabulary, MAX_TOKENS)
            && within(head.reveal_slots, MAX_SLOTS)
            && within(head.prove_slots, MAX_SLOTS)
            && within(head.n_positions.into(), MAX_DRAWS.into())
            && within(head.n_leaves.into(), MAX_DRAWS.into())
            && within(head.cut.into(), head.n_segments.into());
        require(counts, Error::ManifestCounts)?;
        if let Some(tail) = self.tail {
            require(head.n_positions >= LEAST_POSITIONS[0], Error::TooFewDraws)?;
            return strata::validate(self, tail);
        }
        let (class, n_segments, n_leaves) = (head.class as usize, head.n_segments as u32, head.n_leaves as u32);
        let enough = head.n_positions >= LEAST_POSITIONS[class]
            && n_leaves * u32::from(head.cut) >= n_segments * LEAST_LEAVES[class];
        require(enough, Error::TooFewDraws)?;
        let (mut place, mut next_edge, mut carried, mut starts, mut ends) = (None, 0, 0, 0, 0);
        for (index, segment) in self.segments.iter().enumerate() {
            let here = Some((segment.layer, segment.shard));
            let ordered = place < here && segment.flags <= SUM | CARRIED | END; // no stratum, nothing executed
            let kind = segment.is_end() == (segment.n_outputs > 0)
                && !(segment.is_sum() && (segment.is_end() || segment.n_edges < 2));
            let single = head.end_rule == ARGMAX || segment.n_outputs <= 1;
            let sized =
                segment.n_outputs <= MAX_TOKENS && segment.n_edges >= 1 && segment.n_edges <= MAX_UNSAMPLED_EDGES;
            require(ordered && kind && single && sized, Error::ManifestSegment)?;
            let end_edge = next_edge + segment.n_edges as usize;
            require(segment.first_edge as usize == next_edge && end_edge <= self.edges.len(), Error::ManifestEdge)?;
            for &edge in self.edges(segment) {
                let producer = (edge & !PREVIOUS) as usize;
                let good = if edge == INPUT {
                    starts += 1;
                    segment.n_edges == 1
                } else if edge & PREVIOUS != 0 {
                    self.segments.get(producer).is_some_and(Segment::is_carried)
                } else {
                    producer < index
                };
                require(good, Error::ManifestEdge)?;
            }
            place = here;
            next_edge = end_edge;
            carried += segment.is_carried() as usize;
            ends += segment.is_end() as usize;
        }
        let complete = next_edge == self.edges.len() && carried == self.first_values.len() && starts > 0;
        require(complete && ends > 0 && (head.end_rule == ARGMAX || ends == 1), Error::ManifestEdge)
    }
}

/// `create_manifest`: accounts authority (signer, writable), manifest (writable), system program.
#[inline(never)]
pub fn create(program_id: &Pubkey, accounts: &[AccountInfo], hash: &Hash, size: u32, bump: u8) -> Result<()> {
    let [authority, account, system_program] = distinct(accounts)?;
    let full_size = verifier::upload::full_size::<accounts::Manifest>(size)?;
    let creation = Creation { program_id, payer: authority, account, system_program, bump };
    let seeds: [&[u8]; 3] = [b"manifest", authority.key(), hash];
    creation.check(&seeds, Error::AccountExists)?;
    creation.make(&seeds, full_size)?;
    // SAFETY: the account was just made, at least as long as its header.
    let (manifest, _) = unsafe { view_unchecked::<accounts::Manifest>(account) };
    *manifest = accounts::Manifest {
        discriminator: accounts::Manifest::DISCRIMINATOR,
        authority: *authority.key(),
        hash: *hash,
        size,
        sealed: 0,
        bump,
        reserved: [0; 2],
    };
    Ok(())
}

/// `seal_manifest`: accounts authority (signer), manifest (writable).
#[inline(never)]
pub fn seal(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let (header, body) = complete(program_id, accounts)?;
    Manifest::parse(&header.hash, body)?.validate()?;
    header.sealed = 1;
    Ok(())
}

/// An account of a manifest's layout that its authority, who signs, has filled with what its hash says; not sealed yet.
#[inline(never)]
pub fn complete<'a>(
    program_id: &Pubkey,
    accounts: &'a [AccountInfo],
) -> Result<(&'a mut accounts::Manifest, &'a [u8])> {
    let [authority, account] = distinct(accounts)?;
    require_signer(authority)?;
    require_writable(account)?;
    let (header, body) = view::<accounts::Manifest>(program_id, account)?;
    same(&header.authority, authority.key(), Error::WrongAuthority)?;
    require(header.sealed == 0, Error::ManifestSealed)?;
    require(body.len() == header.size as usize, Error::AccountIncomplete)?;
    same(&keccak256(&[body]), &header.hash, Error::HashMismatch)?;
    Ok((header, body))
}
