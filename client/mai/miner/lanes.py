"""What there is to work on: the CPU, or each GPU."""

from __future__ import annotations

import re
import shutil
import subprocess

from mai.miner.provers import CPU

_GPU = re.compile(r"^GPU (\d+):", re.M)
TIMEOUT_S = 60


def lanes() -> tuple[str, ...]:
    """`gpu0`, `gpu1`, ... where NVIDIA's tool sees any, else `cpu`."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return (CPU,)
    try:
        said = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return (CPU,)
    return tuple(f"gpu{number}" for number in _GPU.findall(said)) or (CPU,)
