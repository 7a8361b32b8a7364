"""Whose engine a key is: the device's owner signs it, so that a requester knows to whom it seals."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mai.engine.sealing import KEY_BYTES, SealError

VERSION = 1
DAY = 86_400
VALID_DAYS = 45
MAX_DAYS = 400
CLOCK_SECONDS = 300
"""How far a requester's clock may be behind."""
# A message that begins with 0xff is no transaction of any version, so a wallet's signature of it moves nothing.
_DOMAIN = b"\xffMAI engine identity v1\0"
_LENGTHS = {"key": KEY_BYTES, "owner": 32, "device": 32, "signature": 64}


@dataclass(frozen=True)
class Identity:
    """A signed statement: this key is that of this owner's device.

    Attributes:
        key: X25519, 32 bytes: what requesters seal to.
        owner: the device owner's wallet, an Ed25519 key of 32 bytes.
        device: the device's 32-byte name on chain.
        begins, ends: seconds since 1970.
        signature: the owner's, 64 bytes.
    """

    key: bytes
    owner: bytes
    device: bytes
    begins: int
    ends: int
    signature: bytes

    @property
    def message(self) -> bytes:
        """What is signed."""
        return _message(self.key, self.owner, self.device, self.begins, self.ends)

    def check(self, owner: bytes, device: bytes | None = None, *, now: float | None = None) -> bytes:
        """The key, if the statement holds.

        Args:
            owner: who the chain says owns the device.
            device: which device it must be; None: any of the owner's.

        Raises:
            SealError: it is another's, signed by somebody else, or its time is over.
        """
        if self.owner != owner or (device is not None and self.device != device):
            raise SealError("this engine's key is that of another owner or device")
        now = time.time() if now is None else now
        if not self.begins - CLOCK_SECONDS <= now < self.ends or self.ends - self.begins > MAX_DAYS * DAY:
            raise SealError("the statement about this engine's key is not valid now")
        try:
            Ed25519PublicKey.from_public_bytes(self.owner).verify(self.signature, self.message)
        except (InvalidSignature, ValueError):
            raise SealError("this engine's key is not signed by the device's owner") from None
        return self.key

    def json(self) -> dict[str, Any]:
        """For programs; bytes in base64."""
        packed = {name: base64.b64encode(getattr(self, name)).decode() for name in _LENGTHS}
        return {"version": VERSION, **packed, "begins": self.begins, "ends": self.ends}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Identity:
        """The reverse of :meth:`json`.

        Raises:
            SealError: it is none.
        """
        try:
            fields = {name: base64.b64decode(given[name], validate=True) for name in _LENGTHS}
            begins, ends = given["begins"], given["ends"]
        except (KeyError, ValueError, TypeError):
            raise SealError("this is no engine's identity") from None
        right = all(len(fields[name]) == length for name, length in _LENGTHS.items())
        if not right or given.get("version") != VERSION or not (_is_time(begins) and _is_time(ends)):
            raise SealError("this is no engine's identity")
        return cls(**fields, begins=begins, ends=ends)


def sign_identity(
    key: bytes,
    owner: bytes,
    device: bytes,
    sign: Callable[[bytes], bytes],
    *,
    days: int = VALID_DAYS,
    now: float | None = None,
) -> Identity:
    """State that a key is an engine's.

    Args:
        sign: the owner's wallet: message to 64-byte Ed25519 signature.

    Raises:
        SealError: a length is wrong, or the wallet did not sign this.
    """
    begins = int(time.time() if now is None else now)
    if (len(key), len(owner), len(device)) != (KEY_BYTES, 32, 32) or not 0 < days <= MAX_DAYS:
        raise SealError("an engine's identity has a key, an owner and a device of 32 bytes each, and some days")
    ends = begins + days * DAY
    made = Identity(key, owner, device, begins, ends, bytes(sign(_message(key, owner, device, begins, ends))))
    made.check(owner, device, now=begins)
    return made


def _message(key: bytes, owner: bytes, device: bytes, begins: int, ends: int) -> bytes:
    return _DOMAIN + key + owner + device + begins.to_bytes(8, "little") + ends.to_bytes(8, "little")


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40
