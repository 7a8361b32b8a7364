"""What a measurement holds for: this hardware, these drivers, this backend. Another fingerprint, another benchmark."""

from __future__ import annotations

import hashlib
import json
import platform
from typing import Any

from mai.engine.hardware import Machine

GIB = 2**30
Facts = dict[str, Any]


def facts(machine: Machine, backends: str) -> Facts:
    """What is measured on.

    Args:
        backends: those that are installed, with their versions.
    """
    return {
        "cpu": machine.cpu,
        "cores": machine.cores,
        "threads": machine.threads,
        "ram_gib": round(machine.ram_bytes / GIB),
        "gpus": [[gpu.kind, gpu.name, gpu.memory_bytes, gpu.driver] for gpu in machine.gpus],
        "system": machine.system,
        "release": ".".join(platform.release().split(".")[:2]),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "backends": backends,
    }


def fingerprint(found: Facts) -> str:
    """The facts' SHA-256 in hexadecimal; it is the same until one of them changes."""
    canonical = json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(b"MAI benchmark v1" + canonical.encode()).hexdigest()
