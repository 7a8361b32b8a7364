"""Rules S2, S9, S10: what a manifest may say, and that it never changes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.trace import INPUT, Kind, Manifest, carried, same
from mai_zk.trace.manifest import HEAD, RECORD, Class, EndRule
from solders.pubkey import Pubkey
from traces import model
from traces.raw import hollow
from traces.world import World, refused


class Raw:
    """A manifest's bytes, for what the class cannot express."""

    def __init__(self, body: bytes) -> None:
        self.body, self.hash = body, keccak256(body)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def sealed(world: World, manifest: Manifest | Raw) -> str | None:
    """The refusal of uploading and sealing."""
    return refused(lambda: world.miner.upload_manifest(manifest))  # type: ignore[arg-type]


_fresh = count(2)


def fresh(**changes: object) -> Manifest:
    """A manifest that was not uploaded yet."""
    return model.manifest(work_units=next(_fresh), **changes)


def segments(index: int, **changes: object) -> Manifest:
    """A manifest with one segment changed."""
    found = list(model.manifest().segments)
    found[index] = replace(found[index], **changes)  # type: ignore[arg-type]
    return fresh(segments=tuple(found))


def test_an_honest_manifest_is_sealed_and_never_changes(world: World) -> None:
    manifest = fresh()
    address = world.miner.upload_manifest(manifest).address
    account = world.chain.account(address)
    assert account is not None
    assert bytes(account.data[80:]) == manifest.body
    header = world.program.decode(account.data)
    assert bytes(header.hash) == manifest.hash
    assert header.sealed
    verifier = world.miner.verifier
    assert refused(lambda: verifier.write(address, 0, b"x")) == "ManifestSealed"
    assert refused(lambda: verifier.close(address)) == "ManifestSealed"
    accounts = {"authority": world.miner.payer.pubkey(), "manifest": address}
    assert refused(lambda: world.miner._send("seal_manifest", accounts)) == "ManifestSealed"
    arguments = {"hash": list(manifest.hash), "size": 1, "bump": header.bump}
    assert refused(lambda: world.miner._send("create_manifest", accounts, arguments)) == "AccountExists"


def test_sealing_needs_the_authority_and_every_byte(world: World) -> None:
    manifest = fresh()
    miner = world.miner
    address, bump = miner.manifest_address(manifest.hash)
    accounts = {"authority": miner.payer.pubkey(), "manifest": address}
    arguments = {"hash": list(manifest.hash), "size": len(manifest.body), "bump": bump}
    miner._send("create_manifest", accounts, arguments)
    assert refused(lambda: miner._send("seal_manifest", accounts)) == "HashMismatch"
    world.manifest, kept = address, world.manifest
    assert refused(lambda: world.commit(hollow(world, 5))) == "ManifestNotSealed"
    world.manifest = kept
    stranger = world.traces()
    theirs = {"authority": stranger.payer.pubkey(), "manifest": address}
    assert refused(lambda: stranger._send("seal_manifest", theirs)) == "WrongAuthority"
    assert refused(lambda: stranger.verifier.write(address, 0, b"x")) == "WrongAuthority"
    assert sealed(world, manifest) is None


def test_s10_fewer_draws_than_the_class_needs(world: World) -> None:
    """Six segments, cheapest cut one leaf: 5 · 6 leaves, or 23 · 6; 8 positions, or 33."""
    assert sealed(world, fresh(n_leaves=29)) == "TooFewDraws"
    assert sealed(world, fresh(n_leaves=30)) is None
    assert sealed(world, fresh(n_positions=7)) == "TooFewDraws"
    high = {"task_class": Class.HIGH, "n_positions": 33, "n_leaves": 138}
    assert sealed(world, fresh(**{**high, "n_leaves": 137})) == "TooFewDraws"
    assert sealed(world, fresh(**{**high, "n_positions": 32})) == "TooFewDraws"
    assert sealed(world, fresh(**high)) is None


def test_counts(world: World) -> None:
    for name, values in {
        "n_positions": (0, 769),
        "n_leaves": (0, 769),
        "token_cap": (0, (1 << 20) + 1),
        "cut": (0, 7),
        "reveal_slots": (0, (1 << 22) + 1),
        "prove_slots": (0, (1 << 22) + 1),
    }.items():
        for value in values:
            assert sealed(world, fresh(**{name: value})) == "ManifestCounts", name
    assert sealed(world, fresh(n_positions=768, n_leaves=768, token_cap=1 << 20, prove_slots=1 << 22)) is None


