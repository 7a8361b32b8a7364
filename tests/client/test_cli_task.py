"""`mai task`: asking, paying, taking back."""

from __future__ import annotations

import pytest
from client.cli_world import DAY_S, World, digest
from mai.money import UNITS_PER_MAI

QUESTION = digest("question").hex()


def test_a_task_is_what_was_asked(world: World) -> None:
    requester = world.wallet("requester")
    said = world.json(
        *("task", "post", world.whole, QUESTION, "--class", "critical", "--lifetime", 60, "--max-tokens", 7),
        *("--region", 756, "--position", 1, "--nonce", 5),
        by=requester,
    )
    address = world.economy.task_address(requester.address, 5)
    item = world.read("Task", address)
    assert (said["task"], said["number"], said["class"], said["places"]) == (str(address), 5, "critical", 3)
    assert (bytes(item.input).hex(), item.position, item.region, item.max_tokens) == (QUESTION, 1, 756, 7)
    assert (item.task_class, item.expires_ts - item.posted_ts) == (2, 60)
    assert said == {**world.json("task", "show", 5, by=requester), "signature": said["signature"]}
    assert world.json("task", "show", address) == world.json("task", "show", 5, "--owner", requester.address)
    assert str(address) in world.run("task", "list", by=requester)


def test_a_fee_goes_in_and_comes_back(world: World) -> None:
    requester = world.wallet("requester")
    world.give(requester.address, 100)
    said = world.json("task", "post", world.whole, QUESTION, "--fee", "10", "--nonce", 1, by=requester)
    assert said["fee"] == "9.000000000"
    assert world.economy.tokens(world.economy.single("treasury")) == UNITS_PER_MAI
    funded = world.json("task", "fund", 1, "0.000000015", by=requester)
    assert (funded["waits"], funded["treasury"], funded["fee"]) == ("0.000000014", "0.000000001", "9.000000014")
    with world.refuses("NotTaskOwner"):
        world.run("task", "cancel", world.economy.task_address(requester.address, 1), by=world.wallet("other"))
    assert world.json("task", "cancel", 1, by=requester)["refunded"] == "9.000000014"
    assert world.economy.balance(requester.address) == 99 * UNITS_PER_MAI - 1
    with world.refuses("TaskNotOpen"):
        world.run("task", "fund", 1, "1", by=requester)


def test_anyone_closes_what_nobody_did(world: World) -> None:
    requester, anyone = world.wallet("requester"), world.wallet("anyone")
    world.give(requester.address, 10)
    world.json("task", "post", world.whole, QUESTION, "--fee", "10", "--nonce", 1, by=requester)
    address = world.economy.task_address(requester.address, 1)
    with world.refuses("TaskNotExpired"):
        world.run("task", "expire", address, by=anyone)
    world.chain.warp(seconds=3_700)
    assert world.json("task", "expire", address, by=anyone)["state"] == "expired"
    assert world.economy.balance(requester.address) == 9 * UNITS_PER_MAI


def test_the_lists_hold_what_they_say(world: World) -> None:
    requester, other = world.wallet("requester"), world.wallet("other")
    assert "no tasks" in world.run("task", "list", by=requester)
    for number in (1, 2):
        world.posted(requester, number)
        world.chain.warp(seconds=1)
    world.posted(other, 3)
    world.json("task", "cancel", 1, by=requester)
    mine = world.json("task", "list", by=requester)["tasks"]
    assert [(item["number"], item["state"]) for item in mine] == [(2, "open"), (1, "cancelled")]
    assert {item["number"] for item in world.json("task", "list", "--open", by=requester)["tasks"]} == {2, 3}


