"""Sealed envelopes: HPKE (RFC 9180) to one reader, for one purpose, of a length that says little.

An envelope is: version (1 byte; 2 for what an engine seals to itself), key id (8), HPKE's encapsulated key (32),
ciphertext with its tag. Inside: the text's length (4 bytes, little-endian), the text, zeros up to the next bucket.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mai.engine.guard import Locked
from mai.engine.plain import Plain
from mai.errors import MaiError

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
EXCHANGED, AT_REST = 1, 2
"""Versions: what goes to others, and what an engine seals to itself, which may be a whole envelope and more."""
KEY_BYTES = 32
ID_BYTES = 8
TAG_BYTES = 16
LENGTH_BYTES = 4
OVERHEAD = 1 + ID_BYTES + KEY_BYTES + TAG_BYTES
SMALLEST, LARGEST = 512, 2**20
"""Buckets: powers of two from one to the other, in bytes, the length field included."""
_LARGEST = {EXCHANGED: LARGEST, AT_REST: 2**23}
MAX_PLAIN, MAX_AT_REST = (size - LENGTH_BYTES for size in _LARGEST.values())
MAX_ENVELOPE = OVERHEAD + LARGEST
MAX_INFO = 1_024
MAX_MODEL = 128
TASK_BYTES = 32
_LABELS = {EXCHANGED: b"MAI sealed v1", AT_REST: b"MAI at rest v1"}


class SealError(MaiError):
    """An envelope that cannot be made or opened."""


class Opener(Protocol):
    """Who can open envelopes."""

    @property
    def public(self) -> bytes:
        """The X25519 key to seal to, 32 bytes."""

    def open(self, info: bytes, envelope: bytes, version: int = EXCHANGED) -> Plain:
        """What was sealed; SealError if it was sealed to another key or for something else, or was changed."""


def prompt_info(task: bytes, model: str) -> bytes:
    """What a prompt's envelope is bound to: the task's address and the model."""
    return _bound(b"prompt", task, model)


def answer_info(task: bytes, model: str) -> bytes:
    """What an answer's envelope is bound to."""
    return _bound(b"answer", task, model)


def _bound(purpose: bytes, task: bytes, model: str) -> bytes:
    name = model.encode()
    if len(task) != TASK_BYTES or not 0 < len(name) <= MAX_MODEL:
        raise SealError(f"a task has {TASK_BYTES} bytes and a model's name 1 to {MAX_MODEL}")
    return _joined(purpose, task, name)


def _joined(*parts: bytes) -> bytes:
    """Parts, each after its length, so that no two lists of parts look alike."""
    return b"".join(len(part).to_bytes(2, "little") + part for part in parts)


def key_id(public: bytes) -> bytes:
    """By what an envelope names the key that it is sealed to."""
    return hashlib.sha256(b"MAI key id v1" + public).digest()[:ID_BYTES]


def seal(public_key: bytes, info: bytes, plaintext: bytes | Plain) -> bytes:
    """The envelope that only the holder of the key's secret opens, and only for the same ``info``.

    Args:
        public_key: X25519, 32 bytes.
        info: what it is bound to, at most MAX_INFO bytes; see :func:`prompt_info`.
        plaintext: at most MAX_PLAIN bytes.

    Raises:
        SealError: the key is none, or something is too long.
    """
    return _seal(EXCHANGED, public_key, info, plaintext)


def _seal(version: int, public_key: bytes, info: bytes, plaintext: bytes | Plain) -> bytes:
    text = plaintext.reveal() if isinstance(plaintext, Plain) else plaintext
    if len(text) > _LARGEST[version] - LENGTH_BYTES:
        raise SealError(f"a sealed text has at most {_LARGEST[version] - LENGTH_BYTES:,} bytes, not {len(text):,}")
    padded = (len(text).to_bytes(LENGTH_BYTES, "little") + text).ljust(bucket(len(text)), b"\0")
    named = key_id(public_key)
    try:
        sealed = SUITE.encrypt(padded, X25519PublicKey.from_public_bytes(public_key), _info(version, named, info))
    except (ValueError, TypeError):  # no key of 32 bytes, or a point of low order, whose shared secret anyone knows
        raise SealError("the reader's key is no X25519 key") from None
    return bytes([version]) + named + sealed


