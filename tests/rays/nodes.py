"""A Ray cluster of two nodes on this machine: processes of `ray start`, each with a name, a cache and little memory."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from localnet.servers import free_ports

START_SECONDS = 240
STORE_BYTES = 80 * 1024**2
TOKEN = secrets.token_hex(32)
"""Of every cluster of this process: Ray reads it once."""
RAY = Path(sys.executable).parent / "ray"


@dataclass
class Cluster:
    """Nodes by name, all on the loopback, behind a token."""

    folder: Path
    address: str
    environment: dict[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def begin(cls) -> Cluster:
        """Nothing runs yet."""
        folder = Path(tempfile.mkdtemp(prefix="mai-ray-", dir="/tmp"))  # Ray's sockets allow only short paths
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            "RAY_gcs_server_port_wait_time_s": str(START_SECONDS),
            "RAY_health_check_period_ms": "500",
            "RAY_health_check_failure_threshold": "3",
            # Its monitor counts page cache as memory in use, and repeats for ever what it ended for lack of memory.
            "RAY_memory_monitor_refresh_ms": "0",
        }
        return cls(folder, f"127.0.0.1:{free_ports(1)[0]}", environment)

    def start(self, name: str, *, cpus: int = 1, head: bool = False, **more: str) -> None:
        """Start a node and wait until it says that it runs. ``more``: what else is in its environment."""
        agent = free_ports(1)[0]  # Ray's own choice is the same for every node
        where = ["--head", "--port", self.address.rpartition(":")[2]] if head else ["--address", self.address]
        where += ["--dashboard-agent-listen-port", str(agent)]
        where += ["--min-worker-port", "0", "--max-worker-port", "0"]  # the nodes share this machine's ports
        sizes = ["--num-cpus", str(cpus), "--object-store-memory", str(STORE_BYTES), "--memory", str(2 * 1024**3)]
        quiet = ["--include-dashboard", "false"] if head else []
        command = [
            *(str(RAY), "start", "--block", *where, *sizes, *quiet, "--disable-usage-stats"),
            *("--node-ip-address", "127.0.0.1", "--node-name", name, "--labels", f"mai-test={name}"),
            *("--temp-dir", str(self.folder / "t")) * head,
        ]
        log = self.folder / f"{name}.log"
        deadline = time.monotonic() + START_SECONDS
        while not self._started(name, command, log, deadline, {"MAI_TEST_NODE": name, **more}):
            self.kill(name)

    def _started(self, name: str, command: list[str], log: Path, deadline: float, more: dict[str, str]) -> bool:
        """Whether the node runs; False where Ray itself was not patient enough with a busy machine, 30 s."""
        with log.open("wb") as stream:
            self.processes[name] = subprocess.Popen(
                command,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={**self.environment, **more},
                start_new_session=True,
            )
        while b"Ray runtime started" not in (said := log.read_bytes()):
            assert time.monotonic() < deadline, said.decode()[-3000:]
            if self.processes[name].poll() is not None:
                said = log.read_bytes()
                assert b"timed out during startup" in said, said.decode()[-3000:]
                return False
            time.sleep(0.1)
        return True

    def kill(self, name: str) -> None:
        """End a node as a power cut would."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End all nodes."""
        for name in reversed(list(self.processes)):
            self.kill(name)
        shutil.rmtree(self.folder, ignore_errors=True)
