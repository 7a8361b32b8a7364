"""The states of one work, from a task that is seen to a reward that is paid, and the ways it can end."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """What is done of a work. Each step reads the chain first, does what is missing there, and then records it here."""

    SEEN = "seen"
    ASSIGNED = "assigned"
    RUN = "run"
    COMMITTED = "committed"
    TRACED = "traced"
    DRAWN = "drawn"
    REVEALED = "revealed"
    CHALLENGED = "challenged"
    PROVING = "proving"
    ATTESTED = "attested"
    SETTLED = "settled"
    FAILED = "failed"
    MISSED = "missed"
    EXPIRED = "expired"


WAY = (
    State.SEEN,
    State.ASSIGNED,
    State.RUN,
    State.COMMITTED,
    State.TRACED,
    State.DRAWN,
    State.REVEALED,
    State.CHALLENGED,
    State.PROVING,
    State.ATTESTED,
    State.SETTLED,
)
"""The states of a work that goes well, in order."""
ENDS = frozenset({State.SETTLED, State.FAILED, State.MISSED, State.EXPIRED})


class Kind(StrEnum):
    """A task that somebody posted, or an answer to a muster."""

    TASK = "task"
    MUSTER = "muster"


def follows(old: State, new: State) -> bool:
    """Whether a work may go from one state to another: one step on the way, or to an end from anywhere before one."""
    if old in ENDS:
        return False
    return (new is not State.SETTLED and new in ENDS) or (new in WAY and WAY.index(new) == WAY.index(old) + 1)
