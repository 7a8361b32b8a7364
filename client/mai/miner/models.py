"""The models that a miner serves: by name from this installation, by manifest on the chain."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk import language
from mai_zk.language.model import ProvableModel
from mai_zk.trace import Manifest
from solders.pubkey import Pubkey

from mai.chain.economy import Economy
from mai.chain.network import ModelTerms
from mai.errors import MaiError

NO_PARAMS = bytes(32)


@dataclass(frozen=True)
class Served:
    """A model of this machine that a miner serves.

    Attributes:
        model: runs and proves.
        manifest: by which its runs are settled.
        address: its account on the chain.
    """

    model: ProvableModel
    manifest: Manifest
    address: Pubkey


def load(name: str) -> ProvableModel:
    """A provable model of this installation.

    Raises:
        ZkError: there is none of this name, or it cannot be made ready.
    """
    return language.load(name)


def serve(economy: Economy, model: ProvableModel) -> Served:
    """The model as the chain knows it, whether or not it is registered yet.

    Raises:
        MaiError: its runs cannot be settled by a trace.
    """
    if model.manifest is None:
        raise MaiError(f"runs of {model.name} cannot be settled by a trace yet, so they cannot be mined")
    terms = ModelTerms(model.manifest.hash, NO_PARAMS, 1, 1, 1)
    return Served(model, model.manifest, economy.model_address(terms))
