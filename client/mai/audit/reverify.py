"""Proofs once more, off chain: by EZKL where the circuit is one of this package's, else by the verifier's own code.

EZKL needs the verifying key's file, which only a circuit gives; a key program on chain is enough for the verifier
program, which runs in this process on bytes that `programs` compared with those on chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mai_zk import circuits
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import Keys, Proof, Prover, make_prover

from mai.chain.check import check_proof

EZKL, EMBEDDED = "EZKL", "the verifier program in this process"
HEAD_BYTES = 8


@dataclass(frozen=True)
class Uploaded:
    """One proof of a payload: its public instances and EZKL's proof bytes."""

    instances: tuple[int, ...]
    proof: bytes


def split(key: KeyProgram, payload: bytes) -> list[Uploaded]:
    """The proofs of a payload (docs/reference/key-program.md).

    Raises:
        ZkError: its length is not that of so many proofs under this key.
    """
    count = int.from_bytes(payload[:2], "little")
    own = 32 * (key.n_instances + key.n_hints) + key.proof_size
    if not 1 <= count <= 8 or len(payload) < HEAD_BYTES + count * own:
        raise ZkError("the payload is not one of this key")
    found = []
    for number in range(count):
        at = HEAD_BYTES + number * own
        end = at + 32 * key.n_instances
        words = payload[at:end]
        instances = tuple(int.from_bytes(words[i : i + 32], "big") for i in range(0, len(words), 32))
        found.append(Uploaded(instances, payload[end : end + key.proof_size]))
    return found


class Reverifier:
    """Verifies; remembers what it has verified."""

    def __init__(self) -> None:
        self._keys: dict[bytes, Keys | None] = {}
        self._seen: dict[bytes, tuple[bool, str]] = {}

    def holds(self, key: KeyProgram, item: Uploaded) -> tuple[bool, str]:
        """Whether a proof holds, and by what that was found out."""
        name = keccak256(key.hash + item.proof + b"".join(value.to_bytes(32, "big") for value in item.instances))
        if name not in self._seen:
            self._seen[name] = self._verify(key, item)
        return self._seen[name]

    def _verify(self, key: KeyProgram, item: Uploaded) -> tuple[bool, str]:
        keys = self._ezkl_keys(key.hash)
        if keys is not None:
            try:
                return self._prover.verify(keys, Proof(item.instances, item.proof)), EZKL
            except ZkError:
                return False, EZKL
        return check_proof(key, ProofFile(item.instances, item.proof)).reason is None, EMBEDDED

    @cached_property
    def _prover(self) -> Prover:
        return make_prover()

    @cached_property
    def _known(self) -> dict[bytes, circuits.Circuit]:
        """This package's circuits by the hash of their key programs."""
        found = {}
        for name in circuits.names():
            circuit = circuits.load(name)
            try:
                found[circuit.key_program.hash] = circuit
            except ZkError:
                continue
        return found

    def _ezkl_keys(self, key_hash: bytes) -> Keys | None:
        if key_hash not in self._keys:
            circuit = self._known.get(key_hash)
            self._keys[key_hash] = None if circuit is None else self._prover.setup(circuit.segment, circuit.test_srs())
        return self._keys[key_hash]


def statements(key: KeyProgram, items: Sequence[Uploaded]) -> list[bytes]:
    """The statement of each proof, as its receipt must have it."""
    return [key.statement(item.instances, item.proof).statement for item in items]
