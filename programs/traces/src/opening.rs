//! Reading an opening: what a miner uploads (in a proof account) to show leaves of the trees it committed to.

use super::checks::same;
use super::manifest::{Manifest, Segment, MAX_EDGES, PRODUCER, SECOND};
use super::merkle::{depth, range_root, root, Hash, POSITION, ROW, SEGMENT, TOKEN};
use super::state::Trace;
use verifier::accounts::require;
use verifier::error::{Error, Result};
use verifier::key::POINT_BYTES;
use verifier::syscall::keccak256;

const SALT_BYTES: usize = 16;

/// The digests of a segment's leaf, as a receipt has them.
#[derive(Clone, Copy)]
pub struct Leaf<'a> {
    pub input: &'a Hash,
    pub params: &'a Hash,
    pub output: &'a Hash,
}

/// An opening, read front to back; every byte must be used.
pub struct Opening<'a> {
    pub rest: &'a [u8],
    pub trace: &'a Trace,
    pub manifest: &'a Manifest<'a>,
    /// The place of the position among the drawn ones, and the position.
    pub place: u32,
    pub position: u32,
}

impl<'a> Opening<'a> {
    #[inline(never)]
    pub fn bytes(&mut self, length: usize) -> Result<&'a [u8]> {
        require(length <= self.rest.len(), Error::OpeningLength)?;
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(taken)
    }

    pub fn hashes(&mut self, count: usize) -> Result<&'a [Hash]> {
        let bytes = self.bytes(32 * count)?;
        // SAFETY: the length is exact and a hash is bytes.
        Ok(unsafe { core::slice::from_raw_parts(bytes.as_ptr() as *const Hash, count) })
    }

    /// The next path must lead from `hash` at `index` of `count` leaves to `expected`.
    #[inline(never)]
    fn under(&mut self, hash: &Hash, index: u32, count: u32, expected: &Hash, error: Error) -> Result<()> {
        let path = self.hashes(depth(count))?;
        same(&root(hash, index, path), expected, error)
    }

    pub fn finish(&self) -> Result<()> {
        require(self.rest.is_empty(), Error::OpeningLength)
    }

    /// The hash of a segment's leaf at this position.
    #[inline(never)]
    fn leaf_hash(&self, segment: usize, leaf: Leaf) -> Hash {
        let Segment { layer, shard, .. } = self.manifest.segments[segment];
        let place = [&layer.to_le_bytes()[..], &shard.to_le_bytes(), &self.position.to_le_bytes()];
        keccak256(&[SEGMENT, place[0], place[1], place[2], leaf.input, leaf.params, leaf.output])
    }

    /// The index of a segment's leaf at this position.
    fn leaf_index(&self, segment: usize) -> u32 {
        self.place * u32::from(self.trace.n_segments) + segment as u32
    }

    /// The path of a segment's leaf at this position, which must lead to the root.
    #[inline(never)]
    pub fn path(&mut self, segment: usize, leaf: Leaf) -> Result<()> {
        let (hash, index, trace) = (self.leaf_hash(segment, leaf), self.leaf_index(segment), self.trace);
        self.under(&hash, index, trace.leaves(), &trace.leaves_root, Error::LeafMismatch)
    }

    /// The leaves of neighbouring segments, from the one that `edge` names: input, output and, where a segment gives two
    /// vectors, the other one's digest; then the siblings beside them. What the edges read must have these digests.
    #[inline(never)]
    pub fn producers(&mut self, edge: u16, read: &[Hash]) -> Result<()> {
        let first = (edge & PRODUCER) as usize;
        let mut nodes = [[0; 32]; MAX_EDGES as usize];
        let nodes = &mut nodes[..read.len()];
        for (index, (digest, node)) in read.iter().zip(nodes.iter_mut()).enumerate() {
            let segment = &self.manifest.segments[first + index];
            let digests = self.hashes(2)?;
            let leaf = Leaf { input: &digests[0], params: &segment.params, output: &digests[1] };
            if segment.has_two_parts() {
                let other = &self.hashes(1)?[0];
                let parts = if edge & SECOND == 0 { [digest, other] } else { [other, digest] };
                same(&keccak256(&[parts[0], parts[1]]), leaf.output, Error::EdgeMismatch)?;
            } else {
                same(digest, leaf.output, Error::EdgeMismatch)?;
            }
            *node = self.leaf_hash(first + index, leaf);
        }
        let trace = self.trace;
        let root = range_root(nodes, self.leaf_index(first), depth(trace.leaves()), || Ok(&self.hashes(1)?[0]))?;
        same(&root, &trace.leaves_root, Error::LeafMismatch)
    }

    /// A segment's leaf at this position: its three digests and its path.
    #[inline(never)]
    pub fn leaf(&mut self, segment: usize) -> Result<Leaf<'a>> {
        let digests = self.hashes(3)?;
        let leaf = Leaf { input: &digests[0], params: &digests[1], output: &digests[2] };
        self.path(segment, leaf)?;
        Ok(leaf)
    }

    /// What a position hands on: the outputs of the carried segments. The integers' digest, the outputs, the path.
    #[inline(never)]
    pub fn carried(&mut self, position: u32) -> Result<&'a [Hash]> {
        let integers = self.bytes(32)?;
        let carried = self.bytes(32 * self.manifest.first_values.len())?;
        let hash = keccak256(&[POSITION, &position.to_le_bytes(), integers, carried]);
        let trace = self.trace;
        self.under(&hash, position, trace.positions(), &trace.positions_root, Error::PositionMismatch)?;
        // SAFETY: the length is a multiple of 32 and a hash is bytes.
        Ok(unsafe { core::slice::from_raw_parts(carried.as_ptr() as *const Hash, carried.len() / 32) })
    }

    /// The digest that carried segment `segment` hands on from a position of a sampled run: the integers' digest, the
    /// carried digests' root, the path of both; the digest and its path.
    #[inline(never)]
    pub fn carried_digest(&mut self, position: u32, segment: usize) -> Result<&'a Hash> {
        let content = self.hashes(2)?;
        let hash = keccak256(&[POSITION, &position.to_le_bytes(), &content[0], &content[1]]);
        let (trace, manifest) = (self.trace, self.manifest);
        self.under(&hash, position, trace.positions(), &trace.positions_root, Error::PositionMismatch)?;
        let digest = &self.hashes(1)?[0];
        let (index, count) = (manifest.carried_before(segment) as u32, manifest.first_values.len() as u32);
        self.under(digest, index, count, &content[1], Error::CarriedMismatch)?;
        Ok(digest)
    }

    /// Token `index` of prompt and answer: the token, its salt, and its path in the tree of the one or the other.
    #[inline(never)]
    pub fn token(&mut self, index: u32) -> Result<u32> {
        let trace = self.trace;
        let (index, count, expected) = if index < trace.prompt {
            (index, trace.prompt, &trace.input)
        } else {
            (index - trace.prompt, trace.generated, &trace.output)
        };
        let bytes = self.bytes(4)?;
        let hash = keccak256(&[TOKEN, &index.to_le_bytes(), bytes, self.bytes(SALT_BYTES)?]);
        self.under(&hash, index, count, expected, Error::TokenMismatch)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// The registered digest of a token's embedding, and its path.
    #[inline(never)]
    pub fn row(&mut self, token: u32) -> Result<&'a Hash> {
        require(token < self.manifest.head.vocabulary, Error::TokenMismatch)?;
        let row = &self.hashes(1)?[0];
        let hash = keccak256(&[ROW, &token.to_le_bytes(), row]);
        let head = self.manifest.head;
        self.under(&hash, token, head.vocabulary, &head.rows, Error::RowMismatch)?;
        Ok(row)
    }

    /// What a segment's input digest is made of: itself where it has one edge, else as many points, which follow.
    #[inline(never)]
    pub fn inputs(&mut self, n_edges: usize, input: &'a Hash) -> Result<Inputs<'a>> {
        if n_edges == 1 {
            return Ok(Inputs { digest: input, points: &[] });
        }
        let points = self.bytes(POINT_BYTES * n_edges)?;
        same(&keccak256(&[points]), input, Error::EdgeMismatch)?;
        Ok(Inputs { digest: input, points })
    }
}

/// The parts of a segment's input, one per edge.
pub struct Inputs<'a> {
    digest: &'a Hash,
    pub points: &'a [u8],
}

impl Inputs<'_> {
    /// The part of edge `index` must have the digest that its producer's output has.
    #[inline(never)]
    pub fn equal(&self, index: usize, output: &Hash) -> Result<()> {
        let part = if self.points.is_empty() {
            *self.digest
        } else {
            keccak256(&[&self.points[POINT_BYTES * index..][..POINT_BYTES]])
        };
        same(&part, output, Error::EdgeMismatch)
    }
}
