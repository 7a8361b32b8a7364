"""EZKL's settings file, made canonical: the same bytes, and so the same keys, on every machine.

EZKL writes a timestamp and lists range checks and lookups in a random order, and the order decides the key.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.segment import Segment

_VISIBILITY_WORDS = {"public": "Public", "private": "Private", "fixed": "Fixed", "polycommit": "KZGCommit"}

RESERVED_ROWS = 8
"""With more than 2^k - 8 rows EZKL lays out a second set of columns: half as many points again to verify."""


@dataclass(frozen=True)
class Settings:
    """Canonical settings: `text` is the file; the rest reads it."""

    text: str

    @property
    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.text)
        return data

    @property
    def logrows(self) -> int:
        """k: the circuit has 2^k rows."""
        return int(self._data["run_args"]["logrows"])

    @property
    def rows(self) -> int:
        """Rows that the layout asks for: those it uses, or the room that weights as an input are given."""
        return int(self._data["num_rows"])

    @property
    def input_scale(self) -> int:
        """A value v enters as round(v * 2^scale)."""
        return int(self._data["model_input_scales"][0])

    @property
    def output_scale(self) -> int:
        """An output integer stands for integer / 2^scale."""
        return int(self._data["model_output_scales"][0])

    @property
    def version(self) -> str:
        """The EZKL that wrote it."""
        return str(self._data["version"])

    @property
    def run_args(self) -> dict[str, Any]:
        """EZKL's run arguments."""
        return dict(self._data["run_args"])


def parse(text: str, source: str) -> Settings:
    """Check and canonicalise a settings text; `source` names it in the ZkError."""
    try:
        data = json.loads(text)
        data["timestamp"] = 0
        for name in ("required_range_checks", "required_lookups"):
            data[name] = sorted(data[name], key=lambda item: json.dumps(item, sort_keys=True))
        settings = Settings(json.dumps(data, sort_keys=True, indent=1) + "\n")
        _ = (settings.logrows, settings.rows, settings.input_scale, settings.output_scale, settings.version)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ZkError(f"{source} is no settings file of EZKL; make it again.") from error
    return settings


def load(path: Path) -> Settings:
    """Read a settings file."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZkError(f"The settings file {path} cannot be read; make it again.") from error
    return parse(text, str(path))


def with_room(settings: Settings) -> Settings:
    """The settings of a graph whose weights are an input, asking for one set of columns at most.

    EZKL counts rows for every input, though a committed one has none. A layout that needs more is refused at setup.
    """
    data = json.loads(settings.text)
    rows = min(settings.rows, (1 << settings.logrows) - RESERVED_ROWS)
    data["num_rows"], data["total_assignments"] = rows, rows * int(data["run_args"]["num_inner_cols"])
    return parse(json.dumps(data), "the settings")


def check_matches(settings: Settings, segment: Segment) -> None:
    """ZkError unless the settings have the visibility and the run arguments that the segment declares."""
    have = settings.run_args
    for part in ("input", "params", "output"):
        wanted = getattr(segment.visibility, "ezkl_params" if part == "params" else part)
        found = have.get({"params": "param"}.get(part, part) + "_visibility")
        name = next(iter(found)) if isinstance(found, dict) else found
        if name != _VISIBILITY_WORDS.get(wanted, "Hashed"):
            raise ZkError(f"The settings of {segment.name} have {part} {name}, but the segment says {wanted}.")
    wanted_args = {**segment.run_args.integers(), **segment.run_args.others()}
    for name, value in wanted_args.items():
        if have.get(name) != value:
            raise ZkError(f"The settings of {segment.name} have {name} {have.get(name)}; the segment says {value}.")
