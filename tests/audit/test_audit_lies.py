"""A planted lie of each kind is found, and called by its name."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from audit.histories import story, walk
from audit.lies import DATA, MAI, VERIFIER, VERIFIER_INTERFACE, Lying, audited, lies, pda
from mai.audit.findings import Level
from mai.chain.history import Invocation, Transaction
from mai.chain.loader import LOADER, program_data_address
from mai.errors import MaiError
from mai.program import parameters
from solders.account import Account
from solders.pubkey import Pubkey
from spl.token.constants import TOKEN_PROGRAM_ID

MINT = pda("config")


def mint_of(source: Lying) -> Pubkey:
    data = bytes(source.true.account(pda("config")).data)  # type: ignore[union-attr]
    return Pubkey(data[40:72])


def wrong_bytes(source: Lying) -> None:
    source.patch(MAI, 5_000, b"\xde\xad")


def replaceable(source: Lying) -> None:
    code = bytes(source.true.account(MAI).data)  # type: ignore[union-attr]
    data = (3).to_bytes(4, "little") + bytes(8) + b"\1" + bytes(Pubkey.new_unique()) + code
    source.accounts_[MAI] = Account(1, bytes(36), LOADER, True, 0)
    source.accounts_[program_data_address(MAI)] = Account(1, data, LOADER)


def mint_key(source: Lying) -> None:
    source.patch(mint_of(source), 4, bytes(Pubkey.new_unique()))


def freeze(source: Lying) -> None:
    source.patch(mint_of(source), 46, (1).to_bytes(4, "little") + bytes(Pubkey.new_unique()))


def supply(source: Lying) -> None:
    mint = mint_of(source)
    held = int.from_bytes(bytes(source.true.account(mint).data)[36:44], "little")  # type: ignore[union-attr]
    source.patch(mint, 36, (held + 1).to_bytes(8, "little"))


def minted_outside(source: Lying) -> None:
    last = list(source.all())[-1]
    data = bytes([7]) + (5).to_bytes(8, "little")
    call = Invocation(TOKEN_PROGRAM_ID, (mint_of(source), Pubkey.new_unique()), data, 1)
    source.add(replace(last, signature="outside", slot=last.slot + 1, calls=(call,), logs=()), mint_of(source))


def reward_term(source: Lying) -> None:
    source.retell("WorkSettled", lambda told: {"after_quality": told["after_quality"] + 1})


def above_the_cap(source: Lying) -> None:
    cap = int(parameters.default_parameter(parameters.EPOCH_CAP))
    source.retell("WorkSettled", lambda told: {"minted": cap + 1})


def told_otherwise(source: Lying) -> None:
    source.retell("WorkSettled", lambda told: {"minted": told["minted"] + 7})


def paid_twice(source: Lying) -> None:
    again = next(source.with_call("settle"))
    last = list(source.all())[-1]
    source.add(replace(again, signature="again", slot=last.slot + 1, time=last.time))


def losing_ticket(source: Lying) -> None:
    source.retell("WorkAssigned", lambda told: {"ticket": told["chance"] + 1})


def another_chance(source: Lying) -> None:
    source.retell("WorkAssigned", lambda told: {"chance": told["chance"] - 1})


def another_receipt(source: Lying) -> None:
    source.rewrite("Receipt", lambda fields: {"output": bytes(32)} if fields["consumed"] else {}, owner=VERIFIER)


def stolen_receipt(source: Lying) -> None:
    source.rewrite(
        "Receipt", lambda fields: {"claimer": Pubkey.new_unique()} if fields["consumed"] else {}, owner=VERIFIER
    )


def no_receipt(source: Lying) -> None:
    address = source.rewrite("Receipt", lambda fields: {"slot": 1} if fields["consumed"] else {}, owner=VERIFIER)
    source.accounts_[address] = None


def slash_amount(source: Lying) -> None:
    source.retell("OffenceReported", lambda told: {"amount": told["amount"] + 1})


def slash_burned(source: Lying) -> None:
    source.retell("OffenceExecuted", lambda told: {"burned": told["burned"] - 1})


def no_evidence(source: Lying) -> None:
    """The evidence of a report is another work: one that nobody did wrong."""
    report, clean = next(source.with_call("report_offence")), next(source.with_call("settle"))
    settled = next(call for call in clean.calls if call.program == MAI)
    calls = []
    for call in report.calls:
        if call.program == MAI:
            accounts = list(call.accounts)
            for place, of_settle in ((4, 5), (5, 6), (6, 7), (7, 8), (8, 9), (9, 10)):
                accounts[place] = settled.accounts[of_settle]
            seeds = [b"offence", bytes(accounts[8]), bytes(accounts[5])]
            accounts[10] = Pubkey.find_program_address(seeds, MAI)[0]
            calls.append(replace(call, accounts=tuple(accounts)))
    last = list(source.all())[-1]
    source.add(replace(report, signature="no evidence", slot=last.slot + 1, time=last.time, calls=tuple(calls)))


def vote_twice(source: Lying) -> None:
    again = next(source.with_call("vote"))
    source.add(replace(again, signature="again", slot=again.slot + 10**6))


def tally(source: Lying) -> None:
    source.rewrite("Proposal", lambda fields: {"approved": fields["approved"] + 10**9} if fields["approved"] else {})


def vote_weight(source: Lying) -> None:
    source.retell("VoteCast", lambda told: {"weight": told["weight"] + 1})


def vault(source: Lying) -> None:
    address = pda("vault")
    held = int.from_bytes(bytes(source.true.account(address).data)[64:72], "little")  # type: ignore[union-attr]
    source.patch(address, 64, (held - 1).to_bytes(8, "little"))


def staked(source: Lying) -> None:
    source.rewrite("Governance", lambda fields: {"staked": fields["staked"] + 1})


def withheld(source: Lying) -> None:
    transaction = next(source.with_call("commit_work"))
    logs = tuple(line for line in transaction.logs if not line.startswith(DATA))
    source.transactions_[transaction.signature] = replace(transaction, logs=logs)


def made_up(source: Lying) -> None:
    """The program itself tells an event that its instruction does not give."""
    paid, beat = next(source.with_call("settle")), next(source.with_call("heartbeat"))
    line = next(line for line in paid.logs if line.startswith(DATA))
    at = next(place for place, text in enumerate(beat.logs) if text.startswith(DATA)) + 1
    source.transactions_[beat.signature] = replace(beat, logs=(*beat.logs[:at], line, *beat.logs[at:]))


def better_device(source: Lying) -> None:
    source.rewrite("Miner", lambda fields: {"quality_bps": 10_000} if fields["quality_bps"] < 9_000 else {})


def from_nowhere(source: Lying) -> None:
    task = next(iter(source.true.accounts(MAI, [(0, VERIFIER_MARK)])), None)
    found = task or next(iter(source.true.accounts(MAI)))
    source.accounts_[Pubkey.new_unique()] = found[1]


def vanished(source: Lying) -> None:
    address = source.rewrite("Task", lambda fields: {"nonce": 0})
    source.accounts_[address] = None


VERIFIER_MARK = VERIFIER_INTERFACE.kinds["Receipt"].mark
LIES: dict[Callable[[Lying], None], set[tuple[str, str]]] = {
    wrong_bytes: {("programs", "wrong program bytes")},
    replaceable: {("programs", "program can be replaced")},
    mint_key: {("mint", "mint authority is a key")},
    freeze: {("mint", "freeze authority set")},
    supply: {("supply", "supply off")},
    minted_outside: {("supply", "minted outside")},
    reward_term: {("rewards", "reward term off")},
    above_the_cap: {("caps", "minted above the cap"), ("rewards", "reward term off")},
    told_otherwise: {("supply", "minted otherwise than told"), ("rewards", "reward term off")},
    paid_twice: {("spent", "work paid twice"), ("rewards", "payment that the rules refuse")},
    losing_ticket: {("draws", "ticket that did not win"), ("draws", "draw off")},
    another_chance: {("draws", "draw off")},
    another_receipt: {("receipts", "receipt of another statement")},
    stolen_receipt: {("receipts", "receipt of somebody else")},
    no_receipt: {("receipts", "payment without a receipt")},
    slash_amount: {("slashes", "slash amount off")},
    slash_burned: {("slashes", "slash amount off")},
    no_evidence: {("slashes", "slash without evidence")},
    vote_twice: {("votes", "vote counted twice"), ("votes", "vote or execution that the rules refuse")},
    tally: {("votes", "tally off"), ("state", "account off")},
    vote_weight: {("votes", "vote off"), ("votes", "tally off")},
    vault: {("stakes", "vault short")},
    staked: {("stakes", "sum off")},
    withheld: {("rules", "event withheld")},
    made_up: {("rules", "event that no instruction gives"), ("spent", "payment without a settlement")},
    better_device: {("state", "account off")},
    from_nowhere: {("state", "account from nowhere")},
    vanished: {("state", "account missing")},
}


@pytest.mark.parametrize("plant", LIES, ids=lambda plant: plant.__name__)
def test_a_lie_is_found_and_named(plant: Callable[[Lying], None]) -> None:
    source = Lying(walk())
    plant(source)
    assert LIES[plant] <= lies(audited(source)), audited(source).results


def test_a_proof_that_does_not_hold_is_found() -> None:
    """One byte of an evaluation in the uploaded proof, which no statement contains."""
    source = Lying(story())
    (verified,) = source.with_call("verify", VERIFIER)
    proof = next(call for call in verified.calls if call.program == VERIFIER).accounts[2]
    upload = [
        item for item in source.with_call("write", VERIFIER) if any(proof in call.accounts for call in item.calls)
    ]
    changed = upload[1]  # the second chunk: evaluations are behind the points
    calls = []
    for call in changed.calls:
        data = bytearray(call.data)
        if call.program == VERIFIER:
            data[-40] ^= 1
        calls.append(replace(call, data=bytes(data)))
    source.transactions_[changed.signature] = replace(changed, calls=tuple(calls))
    assert lies(audited(source, skip=())) == {("proofs", "proof does not verify")}


def test_a_receipt_of_another_proof_is_found() -> None:
    source = Lying(story())
    source.rewrite("Receipt", lambda fields: {"statement": bytes(32)}, owner=VERIFIER)
    assert lies(audited(source, skip=())) == {("proofs", "receipt of another statement")}


def test_a_receipt_that_no_proof_was_shown_for_is_found() -> None:
    source = Lying(story())
    for transaction in list(source.with_call("verify", VERIFIER)):
        kept = tuple(call for call in transaction.calls if call.program != VERIFIER)
        source.transactions_[transaction.signature] = replace(transaction, calls=kept)
    assert ("proofs", "receipt without a proof") in lies(audited(source, skip=()))


def spoofing(source: Lying) -> Transaction:
    """A transaction of the program's, in which another program writes a payment's event."""
    paid = next(source.with_call("settle"))
    other = str(Pubkey.new_unique())
    line = next(line for line in paid.logs if line.startswith(DATA))
    told = (f"Program {other} invoke [1]", line, f"Program {other} success")
    return replace(paid, logs=(*paid.logs, *told))


def test_a_spoofed_event_counts_for_nothing_and_is_named() -> None:
    source = Lying(walk())
    changed = spoofing(source)
    source.transactions_[changed.signature] = changed
    verdict = audited(source)
    assert lies(verdict) == set()
    assert lies(verdict, Level.notice) == {("spoofs", "spoofed event")}


def test_a_line_that_only_looks_like_the_runtime_s_moves_no_stack() -> None:
    """A program logs what looks like the runtime's words, to have its event taken for the policy program's."""
    source = Lying(walk())
    changed = spoofing(source)
    at = len(changed.logs) - 2
    faked = (f"Program log: Program {MAI} invoke [2]", f"Program log: \nProgram {MAI} invoke [2]")
    changed = replace(changed, logs=(*changed.logs[:at], *faked, *changed.logs[at:]))
    source.transactions_[changed.signature] = changed
    verdict = audited(source)
    assert lies(verdict) == set() and lies(verdict, Level.notice) == {("spoofs", "spoofed event")}


def test_logs_that_were_cut_off_are_recomputed_and_that_is_said() -> None:
    source = Lying(walk())
    paid = next(source.with_call("settle"))
    cut = [line for line in paid.logs if not line.startswith(DATA)]
    source.transactions_[paid.signature] = replace(paid, logs=(*cut[:2], "Log truncated"))
    verdict = audited(source)
    rewards = next(result for result in verdict.results if result.name == "rewards")
    assert rewards.trusted["the runtime cut the logs off: the event is recomputed, not compared"] == 1
    # Who spams the logs neither hides a payment nor makes the audit cry out.
    assert lies(verdict) == set()
    assert {result.name: result.checked for result in verdict.results}["caps"] == len(list(source.with_call("settle")))


def test_an_event_of_the_wrong_length_is_none() -> None:
    source = Lying(walk())
    paid = next(source.with_call("settle"))
    at = next(place for place, line in enumerate(paid.logs) if line.startswith(DATA))
    short = DATA + base64.b64encode(base64.b64decode(paid.logs[at].removeprefix(DATA))[:-1]).decode()
    source.transactions_[paid.signature] = replace(paid, logs=(*paid.logs[:at], short, *paid.logs[at + 1 :]))
    assert ("rewards", "event withheld") in lies(audited(source))


def test_a_token_account_that_changed_hands_in_the_same_transaction_is_no_lie() -> None:
    """Before it belonged to somebody else, and another instruction gave it to the miner before the settlement."""
    source = Lying(walk())
    paid = next(source.with_call("settle"))
    call = next(call for call in paid.calls if call.program == MAI)
    account = call.accounts[12]
    before = {**paid.before, account: replace(paid.before[account], owner=Pubkey.new_unique())}
    source.transactions_[paid.signature] = replace(paid, before=before)
    assert lies(audited(source)) == set()
    source.transactions_[paid.signature] = replace(paid, before=before, after=before)
    assert ("rewards", "payment that the rules refuse") in lies(audited(source))


@pytest.mark.parametrize("batch", [False, True])
def test_holders_may_burn_what_is_theirs(batch: bool) -> None:
    source = Lying(walk())
    mint, last = mint_of(source), list(source.all())[-1]
    data, accounts = bytes([8]) + (5).to_bytes(8, "little"), (Pubkey.new_unique(), mint, Pubkey.new_unique())
    if batch:
        data, accounts = bytes([255]) + 2 * (bytes([3, len(data)]) + data), accounts + accounts
    call = Invocation(TOKEN_PROGRAM_ID, accounts, data, 1)
    source.add(replace(last, signature="burned", slot=last.slot + 1, calls=(call,), logs=()), mint)
    held = int.from_bytes(bytes(source.true.account(mint).data)[36:44], "little")  # type: ignore[union-attr]
    assert ("supply", "supply off") in lies(audited(source))
    source.patch(mint, 36, (held - (10 if batch else 5)).to_bytes(8, "little"))
    assert lies(audited(source)) == set()


def test_a_node_that_does_not_say_the_time_cannot_be_audited() -> None:
    source = Lying(walk())
    posted = next(source.with_call("post_task"))
    source.transactions_[posted.signature] = replace(posted, time=0)
    with pytest.raises(MaiError, match="does not say when slot"):
        audited(source)
