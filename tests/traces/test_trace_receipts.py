"""Rules S8, S9, S11: a drawn leaf takes its own receipt, its own path, its own manifest, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from mai_zk.field import keccak256
from mai_zk.trace import Work, opening
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from traces import model
from traces.case import Case
from traces.world import CONTEXT, refused

RECEIPT_SRS, RECEIPT_CONSUMED = 8 + 4 * 32, 8 + 10 * 32 + 8
"""Where a receipt's SRS and its consumed flag are."""


def values_at(case: Case, position: int, segment: int) -> tuple[int, ...]:
    return case.world.input_of(position, segment)


# -- S11: receipts


def test_s11_another_context(case: Case) -> None:
    other = case.world.receipt("left", values_at(case, 1, 2), context=CONTEXT)
    assert case.attest(1, 2, receipt=other) == "ContextMismatch"
    assert case.attest(1, 2) is None


def test_s11_another_claimer(case: Case) -> None:
    """A receipt that somebody else got for the same proof, in this trace's context."""
    friend = case.world.traces()
    other = case.world.receipt("left", values_at(case, 1, 2), traces=friend)
    assert case.attest(1, 2, receipt=other) == "ClaimerMismatch"
    assert case.attest(1, 2) is None


def test_s11_another_key_or_other_weights(case: Case) -> None:
    other_weights = case.world.receipt("right", values_at(case, 1, 3))
    assert case.attest(1, 2, receipt=other_weights) == "ParamsMismatch"
    other_key = case.world.receipt("last", values_at(case, 1, 5))
    assert case.attest(1, 2, receipt=other_key) == "KeyMismatch"
    assert case.attest(1, 2) is None


def test_s11_another_srs_or_a_consumed_receipt(case: Case) -> None:
    receipt = case.world.receipt("left", values_at(case, 1, 2))
    account = case.world.chain.account(receipt)
    assert account is not None
    for offset, name in ((RECEIPT_SRS, "SrsMismatch"), (RECEIPT_CONSUMED, "ReceiptConsumed")):
        changed = bytearray(account.data)
        changed[offset] ^= 1
        case.world.put(receipt, bytes(changed))
        assert case.attest(1, 2, receipt=receipt) == name
    case.world.put(receipt, bytes(account.data), owner=Pubkey.new_unique())
    assert case.attest(1, 2, receipt=receipt) == "WrongOwner"
    case.world.put(receipt, bytes(account.data))
    assert case.attest(1, 2, receipt=receipt) is None


def test_s11_a_receipt_of_the_same_segment_elsewhere(case: Case) -> None:
    other = case.world.receipt("left", values_at(case, 0, 2))
    assert case.attest(1, 2, receipt=other) == "LeafMismatch"
    assert case.attest(0, 2, receipt=other) is None


def test_s11_a_receipt_serves_once_and_a_draw_is_attested_once(case: Case) -> None:
    payer = case.world.miner.payer.pubkey()
    receipt = case.world.receipt("left", values_at(case, 1, 2))
    before = case.world.chain.balance(payer)
    assert case.attest(1, 2, receipt=receipt) is None
    assert case.world.chain.account(receipt) is None
    rent = case.world.chain.rent(344)
    assert before + rent - 500_000 < case.world.chain.balance(payer) <= before + rent  # less the fees
    again = case.world.receipt("left", values_at(case, 1, 2))
    assert case.attest(1, 2, receipt=again) == "AlreadyAttested"
    assert case.attest(1, 4) is None
    assert case.attest(1, 4) == "AlreadyAttested"
    assert case.attest_ends(1) is None
    assert case.attest_ends(1) == "AlreadyAttested"
    flags = case.world.miner.state(case.world.trace).attested
    assert [index for index, flag in enumerate(flags) if flag] == [8, 10, 19]


