"""Fooling the client: imitated logs, lost answers, lagging nodes, addresses with keys in them. About 3 s."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from mai.chain import artifacts, rpc
from mai.chain.priority import MAX_LAMPORTS, Priority, lamports
from mai.chain.program import Program
from mai.chain.refusal import refusal
from mai.errors import MaiError, ProgramError
from program.chain import MAI, TOKEN_PROGRAM, VERIFIER, Refused
from program.market import Job, fund, purse
from program.network import CONFIG, MINT, SINGLES, Network, digest, ready
from solana.exceptions import SolanaRpcException
from solana.rpc.commitment import Commitment
from solana.rpc.core import RPCException
from solders.compute_budget import set_compute_unit_limit
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction
from solders.transaction_status import TransactionConfirmationStatus as Status

STRANGER = "Stranger111111111111111111111111111111111111"


# Refusals


def logs_of(act: Callable[[], Any]) -> list[str]:
    with pytest.raises(Refused) as caught:
        act()
    return str(caught.value).split("\n")[1:]


def test_real_failures_have_their_real_names() -> None:
    """Anchor logs `Instruction: Name` in front of everything, which is no refusal."""
    network = ready()
    job, wallet = network.committed(), purse(network, network.requester, 10)
    foreign = network.receipt(job, network.requester.pubkey())
    asked = network.post()
    other_mint = network.chain.put_mint(CONFIG, None)
    for name, act in (
        ("AccountInUse", network.register_miner),
        ("InsufficientTokens", lambda: fund(network, asked, wallet, 11)),
        ("PositionOutOfRange", lambda: network.open_spent_record(digest("late"), position=2)),
        ("ClaimerMismatch", lambda: network.settle(job, foreign)),
        ("WrongMint", lambda: network.settle(job, mint=other_mint)),
        ("AccountDiscriminatorMismatch", lambda: network.settle(job, config=network.miner)),
    ):
        assert refusal("reason", logs_of(act), {}).name == name
    network.open_spent_record(digest("late"))
    network.chain.set_slot(network.chain.svm.get_clock().slot, 2**63 - 1)
    assert refusal("reason", logs_of(lambda: network.post_task(digest("late"), 99)), {}).name == "ArithmeticOverflow"


def settlement(network: Network, job: Job) -> Instruction:
    more = {"token_account": network.wallet, "nft_account": CONFIG, "receipt": network.receipt(job)}
    accounts = {**SINGLES, **network.job_accounts(job), **more, "verifier_program": VERIFIER}
    return network.chain.instruction("settle", accounts)


def test_running_out_of_compute_is_named() -> None:
    network = ready()
    settle = settlement(network, network.committed())
    message = Message([set_compute_unit_limit(20_000), settle], network.owner.pubkey())
    blockhash = network.chain.svm.latest_blockhash()
    result = network.chain.svm.send_transaction(Transaction([network.owner], message, blockhash))
    assert refusal(str(result.err()), result.meta().logs(), {}).name == "ComputeBudgetExceeded"


@pytest.mark.parametrize(
    "imitation",
    [
        "Program log: VerifierError: ReceiptConsumed",
        "Program log: AnchorError occurred. Error Code: Forged. Error Number: 1. Error Message: forged.",
        "Program log: WorkAlreadySettled: this work was paid before",
        "Program log: Allocate: account already in use",
    ],
)
def test_only_the_program_that_failed_is_believed(imitation: str) -> None:
    logs = [
        f"Program {MAI} invoke [1]",
        "Program log: Instruction: Settle",
        f"Program {STRANGER} invoke [2]",
        imitation,
        f"Program {STRANGER} success",
        "Program log: TaskExpired: the task can no longer be committed to",
        f"Program {MAI} failed: SBF program panicked",
    ]
    assert refusal("", logs, {}).name == "TaskExpired"
    quoting = [line.replace("TaskExpired: the", f"TaskExpired: {imitation} the") for line in logs]
    assert refusal("", quoting, {}).name == "TaskExpired"


# Events


@pytest.fixture(scope="module")
def policy() -> Program:
    return artifacts.program("mai")


def forged_event() -> str:
    data = hashlib.sha256(b"event:TaskFunded").digest()[:8] + bytes(32) + (10**18).to_bytes(8, "little") * 2
    return "Program data: " + base64.b64encode(data).decode()


def test_events_of_other_programs_are_not_read(policy: Program) -> None:
    inner = [f"Program {MAI} invoke [2]", forged_event(), f"Program {MAI} success"]
    logs = [
        forged_event(),
        f"Program {STRANGER} invoke [1]",
        forged_event(),
        f"Program log: Program {MAI} invoke [2]",
        forged_event(),
        *inner,
        forged_event(),
        f"Program {STRANGER} success",
    ]
    assert [event.name for event in policy.events(logs)] == ["TaskFunded"]
    assert list(policy.events([line for line in logs if line not in inner])) == []


def test_real_events_are_read(policy: Program) -> None:
    network = ready()
    accounts = {**SINGLES, "requester": network.requester.pubkey(), "task": network.post().task}
    accounts["token_account"] = purse(network, network.requester, 10)
    funded = network.chain.instruction("fund_task", accounts, {"amount": 10})
    message = Message([funded], network.requester.pubkey())
    blockhash = network.chain.svm.latest_blockhash()
    result = network.chain.svm.send_transaction(Transaction([network.requester], message, blockhash))
    (event,) = policy.events(result.logs())
    assert (event.name, event.data["fee"], event.data["treasury"]) == ("TaskFunded", 9, 1)


def test_logs_that_were_cut_off_are_not_taken_for_complete(policy: Program) -> None:
    """A stranger's instruction in front can fill the 10,000 bytes, so that an event goes missing."""
    logs = [f"Program {STRANGER} invoke [1]", "Program log: " + "x" * 9_000, "Log truncated"]
    with pytest.raises(MaiError, match="its events are incomplete"):
        list(policy.events(logs))
    assert list(policy.events(logs[:-1])) == []