def raw(change: Callable[[list[object]], None]) -> Raw:
    """A manifest with its head's fields changed."""
    manifest = fresh()
    head = list(HEAD.unpack_from(manifest.body))
    change(head)
    return Raw(HEAD.pack(*head) + manifest.body[HEAD.size :])


def test_the_head(world: World) -> None:
    for index, value in ((0, 1), (1, 3), (2, 2)):
        assert (
            sealed(world, raw(lambda head, index=index, value=value: head.__setitem__(index, value))) == "ManifestHead"
        )
    body = fresh().body
    reserved = HEAD.size - 2 * 32 - 2 * 8 - 5 * 4 - 2
    assert body[reserved : reserved + 2] == bytes(2)
    assert sealed(world, Raw(body[:reserved] + b"\1" + body[reserved + 1 :])) == "ManifestHead"
    for index, name in ((3, "segments"), (4, "edges"), (5, "carried")):
        changed = raw(lambda head, index=index: head.__setitem__(index, int(head[index]) + 1))  # type: ignore[call-overload]
        assert sealed(world, changed) == "ManifestLength", name
    for cut in (body[:-1], body + b"\0", body[: HEAD.size - 1]):
        assert sealed(world, Raw(cut)) == "ManifestLength"
    assert sealed(world, fresh()) is None


def test_segments(world: World) -> None:
    order = list(model.manifest().segments)
    swapped = fresh(segments=(order[0], order[1], order[3], order[2], *order[4:]))
    assert sealed(world, swapped) == "ManifestSegment"
    for wrong in (
        segments(3, shard=0),  # the same place twice
        segments(2, n_outputs=4),  # outputs without an end
        segments(5, n_outputs=0),
        segments(4, kind=Kind.SUM | Kind.END, n_outputs=4),
        segments(4, edges=(same(2),)),  # a sum of one
        segments(2, edges=()),
        segments(2, edges=(same(1),) * 33),
        segments(2, kind=Kind(8)),
        fresh(end_rule=EndRule.VALUE),  # four outputs
    ):
        assert sealed(world, wrong) == "ManifestSegment"
    assert sealed(world, segments(2, edges=(same(1), same(0)))) is None


def test_edges(world: World) -> None:
    for wrong in (
        segments(2, edges=(same(2),)),  # itself
        segments(2, edges=(same(3),)),  # a later one
        segments(2, edges=(carried(0),)),  # not carried
        segments(2, edges=(carried(4000),)),
        segments(1, edges=(same(0), INPUT)),  # the input is a whole input
        segments(0, edges=(carried(1),)),  # no input at all
        segments(5, kind=Kind.CIRCUIT, n_outputs=0),  # no end
    ):
        assert sealed(world, wrong) == "ManifestEdge"
    body = bytearray(fresh().body)
    record = HEAD.size + 2 * RECORD.size
    first = struct.unpack_from("<H", body, record + 72)[0]
    struct.pack_into("<H", body, record + 72, first + 1)
    assert sealed(world, Raw(bytes(body))) == "ManifestEdge"
    assert sealed(world, segments(2, edges=(carried(1),))) is None


def test_upload_is_as_for_keys(world: World) -> None:
    manifest = fresh()
    address, bump = world.miner.manifest_address(manifest.hash)
    good = {"hash": list(manifest.hash), "size": len(manifest.body), "bump": bump}
    accounts = {"authority": world.miner.payer.pubkey(), "manifest": address}
    for changes, name in (({"size": 0}, "SizeOutOfRange"), ({"bump": bump - 1}, "BumpNotCanonical")):
        assert (
            refused(lambda changes=changes: world.miner._send("create_manifest", accounts, {**good, **changes})) == name
        )
    wrong = {**accounts, "manifest": Pubkey.new_unique()}
    assert refused(lambda: world.miner._send("create_manifest", wrong, good)) == "WrongAddress"
    world.miner._send("create_manifest", accounts, {**good, "size": 20_000})
    assert refused(lambda: world.miner._send("seal_manifest", accounts)) == "AccountIncomplete"
    world.miner.verifier.close(address)
    assert sealed(world, manifest) is None


def test_python_refuses_empty_models() -> None:
    with pytest.raises(ZkError):
        fresh(segments=())
    with pytest.raises(ZkError):
        fresh(rows=())
