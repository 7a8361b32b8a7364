//! Keccak Merkle trees of fixed depth: leaves, nodes and paths at an exact index.
//!
//! leaf = keccak(0x00 ‖ kind ‖ content), node = keccak(0x01 ‖ left ‖ right); what is missing to a power of two is the
//! empty leaf, 32 zero bytes, which is no hash of anything known.

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
