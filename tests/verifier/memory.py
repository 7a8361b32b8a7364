"""A session's working memory: what the verifier has drawn and computed, as anybody can read it on chain."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from verifier.chain import SESSION_HEADER, Session

N_MODULI = 6
SLOT_BYTES = 24
MODULI, WEIGHT_SEED, MODULUS_SEED, SLOTS = 512, 1136, 1168, 1224
N_SLOTS_AT = 112 + 12


@dataclass(frozen=True)
class Memory:
    """The bytes behind a session's header, and the number of slots of its key."""

    data: bytes
    n_slots: int

    @property
    def moduli(self) -> list[int]:
        return [self._modulus(i)[0] for i in range(N_MODULI)]

    def powers(self, index: int) -> tuple[int, ...]:
        """The residues of 2^64, 2^128 and 2^192."""
        return self._modulus(index)[1:]

    def _modulus(self, index: int) -> tuple[int, ...]:
        return struct.unpack_from("<4I", self.data, MODULI + 16 * index)

    @property
    def weights_seed(self) -> bytes:
        return self.data[WEIGHT_SEED : WEIGHT_SEED + 32]

    @property
    def moduli_seed(self) -> bytes:
        return self.data[MODULUS_SEED : MODULUS_SEED + 32]

    def slot(self, index: int) -> list[int]:
        """The residues in a slot."""
        return list(struct.unpack_from("<6I", self.data, SLOTS + SLOT_BYTES * index))

    def scalar(self, index: int) -> list[int]:
        """The residues of a scalar: the key's first, then each proof's."""
        return self.slot(self.n_slots + index)

    def of(self, value: int) -> list[int]:
        """The residues that a value should have."""
        return [value % prime for prime in self.moduli]


def residues_of(session: Session) -> Memory:
    """The memory of a session whose moduli are drawn."""
    (n_slots,) = struct.unpack_from("<H", session.chain.data(session.key), N_SLOTS_AT)
    return Memory(session.chain.data(session.address)[SESSION_HEADER.size :], n_slots)
