"""One run of a model: its tokens, its positions, its leaves, and the trees over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mai_zk.errors import ZkError
from mai_zk.trace import merkle
from mai_zk.trace.manifest import Manifest

SALT_BYTES = 16


@dataclass(frozen=True)
class Token:
    """A token and the 16 random bytes that keep its hash from being guessed."""

    value: int
    salt: bytes

    def content(self) -> bytes:
        """As an opening has it."""
        return self.value.to_bytes(4, "little") + self.salt


@dataclass(frozen=True)
class Position:
    """What is committed of every position before anything is drawn.

    integers: keccak of all integers of the position (:func:`mai_zk.trace.work.integers_digest`); carried: the digests
    of the carried segments' outputs.
    """

    integers: bytes
    carried: tuple[bytes, ...]


@dataclass(frozen=True)
class Leaf:
    """The digests of one segment's run, as its receipt has them, and what opening it needs.

    points: the input's commitment points, where it has several edges; outputs: an end segment's output instances.
    point: a sum's output point. parts: the digests of the two parts of an executed segment's output, where it has two.
    """

    input: bytes
    params: bytes
    output: bytes
    points: tuple[bytes, ...] = ()
    outputs: tuple[int, ...] = ()
    point: bytes = b""
    parts: tuple[bytes, ...] = ()

    @property
    def digests(self) -> bytes:
        """The three digests, 96 bytes."""
        return self.input + self.params + self.output


def integers_digest(segments: Sequence[Sequence[int]]) -> bytes:
    """keccak of a position's integers: every segment's outputs in the manifest's order, 32 bytes each, signed, little-
    endian. The chain does not open it; whoever executes the run again compares it."""
    from mai_zk.field import keccak256

    return keccak256(b"".join(value.to_bytes(32, "little", signed=True) for outputs in segments for value in outputs))


def tokens_tree(tokens: Sequence[Token]) -> merkle.Tree:
    """The tree of a prompt or of an answer."""
    leaves = [
        merkle.leaf_hash(merkle.TOKEN, index.to_bytes(4, "little") + token.content())
        for index, token in enumerate(tokens)
    ]
    return merkle.Tree(leaves)


def position_hash(position: int, content: Position, *, rooted: bool = False) -> bytes:
    """The leaf of a position; `rooted`: with the root of what it carries in the place of all of it."""
    carried = merkle.Tree(content.carried).root if rooted else b"".join(content.carried)
    return merkle.leaf_hash(merkle.POSITION, position.to_bytes(4, "little") + content.integers + carried)


def segment_hash(layer: int, shard: int, position: int, leaf: Leaf) -> bytes:
    """The leaf of a segment at a position."""
    place = layer.to_bytes(2, "little") + shard.to_bytes(2, "little") + position.to_bytes(4, "little")
    return merkle.leaf_hash(merkle.SEGMENT, place + leaf.digests)


class Work:
    """The trees of one run under one manifest; the leaves' tree once the positions are drawn."""

    def __init__(
        self, manifest: Manifest, prompt: Sequence[Token], generated: Sequence[Token], positions: Sequence[Position]
    ) -> None:
        """ZkError unless there is one position per token but the last."""
        if len(positions) != len(prompt) + len(generated) - 1:
            raise ZkError(f"{len(prompt)} + {len(generated)} tokens have another number of positions.")
        self.manifest = manifest
        self.prompt, self.generated, self.positions = tuple(prompt), tuple(generated), tuple(positions)
        self.leaves: dict[int, tuple[Leaf, ...]] = {}
        self.drawn: tuple[int, ...] = ()

    @cached_property
    def prompt_tree(self) -> merkle.Tree:
        """The prompt's tokens; its root is the work's input."""
        return tokens_tree(self.prompt)

    @cached_property
    def generated_tree(self) -> merkle.Tree:
        """The answer's tokens; its root is the work's output."""
        return tokens_tree(self.generated)

    @cached_property
    def positions_tree(self) -> merkle.Tree:
        """All positions."""
        rooted = self.manifest.sampled
        return merkle.Tree([position_hash(i, content, rooted=rooted) for i, content in enumerate(self.positions)])

    def carried_tree(self, position: int) -> merkle.Tree:
        """What a position hands on, in the sampled class."""
        return merkle.Tree(self.positions[position].carried)

    def set_leaves(self, leaves: Mapping[int, Sequence[Leaf]]) -> None:
        """The leaves of the drawn positions (by position, in the manifest's order)."""
        self.drawn = tuple(sorted(leaves))
        self.leaves = {position: tuple(leaves[position]) for position in self.drawn}
        if any(len(found) != len(self.manifest.segments) for found in self.leaves.values()):
            raise ZkError("Every drawn position has one leaf per segment.")
        self.__dict__.pop("leaves_tree", None)

    @cached_property
    def leaves_tree(self) -> merkle.Tree:
        """The leaves of the drawn positions."""
        return merkle.Tree(
            [
                segment_hash(segment.layer, segment.shard, position, leaf)
                for position in self.drawn
                for segment, leaf in zip(self.manifest.segments, self.leaves[position], strict=True)
            ]
        )
