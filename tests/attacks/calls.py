"""For every instruction a call that passes, on each side: accounts and arguments, after what must come before it."""

from __future__ import annotations

from collections.abc import Callable

from attacks.world import DAY, MAI_UNIT, TRUE, Accounts, Arguments, Job, Side, World
from mai.program import calibration, governance, registry
from program.dao import link_address
from program.economy import INCINERATOR
from program.musters import answer_address
from program.network import (
    EMISSION,
    HIGH_END,
    LIMITS,
    PARAMS,
    PROFILE,
    RATE_FLOOR,
    digest,
    miner_address,
    model_address,
    named,
    spent_address,
    task_address,
)  # fmt: skip
from solders.pubkey import Pubkey

Made = tuple[Accounts, Arguments]
CALLS: dict[str, Callable[[World, Side], Made]] = {}


def call(recipe: Callable[[World, Side], Made]) -> Callable[[World, Side], Made]:
    CALLS[recipe.__name__] = recipe
    return recipe


# Registry


@call
def register_miner(world: World, side: Side) -> Made:
    device = Pubkey.from_bytes(digest(f"new device {side.number}"))
    accounts = {**side.accounts, "miner": miner_address(side.owner.key, device)}
    return accounts, {"device": device, **PROFILE, **HIGH_END}


@call
def update_miner(world: World, side: Side) -> Made:
    return side.accounts, {**PROFILE, **HIGH_END, "gpu_mhs": 100}


@call
def heartbeat(world: World, side: Side) -> Made:
    return side.accounts, {}


@call
def retire_miner(world: World, side: Side) -> Made:
    return side.accounts, {}


@call
def withdraw_bond(world: World, side: Side) -> Made:
    world.call("retire_miner", side.owner, side.accounts)
    world.chain.pass_time(int(registry.BOND_COOLDOWN_S) + 1)
    return side.accounts, {}


@call
def register_model(world: World, side: Side) -> Made:
    key = digest(f"new key {side.number}")
    return {**side.accounts, "model": model_address(key)}, {**named("key", key), **named("params", PARAMS), **LIMITS}


@call
def open_spent_record(world: World, side: Side) -> Made:
    data = digest(f"new input {side.number}")
    accounts = {**side.accounts, "spent_record": spent_address(side.model, data)}
    return accounts, {**named("input", data), "position": 0}


@call
def quote(world: World, side: Side) -> Made:
    hardware = {**HIGH_END, "active_ms": 1, "nft_tier": 0, "uptime_bps": 0, "trust_bps": 6_000}
    network = {"multiplier": 10**9, "quality_bps": 10_000, "epoch": 0, "rate_floor": RATE_FLOOR}
    return side.accounts, {**hardware, **network}


# Tasks


@call
def post_task(world: World, side: Side) -> Made:
    job, nonce = world.post(side), 900 + side.number
    accounts = {**job.accounts, "task": task_address(side.requester.key, nonce)}
    terms = {"nonce": nonce, "lifetime_s": DAY, "task_class": 0, "region": 0, "prompt_tokens": 0, "max_tokens": 1}
    return accounts, terms


def _asked(job: Job) -> Accounts:
    return {**job.accounts, "token_account": job.side.requester.wallet}


@call
def fund_task(world: World, side: Side) -> Made:
    return _asked(world.post(side)), {"amount": 100}


@call
def cancel_task(world: World, side: Side) -> Made:
    return _asked(world.post(side, fee=100)), {}


@call
def expire_task(world: World, side: Side) -> Made:
    job = world.post(side, fee=100, lifetime_s=10)
    world.chain.pass_time(11)
    return _asked(job), {}


@call
def redraw_task(world: World, side: Side) -> Made:
    job = world.post(side)
    world.chain.pass_slots(600)
    return job.accounts, {}


# Work


@call
def assign_task(world: World, side: Side) -> Made:
    job = world.post(side)
    world.chain.pass_slots(100)
    return job.accounts, {}


@call
def commit_work(world: World, side: Side) -> Made:
    job = world.assigned(side)
    world.chain.pass_time(5)
    return job.accounts, world.result(job)


@call
def release_work(world: World, side: Side) -> Made:
    job = world.assigned(side)
    world.chain.pass_time(400)
    return job.accounts, {}


@call
def settle(world: World, side: Side) -> Made:
    nft = world.linked(side)["nft_account"]
    job = world.committed(side, fee=100)
    return {**job.accounts, "nft_account": nft, "receipt": world.receipt(job)}, {}


@call
def crank_difficulty(world: World, side: Side) -> Made:
    world.chain.pass_time(3_601)
    return side.accounts, {}


# Musters


@call
def call_muster(world: World, side: Side) -> Made:
    return side.accounts, {"mark": world.mark()}


@call
def open_answer(world: World, side: Side) -> Made:
    return {**side.accounts, "answer": answer_address(side.miner)}, {}


@call
def answer_muster(world: World, side: Side) -> Made:
    return world.mustered(side, answered=False), {**named("output", TRUE), "tokens": 1}


@call
def prove_muster(world: World, side: Side) -> Made:
    return world.answered(side), {}


@call
def count_power(world: World, side: Side) -> Made:
    world.mustered(side)
    world.chain.write("Miner", side.miner, power=8, muster=0)
    world.chain.write("Emission", EMISSION, power=100)
    return side.accounts, {}


# Stake


@call
def open_stake(world: World, side: Side) -> Made:
    return {"owner": side.caller.key, "stake": side.caller.stake}, {}


