"""Who can sign: an address, and a signature of a message; files, keychains, phrases and browser wallets alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from solders.pubkey import Pubkey
from solders.signature import Signature


class Signer(Protocol):
    """What a transaction needs of a wallet; solders' ``Keypair`` is one as it is."""

    def pubkey(self) -> Pubkey:
        """The wallet's address."""

    def sign_message(self, message: bytes, /) -> Signature:
        """The signature of a transaction's message.

        Raises:
            MaiError: the wallet's owner refuses, or the wallet cannot be reached.
        """


@runtime_checkable
class BatchSigner(Protocol):
    """A signer whose owner is asked once for many messages."""

    def sign_messages(self, messages: Sequence[bytes]) -> list[Signature]:
        """The signatures of messages, in their order; raises as :meth:`Signer.sign_message` does."""


def sign_each(signer: Signer, messages: Sequence[bytes]) -> list[Signature]:
    """The signatures of messages, with as few questions to the wallet's owner as the signer allows."""
    if isinstance(signer, BatchSigner):
        return signer.sign_messages(messages)
    return [signer.sign_message(message) for message in messages]
