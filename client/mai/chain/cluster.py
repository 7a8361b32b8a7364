"""One interface to a chain, whether it runs in this process or behind an RPC address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from solders.account import Account
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from mai.chain.signer import Signer

LAMPORTS_PER_SOL = 1_000_000_000
MAX_COMPUTE_UNITS = 1_400_000
MAX_TRANSACTION_BYTES = 1232


@dataclass(frozen=True)
class Landed:
    """A transaction that the chain executed.

    Attributes:
        signature: base58 signature.
        compute_units: compute units consumed by the whole transaction.
        logs: log lines.
        slot: the slot it landed in.
    """

    signature: str
    compute_units: int
    logs: list[str]
    slot: int


class Cluster(Protocol):
    """What the client asks of a chain. Every method raises :class:`mai.errors.MaiError` with one sentence."""

    @property
    def reserved_bytes(self) -> int:
        """What this cluster's transactions carry besides what the caller puts in, such as another fee payer."""

    def account(self, address: Pubkey) -> Account | None:
        """The account at ``address``, or None where there is none."""

    def owned(
        self, program: Pubkey, places: Sequence[tuple[int, bytes]], *, length: int | None = None
    ) -> list[tuple[Pubkey, Account]]:
        """Every account of ``program`` that has these bytes at these offsets; of its data only the first ``length``."""

    def balance(self, address: Pubkey) -> int:
        """Lamports at ``address``."""

    def rent(self, size: int) -> int:
        """Lamports that make an account of ``size`` bytes rent-exempt."""

    def slot(self) -> int:
        """The current slot."""

    def unix_time(self) -> int:
        """The chain's clock, in seconds since the epoch."""

    def wait_slots(self, slots: int) -> None:
        """Let some slots pass."""

    def airdrop(self, address: Pubkey, lamports: int) -> None:
        """Ask a test cluster for lamports."""

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        """Sign with ``signers`` (the first pays, unless the cluster has a fee payer) and wait until it is confirmed.

        Raises:
            ProgramError: a program refused it; nothing was changed.
            MaiError: it could not be sent or did not land.
        """

    def simulate(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        """Execute without changing anything; raises as :meth:`send` does."""

    def send_many(
        self,
        batches: Sequence[Sequence[Instruction]],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
    ) -> list[Landed]:
        """Send independent transactions, in any order, and wait for all of them."""
