"""A wallet by its URI: a keypair file, ``keychain:NAME``, ``prompt:`` (as in the Solana CLI) or ``browser:``."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.wallet import index, keychain
from mai.wallet.ask import ask_phrase
from mai.wallet.files import read_keypair
from mai.wallet.recovery import derivation_path, recover

KEYCHAIN, PROMPT, BROWSER, FILE = "keychain:", "prompt:", "browser:", "file:"
ASK = "ASK"
"""The Solana CLI's older word for a recovery phrase without a derivation path."""
_SCHEME = re.compile(r"[A-Za-z]{2,16}:")


def open_signer(uri: str, *, browser: Callable[[], Signer]) -> Signer:
    """The wallet that a URI names.

    Args:
        browser: makes the signer that asks a wallet in the browser.

    Raises:
        MaiError: there is no such wallet, or it cannot be opened.
    """
    if uri == ASK:
        return recover(*ask_phrase(None))
    if uri.startswith(PROMPT):
        return recover(*ask_phrase(derivation_path(uri.removeprefix(PROMPT).removeprefix("//"))))
    if uri.startswith(KEYCHAIN):
        name = uri.removeprefix(KEYCHAIN)
        found = keychain.load(name)
        if found is None:
            raise MaiError(f"the keychain has no wallet {name}: `mai wallet list` shows those that there are")
        return found
    if uri.rstrip("/") == BROWSER:
        return browser()
    return open_file(uri)


def file_of(uri: str) -> Path:
    """The keypair file that a URI names.

    Raises:
        MaiError: it names no file.
    """
    if not uri.startswith(FILE) and _SCHEME.match(uri) and not Path(uri).exists():
        raise MaiError(f"{uri} is no wallet: name a keypair file, keychain:NAME, prompt: or browser:")
    return Path(uri.removeprefix(FILE)).expanduser()


def open_file(uri: str) -> Keypair:
    """The keypair in a file; raises as :func:`open_signer` does."""
    return read_keypair(file_of(uri))


def known_address(uri: str) -> Pubkey | None:
    """A keychain wallet's address, without opening the keychain; None where it is not listed."""
    return index.wallets().get(uri) if uri.startswith(KEYCHAIN) else None