@pytest.mark.parametrize("data", ["", "!", "AAAA", base64.b64encode(b"\0" * 8).decode()])
def test_nonsense_is_no_event(policy: Program, data: str) -> None:
    assert list(policy.events([f"Program {MAI} invoke [1]", f"Program data: {data}"])) == []


# Sending


class Node:
    """An RPC node by script: what submissions, heights and statuses answer; the last answer repeats."""

    def __init__(self, *, submissions: list[Any], heights: list[tuple[int, int]], statuses: list[tuple[int, Any]]):
        self.submitted: list[bytes] = []
        self._answers: dict[str, list[Any]] = {"submit": submissions, "height": heights, "status": statuses}
        self._blockhashes = 0

    def _next(self, kind: str) -> Any:
        answers = self._answers[kind]
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def send_raw_transaction(self, raw: bytes, opts: Any) -> None:
        self.submitted.append(raw)
        answer = self._next("submit")
        if isinstance(answer, Exception):
            raise answer

    def get_latest_blockhash(self, commitment: Any) -> Any:
        self._blockhashes += 1
        value = SimpleNamespace(blockhash=Hash(bytes([self._blockhashes]) * 32), last_valid_block_height=100)
        return SimpleNamespace(value=value)

    def get_epoch_info(self, commitment: Any) -> Any:
        height, slot = self._next("height")
        return SimpleNamespace(value=SimpleNamespace(block_height=height, absolute_slot=slot))

    def get_signature_statuses(self, signatures: list[Any]) -> Any:
        slot, status = self._next("status")
        return SimpleNamespace(context=SimpleNamespace(slot=slot), value=[status] * len(signatures))

    def get_transaction(self, signature: Any, **_: Any) -> Any:
        meta = SimpleNamespace(err=None, log_messages=[], compute_units_consumed=7)
        return SimpleNamespace(value=SimpleNamespace(transaction=SimpleNamespace(meta=meta)))


def status(kind: Any, err: Any = None) -> Any:
    return SimpleNamespace(confirmation_status=kind, err=err, slot=5)


CONFIRMED = status(Status.Confirmed)
LOST = httpx.ReadTimeout("no answer")


def already_processed() -> RPCException:
    data = SimpleNamespace(logs=[], err="TransactionErrorFieldless.AlreadyProcessed")
    return RPCException(SimpleNamespace(message="Transaction simulation failed", data=data))


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    monkeypatch.setattr(rpc.time, "sleep", lambda seconds: None)
    payer = Keypair()

    def send(node: Node, **options: Any) -> Any:
        cluster = rpc.Rpc("http://node.invalid", **options)
        cluster._client = node  # type: ignore[assignment]
        gift = TransferParams(from_pubkey=payer.pubkey(), to_pubkey=MINT, lamports=1)
        return cluster.send([transfer(gift)], [payer])

    yield send