def test_works_are_shown_and_missed_ones_released(world: World) -> None:
    owner, requester = world.wallet("owner"), world.wallet("requester")
    device = world.register(owner)
    task = world.posted(requester, 1)
    world.chain.pass_slots(40)
    world.economy.assign_task(owner.keypair, device, task)
    (work,) = world.json("task", "show", task)["works"]
    assert (work["state"], work["sampling_bps"]) == ("assigned", 10_000)
    with world.refuses("StillInTime"):
        world.run("task", "release", work["work"], by=requester)
    world.chain.warp(seconds=61)
    assert world.json("task", "release", work["work"], by=requester)["state"] == "missed"
    assert "missed" in world.run("task", "show", task)
    assert world.json("task", "show", task)["state"] == "open"


def test_a_forgotten_round_is_redrawn(world: World) -> None:
    requester = world.wallet("requester")
    world.posted(requester, 1)
    with world.refuses("SeedStillKnown"):
        world.run("task", "redraw", 1, by=requester)
    world.chain.pass_slots(600)
    world.json("task", "redraw", 1, by=requester)
    assert world.read("Task", world.economy.task_address(requester.address, 1)).round == 1


def test_a_work_that_nobody_agreed_with_is_closed(world: World) -> None:
    requester, owners = world.wallet("requester"), [world.wallet("one"), world.wallet("two")]
    world.json("task", "post", world.whole, QUESTION, "--class", "critical", "--nonce", 1, by=requester)
    task = world.economy.task_address(requester.address, 1)
    world.chain.pass_slots(60)
    device = world.register(owners[0])
    world.economy.assign_task(owners[0].keypair, device, task)
    world.chain.warp(seconds=50)
    world.economy.commit_work(owners[0].keypair, device, task, output=digest("o"), tokens=1, active_ms=1_000)
    work = world.economy.work_address(task, world.economy.miner_address(owners[0].address, device))
    with world.refuses("StillProvable"):
        world.run("task", "close", work, by=requester)
    world.chain.warp(seconds=2 * DAY_S)
    with world.refuses("NothingToReport"):
        world.run("offence", "report", work, by=requester)
    assert world.json("task", "close", work, by=requester)["state"] == "forfeited"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("post", "x", QUESTION), "x is not an address"),
        (("post", "MODEL", "abc"), "abc is not a digest"),
        (("post", "MODEL", "zz" * 32), "is not a digest"),
        (("post", "MODEL", QUESTION, "--class", "urgent"), "no task class urgent"),
        (("post", "MODEL", QUESTION, "--fee", "-1"), "is not an amount"),
        (("post", "MODEL", QUESTION, "--fee", "1"), r"holds 0\.000000000 MAI, not 1\.000000000"),
        (("post", "MODEL", QUESTION, "--max-tokens", -1), "no negative numbers"),
        (("post", "MODEL", QUESTION, "--nonce", 2**64), "out of range"),
        (("post", "CONFIG", QUESTION), "needed here: Model"),
        (("show", "x"), "x is not an address"),
        (("show", "12"), "there is no account"),
        (("cancel", "x"), "neither a task's number nor its address"),
        (("fund", "1", "0"), "is nothing"),
        (("list", "--open", "--owner", "MODEL"), "not both"),
    ],
)
def test_a_wrong_task_is_one_sentence(world: World, words: tuple[object, ...], sentence: str) -> None:
    names = {"MODEL": world.whole, "CONFIG": world.economy.config}
    with world.wrong(sentence):
        world.run("task", *(names.get(str(word), word) for word in words), by=world.wallet("requester"))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (("--lifetime", 9), "TaskTooShort"),
        (("--lifetime", 2_592_001), "TaskTooLong"),
        (("--max-tokens", 101), "TooManyTokensAsked"),
        (("--max-tokens", 0), "NoTokensAsked"),
        (("--region", 1_000), "TaskRegionOutOfRange"),
        (("--position", 2), "PositionOutOfRange"),
    ],
)
def test_the_programs_refusals_keep_their_names(world: World, options: tuple[object, ...], name: str) -> None:
    requester = world.wallet("requester")
    with world.refuses(name):
        world.run("task", "post", world.whole, QUESTION, *options, by=requester)
    world.run("task", "post", world.whole, QUESTION, by=requester)
