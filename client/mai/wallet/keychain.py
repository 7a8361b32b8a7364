"""Keypairs in the system's keychain (`keyring`): macOS Keychain, Windows Credential Locker, Secret Service."""

from __future__ import annotations

import re

import keyring
import keyring.errors
from solders.keypair import Keypair

from mai.errors import MaiError

SERVICE = "mai"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def checked_name(name: str) -> str:
    """The name, if a wallet can have it.

    Raises:
        MaiError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise MaiError(f"{name!r} is no name of a wallet: up to 64 letters, digits, dots, dashes and underscores")
    return name


def load(name: str) -> Keypair | None:
    """The wallet of a name; None where there is none.

    Raises:
        MaiError: there is no keychain, it is locked, or the entry is none of ours.
    """
    try:
        secret = keyring.get_password(SERVICE, checked_name(name))
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error
    if secret is None:
        return None
    try:
        return Keypair.from_base58_string(secret)
    except BaseException as error:  # the binding panics on some wrong texts
        if isinstance(error, KeyboardInterrupt):
            raise
        raise MaiError(f"the keychain's entry {name} is no keypair") from None


def store(name: str, keypair: Keypair) -> None:
    """Keep a new wallet.

    Raises:
        MaiError: the name is taken, or the keychain cannot be used.
    """
    if load(name) is not None:
        raise MaiError(f"the keychain has a wallet {name} already: no wallet is overwritten")
    try:
        keyring.set_password(SERVICE, name, str(keypair))
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error
    kept = load(name)
    if kept is None or kept != keypair:
        raise MaiError("the keychain did not keep the wallet: use a file instead")


def remove(name: str) -> None:
    """Forget a wallet.

    Raises:
        MaiError: there is none, or the keychain cannot be used.
    """
    if load(name) is None:
        raise MaiError(f"the keychain has no wallet {name}")
    try:
        keyring.delete_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> MaiError:
    if isinstance(error, keyring.errors.NoKeyringError):
        return MaiError("this machine has no keychain: keep the wallet in a file, or start a Secret Service")
    return MaiError(
        f"the keychain cannot be used: {str(error).splitlines()[0] if str(error) else type(error).__name__}"
    )
