"""The models that a miner serves: by name from this installation, by manifest on the chain."""

from __future__ import annotations

import dataclasses
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


def terms_of(model: ProvableModel) -> tuple[ModelTerms, Manifest]:
    """What a model is registered with, and its manifest.

    Raises:
        MaiError: its runs cannot be settled by a trace.
    """
    terms, manifest = model.terms, model.manifest
    if terms is None or manifest is None:
        raise MaiError(f"runs of {model.name} cannot be settled by a trace yet, so they cannot be mined")
    fields = dataclasses.asdict(terms)
    return ModelTerms(key_hash=manifest.hash, params=NO_PARAMS, proof=1, **fields), manifest


def serve(economy: Economy, model: ProvableModel) -> Served:
    """The model as the chain knows it, whether or not it is registered yet.

    Raises:
        MaiError: its runs cannot be settled by a trace.
    """
    terms, manifest = terms_of(model)
    return Served(model, manifest, economy.model_address(terms))
