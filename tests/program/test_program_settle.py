"""settle: pays once, to the right owner, for exactly what the receipt says."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from mai.program import SOURCE, tasks
from program import oracle
from program.chain import VERIFIER, Refused, refused
from program.market import (
    CONFIG,
    EMISSION,
    HOUR,
    MINT,
    crank,
    fund,
    give_nft,
    long_model,
    miner_of,
    own,
    purse,
    rival,
    set_parameter,
    stand_in,
    work_of,
)
from program.network import CALIBRATION, MAI_UNIT, TREASURY, VAULT, Network, digest, miner_address, model_address, ready
from solders.pubkey import Pubkey

SETTLE_UNITS = 48_180
MONTH_MS = 2_592_000_000
EXAMPLE = 792_792 * MAI_UNIT // 100


@pytest.fixture
def network() -> Network:
    return ready()


def wallet_of(network: Network, owner: Any) -> Pubkey:
    return network.chain.put_token_account(MINT, owner.pubkey())


def test_settling_pays_and_records(network: Network) -> None:
    network.chain.write("Model", network.model, work_units=10**7)
    job = network.committed(tokens=100, active_ms=30_000)
    event = network.settle(job).events["WorkSettled"]
    # 10^9 work units and those around them, trust 0.60, a newcomer's quality factor 0.875.
    base = 858 * MAI_UNIT * oracle.verified(858 * MAI_UNIT, 10**9) // 3_600_000
    assert 176_087_000_000 < base <= 176_088_000_000
    assert event["minted"] == event["reward"] == base * 6_000 // 10_000 * 8_750 // 10_000
    assert network.chain.balance(network.wallet) == network.chain.supply(MINT) == event["minted"]
    record, miner = network.chain.read("SpentRecord", job.spent), miner_of(network)
    assert (record["spent"], record["task"], record["slot"]) == (True, job.task, network.chain.svm.get_clock().slot)
    names = ("settled", "completed", "active_ms", "active_ms_week", "earned", "in_flight", "allowed_ms_week")
    # Claimed were 30 s, the chain saw 60.
    assert [miner[name] for name in names] == [1, 1, 60_000, 60_000, event["minted"], 0, MONTH_MS]
    work, task = work_of(network, job), network.chain.read("Task", job.task)
    assert (work["status"], work["paid"]) == (tasks.WORK_SETTLED, event["minted"])
    assert (task["status"], task["taken"], task["settled"]) == (tasks.TASK_SETTLED, 0, 1)
    emission = network.chain.read("Emission", EMISSION)
    assert [emission[name] for name in ("epoch_minted", "minted", "period_minted")] == [event["minted"]] * 3
    assert (emission["pending"], emission["period_settled"], emission["period_active_ms"]) == (0, 1, 60_000)
    assert emission["period_allowed_ms"] == MONTH_MS
    named = {"work": job.work, "task": job.task, "model": network.model, "miner": network.miner}
    assert {key: event[key] for key in named} == named
    assert (event["owner"], event["limit"], event["fee_burned"]) == (network.owner.pubkey(), 0, 0)


def as_in_the_document(network: Network) -> Pubkey:
    """150 MH/s, 4 GHz, 1,000 Mbps, Silver, 80-100 % uptime, attested, of perfect reputation."""
    stand_in(network, attested=True, device_class=6, uptime_bps=8_000, quality_bps=10_000)
    return give_nft(network, 2)


def test_the_documents_worked_example_in_one_work_of_eight_hours(network: Network) -> None:
    # 6,864 -> 7,550.4 -> 7,927.92 MAI. So long a work needs the grace that the DAO can give.
    holder = as_in_the_document(network)
    set_parameter(network, 7, 8 * HOUR)
    long_model(network, 8 * HOUR * 1_000)
    job = network.committed(8 * HOUR, tokens=100, active_ms=8 * HOUR * 1_000)
    event = network.settle(job, nft_account=holder).events["WorkSettled"]
    steps = [event[name] for name in ("hourly", "base", "after_nft", "after_uptime")]
    assert steps == [858 * MAI_UNIT, 6_864 * MAI_UNIT, 75_504 * MAI_UNIT // 10, EXAMPLE]
    rest = ("after_trust", "after_difficulty", "after_quality", "reward", "minted")
    assert [event[name] for name in rest] == [EXAMPLE] * 5
    assert network.chain.balance(network.wallet) == network.chain.supply(MINT) == EXAMPLE


def test_the_documents_worked_example_in_eight_works_of_an_hour(network: Network) -> None:
    holder = as_in_the_document(network)
    long_model(network, HOUR * 1_000)
    for hour in range(1, 9):
        job = network.committed(HOUR, tokens=100, active_ms=HOUR * 1_000)
        network.settle(job, nft_account=holder)
        assert network.chain.balance(network.wallet) == hour * EXAMPLE // 8
    assert network.chain.supply(MINT) == EXAMPLE


def test_an_nft_that_was_sold_earns_nothing_more(network: Network) -> None:
    give_nft(network, 4)
    held = miner_of(network)["nft_account"]
    first = network.settle(network.committed(), nft_account=held).events["WorkSettled"]
    sold = network.chain.put_token_account(miner_of(network)["nft_mint"], Pubkey.new_unique(), 1)
    network.chain.put(held, bytes(network.chain.svm.get_account(sold).data), network.chain.svm.get_account(sold).owner)
    second = network.settle(network.committed(), nft_account=held).events["WorkSettled"]
    assert (first["nft_bps"], second["nft_bps"]) == (2_000, 0)


@pytest.mark.parametrize("work_units", [1, 3_000_000])
def test_pay_follows_the_work_and_nothing_that_is_declared_or_claimed(network: Network, work_units: int) -> None:
    network.chain.write("Model", network.model, work_units=work_units)
    bases = []
    for changes, active_ms in (({}, 30_000), ({"gpu_mhs": 75}, 10_000), ({"device_class": 1}, 59_000)):
        stand_in(network, **changes)
        event = network.settle(network.committed(active_ms=active_ms)).events["WorkSettled"]
        assert (event["active_ms"], event["counted_ms"]) == (active_ms, oracle.verified(event["hourly"], work_units))
        assert event["base"] == event["hourly"] * event["counted_ms"] // 3_600_000
        bases.append(event["base"])
    exact = (work_units + 500_000) * 176_000_000 // 10**6
    # The counted time is whole milliseconds: of 858 MAI an hour one is 0.24 thousandths of a MAI.
    assert all(exact - 858 * MAI_UNIT // 3_600_000 - 1 <= base <= exact for base in bases)


def test_reputation_scales_the_reward_from_a_half_to_one(network: Network) -> None:
    paid = []
    for quality in (2_500, 10_000):
        stand_in(network, quality_bps=quality)
        event = network.settle(network.committed()).events["WorkSettled"]
        paid.append((event["quality_bps"], event["after_quality"] * 10_000 // event["after_difficulty"]))
    assert paid == [(6_250, 6_250), (10_000, 10_000)]


def test_settling_costs_exactly_so_many_compute_units(network: Network) -> None:
    assert network.settle(network.committed()).units == SETTLE_UNITS


def test_work_is_paid_once(network: Network) -> None:
    job = network.committed()
    minted = network.settle(job).events["WorkSettled"]["minted"]
    with refused("WorkAlreadySettled"):
        network.settle(job)
    assert network.chain.supply(MINT) == minted


def test_a_new_nonce_does_not_make_old_work_new(network: Network) -> None:
    first = network.post()
    second = network.post(first.input)
    network.chain.pass_slots(2)
    for job in (first, second):
        network.assign(job)
    network.chain.pass_time(30)
    for job in (first, second):
        network.commit(job)
    network.settle(first)
    with refused("InputAlreadySpent"):
        network.settle(second)


def test_every_account_is_checked(network: Network) -> None:
    other = rival(network)
    network.register_model(key=digest("another key"))
    second = Pubkey.from_bytes(digest("second device"))
    network.register_miner(device=second)
    job, another = network.taken(), network.taken()
    network.chain.pass_time(60)
    network.commit(job)
    network.commit(another)
    put, owner = network.chain.put_token_account, network.owner.pubkey()
    theirs = {"miner": miner_address(other.pubkey()), "work": job.work}
    attempts: list[tuple[str, dict[str, Any]]] = [
        ("NotOwner", {"owner": other, "miner": network.miner, "work": job.work}),
        ("WrongStake", {"stake": network.mine_accounts(other)["stake"]}),
        ("WrongMiner", {"owner": other, **theirs}),
        ("WrongMiner", {"miner": miner_address(owner, second)}),
        ("WrongTask", {"task": another.task}),
        ("WrongTask", {"work": another.work}),
        ("WrongModel", {"model": model_address(digest("another key"))}),
        ("WrongRecord", {"spent_record": another.spent}),
        ("WrongMint", {"mint": network.chain.put_mint(CONFIG, None)}),
        ("WrongVault", {"vault": TREASURY}),
        ("WrongVault", {"vault": put(MINT, CONFIG)}),
        ("NotMai", {"token_account": put(Pubkey.new_unique(), owner)}),
        ("NotWalletOwner", {"token_account": put(MINT, other.pubkey())}),
        ("NotWalletOwner", {"token_account": VAULT}),
        ("NotVerifier", {"verifier_program": Pubkey.new_unique()}),
        ("AccountDiscriminatorMismatch", {"config": network.miner}),
        ("AccountDiscriminatorMismatch", {"emission": CALIBRATION}),
        ("AccountOwnedByWrongProgram", {"config": copied(network, CONFIG)}),
        ("AccountOwnedByWrongProgram", {"emission": copied(network, EMISSION)}),
        ("InvalidProgramId", {"token_program": VERIFIER}),
    ]
    receipt = network.receipt(job)
    for name, changes in attempts:
        with refused(name):
            network.settle(job, receipt, **changes)
    assert network.chain.supply(MINT) == 0
    network.settle(job, receipt)
    assert network.chain.supply(MINT) > 0


def copied(network: Network, address: Pubkey) -> Pubkey:
    """The real account's bytes under a stranger's program."""
    copy = Pubkey.new_unique()
    network.chain.put(copy, bytes(network.chain.svm.get_account(address).data), Pubkey.new_unique())
    return copy


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
def test_a_receipt_for_anything_else_is_refused(network: Network, field: str, name: str) -> None:
    job = network.committed()
    with refused(name):
        network.settle(job, network.receipt(job, **{field: digest("something else")}))
    assert network.chain.supply(MINT) == 0
    network.settle(job)


def test_a_receipt_serves_its_claimer_once(network: Network) -> None:
    job, other = network.committed(), network.committed()
    stranger = network.receipt(job, claimer=network.requester.pubkey())
    with refused("ClaimerMismatch"):
        network.settle(job, stranger)
    receipt = network.receipt(job)
    network.settle(job, receipt)
    with refused("ReceiptConsumed"):
        network.settle(other, receipt)


def test_a_receipt_of_another_program_is_nothing(network: Network) -> None:
    job = network.committed()
    genuine, forged = network.receipt(job), Pubkey.new_unique()
    network.chain.put(forged, bytes(network.chain.svm.get_account(genuine).data), Pubkey.new_unique())
    with pytest.raises(Refused, match="VerifierError"):
        network.settle(job, forged)
    network.settle(job, genuine)


def test_only_committed_undisputed_work_of_an_approved_model_is_paid(network: Network) -> None:
    waiting = network.taken()
    with refused("WorkNotCommitted"):
        network.settle(waiting)
    network.chain.pass_time(30)
    network.commit(waiting)
    for kind, address, field, value, name in (
        ("Work", waiting.work, "disputed", True, "WorkDisputed"),
        ("Model", network.model, "approved", False, "ModelWithdrawn"),
        ("Work", waiting.work, "status", tasks.WORK_FORFEITED, "WorkNotCommitted"),
    ):
        before = network.chain.read(kind, address)[field]
        network.chain.write(kind, address, **{field: value})
        with refused(name):
            network.settle(waiting)
        network.chain.write(kind, address, **{field: before})
    network.settle(waiting)


def test_settlement_ends_a_day_after_the_task(network: Network) -> None:
    job = network.committed()
    expires = network.chain.read("Task", job.task)["expires_ts"]
    network.chain.set_time(expires + 86_401)
    with refused("SettleTooLate"):
        network.settle(job)
    network.chain.set_slot(network.chain.svm.get_clock().slot, expires + 86_400)
    network.settle(job)


def test_hardware_is_capped_again_at_settlement(network: Network) -> None:
    job = network.committed()
    stand_in(network, gpu_mhs=1_000_000, device_class=1)
    event = network.settle(job).events["WorkSettled"]
    assert event["hourly"] == 4 * 2_000_000_000 + 1_000 * 100_000_000  # a CPU class has no MH/s


def test_the_first_payment_burns_the_fee(network: Network) -> None:
    job = network.taken()
    network.chain.write("Task", job.task, status=tasks.TASK_OPEN)  # so that it can be funded below
    wallet = purse(network, network.requester, 1_000)
    fund(network, job, wallet, 1_000)
    network.chain.write("Task", job.task, status=tasks.TASK_ASSIGNED)
    network.chain.pass_time(60)
    network.commit(job)
    event = network.settle(job).events["WorkSettled"]
    assert (event["fee_burned"], event["minted"]) == (900, event["reward"])
    assert network.chain.supply(MINT) == 1_000 - 900 + event["minted"]
    assert [network.chain.balance(account) for account in (wallet, VAULT, TREASURY)] == [0, 0, 100]
    task = network.chain.read("Task", job.task)
    assert (task["fee"], task["fee_burned"], task["self_minted"]) == (0, 900, 0)
    assert network.chain.read("Emission", EMISSION)["fees_burned"] == 900


def own_task(network: Network, fee: int, **changes: Any) -> Any:
    """A task that the device's owner asked for and paid a fee for."""
    job = network.post(requester=network.owner, **changes)
    if fee:
        fund(network, job, purse(network, network.owner, fee), fee, network.owner)
    network.chain.pass_slots(50)
    return job


