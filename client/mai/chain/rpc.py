"""A cluster behind Solana's JSON-RPC (solana-py's synchronous client)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import based58
import httpx
from solana.exceptions import SolanaRpcException
from solana.rpc.api import Client
from solana.rpc.commitment import Commitment, Confirmed, Finalized, Processed
from solana.rpc.core import RPCException
from solana.rpc.types import DataSliceOpts, MemcmpOpts, TxOpts
from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.rpc.responses import RpcBlockhash
from solders.signature import Signature
from solders.transaction import Transaction

from mai.chain.cluster import MAX_COMPUTE_UNITS, Landed
from mai.chain.monikers import address_of, shown
from mai.chain.priority import Priority
from mai.chain.refusal import refusal
from mai.chain.signer import Signer
from mai.chain.transaction import compiled, signed_all
from mai.errors import MaiError, ProgramError

POLL_SECONDS = 0.2
RESEND_SECONDS = 2.0
SHOWN_SECONDS = AIRDROP_SECONDS = 60
"""How long a node may take to show what it has confirmed: it writes that down later, on a thread of its own."""
ATTEMPTS = 5
PIPELINE = 64
PARALLEL = 8
NO_PRIORITY = Priority(0)
TOO_MANY_REQUESTS = 429
PATIENCE_SECONDS = 2.0
"""The first pause where a node says that it is asked too often; each next one is twice as long."""
SIGNATURE_BYTES, ADDRESS_BYTES = 64, 32
PRICED_ACCOUNTS = 128
"""How many accounts a node takes when it is asked for recent fees."""
LEVELS = {Processed: 0, Confirmed: 1, Finalized: 2}
CLOCK = Pubkey.from_string("SysvarC1ock11111111111111111111111111111111")
_T = TypeVar("_T")


class Unreachable(MaiError):
    """A node does not answer."""


class Rpc:
    """A :class:`mai.chain.cluster.Cluster` at an RPC address or one of the usual names."""

    def __init__(
        self,
        url: str,
        *,
        commitment: Commitment = Confirmed,
        messages: dict[str, str] | None = None,
        fee_payer: Signer | None = None,
        priority: Priority = NO_PRIORITY,
    ) -> None:
        """Connect lazily; no request is sent here.

        Args:
            url: ``localhost``, ``devnet``, ``testnet``, ``mainnet-beta``, their first letters or an address.
            commitment: how sure the chain must be before something counts as landed.
            messages: refusal names and messages from the programs' IDLs.
            fee_payer: pays the fees of every transaction; by default a transaction's first signer does.
        """
        self.url = address_of(url)
        self.shown = shown(self.url)
        self.messages = messages or {}
        self.commitment = commitment
        self.failures = 0
        self.fee_payer = fee_payer
        self.priority = priority
        self._client = Client(self.url, commitment=commitment, timeout=30)

    def ask(self, call: Callable[[Client], _T]) -> _T:
        """Run any request of solana-py's client, with the retries and sentences of all others."""
        return self._ask(lambda: call(self._client))

    @property
    def reserved_bytes(self) -> int:
        return 0 if self.fee_payer is None else SIGNATURE_BYTES + ADDRESS_BYTES

    def _ask(self, call: Callable[[], _T]) -> _T:
        """Run a request; transport failures are retried with growing pauses, then become one sentence."""
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except (SolanaRpcException, httpx.HTTPError) as error:
                self.failures += 1
                time.sleep(_pause(error, attempt))
            except RPCException as error:
                raise MaiError(f"the cluster at {self.shown} refused the request: {error}") from error
        raise Unreachable(f"the cluster at {self.shown} does not answer")

    def call(self, method: str, *parameters: Any) -> Any:
        """The result of a method that solana-py lacks, or lacks options of, as JSON."""

        def ask() -> Any:
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)}
            answer = httpx.post(self.url, json=body, timeout=30)
            answer.raise_for_status()
            return answer.json()

        try:
            found = self._ask(ask)
            if "result" in found:
                return found["result"]
            reason = str(found["error"]["message"])
        except (ValueError, KeyError, TypeError):
            reason = "its answer is no JSON-RPC"
        raise MaiError(f"the cluster at {self.shown} refused the request: {reason}")

    def healthy(self) -> bool:
        """Whether the cluster answers at all; a single quick request."""
        return bool(self._client.is_connected())

    def genesis_hash(self) -> str:
        """What tells this cluster from every other, base58."""
        return str(self._ask(self._client.get_genesis_hash).value)

    def account(self, address: Pubkey) -> Account | None:
        return self._ask(lambda: self._client.get_account_info(address)).value

    def owned(
        self, program: Pubkey, places: Sequence[tuple[int, bytes]], *, length: int | None = None
    ) -> list[tuple[Pubkey, Account]]:
        filters = [MemcmpOpts(offset, based58.b58encode(data).decode()) for offset, data in places]
        part = None if length is None else DataSliceOpts(offset=0, length=length)
        found = self._ask(lambda: self._client.get_program_accounts(program, filters=filters, data_slice=part)).value
        return [(item.pubkey, item.account) for item in found]

    def balance(self, address: Pubkey) -> int:
        return self._ask(lambda: self._client.get_balance(address)).value

    def rent(self, size: int) -> int:
        return self._ask(lambda: self._client.get_minimum_balance_for_rent_exemption(size)).value

    def slot(self) -> int:
        return self._ask(self._client.get_slot).value

    def unix_time(self) -> int:
        account = self.account(CLOCK)
        if account is None:
            raise MaiError(f"the cluster at {self.shown} has no clock account")
        return Clock.from_bytes(account.data).unix_timestamp

    def wait_slots(self, slots: int) -> None:
        until = self.slot() + slots
        while self.slot() < until:
            time.sleep(POLL_SECONDS)

    def airdrop(self, address: Pubkey, lamports: int) -> None:
        before = self.balance(address)
        self._ask(lambda: self._client.request_airdrop(address, lamports))
        for _ in range(int(AIRDROP_SECONDS / POLL_SECONDS)):
            if self.balance(address) >= before + lamports:
                return
            time.sleep(POLL_SECONDS)
        raise MaiError(f"the cluster at {self.shown} did not pay the airdrop within {AIRDROP_SECONDS} s")

    # Sending

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        signers = self._signers(signers)
        limit, price = self._budget(instructions, signers, compute_units, heap_bytes)
        for _ in range(ATTEMPTS):
            blockhash = self._blockhash()
            message = self._message(instructions, signers, blockhash.blockhash, limit, heap_bytes, price)
            (transaction,) = signed_all([message], signers)
            (landed,) = self._land([transaction], blockhash.last_valid_block_height, preflight=True)
            if landed is not None:
                return landed
            # Its blockhash has expired, so this transaction can never land: a new one is no double submission.
        raise MaiError(f"the transaction did not land on {self.shown} within {ATTEMPTS} blockhashes")

    def simulate(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        message = self._message(
            instructions, self._signers(signers), self._blockhash().blockhash, compute_units, heap_bytes
        )
        units, logs = self._execute(message)
        return Landed(str(Signature.default()), units, logs, self.slot())

    def send_many(
        self,
        batches: Sequence[Sequence[Instruction]],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
    ) -> list[Landed]:
        signers = self._signers(signers)
        landed: list[Landed] = []
        for start in range(0, len(batches), PIPELINE):
            group = batches[start : start + PIPELINE]
            price = self._price(group[0], signers, compute_units)
            blockhash = self._blockhash()
            messages = [self._message(batch, signers, blockhash.blockhash, compute_units, 0, price) for batch in group]
            transactions = signed_all(messages, signers)
            done = self._land(transactions, blockhash.last_valid_block_height, preflight=False)
            landed += [
                item if item else self.send(batch, signers, compute_units=compute_units)
                for item, batch in zip(done, group, strict=True)
            ]
        return landed

    def message(
        self, instructions: Sequence[Instruction], signers: Sequence[Signer], compute_units: int, heap_bytes: int = 0
    ) -> Message:
        """What :meth:`send` would have signed, with its priority fee and a blockhash of now."""
        signers = self._signers(signers)
        price = self._price(instructions, signers, compute_units)
        return self._message(instructions, signers, self._blockhash().blockhash, compute_units, heap_bytes, price)

    def _signers(self, signers: Sequence[Signer]) -> Sequence[Signer]:
        return signers if self.fee_payer is None or self.fee_payer in signers else [self.fee_payer, *signers]

    def _message(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        blockhash: Hash,
        compute_units: int,
        heap_bytes: int,
        unit_price: int = 0,
    ) -> Message:
        payer = (self.fee_payer or signers[0]).pubkey()

        def made(price: int) -> Message:
            return compiled(
                instructions, payer, blockhash, compute_units=compute_units, heap_bytes=heap_bytes, unit_price=price
            )

        try:
            return made(unit_price)
        except MaiError:
            if not unit_price or self.priority.price is not None:
                raise
            return made(0)  # a packet that is full has no room for an offer

    def _price(self, instructions: Sequence[Instruction], signers: Sequence[Signer], compute_units: int) -> int:
        """What to offer for each compute unit, in micro-lamports."""
        if self.priority.price is not None:
            return self.priority.offer([], compute_units)
        written = dict.fromkeys(
            [signers[0].pubkey(), *(meta.pubkey for one in instructions for meta in one.accounts if meta.is_writable)]
        )
        found = self.call("getRecentPrioritizationFees", [str(key) for key in list(written)[:PRICED_ACCOUNTS]])
        return self.priority.offer([int(item["prioritizationFee"]) for item in found], compute_units)

    def _budget(
        self, instructions: Sequence[Instruction], signers: Sequence[Signer], compute_units: int, heap_bytes: int
    ) -> tuple[int, int]:
        """The compute units to ask for and what to offer for each: priced units are measured first, not guessed."""
        if self.priority.price == 0 or self._price(instructions, signers, compute_units=1) == 0:
            return compute_units, 0
        message = self._message(instructions, signers, self._blockhash().blockhash, compute_units, heap_bytes)
        used, _ = self._execute(message)
        limit = min(compute_units, used + used // 5 + 1_000)
        return limit, self._price(instructions, signers, limit)

    def _execute(self, message: Message) -> tuple[int, list[str]]:
        """Compute units and logs of a message that nobody has signed; raises as :meth:`simulate` does."""
        transaction = Transaction.new_unsigned(message)
        value = self._ask(lambda: self._client.simulate_transaction(transaction, commitment=self.commitment)).value
        logs = list(value.logs or [])
        if value.err is not None:
            raise refusal(str(value.err), logs, self.messages)
        return value.units_consumed or 0, logs

    def _blockhash(self) -> RpcBlockhash:
        return self._ask(lambda: self._client.get_latest_blockhash(self.commitment)).value

    def _land(
        self, transactions: Sequence[Transaction], last_valid_height: int, *, preflight: bool
    ) -> list[Landed | None]:
        """Submit signed transactions and wait for them; None for each that can never land any more."""
        try:
            self._submit_all(transactions, preflight=preflight)
            return self._wait_all(transactions, last_valid_height)
        except Unreachable as error:
            signatures = ", ".join(str(transaction.signatures[0]) for transaction in transactions[:1])
            more = f" and {len(transactions) - 1} more" if transactions[1:] else ""
            raise MaiError(
                f"{error}: whether {signatures}{more} landed is not known, so look before you send it again"
            ) from error

    def _submit_all(self, transactions: Sequence[Transaction], *, preflight: bool) -> None:
        if len(transactions) == 1:
            self._submit(transactions[0], preflight=preflight)
            return
        with ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(lambda transaction: self._submit(transaction, preflight=preflight), transactions))

    def _submit(self, transaction: Transaction, *, preflight: bool) -> None:
        options = TxOpts(skip_preflight=not preflight, preflight_commitment=self.commitment, max_retries=0)
        for attempt in range(ATTEMPTS):
            try:
                self._client.send_raw_transaction(bytes(transaction), opts=options)
                return
            except RPCException as error:
                refused = self._preflight(error)
                # "Already processed": an earlier attempt arrived and only its answer was lost. An unknown blockhash:
                # this node lags behind, or the wallet's owner took too long. Without a preflight no answer says that
                # the transaction cannot land. Waiting finds out in all of these cases.
                if not preflight or refused.name == "BlockhashNotFound":
                    return
                if attempt and refused.name == "AlreadyProcessed":
                    return
                raise refused from error
            except (SolanaRpcException, httpx.HTTPError) as error:
                time.sleep(_pause(error, attempt))  # sending the very same bytes twice is harmless
        raise Unreachable(f"the cluster at {self.shown} does not answer")

    def _preflight(self, error: RPCException) -> ProgramError:
        message = error.args[0] if error.args else error
        data = getattr(message, "data", None)
        logs = list(getattr(data, "logs", None) or [])
        reason = str(getattr(data, "err", None) or getattr(message, "message", message))
        return refusal(reason, logs, self.messages)

    def _wait_all(self, transactions: Sequence[Transaction], last_valid_height: int) -> list[Landed | None]:
        """Wait for the commitment, sending again every two seconds; None for those whose blockhash expired first."""
        slots: dict[Signature, int] = {}
        pending = {transaction.signatures[0]: transaction for transaction in transactions}
        # A blockhash that expired on a fork of processed blocks alone may still be good on the one that wins.
        settled = Finalized if self.commitment == Finalized else Confirmed
        sent = time.monotonic()
        while pending:
            # The height is read before the statuses, and these must be as new (a node of a pool may lag behind): a
            # transaction seen by neither can then never land.
            epoch = self._ask(lambda: self._client.get_epoch_info(settled)).value
            answer = self._ask(lambda: self._client.get_signature_statuses(list(pending)))
            expired = epoch.block_height > last_valid_height and answer.context.slot >= epoch.absolute_slot
            for signature, status in zip(list(pending), answer.value, strict=True):
                # A failure, too, counts only once it is confirmed: on another fork the transaction may succeed.
                least = max(LEVELS[self.commitment], 1 if status is not None and status.err is not None else 0)
                if status is not None and int(status.confirmation_status or 0) >= least:
                    slots[signature] = status.slot
                    del pending[signature]
            if expired and not any(answer.value):
                break
            if pending and time.monotonic() - sent > RESEND_SECONDS:
                self._submit_all(list(pending.values()), preflight=False)
                sent = time.monotonic()
            if pending:
                time.sleep(POLL_SECONDS)
        signatures = [transaction.signatures[0] for transaction in transactions]
        return [self._landed(item, slots[item]) if item in slots else None for item in signatures]

    def _landed(self, signature: Signature, slot: int) -> Landed:
        level = Finalized if self.commitment == Finalized else Confirmed  # nodes show nothing younger
        for _ in range(int(SHOWN_SECONDS / POLL_SECONDS)):
            found = self._ask(
                lambda: self._client.get_transaction(signature, commitment=level, max_supported_transaction_version=0)
            ).value
            if found is not None and found.transaction.meta is not None:
                meta = found.transaction.meta
                logs = list(meta.log_messages or [])
                if meta.err is not None:
                    raise refusal(str(meta.err), logs, self.messages)
                return Landed(str(signature), meta.compute_units_consumed or 0, logs, slot)
            time.sleep(POLL_SECONDS)
        raise MaiError(f"the cluster at {self.shown} confirmed {signature} but does not show it")


def _pause(error: Exception, attempt: int) -> float:
    """Seconds to wait before the next attempt; longer where the node says that it is asked too often."""
    cause = error if isinstance(error, httpx.HTTPStatusError) else error.__cause__
    busy = isinstance(cause, httpx.HTTPStatusError) and cause.response.status_code == TOO_MANY_REQUESTS
    return (PATIENCE_SECONDS if busy else POLL_SECONDS) * 2.0**attempt
