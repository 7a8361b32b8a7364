"""Keccak Merkle trees of fixed depth: leaves, nodes, roots and paths at an exact index.

leaf = keccak(0x00 ‖ kind ‖ content), node = keccak(0x01 ‖ left ‖ right). What is missing to a power of two is the empty
leaf, 32 zero bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mai_zk.errors import ZkError
from mai_zk.field import keccak256

EMPTY: Final = bytes(32)
POSITION: Final = b"\x00P"
SEGMENT: Final = b"\x00S"
TOKEN: Final = b"\x00T"
ROW: Final = b"\x00R"
_NODE: Final = b"\x01"


def depth(count: int) -> int:
    """Levels above the leaves of a tree with ``count`` of them, at least one."""
    return (count - 1).bit_length()


def leaf_hash(kind: bytes, content: bytes) -> bytes:
    """The hash of a leaf; ``kind`` is one of the four domains."""
    return keccak256(kind + content)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return keccak256(_NODE + left + right)


class Tree:
    """All levels of a tree over leaf hashes of 32 bytes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        """ZkError if there is no leaf."""
        if not leaves:
            raise ZkError("A tree needs at least one leaf.")
        self.levels: list[list[bytes]] = [list(leaves)]
        empty = EMPTY
        for _ in range(depth(len(leaves))):
            below = self.levels[-1]
            padded = [*below, empty] if len(below) % 2 else below
            self.levels.append([node_hash(*padded[i : i + 2]) for i in range(0, len(padded), 2)])
            empty = node_hash(empty, empty)

    @property
    def root(self) -> bytes:
        """The root, 32 bytes."""
        return self.levels[-1][0]

    def path(self, index: int) -> bytes:
        """The sibling hashes of leaf ``index``, from the leaves up, 32 bytes each."""
        if not 0 <= index < len(self.levels[0]):
            raise ZkError(f"The tree has {len(self.levels[0])} leaves, none at {index}.")
        siblings, empty = b"", EMPTY
        for level in self.levels[:-1]:
            sibling = index ^ 1
            siblings += level[sibling] if sibling < len(level) else empty
            index, empty = index >> 1, node_hash(empty, empty)
        return siblings

    def span(self, first: int, count: int) -> bytes:
        """The sibling hashes of `count` leaves from `first` on, from the leaves up: at each level the left neighbour of
        a first one that is a right child, then the right neighbour of a last one that is a left child.
        """
        last = first + count - 1
        if count < 1 or first < 0 or last >= len(self.levels[0]):
            raise ZkError(f"The tree has {len(self.levels[0])} leaves, not {first} to {last}.")
        siblings, empty = b"", EMPTY
        for level in self.levels[:-1]:
            if first % 2:
                siblings += level[first - 1]
            if last % 2 == 0:
                siblings += level[last + 1] if last + 1 < len(level) else empty
            first, last, empty = first >> 1, last >> 1, node_hash(empty, empty)
        return siblings
