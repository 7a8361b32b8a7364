"""Offences: what the chain's state shows, what that costs, and who is paid."""

from __future__ import annotations

import pytest
from mai.program import parameters, slashing, tasks
from program.chain import refused
from program.economy import (
    CONFIG,
    DAY,
    EMISSION,
    FALSE,
    INCINERATOR,
    MAI_UNIT,
    PARTS,
    TRUE,
    Economy,
    Person,
    offence_of,
)
from program.offences import (
    BOND,
    SLASH,
    WINDOW,
    critical,
    miner,
    missed,
    offence,
    parts,
)
from solders.pubkey import Pubkey


@pytest.fixture
def economy() -> Economy:
    return Economy()


@pytest.fixture
def reporter(economy: Economy) -> Person:
    return economy.person()


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
        slashing.OFFENCE_MISSED_PROOF,
        SLASH // share,
        BOND // share,
    )
    assert (state["quality_bps"], state["in_flight"], state["failures"], state["offences"]) == (
        2_000 if share == 1 else 8_000,
        0,
        1,
        1,
    )
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
        slashing.OFFENCE_MINORITY_OUTPUT,
        SLASH,
        FALSE,
    )
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
        20_000,
        10_000,
        10_000,
    ]
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