def test_s11_a_sum_needs_join_and_a_circuit_needs_its_receipt(case: Case) -> None:
    world = case.world
    accounts = {"miner": world.miner.payer.pubkey(), "trace": world.trace, "manifest": world.manifest}
    receipt = world.receipt("left", values_at(case, 1, 2))
    data = opening.of_leaf(case.work, 10)
    attest = lambda: world.miner._opened("attest", {**accounts, "receipt": receipt}, 10, next(world.nonces), data)  # noqa: E731
    assert refused(attest) == "WrongKind"
    join = lambda: world.miner._opened("join", accounts, 8, next(world.nonces), data)  # noqa: E731
    assert refused(join) == "WrongKind"
    for name, draw in (("join", 18), ("attest_ends", 3)):
        call = lambda name=name, draw=draw: world.miner._opened(name, accounts, draw, next(world.nonces), data)  # noqa: E731
        assert refused(call) == "DrawOutOfRange"
    assert case.attest(1, 4) is None


def test_s11_only_the_miner_attests(case: Case) -> None:
    miner, case.world.miner = case.world.miner, case.world.traces()
    assert case.attest(1, 4) == "WrongAuthority"
    assert case.attest(1, 2) == "WrongAuthority"
    assert case.attest_ends(1) == "WrongAuthority"
    case.world.miner = miner
    assert case.attest(1, 4) is None


# -- S8: exact paths


def _opened(case: Case, monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]) -> str | None:
    """The refusal of attesting the first shard at position 1 with a changed opening."""
    honest = opening.of_leaf
    monkeypatch.setattr("mai.chain.trace.opening.of_leaf", lambda work, leaf: change(honest(work, leaf)))
    try:
        return case.attest(1, 2)
    finally:
        monkeypatch.undo()


def test_s8_the_path_is_exact(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = 5  # 18 leaves
    assert _opened(case, monkeypatch, lambda data: data[:-32]) == "OpeningLength"
    assert _opened(case, monkeypatch, lambda data: data + bytes(32)) == "OpeningLength"
    assert _opened(case, monkeypatch, lambda data: data[32:]) == "LeafMismatch"
    for level in range(depth):
        changed = lambda data, at=32 * level: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]  # noqa: E731
        assert _opened(case, monkeypatch, changed) == "LeafMismatch"
    for index in (1, 3, 7, 9, 14):
        other = case.work.leaves_tree.path(index)
        assert _opened(case, monkeypatch, lambda data, other=other: other + data[32 * depth :]) == "LeafMismatch"
    assert case.attest(1, 2) is None


def test_s8_a_leaf_at_another_place(case: Case) -> None:
    """The index is the draw's: two leaves that are swapped are both refused, though each is under the root."""
    leaves = case.world.leaves(case.state.positions)
    case.commit_leaves({(1, 2): leaves[1][3], (1, 3): leaves[1][2]})
    assert case.attest(1, 2) == "LeafMismatch"
    assert case.attest(1, 3) == "LeafMismatch"
    case.commit_leaves({(1, 2): leaves[2][2], (2, 2): leaves[1][2]})
    assert case.attest(1, 2) == "LeafMismatch"
    case.commit_leaves({})
    assert case.attest(1, 2) is None


@pytest.mark.parametrize("tree", ["segments", "positions", "tokens", "rows"])
def test_s8_domains(case: Case, monkeypatch: pytest.MonkeyPatch, tree: str) -> None:
    """A tree whose leaves are hashed without their kind, or as nodes are, is another tree."""
    kinds = {"segments": "SEGMENT", "positions": "POSITION", "tokens": "TOKEN", "rows": "ROW"}
    names = {
        "segments": "LeafMismatch",
        "positions": "PositionMismatch",
        "tokens": "TokenMismatch",
        "rows": "RowMismatch",
    }
    offsets = {"positions": 168, "segments": 200}
    for kind in (b"", b"\0", b"\1S"):
        monkeypatch.setattr(f"mai_zk.trace.merkle.{kinds[tree]}", kind)
        if tree == "segments":
            case.commit_leaves({})
        elif tree == "positions":
            case.commit_positions({})
        elif tree == "tokens":
            case.work.__dict__.pop("prompt_tree", None)
            case.patch(104, case.work.prompt_tree.root)
        else:  # the manifest's root stays: the opening is what is wrong
            case.work.manifest = replace(case.work.manifest)
            assert case.work.manifest.rows_tree.root != case.world.model.rows_tree.root
        refusal = case.attest_ends(0) if tree in ("tokens", "rows") else case.attest(1, 1)
        assert refusal == names[tree], (kind, offsets)
        monkeypatch.undo()
    for root in offsets:
        case.commit_leaves({}) if root == "segments" else case.commit_positions({})
    case.work.manifest = case.world.model
    case.work.__dict__.pop("prompt_tree", None)
    case.patch(104, case.work.prompt_tree.root)
    assert case.attest_ends(0) is None
    assert case.attest(1, 1) is None


