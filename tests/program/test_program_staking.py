"""Stake: in, out after the cooldown, aside as a verifier's; the vault holds what the stakes say after every step."""

from __future__ import annotations

from typing import Any

import pytest
from mai.program import staking
from mai.program.prelude import i64, u64
from program.chain import refused
from program.economy import DAY, GOVERNANCE, MAI_UNIT, Economy, Person
from solders.pubkey import Pubkey

COOLDOWN = 14 * DAY


@pytest.fixture(scope="module")
def economy() -> Economy:
    return Economy()


def parts(economy: Economy, person: Person) -> tuple[int, ...]:
    """matured, pending, unstaking, verifier in MAI."""
    stake = economy.stake(person)
    return tuple(stake[part] // MAI_UNIT for part in ("matured", "pending", "unstaking", "verifier"))


def move(economy: Economy, name: str, person: Person, amount: int, **accounts: Pubkey) -> Any:
    return economy.send(name, person, accounts, amount=amount * MAI_UNIT)


@pytest.mark.parametrize(
    ("amount", "tier"),
    [(0, 0), (99_999, 0), (100_000, 1), (499_999, 1), (500_000, 2), (1_999_999, 2), (2_000_000, 3), (10**7, 3)],
)
def test_tiers(amount: int, tier: int) -> None:
    assert staking.tier_of(u64(amount * MAI_UNIT)) == tier


def test_a_deposit_waits_then_votes(economy: Economy) -> None:
    person = economy.person(wallet=1_000)
    event = move(economy, "deposit_stake", person, 100).events["StakeMoved"]
    assert (event["movement"], event["amount"], event["pending"]) == (staking.MOVED_IN, 100 * MAI_UNIT, 100 * MAI_UNIT)
    assert (parts(economy, person), economy.chain.balance(person.wallet)) == ((0, 100, 0, 0), 900 * MAI_UNIT)
    economy.pass_s(COOLDOWN - 1)
    # One more second and it would be warm: what comes in now makes everything wait again.
    move(economy, "deposit_stake", person, 1)
    assert parts(economy, person) == (0, 101, 0, 0)
    economy.pass_s(COOLDOWN)
    move(economy, "deposit_stake", person, 2)
    assert parts(economy, person) == (101, 2, 0, 0)


def test_voting_weight_counts_what_is_warm(economy: Economy) -> None:
    class Stake:
        matured, pending, pending_ts, verifier, unstaking = u64(5), u64(7), i64(100), u64(11), u64(13)

    weight = staking.voting_weight.__wrapped__
    warm = 100 + int(staking.WARM_UP_S)
    assert [weight(Stake, i64(now)) for now in (100, warm - 1, warm)] == [5, 5, 12]


def test_unstaking_takes_what_waits_first_and_leaves_after_the_cooldown(economy: Economy) -> None:
    person = economy.person(staked=100, wallet=50)
    move(economy, "deposit_stake", person, 50)
    event = move(economy, "unstake", person, 60).events["StakeMoved"]
    assert parts(economy, person) == (90, 0, 60, 0)
    assert event["unlock_ts"] == economy.chain.time() + COOLDOWN
    economy.pass_s(COOLDOWN - 1)
    with refused("StakeCoolingDown"):
        economy.send("withdraw_stake", person, {})
    economy.pass_s(1)
    economy.send("withdraw_stake", person, {})
    assert (parts(economy, person), economy.chain.balance(person.wallet)) == ((90, 0, 0, 0), 60 * MAI_UNIT)
    with refused("NothingToWithdraw"):
        economy.send("withdraw_stake", person, {})


def test_a_second_unstake_restarts_the_clock_for_all(economy: Economy) -> None:
    person = economy.person(staked=100)
    move(economy, "unstake", person, 10)
    economy.pass_s(COOLDOWN)
    move(economy, "unstake", person, 10)
    with refused("StakeCoolingDown"):
        economy.send("withdraw_stake", person, {})
    economy.pass_s(COOLDOWN)
    economy.send("withdraw_stake", person, {})
    assert parts(economy, person) == (80, 0, 0, 0)


def test_what_works_have_at_risk_stays(economy: Economy) -> None:
    person = economy.person(staked=100)
    economy.chain.write("Stake", person.stake, at_risk=30 * MAI_UNIT)
    for name in ("unstake", "designate_verifier"):
        with refused("StakeTooLow"):
            move(economy, name, person, 71)
        with refused("NothingToMove"):
            move(economy, name, person, 0)
    move(economy, "unstake", person, 40)
    move(economy, "designate_verifier", person, 30)
    with refused("StakeTooLow"):
        move(economy, "unstake", person, 1)
    assert parts(economy, person) == (30, 0, 40, 30)


def test_more_at_risk_than_there_is_holds_everything(economy: Economy) -> None:
    person = economy.person(staked=100)
    economy.chain.write("Stake", person.stake, at_risk=200 * MAI_UNIT)
    with refused("StakeTooLow"):
        move(economy, "unstake", person, 1)
    economy.chain.write("Stake", person.stake, at_risk=0)
    move(economy, "unstake", person, 1)


def test_stake_that_voted_stays_until_the_vote_is_over(economy: Economy) -> None:
    person = economy.person(staked=100)
    economy.chain.write("Stake", person.stake, locked_until_ts=economy.chain.time() + 10)
    with refused("StakeVoted"):
        move(economy, "unstake", person, 1)
    economy.pass_s(10)
    move(economy, "unstake", person, 1)


def test_nothing_leaves_during_a_dispute(economy: Economy) -> None:
    person = economy.person(staked=100, verifier=100)
    move(economy, "unstake", person, 1)
    economy.pass_s(COOLDOWN)
    economy.chain.write("Stake", person.stake, disputes=1)
    for name in ("unstake", "undesignate_verifier"):
        with refused("StakeInDispute"):
            move(economy, name, person, 1)
    with refused("StakeInDispute"):
        economy.send("withdraw_stake", person, {})
    economy.chain.write("Stake", person.stake, disputes=0)
    economy.send("withdraw_stake", person, {})
    move(economy, "undesignate_verifier", person, 1)
    move(economy, "unstake", person, 1)


def test_verifier_stake_leaves_through_the_cooldown_and_is_counted(economy: Economy) -> None:
    person = economy.person(staked=100_001)
    before = economy.chain.read("Governance", GOVERNANCE)
    move(economy, "designate_verifier", person, 99_999)
    assert economy.chain.read("Governance", GOVERNANCE)["verifiers"] == before["verifiers"]
    move(economy, "designate_verifier", person, 1)
    after = economy.chain.read("Governance", GOVERNANCE)
    assert (after["verifiers"], before["staked"] - after["staked"]) == (before["verifiers"] + 1, 100_000 * MAI_UNIT)
    assert (economy.stake(person)["is_verifier"], economy.stake(person)["verifier_ts"]) == (True, economy.chain.time())
    with refused("VerifierTooLow"):
        move(economy, "undesignate_verifier", person, 100_001)
    with refused("NothingToUndesignate"):
        move(economy, "undesignate_verifier", person, 0)
    move(economy, "undesignate_verifier", person, 1)
    assert economy.chain.read("Governance", GOVERNANCE) == before | {"staked": after["staked"]}
    assert parts(economy, person) == (1, 0, 1, 99_999)


def test_every_account_is_checked(economy: Economy) -> None:
    person, rival = economy.person(staked=100, verifier=1), economy.person(staked=1)
    put = economy.chain.put_token_account
    for name, refusal in [
        ("deposit_stake", "NotDepositor"),
        ("unstake", "NotUnstaker"),
        ("designate_verifier", "NotDesignator"),
        ("undesignate_verifier", "NotUndesignator"),
    ]:
        with refused(refusal):
            move(economy, name, rival, 1, stake=person.stake)
    with refused("NotWithdrawer"):
        economy.send("withdraw_stake", rival, {"stake": person.stake})
    move(economy, "unstake", person, 1)
    economy.pass_s(COOLDOWN)
    other_vault = put(economy.mint, economy.chain.read("Stake", person.stake)["owner"], 10**12)
    for accounts, refusal in [
        ({"vault": other_vault}, "WrongVault"),
        ({"token_account": put(Pubkey.new_unique(), person.key, 10**12)}, "NotMai"),
        ({"token_account": rival.wallet}, "NotWalletOwner"),
        ({"token_account": economy.vault}, "NotWalletOwner"),
        ({"config": economy.mint}, "AccountOwnedByWrongProgram"),
        ({"governance": rival.stake}, "AccountDiscriminatorMismatch"),
        ({"stake": GOVERNANCE}, "AccountDiscriminatorMismatch"),
    ]:
        with refused(refusal):
            move(economy, "deposit_stake", person, 1, **accounts)
        with refused(refusal):
            economy.send("withdraw_stake", person, accounts)
    with refused("NothingToStake"):
        move(economy, "deposit_stake", person, 0)
    move(economy, "deposit_stake", person, 1)
    economy.send("withdraw_stake", person, {})
    with refused("AccountInUse"):
        economy.send("open_stake", person, {})


def test_compute_units() -> None:
    economy = Economy()
    person = economy.person(staked=10, verifier=10)
    move(economy, "unstake", person, 1)
    economy.pass_s(COOLDOWN)
    economy.send("withdraw_stake", person, {})
    move(economy, "undesignate_verifier", person, 1)
    economy.send("open_stake", Person(economy.chain.person(), person.wallet), {})
    for name, units in economy.units.items():
        print(f"{name}: {units:,} CU")
    assert len(economy.units) == 6
    assert max(economy.units.values()) <= 60_000