def bucket(length: int) -> int:
    """To how many bytes a text of so many is padded, its length field included.

    >>> bucket(1), bucket(508), bucket(509), bucket(100_000)
    (512, 512, 1024, 131072)
    """
    return max(SMALLEST, 1 << (length + LENGTH_BYTES - 1).bit_length())


def addressed(envelope: bytes, version: int = EXCHANGED) -> bytes:
    """The id of the key that an envelope is sealed to.

    Raises:
        SealError: it is no envelope.
    """
    padded = len(envelope) - OVERHEAD
    if not SMALLEST <= padded <= _LARGEST[version] or padded & (padded - 1) or envelope[0] != version:
        raise SealError("this is no sealed envelope of this version")
    return bytes(envelope[1 : 1 + ID_BYTES])


def open_with(secret: X25519PrivateKey, info: bytes, envelope: bytes, version: int = EXCHANGED) -> Plain:
    """What an envelope holds.

    Raises:
        SealError: it was sealed to another key, for something else, or it was changed.
    """
    named = addressed(envelope, version)
    try:
        padded = SUITE.decrypt(envelope[1 + ID_BYTES :], secret, _info(version, named, info))
    except (InvalidTag, ValueError):
        raise SealError("this was sealed to another key, or for something else, or it was changed") from None
    length = int.from_bytes(padded[:LENGTH_BYTES], "little")
    if bucket(length) != len(padded) or any(padded[LENGTH_BYTES + length :]):
        raise SealError("a sealed envelope's padding is wrong")
    return Plain(padded[LENGTH_BYTES : LENGTH_BYTES + length])


def _info(version: int, named: bytes, info: bytes) -> bytes:
    if len(info) > MAX_INFO:
        raise SealError(f"an envelope is bound to at most {MAX_INFO:,} bytes")
    return _joined(_LABELS[version], named, info)


class Secret:
    """An X25519 secret in memory of its own; the library sees it only while it opens something."""

    def __init__(self, secret: bytes | bytearray) -> None:
        if len(secret) != KEY_BYTES:
            raise SealError(f"a secret key has {KEY_BYTES} bytes, not {len(secret)}")
        self.public = X25519PrivateKey.from_private_bytes(bytes(secret)).public_key().public_bytes_raw()
        self._kept = Locked(secret)

    @classmethod
    def new(cls) -> Secret:
        """A fresh one: a requester makes one for each question, and seals its public half with the prompt."""
        return cls(X25519PrivateKey.generate().private_bytes_raw())

    def open(self, info: bytes, envelope: bytes, version: int = EXCHANGED) -> Plain:
        """What was sealed to it; raises as :func:`open_with` does."""
        if addressed(envelope, version) != key_id(self.public):
            raise SealError("this was sealed to another key")
        with self._kept.view() as view:
            return open_with(X25519PrivateKey.from_private_bytes(view), info, envelope, version)

    def raw(self) -> bytes:
        """The 32 bytes, for whoever stores them."""
        with self._kept.view() as view:
            return bytes(view)

    def wipe(self) -> None:
        """Overwrite it; it opens nothing any more."""
        self._kept.wipe()

    def __repr__(self) -> str:
        return "<key, not shown>"


class Sealer:
    """Seals what lies on this machine's disk to this machine's own key: whoever reads the disk alone reads nothing.

    It hides, it does not sign: whoever can write the disk can put something else there.
    """

    def __init__(self, keys: Opener, place: str) -> None:
        """``place`` names what is sealed, such as "journal": what was sealed for one place opens in no other."""
        self._keys, self._info = keys, _joined(b"at rest", place.encode())

    def seal(self, plain: bytes | Plain) -> bytes:
        """An envelope of at most MAX_AT_REST bytes of text; raises as :func:`seal` does."""
        return _seal(AT_REST, self._keys.public, self._info, plain)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed; SealError if the key is gone or it was changed."""
        return self._keys.open(self._info, sealed, AT_REST).reveal()


open_ = open_with
