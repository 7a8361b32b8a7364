//! Keccak Merkle trees of fixed depth: leaves, nodes, and paths at an exact index or range of indices.
//!
//! leaf = keccak(0x00 ‖ kind ‖ content), node = keccak(0x01 ‖ left ‖ right); what is missing to a power of two is the
//! empty leaf, 32 zero bytes, which is no hash of anything known.

use verifier::error::Result;
use verifier::syscall::keccak256;

pub type Hash = [u8; 32];

const NODE: &[u8] = &[1];

/// The first two bytes under a leaf's hash, by the tree that it is in.
pub const POSITION: &[u8] = b"\x00P";
pub const SEGMENT: &[u8] = b"\x00S";
pub const TOKEN: &[u8] = b"\x00T";
pub const ROW: &[u8] = b"\x00R";

/// Levels above the leaves of a tree with `count` of them, at least one.
#[inline(never)]
pub fn depth(count: u32) -> usize {
    let (mut last, mut depth) = (count - 1, 0);
    while last > 0 {
        (last, depth) = (last >> 1, depth + 1);
    }
    depth
}

/// The root that `leaf` at `index` has with the sibling hashes of `path`, from the leaves up.
#[inline(never)]
pub fn root(leaf: &Hash, index: u32, path: &[Hash]) -> Hash {
    let mut hash = *leaf;
    for (level, sibling) in path.iter().enumerate() {
        hash = if index >> level & 1 == 0 {
            keccak256(&[NODE, &hash, sibling])
        } else {
            keccak256(&[NODE, sibling, &hash])
        };
    }
    hash
}

/// The root that neighbouring `leaves`, at least one, have from index `first` on, in a tree of `depth` levels above its
/// leaves; `sibling` gives the hashes beside them, level by level: the left one if the first index is odd, then the right
/// one if the last index is even. The leaves are used up.
#[inline(never)]
pub fn range_root<'a>(
    leaves: &mut [Hash],
    first: u32,
    depth: usize,
    mut sibling: impl FnMut() -> Result<&'a Hash>,
) -> Result<Hash> {
    let (mut first, mut count) = (first, leaves.len());
    for _ in 0..depth {
        let (mut read, mut written) = (0, 0);
        if first & 1 == 1 {
            leaves[0] = keccak256(&[NODE, sibling()?, &leaves[0]]);
            (read, written) = (1, 1);
        }
        while read < count {
            let left = &leaves[read];
            let node = match leaves[..count].get(read + 1) {
                Some(right) => keccak256(&[NODE, left, right]),
                None => keccak256(&[NODE, left, sibling()?]),
            };
            leaves[written] = node;
            (read, written) = (read + 2, written + 1);
        }
        (first, count) = (first >> 1, written);
    }
    Ok(leaves[0])
}
