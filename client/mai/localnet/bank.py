"""The bank: slots, blockhashes and commitments around the machine, every effect in the ledger before it is told."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solders.hash import Hash
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from mai.localnet import execution
from mai.localnet.addresses import LOADER, PRELOADED, RECENT_BLOCKHASHES, SYSTEM, SYSVAR_OWNER
from mai.localnet.cell import Cell
from mai.localnet.execution import Executed
from mai.localnet.ledger import Ledger
from mai.localnet.machine import SLOTS_PER_EPOCH, Machine
from mai.localnet.message import TableMissing, View, view
from mai.localnet.records import Block, Landing
from mai.localnet.views import Views

VALID_BLOCKS = 150
"""A blockhash may be named in this many blocks after its own."""
KNOWN_BLOCKS = 512
FINAL_DEPTH = 32
FAUCET_LAMPORTS = 500_000_000 * 10**9
MAX_WARP_SLOTS = 10**12
SLOTS_IN_2_S = 5
NONCE_BYTES = 80
PROGRAM_BYTES = 36
MAX_ACCOUNTS = 64
PROCESSED, CONFIRMED, FINALIZED = "processed", "confirmed", "finalized"
LEVELS = (PROCESSED, CONFIRMED, FINALIZED)


class Refused(Exception):
    """A transaction that cannot land; ``err`` is Solana's error in its JSON form."""

    def __init__(self, err: Any, executed: Executed | None = None) -> None:
        super().__init__(str(err))
        self.err, self.executed = err, executed


@dataclass(frozen=True)
class Landed:
    """A transaction in the ledger."""

    signature: Signature
    slot: int
    executed: Executed
    view: View