def test_a_lost_answer_is_no_refusal_and_no_second_payment(send: Callable[[Node], Any]) -> None:
    node = Node(submissions=[LOST, already_processed()], heights=[(1, 1)], statuses=[(1, CONFIRMED)])
    assert send(node).compute_units == 7
    assert len(set(node.submitted)) == 1


def test_the_same_transaction_sent_twice_on_purpose_is_refused(send: Callable[[Node], Any]) -> None:
    """Two equal calls within one blockhash are one transaction: the second must not look like a second payment."""
    node = Node(submissions=[already_processed()], heights=[(1, 1)], statuses=[(1, CONFIRMED)])
    with pytest.raises(ProgramError) as caught:
        send(node)
    assert caught.value.name == "AlreadyProcessed"


def test_a_node_that_lags_behind_does_not_make_the_client_sign_again(send: Callable[[Node], Any]) -> None:
    node = Node(submissions=[None], heights=[(101, 200)], statuses=[(150, None), (199, None), (201, CONFIRMED)])
    send(node)
    assert len(set(node.submitted)) == 1


def test_a_blockhash_that_did_expire_is_replaced(send: Callable[[Node], Any]) -> None:
    node = Node(submissions=[None], heights=[(101, 200)], statuses=[(200, None), (201, CONFIRMED)])
    send(node)
    assert len(set(node.submitted)) == 2


def test_a_failure_on_a_fork_is_not_final(send: Callable[[Node], Any]) -> None:
    failed = status(Status.Processed, err="InstructionError")
    node = Node(submissions=[None], heights=[(50, 50), (101, 200)], statuses=[(50, failed), (200, CONFIRMED)])
    assert send(node).slot == 5
    assert len(set(node.submitted)) == 1


def test_a_node_that_never_confirms_is_given_up(send: Callable[[Node], Any]) -> None:
    node = Node(submissions=[None], heights=[(101, 200)], statuses=[(200, None)])
    with pytest.raises(MaiError, match=r"did not land on http://node\.invalid within 5 blockhashes"):
        send(node)
    assert len(set(node.submitted)) == rpc.ATTEMPTS


def blockhash_not_found() -> RPCException:
    data = SimpleNamespace(logs=[], err="TransactionErrorFieldless.BlockhashNotFound")
    return RPCException(SimpleNamespace(message="Transaction simulation failed", data=data))


def test_an_unknown_blockhash_is_waited_for(send: Callable[..., Any]) -> None:
    """A node that lags behind does not know it yet, and another may already have the transaction."""
    node = Node(submissions=[LOST, blockhash_not_found()], heights=[(50, 50)], statuses=[(50, None), (51, CONFIRMED)])
    send(node)
    assert len(set(node.submitted)) == 1


def test_a_wallet_that_took_too_long_is_asked_again(send: Callable[..., Any]) -> None:
    node = Node(
        submissions=[blockhash_not_found(), None], heights=[(101, 200)], statuses=[(200, None), (201, CONFIRMED)]
    )
    send(node)
    assert len(set(node.submitted)) == 2


def test_a_transaction_that_was_seen_is_not_signed_again(send: Callable[..., Any]) -> None:
    """Its blockhash has expired, but it is in a block that may still be confirmed."""
    seen = status(Status.Processed)
    node = Node(submissions=[None], heights=[(101, 200)], statuses=[(200, seen), (201, seen), (202, CONFIRMED)])
    send(node)
    assert len(set(node.submitted)) == 1


