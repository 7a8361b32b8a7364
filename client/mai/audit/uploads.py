"""What was uploaded to the verifier: keys, proofs, manifests and openings, put together again from their writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.audit.source import Source
from mai.chain.history import Transaction
from mai.chain.layout import Interface
from mai.errors import MaiError

LARGEST = 4 * 1024 * 1024
"""Bytes of one upload that are put together; keys and proofs are far smaller."""
OPEN = 4_096
"""Uploads that are kept at a time; the oldest is forgotten when there are more."""


@dataclass(frozen=True)
class VerifierCall:
    """One instruction of the verifier's, decoded."""

    name: str
    arguments: dict[str, Any]
    accounts: dict[str, Pubkey]
    more: tuple[Pubkey, ...]
    transaction: Transaction


class Uploads:
    """The bodies of the verifier's accounts, as its history writes them.

    Attributes:
        bodies: by account; of keys, proofs and manifests.
    """

    def __init__(self) -> None:
        self.bodies: dict[Pubkey, bytearray] = {}

    def take(self, call: VerifierCall) -> None:
        """Follow one instruction."""
        if call.name in ("create_key", "create_proof", "create_manifest"):
            target = call.accounts[call.name.removeprefix("create_")]
            if call.arguments["size"] <= LARGEST:
                self.bodies.pop(target, None)
                self.bodies[target] = bytearray(call.arguments["size"])
                if len(self.bodies) > OPEN:
                    del self.bodies[next(iter(self.bodies))]
        elif call.name == "write":
            body, at, data = self.bodies.get(call.accounts["account"]), call.arguments["offset"], call.arguments["data"]
            if body is not None and at + len(data) <= len(body):
                body[at : at + len(data)] = data
        elif call.name == "close":
            self.bodies.pop(call.accounts["account"], None)


def verifier_calls(source: Source, verifier: Pubkey, interface: Interface) -> Iterator[VerifierCall]:
    """Every instruction of the verifier that landed, the oldest first.

    Raises:
        MaiError: the source does not keep one of the transactions.
    """
    for signed in source.signatures(verifier):
        if signed.failed:
            continue
        transaction = source.transaction(signed.signature)
        if transaction is None:
            raise MaiError(f"{source.shown} does not keep the transaction {signed.signature}")
        yield from calls_of(transaction, verifier, interface)


def calls_of(transaction: Transaction, verifier: Pubkey, interface: Interface) -> Iterator[VerifierCall]:
    """The verifier's instructions of one transaction."""
    if transaction.failed:
        return
    for call in transaction.calls:
        kind = interface.calls.get(call.data[:8]) if call.program == verifier else None
        if kind is None:
            continue
        try:
            arguments = kind.arguments.decode(call.data, exact=False)
        except MaiError:
            continue
        names = [name for name, _ in kind.accounts]
        accounts = dict(zip(names, call.accounts, strict=False))
        if len(accounts) == len(names):
            yield VerifierCall(kind.name, arguments, accounts, call.accounts[len(names) :], transaction)
