"""Offences: what the chain's state shows, what that costs, who is paid, and how proof undoes it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from mai.program import parameters, slashing, tasks
from program.chain import OUT, refused
from program.economy import (
    CONFIG, DAY, EMISSION, FALSE, GOVERNANCE, INCINERATOR, INPUT, KEY_HASH, MAI_UNIT, TRUE, Economy, Job, Person,
    check_of, offence_of,
)  # fmt: skip
from program.network import digest, pda
from solders.pubkey import Pubkey

SLASH = 50_000 * MAI_UNIT
VERIFIER_STAKE = 100_000 * MAI_UNIT
BOND, APPEAL_BOND = 50_000_000, 1_000 * MAI_UNIT
WINDOW = PROOF_TIME = 7 * DAY
PARTS = ("matured", "pending", "unstaking", "verifier", "escrowed")


@pytest.fixture
def economy() -> Economy:
    return Economy()


@pytest.fixture
def reporter(economy: Economy) -> Person:
    return economy.person()


def offence(economy: Economy, address: Pubkey) -> dict[str, Any]:
    return economy.chain.read("Offence", address)


def miner(economy: Economy, job: Job) -> dict[str, Any]:
    return economy.chain.read("Miner", job.miner)


def parts(economy: Economy, person: Person) -> list[int]:
    stake = economy.stake(person)
    return [stake[part] // MAI_UNIT for part in PARTS]


def missed(economy: Economy, **changes: Any) -> Job:
    """A work whose proof is overdue."""
    job = economy.cheat(**changes)
    economy.pass_s(DAY + 1)
    return job


def critical(economy: Economy, job: Job, first: int, second: int, settled: int) -> None:
    """The job's task has three places; the job gave the second output."""
    economy.chain.write(
        "Task", job.task, places=3, taken=3 - settled, settled=settled, committed=first + second,
        first_output=TRUE, first_votes=first, second_output=job.output, second_votes=second,
    )  # fmt: skip


# What is an offence


