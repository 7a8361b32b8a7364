"""Attacks with wrong accounts and with receipts, all of them, next to controls (docs/security/verifier.md)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from solders.instruction import AccountMeta

from campaign.accounts import calls, scene, simulated
from campaign.bench import ACCEPTED, Bench, discriminator, with_metas
from campaign.keys import CONTEXT
from campaign.receipts import Earned

INSTRUCTIONS = (
    *("check", "verify", "verify_session", "claim", "create_session", "advance"),
    *("seal_key", "write", "extend", "close", "create_proof", "create_key"),
)


TRACES = Path(__file__).parents[2] / "programs" / "traces" / "src" / "instruction.rs"


def test_every_instruction_is_attacked(bench: Bench) -> None:
    of_traces = {name.lower() for name in re.findall(r"const (\w+): \[u8; 8\]", TRACES.read_text())}
    assert len(of_traces) == 17  # attacked in tests/traces
    assert set(INSTRUCTIONS) == set(bench.verifier.program._instructions) - of_traces
    assert [name for name, _, _ in calls(bench, scene(bench).me)] == list(INSTRUCTIONS)


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_every_substitution_is_refused_by_name(bench: Bench, name: str) -> None:
    """In every place that no signer takes: each of the victim's accounts, each type of one's own, foreign copies."""
    where = scene(bench)
    _, accounts, arguments = next(call for call in calls(bench, where.me) if call[0] == name)
    call = bench.verifier.program.instruction(name, accounts, arguments)
    signers = [where.me.miner.keypair, where.second]
    assert simulated(bench, call, signers) == ACCEPTED
    tried = 0
    for index, old in enumerate(call.accounts):
        if old.is_signer:
            continue
        pool = {*where.victim.accounts, *where.foreign, *where.strange, bench.other_key_account}
        if len(call.accounts) > 2:  # what may be written, extended or closed is anything of one's own
            pool |= set(where.me.accounts)
        for address in pool - {meta.pubkey for meta in call.accounts}:
            metas = list(call.accounts)
            metas[index] = AccountMeta(address, False, old.is_writable)
            verdict = simulated(bench, with_metas(call, metas), signers)
            tried += 1
            if name == "check" and index == 1 and address == where.victim.proof:
                assert verdict == ACCEPTED  # anybody may check anybody's proof
            else:
                assert bench.is_named(verdict), (name, index, address, verdict)
    assert tried >= 15


LOOK_ALIKES = (
    ("check", 0, "Proof"),
    ("check", 1, "Key"),
    ("verify_session", 3, "Proof"),
    ("advance", 3, "Receipt"),
    ("claim", 1, "Session"),
    ("seal_key", 1, "Proof"),
)


@pytest.mark.parametrize(("name", "place", "kind"), LOOK_ALIKES)
def test_look_alikes_of_another_type(bench: Bench, name: str, place: int, kind: str) -> None:
    """Everything but the discriminator is as it should be, as if an upload had spelled it."""
    where = scene(bench)
    _, accounts, arguments = next(call for call in calls(bench, where.me) if call[0] == name)
    call = bench.verifier.program.instruction(name, accounts, arguments)
    old = call.accounts[place]
    account = bench.chain.account(old.pubkey)
    assert account is not None
    copy = bench.miner().address
    for start, verdict in ((discriminator(kind), "WrongAccountType"), (bytes(account.data[:8]), ACCEPTED)):
        bench.put(copy, start + bytes(account.data[8:]))
        metas = list(call.accounts)
        metas[place] = AccountMeta(copy, False, old.is_writable)
        assert simulated(bench, with_metas(call, metas), [where.me.miner.keypair]) == verdict


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_missing_flags_duplicates_counts_and_order(bench: Bench, name: str) -> None:
    where = scene(bench)
    _, accounts, arguments = next(call for call in calls(bench, where.me) if call[0] == name)
    call = bench.verifier.program.instruction(name, accounts, arguments)
    signers = [where.me.miner.keypair, where.second]

    def verdict(metas: list[AccountMeta]) -> str:
        return simulated(bench, with_metas(call, metas), signers)

    honest = list(call.accounts)
    assert verdict(honest) == ACCEPTED
    for index, meta in enumerate(honest):
        rest = honest[:index], honest[index + 1 :]
        if meta.is_signer:
            assert verdict([*rest[0], AccountMeta(meta.pubkey, False, meta.is_writable), *rest[1]]) == "MissingSigner"
            second = AccountMeta(where.second.pubkey(), True, meta.is_writable)
            assert verdict([*rest[0], second, *rest[1]]) in ("WrongAuthority", "WrongAddress", "ClaimerMismatch")
        if meta.is_writable:
            assert verdict([*rest[0], AccountMeta(meta.pubkey, meta.is_signer, False), *rest[1]]) == "NotWritable"
        assert verdict([*rest[0], *rest[1]]) == "AccountCount"
        other = honest[index - 1]
        assert verdict([*rest[0], other, *rest[1]]) == "DuplicateAccount"
    more = AccountMeta(where.victim.miner.address, False, False)
    assert verdict([*honest, more]) in ("AccountCount", "ReceiptCount")
    assert bench.is_named(verdict([*honest[1:], honest[0]]))


# -- receipts -----------------------------------------------------------------------------------------------------

MISMATCHES = {
    "context": "ContextMismatch",
    "key_hash": "KeyMismatch",
    "srs": "SrsMismatch",
    "input": "InputMismatch",
    "params": "ParamsMismatch",
    "output": "OutputMismatch",
}


@pytest.mark.parametrize("field", MISMATCHES)
def test_a_receipt_is_for_one_thing(bench: Bench, field: str) -> None:
    earned = Earned(bench)
    wrong = bytes([earned.expected[field][0] ^ 1]) + earned.expected[field][1:]
    assert earned.claim(**{field: wrong}) == MISMATCHES[field]
    assert earned.claim() == ACCEPTED


def test_a_receipt_is_for_one_claimer_once(bench: Bench) -> None:
    earned = Earned(bench)
    assert earned.claim(bench.miner()) == "ClaimerMismatch"
    assert earned.claim() == ACCEPTED
    assert earned.claim() == "ReceiptConsumed"
    assert earned.verify() == "ReceiptExists"
    assert bench.outcome(lambda: earned.miner.verifier.close(earned.address)) == "ReceiptConsumed"


def test_identical_proof_bytes_under_another_signer(bench: Bench) -> None:
    earned, thief = Earned(bench), bench.miner()
    assert earned.verify(thief.verifier) == "WrongAuthority"
    assert earned.claim(thief) == "ClaimerMismatch"
    assert earned.claim() == ACCEPTED


def test_a_receipt_forged_by_another_program(bench: Bench) -> None:
    earned = Earned(bench)
    account = bench.chain.account(earned.address)
    assert account is not None
    forged = bench.put(bench.miner().address, bytes(account.data), bench.other_program)
    assert earned.claim(address=forged) == "WrongOwner"
    assert earned.claim() == ACCEPTED


def test_a_receipt_is_not_made_at_another_address(bench: Bench) -> None:
    earned = Earned(bench)
    verify = bench.verifier.program.instruction

    def verdict(address: object, bumps: bytes, context: bytes) -> str:
        accounts = {
            "claimer": earned.miner.address,
            "key": bench.key_account,
            "proof": earned.proof,
            "receipt": address,
        }
        arguments = {"context": list(context), "bumps": bumps, "profile": False}
        return bench.send(verify("verify", accounts, arguments), [earned.miner.keypair])  # type: ignore[arg-type]

    context = bytes(32)
    find = earned.miner.verifier.receipt_address
    place, bump = find(context, earned.miner.address, earned.statement.statement)
    elsewhere, other_bump = find(CONTEXT[::-1], earned.miner.address, earned.statement.statement)
    assert verdict(elsewhere, bytes([other_bump]), context) == "WrongAddress"
    assert verdict(place, bytes([bump - 1]), context) == "BumpNotCanonical"
    assert verdict(place, b"", context) == "ReceiptCount"
    assert verdict(place, bytes([bump, bump]), context) == "ReceiptCount"
    assert verdict(place, bytes([bump]), context) == ACCEPTED
