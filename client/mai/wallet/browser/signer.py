"""Phantom, Solflare and every other wallet of the wallet standard: asked on a local page, and checked afterwards."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol

from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import Transaction

from mai.errors import MaiError
from mai.wallet.browser.opening import Opened
from mai.wallet.browser.server import SigningServer

MAX_REASON = 200
SIMULATED = 1
"""Of a batch, so many transactions are shown with their effects: later ones need the earlier ones to have landed."""


class Closeable(Protocol):
    """Something that ends."""

    def close(self) -> None: ...


class BrowserSigner:
    """A :class:`mai.chain.signer.Signer` whose key never leaves the browser's wallet."""

    def __init__(
        self,
        chain: str,
        *,
        view: Callable[[Message, bool], dict[str, Any]],
        announce: Callable[[str], None],
        open_page: Callable[[str], Closeable] = Opened,
    ) -> None:
        """Nothing is opened before the address or a signature is needed.

        Args:
            chain: the wallet standard's name of the cluster, such as ``solana:devnet``.
            view: what the page shows of a message, with its simulated effects if asked to.
            announce: told the page's address, once.
            open_page: opens the page in a browser; what it returns is closed at the end.
        """
        self.chain = chain
        self._view, self._announce, self._open_page = view, announce, open_page

    @cached_property
    def _server(self) -> SigningServer:
        server = SigningServer()
        server.start()
        self._announce(server.url)
        self._opened = self._open_page(server.url)
        return server

    @cached_property
    def _address(self) -> Pubkey:
        answer = self._ask({"kind": "connect"})
        try:
            return Pubkey.from_string(str(answer.get("address")))
        except ValueError as error:
            raise MaiError("the wallet gave no Solana address") from error

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        answer = self._server.ask({**question, "chain": self.chain})
        if "rejected" in answer:
            raise MaiError(f"the wallet refused: {str(answer['rejected'])[:MAX_REASON]}")
        return answer

    def pubkey(self) -> Pubkey:
        """The account that was chosen on the page."""
        return self._address

    def sign_message(self, message: bytes, /) -> Signature:
        """Raises as :meth:`sign_messages` does."""
        return self.sign_messages([message])[0]

    def sign_messages(self, messages: Sequence[bytes]) -> list[Signature]:
        """Ask once for all of them.

        Raises:
            MaiError: the wallet refuses, the page was closed, or something else was signed than was asked for.
        """
        address = self.pubkey()
        transactions = [Transaction.new_unsigned(Message.from_bytes(message)) for message in messages]
        shown = [
            {
                "bytes": base64.b64encode(bytes(transaction)).decode(),
                "view": self._view(transaction.message, place < SIMULATED),
            }
            for place, transaction in enumerate(transactions)
        ]
        answer = self._ask({"kind": "sign", "address": str(address), "transactions": shown})
        given = answer.get("signed")
        if not isinstance(given, list) or len(given) != len(messages):
            raise MaiError(f"the wallet was asked for {len(messages)} signatures and gave others: nothing was sent")
        return [_checked(address, message, raw) for message, raw in zip(messages, given, strict=True)]

    def close(self) -> None:
        """Tell the page that it is done."""
        if "_server" in self.__dict__:
            self._server.close()
            self._opened.close()


def _checked(address: Pubkey, message: bytes, raw: Any) -> Signature:
    """The wallet's signature, if it is one of exactly this message."""
    try:
        transaction = Transaction.from_bytes(base64.b64decode(raw, validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise MaiError("the wallet gave no transaction back: nothing was sent") from error
    if bytes(transaction.message) != message:
        raise MaiError("the wallet signed something else than it was asked to: nothing was sent")
    place = transaction.message.account_keys.index(address)
    signature = transaction.signatures[place]
    if not signature.verify(address, message):
        raise MaiError(f"the wallet's signature is not one of {address}: nothing was sent")
    return signature
