"""Accounts of one network by kind, from a cluster or from what an audit reads: both have ``account``."""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any, Protocol

from mai_zk.trace import Manifest
from solders.account import Account
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.layout import Interface, Layout
from mai.chain.network import ModelTerms, Network
from mai.chain.trace import STEPS
from mai.errors import MaiError


class Accounts(Protocol):
    """Anything that has accounts."""

    def account(self, address: Pubkey) -> Account | None:
        """The account at an address, or None."""


def model_address(network: Network, manifest: Manifest) -> Pubkey:
    """Where a model that is proved by its traces is registered; its limits are no part of its address."""
    return network.model_address(ModelTerms(manifest.hash, bytes(32), segments=1, work_units=1, max_active_ms=1))


class Reader:
    """Reads the policy program's accounts, and the verifier's traces.

    Attributes:
        program: the policy program's address.
    """

    def __init__(self, accounts: Accounts, program: Pubkey | None = None) -> None:
        self.accounts = accounts
        self.program = program or artifacts.program("mai").address
        self._interface: Interface = artifacts.interface("mai")
        self._verifier: Interface = artifacts.interface("verifier")

    def find(self, kind: str, address: Pubkey) -> Any | None:
        """The fields of an account of this kind, digests as bytes; None where there is none."""
        return self._decoded(self._interface.kinds[kind], address, self.program)

    def read(self, kind: str, address: Pubkey) -> Any:
        """The same.

        Raises:
            MaiError: there is no such account.
        """
        found = self.find(kind, address)
        if found is None:
            raise MaiError(f"{address} is no {kind.lower()} of this network")
        return found

    def config(self) -> Any:
        """The network's configuration.

        Raises:
            MaiError: there is no network.
        """
        found = self.find("Config", Pubkey.find_program_address([b"config"], self.program)[0])
        if found is None:
            raise MaiError("there is no MAI network on this cluster: its configuration does not exist")
        return found

    @cached_property
    def verifier(self) -> Pubkey:
        """The network's verifier, which never changes."""
        found: Pubkey = self.config().verifier
        return found

    def trace_address(self, context: bytes, miner: Pubkey) -> Pubkey:
        """Where a work's trace is."""
        return Pubkey.find_program_address([b"trace", context, bytes(miner)], self.verifier)[0]

    def trace(self, context: bytes, miner: Pubkey) -> Any | None:
        """The trace of a work with the name of its step as ``step_name``; None before it is committed."""
        found = self._decoded(self._verifier.kinds["Trace"], self.trace_address(context, miner), self.config().verifier)
        if found is not None:
            found.step_name = STEPS[found.step] if found.step < len(STEPS) else "unknown"
        return found

    def _decoded(self, layout: Layout, address: Pubkey, owner: Pubkey) -> Any | None:
        account = self.accounts.account(address)
        if account is None or account.owner != owner:
            return None
        data = bytes(account.data)
        if data[: len(layout.mark)] != layout.mark:
            return None
        return SimpleNamespace(**layout.decode(data, exact=False))
