"""What this machine has, as far as it can be read without asking anyone."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
from pathlib import Path

from mai_zk.field import keccak256

from mai.chain.network import GPU_MODEL_BYTES, Hardware
from mai.engine.models import benchmark
from mai.engine.models.benchmark import Result
from mai.program import calibration

GIGABYTE = 10**9
MEGABYTE = 2**20
FALLBACK_MHZ = 1_000
_MHZ = re.compile(r"^cpu MHz\s*:\s*([\d.]+)", re.M)


GPU_CLASSES = (
    (re.compile(r"RTX A\d|RTX PRO|Quadro|RTX \d+ Ada|Radeon Pro"), calibration.DEVICE_GPU_WORKSTATION),
    (re.compile(r"\b([ABHV][123]00|GH200|A30|A40|L4|L40S?|MI\d{3}\w?)\b"), calibration.DEVICE_GPU_SERVER),
    (re.compile(r"RTX (3090|4080|4090|5080|5090)|RX 7900"), calibration.DEVICE_GPU_HIGH_END),
)
"""Device classes by GPU names; any other GPU is a consumer's. An attested class is never guessed."""
BYTES_A_TRANSFER = 8


def detect() -> Hardware:
    """This machine: what can be read of it, and what `mai model bench` measured here, if that still holds."""
    return with_measured(_read(), benchmark.latest())


def with_measured(base: Hardware, result: Result | None) -> Hardware:
    """``base`` with what was measured: RAM speed, and the GPU if it is what ran the model.

    RAM speed is the clock of one 64-bit channel that moves as many bytes a second as were copied. A GPU's hash rate is
    not measured: it is declared by --gpu-mhs alone.
    """
    if result is None:
        return base
    found = dataclasses.replace(base, ram_mhz=round(result.copy / BYTES_A_TRANSFER / 10**6))
    if result.on_gpu and result.gpus:
        _, name, memory, _ = max(result.gpus, key=lambda gpu: gpu[2])
        model = name.encode()[:GPU_MODEL_BYTES].decode(errors="ignore")
        found = dataclasses.replace(found, device_class=gpu_class(name), gpu_model=model, vram_mb=memory // MEGABYTE)
    cap = calibration.CALIBRATION_FIELDS * found.device_class + calibration.CAP_RAM_MHZ
    return dataclasses.replace(found, ram_mhz=min(found.ram_mhz, int(calibration.default_calibration(cap))))


def gpu_class(name: str) -> int:
    """The device class of a GPU by its name."""
    found = next((number for pattern, number in GPU_CLASSES if pattern.search(name)), calibration.DEVICE_GPU_CONSUMER)
    return int(found)


def _read() -> Hardware:
    """This machine as a CPU device, with what can be read without measuring: clock rate and free disk."""
    free = shutil.disk_usage(Path.home()).free // GIGABYTE
    return Hardware(
        device_class=int(calibration.DEVICE_CPU),
        cpu_mhz=min(_cpu_mhz(), _default_cap(calibration.CAP_CPU_MHZ)),
        storage_gb=min(free, _default_cap(calibration.CAP_STORAGE_GB)),
        cores=os.cpu_count() or 1,
        ram_mb=_ram_mb(),
    )


def _default_cap(field: int) -> int:
    """The most that counts of a resource of a CPU device, as long as the DAO has not moved it."""
    entry = calibration.CALIBRATION_FIELDS * calibration.DEVICE_CPU + field
    return int(calibration.default_calibration(entry))


def _ram_mb() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
    except (OSError, ValueError):
        return 0


def _cpu_mhz() -> int:
    try:
        kilohertz = int(Path("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq").read_text())
        return kilohertz // 1_000
    except (OSError, ValueError):
        pass
    try:
        found = _MHZ.findall(Path("/proc/cpuinfo").read_text())
    except OSError:
        found = []
    return round(max(map(float, found))) if found else FALLBACK_MHZ


def device_name(owner: bytes) -> bytes:
    """A 32-byte name for this machine under ``owner``: stable, and not linkable between owners."""
    try:
        machine = Path("/etc/machine-id").read_bytes().strip()
    except OSError:
        machine = os.uname().nodename.encode()
    return keccak256(b"MAI device v1" + owner + machine)
