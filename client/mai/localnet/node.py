"""The node: one bank, the queue of transactions in front of it, its slots, and who wants to hear of what."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solders.compute_budget import set_compute_unit_limit
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import Transaction, VersionedTransaction

from mai.errors import MaiError
from mai.localnet.bank import PROCESSED, Bank, Landed, Refused
from mai.localnet.cell import Cell
from mai.localnet.errors import too_early
from mai.localnet.message import View
from mai.localnet.params import Config

API_VERSION = "3.1.8"
"""The release of Solana's validator whose answers these are."""
FEATURE_SET = 1_620_780_344
SLOT_SECONDS = 0.4
MOST_AT_ONCE = 128
MOST_WAITING = 4096
AIRDROP_UNITS = 450
Listener = Callable[[], None]


@dataclass
class Waiting:
    """A transaction in the queue."""

    view: View
    keep_failure: bool
    done: asyncio.Future[Landed]


class Node:
    """Everything the methods need."""

    def __init__(self, bank: Bank, *, rpc_address: str = "", slot_seconds: float = SLOT_SECONDS) -> None:
        self.bank = bank
        self.rpc_address = rpc_address
        self.slot_seconds = slot_seconds
        self.started = time.monotonic()
        self.on_landed: list[Callable[[list[Landed]], None]] = []
        self.on_slot: list[Callable[[int, int], None]] = []
        self.failure: MaiError | None = None
        self.stopped = asyncio.Event()
        self._queue: deque[Waiting] = deque()
        self._filled = asyncio.Event()
        self._airdrops = 0

    # Answers

    def context(self, config: Config) -> int:
        """The slot that an answer is about.

        Raises:
            RpcError: the caller has seen a later one.
        """
        slot = self.bank.level_slot(config.level)
        least = config.number("minContextSlot")
        if least is not None and slot < least:
            raise too_early(slot)
        return slot

    @staticmethod
    def answer(slot: int, value: Any) -> dict[str, Any]:
        """A value with the slot that it is about."""
        return {"context": {"apiVersion": API_VERSION, "slot": slot}, "value": value}

    def account(self, address: Pubkey, config: Config) -> Cell | None:
        """An account as the caller's commitment sees it."""
        return self.bank.account(address, config.level)

    # Transactions

    async def submit(self, view: View, *, keep_failure: bool) -> Landed:
        """Execute; what came of it is in the ledger when this returns.

        Raises:
            Refused: it did not land.
            MaiError: the ledger cannot be written.
        """
        if self.failure is not None:
            raise self.failure
        if len(self._queue) >= MOST_WAITING:
            raise Refused("WouldExceedMaxBlockCostLimit")
        waiting = Waiting(view, keep_failure, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        self._filled.set()
        return await waiting.done

    async def work(self) -> None:
        """Take what waits, execute it, write it all at once, and only then tell."""
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                group = [self._queue.popleft() for _ in range(min(MOST_AT_ONCE, len(self._queue)))]
                self._process([item for item in group if not item.done.done()])
                await asyncio.sleep(0)

    def _process(self, group: list[Waiting]) -> None:
        results: list[Landed | Refused] = []
        try:
            with self.bank.ledger.together():
                for item in group:
                    try:
                        results.append(self.bank.process(item.view, keep_failure=item.keep_failure))
                    except Refused as refused:
                        results.append(refused)
        except Exception as error:
            # The machine is ahead of the ledger: nothing may be answered any more. A restart reads the ledger.
            failure = error if isinstance(error, MaiError) else MaiError(f"the virtual machine failed: {error}")
            self._fail(failure)
            for item in group:
                item.done.set_exception(failure)
            return
        for item, result in zip(group, results, strict=True):
            if item.done.cancelled():
                continue
            if isinstance(result, Refused):
                item.done.set_exception(result)
            else:
                item.done.set_result(result)
        landed = [item for item in results if isinstance(item, Landed)]
        if landed:
            for tell in self.on_landed:
                tell(landed)

    def _fail(self, failure: MaiError) -> None:
        self.failure = failure
        self.stopped.set()

    async def airdrop(self, address: Pubkey, lamports: int) -> Landed:
        """Lamports from the faucet, by a transaction like any other; equal airdrops have different signatures."""
        self._airdrops += 1
        faucet, blockhash = self.bank.faucet, self.bank.blockhash(PROCESSED)[0]
        pay = transfer(TransferParams(from_pubkey=faucet.pubkey(), to_pubkey=address, lamports=lamports))
        distinct = set_compute_unit_limit(AIRDROP_UNITS + self._airdrops % 1_000_000)
        message = Message.new_with_blockhash([distinct, pay], faucet.pubkey(), blockhash)
        signed = VersionedTransaction.from_legacy(Transaction([faucet], message, blockhash))
        return await self.submit(self.bank.look(signed, bytes(signed)), keep_failure=False)

    # Slots

    async def tick(self) -> None:
        """Let slots pass, one each 400 ms, for ever."""
        due = time.monotonic() + self.slot_seconds
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            # After a pause of the machine the missed slots are not made up for.
            due = max(due + self.slot_seconds, time.monotonic())
            self.advance(self.bank.tick)

    def advance(self, move: Callable[[], None]) -> None:
        """Move on in time, and tell.

        Raises:
            MaiError: the ledger cannot be written.
        """
        parent = self.bank.slot
        try:
            move()
        except MaiError as failure:
            self._fail(failure)
            raise
        for tell in self.on_slot:
            tell(parent, self.bank.slot)
        self.bank.forget()
