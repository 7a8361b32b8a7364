"""`mai status`, `mai rewards`, `mai difficulty` and `mai nft`."""

from __future__ import annotations

import pytest
from client.cli_world import DAY_S, Wallet, World
from mai.chain.economy import Economy
from mai.cli import connect
from mai.errors import MaiError
from mai.money import UNITS_PER_MAI, parse_mai
from mai.program import registry
from solders.pubkey import Pubkey

HOUR_MS = 3_600_000
"""The model of these tests asks for so little work that only the allowance around it counts."""


@pytest.fixture
def tiers(founded: World) -> World:
    """Gold and platinum have a collection."""
    for tier, collection in ((3, Pubkey([3] * 32)), (4, Pubkey([4] * 32))):
        accounts = {"authority": founded.authority.address}
        arguments = {"tier": tier, "collection": collection}
        founded.economy.send("set_collection", founded.authority.keypair, accounts, arguments)
    return founded.open()


def set_collections(world: World) -> list[str | None]:
    return [item["collection"] for item in world.json("nft", "collections")["tiers"]]


def test_the_status_before_and_after_the_opening(founded: World) -> None:
    before = founded.json("status")
    assert (before["phase"], before["genesis_ts"], before["crank_due_ts"]) == ("mint handed over", None, None)
    assert "not begun" in founded.run("status")
    founded.open()
    after, config = founded.json("status"), founded.economy.state("config")
    assert (after["phase"], after["genesis_ts"], after["mint"]) == ("open", config.genesis_ts, str(config.mint))
    assert after["immutable"] is config.immutable
    assert after["epoch"] == {
        "number": 0,
        "ends_ts": config.genesis_ts + 180 * DAY_S,
        "rate": 100_000,
        "cap": "500000000.000000000",
        "minted": "0.000000000",
        "left": "500000000.000000000",
    }


def test_the_status_adds_up(world: World) -> None:
    owner, requester = world.staker("owner", 30_000, warm=False), world.wallet("requester")
    world.give(requester.address, 100)
    device = world.register(owner)
    task, work = world.committed(owner, device, requester, 1)
    world.json("task", "post", world.whole, "12" * 32, "--fee", "50", by=requester)
    world.settle(owner, device, task, work)
    said, emission = world.json("status"), world.economy.state("emission")
    assert parse_mai(said["supply"]) == world.economy.supply()
    assert parse_mai(said["minted"]) == parse_mai(said["epoch"]["minted"]) == emission.minted
    assert parse_mai(said["epoch"]["left"]) == 500_000_000 * UNITS_PER_MAI - emission.minted
    assert (said["staked"], said["treasury"], said["vault"]) == (
        "30000.000000000",
        "5.000000000",
        "30045.000000000",
    )
    assert (said["miners"], said["pending"], said["power"], said["musters"]) == (1, 0, 0, 0)
    assert (said["multiplier"], said["sampling"]) == (emission.multiplier, emission.sampling)
    assert "0 work units a slot shown in 0 musters" in world.run("status")


def test_an_hour_pays_what_settlement_pays(world: World) -> None:
    """Of the shown hour, settlement pays the share of the time that counts; each rounds down."""
    owner, requester = world.wallet("owner"), world.wallet("requester")
    device = world.register(owner, "rig")
    before = world.json("rewards", by=owner)["devices"][0]
    task, work = world.committed(owner, device, requester, 1)
    world.settle(owner, device, task, work)
    paid = world.read("Work", work).paid
    counted = int(registry.verified_ms(parse_mai(before["hourly"]), 10))
    expected = parse_mai(before["hour_pays"]) * counted // HOUR_MS
    assert abs(paid - expected) <= len(before["terms"])
    after = world.json("rewards", "rig", by=owner)
    assert parse_mai(after["devices"][0]["earned"]) == parse_mai(after["balance"]) == paid
    assert [term["name"] for term in before["terms"]] == ["NFT", "uptime", "trust", "multiplier", "quality", "epoch"]
    amount = parse_mai(before["hourly"])
    for term in before["terms"]:
        amount = amount * term["factor"] // term["of"]
        assert parse_mai(term["after"]) == amount
    assert before["hour_pays"] == before["terms"][-1]["after"] == "450.450000000"


def test_rewards_for_people(world: World) -> None:
    owner = world.wallet("owner")
    world.register(owner, "rig")
    shown = world.run("rewards", by=owner)
    for text in ("rig: earned 0.000000000 MAI", "858.000000000", "× 0.6000", "450.450000000", "epoch cap"):
        assert text in shown
    with world.wrong("has no device nothing"):
        world.run("rewards", "nothing", by=owner)