def test_an_implausible_claim_is_soft_and_not_appealed(economy: Economy, reporter: Person) -> None:
    job = economy.cheat(status=tasks.WORK_REJECTED)
    address = economy.report(job, reporter)
    found = offence(economy, address)
    assert (found["kind"], found["status"]) == (slashing.OFFENCE_INVALID_CLAIM, slashing.OFFENCE_PENDING)
    assert (found["amount"], found["bond"]) == (SLASH // 10, BOND // 10)
    assert (found["reporter"], found["assistant"]) == (reporter.key, Pubkey.default())
    assert (miner(economy, job)["bond"], miner(economy, job)["quality_bps"]) == (BOND - BOND // 10, 8_000)
    assert economy.chain.read("Work", job.work)["status"] == tasks.WORK_REJECTED
    with refused("NotAppealable"):
        economy.appeal(address, job.person)


@pytest.mark.parametrize(("sampling", "share"), [(10_000, 10), (9_999, 1)])
def test_a_missed_proof_is_hard_where_it_walked_away_from_a_draw(
    economy: Economy, reporter: Person, sampling: int, share: int
) -> None:
    job = economy.cheat(sampling_bps=sampling)
    economy.pass_s(DAY)
    with refused("NothingToReport"):
        economy.report(job, reporter)
    economy.pass_s(1)
    address = economy.report(job, reporter)
    found, state, task = offence(economy, address), miner(economy, job), economy.chain.read("Task", job.task)
    assert (found["kind"], found["amount"], found["bond"]) == (
        slashing.OFFENCE_MISSED_PROOF, SLASH // share, BOND // share,
    )  # fmt: skip
    assert (state["quality_bps"], state["in_flight"], state["failures"], state["offences"]) == (
        2_000 if share == 1 else 8_000, 0, 1, 1,
    )  # fmt: skip
    assert (task["taken"], task["status"], task["round"], task["first_votes"]) == (0, tasks.TASK_OPEN, 1, 0)
    assert economy.chain.read("Work", job.work)["status"] == tasks.WORK_FORFEITED
    assert (economy.chain.read("Emission", EMISSION)["pending"], economy.stake(job.person)["at_risk"]) == (0, 0)


def test_what_could_not_be_paid_is_no_offence_and_can_be_closed(economy: Economy, reporter: Person) -> None:
    withdrawn, paid_elsewhere, alone, disputed = (economy.cheat() for _ in range(4))
    economy.chain.write("Model", withdrawn.model, approved=False)
    economy.chain.write("SpentRecord", paid_elsewhere.spent_record, spent=True, task=withdrawn.task)
    critical(economy, alone, first=0, second=1, settled=0)
    economy.chain.write("Work", disputed.work, disputed=True)
    with refused("StillProvable"):
        economy.close_work(alone, reporter)
    economy.pass_s(DAY + 1)
    for job in (withdrawn, paid_elsewhere, alone, disputed):
        with refused("NothingToReport"):
            economy.report(job, reporter)
    with refused("CheckStillOpen"):
        economy.close_work(disputed, reporter)
    economy.chain.write("Work", disputed.work, disputed=False)
    with refused("MustBeReported"):
        economy.close_work(disputed, reporter)
    with refused("NotRecordOfTask"):
        economy.close_work(alone, reporter, spent_record=disputed.spent_record)
    for job in (withdrawn, paid_elsewhere, alone):
        economy.close_work(job, reporter)
        state = miner(economy, job)
        assert (state["in_flight"], state["failures"], state["offences"]) == (0, 0, 0)
        assert economy.stake(job.person)["at_risk"] == 0
        with refused("NothingToClose"):
            economy.close_work(job, reporter)
    # Its own task paid the record: that is no excuse.
    economy.chain.write("SpentRecord", disputed.spent_record, spent=True, task=disputed.task)
    economy.report(disputed, reporter)


def test_another_output_than_the_proved_majority_s(economy: Economy, reporter: Person) -> None:
    job = economy.cheat()
    # Two against one convict nobody before one of the two has been proved.
    critical(economy, job, first=2, second=1, settled=0)
    with refused("NothingToReport"):
        economy.report(job, reporter)
    critical(economy, job, first=2, second=1, settled=1)
    found = offence(economy, economy.report(job, reporter))
    assert (found["kind"], found["amount"], bytes(found["output"])) == (
        slashing.OFFENCE_MINORITY_OUTPUT, SLASH, FALSE,
    )  # fmt: skip
    assert economy.chain.read("Work", job.work)["status"] == tasks.WORK_FAULTY
    assert economy.chain.read("Task", job.task)["second_votes"] == 0


def test_the_first_output_of_an_ordinary_task_is_no_majority(economy: Economy, reporter: Person) -> None:
    job = economy.cheat()
    economy.chain.write("Task", job.task, first_output=TRUE, second_output=FALSE, second_votes=1, committed=2)
    with refused("NothingToReport"):
        economy.report(job, reporter)


def test_what_was_settled_or_ended_is_not_reported(economy: Economy, reporter: Person) -> None:
    job = missed(economy)
    for status in (tasks.WORK_SETTLED, tasks.WORK_ASSIGNED, tasks.WORK_MISSED, tasks.WORK_FORFEITED, tasks.WORK_FAULTY):
        economy.chain.write("Work", job.work, status=status)
        with refused("NothingToReport"):
            economy.report(job, reporter)
    economy.chain.write("Work", job.work, status=tasks.WORK_COMMITTED)
    economy.report(job, reporter)


def test_every_account_of_a_report_is_checked(economy: Economy, reporter: Person) -> None:
    job, other = missed(economy), missed(economy)
    for name, accounts in [
        ("NotMinerOfWork", {"miner": other.miner}),
        ("NotStakeOfWork", {"stake": other.person.stake, "offence": offence_of(job.work, other.person)}),
        ("NotModelOfTask", {"model": other.model}),
        ("NotTaskOfWork", {"task": other.task}),
        ("NotRecordOfTask", {"spent_record": other.spent_record}),
        ("ConstraintSeeds", {"offence": offence_of(other.work, job.person)}),
    ]:
        with refused(name):
            economy.report(job, reporter, **accounts)
    economy.report(job, reporter)
    with refused("AccountInUse"):
        economy.report(job, reporter)


# What it costs


def test_slashing_reaches_everything_in_order(economy: Economy, reporter: Person) -> None:
    person = economy.person(staked=20_000, verifier=10_000)
    economy.send("unstake", person, {}, amount=12_000 * MAI_UNIT)
    economy.send("deposit_stake", person, {}, amount=5_000 * MAI_UNIT)
    job = economy.job(person, status=tasks.WORK_REJECTED)
    economy.report(job, reporter)
    assert parts(economy, person) == [8_000, 0, 12_000, 10_000, 5_000]
    for left in ([3_000, 0, 12_000, 10_000, 10_000], [0, 0, 10_000, 10_000, 15_000]):
        economy.report(economy.job(person, status=tasks.WORK_REJECTED), reporter)
        assert parts(economy, person) == left
    hard = economy.job(person)
    economy.pass_s(DAY + 1)
    address = economy.report(hard, reporter)
    # Never more than there is.
    assert parts(economy, person) == [0, 0, 0, 0, 35_000]
    taken = offence(economy, address)
    assert [taken[part] // MAI_UNIT for part in ("amount", "from_unstaking", "from_verifier")] == [
        20_000, 10_000, 10_000,
    ]  # fmt: skip
    economy.pass_s(14 * DAY)
    with refused("NothingToWithdraw"):
        economy.send("withdraw_stake", person, {})
    assert economy.stake(person)["offences"] == 4


def test_executing_burns_its_share_and_pays_the_rest(economy: Economy, reporter: Person) -> None:
    job = missed(economy)
    address = economy.report(job, reporter)
    supply, wallet = economy.chain.supply(economy.mint), economy.chain.balance(reporter.wallet)
    lamports = [economy.chain.svm.get_balance(key) or 0 for key in (reporter.key, INCINERATOR, job.miner)]
    economy.pass_s(WINDOW)
    with refused("OffenceNotFinal"):
        economy.execute(address, job, job.person, reporter)
    economy.pass_s(1)
    event = economy.execute(address, job, job.person, reporter).events["OffenceExecuted"]
    assert (event["burned"], event["reporter_paid"], event["assistant_paid"]) == (SLASH // 2, SLASH // 2, 0)
    assert economy.chain.supply(economy.mint) == supply - SLASH // 2
    assert economy.chain.balance(reporter.wallet) == wallet + SLASH // 2
    assert economy.chain.read("Emission", EMISSION)["slash_burned"] == SLASH // 2
    after = [economy.chain.svm.get_balance(key) or 0 for key in (reporter.key, INCINERATOR, job.miner)]
    assert [new - old for new, old in zip(after, lamports, strict=True)] == [BOND // 2, BOND // 2, -BOND]
    assert (economy.stake(job.person)["escrowed"], miner(economy, job)["bond"]) == (0, 0)
    with refused("OffenceEnded"):
        economy.execute(address, job, job.person, reporter)


def test_every_account_of_an_execution_is_checked(economy: Economy, reporter: Person) -> None:
    job, other = missed(economy), missed(economy)
    address = economy.report(job, reporter)
    economy.pass_s(WINDOW + 1)
    rival, put = other.person, economy.chain.put_token_account
    for name, accounts in [
        ("NotOffendersStake", {"stake": rival.stake}),
        ("NotOffendersMiner", {"miner": other.miner}),
        ("NotMaiMint", {"mint": economy.chain.put_mint(CONFIG, None)}),
        ("WrongVault", {"vault": put(economy.mint, CONFIG, 10**18)}),
        ("NotWalletOwner", {"reporter_account": rival.wallet}),
        ("NotWalletOwner", {"reporter_account": economy.vault}),
        ("NotMai", {"reporter_account": put(Pubkey.new_unique(), reporter.key)}),
        ("NotWalletOwner", {"assistant_account": rival.wallet}),
        ("NotReporter", {"reporter_wallet": rival.key}),
        ("NotIncinerator", {"incinerator": rival.key}),
    ]:
        with refused(name):
            economy.execute(address, job, rival, reporter, **accounts)
    economy.execute(address, job, rival, reporter)


def test_being_reported_by_a_friend_costs_the_burned_share(economy: Economy) -> None:
    """Whoever reports, at least BURN_BPS of the slash and half the bond are gone."""
    friend = economy.person()
    job = missed(economy)
    before = sum(economy.stake(job.person)[part] for part in PARTS) + economy.chain.balance(friend.wallet)
    address = economy.report(job, friend)
    economy.pass_s(WINDOW + 1)
    economy.execute(address, job, friend, friend)
    after = sum(economy.stake(job.person)[part] for part in PARTS) + economy.chain.balance(friend.wallet)
    assert before - after == SLASH * economy.parameters[parameters.BURN_BPS] // 10_000
    assert economy.stake(job.person)["offences"] == miner(economy, job)["offences"] == 1


# Appeals


def test_a_proved_appeal_gives_everything_back_but_the_count(economy: Economy, reporter: Person) -> None:
    job = economy.cheat(TRUE)
    critical(economy, job, first=2, second=1, settled=1)
    person = job.person
    before = parts(economy, person)
    address = economy.report(job, reporter)
    wallet = economy.chain.balance(person.wallet)
    economy.appeal(address, person)
    assert economy.chain.balance(person.wallet) == wallet - APPEAL_BOND
    receipt = economy.receipt(person, bytes(address), TRUE)
    event = economy.prove_appeal(job, address, person, receipt).events["OffenceOverturned"]
    assert (event["amount"], event["bond"]) == (SLASH, BOND)
    assert (parts(economy, person), economy.chain.balance(person.wallet)) == (before, wallet)
    state = miner(economy, job)
    assert (state["bond"], state["offences"], state["overturned"]) == (BOND, 1, 1)
    assert economy.stake(person)["offences"] == 1
    assert offence(economy, address)["status"] == slashing.OFFENCE_OVERTURNED
    economy.pass_s(WINDOW + PROOF_TIME + 1)
    with refused("OffenceEnded"):
        economy.execute(address, job, reporter, reporter)
    with refused("NotPending"):
        economy.appeal(address, person)
    with refused("NotAppealed"):
        economy.prove_appeal(job, address, person, receipt)


def test_what_comes_back_is_where_it_was(economy: Economy, reporter: Person) -> None:
    """An overturned offence is no way around the warm-up, the cooldown or the verifier's stake."""
    person = economy.person(staked=20_000, verifier=30_000)
    economy.send("unstake", person, {}, amount=12_000 * MAI_UNIT)
    economy.send("deposit_stake", person, {}, amount=5_000 * MAI_UNIT)
    job = economy.job(person, TRUE)
    economy.pass_s(DAY + 1)
    before, stake = parts(economy, person), economy.stake(person)
    address = economy.report(job, reporter)
    assert parts(economy, person) == [0, 0, 0, 5_000, 50_000]
    economy.appeal(address, person)
    economy.prove_appeal(job, address, person, economy.receipt(person, job.context, TRUE))
    after = economy.stake(person)
    assert parts(economy, person) == before
    assert (after["pending_ts"], after["unlock_ts"]) == (stake["pending_ts"], stake["unlock_ts"])


def test_an_appeal_that_is_not_proved_burns_its_bond(economy: Economy, reporter: Person) -> None:
    job = missed(economy)
    address = economy.report(job, reporter)
    economy.pass_s(WINDOW)
    economy.appeal(address, job.person)
    economy.pass_s(PROOF_TIME)
    with refused("OffenceNotFinal"):
        economy.execute(address, job, reporter, reporter)
    economy.pass_s(1)
    with refused("ProofTooLate"):
        economy.prove_appeal(job, address, job.person, economy.receipt(job.person, job.context, FALSE))
    event = economy.execute(address, job, reporter, reporter).events["OffenceExecuted"]
    assert (event["burned"], event["reporter_paid"]) == (SLASH // 2 + APPEAL_BOND, SLASH // 2)


def test_who_may_appeal_and_when(economy: Economy, reporter: Person) -> None:
    job = missed(economy)
    address, person = economy.report(job, reporter), job.person
    with refused("NotOffender"):
        economy.appeal(address, reporter)
    with refused("NotAppealed"):
        economy.prove_appeal(job, address, person, economy.receipt(person, job.context, FALSE))
    for name, accounts in [
        ("WrongVault", {"vault": reporter.wallet}),
        ("NotWalletOwner", {"token_account": reporter.wallet}),
        ("NotMai", {"token_account": economy.chain.put_token_account(Pubkey.new_unique(), person.key, 10**18)}),
    ]:
        with refused(name):
            economy.appeal(address, person, **accounts)
    economy.pass_s(WINDOW + 1)
    with refused("AppealTooLate"):
        economy.appeal(address, person)
    economy.pass_s(-1)
    economy.appeal(address, person)
    with refused("NotPending"):
        economy.appeal(address, person)


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("context", "ContextMismatch"),
        ("key_hash", "KeyMismatch"),
        ("srs", "SrsMismatch"),
        ("input", "InputMismatch"),
        ("params", "ParamsMismatch"),
        ("output", "OutputMismatch"),
    ],
)
def test_a_receipt_for_anything_else_proves_nothing(
    economy: Economy, reporter: Person, field: str, name: str
) -> None:
    job = missed(economy)
    address, person = economy.report(job, reporter), job.person
    economy.appeal(address, person)
    fields = {"context": job.context, "output": FALSE, field: digest("something else")}
    with refused(name):
        economy.prove_appeal(job, address, person, economy.receipt(person, **fields))
    economy.prove_appeal(job, address, person, economy.receipt(person, job.context, FALSE))


def test_every_account_of_a_proof_is_checked(economy: Economy, reporter: Person) -> None:
    job, other = missed(economy), missed(economy)
    address, person = economy.report(job, reporter), job.person
    economy.appeal(address, person)
    receipt, put = economy.receipt(person, job.context, FALSE), economy.chain.put_token_account
    with refused("NotAppellant"):
        economy.prove_appeal(job, address, reporter, economy.receipt(reporter, job.context, FALSE))
    with refused("ClaimerMismatch"):
        economy.prove_appeal(job, address, person, economy.receipt(reporter, job.context, FALSE))
    with refused("WrongTokens"):
        economy.prove_appeal(job, address, person, receipt, tokens=8)
    for name, accounts in [
        ("NotStakeOfOffence", {"stake": other.person.stake}),
        ("NotMinerOfOffence", {"miner": other.miner}),
        ("NotTaskOfOffence", {"task": other.task}),
        ("NotModelOfOffence", {"model": other.model}),
        ("WrongVault", {"vault": reporter.wallet}),
        ("NotWalletOwner", {"token_account": reporter.wallet}),
        ("NotMai", {"token_account": put(Pubkey.new_unique(), person.key)}),
        ("NotVerifier", {"verifier_program": Pubkey.new_unique()}),
    ]:
        with refused(name):
            economy.prove_appeal(job, address, person, receipt, **accounts)
    economy.prove_appeal(job, address, person, receipt)
    second = economy.report(other, reporter)
    economy.appeal(second, other.person)
    with refused("ReceiptConsumed"):
        economy.prove_appeal(other, second, other.person, receipt)


def test_a_missed_draw_is_not_drawn_again(economy: Economy, reporter: Person) -> None:
    """The appeal of a missed proof needs the proof that was due: a new context would be a new draw."""
    job = missed(economy)
    address, person = economy.report(job, reporter), job.person
    economy.appeal(address, person)
    with refused("ContextMismatch"):
        economy.prove_appeal(job, address, person, economy.receipt(person, bytes(address), FALSE))
    economy.prove_appeal(job, address, person, economy.receipt(person, job.context, FALSE))


def test_a_sampled_proof_is_claimed_as_a_trace(economy: Economy, reporter: Person) -> None:
    traces = Pubkey.from_bytes(digest("traces program"))
    economy.chain.svm.add_program_from_file(traces, OUT / "traces.so")
    economy.chain.write("Config", CONFIG, verifier=traces, verifier_tag=pda(b"claim", bytes(traces)))
    job = missed(economy)
    economy.chain.write("Model", job.model, proof=1, detection_bps=2_000)
    address, person = economy.report(job, reporter), job.person
    economy.appeal(address, person)

    def trace(context: bytes = job.context, generated: int = 9, step: int = 4) -> Pubkey:
        key = Pubkey.new_unique()
        head = bytes([0x8B, 0xF9, 0xC6, 0xD1, 0x5B, 0x7C, 0xA2, 0x8B]) + context + bytes(person.key) + KEY_HASH
        data = head + INPUT + FALSE + bytes(4 * 32) + bytes(24) + struct.pack("<3I", 7, generated, 100)
        economy.chain.put(key, data + bytes(16) + bytes([step, 0, 0, 0]), traces)
        return key

    for wrong, name in [
        (trace(context=digest("another")), "ContextMismatch"),
        (trace(generated=10), "ShapeMismatch"),
        (trace(step=3), "TraceNotProved"),
    ]:
        with refused(name):
            economy.prove_appeal(job, address, person, wrong, verifier_program=traces)
    economy.prove_appeal(job, address, person, trace(), verifier_program=traces)
    assert offence(economy, address)["status"] == slashing.OFFENCE_OVERTURNED


# Checks


@pytest.fixture
def court(economy: Economy) -> tuple[Person, list[Person]]:
    """A challenger and three thirds."""
    challenger, *thirds = (economy.person(verifier=100_000) for _ in range(4))
    economy.pass_s(1)
    return challenger, thirds


def test_a_failed_check_pays_challenger_and_third(
    economy: Economy, reporter: Person, court: tuple[Person, list[Person]]
) -> None:
    challenger, (third, *_) = court
    job, other = economy.cheat(), economy.cheat()
    check = economy.decided(job, challenger, TRUE, (third, TRUE))
    with refused("NotCheckOfWork"):
        economy.report_check(other, check, reporter)
    with refused("NotStakeOfWork"):
        economy.report_check(job, check, reporter, stake=other.person.stake, offence=offence_of(job.work, other.person))
    address = economy.report_check(job, check, reporter)
    found = offence(economy, address)
    assert (found["kind"], found["amount"], found["bond"]) == (slashing.OFFENCE_FAILED_CHECK, SLASH, BOND)
    assert (found["evidence"], found["reporter"], found["assistant"]) == (check, challenger.key, third.key)
    economy.pass_s(WINDOW + 1)
    with refused("NotWalletOwner"):
        economy.execute(address, job, reporter, challenger)
    event = economy.execute(address, job, reporter, challenger, third).events["OffenceExecuted"]
    assert (event["burned"], event["reporter_paid"], event["assistant_paid"]) == (
        SLASH // 2, SLASH * 4 // 10, SLASH // 10,
    )  # fmt: skip


def test_a_check_that_is_open_refuted_or_void_shows_no_offence(
    economy: Economy, reporter: Person, court: tuple[Person, list[Person]]
) -> None:
    challenger, thirds = court
    job = economy.cheat(TRUE)
    economy.open_check(job, challenger, FALSE)
    check = check_of(job, challenger)
    with refused("CheckNotUpheld"):
        economy.report_check(job, check, reporter)
    with refused("CheckUndecided"):
        economy.report_verifier(check, challenger, reporter)
    economy.draw_check(job, challenger)
    economy.decide_check(job, challenger, thirds[0], TRUE)
    with refused("CheckNotUpheld"):
        economy.report_check(job, check, reporter)
    for innocent in (job.person, thirds[0], thirds[1]):
        with refused("NotContradicted"):
            economy.report_verifier(check, innocent, reporter)
    economy.report_verifier(check, challenger, reporter)
    with refused("AccountInUse"):
        economy.report_verifier(check, challenger, reporter)


def test_a_false_challenge_costs_the_verifier_stake(
    economy: Economy, reporter: Person, court: tuple[Person, list[Person]]
) -> None:
    challenger, (third, *_) = court
    economy.send("deposit_stake", challenger, {}, amount=1_000 * MAI_UNIT)
    verifiers = economy.chain.read("Governance", GOVERNANCE)["verifiers"]
    job = economy.cheat(TRUE)
    check = economy.decided(job, challenger, FALSE, (third, TRUE))
    address = economy.report_verifier(check, challenger, reporter)
    found = offence(economy, address)
    assert (found["kind"], found["amount"], found["bond"]) == (slashing.OFFENCE_FALSE_CHECK, VERIFIER_STAKE, 0)
    assert parts(economy, challenger) == [0, 1_000, 0, 0, 100_000]
    assert economy.chain.read("Governance", GOVERNANCE)["verifiers"] == verifiers - 1
    assert (found["reporter"], found["assistant"]) == (third.key, job.person.key)
    assert miner(economy, job)["offences"] == 0
    economy.pass_s(WINDOW + 1)
    event = economy.execute(address, job, reporter, third, job.person).events["OffenceExecuted"]
    assert (event["assistant_paid"], event["bond_paid"]) == (VERIFIER_STAKE // 10, 0)
    assert miner(economy, job)["bond"] == BOND


def test_collusion_of_challenger_and_third_ends_with_their_stake(
    economy: Economy, reporter: Person, court: tuple[Person, list[Person]]
) -> None:
    challenger, (third, honest, _) = court
    job = economy.cheat(TRUE)
    person = job.person
    check = economy.decided(job, challenger, FALSE, (third, FALSE))
    address = economy.report_check(job, check, challenger)
    with refused("NotOverturned"):
        economy.correct_check(job, check, address, reporter)
    economy.appeal(address, person)
    economy.prove_appeal(job, address, person, economy.receipt(person, bytes(address), TRUE))
    assert parts(economy, person) == [200_000, 0, 0, 0, 0]
    for liar in (challenger, third):
        with refused("NotContradicted"):
            economy.report_verifier(check, liar, person)
    other = missed(economy)
    with refused("NotCheckedModel"):
        economy.correct_check(job, check, address, reporter, model=other.model)
    with refused("NotEvidence"):
        economy.correct_check(job, check, economy.report(other, reporter), reporter)
    # A sampled proof gives the stake back but convicts nobody.
    economy.chain.write("Model", job.model, detection_bps=9_999)
    with refused("NotConclusive"):
        economy.correct_check(job, check, address, reporter)
    economy.chain.write("Model", job.model, detection_bps=10_000)
    economy.correct_check(job, check, address, reporter)
    with refused("AlreadyCorrected"):
        economy.correct_check(job, check, address, reporter)
    wallet = economy.chain.balance(person.wallet)
    for liar in (challenger, third):
        shown = economy.report_verifier(check, liar, honest)
        assert offence(economy, shown)["reporter"] == person.key
        economy.pass_s(WINDOW + 1)
        economy.execute(shown, job, honest, person)
    # The work was not paid, but what the liars lose is more.
    assert economy.chain.balance(person.wallet) == wallet + VERIFIER_STAKE
    assert [parts(economy, liar) for liar in (challenger, third)] == [[0] * 5] * 2
    assert economy.stake(challenger)["disputes"] == economy.stake(person)["disputes"] == 0


def test_a_challenger_who_was_right_proves_it(
    economy: Economy, reporter: Person, court: tuple[Person, list[Person]]
) -> None:
    """The accused and the third are in league."""
    challenger, (third, *_) = court
    job = economy.cheat()
    check = economy.decided(job, challenger, TRUE, (third, FALSE))
    address = economy.report_verifier(check, challenger, job.person)
    economy.appeal(address, challenger)
    # Whatever number of tokens the true answer has.
    economy.prove_appeal(job, address, challenger, economy.receipt(challenger, bytes(address), TRUE), tokens=42)
    assert parts(economy, challenger) == [0, 0, 0, 100_000, 0]
    assert (miner(economy, job)["overturned"], miner(economy, job)["bond"]) == (0, BOND)
    economy.correct_check(job, check, address, reporter)
    shown = economy.report_verifier(check, third, reporter)
    assert offence(economy, shown)["reporter"] == challenger.key
    with refused("NotContradicted"):
        economy.report_verifier(check, job.person, reporter)


def test_compute_units(economy: Economy, reporter: Person, court: tuple[Person, list[Person]]) -> None:
    challenger, (third, *_) = court
    job, closed = economy.cheat(TRUE), economy.cheat()
    check = economy.decided(job, challenger, FALSE, (third, FALSE))
    address = economy.report_check(job, check, challenger)
    economy.appeal(address, job.person)
    economy.prove_appeal(job, address, job.person, economy.receipt(job.person, bytes(address), TRUE))
    economy.correct_check(job, check, address, reporter)
    shown = economy.report_verifier(check, third, reporter)
    economy.chain.write("Model", closed.model, approved=False)
    late = missed(economy)
    economy.close_work(closed, reporter)
    final = economy.report(late, reporter)
    economy.pass_s(WINDOW + 1)
    economy.execute(final, late, reporter, reporter)
    economy.execute(shown, job, reporter, job.person)
    names = (
        "report_offence", "close_work", "report_check", "report_verifier", "appeal", "prove_appeal",
        "correct_check", "execute_offence",
    )  # fmt: skip
    for name in names:
        print(f"{name}: {economy.units[name]:,} CU")
        assert economy.units[name] <= 60_000
