"""Wallets that are the same in every run: which addresses a lottery draws or a search tries never varies."""

from __future__ import annotations

import hashlib
import itertools

from solders.keypair import Keypair


class People:
    """Keypairs one after the other, each from the name of the world that it lives in and its number."""

    def __init__(self, world: str = "") -> None:
        self._world, self._numbers = world, itertools.count()

    def another(self) -> Keypair:
        return Keypair.from_seed(hashlib.sha256(f"{self._world} {next(self._numbers)}".encode()).digest())
