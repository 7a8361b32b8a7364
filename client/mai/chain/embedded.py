"""The embedded chain: Solana's own virtual machine in this process (LiteSVM, from solders)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.instruction import Instruction
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.transaction_metadata import FailedTransactionMetadata, TransactionMetadata

from mai.chain import x87
from mai.chain.cluster import MAX_COMPUTE_UNITS, Landed
from mai.chain.quiet import quiet_stderr
from mai.chain.refusal import refusal
from mai.chain.signer import Signer
from mai.chain.transaction import signed
from mai.errors import MaiError

SLOTS_IN_2_S = 5
KNOWN_BLOCKS = 512


@functools.cache
def _block_hash(slot: int) -> Hash:
    """The hash of the block of a slot: nobody else makes blocks here, so any unpredictable-looking one will do."""
    return Hash(hashlib.sha256(b"MAI embedded block %d" % slot).digest())


class Embedded:
    """A :class:`mai.chain.cluster.Cluster` without a network, a server or a wait."""

    reserved_bytes = 0

    def __init__(
        self,
        *,
        unix_time: int = 1_798_761_600,
        messages: dict[str, str] | None = None,
        blocks: bool = False,
        machine: LiteSVM | None = None,
    ) -> None:
        """Start at ``unix_time`` (seconds), slot 1, with the SPL programs in place.

        Args:
            messages: refusal names and messages from the programs' IDLs.
            blocks: every transaction is a block of its own: a slot passes, and its hash can be drawn from.
            machine: one with programs in place; by default a new one.
        """
        self.svm = machine or LiteSVM()
        self.messages = messages or {}
        # The virtual machine cannot list accounts: these are all that a transaction could write, in their order.
        self._written: dict[Pubkey, None] = {}
        self.blocks = blocks
        self._start = unix_time
        self._set_clock(1, unix_time)

    def _set_clock(self, slot: int, unix_time: int) -> None:
        clock: Clock = self.svm.get_clock()
        self.svm.set_clock(Clock(slot, unix_time, clock.epoch, clock.leader_schedule_epoch, unix_time))
        if self.blocks:
            known = range(slot - 1, max(slot - 1 - KNOWN_BLOCKS, 0), -1)
            self.svm.set_slot_hashes([(at, _block_hash(at)) for at in known])

    def pass_slots(self, slots: int) -> None:
        """Let ``slots`` blocks pass, two and a half a second."""
        slot = self.slot() + slots
        drift = self.unix_time() - self._start - (self.slot() * 2) // SLOTS_IN_2_S
        self._set_clock(slot, self._start + drift + slot * 2 // SLOTS_IN_2_S)

    def add_program(self, address: Pubkey, path: Path) -> None:
        """Put a program's shared object at ``address``.

        Raises:
            MaiError: the file is missing or the virtual machine refuses it.
        """
        if not path.is_file():
            raise MaiError(f"the program {path} is missing: run `mai program build`")
        code = path.read_bytes()
        if not code.startswith(b"\x7fELF"):
            raise MaiError(f"{path} is not a shared object: run `mai program build`")
        try:
            with quiet_stderr():
                self.svm.add_program(address, code)
        except BaseException as error:  # the binding panics on code that the loader refuses
            if isinstance(error, KeyboardInterrupt):
                raise
            raise MaiError(f"the virtual machine refuses {path.name}: run `mai program build`") from None

    def warp(self, *, seconds: int) -> None:
        """Move the clock forward; slots pass at their usual 0.4 s."""
        clock = self.svm.get_clock()
        self._set_clock(clock.slot + max(1, seconds * SLOTS_IN_2_S // 2), clock.unix_timestamp + seconds)

    def wait_slots(self, slots: int) -> None:
        self.pass_slots(slots)

    def account(self, address: Pubkey) -> Account | None:
        account: Account | None = self.svm.get_account(address)
        return account if account is not None and account.lamports else None

    def owned(
        self, program: Pubkey, places: Sequence[tuple[int, bytes]], *, length: int | None = None
    ) -> list[tuple[Pubkey, Account]]:
        found = [(address, self.account(address)) for address in self._written]
        return [
            (address, account)
            for address, account in found
            if account is not None
            and account.owner == program
            and all(account.data[at : at + len(data)] == data for at, data in places)
        ]

    def balance(self, address: Pubkey) -> int:
        return int(self.svm.get_balance(address) or 0)

    def rent(self, size: int) -> int:
        return int(self.svm.minimum_balance_for_rent_exemption(size))

    def slot(self) -> int:
        return int(self.svm.get_clock().slot)

    def unix_time(self) -> int:
        return int(self.svm.get_clock().unix_timestamp)

    def airdrop(self, address: Pubkey, lamports: int) -> None:
        if isinstance(self.svm.airdrop(address, lamports), FailedTransactionMetadata):
            raise MaiError("the embedded chain refused the airdrop")

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        blockhash = self.svm.latest_blockhash()
        transaction = signed(instructions, signers, blockhash, compute_units=compute_units, heap_bytes=heap_bytes)
        with x87.freed():
            result = self.svm.send_transaction(transaction)
        self._written |= {meta.pubkey: None for item in instructions for meta in item.accounts if meta.is_writable}
        self.svm.expire_blockhash()  # so that an equal transaction sent later has another signature
        landed = self._landed(result)
        if self.blocks:
            self.pass_slots(1)
        return landed

    def simulate(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        blockhash = self.svm.latest_blockhash()
        transaction = signed(instructions, signers, blockhash, compute_units=compute_units, heap_bytes=heap_bytes)
        with x87.freed():
            result = self.svm.simulate_transaction(transaction)
        return self._landed(result if isinstance(result, FailedTransactionMetadata) else result.meta())

    def send_many(
        self,
        batches: Sequence[Sequence[Instruction]],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
    ) -> list[Landed]:
        return [self.send(batch, signers, compute_units=compute_units) for batch in batches]

    def _landed(self, result: TransactionMetadata | FailedTransactionMetadata) -> Landed:
        if isinstance(result, FailedTransactionMetadata):
            raise refusal(str(result.err()), result.meta().logs(), self.messages)
        return Landed(str(result.signature()), result.compute_units_consumed(), result.logs(), self.slot())
