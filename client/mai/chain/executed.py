"""What the chain executes itself: integers are bound to points, an operation is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.verifier import Verifier
from mai.errors import MaiError

VALUES_BYTES = 192


@dataclass(frozen=True)
class Bound:
    """Integers whose commitment the chain adds up.

    Attributes:
        address: the values account.
        point: U and what is added so far, 64 bytes as in proofs.
        left: integers that are not added yet.
    """

    address: Pubkey
    point: bytes
    left: int


class Executed:
    """Calls the verifier program's instructions on values and operations."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.cluster, self.payer, self.program = verifier.cluster, verifier.payer, verifier.program

    def values_address(self, nonce: int, authority: Pubkey | None = None) -> tuple[Pubkey, int]:
        """Where values number ``nonce`` live, and the bump."""
        return self.program.pda(b"values", bytes(authority or self.payer.pubkey()), nonce.to_bytes(8, "little"))

    def values_rent(self) -> int:
        """Lamports that a values account holds until it is closed."""
        return self.cluster.rent(VALUES_BYTES)

    def create_values(self, nonce: int, digest: bytes, bases: Pubkey, *, offset: int, count: int) -> Pubkey:
        """Begin to bind ``count`` integers of a digest to the bases from ``offset`` on."""
        address, bump = self.values_address(nonce)
        accounts = {"authority": self.payer.pubkey(), "values": address, "bases": bases}
        arguments = {"nonce": nonce, "digest": list(digest), "offset": offset, "count": count, "bump": bump}
        self._send("create_values", accounts, arguments)
        return address

    def bind(self, values: Pubkey, opening: Pubkey, bases: Pubkey, *, start: int, count: int, bits: int) -> Landed:
        """Add the next ``count`` integers; all of them begin at byte ``start`` of the opening.

        ``bits`` of a digit decide what it costs: :func:`mai_zk.trace.executed.digit_bits`.
        """
        accounts = {"authority": self.payer.pubkey(), "values": values, "opening": opening, "bases": bases}
        return self._send("bind", accounts, {"start": start, "count": count, "bits": bits})

    def bound(self, values: Pubkey) -> Bound:
        """Read a values account.

        Raises:
            MaiError: there is none.
        """
        header = self.program.fetch(self.cluster, values)
        if type(header).__name__ != "Values":
            raise MaiError(f"the account {values} holds no values")
        return Bound(values, bytes(header.point), header.count - header.next)

    def check(self, constants: Pubkey, opening: Pubkey) -> Landed:
        """Execute an operation on an opening and change nothing.

        Raises:
            ProgramError: the operation gives another result, or is refused; its name says why.
        """
        return self._send("check_operation", {"constants": constants, "opening": opening})

    def _send(self, name: str, accounts: dict[str, Pubkey], arguments: dict[str, Any] | None = None) -> Landed:
        return self.cluster.send([self.program.instruction(name, accounts, arguments)], [self.payer])