@call
def deposit_stake(world: World, side: Side) -> Made:
    return side.accounts, {"amount": 100}


@call
def unstake(world: World, side: Side) -> Made:
    return side.accounts, {"amount": 100}


@call
def withdraw_stake(world: World, side: Side) -> Made:
    world.call("unstake", side.owner, side.accounts, amount=100)
    world.chain.pass_time(14 * DAY)
    return side.accounts, {}


@call
def designate_verifier(world: World, side: Side) -> Made:
    return side.accounts, {"amount": 100_000 * MAI_UNIT}


@call
def undesignate_verifier(world: World, side: Side) -> Made:
    world.call("designate_verifier", side.owner, side.accounts, amount=100_000 * MAI_UNIT)
    return side.accounts, {"amount": 50_000 * MAI_UNIT}


# Checks


@call
def open_check(world: World, side: Side) -> Made:
    return world.challenge(world.committed(side)), {"output": TRUE}


@call
def draw_check(world: World, side: Side) -> Made:
    _, accounts = world.checked(side)
    world.chain.pass_slots(20)
    return accounts, {}


@call
def decide_check(world: World, side: Side) -> Made:
    _, accounts = world.drawn(side)
    return accounts, {"output": TRUE}


@call
def void_check(world: World, side: Side) -> Made:
    _, accounts = world.checked(side)
    world.chain.pass_time(DAY + 1)
    return accounts, {}


@call
def correct_check(world: World, side: Side) -> Made:
    job, accounts = world.failed(side)
    proof, arguments = world.appealed(job, accounts)
    world.call("prove_appeal", side.owner, proof, **arguments)
    return accounts, {}


# Offences


@call
def report_offence(world: World, side: Side) -> Made:
    return world.missed(side)[1], {}


@call
def close_work(world: World, side: Side) -> Made:
    # One of three places: no other miner agreed.
    job = world.committed(side, task_class=2)
    world.chain.pass_time(3 * DAY)
    return job.accounts, {}


@call
def report_check(world: World, side: Side) -> Made:
    return world.accusation(world.decided(side)), {}


@call
def report_verifier(world: World, side: Side) -> Made:
    job, accounts = world.drawn(side)
    world.call("decide_check", side.third, accounts, output=job.output)
    return world.accusation(job, job.check, side.challenger), {}


@call
def appeal(world: World, side: Side) -> Made:
    _, accounts = world.missed(side)
    world.call("report_offence", side.caller, accounts)
    return accounts, {}


@call
def prove_appeal(world: World, side: Side) -> Made:
    job, accounts = world.missed(side)
    world.call("report_offence", side.caller, accounts)
    return world.appealed(job, accounts)


@call
def execute_offence(world: World, side: Side) -> Made:
    _, accounts = world.failed(side)
    world.chain.pass_time(8 * DAY)
    paid = {"reporter_account": side.challenger.wallet, "assistant_account": side.third.wallet}
    return {**accounts, **paid, "reporter_wallet": side.challenger.key, "incinerator": INCINERATOR}, {}


# NFTs


@call
def open_nft_link(world: World, side: Side) -> Made:
    nft = world.nft(side.owner)
    shown = {"mint": nft.mint, "metadata": nft.metadata, "link": link_address(nft.mint)}
    return {**side.accounts, **shown}, {}


@call
def link_nft(world: World, side: Side) -> Made:
    return world.shown(side), {}


@call
def move_nft(world: World, side: Side) -> Made:
    accounts = world.linked(side)
    accounts_of_new, arguments = register_miner(world, side)
    world.call("register_miner", side.owner, accounts_of_new, **arguments)
    return {**accounts, "previous": side.miner, "miner": accounts_of_new["miner"]}, {}


# The DAO


@call
def propose(world: World, side: Side) -> Made:
    return world.proposal(side)


@call
def vote(world: World, side: Side) -> Made:
    return world.proposed(side), {"approves": True}


@call
def vote_early(world: World, side: Side) -> Made:
    return {**world.shown(side), **world.proposed(side)}, {"approves": True}


@call
def deny(world: World, side: Side) -> Made:
    accounts = world.proposed(side)
    world.call("vote", side.owner, accounts, approves=True)
    return accounts, {}


@call
def execute_parameter(world: World, side: Side) -> Made:
    # The limit of works in flight, the hours of a missed work, the grace of a late commit.
    index, value = ((30, 5), (31, 7), (7, 3_601))[side.number]
    return world.approved(side, index=index, value=value), {}


@call
def execute_calibration(world: World, side: Side) -> Made:
    entry = int(calibration.CALIBRATION_FIELDS) * side.number + int(calibration.CAP_NETWORK_MBPS)
    value = int(calibration.default_calibration(entry)) + 1
    return world.approved(side, kind=governance.PROPOSE_CALIBRATION, index=entry, value=value), {}


@call
def execute_model(world: World, side: Side) -> Made:
    return world.approved(side, kind=governance.PROPOSE_MODEL, index=0, target=side.model, value=0), {}


@call
def execute_treasury(world: World, side: Side) -> Made:
    recipient = side.requester.wallet
    changes = {"kind": governance.PROPOSE_TREASURY, "index": 0, "target": recipient, "value": MAI_UNIT}
    return {**world.approved(side, **changes), "recipient": recipient}, {}


@call
def execute_collection(world: World, side: Side) -> Made:
    collection = Pubkey.from_bytes(digest(f"new collection {side.number}"))
    changes = {"kind": governance.PROPOSE_COLLECTION, "index": 1 + side.number, "target": collection, "value": 0}
    return world.approved(side, **changes), {}