def test_the_crank_turns_once_an_hour(world: World) -> None:
    caller = world.wallet("caller")
    with world.refuses("PeriodNotOver"):
        world.run("difficulty", "crank", by=caller)
    world.chain.warp(seconds=3_600)
    turned, emission = world.json("difficulty", "crank", by=caller), world.economy.state("emission")
    for name in ("task_difficulty", "sampling", "multiplier"):
        assert turned[name] == getattr(emission, name)
    shown = world.json("difficulty", "show")
    assert (shown["cranks"], shown["crank_due_ts"]) == (1, emission.period_start_ts + 3_600)
    world.chain.warp(seconds=3_600)
    assert " -> " in world.run("difficulty", "crank", by=caller)
    assert "task difficulty" in world.run("difficulty", "show")


def linked(world: World) -> tuple[Wallet, Pubkey]:
    owner = world.wallet("owner")
    world.register(owner, "rig")
    nft = world.nft(owner.address, Pubkey([4] * 32))
    world.json("nft", "link", nft, by=owner)
    return owner, nft


def test_an_nft_counts_for_a_device(tiers: World) -> None:
    world = tiers
    owner, nft = linked(world)
    said, device = world.json("nft", "show", nft), world.json("devices", "show", by=owner)
    assert (said["tier"], said["collection"], said["miner"]) == ("platinum", str(Pubkey([4] * 32)), device["miner"])
    assert (device["nft"], device["nft_tier"], device["nft_counts"]) == (str(nft), "platinum", True)
    (hour,) = world.json("rewards", by=owner)["devices"]
    assert (hour["nft_tier"], hour["terms"][0]["factor"]) == ("platinum", 12_000)
    assert "reward bonus 20 %" in world.run("nft", "show", nft)
    # Sold: it no longer counts, whatever the link says.
    account = world.economy.associated_address(owner.address, nft)
    world.put_token(account, nft, owner.address, 0)
    assert not world.json("devices", "show", by=owner)["nft_counts"]
    assert world.json("rewards", by=owner)["devices"][0]["nft_tier"] == "none"
    assert "does not count now" in world.run("devices", "show", by=owner)


def test_a_moved_nft_counts_from_next_week(tiers: World) -> None:
    world = tiers
    owner, nft = linked(world)
    world.register(owner, "second")
    moved = world.json("nft", "link", nft, "second", by=owner)
    assert moved["counts_from_ts"] == world.economy.state("config").genesis_ts + 7 * DAY_S
    devices = {item["name"]: item for item in world.json("devices", "list", by=owner)["devices"]}
    assert (devices["rig"]["nft"], devices["second"]["nft"]) == (None, str(nft))
    assert not devices["second"]["nft_counts"]
    world.chain.warp(seconds=7 * DAY_S)
    assert world.json("devices", "show", "second", by=owner)["nft_counts"]


def test_wrong_nfts(tiers: World) -> None:
    world = tiers
    owner = world.wallet("owner")
    world.register(owner, "rig")
    stranger = world.nft(world.wallet("other").address, Pubkey([4] * 32))
    for words, sentence in (
        (("nft", "link", stranger), "does not hold the NFT"),
        (("nft", "link", "x"), "x is not an address"),
        (("nft", "link", stranger, "--account", "x"), "x is not an address"),
    ):
        with world.wrong(sentence):
            world.run(*words, by=owner)
    with world.wrong("was never linked"):
        world.run("nft", "show", stranger)
    foreign = world.nft(owner.address, Pubkey.new_unique())
    with world.refuses("NotWarrior"):
        world.run("nft", "link", foreign, by=owner)


def test_the_collections(tiers: World) -> None:
    collections = tiers.economy.state("nfts").collections
    assert set_collections(tiers) == [None, None, str(collections[3]), str(collections[4]), None]
    shown = tiers.run("nft", "collections")
    assert "closed" in shown and str(collections[4]) in shown


def test_without_a_network_there_is_one_sentence(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mai.chain.embedded import Embedded

    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda url: Embedded())
    for words in (("status",), ("difficulty", "show"), ("dao", "list"), ("nft", "collections"), ("dao", "parameters")):
        with pytest.raises(MaiError, match="no network on this cluster yet"):
            world.run(*words)


def test_the_cluster_is_named() -> None:
    with pytest.raises(MaiError, match="mars is no cluster: choose localhost, devnet"):
        connect.open_cluster("mars")
    opened = connect.open_cluster("devnet")
    assert isinstance(connect.open_economy("http://127.0.0.1:1"), Economy)
    assert opened.messages["ClaimerMismatch"]  # type: ignore[attr-defined]
