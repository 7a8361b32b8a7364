"""The policy program's rules under CPython: the same files that Seahorse compiles, not a copy of them.

``mai.program.rewards``, ``parameters``, ``registry`` and so on are the program's modules, by the names of their files.
``mai.program.mai`` lists the instructions, which run on chain only; ``native`` stands for what is Rust there.
``ERRORS`` maps every refusal to its sentence.
"""

from __future__ import annotations

from types import ModuleType

from mai.program import native
from mai.program.loader import load, refusals, source_folder

SOURCE = source_folder()
ERRORS: dict[str, str] = refusals(SOURCE)
MODULES: dict[str, ModuleType] = load(SOURCE, __name__)

assignment: ModuleType = MODULES["assignment"]
calibration: ModuleType = MODULES["calibration"]
checks: ModuleType = MODULES["checks"]
config: ModuleType = MODULES["config"]
difficulty: ModuleType = MODULES["difficulty"]
emission: ModuleType = MODULES["emission"]
events: ModuleType = MODULES["events"]
governance: ModuleType = MODULES["governance"]
mai: ModuleType = MODULES["mai"]
muster: ModuleType = MODULES["muster"]
nfts: ModuleType = MODULES["nfts"]
parameters: ModuleType = MODULES["parameters"]
quality: ModuleType = MODULES["quality"]
registry: ModuleType = MODULES["registry"]
rewards: ModuleType = MODULES["rewards"]
slashing: ModuleType = MODULES["slashing"]
staking: ModuleType = MODULES["staking"]
tasks: ModuleType = MODULES["tasks"]

__all__ = [
    "ERRORS", "MODULES", "SOURCE", "assignment", "calibration", "checks", "config", "difficulty", "emission", "events",
    "governance", "mai", "muster", "native", "nfts", "parameters", "quality", "registry", "rewards", "slashing",
    "staking", "tasks",
]  # fmt: skip
