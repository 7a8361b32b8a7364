"""The work context: fixed before the work, so that no work counts twice or elsewhere (PIP-6, WorkContext)."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass, field

from mai_zk.field import keccak256
from solders.pubkey import Pubkey

DOMAIN = b"MAI work context v1"
NONCE_BYTES = 32


@dataclass(frozen=True)
class WorkContext:
    """Everything that makes one piece of work this one and no other.

    Attributes:
        chain_id: the network's, from its configuration account.
        job: the task's address.
        model: the model's address.
        input_digest: the verifier's digest of the input, 32 bytes.
        device: the device's 32-byte name.
        timestamp: the chain's clock when the work began, seconds since the epoch.
        nonce: 32 random bytes.
    """

    chain_id: int
    job: Pubkey
    model: Pubkey
    input_digest: bytes
    device: bytes
    timestamp: int
    nonce: bytes = field(default_factory=lambda: secrets.token_bytes(NONCE_BYTES))

    def digest(self) -> bytes:
        """keccak256 of the domain and all fields in order, integers little-endian."""
        return keccak256(
            DOMAIN
            + struct.pack("<I", self.chain_id)
            + bytes(self.job)
            + bytes(self.model)
            + self.input_digest
            + self.device
            + self.nonce
            + struct.pack("<Q", self.timestamp)
        )
