"""Spot-checks: who may challenge, who may decide, how a check ends, and that it always ends."""

from __future__ import annotations

import pytest
from mai.program import checks, tasks
from program.chain import refused
from program.economy import (
    DAY,
    EMISSION,
    FALSE,
    MAI_UNIT,
    TRUE,
    Economy,
    Job,
    Person,
    check_of,
)
from program.network import digest
from solders.pubkey import Pubkey

NONSENSE = [digest(f"nonsense {index}") for index in range(3)]
Cast = tuple[Economy, Person, Person, list[Person]]


@pytest.fixture
def cast() -> Cast:
    """A worker, a challenger and three thirds who were verifiers before anything began."""
    economy = Economy()
    worker = economy.person(staked=200_000)
    challenger, *thirds = (economy.person(verifier=100_000) for _ in range(4))
    economy.pass_s(1)
    return economy, worker, challenger, thirds


def work(economy: Economy, job: Job) -> dict[str, object]:
    return economy.chain.read("Work", job.work)


def status(economy: Economy, check: Pubkey) -> int:
    return int(economy.chain.read("Check", check)["status"])


def test_a_challenge_holds_both_stakes_and_the_payment(cast: Cast) -> None:
    economy, worker, challenger, _ = cast
    job = economy.job(worker)
    event = economy.open_check(job, challenger).events["CheckOpened"]
    check = economy.chain.read("Check", check_of(job, challenger))
    assert (
        (check["accused"], check["challenger"])
        == (worker.key, challenger.key)
        == (
            event["accused"],
            event["challenger"],
        )
    )
    assert bytes(check["challenger_output"]) == TRUE
    assert check["target_slot"] == economy.chain.svm.get_clock().slot + checks.CHECK_DELAY
    assert work(economy, job)["disputed"]
    assert [economy.stake(person)["disputes"] for person in (worker, challenger)] == [1, 1]
    for name, person in (("unstake", worker), ("undesignate_verifier", challenger)):
        with refused("StakeInDispute"):
            economy.send(name, person, {}, amount=1)


