"""The work context: fixed when a place is given, so that no work counts twice or elsewhere (PIP-6, WorkContext).

The program makes it in ``assign_task``; here it is made again, for whoever checks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from mai_zk.field import keccak256
from solders.pubkey import Pubkey


@dataclass(frozen=True)
class WorkContext:
    """Everything that makes one piece of work this one and no other.

    Attributes:
        chain_id: the network's, from its configuration account.
        task: the task's address.
        model: the model's address.
        input_digest: the verifier's digest of the input, 32 bytes.
        miner: the device's account.
        seed: the seed that drew the miner, 32 bytes: nobody knew it before, so it is the salt.
        round: the assignment round.
        timestamp: the chain's clock at the assignment, seconds since the epoch.
    """

    chain_id: int
    task: Pubkey
    model: Pubkey
    input_digest: bytes
    miner: Pubkey
    seed: bytes
    round: int
    timestamp: int

    def digest(self) -> bytes:
        """keccak256 of all fields in order, integers little-endian (programs/mai/assignment.py, ``work_context``)."""
        return keccak256(
            struct.pack("<I", self.chain_id)
            + bytes(self.task)
            + bytes(self.model)
            + self.input_digest
            + bytes(self.miner)
            + self.seed
            + struct.pack("<Iq", self.round, self.timestamp)
        )
