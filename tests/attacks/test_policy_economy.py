"""Cheats that keep every rule on accounts: racing, splitting, detours, taking a name first. About 5 s."""

from __future__ import annotations

import pytest
from attacks.world import DAY, MAI_UNIT, World
from hypothesis import given
from hypothesis import strategies as st
from mai.program import assignment, governance, staking
from program.chain import refused
from program.market import set_parameter, stand_in
from program.network import EMISSION, MINT, VAULT, Network, digest, miner_address, ready
from solders.pubkey import Pubkey

EPOCH_CAP = 0


@pytest.fixture
def network() -> Network:
    return ready()


# Racing for the cap


def test_whoever_races_for_the_epochs_cap_gets_what_is_left_and_nobody_more(network: Network) -> None:
    """Several works wait; together they would mint more than is left. The order decides, never the sum."""
    jobs = [network.taken() for _ in range(3)]
    network.chain.pass_time(60)
    for job in jobs:
        network.commit(job)
    cap = 10**15
    set_parameter(network, EPOCH_CAP, cap)
    left = 200_000
    network.chain.write("Emission", EMISSION, epoch_minted=cap - left)
    events = [network.settle(job).events["WorkSettled"] for job in jobs]
    assert events[0]["reward"] > left // 2
    assert sum(event["minted"] for event in events) == left == network.chain.supply(MINT)
    assert [event["cap_left"] for event in events] == [
        left - sum(event["minted"] for event in events[:at]) for at in range(3)
    ]
    assert events[-1]["minted"] == 0
    assert network.chain.read("Emission", EMISSION)["epoch_minted"] == cap


# Sybils


@given(
    st.integers(0, 20_000), st.integers(1, 10**12), st.integers(1, 10**12), st.integers(0, 10**15),
    st.integers(5, 10**6), st.integers(0, 29), st.booleans(),
)  # fmt: skip
def test_a_device_split_in_two_wins_no_more_often(
    score: int, first: int, second: int, others: int, count: int, waited_s: int, trusted: bool
) -> None:
    """Not even with both names, as long as the lottery decides; a name itself has one unit."""
    total = first + second + others

    def chance(power: int, devices: int) -> int:
        return int(assignment.chance(score, power, total, devices, 4, waited_s, trusted))

    whole = chance(first + second + 1, count)
    if whole < int(assignment.HIGHEST_CHANCE):
        assert chance(first, count + 1) + chance(second, count + 1) <= whole


def test_each_new_name_begins_below_and_with_a_bond(network: Network) -> None:
    stand_in(network, quality_bps=9_500, settled=100)
    before = network.chain.svm.get_account(network.owner.pubkey()).lamports
    again = Pubkey.from_bytes(digest("the same machine again"))
    network.register_miner(device=again)
    fresh = network.chain.read("Miner", miner_address(network.owner.pubkey(), again))
    assert (fresh["quality_bps"], fresh["settled"]) == (7_500, 0)
    assert before - network.chain.svm.get_account(network.owner.pubkey()).lamports > fresh["bond"] == 50_000_000


# Stake


def test_no_detour_takes_stake_out_of_a_vote_before_it_ends() -> None:
    """Set aside as a verifier's and taken back, it still waits longer than the longest vote."""
    world = World()
    side = world.sides[0]
    accounts = world.proposed(side, kind=governance.PROPOSE_TREASURY, index=0, value=1, target=side.owner.wallet)
    world.call("vote", side.owner, accounts, approves=True)
    amount = 2_000_000 * MAI_UNIT
    with refused("StakeVoted"):
        world.call("unstake", side.owner, side.accounts, amount=amount)
    world.call("designate_verifier", side.owner, side.accounts, amount=amount)
    world.call("undesignate_verifier", side.owner, side.accounts, amount=amount)
    proposal = world.chain.read("Proposal", accounts["proposal"])
    world.chain.set_time(proposal["denials_end_ts"])
    with refused("StakeCoolingDown"):
        world.call("withdraw_stake", side.owner, side.accounts)
    longest = proposal["denials_end_ts"] - proposal["created_ts"]
    assert longest == 10 * DAY < int(staking.COOLDOWN_S) == int(staking.WARM_UP_S)
    world.chain.pass_time(4 * DAY)
    world.call("withdraw_stake", side.owner, side.accounts)


def test_slashed_stake_is_not_withdrawn_meanwhile() -> None:
    """Who sees the offence coming can start to leave; what is leaving is taken all the same."""
    world = World()
    side = world.sides[0]
    job, accounts = world.missed(side)
    stake = world.chain.read("Stake", side.owner.stake)
    world.call("unstake", side.owner, side.accounts, amount=stake["matured"] + stake["pending"])
    world.call("report_offence", side.caller, accounts)
    taken = world.chain.read("Offence", accounts["offence"])
    assert taken["amount"] == taken["from_unstaking"] > 0
    world.chain.pass_time(14 * DAY)
    vault = world.chain.balance(VAULT)
    world.call("withdraw_stake", side.owner, side.accounts)
    assert vault - world.chain.balance(VAULT) == stake["matured"] + stake["pending"] - taken["amount"]
    assert world.chain.read("Work", job.work)["status"] == 6


# Names taken first


def test_nobody_takes_a_launch_models_address_with_limits_of_his_own() -> None:
    """Whoever registers a model first fixes its limits for ever, and a launch model's key is public."""
    network = Network()
    network.genesis()
    network.open_accounts()
    thief = network.chain.person()
    with refused("ModelsNotOpen"):
        network.register_model(thief, max_active_ms=1, max_tokens=1)
    network.register_model()
    network.open_mining()
    network.register_model(thief, key=digest("his own"))
    assert network.chain.read("Model", network.model)["approved"]


