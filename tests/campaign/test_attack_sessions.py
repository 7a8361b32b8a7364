"""Attacks on sessions: every change between every pair of stages (docs/security/verifier.md)."""

from __future__ import annotations

import pytest

from campaign.bench import ACCEPTED, Bench
from campaign.pieces import Pieces
from campaign.sessions import VERIFIED, SessionRun

STAGES = range(VERIFIED + 1)


def at_stage(bench: Bench, stage: int, payload: bytes | None = None) -> SessionRun:
    """A session that has reached the stage, over a batch of three proofs."""
    run = SessionRun(bench, bench.miner(), payload or bench.batch)
    assert run.create() == ACCEPTED
    assert run.advance_to(stage) == ACCEPTED
    assert run.stage() == stage
    return run


def step(run: SessionRun) -> str:
    """What comes next: a slice, or the receipts."""
    return run.advance() if run.stage() < VERIFIED else run.receipts()


def finish(run: SessionRun) -> str:
    """The rest, honestly."""
    verdict = run.advance_to(VERIFIED)
    return run.receipts() if verdict == ACCEPTED else verdict


@pytest.mark.parametrize("stage", STAGES)
def test_payload_written_in_between(bench: Bench, stage: int) -> None:
    """One byte of each part: instances, points, evaluations, W', hints, scalars, quotient, divisors."""
    run = at_stage(bench, stage)
    key = bench.key
    first = 8 + 32 * key.n_instances
    hints = first + key.proof_size
    offsets = (8, first, first + 64 * key.n_phase_points, hints - 1, hints, len(run.payload) - 9, len(run.payload) - 1)
    for offset in offsets:
        for value in (run.payload[offset] ^ 1, run.payload[offset]):
            accounts = {"authority": run.miner.address, "account": run.proof_account}
            arguments = {"offset": offset, "data": bytes([value])}
            call = bench.verifier.program.instruction("write", accounts, arguments)
            assert bench.send(call, [run.miner.keypair]) == ACCEPTED
            if value != run.payload[offset]:
                assert step(run) == "SessionPayloadMismatch", offset
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES)
def test_another_key_or_proof_account_in_between(bench: Bench, stage: int) -> None:
    run = at_stage(bench, stage)
    key, proof = run.key_account, run.proof_account
    run.key_account = bench.other_key_account
    assert step(run) == ("SessionKeyMismatch" if stage < VERIFIED else "PayloadTooShort")
    run.key_account = key
    run.proof_account = bench.put_proof(bench.payloads[0], run.miner.address, 1234)
    assert run.advance() == "SessionPayloadMismatch"
    run.proof_account = proof
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES)
def test_a_stranger_moves_nothing(bench: Bench, stage: int) -> None:
    run = at_stage(bench, stage)
    before = run.data()
    stranger = bench.miner()
    program = bench.verifier.program
    assert run.advance(miner=stranger) == "WrongAuthority"
    accounts = {"authority": stranger.address, "account": run.address}
    for name in ("close", "extend"):
        assert bench.send(program.instruction(name, accounts), [stranger.keypair]) == "WrongAuthority"
    bench.put_proof(run.payload, stranger.address, run.nonce)
    assert run.data() == before
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES)
def test_nobody_writes_or_resets_a_session(bench: Bench, stage: int) -> None:
    run = at_stage(bench, stage)
    program = bench.verifier.program
    mine = {"authority": run.miner.address, "account": run.address}
    write = program.instruction("write", mine, {"offset": 0, "data": bytes(8)})
    assert bench.send(write, [run.miner.keypair]) == "WrongAccountType"
    create = program.instruction("create_session", run.accounts(), {"nonce": run.nonce, "bump": run.bump})
    assert bench.send(create, [run.miner.keypair]) == "AccountExists"
    assert run.advance(0) == "NoSteps"
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES)
def test_receipts_only_at_the_end(bench: Bench, stage: int) -> None:
    run = at_stage(bench, stage)
    if stage < VERIFIED:
        assert run.receipts() == "SessionIncomplete"
    else:
        assert run.advance() == "SessionComplete"
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES)
def test_closed_and_revived(bench: Bench, stage: int) -> None:
    """A session that is closed and made again starts over; before it is whole it does nothing."""
    run = at_stage(bench, stage)
    run.miner.verifier.close(run.address)
    assert run.advance() == "WrongOwner"
    assert run.create() == ACCEPTED
    assert run.stage() == 0
    assert run.receipts() == "SessionIncomplete"
    assert finish(run) == ACCEPTED


@pytest.mark.parametrize("stage", STAGES[:-1])
def test_out_of_compute_leaves_nothing(bench: Bench, stage: int) -> None:
    run = at_stage(bench, stage)
    before = run.data()
    assert run.advance(compute_units=2_000) == "ComputeBudgetExceeded"
    assert run.data() == before
    assert finish(run) == ACCEPTED


def test_interleaved_sessions_of_one_miner(bench: Bench) -> None:
    """Two sessions under one key, step by step in turn; neither goes on with the other's payload."""
    miner = bench.miner()
    runs = [SessionRun(bench, miner, payload, nonce) for nonce, payload in enumerate(bench.payloads[:2], 1)]
    for run in runs:
        assert run.create() == ACCEPTED
    for stage in range(1, VERIFIED + 1):
        for run, other in zip(runs, reversed(runs), strict=True):
            own, run.proof_account = run.proof_account, other.proof_account
            assert run.advance() == "SessionPayloadMismatch"
            run.proof_account = own
            assert run.advance_to(stage) == ACCEPTED
    assert [run.receipts() for run in runs] == [ACCEPTED, ACCEPTED]


def test_another_payloads_verified_session(bench: Bench) -> None:
    miner = bench.miner()
    done = SessionRun(bench, miner, bench.payloads[0], 1)
    assert done.create() == ACCEPTED and done.advance_to(VERIFIED) == ACCEPTED
    pieces = Pieces.of(bench.key, bench.payloads[1])
    pieces.proofs[0].instances[0] += 1
    thief = SessionRun(bench, miner, pieces.bytes(), 2)
    thief.address = done.address
    assert thief.receipts() == "SessionPayloadMismatch"
    assert done.receipts() == ACCEPTED


@pytest.mark.parametrize("index", [0, 2])
def test_a_bad_proof_never_gets_verified(bench: Bench, index: int) -> None:
    pieces = Pieces.of(bench.key, bench.batch)
    evaluations = pieces.proofs[index].evaluations
    evaluations[0] ^= 1
    payload = bench.key.batch([(p.instances, p.proof(bench.key)) for p in pieces.proofs])
    run = at_stage(bench, VERIFIED - 1, payload)
    assert run.advance() == "ProofInvalid"
    assert run.advance() == "ProofInvalid"
    assert run.receipts() == "SessionIncomplete"
    assert finish(at_stage(bench, 0)) == ACCEPTED


@pytest.mark.parametrize("change", ["hint", "scalar"])
def test_a_wrong_hint_stops_at_the_claims(bench: Bench, change: str) -> None:
    pieces = bench.pieces()
    values = pieces.proofs[0].hints if change == "hint" else pieces.scalars
    values[0] ^= 1
    pieces.redraw()
    run = at_stage(bench, 3, pieces.bytes())
    assert run.advance() == "HintWrong"
    assert run.receipts() == "SessionIncomplete"
    assert finish(at_stage(bench, 0)) == ACCEPTED
