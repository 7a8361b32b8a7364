"""True histories: nothing is found in them, and what was believed is said."""

from __future__ import annotations

import pytest
from audit.histories import story, walk, walked
from audit.lies import Lying, audited, lies
from mai.audit.findings import Verdict
from mai.audit.replay import Audit
from mai.audit.store import Store

from bench.history import Made


def compared(verdict: Verdict) -> dict[str, int]:
    return {result.name: result.checked for result in verdict.results}


def told(verdict: Verdict) -> list[str]:
    return [finding.sentence for result in verdict.results for finding in result.findings]


def test_the_walk_of_the_whole_economy_is_clean() -> None:
    verdict = audited(walk())
    assert told(verdict) == []
    # An audit that looks at nothing would find nothing as well.
    seen = compared(verdict)
    assert all(seen[name] > 0 for name in seen if name not in ("proofs", "challenges"))
    assert verdict.figures["works paid"] >= 10 and seen["votes"] >= 20 and seen["slashes"] >= 10


@pytest.mark.parametrize("name", ["another walk", "a third walk"])
def test_other_walks_are_clean(name: str) -> None:
    assert told(audited(walked(name, 300))) == []


def test_the_demo_is_clean_and_its_proof_holds_with_ezkl() -> None:
    verdict = audited(story(), skip=())
    assert told(verdict) == []
    proofs = next(result for result in verdict.results if result.name == "proofs")
    assert proofs.trusted == {"verified again by EZKL": 1}


def test_where_old_blocks_are_gone_that_is_said_and_nothing_is_found() -> None:
    """As on a real cluster, which serves no old bank hashes."""
    source = Lying(walk())
    source.no_blocks = True
    verdict = audited(source)
    assert told(verdict) == []
    draws = next(result for result in verdict.results if result.name == "draws")
    assert draws.trusted["the blocks of a draw are no longer served"] > 10


def test_a_made_history_is_clean() -> None:
    verdict = Audit(Made(60), skip=("proofs",)).run()
    assert told(verdict) == []
    assert verdict.figures["works paid"] >= 45


def test_memory_does_not_hold_every_account() -> None:
    store = Store(hot=10)
    for number in range(100):
        store.put(number.to_bytes(32, "little"), b"%d" % number)
    assert len(store._hot) <= 10
    assert dict(store.items()) == {number.to_bytes(32, "little"): b"%d" % number for number in range(100)}
    assert store.get((3).to_bytes(32, "little")) == b"3"
    store.put((3).to_bytes(32, "little"), b"changed")
    assert dict(store.items())[(3).to_bytes(32, "little")] == b"changed"


def test_only_and_skip_leave_the_rest_out() -> None:
    verdict = audited(walk(), only=("mint", "programs"), skip=())
    assert [result.name for result in verdict.results] == ["programs", "mint"]
    assert lies(verdict) == set()