def test_s8_the_empty_leaf_is_no_leaf(case: Case) -> None:
    """A tree is filled up with the empty leaf, which is the hash of nothing known: 18 leaves, places 18 to 31."""
    tree = case.work.leaves_tree
    assert len(tree.levels[0]) == 18
    assert tree.levels[0][0] != bytes(32)
    assert case.work.leaves_tree.path(17)[:32] == tree.levels[0][16]
    assert keccak256(b"\x01" + bytes(64)) in {tree.path(16)[32 * i : 32 * i + 32] for i in range(5)}


# -- S9: manifests


def test_s9_another_manifest(case: Case) -> None:
    """The same model with fewer draws, or with other weights: another hash, another model."""
    other = model.manifest(n_leaves=18 * 5, least_bond=1)
    honest = case.world.manifest
    case.world.manifest = case.world.miner.upload_manifest(other).address
    try:
        assert case.attest(1, 4) == "ManifestMismatch"
        assert case.attest(1, 2) == "ManifestMismatch"
        assert case.attest_ends(1) == "ManifestMismatch"
    finally:
        case.world.manifest = honest
    assert case.attest(1, 4) is None


def test_accounts_are_of_their_types(case: Case) -> None:
    world = case.world
    opened = world.miner.verifier.upload_proof(opening.of_leaf(case.work, 10), next(world.nonces)).address
    good = world.program.instruction(
        "join",
        {"miner": world.miner.payer.pubkey(), "trace": world.trace, "manifest": world.manifest, "opening": opened},
        {"draw": 10},
    )

    def with_account(index: int, meta: AccountMeta) -> str | None:
        accounts = list(good.accounts)
        accounts[index] = meta
        changed = Instruction(good.program_id, good.data, accounts)
        return refused(lambda: world.chain.send([changed], [world.miner.payer]))

    addresses = {1: world.trace, 2: world.manifest, 3: opened}
    for index, address in addresses.items():
        account = world.chain.account(address)
        assert account is not None
        foreign = world.put(Pubkey.new_unique(), bytes(account.data), owner=Pubkey.new_unique())
        assert with_account(index, AccountMeta(foreign, False, index == 1)) == "WrongOwner"
        for other in addresses.values():
            if other != address:
                copy = world.chain.account(other)
                assert copy is not None
                clone = world.put(Pubkey.new_unique(), bytes(copy.data))
                assert with_account(index, AccountMeta(clone, False, index == 1)) == "WrongAccountType"
    assert with_account(1, AccountMeta(world.trace, False, False)) == "NotWritable"
    assert with_account(3, AccountMeta(world.manifest, False, False)) == "DuplicateAccount"
    short = Instruction(good.program_id, good.data, good.accounts[:3])
    assert refused(lambda: world.chain.send([short], [world.miner.payer])) == "AccountCount"
    for data in (good.data[:-1], good.data + b"\0"):
        changed = Instruction(good.program_id, data, good.accounts)
        assert refused(lambda changed=changed: world.chain.send([changed], [world.miner.payer])) == "BadArguments"
    assert refused(lambda: world.chain.send([good], [world.miner.payer])) is None


def test_a_work_has_its_tokens_positions() -> None:
    from mai_zk.errors import ZkError

    with pytest.raises(ZkError):
        Work(model.manifest(), [], [], [])