def test_who_may_challenge_what(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job, other = economy.job(worker), economy.job(thirds[0])
    with refused("OwnWork"):
        economy.open_check(job, worker)
    with refused("NotVerifierOwner"):
        economy.open_check(job, thirds[0], stake=challenger.stake, check=check_of(job, challenger))
    with refused("NotWorkersStake"):
        economy.open_check(job, challenger, accused=thirds[0].stake)
    with refused("NotModelOfWork"):
        economy.open_check(job, challenger, model=other.model)
    with refused("SameOutput"):
        economy.open_check(job, challenger, FALSE)
    with refused("ConstraintSeeds"):
        economy.open_check(job, challenger, check=check_of(other, challenger))
    poor = economy.person(verifier=99_999)
    with refused("VerifierStakeTooLow"):
        economy.open_check(job, poor)
    for state in (tasks.WORK_REJECTED, tasks.WORK_ASSIGNED, tasks.WORK_MISSED, tasks.WORK_FORFEITED, tasks.WORK_FAULTY):
        economy.chain.write("Work", job.work, status=state)
        with refused("NothingToCheck"):
            economy.open_check(job, challenger)
    economy.chain.write("Work", job.work, status=tasks.WORK_COMMITTED)
    economy.pass_s(DAY + 1)
    with refused("CheckTooLate"):
        economy.open_check(job, challenger)
    economy.pass_s(-1)
    economy.open_check(job, challenger)
    with refused("AlreadyDisputed"):
        economy.open_check(job, thirds[0])
    with refused("AccountInUse"):
        economy.open_check(job, challenger)


def test_what_was_proved_in_full_is_not_checked(cast: Cast) -> None:
    economy, worker, challenger, _ = cast
    job = economy.job(worker)
    economy.settle(job)
    with refused("AlreadyProved"):
        economy.open_check(job, challenger)
    economy.chain.write("Model", job.model, detection_bps=9_999)
    economy.open_check(job, challenger)


def test_every_open_challenge_is_backed(cast: Cast) -> None:
    economy, worker, challenger, _ = cast
    jobs = [economy.job(worker) for _ in range(2)]
    economy.open_check(jobs[0], challenger)
    with refused("VerifierStakeTooLow"):
        economy.open_check(jobs[1], challenger)
    rich = economy.person(verifier=200_000)
    economy.void_after(jobs[0], challenger)
    economy.pass_s(-DAY - 1)
    for job in jobs:
        economy.open_check(job, rich)


def test_the_draw(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    economy.open_check(job, challenger)
    check = check_of(job, challenger)
    target = economy.chain.read("Check", check)["target_slot"]
    with refused("CheckNotDrawn"):
        economy.decide_check(job, challenger, thirds[0], TRUE)
    with refused("NotSlotHashes"):
        economy.send("draw_check", thirds[0], {"check": check, "slot_hashes": EMISSION})
    economy.chain.set_slot(target)
    with refused("SeedTooEarly"):
        economy.send("draw_check", thirds[0], {"check": check})
    # Too late for that block: another one is set, nobody decides by it yet.
    economy.chain.set_slot(target + 514)
    event = economy.send("draw_check", thirds[0], {"check": check}).events["CheckDrawn"]
    assert (event["seeded"], event["target_slot"]) == (False, target + 514 + checks.CHECK_DELAY)
    with refused("CheckNotDrawn"):
        economy.decide_check(job, challenger, thirds[0], TRUE)
    assert economy.draw_check(job, challenger).events["CheckDrawn"]["seeded"]
    # The seed is fixed: a later block cannot be waited for.
    with refused("AlreadyDrawn"):
        economy.draw_check(job, challenger)
    economy.decide_check(job, challenger, thirds[0], TRUE)
    with refused("CheckClosed"):
        economy.send("draw_check", thirds[0], {"check": check})


def test_the_lottery_orders_many_verifiers_and_then_lets_everybody_in(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    economy.open_check(job, challenger)
    economy.draw_check(job, challenger)
    # Among so many the first chance, 4 in 100,000, rounds down to none in 10,000.
    economy.verifiers_elsewhere(100_000)
    for third in thirds:
        with refused("VerifierNotDrawn"):
            economy.decide_check(job, challenger, third, TRUE)
    economy.pass_s(30)
    economy.decide_check(job, challenger, thirds[0], TRUE)
    assert status(economy, check_of(job, challenger)) == checks.CHECK_UPHELD


def test_who_may_decide(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job, other = economy.job(worker), economy.job(worker)
    economy.open_check(job, challenger)
    economy.draw_check(job, challenger)
    late, poor = economy.person(verifier=100_000), economy.person(verifier=99_999)
    with refused("ChallengerDecides"):
        economy.decide_check(job, challenger, challenger, TRUE)
    economy.chain.write("Stake", worker.stake, disputes=1)
    with refused("AccusedDecides"):
        economy.decide_check(job, challenger, worker, FALSE)
    with refused("DesignatedTooLate"):
        economy.decide_check(job, challenger, late, TRUE)
    economy.chain.write("Stake", poor.stake, verifier_ts=0)
    with refused("VerifierStakeTooLow"):
        economy.decide_check(job, challenger, poor, TRUE)
    third = thirds[0]
    for name, accounts in [
        ("NotThird", {"stake": thirds[1].stake}),
        ("NotChallenger", {"challenger": thirds[1].stake}),
        ("NotChallenger", {"challenger": third.stake}),
        ("NotAccused", {"accused": thirds[1].stake}),
        ("NotAccused", {"accused": challenger.stake}),
        ("NotCheckedWork", {"work": other.work, "task": other.task, "miner": other.miner}),
        ("NotTaskOfWork", {"task": other.task}),
        ("NotMinerOfWork", {"miner": other.miner}),
    ]:
        with refused(name):
            economy.decide_check(job, challenger, third, TRUE, accounts)
    economy.pass_s(DAY + 1)
    with refused("DecisionTooLate"):
        economy.decide_check(job, challenger, third, TRUE)
    economy.pass_s(-1)
    economy.decide_check(job, challenger, third, TRUE)
    with refused("CheckClosed"):
        economy.decide_check(job, challenger, thirds[1], TRUE)


def test_upheld_ends_the_work_and_frees_its_place(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    economy.settle(other := economy.job(worker))
    check = economy.decided(job, challenger, TRUE, (thirds[0], TRUE))
    found, task = economy.chain.read("Check", check), economy.chain.read("Task", job.task)
    assert (found["status"], bytes(found["result"])) == (checks.CHECK_UPHELD, TRUE)
    assert (found["reporter"], found["assistant"]) == (challenger.key, thirds[0].key)
    assert (work(economy, job)["status"], work(economy, job)["disputed"]) == (tasks.WORK_FAULTY, False)
    assert (task["taken"], task["status"], task["first_votes"], task["committed"]) == (0, tasks.TASK_OPEN, 0, 0)
    miner = economy.chain.read("Miner", job.miner)
    assert (miner["in_flight"], miner["failures"], miner["failed"]) == (0, 1, 1)
    assert (economy.chain.read("Emission", EMISSION)["pending"], economy.stake(worker)["at_risk"]) == (0, 0)
    # The one who was right is free; the one who was wrong stays until the offence is reported.
    assert (economy.stake(challenger)["disputes"], economy.stake(challenger)["challenges"]) == (0, 0)
    with refused("StakeInDispute"):
        economy.send("unstake", worker, {}, amount=1)
    economy.report_check(job, check, thirds[2])
    economy.send("unstake", worker, {}, amount=1)
    assert work(economy, other)["status"] == tasks.WORK_SETTLED


def test_upheld_after_the_payment_changes_no_counts(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    economy.settle(job)
    economy.chain.write("Model", job.model, detection_bps=2_000)
    economy.decided(job, challenger, TRUE, (thirds[0], TRUE))
    task = economy.chain.read("Task", job.task)
    assert (work(economy, job)["status"], task["taken"], task["status"]) == (
        tasks.WORK_FAULTY,
        1,
        tasks.TASK_SETTLED,
    )


def test_refuted_gives_the_time_back(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker, TRUE)
    due = work(economy, job)["prove_until_ts"]
    economy.pass_s(1)
    economy.open_check(job, challenger, FALSE)
    economy.pass_s(3_000)
    economy.draw_check(job, challenger)
    event = economy.decide_check(job, challenger, thirds[0], TRUE).events["CheckAnswered"]
    assert (event["status"], event["round"]) == (checks.CHECK_REFUTED, 0)
    after = work(economy, job)
    assert (after["status"], after["disputed"], after["prove_until_ts"]) == (tasks.WORK_COMMITTED, False, due + 3_000)
    assert economy.stake(worker)["disputes"] == 0
    with refused("StakeInDispute"):
        economy.send("undesignate_verifier", challenger, {}, amount=1)
    economy.report_verifier(check_of(job, challenger), challenger, thirds[2])
    assert (economy.stake(challenger)["disputes"], economy.stake(challenger)["challenges"]) == (0, 0)


def test_two_thirds_who_agree_overrule_both_parties(cast: Cast) -> None:
    """A friend's false challenge does not shield a false work."""
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    check = economy.decided(job, challenger, NONSENSE[0], (thirds[0], TRUE), (thirds[1], TRUE))
    found = economy.chain.read("Check", check)
    assert (found["status"], bytes(found["result"])) == (checks.CHECK_UPHELD, TRUE)
    assert (found["reporter"], found["assistant"]) == (thirds[0].key, thirds[1].key)
    assert (economy.stake(challenger)["disputes"], economy.stake(worker)["disputes"]) == (1, 1)
    economy.report_check(job, check, thirds[0])
    economy.report_verifier(check, challenger, thirds[0])
    for third in thirds[:2]:
        with refused("NotContradicted"):
            economy.report_verifier(check, third, challenger)


def test_three_different_thirds_end_it_and_another_may_challenge(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    check = economy.decided(job, challenger, TRUE, *zip(thirds, NONSENSE, strict=True))
    assert status(economy, check) == checks.CHECK_VOID
    assert [economy.stake(person)["disputes"] for person in (worker, challenger)] == [0, 0]
    assert (work(economy, job)["disputed"], work(economy, job)["status"]) == (False, tasks.WORK_COMMITTED)
    for liar in (challenger, thirds[0]):
        with refused("CheckUndecided"):
            economy.report_verifier(check, liar, worker)
    # A void check is no shield against the next challenger.
    again = economy.decided(job, thirds[0], TRUE, (thirds[1], TRUE))
    assert status(economy, again) == checks.CHECK_UPHELD


def test_a_third_answers_once(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    economy.decided(job, challenger, NONSENSE[0], (thirds[0], TRUE))
    economy.draw_check(job, challenger)
    with refused("AlreadyAnswered"):
        economy.decide_check(job, challenger, thirds[0], TRUE)
    economy.decide_check(job, challenger, thirds[1], TRUE)


def test_the_third_who_lost_is_shown(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job = economy.job(worker)
    check = economy.decided(job, challenger, TRUE, (thirds[0], NONSENSE[0]), (thirds[1], TRUE))
    offence = economy.chain.read("Offence", economy.report_verifier(check, thirds[0], worker))
    assert (offence["reporter"], offence["assistant"]) == (challenger.key, thirds[1].key)
    assert (offence["amount"], bytes(offence["output"])) == (100_000 * MAI_UNIT, NONSENSE[0])


def test_a_check_that_nobody_decides_holds_nothing_up_for_ever(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    job, other = economy.job(worker), economy.job(worker)
    due = work(economy, job)["prove_until_ts"]
    economy.open_check(job, challenger)
    economy.pass_s(DAY)
    with refused("CheckRunning"):
        economy.void_check(job, challenger)
    economy.pass_s(1)
    with refused("NotVoidedWork"):
        economy.void_check(job, challenger, {"work": other.work})
    for accounts, name in [
        ({"challenger": worker.stake}, "NotChallenger"),
        ({"accused": challenger.stake}, "NotAccused"),
    ]:
        with refused(name):
            economy.void_check(job, challenger, accounts)
    economy.void_check(job, challenger)
    after = work(economy, job)
    assert (after["disputed"], after["prove_until_ts"]) == (False, due + DAY + 1)
    assert [economy.stake(person)["disputes"] for person in (worker, challenger)] == [0, 0]
    with refused("CheckClosed"):
        economy.void_check(job, challenger)
    # And the window for another challenge has passed with it.
    with refused("CheckTooLate"):
        economy.open_check(job, thirds[0])


def test_compute_units(cast: Cast) -> None:
    economy, worker, challenger, thirds = cast
    economy.decided(economy.job(worker), challenger, NONSENSE[0], (thirds[0], NONSENSE[1]), (thirds[1], NONSENSE[1]))
    other = economy.job(worker)
    economy.open_check(other, thirds[2])
    economy.void_after(other, thirds[2])
    for name in ("open_check", "draw_check", "decide_check", "void_check"):
        print(f"{name}: {economy.units[name]:,} CU")
        assert economy.units[name] <= 60_000