def test_a_self_chosen_task_mints_at_most_the_fee_burned(network: Network) -> None:
    free, paid = own_task(network, 0), own_task(network, 10_000)
    network.assign(free)
    network.assign(paid)
    network.chain.pass_time(60)
    network.commit(free)
    network.commit(paid)
    before = network.chain.supply(MINT)
    assert network.settle(free).events["WorkSettled"]["minted"] == 0
    event = network.settle(paid).events["WorkSettled"]
    assert event["minted"] == event["fee_burned"] == 9_000 < event["reward"]
    assert network.chain.supply(MINT) == before


def test_the_quote_has_no_side_effects_and_settlement_no_configuration_lock(network: Network) -> None:
    accounts = {
        **dict.fromkeys(("task", "work", "spent_record", "token_account", "receipt", "stake", "vault"), network.miner),
        "owner": network.owner.pubkey(), "config": CONFIG, "mint": MINT, "miner": network.miner, "emission": EMISSION,
        "model": network.model, "verifier_program": VERIFIER, "calibration": CALIBRATION, "nft_account": CONFIG,
    }  # fmt: skip
    metas = {meta.pubkey: meta.is_writable for meta in network.chain.instruction("settle", accounts).accounts}
    read_only = [metas[key] for key in (CONFIG, network.model, VERIFIER)]
    assert (read_only, metas[MINT], metas[EMISSION]) == ([False] * 3, True, True)


