"""Proofs from elsewhere are checked here before anything is paid for them: by the verifier program itself, on an
embedded chain that keeps the keys it has met."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from mai_zk.field import encode_words
from mai_zk.keyprogram import KeyProgram
from mai_zk.language.model import Proved
from solders.pubkey import Pubkey

from mai.chain.check import embedded_verifier
from mai.chain.route import Way, choose
from mai.chain.verifier import Verifier
from mai.errors import MaiError, ProgramError

HEAD_BYTES = 8
"""Of a payload: how many proofs and how many primes it holds (docs/reference/verifier.md)."""
MAX_PAYLOAD_BYTES = 1 << 20
MAX_KEYS = 64
"""Keys that are kept ready; with one more the chain starts over."""


class Refused(MaiError):
    """What came back is no proof of what was asked."""


class ProofChecker:
    """The verifier program, with the keys of earlier proofs in place. Safe for several threads: one works at a time."""

    def __init__(self, keys: Collection[bytes] | None = None) -> None:
        """Nothing is loaded yet.

        Args:
            keys: hashes of the key programs that a proof may be under, such as a manifest's segments have; None: any.
        """
        self._keys = None if keys is None else frozenset(keys)
        self._one = ThreadPoolExecutor(1, "proof-checker")  # the embedded chain belongs to the thread that made it
        self._verifier: Verifier | None = None
        self._known: dict[bytes, Pubkey] = {}
        self._count = 0

    def __call__(self, proved: Proved) -> None:
        """Check a proof, its payload and its key.

        Raises:
            Refused: with the reason in words.
        """
        self._one.submit(self._check, proved).result()

    def close(self) -> None:
        """Let go of the chain."""
        self._one.shutdown(wait=False, cancel_futures=True)

    def _check(self, proved: Proved) -> None:
        if self._keys is not None and proved.key.hash not in self._keys:
            raise Refused(f"the proof is under the key {proved.key.hash.hex()[:16]}…, which no segment has")
        one, body = proved.payload[:2] == (1).to_bytes(2, "little"), proved.payload[HEAD_BYTES:MAX_PAYLOAD_BYTES]
        if not one or not body.startswith(encode_words(proved.instances) + proved.proof):
            raise Refused("the payload is not the proof's")
        try:
            self._verify(proved.key, proved.payload)
        except ProgramError as error:
            raise Refused(f"the verifier refuses the proof: {error}") from error

    def _verify(self, key: KeyProgram, payload: bytes) -> None:
        if self._verifier is None or len(self._known) > MAX_KEYS:
            self._verifier, self._known = embedded_verifier(), {}
        verifier = self._verifier
        if key.hash not in self._known:
            self._known[key.hash] = verifier.upload_key(key).address
        address = self._known[key.hash]
        self._count += 1
        proof = verifier.upload_proof(payload, self._count).address
        try:
            if choose(key, receipts=False).way is Way.ONE_TRANSACTION:
                verifier.check(key, address, proof)
            else:
                verifier.run_session(key, address, proof, self._count)
        finally:
            verifier.close(proof)
