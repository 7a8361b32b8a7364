"""CUDA devices as NVIDIA's driver lists them, asked in a process of its own: a broken driver can end it.

As a script it prints a JSON list; without a driver or a device, an object with the reason.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
from dataclasses import dataclass

SECONDS = 30
LIBRARY = "libcuda.so.1"
NO_DEVICE = 100  # CUDA_ERROR_NO_DEVICE


@dataclass(frozen=True)
class Device:
    """A GPU: its name, its memory in bytes, and the newest CUDA that its driver serves, such as 12.4."""

    name: str
    memory: int
    cuda: str


def devices() -> tuple[list[Device], str]:
    """The GPUs that can be seen, and why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mai_zk.cuda"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return [], "the NVIDIA driver does not answer"
    if isinstance(answer, dict):
        return [], str(answer["reason"])
    return [Device(**item) for item in answer], ""


def _look() -> list[dict[str, object]] | dict[str, str]:
    try:
        cuda = ctypes.CDLL(LIBRARY)
    except OSError:
        return {"reason": f"there is no NVIDIA driver ({LIBRARY} is missing)"}
    code = cuda.cuInit(0)
    if code == NO_DEVICE:
        return {"reason": "the NVIDIA driver sees no GPU"}
    if code:
        return {"reason": f"the NVIDIA driver cannot start (CUDA error {code})"}
    count, version = ctypes.c_int(), ctypes.c_int()
    cuda.cuDeviceGetCount(ctypes.byref(count))
    cuda.cuDriverGetVersion(ctypes.byref(version))
    found: list[dict[str, object]] = []
    for number in range(count.value):
        device, name, memory = ctypes.c_int(), ctypes.create_string_buffer(256), ctypes.c_size_t()
        cuda.cuDeviceGet(ctypes.byref(device), number)
        cuda.cuDeviceGetName(name, len(name), device)
        cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
        served = f"{version.value // 1000}.{version.value % 1000 // 10}"
        found.append({"name": name.value.decode(errors="replace"), "memory": memory.value, "cuda": served})
    return found or {"reason": "the NVIDIA driver sees no GPU"}


if __name__ == "__main__":
    print(json.dumps(_look()))
