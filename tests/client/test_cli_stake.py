"""`mai stake`, `mai unstake` and `mai withdraw`."""

from __future__ import annotations

from pathlib import Path

import pytest
from client.cli_world import DAY_S, World
from mai.money import UNITS_PER_MAI, parse_mai


def test_in_and_out_again(world: World) -> None:
    owner = world.wallet("owner")
    world.give(owner.address, 1_500)
    deposited = world.json("stake", "deposit", "1,000.000000001", by=owner)
    assert deposited["amount"] == deposited["stake"]["pending"] == "1000.000000001"
    world.chain.warp(seconds=14 * DAY_S)
    assert world.json("stake", "show", by=owner)["stake"]["voting_weight"] == "1000.000000001"
    unstaked = world.json("unstake", "0.000000001", by=owner)["stake"]
    assert (unstaked["unstaking"], unstaked["matured"]) == ("0.000000001", "1000.000000000")
    with world.refuses("StakeCoolingDown"):
        world.run("withdraw", by=owner)
    world.chain.warp(seconds=14 * DAY_S)
    assert world.json("withdraw", by=owner)["amount"] == "0.000000001"
    assert world.economy.balance(owner.address) == 500 * UNITS_PER_MAI
    shown = world.json("stake", "show", "--owner", owner.address)
    fields = world.read("Stake", world.economy.stake_address(owner.address))
    for part in ("matured", "unstaking", "verifier", "escrowed", "at_risk"):
        text = shown["stake"][part]
        assert (parse_mai(text) if float(text) else 0) == getattr(fields, part)


@pytest.mark.parametrize("amount", ["0", "-- -1", "1.0000000001", "nan", "1e3", "99999999999999"])
def test_a_wrong_amount_is_one_sentence_and_nothing_is_sent(world: World, amount: str) -> None:
    owner = world.wallet("owner")
    for command in (("stake", "deposit"), ("stake", "unstake"), ("unstake",), ("stake", "verifier")):
        with world.wrong("is not an amount|is nothing|has 10 decimals|more MAI than a balance"):
            world.run(*command, *options(owner.file), *amount.split())


def options(file: Path) -> list[str]:
    return ["--keypair", str(file)]


def test_more_than_the_wallet_has_is_said_before_sending(world: World) -> None:
    owner = world.wallet("owner")
    with world.wrong(r"holds 0\.000000000 MAI, not 5\.000000000"):
        world.run("stake", "deposit", "5", by=owner)
    world.give(owner.address, 5)
    world.run("stake", "deposit", "5", by=owner)


def test_stake_at_risk_stays(world: World) -> None:
    owner, requester = world.staker("owner", 30_000), world.wallet("requester")
    world.committed(owner, world.register(owner), requester, 1, model=world.sampled)
    shown = world.json("stake", "show", by=owner)["stake"]
    assert (shown["at_risk"], shown["free"]) == ("25000.000000000", "5000.000000000")
    with world.refuses("StakeTooLow"):
        world.run("unstake", "5000.000000001", by=owner)
    world.run("unstake", "5000", by=owner)


def test_verifier_stake_goes_aside_and_back(world: World) -> None:
    owner = world.staker("owner", 250_000)
    aside = world.json("stake", "verifier", "100000", by=owner)["stake"]
    assert (aside["verifier"], aside["voting_weight"], aside["is_verifier"]) == (
        "100000.000000000",
        "150000.000000000",
        True,
    )
    assert world.json("status")["verifiers"] == 1
    with world.refuses("VerifierTooLow"):
        world.run("stake", "verifier", "100001", "--back", by=owner)
    back = world.json("stake", "verifier", "100000", "--back", by=owner)["stake"]
    assert (back["verifier"], back["unstaking"], back["is_verifier"]) == ("0.000000000", "100000.000000000", False)


def test_tiers_follow_the_voting_weight(world: World) -> None:
    owner = world.staker("owner", 100_000, warm=False)
    assert world.json("stake", "show", by=owner)["stake"]["tier"] == "none"
    assert "votes from" in world.run("stake", "show", by=owner)
    world.chain.warp(seconds=14 * DAY_S)
    assert world.json("stake", "show", by=owner)["stake"]["tier"] == "basic"


def test_without_a_stake(world: World) -> None:
    owner = world.wallet("owner")
    assert world.json("stake", "show", by=owner)["stake"] is None
    assert "has no stake" in world.run("stake", "show", by=owner)
    with world.wrong("has no stake"):
        world.run("withdraw", by=owner)
    with world.refuses("AccountNotInitialized"):
        world.run("unstake", "1", by=owner)


def test_wrong_wallets_are_one_sentence(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"a": 1}')
    broken.chmod(0o600)
    for file, sentence in ((tmp_path / "missing.json", "cannot be read"), (broken, "is not a keypair file")):
        with world.wrong(sentence):
            world.run("stake", "show", *options(file))
    with world.wrong("is not an address"):
        world.run("stake", "show", "--owner", "me")
