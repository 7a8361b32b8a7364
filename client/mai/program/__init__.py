"""The policy program's rules under CPython: the same files that Seahorse compiles, not a copy of them.

``mai.program.rewards``, ``difficulty``, ``parameters`` and so on are the program's modules of the same names.
``mai.program.mai`` lists the instructions, which run on chain only. ``ERRORS`` maps every refusal to its sentence.
"""

from __future__ import annotations

from types import ModuleType

from mai.program.loader import load, refusals, source_folder

SOURCE = source_folder()
ERRORS: dict[str, str] = refusals(SOURCE)
_modules = load(SOURCE, __name__)

assignment: ModuleType = _modules["assignment"]
calibration: ModuleType = _modules["calibration"]
config: ModuleType = _modules["config"]
difficulty: ModuleType = _modules["difficulty"]
emission: ModuleType = _modules["emission"]
events: ModuleType = _modules["events"]
mai: ModuleType = _modules["mai"]
parameters: ModuleType = _modules["parameters"]
quality: ModuleType = _modules["quality"]
registry: ModuleType = _modules["registry"]
rewards: ModuleType = _modules["rewards"]
tasks: ModuleType = _modules["tasks"]

__all__ = [
    "ERRORS", "SOURCE", "assignment", "calibration", "config", "difficulty", "emission", "events", "mai",
    "parameters", "quality", "registry", "rewards", "tasks",
]  # fmt: skip
