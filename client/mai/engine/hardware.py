"""What this machine has for inference: processor, memory, and GPUs as their own vendors' tools report them."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

TOOL_SECONDS = 60
MIB = 2**20
_CPU = re.compile(r"^model name\s*:\s*(.+)$", re.M)
NVIDIA = ("nvidia-smi", "--format=csv,noheader,nounits")
ROCM = ("rocm-smi", "--json")


@dataclass(frozen=True)
class Gpu:
    """One GPU.

    Attributes:
        kind: CUDA, ROCm or Metal.
        memory_bytes: its own memory; on Metal the machine's.
        driver: the driver's version; empty where unknown.
    """

    kind: str
    name: str
    memory_bytes: int
    driver: str


@dataclass(frozen=True)
class Machine:
    """What was found.

    Attributes:
        cores, threads: of the processor.
        ram_bytes, free_bytes: memory, and what of it can be had without swapping.
        notes: what was looked for and not found, in words.
    """

    system: str
    cpu: str
    cores: int
    threads: int
    ram_bytes: int
    free_bytes: int
    gpus: tuple[Gpu, ...]
    notes: tuple[str, ...]


def detect() -> Machine:
    """This machine, now."""
    memory = psutil.virtual_memory()
    gpus, notes = list[Gpu](), list[str]()
    for look in (_nvidia, _rocm, _metal):
        found, note = look()
        gpus += found
        notes += [note] if note else []
    return Machine(
        system=f"{platform.system()} {platform.machine()}",
        cpu=_cpu(),
        cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
        threads=psutil.cpu_count() or 1,
        ram_bytes=memory.total,
        free_bytes=memory.available,
        gpus=tuple(gpus),
        notes=tuple(notes),
    )


def gpu_use(machine: Machine) -> int:
    """Mean use of the GPUs now, in permille; -1 where there is none that tells."""
    kinds = {gpu.kind for gpu in machine.gpus}
    if "CUDA" in kinds:
        found = _numbers(_run(*NVIDIA, "--query-gpu=utilization.gpu"))
    elif "ROCm" in kinds:
        cards = _json(_run(*ROCM, "--showuse"))
        found = _numbers("\n".join(str(card.get("GPU use (%)", "")) for card in cards.values()))
    else:
        return -1
    return round(10 * sum(found) / len(found)) if found else -1


def _cpu() -> str:
    try:
        named = _CPU.search(Path("/proc/cpuinfo").read_text())
    except OSError:
        named = None
    return named[1].strip() if named else platform.processor() or platform.machine()


def _nvidia() -> tuple[list[Gpu], str]:
    if shutil.which("nvidia-smi") is None:
        return [], "no CUDA GPU: nvidia-smi is not on PATH"
    text = _run(*NVIDIA, "--query-gpu=name,memory.total,driver_version")
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines()]
    found = [Gpu("CUDA", row[0], int(row[1]) * MIB, row[2]) for row in rows if len(row) == 3 and row[1].isdigit()]
    return found, "" if found else "no CUDA GPU: nvidia-smi lists none"


def _rocm() -> tuple[list[Gpu], str]:
    if shutil.which("rocm-smi") is None:
        return [], "no ROCm GPU: rocm-smi is not on PATH"
    cards = _json(_run(*ROCM, "--showproductname", "--showmeminfo", "vram", "--showdriverversion"))
    driver = str(cards.pop("system", {}).get("Driver version", ""))
    found = [
        Gpu("ROCm", str(card.get("Card Series") or card.get("Card series") or name), int(memory), driver)
        for name, card in cards.items()
        if (memory := str(card.get("VRAM Total Memory (B)", ""))).isdigit()
    ]
    return found, "" if found else "no ROCm GPU: rocm-smi lists none"


def _metal() -> tuple[list[Gpu], str]:
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return [], ""
    name = _run("sysctl", "-n", "machdep.cpu.brand_string").strip()
    return [Gpu("Metal", name, psutil.virtual_memory().total, "")], ""


def _run(*command: str) -> str:
    """A tool's output; empty where it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _json(text: str) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {key: value for key, value in found.items() if isinstance(value, dict)} if isinstance(found, dict) else {}


def _numbers(text: str) -> list[float]:
    return [float(line) for line in text.split() if line.replace(".", "", 1).isdigit()]
