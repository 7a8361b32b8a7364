"""What this machine has, as far as it can be read without asking anyone."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from mai_zk.field import keccak256

from mai.chain.network import Hardware
from mai.program import calibration

GIGABYTE = 10**9
MEGABYTE = 2**20
FALLBACK_MHZ = 1_000
_MHZ = re.compile(r"^cpu MHz\s*:\s*([\d.]+)", re.M)


def detect() -> Hardware:
    """This machine as a CPU device. Only what can be read is declared: clock rate and free disk; RAM speed cannot."""
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
