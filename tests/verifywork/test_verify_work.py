"""The verifier role: honest works agree, wrong ones are slashed, and a verifier that lies loses its own stake."""

from __future__ import annotations

import json

from mai.chain.offences import Offences
from mai.chain.spotcheck import SpotChecks, rules
from mai.chain.tasks import rules as tasks
from mai.money import UNITS_PER_MAI
from mai.verifywork.journal import CLOSED
from requester.small import Lying
from verifywork.court import Court, other_answer

SLASH, VERIFIER_STAKE = 25_000 * UNITS_PER_MAI, 100_000 * UNITS_PER_MAI


def test_an_honest_work_agrees_bit_for_bit(court: Court) -> None:
    task, work = court.work()
    court.miner.settle(task)
    verifier = court.verifier("first")
    assert verifier.round().works == {"agrees": 1}
    assert court.words() == ["agrees"]
    seen = verifier.journal.seen(work)
    assert seen is not None and seen.verdict is not None
    assert seen.verdict["committed_output"] == seen.verdict["executed_output"]
    assert (seen.verdict["first_token"], seen.verdict["first_position"]) == (None, None)
    # All positions' integers are those that the trace committed to.
    assert seen.verdict["positions_agree"] is True
    assert verifier.round().words == 0 and not court.words()


def test_a_wrong_output_is_challenged_confirmed_and_slashed(court: Court) -> None:
    first, second = court.verifier("first"), court.verifier("second")
    _, work = court.work(lies=other_answer)
    stake = court.net.read("Stake", court.net.economy.stake_address(court.miner.wallet.address))
    first.round()
    assert court.words() == ["differs", "challenged"]
    check = court.net.economy.check_address(work, first.stake)
    evidence = json.loads((first.evidence / f"{work}.json").read_text())
    assert evidence["first_token"] == {"index": 0, "position": 1, "committed": 1, "executed": 0}
    assert evidence["committed_output"] != evidence["executed_output"]
    second.round()  # too early: nobody is drawn yet
    assert "decided" not in court.words()
    court.pass_slots()
    second.round()
    assert [word for word in court.words() if word != "differs"] == ["decided", "followed"]
    found = court.net.read("Check", check)
    assert found.status == rules.CHECK_UPHELD
    assert bytes(found.challenger_output) == bytes(found.output0) == bytes.fromhex(evidence["executed_output"])
    assert court.net.read("Work", work).status == tasks.WORK_FAULTY
    offence = court.net.economy.offence_address(work, court.net.economy.stake_address(court.miner.wallet.address))
    assert court.net.read("Offence", offence).amount == SLASH
    court.pass_days(7)
    first.round()
    after = court.net.read("Stake", court.net.economy.stake_address(court.miner.wallet.address))
    assert stake.matured + stake.pending - after.matured - after.pending == SLASH
    # A half is burned; of the rest a fifth is the third's.
    second.round()
    earned = SLASH // 2
    assert (first.summary().earned, second.summary().earned) == (earned - earned // 5, earned // 5)
    assert court.net.economy.balance(first.wallet) == earned - earned // 5
    assert court.net.economy.balance(second.wallet) == earned // 5
    assert {word.state for verifier in (first, second) for word in verifier.journal.words()} == {CLOSED}


def test_a_wrong_challenge_is_refuted_and_costs_the_stake(court: Court) -> None:
    liar = court.verifier("liar", model=Lying(court.net.model))
    honest = court.verifier("honest")
    _, work = court.work()
    liar.round()
    check = court.net.economy.check_address(work, liar.stake)
    court.pass_slots()
    honest.round()
    assert court.net.read("Check", check).status == rules.CHECK_REFUTED
    assert court.net.read("Stake", liar.stake).verifier == 0
    assert court.net.read("Work", work).status == tasks.WORK_COMMITTED
    liar.round()
    assert liar.summary().lost == VERIFIER_STAKE
    assert liar.journal.words()[0].result == "refuted, wrong"
    court.pass_days(7)
    honest.round()
    # The accused assisted: it had said so first.
    half = VERIFIER_STAKE // 2
    assert (honest.summary().earned, honest.summary().lost) == (half - half // 5, 0)


def test_a_proved_appeal_takes_the_stakes_of_those_who_lied_together(proved_court: Court) -> None:
    court = proved_court
    economy, miner = court.net.economy, court.miner
    liar, friend = (court.verifier(name, model=Lying(court.net.model)) for name in ("liar", "friend"))
    court.net.give(miner.wallet.address, 1_000)
    task, work = court.work()
    liar.round()
    court.pass_slots()
    friend.round()
    check = economy.check_address(work, liar.stake)
    assert court.net.read("Check", check).status == rules.CHECK_UPHELD
    offence = economy.offence_address(work, economy.stake_address(miner.wallet.address))
    held = court.net.read("Offence", offence).amount
    assert held > 0
    # The miner proves every leaf of its run, in the offence's own context.
    offences = Offences(economy)
    offences.appeal(miner.wallet.keypair, offence)
    trace = miner.prove(task, bytes(court.net.read("Offence", offence).context))
    offences.prove(miner.wallet.keypair, offence, trace)
    SpotChecks(economy).correct(miner.wallet.keypair, offence)
    for other in (liar, friend):
        offences.report(miner.wallet.keypair, check, other.wallet)
        assert court.net.read("Stake", other.stake).verifier == 0
    court.pass_days(7)
    for verifier in (liar, friend):
        verifier.round()
        assert (verifier.summary().earned, verifier.summary().lost) == (0, VERIFIER_STAKE)
        assert verifier.journal.words()[0].result == "refuted, wrong by proof"
    assert economy.balance(miner.wallet.address) == 1_000 * UNITS_PER_MAI + VERIFIER_STAKE
