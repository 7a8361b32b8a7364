"""`mai check` and `mai offence`: from a challenge to who pays for it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from client.cli_world import DAY_S, Wallet, World, digest
from mai.money import UNITS_PER_MAI
from solders.pubkey import Pubkey

TRUE, FALSE = digest("another output").hex(), digest("output").hex()


@dataclass
class Case:
    """A work with the output FALSE, its worker, two verifiers, and somebody else."""

    world: World
    worker: Wallet
    challenger: Wallet
    third: Wallet
    anyone: Wallet
    task: Pubkey
    work: Pubkey

    @property
    def check(self) -> Pubkey:
        economy = self.world.economy
        return economy.check_address(self.work, economy.stake_address(self.challenger.address))

    def opened(self) -> None:
        self.world.json("check", "open", self.work, TRUE, by=self.challenger)
        self.world.chain.pass_slots(20)


@pytest.fixture
def case(world: World) -> Case:
    worker = world.staker("worker", 30_000, warm=False)
    verifiers = [world.staker(name, 200_000, warm=False) for name in ("challenger", "third")]
    for verifier in verifiers:
        world.json("stake", "verifier", "100000", by=verifier)
    device, requester = world.register(worker), world.wallet("requester")
    task, work = world.committed(worker, device, requester, 1, model=world.sampled)
    return Case(world, worker, *verifiers, world.wallet("anyone"), task, work)


def test_a_challenge_that_is_upheld(case: Case) -> None:
    world = case.world
    opened = world.json("check", "open", case.work, TRUE, by=case.challenger)
    assert (opened["state"], opened["check"], opened["drawn"]) == ("open", str(case.check), False)
    assert "third not drawn yet" in world.run("check", "show", case.check)
    with world.refuses("SeedTooEarly"):
        world.run("check", "draw", case.check, by=case.anyone)
    with world.refuses("CheckRunning"):
        world.run("check", "void", case.check, by=case.anyone)
    world.chain.pass_slots(20)
    assert world.json("check", "draw", case.check, by=case.anyone)["drawn"]
    decided = world.json("check", "decide", case.check, TRUE, by=case.third)
    assert (decided["state"], decided["result"]) == ("upheld", TRUE)
    assert decided["answers"] == [{"third": str(case.third.address), "output": TRUE}]
    assert [item["check"] for item in world.json("check", "list")["checks"]] == [str(case.check)]
    assert world.json("check", "list", "--work", Pubkey.new_unique())["checks"] == []
    assert world.json("task", "show", case.task)["works"][0]["state"] == "faulty"
    with world.refuses("NotContradicted"):
        world.run("offence", "report", case.check, "--accused", case.challenger.address, by=case.anyone)
    offence = world.json("offence", "report", case.check, by=case.anyone)
    assert (offence["kind"], offence["state"], offence["amount"]) == ("failed check", "pending", "25000.000000000")
    assert (offence["reporter"], offence["assistant"]) == (str(case.challenger.address), str(case.third.address))


def test_what_is_final_is_executed_and_shared(case: Case) -> None:
    world = case.world
    case.opened()
    world.json("check", "decide", case.check, TRUE, by=case.third)
    offence = world.json("offence", "report", case.check, by=case.anyone)["offence"]
    with world.refuses("OffenceNotFinal"):
        world.run("offence", "execute", offence, by=case.anyone)
    world.chain.warp(seconds=8 * DAY_S)
    supply = world.economy.supply()
    done = world.json("offence", "execute", offence, by=case.anyone)
    assert (done["burned"], done["reporter_paid"]) == ("12500.000000000", "10000.000000000")
    assert done["assistant_paid"] == "2500.000000000"
    assert world.economy.supply() == supply - 12_500 * UNITS_PER_MAI
    assert world.economy.balance(case.challenger.address) == 10_000 * UNITS_PER_MAI
    assert world.economy.balance(case.third.address) == 2_500 * UNITS_PER_MAI
    assert world.json("status")["slash_burned"] == "12500.000000000"
    assert world.json("stake", "show", by=case.worker)["stake"]["pending"] == "5000.000000000"
    with world.refuses("OffenceEnded"):
        world.run("offence", "execute", offence, by=case.anyone)


def test_a_wrong_challenge_costs_the_verifier_stake(case: Case) -> None:
    world = case.world
    case.opened()
    assert world.json("check", "decide", case.check, FALSE, by=case.third)["state"] == "refuted"
    with world.refuses("CheckNotUpheld"):
        world.run("offence", "report", case.check, by=case.anyone)
    said = world.json("offence", "report", case.check, "--accused", case.challenger.address, by=case.anyone)
    assert (said["kind"], said["amount"]) == ("false check", "100000.000000000")
    assert [item["offence"] for item in world.json("offence", "list")["offences"]] == [said["offence"]]
    mine = world.json("offence", "list", "--owner", case.worker.address)
    assert mine["offences"] == []


def test_nobody_decides(case: Case) -> None:
    world = case.world
    case.opened()
    world.chain.warp(seconds=DAY_S + 60)
    with world.refuses("DecisionTooLate"):
        world.run("check", "decide", case.check, TRUE, by=case.third)
    assert world.json("check", "void", case.check, by=case.anyone)["state"] == "void"


def test_an_appeal_takes_its_bond(case: Case) -> None:
    world = case.world
    case.opened()
    world.json("check", "decide", case.check, TRUE, by=case.third)
    offence = world.json("offence", "report", case.check, by=case.anyone)["offence"]
    with world.wrong(r"takes a bond of 1,000\.000000000 MAI and the wallet holds 0\.000000000"):
        world.run("offence", "appeal", offence, "--yes", by=case.worker)
    world.give(case.worker.address, 1_500)
    world.give(case.anyone.address, 1_500)
    with world.wrong("nothing was sent"):
        world.run("offence", "appeal", offence, by=case.worker, answer="n\n")
    with world.refuses("NotOffender"):
        world.run("offence", "appeal", offence, "--yes", by=case.anyone)
    said = world.json("offence", "appeal", offence, "--yes", by=case.worker)
    assert (said["state"], said["appeal_bond"]) == ("appealed", "1000.000000000")
    assert "proof due" in world.run("offence", "show", offence)
    assert world.economy.balance(case.worker.address) == 500 * UNITS_PER_MAI


def test_a_proved_appeal_gives_everything_back(world: World) -> None:
    """The receipt stands in the offence's context, as the verifier would leave it."""
    worker, requester, anyone = world.staker("worker", 60_000, warm=False), world.wallet("r"), world.wallet("anyone")
    world.give(worker.address, 1_000)
    device = world.register(worker)
    task, work = world.committed(worker, device, requester, 1)
    world.chain.warp(seconds=3 * DAY_S)
    offence = world.json("offence", "report", work, by=anyone)
    assert (offence["kind"], offence["reporter"]) == ("missed proof", str(anyone.address))
    taken = world.json("stake", "show", by=worker)["stake"]
    assert taken["escrowed"] == offence["amount"] == "2500.000000000"
    address = offence["offence"]
    receipt = world.receipt(worker, task, bytes.fromhex(offence["context"]))
    with world.refuses("NotAppealed"):
        world.run("offence", "prove", address, receipt, by=worker)
    world.json("offence", "appeal", address, "--yes", by=worker)
    with world.refuses("WrongTokens"):
        world.run("offence", "prove", address, receipt, "--tokens", 2, by=worker)
    assert world.json("offence", "prove", address, receipt, by=worker)["state"] == "overturned"
    back = world.json("stake", "show", by=worker)["stake"]
    assert (back["escrowed"], back["pending"]) == ("0.000000000", "60000.000000000")
    assert world.economy.balance(worker.address) == 1_000 * UNITS_PER_MAI


