"""A cluster behind Solana's JSON-RPC (solana-py's synchronous client)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

import based58
import httpx
from solana.exceptions import SolanaRpcException
from solana.rpc.api import Client
from solana.rpc.commitment import Commitment, Confirmed
from solana.rpc.core import RPCException
from solana.rpc.types import MemcmpOpts, TxOpts
from solders.account import Account
from solders.clock import Clock
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.rpc.responses import RpcBlockhash
from solders.signature import Signature
from solders.transaction import Transaction

from mai.chain.cluster import MAX_COMPUTE_UNITS, Landed
from mai.chain.refusal import refusal
from mai.chain.transaction import signed
from mai.errors import MaiError, ProgramError

POLL_SECONDS = 0.2
RESEND_SECONDS = 2.0
ATTEMPTS = 5
PIPELINE = 64
CLOCK = Pubkey.from_string("SysvarC1ock11111111111111111111111111111111")
MONIKERS = {
    "localhost": "http://127.0.0.1:8899",
    "devnet": "https://api.devnet.solana.com",
    "testnet": "https://api.testnet.solana.com",
    "mainnet-beta": "https://api.mainnet-beta.solana.com",
}
_T = TypeVar("_T")


class Rpc:
    """A :class:`mai.chain.cluster.Cluster` at an RPC address or one of the usual names."""

    def __init__(self, url: str, *, commitment: Commitment = Confirmed, messages: dict[str, str] | None = None) -> None:
        """Connect lazily; no request is sent here.

        Args:
            url: ``localhost``, ``devnet``, ``testnet``, ``mainnet-beta`` or an address.
            messages: refusal names and messages from the programs' IDLs.
        """
        self.url = MONIKERS.get(url, url)
        # Providers put their keys into the path, the query or the user part: none of them is ever shown.
        address = urlsplit(self.url)
        self.shown = f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
        self.messages = messages or {}
        self.commitment = commitment
        self.failures = 0
        self._client = Client(self.url, commitment=commitment, timeout=30)

    def ask(self, call: Callable[[Client], _T]) -> _T:
        """Run any request of solana-py's client, with the retries and sentences of all others."""
        return self._ask(lambda: call(self._client))

    def _ask(self, call: Callable[[], _T]) -> _T:
        """Run a request; transport failures are retried with growing pauses, then become one sentence."""
        for attempt in range(ATTEMPTS):
            try:
                return call()
            except (SolanaRpcException, httpx.HTTPError):
                self.failures += 1
                time.sleep(POLL_SECONDS * 2**attempt)
            except RPCException as error:
                raise MaiError(f"the cluster at {self.shown} refused the request: {error}") from error
        raise MaiError(f"the cluster at {self.shown} does not answer")

    def healthy(self) -> bool:
        """Whether the cluster answers at all; a single quick request."""
        return bool(self._client.is_connected())

    def account(self, address: Pubkey) -> Account | None:
        return self._ask(lambda: self._client.get_account_info(address)).value

    def owned(self, program: Pubkey, places: Sequence[tuple[int, bytes]]) -> list[tuple[Pubkey, Account]]:
        filters = [MemcmpOpts(offset, based58.b58encode(data).decode()) for offset, data in places]
        found = self._ask(lambda: self._client.get_program_accounts(program, filters=filters)).value
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
        for _ in range(int(30 / POLL_SECONDS)):
            if self.balance(address) >= before + lamports:
                return
            time.sleep(POLL_SECONDS)
        raise MaiError(f"the cluster at {self.shown} did not pay the airdrop within 30 s")

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Keypair],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        for _ in range(ATTEMPTS):
            blockhash = self._blockhash()
            transaction = signed(
                instructions, signers, blockhash.blockhash, compute_units=compute_units, heap_bytes=heap_bytes
            )
            self._submit(transaction, preflight=True)
            landed = self._wait(transaction, blockhash.last_valid_block_height)
            if landed is not None:
                return landed
            # Its blockhash has expired, so this transaction can never land: a new one is no double submission.
        raise MaiError(f"the transaction did not land on {self.shown} within {ATTEMPTS} blockhashes")

    def simulate(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Keypair],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        blockhash = self._blockhash().blockhash
        transaction = signed(instructions, signers, blockhash, compute_units=compute_units, heap_bytes=heap_bytes)
        value = self._ask(lambda: self._client.simulate_transaction(transaction, commitment=self.commitment)).value
        logs = list(value.logs or [])
        if value.err is not None:
            raise refusal(str(value.err), logs, self.messages)
        return Landed(str(transaction.signatures[0]), value.units_consumed or 0, logs, self.slot())

    def send_many(self, batches: Sequence[Sequence[Instruction]], signers: Sequence[Keypair]) -> list[Landed]:
        landed: list[Landed] = []
        for start in range(0, len(batches), PIPELINE):
            group = batches[start : start + PIPELINE]
            blockhash = self._blockhash()
            transactions = [signed(batch, signers, blockhash.blockhash) for batch in group]
            for transaction in transactions:
                self._submit(transaction, preflight=False)
            done = self._wait_all(transactions, blockhash.last_valid_block_height)
            landed += [item if item else self.send(batch, signers) for item, batch in zip(done, group, strict=True)]
        return landed

    def _blockhash(self) -> RpcBlockhash:
        return self._ask(lambda: self._client.get_latest_blockhash(self.commitment)).value

    def _submit(self, transaction: Transaction, *, preflight: bool) -> None:
        options = TxOpts(skip_preflight=not preflight, preflight_commitment=self.commitment, max_retries=0)
        for attempt in range(ATTEMPTS):
            try:
                self._client.send_raw_transaction(bytes(transaction), opts=options)
                return
            except RPCException as error:
                refused = self._preflight(error)
                # "Already processed": an earlier attempt arrived and only its answer was lost. Without a preflight no
                # answer says that the transaction cannot land. Waiting finds out in both cases.
                if not preflight or (attempt and refused.name == "AlreadyProcessed"):
                    return
                raise refused from error
            except (SolanaRpcException, httpx.HTTPError):
                time.sleep(POLL_SECONDS * 2**attempt)  # sending the very same bytes twice is harmless
        raise MaiError(f"the cluster at {self.shown} does not answer")

    def _preflight(self, error: RPCException) -> ProgramError:
        message = error.args[0] if error.args else error
        data = getattr(message, "data", None)
        logs = list(getattr(data, "logs", None) or [])
        reason = str(getattr(data, "err", None) or getattr(message, "message", message))
        return refusal(reason, logs, self.messages)

    def _wait(self, transaction: Transaction, last_valid_height: int) -> Landed | None:
        """Wait for one transaction; None if its blockhash expired before it landed."""
        return self._wait_all([transaction], last_valid_height)[0]

    def _wait_all(self, transactions: Sequence[Transaction], last_valid_height: int) -> list[Landed | None]:
        """Wait for confirmation, sending again every two seconds; None for those whose blockhash expired first."""
        slots: dict[Signature, int] = {}
        pending = {transaction.signatures[0]: transaction for transaction in transactions}
        sent = time.monotonic()
        while pending:
            # The height is read before the statuses, and these must be as new (a node of a pool may lag behind): a
            # transaction seen by neither can then never land.
            epoch = self._ask(lambda: self._client.get_epoch_info(self.commitment)).value
            answer = self._ask(lambda: self._client.get_signature_statuses(list(pending)))
            expired = epoch.block_height > last_valid_height and answer.context.slot >= epoch.absolute_slot
            for signature, status in zip(list(pending), answer.value, strict=True):
                # A failure, too, counts only once it is confirmed: on another fork the transaction may succeed.
                if status is not None and int(status.confirmation_status or 0) >= 1:
                    slots[signature] = status.slot
                    del pending[signature]
            if expired and not any(answer.value):
                break
            if pending and time.monotonic() - sent > RESEND_SECONDS:
                for transaction in pending.values():
                    self._submit(transaction, preflight=False)
                sent = time.monotonic()
            if pending:
                time.sleep(POLL_SECONDS)
        signatures = [transaction.signatures[0] for transaction in transactions]
        return [self._landed(item, slots[item]) if item in slots else None for item in signatures]

    def _landed(self, signature: Signature, slot: int) -> Landed:
        for _ in range(int(10 / POLL_SECONDS)):
            found = self._ask(
                lambda: self._client.get_transaction(
                    signature, commitment=Confirmed, max_supported_transaction_version=0
                )
            ).value
            if found is not None and found.transaction.meta is not None:
                meta = found.transaction.meta
                logs = list(meta.log_messages or [])
                if meta.err is not None:
                    raise refusal(str(meta.err), logs, self.messages)
                return Landed(str(signature), meta.compute_units_consumed or 0, logs, slot)
            time.sleep(POLL_SECONDS)
        raise MaiError(f"the cluster at {self.shown} confirmed {signature} but does not show it")
