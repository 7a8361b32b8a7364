"""A verifier's rounds: what is drawn, what cannot be had, who may speak, and every refusal by its name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from mai.chain.stake import Staking
from mai.errors import MaiError
from mai.money import UNITS_PER_MAI
from mai.requester.receipt import receipt_of
from mai.verifywork import sample
from mai.verifywork.rounds import POSITIONS_DIFFER
from mai_zk.trace import Position
from requester.small import Lying, Small, SmallRun
from traces import model
from verifywork.court import Court, other_answer


def test_what_is_drawn_follows_from_the_block_and_the_address(court: Court) -> None:
    verifier = court.verifier("first", rate=5_000)
    works = [court.work(text)[1] for text in ("c", "b", "cc", "bb", "a", "ba")]
    assert verifier.round().works["waiting"] >= 1
    court.pass_slots()
    found = verifier.round().works
    expected = {}
    for work in works:
        seed = sample.seed_of(court.net.chain, court.net.read("Work", work).committed_slot)
        assert seed is not None
        expected[work] = sample.is_drawn(seed, work, verifier.stake, 5_000)
    assert {work: verifier.journal.seen(work).state == "agrees" for work in works} == expected  # type: ignore[union-attr]
    assert found == {
        name: number
        for name, number in (("agrees", sum(expected.values())), ("left", len(works) - sum(expected.values())))
        if number
    }
    court.words()
    verifier.round()
    assert not court.words()


def test_a_verifier_that_comes_late_draws_by_the_trace(court: Court) -> None:
    task, work = court.work()
    late, later = court.verifier("late", rate=100), court.verifier("later", rate=100)
    court.miner.settle(task)
    court.net.chain.pass_slots(600)
    late.round()
    trace = late.reader.trace(bytes(court.net.read("Work", work).context), court.miner.wallet.address)
    drawn = sample.is_drawn(trace.positions_seed, work, late.stake, 100)  # type: ignore[union-attr]
    assert late.journal.seen(work).state == ("agrees" if drawn else "left")  # type: ignore[union-attr]
    # Without a trace nobody can tell any more what was drawn.
    _, other = court.work("b")
    court.net.chain.pass_slots(600)
    later.round()
    seen = later.journal.seen(other)
    assert seen is not None
    assert (seen.state, seen.reason) == ("skipped", "the block that draws this work is too old to be known")


def test_what_is_not_disclosed_is_counted_and_said(court: Court) -> None:
    verifier = court.verifier("first")
    alone = court.verifier("alone", engines=False)
    _, work = court.work()
    court.miner.peer.disclosing = None
    assert verifier.round().works == {"hidden": 1}
    assert "this engine discloses nothing" in court.said[-1][1]
    assert alone.round().works == {"hidden": 1}
    assert court.said[-1][1] == "nobody is known who could disclose it: name an --engine"
    # It is asked for again, as long as the work can be challenged.
    court.miner.peer.disclosing = court.miner.disclose
    assert verifier.round().works == {"agrees": 1}
    court.pass_days(1)
    assert alone.round().works == {"skipped": 1}
    seen = alone.journal.seen(work)
    assert seen is not None and seen.reason.startswith("not disclosed: nobody is known")


def test_what_the_requester_keeps_to_itself_is_not_disclosed(court: Court) -> None:
    from mai.requester.ask import Order

    verifier = court.verifier("first")
    asker = court.net.asker(court.requester, court.miner)
    ask = asker.prepare(court.net.small, "cc", Order(limit=8))
    asker.post(ask)
    asker.offer(ask, lambda *_: None)
    court.miner.work(ask.task)
    assert verifier.round().works == {"hidden": 1}
    assert "its requester does not want it to be read" in court.said[-1][1]


def test_a_false_disclosure_is_refused_and_the_next_one_asked(court: Court) -> None:
    verifier = court.verifier("first")
    _, work = court.work()
    liar, honest = court.net.new_miner("liar"), court.miner
    held = honest.peer.offers[next(iter(honest.peer.offers))]
    swapped = replace(held.prompt, tokens=(0, 0))
    liar.peer.offers = {task: replace(item, prompt=swapped) for task, item in honest.peer.offers.items()}
    verifier.prompts.engines = [liar.peer.engine()]
    assert verifier.round().works == {"hidden": 1}
    assert "the disclosed prompt is not the one on chain" in court.said[-1][1]
    verifier.prompts.engines.append(honest.peer.engine())
    assert verifier.round().works == {"agrees": 1}
    assert verifier.journal.seen(work).reason == ""  # type: ignore[union-attr]


def test_a_receipt_that_was_handed_over_does_as_well(court: Court) -> None:
    ask, _ = court.asked()
    asker = court.net.asker(court.requester, court.miner)
    receipt = receipt_of(ask, asker.reader, court.net.small, None)
    verifier = court.verifier("first", engines=False)
    with pytest.raises(MaiError, match="a private receipt has neither prompt nor answer"):
        verifier.prompts.hold(receipt.private())
    verifier.prompts.hold(receipt)
    assert verifier.round().works == {"agrees": 1}


class ForgedRun(SmallRun):
    """Every leaf is honest, but the digest of the first position's integers is made up."""

    @property
    def positions(self) -> tuple[Position, ...]:  # type: ignore[override]
        first, *rest = (model.position_of(item) for item in self.values)
        return (Position(bytes(32), first.carried), *rest)


