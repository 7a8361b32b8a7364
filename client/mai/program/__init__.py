"""The policy program's rules under CPython: the same files that Seahorse compiles, not a copy of them.

``mai.program.rewards``, ``calibration``, ``config``, ``registry``, ``tasks`` and ``events`` are the program's modules.
``mai.program.mai`` lists the instructions, which run on chain only; ``native`` stands for what is Rust there.
``ERRORS`` maps every refusal to its sentence.
"""

from __future__ import annotations

from types import ModuleType

from mai.program import native
from mai.program.loader import load, refusals, source_folder

SOURCE = source_folder()
ERRORS: dict[str, str] = refusals(SOURCE)
_modules = load(SOURCE, __name__)

calibration: ModuleType = _modules["calibration"]
config: ModuleType = _modules["config"]
events: ModuleType = _modules["events"]
mai: ModuleType = _modules["mai"]
parameters: ModuleType = _modules["parameters"]
registry: ModuleType = _modules["registry"]
rewards: ModuleType = _modules["rewards"]
tasks: ModuleType = _modules["tasks"]

__all__ = ["ERRORS", "SOURCE", "calibration", "config", "events", "mai", "native", "parameters", "registry", "rewards", "tasks"]
