"""The provable models by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mai_zk.errors import ZkError
from mai_zk.language.model import ProvableModel


def _tiny() -> ProvableModel:
    from mai_zk.language.tiny.model import Tiny

    return Tiny()


def _tiny_endless() -> ProvableModel:
    from mai_zk.language.tiny.model import Tiny

    return Tiny(endless=True)


def _smollm2() -> ProvableModel:
    from mai_zk.language.smol.model import SmolLM2

    return SmolLM2()


_MAKERS: dict[str, Callable[[], ProvableModel]] = {
    "smollm2-135m": _smollm2,
    "tiny": _tiny,
    "tiny-endless": _tiny_endless,
}


def names() -> list[str]:
    """Every provable model's name."""
    return sorted(_MAKERS)


@cache
def load(name: str) -> ProvableModel:
    """The provable model of a name; ZkError if there is none."""
    if name not in _MAKERS:
        raise ZkError(f"There is no provable model {name!r}; there are {', '.join(names())}.")
    return _MAKERS[name]()
