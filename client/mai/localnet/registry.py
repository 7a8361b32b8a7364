"""The methods that are answered, by name; the documentation's table is made from this."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mai.localnet.params import Params

if TYPE_CHECKING:
    from mai.localnet.node import Node

Handler = Callable[["Node", Params], Any | Awaitable[Any]]


@dataclass(frozen=True)
class Method:
    """One method.

    Attributes:
        takes: whether it takes parameters at all.
        differs: what differs from Solana's specification; empty where nothing does.
    """

    name: str
    run: Handler
    takes: bool
    differs: str


METHODS: dict[str, Method] = {}


def method(name: str, *, takes: bool = True, differs: str = "") -> Callable[[Handler], Handler]:
    """Register a handler under the API's name for it."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, takes, differs)
        return handler

    return register
