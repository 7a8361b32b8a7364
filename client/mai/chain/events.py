"""What programs told: events by IDL from a transaction's logs, and who only pretended.

Any program can log any bytes, so an event counts only as the word of the program that was running. A line with the
mark of an event that another program wrote is a spoof and is kept apart. The runtime cuts logs off at 10,000 bytes;
then events may be missing, and whoever reads them must be told.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.layout import DISCRIMINATOR_BYTES, Interface
from mai.chain.logs import TRUNCATED, invoked
from mai.errors import MaiError

_DATA_LOG = "Program data: "
LONGEST_LINE = 16_384
"""Characters of a log line that is looked at: the runtime keeps 10,000 bytes of logs in all."""


@dataclass(frozen=True)
class Told:
    """An event.

    Attributes:
        index: its place among its transaction's events of this program.
        run: which of the program's invocations in the transaction emitted it, from 0.
    """

    name: str
    data: dict[str, Any]
    index: int
    run: int


@dataclass(frozen=True)
class Spoof:
    """What looks like an event of ``name`` and was written by another program."""

    name: str
    program: str


@dataclass
class Reading:
    """All that a transaction's logs tell.

    Attributes:
        complete: the runtime cut nothing off.
    """

    events: list[Told] = field(default_factory=list)
    spoofs: list[Spoof] = field(default_factory=list)
    complete: bool = True


def read_events(interface: Interface, program: Pubkey, logs: Sequence[str]) -> Reading:
    """The events that ``program`` emitted, in order, and those that others made up."""
    reading, name = Reading(complete=TRUNCATED not in logs), str(program)
    for writer, run, line in invoked(logs):
        if not line.startswith(_DATA_LOG) or len(line) > LONGEST_LINE:
            continue
        try:
            data = base64.b64decode(line.removeprefix(_DATA_LOG), validate=True)
        except ValueError:  # no base64, or not even ASCII
            continue
        layout = interface.events.get(data[:DISCRIMINATOR_BYTES])
        if layout is None:
            continue
        try:
            fields = layout.decode(data)
        except MaiError:
            continue
        if writer == name:
            reading.events.append(Told(layout.name, fields, len(reading.events), run))
        else:
            reading.spoofs.append(Spoof(layout.name, writer))
    return reading
