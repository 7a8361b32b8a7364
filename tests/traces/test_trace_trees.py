"""Rule S8 in Python: fixed depth, exact index, separate domains; the manifest's bytes."""

from __future__ import annotations

import math

import pytest
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.trace import merkle
from mai_zk.trace.manifest import HEAD, MAGIC, RECORD, row_hash
from mai_zk.trace.work import integers_digest, position_hash, segment_hash
from traces import model


def root_of(leaf: bytes, index: int, path: bytes) -> bytes:
    """As the chain computes it, written a second time."""
    for level in range(len(path) // 32):
        sibling = path[32 * level : 32 * level + 32]
        leaf = keccak256(b"\1" + (sibling + leaf if index >> level & 1 else leaf + sibling))
    return leaf


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 18, 33])
def test_s8_paths_lead_to_the_root_from_their_index_alone(count: int) -> None:
    leaves = [keccak256(b"%d" % index) for index in range(count)]
    tree = merkle.Tree(leaves)
    for index, leaf in enumerate(leaves):
        path = tree.path(index)
        assert len(path) == 32 * merkle.depth(count)
        reached = [at for at in range(1 << merkle.depth(count)) if root_of(leaf, at, path) == tree.root]
        assert reached == [index]
    for index in range(count, 1 << merkle.depth(count)):  # what is missing is the empty leaf
        with pytest.raises(ZkError):
            tree.path(index)
    assert merkle.depth(count) == math.ceil(math.log2(count))


def test_s8_a_tree_with_an_empty_leaf_more_is_the_same_tree_of_another_count() -> None:
    """Counts are never read from a tree: they follow from manifest and token counts."""
    leaves = [keccak256(b"%d" % index) for index in range(5)]
    assert merkle.Tree(leaves).root == merkle.Tree([*leaves, merkle.EMPTY]).root
    assert merkle.Tree(leaves).root != merkle.Tree(leaves[:4]).root
    with pytest.raises(ZkError):
        merkle.Tree([])


def test_s8_domains_and_places_are_in_the_hash() -> None:
    values = model.run(2, (0, 0, 0, 0))
    leaf, position = model.leaves_of(values)[0], model.position_of(values)
    hashes = {
        segment_hash(0, 0, 0, leaf),
        segment_hash(1, 0, 0, leaf),
        segment_hash(0, 1, 0, leaf),
        segment_hash(0, 0, 1, leaf),
        position_hash(0, position),
        position_hash(1, position),
        row_hash(0, leaf.input),
        row_hash(1, leaf.input),
        merkle.node_hash(leaf.input, leaf.output),
    }
    assert len(hashes) == 9
    assert integers_digest([(1, -1)]) != integers_digest([(1, 1)])


def test_the_manifests_bytes() -> None:
    manifest = model.manifest()
    assert manifest.hash == keccak256(manifest.body)
    head = HEAD.unpack_from(manifest.body)
    assert HEAD.size == 120
    assert RECORD.size == 76
    assert head[:6] == (MAGIC, 0, 0, 6, 8, 1)
    assert len(manifest.body) == 120 + 6 * 76 + 8 * 2 + 32
    assert manifest.consumers(1) == [2, 3]
    assert manifest.carried == (1,)