def test_a_sound_work_shows_no_offence(case: Case) -> None:
    world = case.world
    with world.refuses("NothingToReport"):
        world.run("offence", "report", case.work, by=case.anyone)
    with world.refuses("SameOutput"):
        world.run("check", "open", case.work, FALSE, by=case.challenger)
    with world.refuses("OwnWork"):
        world.run("check", "open", case.work, TRUE, by=case.worker)
    assert "no offences" in world.run("offence", "list")
    assert "no checks" in world.run("check", "list")
    case.opened()


def test_wrong_words_are_one_sentence(case: Case) -> None:
    world = case.world
    for words, sentence in (
        (("offence", "report", world.economy.config), "is a Config: offences are shown by a work or a check"),
        (("offence", "report", case.work, "--accused", case.third.address), "a work accuses only who did it"),
        (("offence", "report", "x"), "x is not an address"),
        (("offence", "execute", case.work), "needed here: Offence"),
        (("check", "open", case.work, "12"), "12 is not a digest"),
        (("check", "open", case.task, TRUE), "needed here: Work"),
        (("check", "decide", case.work, TRUE), "needed here: Check"),
        (("check", "correct", Pubkey.new_unique()), "there is no account"),
    ):
        with world.wrong(sentence):
            world.run(*words, by=case.anyone)
