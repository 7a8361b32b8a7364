"""Appeals: proof undoes an offence, and what a check found; nothing else does."""

from __future__ import annotations

import struct

import pytest
from mai.program import slashing
from program.chain import OUT, refused
from program.economy import (
    CONFIG,
    DAY,
    FALSE,
    GOVERNANCE,
    INPUT,
    KEY_HASH,
    MAI_UNIT,
    TRUE,
    Economy,
    Person,
    check_of,
    offence_of,
)
from program.network import digest, pda
from program.offences import (
    APPEAL_BOND,
    BOND,
    PROOF_TIME,
    SLASH,
    VERIFIER_STAKE,
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


@pytest.fixture
def court(economy: Economy) -> tuple[Person, list[Person]]:
    """A challenger and three thirds."""
    challenger, *thirds = (economy.person(verifier=100_000) for _ in range(4))
    economy.pass_s(1)
    return challenger, thirds


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
def test_a_receipt_for_anything_else_proves_nothing(economy: Economy, reporter: Person, field: str, name: str) -> None:
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
        SLASH // 2,
        SLASH * 4 // 10,
        SLASH // 10,
    )


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
    # The work itself stands or falls by its own proof.
    with refused("WorkNotFaulty"):
        economy.report_check(job, check, reporter)
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
        "report_offence",
        "close_work",
        "report_check",
        "report_verifier",
        "appeal",
        "prove_appeal",
        "correct_check",
        "execute_offence",
    )
    for name in names:
        print(f"{name}: {economy.units[name]:,} CU")
        assert economy.units[name] <= 60_000
