"""Models that are proved by their trace: settled through claim_trace, limited, and at the risk of stake."""

from __future__ import annotations

from typing import Any

import pytest
from program import oracle
from program.chain import OUT, VERIFIER, Refused, refused
from program.market import (
    MINT,
    ONE,
    long_model,
    miner_of,
    set_parameter,
    set_stake,
    stake_of,
    trace_model,
    trusted,
    work_of,
)
from program.musters import CLAIMED, other_traces, put_trace
from program.network import Job, Network, digest, ready
from solders.pubkey import Pubkey

PROMPT, TOKENS, LIMIT = 7, 3, 100
ROUTINE_SLASH, ROUTINE_LIMIT = 18, 19
DETECTION = 5_000


@pytest.fixture
def network() -> Network:
    """traces.so is in the verifier's place, as where work is sampled; the miner is established and has stake."""
    network = ready()
    network.chain.svm.add_program_from_file(VERIFIER, OUT / "traces.so")
    trusted(network)
    set_stake(network, 10**18)
    trace_model(network, DETECTION)
    return network


def committed(network: Network, **changes: Any) -> Job:
    job = network.post(prompt_tokens=PROMPT, max_tokens=LIMIT)
    network.chain.pass_slots(50)
    network.assign(job)
    network.chain.pass_time(60)
    network.commit(job, tokens=TOKENS, **changes)
    return job


def trace(network: Network, job: Job, detection: int = DETECTION, **changes: Any) -> Pubkey:
    """The trace of a job's work, proved."""
    fields: dict[str, Any] = {
        "context": bytes(work_of(network, job)["context"]), "miner": bytes(network.owner.pubkey()),
        "manifest": digest(f"manifest of {detection}"), "input": job.input, "output": job.output, "prompt": PROMPT,
        "generated": TOKENS, "limit": LIMIT,
    }  # fmt: skip
    return put_trace(network.chain, **{**fields, **changes})


def test_a_proved_trace_is_paid(network: Network) -> None:
    job = committed(network)
    risk = stake_of(network)["at_risk"]
    assert risk == work_of(network, job)["at_risk"] == 25_000 * ONE
    proved = trace(network, job)
    event = network.settle(job, proved).events["WorkSettled"]
    assert event["minted"] == event["reward"] == network.chain.supply(MINT) > 0
    assert event["limit"] == 1_000 * ONE
    assert (stake_of(network)["at_risk"], miner_of(network)["settled"]) == (0, 11)
    assert bytes(network.chain.svm.get_account(proved).data)[348] == CLAIMED


@pytest.mark.parametrize(("changes", "name"), other_traces(PROMPT, TOKENS, LIMIT))
def test_a_trace_of_anything_else_is_refused(network: Network, changes: dict[str, Any], name: str) -> None:
    job = committed(network)
    with refused(name):
        network.settle(job, trace(network, job, **changes))
    assert network.chain.supply(MINT) == 0
    network.settle(job, trace(network, job))


def test_a_receipt_of_a_whole_proof_does_not_stand_for_a_trace(network: Network) -> None:
    job = committed(network)
    with pytest.raises(Refused, match="VerifierError"):
        network.settle(job, network.receipt(job))
    network.settle(job, trace(network, job))


def test_a_trace_does_not_stand_for_a_whole_proof(network: Network) -> None:
    sampled = committed(network)
    proved = trace(network, sampled)
    network.model = ready().model
    job = network.committed()
    with pytest.raises(Refused, match="VerifierError"):
        network.settle(job, proved)
    network.settle(job)


def test_sampled_work_earns_at_most_the_classs_limit(network: Network) -> None:
    set_parameter(network, ROUTINE_LIMIT, ONE)
    long_model(network, 60_000 * 30)
    job = committed(network, active_ms=60_000)
    event = network.settle(job, trace(network, job)).events["WorkSettled"]
    assert event["reward"] > event["limit"] == ONE
    assert event["minted"] == oracle.minted(event["reward"], event["cap_left"], event["limit"]) == ONE


def test_a_trace_that_misses_nothing_is_not_limited(network: Network) -> None:
    trace_model(network, 10_000)
    set_parameter(network, ROUTINE_LIMIT, ONE)
    long_model(network, 60_000 * 30)
    job = committed(network, active_ms=60_000)
    assert work_of(network, job)["at_risk"] == 0
    event = network.settle(job, trace(network, job, 10_000)).events["WorkSettled"]
    assert (event["limit"], event["minted"]) == (0, event["reward"])
    assert event["minted"] > ONE


def test_what_is_at_risk_is_what_was_fixed_at_the_assignment(network: Network) -> None:
    first = committed(network)
    set_parameter(network, ROUTINE_SLASH, 30_000 * ONE)
    second = committed(network)
    assert stake_of(network)["at_risk"] == 55_000 * ONE
    network.settle(first, trace(network, first))
    assert stake_of(network)["at_risk"] == 30_000 * ONE
    network.settle(second, trace(network, second))
    assert stake_of(network)["at_risk"] == 0
