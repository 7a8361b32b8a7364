"""The virtual machine, set up as Solana's own test validator is: its features, its sysvars, its programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext as _nothing

from solders.account import Account
from solders.clock import Clock
from solders.epoch_schedule import EpochSchedule
from solders.hash import Hash
from solders.litesvm import FeatureSet, LiteSVM
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata, SimulateResult, TransactionResult

from mai.chain import x87
from mai.chain.quiet import quiet_stderr
from mai.localnet.addresses import LOADER, RECENT_BLOCKHASHES, SYSTEM, SYSVAR_OWNER
from mai.localnet.cell import Cell

SLOTS_PER_EPOCH = 432_000
LAMPORTS_A_SIGNATURE = 5_000
NO_NEW_PROGRAMS = Pubkey.from_string("EmhbpdVtZ2hWRGFWBDjn2i3SJD8Z36z4mpMcZJEnebnP")
"""The feature that ends deployments by the upgradeable loader; it is not active on any public cluster."""
LARGE_BYTES, KEPT = 32 * 1024, 16
EMPTY = Cell(0, b"", SYSTEM)


def _features() -> FeatureSet:
    everything = FeatureSet.all_enabled()
    active = {key: slot for key, slot in everything.active.items() if key != NO_NEW_PROGRAMS}
    return FeatureSet(active, {NO_NEW_PROGRAMS})


class Machine:
    """Accounts and the execution of one transaction; knows no blocks, no ledger and no history."""

    def __init__(self) -> None:
        features = _features()
        # The order matters: programs are loaded for the features and with the sysvars that are there by then.
        self._svm = (
            LiteSVM.default()
            .with_transaction_history(0)
            .with_builtins(features)
            .with_sysvars()
            .with_precompiles(features)
            .with_spl_programs()
            .with_sigverify(True)
            .with_blockhash_check(False)
        )
        # Copies of large accounts that were read: a program's buffer is read around each of its thousand pieces.
        self._large: dict[Pubkey, Cell] = {}
        self._svm.set_epoch_schedule(EpochSchedule.without_warmup())

    def account(self, address: Pubkey) -> Cell | None:
        """The account at ``address``; None where there are no lamports."""
        kept = self._large.get(address)
        if kept is not None:
            return kept
        found: Account | None = self._svm.get_account(address)
        if found is None or not found.lamports:
            return None
        read = cell(found)
        if len(read.data) >= LARGE_BYTES and read.owner != SYSVAR_OWNER:
            if len(self._large) >= KEPT:
                del self._large[next(iter(self._large))]
            self._large[address] = read
        return read

    def lamports(self, address: Pubkey) -> int:
        """The balance alone, without a copy of the data."""
        return int(self._svm.get_balance(address) or 0)

    def put(self, address: Pubkey, account: Cell | None) -> None:
        """Write an account as it is; None empties the address. ProgramData must be put before its Program."""
        self._large.pop(address, None)
        if account is None:
            self._svm.set_account(address, Account(*EMPTY))
            return
        try:
            with quiet_stderr() if account.executable else _nothing():
                self._svm.set_account(address, Account(*account))
        except BaseException as error:  # the binding panics, too, where a program's code is gone or refused
            if isinstance(error, KeyboardInterrupt) or account.owner != LOADER:
                raise
            # A closed program: its account stays, but nobody can call it.
            self._svm.set_account(address, Account(account.lamports, account.data, account.owner))

    def rent(self, size: int) -> int:
        """Lamports that make an account of ``size`` bytes rent-exempt."""
        return int(self._svm.minimum_balance_for_rent_exemption(size))

    def set_slot(self, slot: int, unix_time: int, epoch_start: int, hashes: Sequence[tuple[int, Hash]]) -> None:
        """Set the clock, and the hashes of the blocks before ``slot``, newest first."""
        epoch = slot // SLOTS_PER_EPOCH
        self._svm.set_clock(Clock(slot, epoch_start, epoch, epoch + 1, unix_time))
        self._svm.set_slot_hashes(list(hashes))

    def set_recent_blockhashes(self, hashes: Sequence[Hash]) -> None:
        """Set the old sysvar of recent blockhashes, newest first; only nonces' transactions look at it."""
        data = len(hashes).to_bytes(8, "little")
        data += b"".join(bytes(item) + LAMPORTS_A_SIGNATURE.to_bytes(8, "little") for item in hashes)
        self._svm.set_account(RECENT_BLOCKHASHES, Account(self.rent(len(data)), data, SYSVAR_OWNER))

    def execute(self, transaction: VersionedTransaction, writes: Iterable[Pubkey]) -> TransactionResult:
        """Execute a transaction that may change ``writes``; a failed one changes the payer's lamports alone."""
        for address in writes:
            self._large.pop(address, None)
        with x87.freed():
            return self._svm.send_transaction(transaction)

    def try_out(self, transaction: VersionedTransaction, *, check_signatures: bool) -> SimulateResult:
        """Execute without changing anything."""
        if check_signatures:
            with x87.freed():
                return self._svm.simulate_transaction(transaction)
        self._svm.with_sigverify(False)
        try:
            with x87.freed():
                return self._svm.simulate_transaction(transaction)
        finally:
            self._svm.with_sigverify(True)


def cell(account: Account) -> Cell:
    """The binding's account as what is used here."""
    return Cell(account.lamports, account.data, account.owner, account.executable)


def failed(result: TransactionResult | SimulateResult) -> bool:
    """Whether the machine refused or reverted the transaction."""
    return isinstance(result, FailedTransactionMetadata)