@pytest.mark.parametrize("lost", ["send_raw_transaction", "get_epoch_info", "get_signature_statuses"])
def test_what_is_not_known_is_said(send: Callable[..., Any], lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(submissions=[None], heights=[(1, 1)], statuses=[(1, None)])

    def nobody(*_: Any, **__: Any) -> Any:
        raise LOST

    monkeypatch.setattr(node, lost, nobody)
    with pytest.raises(MaiError, match=r"does not answer: whether \w{64,88} landed is not known, so look before"):
        send(node)


@pytest.mark.parametrize(
    ("commitment", "statuses", "asked"),
    [
        ("processed", [status(Status.Processed)], 1),
        ("processed", [status(Status.Processed, err="Refused"), CONFIRMED], 2),
        ("confirmed", [status(Status.Processed), CONFIRMED], 2),
        ("finalized", [status(Status.Processed), CONFIRMED, status(Status.Finalized)], 3),
    ],
)
def test_how_sure_is_as_was_asked(
    send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, commitment: str, statuses: list[Any], asked: int
) -> None:
    node = Node(submissions=[None], heights=[(1, 1)], statuses=[(1, item) for item in [*statuses, None]])
    heights, epoch = [], node.get_epoch_info

    def counted(level: Any) -> Any:
        heights.append(str(level))
        return epoch(level)

    monkeypatch.setattr(node, "get_epoch_info", counted)
    assert send(node, commitment=Commitment(commitment)).slot == 5
    # A height of processed blocks says nothing about other forks: it is never asked for.
    assert heights == ["finalized" if commitment == "finalized" else "confirmed"] * asked


def test_a_busy_node_is_given_time(send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Public nodes answer 429 to who asks too often; asking again at once would only make it worse."""
    pauses: list[float] = []
    busy = SolanaRpcException(httpx.ReadTimeout(""), rpc.Rpc.slot, None, None)
    request = httpx.Request("POST", "http://node.invalid")
    busy.__cause__ = httpx.HTTPStatusError("", request=request, response=httpx.Response(429, request=request))
    node = Node(submissions=[busy, busy, LOST, None], heights=[(1, 1)], statuses=[(1, CONFIRMED)])
    monkeypatch.setattr(rpc.time, "sleep", pauses.append)
    send(node)
    assert len(set(node.submitted)) == 1
    assert pauses[:3] == [rpc.PATIENCE_SECONDS, 2 * rpc.PATIENCE_SECONDS, 4 * rpc.POLL_SECONDS]


def test_another_wallet_pays_the_fee(send: Callable[..., Any]) -> None:
    node, other = Node(submissions=[None], heights=[(1, 1)], statuses=[(1, CONFIRMED)]), Keypair()
    send(node, fee_payer=other)
    sent = Transaction.from_bytes(node.submitted[0])
    sent.verify()
    assert sent.message.account_keys[0] == other.pubkey()
    assert sent.message.header.num_required_signatures == 2


def test_a_price_is_offered_and_bounded(send: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that lies about what others paid cannot make anybody pay more than the bound."""
    lie = [{"slot": slot, "prioritizationFee": 10**15} for slot in range(9)]
    monkeypatch.setattr(rpc.Rpc, "call", lambda *_: lie)
    monkeypatch.setattr(rpc.Rpc, "_execute", lambda *_: (50_000, []))
    node = Node(submissions=[None], heights=[(1, 1)], statuses=[(1, CONFIRMED)])
    send(node, priority=Priority(None))
    message = Transaction.from_bytes(node.submitted[0]).message
    limit, price = (int.from_bytes(bytes(item.data)[1:], "little") for item in message.instructions[:2])
    assert limit == 61_000
    assert 0 < lamports(price, limit) <= MAX_LAMPORTS


@pytest.mark.parametrize(
    "url",
    ["https://node.invalid/v2/SECRET", "https://node.invalid/?api-key=SECRET", "https://user:SECRET@node.invalid:8899"],
)
def test_the_keys_in_an_address_are_never_shown(
    url: str, send: Callable[[Node], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = rpc.Rpc(url)

    def nobody(*_: Any, **__: Any) -> Any:
        raise LOST

    monkeypatch.setattr(cluster._client, "get_slot", nobody)
    with pytest.raises(MaiError) as caught:
        cluster.slot()
    assert "SECRET" not in str(caught.value) and "https://node.invalid" in str(caught.value)
    assert cluster.url == url


def test_an_account_of_another_program_is_not_decoded(policy: Program) -> None:
    network: Network = ready()
    forged = digest("forged")
    address = Keypair.from_seed(forged).pubkey()
    network.chain.put(address, bytes(network.chain.svm.get_account(network.miner).data), TOKEN_PROGRAM)
    cluster = SimpleNamespace(account=network.chain.svm.get_account)
    assert policy.fetch(cluster, network.miner).owner == network.owner.pubkey()  # type: ignore[arg-type]
    with pytest.raises(MaiError, match="belongs to"):
        policy.fetch(cluster, address)  # type: ignore[arg-type]
