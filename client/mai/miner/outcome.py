"""What one step of a work comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mai.miner.states import State


@dataclass(frozen=True)
class Moved:
    """The step is done on the chain; what it found of the work."""

    changes: dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """Nothing can be done now.

    Attributes:
        why: what it waits for.
        seconds: when to look again.
        slot: not before this slot of the chain; 0: any.
        chain: whether it is the chain's time that has to pass, and nothing on this machine.
    """

    why: str
    seconds: float = 2.0
    slot: int = 0
    chain: bool = True


@dataclass(frozen=True)
class Ended:
    """The work has come to an end that is not a payment."""

    state: State
    reason: str