def test_other_integers_than_the_traces_are_reported(court: Court) -> None:
    """The chain cannot compare the integers' digest with the commitments: it pays, and only a second run finds it."""
    verifier = court.verifier("first")
    task, work = court.work(lies=lambda run: ForgedRun(run.prompt, run.generated, run.values))
    court.miner.settle(task)
    verifier.round()
    seen = verifier.journal.seen(work)
    assert seen is not None and (seen.state, seen.reason) == ("agrees", POSITIONS_DIFFER)
    evidence = json.loads((verifier.evidence / f"{work}.json").read_text())
    assert evidence["agrees"] and evidence["first_position"]["position"] == 0
    assert evidence["first_position"]["committed_integers"] == "00" * 32
    assert evidence["first_position"]["executed_integers"] != "00" * 32


# Who may speak


def test_without_a_stake_nobody_begins(court: Court) -> None:
    wallet = court.net.wallet("poor")
    poor = court.verifier("poor", wallet=wallet)
    with pytest.raises(MaiError, match=r"has 100,000\.000000000 MAI aside and .* has 0\.000000000: run `mai stake"):
        poor.check_stake()
    staker = court.net.staker("staker", 100_000, warm=False)
    with pytest.raises(MaiError, match=r"has 0\.000000000"):
        court.verifier("staker", wallet=staker).check_stake()
    Staking(court.net.economy).designate(staker.keypair, 100_000 * UNITS_PER_MAI)
    court.verifier("staker", wallet=staker).check_stake()


def test_one_stake_backs_one_challenge_at_a_time(court: Court) -> None:
    verifier = court.verifier("first")
    for text in ("cc", "b"):
        court.work(text, lies=other_answer)
    verifier.round()
    assert sorted(court.words()) == ["challenged", "differs", "differs", "refused"]
    (seen,) = [item for item in verifier.journal.works("differs") if item.reason]
    assert "VerifierStakeTooLow" in seen.reason
    # The other one is challenged as soon as the stake is free, or never, but it is not forgotten.
    Staking(court.net.economy)
    court.net.give(verifier.wallet, 100_000)
    owner = verifier.votes.owner
    Staking(court.net.economy).deposit(owner, 100_000 * UNITS_PER_MAI)
    Staking(court.net.economy).designate(owner, 100_000 * UNITS_PER_MAI)
    verifier.round()
    assert "challenged" in court.words()


def test_a_work_under_another_check_waits(court: Court) -> None:
    first, second = court.verifier("first"), court.verifier("second", model=Lying(court.net.model))
    _, work = court.work(lies=other_answer)
    first.round()
    court.words()
    # The second one finds something else again, and cannot say it while the first challenge is open.
    second.round()
    seen = second.journal.seen(work)
    assert seen is not None and (seen.state, seen.reason) != ("differs", "")


def test_who_is_no_third(court: Court) -> None:
    first = court.verifier("first")
    court.work(lies=other_answer)
    first.round()
    check = first.journal.words()[0].check
    late = court.verifier("late")
    fields = first.reader.read("Check", check)
    assert first.votes.why_not_third(fields) == "it is a party"
    assert late.votes.why_not_third(fields) == "it became a verifier after the check was opened"
    nobody = court.verifier("nobody", wallet=court.net.wallet("nobody"))
    assert nobody.votes.why_not_third(fields) == "it has no verifier stake"
    court.pass_slots()
    late.round()
    assert "decided" not in court.words()
    court.pass_days(1)
    first.round()
    assert first.journal.words()[0].result == "void"


def test_its_own_works_and_other_models_are_left_alone(court: Court) -> None:
    task, _ = court.work()
    own = court.verifier("own", wallet=court.miner.wallet)
    assert own.round().works == {"skipped": 1}
    assert court.said[-1] == ("skipped", "it is the verifier's own work")
    other = court.verifier("other")
    other.models = {}
    assert other.round().works == {}
    (found,) = other.one(task)
    assert "cannot be run on this machine" in found[1]


def test_one_task_is_run_again_on_demand(court: Court) -> None:
    verifier = court.verifier("first", rate=100)
    task, work = court.work()
    assert verifier.one(task) == [(work, "agrees")]
    with pytest.raises(MaiError, match="is no task of this network"):
        verifier.one(work)
    asker = court.net.asker(court.requester, court.miner)
    from mai.requester.ask import Order

    ask = asker.prepare(court.net.small, "b", Order(limit=8))
    asker.post(ask)
    with pytest.raises(MaiError, match="has an output that stands"):
        verifier.one(ask.task)


def test_a_model_that_cannot_run_the_work_is_no_verdict(court: Court) -> None:
    class Broken(Small):
        def run(self, *_: object, **__: object) -> SmallRun:
            from mai_zk.errors import ZkError

            raise ZkError("The weights are gone.")

    verifier = court.verifier("first", model=Broken(court.net.model))
    court.work()
    assert verifier.round().works == {"skipped": 1}
    assert court.said[-1][1] == "small cannot run the work again: The weights are gone."
    assert not verifier.journal.words()
