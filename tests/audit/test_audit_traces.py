"""Challenges: what a trace drew is drawn again from the blocks, and what was not shown is missed."""

from __future__ import annotations

import functools
from dataclasses import replace
from unittest import mock

import pytest
from audit.lies import VERIFIER, VERIFIER_INTERFACE, Lying
from mai.audit.check import Book
from mai.audit.recorder import Recorder
from mai.audit.replay import Audit
from mai.chain.embedded import Embedded
from traces.sampled_world import SampledWorld
from traces.world import World

WORLDS = {"standard": World, "sampled": SampledWorld}
SHOWN = [
    ("standard", "attest"), ("standard", "join"), ("standard", "attest_ends"),
    ("sampled", "execute"), ("sampled", "attest_bound"), ("sampled", "attest_ends"),
]  # fmt: skip


@functools.cache
def traced(kind: str = "standard") -> Recorder:
    """A run that was committed, drawn, revealed, drawn, attested in full and claimed, with real proofs."""
    original = Embedded.__init__

    def recorded(self: Embedded, **options: object) -> None:
        original(self, **options)  # type: ignore[arg-type]
        self.svm = Recorder(self.svm)

    with mock.patch.object(Embedded, "__init__", recorded):
        world = WORLDS[kind]()
        work = world.work()
        world.challenge(work)
        world.attest_all(work)
        world.claim(work)
    source: Recorder = world.chain.svm
    return source


def checked(source: Recorder | Lying, *names: str) -> dict[str, Book]:
    """The checks of the verifier's history alone: there is no policy program on this chain."""
    audit = Audit(source, only=names)
    for book in audit.books:
        for end in book.ending:
            end()
    return {book.check.name: book for book in audit.books}


def found(source: Lying) -> set[str]:
    return {lie for lie, _ in checked(source, "challenges")["challenges"].result.counts}


@pytest.mark.parametrize(("kind", "receipts"), [("standard", 10), ("sampled", 3)])
def test_a_true_trace_holds_and_all_its_proofs(kind: str, receipts: int) -> None:
    books = checked(traced(kind), "challenges", "proofs")
    assert not books["challenges"].result.counts and not books["proofs"].result.counts
    assert books["challenges"].result.checked == 3 and not books["challenges"].result.trusted
    assert sum(books["proofs"].result.trusted.values()) >= receipts


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize("seed", ["positions_seed", "leaves_seed"])
def test_a_trace_that_drew_otherwise_is_found(kind: str, seed: str) -> None:
    source = Lying(traced(kind))
    source.rewrite("Trace", lambda fields: {seed: bytes(32)[:-1] + b"\1"}, owner=VERIFIER)
    assert found(source) == {"trace drawn otherwise"}


@pytest.mark.parametrize(("kind", "name"), SHOWN)
def test_a_leaf_that_was_never_shown_is_missed(kind: str, name: str) -> None:
    source = Lying(traced(kind))
    mark = VERIFIER_INTERFACE.call_kinds[name].arguments.mark
    shown = next(source.with_call(name, VERIFIER))
    calls = tuple(call for call in shown.calls if call.data[:8] != mark)
    source.transactions_[shown.signature] = replace(shown, calls=calls)
    assert found(source) == {"challenge not answered"}


def test_a_leaf_that_is_shown_twice_counts_once() -> None:
    source = Lying(traced())
    (first, second, *_) = source.with_call("attest", VERIFIER)
    mark = VERIFIER_INTERFACE.call_kinds["attest"].arguments.mark
    attest = next(call for call in first.calls if call.data[:8] == mark)
    calls = tuple(attest if call.data[:8] == mark else call for call in second.calls)
    source.transactions_[second.signature] = replace(second, calls=calls)
    assert found(source) == {"leaf attested twice", "challenge not answered"}


def test_another_commitment_draws_otherwise() -> None:
    """A commitment that is said to be of an earlier slot would have known its blocks."""
    source = Lying(traced())
    (committed,) = source.with_call("commit_trace", VERIFIER)
    source.transactions_[committed.signature] = replace(committed, slot=committed.slot - 1)
    assert "trace drawn otherwise" in found(source)


def test_without_blocks_the_account_s_seed_is_believed_and_that_is_said() -> None:
    source = Lying(traced())
    source.no_blocks = True
    book = checked(source, "challenges")["challenges"]
    assert not book.result.counts
    assert sum(book.result.trusted.values()) == 2
