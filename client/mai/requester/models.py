"""The provable models that are on this machine, by name."""

from __future__ import annotations

from mai_zk.errors import ZkError
from mai_zk.language import load
from mai_zk.language.model import ProvableModel

from mai.errors import MaiError

DEFAULT = "tiny"


def open_model(name: str) -> ProvableModel:
    """A model by its name.

    Raises:
        MaiError: it is not known, or not on this machine.
    """
    try:
        return load(name)
    except (ZkError, OSError) as error:
        raise MaiError(f"the model {name} cannot be opened: {error}") from error