class Bank:
    """The chain of one ledger. Not for two threads."""

    def __init__(self, ledger: Ledger, *, genesis: Callable[[Bank], None] = lambda bank: None) -> None:
        """Go on where the ledger ends, or begin a chain and let ``genesis`` put accounts there."""
        self.ledger = ledger
        self.machine = Machine()
        self.views = Views()
        self._synced = -1
        self._slot_transactions = 0
        if ledger.fact("slot") is None:
            self._begin(genesis)
        self._resume()

    # Beginning and going on

    def _begin(self, genesis: Callable[[Bank], None]) -> None:
        now, seed = int(time.time()), os.urandom(32)
        first = hashlib.sha256(b"mai localnet genesis" + seed).digest()
        faucet, identity, vote = Keypair(), Keypair(), Keypair()
        with self.ledger.together():
            keep = self.ledger.keep
            keep("slot", 1), keep("offset", 0), keep("time", now), keep("genesis", first)
            (
                keep("faucet", bytes(faucet)),
                keep("identity", bytes(identity.pubkey())),
                keep("vote", bytes(vote.pubkey())),
            )
            self.ledger.add_blocks([Block(0, 0, first, first, 0, now, 0)])
            for address in PRELOADED:
                self.ledger.put(address, None, self.machine.account(address))
            self.place(faucet.pubkey(), Cell(FAUCET_LAMPORTS, b"", SYSTEM))
            genesis(self)

    def place(self, address: Pubkey, account: Cell) -> None:
        """Put an account there at genesis. ProgramData goes before its Program."""
        self.machine.put(address, account)
        self.ledger.put(address, None, account)

    def _resume(self) -> None:
        fact = self.ledger.fact
        self.slot, self.offset, self.time = int(fact("slot")), int(fact("offset")), int(fact("time"))
        self.genesis_hash = Hash(fact("genesis"))
        self.faucet = Keypair.from_bytes(fact("faucet"))
        self.identity, self.vote = Pubkey(fact("identity")), Pubkey(fact("vote"))
        self.transaction_count = self.ledger.transaction_count()
        self.blocks: deque[Block] = deque(self.ledger.last_blocks(KNOWN_BLOCKS), KNOWN_BLOCKS)
        self._heights = {item.hash: item.height for item in self.blocks}
        self._epoch_start = int(fact("epoch_start") or self.blocks[0].time)
        for executable in ("executable = 0", "executable = 1"):
            for address, account in self.ledger.accounts(executable):
                if address not in PRELOADED:
                    self.machine.put(address, account)
        self._slot_transactions = len(self.ledger.slot_signatures(self.slot))
        if self._slot_transactions:
            self.tick()  # the slot in which an earlier process ended
        # What an earlier process wrote is final: nobody else votes.
        self._floor = self.blocks[-1].slot

    # Slots

    @property
    def height(self) -> int:
        """How many blocks there are before the open one."""
        return self.blocks[-1].height + 1

    def level_slot(self, level: str) -> int:
        """The newest slot that counts for a commitment."""
        if level == PROCESSED:
            return self.slot
        if level == CONFIRMED:
            return self.blocks[-1].slot
        return max(self._floor, self.blocks[-FINAL_DEPTH].slot if len(self.blocks) >= FINAL_DEPTH else 0)

    def level_height(self, level: str) -> int:
        """The block height that counts for a commitment."""
        slot = self.level_slot(level)
        return self.height if slot == self.slot else self._block_at(slot).height

    def _block_at(self, slot: int) -> Block:
        return next(item for item in reversed(self.blocks) if item.slot <= slot)

    def blockhash(self, level: str) -> tuple[Hash, int]:
        """(the newest blockhash that counts for a commitment, the last block height that it may be used at)."""
        block = self._block_at(self.level_slot(level))
        return Hash(block.hash), block.height + VALID_BLOCKS

    def blockhash_valid(self, blockhash: Hash, level: str) -> bool:
        """Whether a transaction may name a blockhash now, as a commitment sees it."""
        height = self._heights.get(bytes(blockhash))
        return height is not None and height <= self.level_height(level) <= height + VALID_BLOCKS

    def tick(self, slots: int = 1) -> None:
        """End the open slot; after a jump over many, the last 512 have blocks."""
        made: list[Block] = []
        target = self.slot + slots
        after_jump = max(self.slot + 1, target - KNOWN_BLOCKS)
        previous, slot = self.blocks[-1], self.slot
        now = self.now()
        while slot < target:
            salt = os.urandom(32)  # nobody can know a block's hash beforehand: lotteries draw from it
            digest = hashlib.sha256(previous.hash + slot.to_bytes(8, "little") + salt).digest()
            count = 0 if made else self._slot_transactions
            stamp = self.time if not made else now - (target - slot) * 2 // SLOTS_IN_2_S
            block_time = max(previous.time, min(stamp, now))
            made.append(Block(slot, previous.slot, digest, previous.hash, previous.height + 1, block_time, count))
            previous = made[-1]
            slot = after_jump if slot == self.slot else slot + 1
        with self.ledger.together():
            self.ledger.add_blocks(made)
            self.ledger.keep("slot", target)
            self.ledger.keep("time", now)
            if target // SLOTS_PER_EPOCH != self.slot // SLOTS_PER_EPOCH:
                self._epoch_start = now
            self.ledger.keep("epoch_start", self._epoch_start)
        for block in made:
            if len(self.blocks) == KNOWN_BLOCKS:
                self._heights.pop(self.blocks[0].hash, None)
            self.blocks.append(block)
            self._heights[block.hash] = block.height
        self.slot, self.time, self._slot_transactions = target, now, 0

    def forget(self) -> None:
        """Drop the views of what has become final; whoever wants to tell of it has done so."""
        self.views.forget(self.level_slot(FINALIZED))

    def now(self) -> int:
        """The chain's time, in seconds since the epoch; it never goes back."""
        return max(self.time, int(time.time()) + self.offset)

    def warp(self, *, seconds: int = 0, slots: int = 0) -> None:
        """Let time pass at once: the clock by ``seconds``, and slots at five in two seconds unless they are given."""
        if not slots:
            slots = max(1, seconds * SLOTS_IN_2_S // 2)
        elif not seconds:
            seconds = slots * 2 // SLOTS_IN_2_S
        self.offset += seconds
        with self.ledger.together():
            self.ledger.keep("offset", self.offset)
        self.tick(slots)

    def _sync(self) -> None:
        """Bring the machine's sysvars to the open slot; it takes time with many accounts, so only when needed."""
        if self._synced != self.slot:
            hashes = [(item.slot, Hash(item.hash)) for item in reversed(self.blocks)]
            self.machine.set_slot(self.slot, self.time, self._epoch_start, hashes)
            self._synced = self.slot

    # Accounts

    def account(self, address: Pubkey, level: str = PROCESSED) -> Cell | None:
        """The account at an address as a commitment sees it."""
        now = self.machine.account(address)
        if now is not None and now.owner == SYSVAR_OWNER:
            self._sync()
            if address == RECENT_BLOCKHASHES:
                self._set_recent_blockhashes()
            return self.machine.account(address)
        return self.views.at(self.level_slot(level), address, now)

    def _set_recent_blockhashes(self) -> None:
        self.machine.set_recent_blockhashes([Hash(item.hash) for item in list(self.blocks)[: -VALID_BLOCKS - 1 : -1]])

    # Transactions

    def look(self, transaction: VersionedTransaction, wire: bytes) -> View:
        """A transaction with its lookup tables' addresses.

        Raises:
            Refused: a table is missing, or the addresses are not what a transaction may name.
        """
        try:
            found = view(transaction, wire, self.machine.account)
        except TableMissing:
            raise Refused("AddressLookupTableNotFound") from None
        if len(set(found.keys)) != len(found.keys):
            raise Refused("AccountLoadedTwice")
        if len(found.keys) > MAX_ACCOUNTS:
            raise Refused("TooManyAccountLocks")
        return found

    def blockhash_known(self, item: View, level: str) -> bool:
        """Whether a transaction's blockhash, or its nonce, is good as a commitment sees it."""
        return self.blockhash_valid(item.blockhash, level) or self._nonce_valid(item)

    def _admit(self, item: View, level: str) -> None:
        if not self.blockhash_known(item, level):
            raise Refused("BlockhashNotFound")
        if self.ledger.number(item.signature) is not None:
            raise Refused("AlreadyProcessed")
        if any(self._closed(item.program(instruction)) for instruction in item.instructions):
            raise Refused("InvalidProgramForExecution")

    def _closed(self, program: Pubkey) -> bool:
        """Whether a program's code is gone; the machine goes on running what it once loaded."""
        account = self.machine.account(program)
        if account is None or account.owner != LOADER:
            return False
        return len(account.data) != PROGRAM_BYTES or self.machine.lamports(Pubkey(account.data[4:])) == 0

    def _nonce_valid(self, item: View) -> bool:
        account = None if item.nonce is None else self.machine.account(item.nonce[0])
        if item.nonce is None or account is None or account.owner != SYSTEM or len(account.data) != NONCE_BYTES:
            return False
        data = account.data
        initialized = data[:8] == (1).to_bytes(4, "little") * 2
        return initialized and data[8:40] == bytes(item.nonce[1]) and data[40:72] == bytes(item.blockhash)

    def _prepare(self, item: View) -> None:
        self._sync()
        if RECENT_BLOCKHASHES in item.keys:
            self._set_recent_blockhashes()

    def simulate(self, item: View, level: str, *, check_signatures: bool, check_age: bool = True) -> Executed:
        """Execute without a trace.

        Raises:
            Refused: the transaction could not even be executed.
        """
        if check_age:
            self._admit(item, level)
        self._prepare(item)
        try:
            return execution.try_out(self.machine, item, check_signatures=check_signatures)
        except execution.Unprocessable:
            raise Refused("SanitizeFailure") from None

    def process(self, item: View, *, keep_failure: bool) -> Landed:
        """Execute and write into the ledger; the caller holds ``ledger.together()``.

        Args:
            keep_failure: a failed transaction lands and pays, as without a preflight.

        Raises:
            Refused: it does not land.
        """
        self._admit(item, PROCESSED)
        self._prepare(item)
        try:
            executed = execution.execute(self.machine, item, keep_failure=keep_failure)
        except execution.Unprocessable:
            raise Refused("SanitizeFailure") from None
        if executed.err is not None and not (executed.landed and keep_failure):
            raise Refused(executed.err, executed)
        changes = executed.changes
        landing = Landing(item.signature, executed.err, item.memo, executed.meta, item.wire, item.keys, changes)
        self.ledger.land(landing, self.slot, self.time)
        for address, before, _ in changes:
            self.views.note(self.slot, address, before)
        self._slot_transactions += 1
        self.transaction_count += 1
        return Landed(item.signature, self.slot, executed, item)
