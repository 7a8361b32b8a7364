"""The engine's keys: one that requesters seal to, and older ones that still open what was sealed before a rotation."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keyring
import keyring.errors
from filelock import FileLock, Timeout

from mai.engine.places import data_folder, private_folder
from mai.engine.plain import Plain
from mai.engine.sealing import EXCHANGED, KEY_BYTES, SealError, Secret, addressed, key_id
from mai.errors import MaiError

DAY = 86_400
OVERLAP_DAYS = 7
"""So long a key opens what was sealed to it after another took its place."""
ROTATE_DAYS = 30
MAX_KEYS = 64
MAX_BYTES = 64 * 1024
FILE = "keys.json"
SERVICE = "mai-engine"
LOCK_SECONDS = 10


class Place(Protocol):
    """Where the keys are kept."""

    def read(self) -> bytes | None:
        """What is there; None where there is nothing."""

    def write(self, data: bytes) -> None:
        """Put this in its place; it is all there or the old one is."""

    def lock(self) -> contextlib.AbstractContextManager[object]:
        """One process at a time changes the keys."""


class FilePlace:
    """A file that only its owner can read."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = private_folder(folder if folder is not None else data_folder() / "engine")
        self.path = self.folder / FILE

    def read(self) -> bytes | None:
        """The file.

        Raises:
            MaiError: others can read it, or it cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                raw = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise MaiError(f"the engine's keys {self.path} cannot be read: {error.strerror}") from error
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise MaiError(f"others can read the engine's keys {self.path}: run `chmod 600 {self.path}`")
        return raw

    def write(self, data: bytes) -> None:
        """Write the file beside and rename it.

        Raises:
            MaiError: it cannot be written.
        """
        part = self.path.with_name(f".{FILE}.{os.getpid()}.part")
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise MaiError(f"the engine's keys {self.path} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """A lock file, which a kill gives back."""
        try:
            with FileLock(self.folder / f"{FILE}.lock", timeout=LOCK_SECONDS, mode=0o600):
                for left in self.folder.glob(f".{FILE}.*.part"):  # secrets that a kill left half written
                    left.unlink(missing_ok=True)
                yield
        except Timeout as error:
            raise MaiError("another process changes the engine's keys: try again") from error


class KeychainPlace:
    """An entry of the system's keychain, as wallets are kept."""

    def __init__(self, name: str = "keys") -> None:
        self.name = name

    def read(self) -> bytes | None:
        """The entry.

        Raises:
            MaiError: the keychain cannot be used.
        """
        try:
            found = keyring.get_password(SERVICE, self.name)
        except keyring.errors.KeyringError as error:
            raise MaiError(f"the keychain cannot be used: {type(error).__name__}") from None
        return None if found is None else found.encode()

    def write(self, data: bytes) -> None:
        """Set the entry.

        Raises:
            MaiError: the keychain did not keep it.
        """
        try:
            keyring.set_password(SERVICE, self.name, data.decode())
        except keyring.errors.KeyringError as error:
            raise MaiError(f"the keychain cannot be used: {type(error).__name__}") from None
        if self.read() != data:
            raise MaiError("the keychain did not keep the engine's keys: use a file instead")

    def lock(self) -> contextlib.AbstractContextManager[object]:
        """One engine at a time uses a keychain's entry; there is nothing to lock."""
        return contextlib.nullcontext()


@dataclass(frozen=True)
class EngineKey:
    """One key.

    Attributes:
        created: seconds since 1970.
        retired: when another took its place; None for the current one.
    """

    secret: Secret
    created: int
    retired: int | None

    @property
    def public(self) -> bytes:
        return self.secret.public