@pytest.mark.parametrize("name", ["claim", "claim_trace"])
def test_the_verifiers_discriminators_are_the_ones_in_the_source(name: str) -> None:
    discriminator = list(hashlib.sha256(f"global:{name}".encode()).digest()[:8])
    assert str(discriminator) in (SOURCE / "claims.py").read_text()


def test_compute_units_of_every_instruction_of_the_core(network: Network) -> None:
    """Each stays below what a transaction gets by default, so that no client has to ask for more."""
    job = network.post()
    wallet = purse(network, network.requester, 10)
    newcomer = network.chain.person()
    network.open_stake(newcomer)
    network.chain.pass_time(60)
    units = {"fund_task": fund(network, job, wallet, 10).units, "assign_task": network.assign(job).units}
    units["heartbeat"] = network.heartbeat().units
    units["commit_work"] = network.commit(job).units
    units["settle"] = network.settle(job).units
    units["update_miner"] = network.update_miner().units
    units["register_miner"] = network.register_miner(newcomer).units
    missed = network.taken()
    network.chain.pass_time(61)
    units["release_work"] = network.release(missed).units
    units["retire_miner"] = own(network, "retire_miner").units
    assert max(units.values()) <= 200_000, units
    print(units)
    network.chain.pass_time(HOUR)
    assert crank(network)["settled"] == 1
