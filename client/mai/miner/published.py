"""Manifests, constants and keys on the chain: whoever put them there, a sealed one is as good as another."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mai_zk.keyprogram import KeyProgram
from mai_zk.trace import Manifest
from solders.pubkey import Pubkey

from mai.chain.trace import CONSTANTS, MANIFEST_HEADER_BYTES, Traces
from mai.chain.verifier import KEY_HEADER_BYTES
from mai.errors import MaiError


class Published:
    """Finds sealed manifests and keys by their hashes, once each; puts up what nobody has put up yet."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._manifests: dict[bytes, Pubkey] = {}
        self._constants: dict[bytes, Pubkey] = {}
        self._keys: dict[bytes, tuple[KeyProgram, Pubkey]] = {}
        self._lock = threading.RLock()

    def manifest(self, manifest: Manifest) -> Pubkey:
        """The account of a sealed manifest; it is uploaded where there is none."""
        with self._lock:
            if manifest.hash not in self._manifests:
                found = self._traces.sealed("Manifest", manifest.hash, MANIFEST_HEADER_BYTES)
                self._manifests[manifest.hash] = found or self._traces.upload_manifest(manifest).address
            return self._manifests[manifest.hash]

    def constants(self, hash: bytes, body: Callable[[bytes], bytes]) -> Pubkey:
        """The account of sealed constants; ``body`` gives them by their hash, to be uploaded where there are none."""
        with self._lock:
            if hash not in self._constants:
                found = self._traces.sealed("Manifest", hash, MANIFEST_HEADER_BYTES, CONSTANTS)
                self._constants[hash] = found or self._traces.upload_constants(body(hash)).address
            return self._constants[hash]

    def key(self, hash: bytes, program: KeyProgram | None = None) -> tuple[KeyProgram, Pubkey]:
        """A key program and the account that holds it, sealed.

        Args:
            program: the key program itself, where it is at hand: uploaded where nobody has done so.

        Raises:
            MaiError: the chain has none, and it is not at hand.
        """
        with self._lock:
            if hash not in self._keys:
                verifier = self._traces.verifier
                address = self._traces.sealed("Key", hash, KEY_HEADER_BYTES)
                if address is None:
                    if program is None or program.hash != hash:
                        raise MaiError(f"the chain has no sealed key {hash.hex()}")
                    address = verifier.upload_key(program).address
                if program is None or program.hash != hash:
                    account = self._traces.cluster.account(address)
                    program = KeyProgram.from_bytes(bytes(account.data[KEY_HEADER_BYTES:]) if account else b"")
                self._keys[hash] = (program, address)
            return self._keys[hash]