class EngineKeys:
    """The current key and those that it followed; opens whatever was sealed to one of them."""

    def __init__(
        self,
        place: Place,
        *,
        overlap_days: int = OVERLAP_DAYS,
        rotate_days: int | None = ROTATE_DAYS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the keys, or make the first; rotates a key that is old, and erases those whose time is over.

        Args:
            rotate_days: a key older than this is followed by a new one; None: only :meth:`rotate` does that.

        Raises:
            MaiError: they cannot be read, or are no keys.
        """
        self._place, self._overlap, self._clock = place, overlap_days * DAY, clock
        self._looked = -1
        with place.lock():
            self._keys = _decoded(place.read())
            now = int(clock())
            old = rotate_days is not None and self._keys and now - self._keys[-1].created >= rotate_days * DAY
            if not self._keys or old:
                self._follow(now)
            elif self._outlived(now):
                self._write(now)

    @property
    def public(self) -> bytes:
        """The current key's public half: what requesters seal to."""
        return self._keys[-1].public

    @property
    def keys(self) -> tuple[EngineKey, ...]:
        """All that open something now, the current one last."""
        now = int(self._clock())
        return tuple(key for key in self._keys if not self._over(key, now))

    def open(self, info: bytes, envelope: bytes, version: int = EXCHANGED) -> Plain:
        """What was sealed to one of the keys.

        Raises:
            SealError: to none of them, or for something else, or it was changed.
        """
        named = addressed(envelope, version)
        found = self._named(named)
        if found is None and self._looked != (now := int(self._clock())):
            # Another process may have rotated the keys; a flood of wrong envelopes reads them once a second.
            self._looked = now
            self._keys = _decoded(self._place.read()) or self._keys
            found = self._named(named)
        if found is None:
            raise SealError("this was sealed to a key that this engine does not have, or has no more: ask for it anew")
        return found.secret.open(info, envelope, version)

    def _named(self, named: bytes) -> EngineKey | None:
        return next((key for key in self.keys if key_id(key.public) == named), None)

    def rotate(self) -> bytes:
        """Make a new current key, and return its public half; the old one opens for some days yet.

        Raises:
            MaiError: it cannot be kept; then the old one stays the current one.
        """
        with self._place.lock():
            self._keys = _decoded(self._place.read()) or self._keys
            self._follow(int(self._clock()))
        return self.public

    def _follow(self, now: int) -> None:
        before = self._keys
        kept = [key if key.retired is not None else EngineKey(key.secret, key.created, now) for key in before]
        self._keys = [*kept, EngineKey(Secret.new(), now, None)][-MAX_KEYS:]
        try:
            self._write(now)
        except MaiError:
            self._keys = before
            raise

    def _write(self, now: int) -> None:
        for key in self._outlived(now):
            key.secret.wipe()
        self._keys = list(self.keys)
        listed = [
            {"secret": base64.b64encode(key.secret.raw()).decode(), "created": key.created, "retired": key.retired}
            for key in self._keys
        ]
        self._place.write(json.dumps({"version": 1, "keys": listed}).encode())

    def _outlived(self, now: int) -> list[EngineKey]:
        return [key for key in self._keys if self._over(key, now)]

    def _over(self, key: EngineKey, now: int) -> bool:
        return key.retired is not None and now - key.retired >= self._overlap


def _decoded(raw: bytes | None) -> list[EngineKey]:
    if raw is None:
        return []
    try:
        found = json.loads(raw) if len(raw) <= MAX_BYTES else {}
        keys = [_key(item) for item in found["keys"]]
    except (ValueError, TypeError, KeyError, SealError):
        keys = []
    if not 0 < len(keys) <= MAX_KEYS or any(key.retired is None for key in keys[:-1]) or keys[-1].retired is not None:
        raise MaiError("the engine's keys are unreadable: move them away; what was sealed to them is lost") from None
    return keys


def _key(item: dict[str, object]) -> EngineKey:
    secret, retired = base64.b64decode(str(item["secret"]), validate=True), item["retired"]
    if len(secret) != KEY_BYTES:
        raise ValueError
    return EngineKey(Secret(secret), int(str(item["created"])), None if retired is None else int(str(retired)))
