"""Clusters in processes of their own: MAI's localnet, and Solana's validator where one is at hand."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mai.chain.rpc import Rpc

START_SECONDS = 300
PORTS = 40
FIRST_PORT, WORKER_PORTS = 20_000, 3_000
"""Below what the system gives to outgoing connections; each process of the tests has a range of its own."""
LEDGER_SHREDS = 10**9
"""More than any test writes: the validator's default of 10,000 forgets what is two minutes old."""
REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "mai.cli.entry", "localnet"]
MISSING = "solana-test-validator is neither on PATH nor in ../shared/bin"


@dataclass
class Server:
    """A running cluster.

    Attributes:
        url, websocket: where it answers.
        ledger: its folder.
    """

    process: subprocess.Popen[bytes]
    url: str
    websocket: str
    ledger: Path

    def rpc(self) -> Rpc:
        """MAI's own client of it."""
        return Rpc(self.url)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


def validator_binary() -> str | None:
    """Solana's validator: on PATH, or where the project keeps what is shared."""
    found = shutil.which("solana-test-validator")
    places = (REPOSITORY.parent, REPOSITORY.parent.parent)
    beside = [place / "shared" / "bin" / "solana-test-validator" for place in places]
    return found or next((str(path) for path in beside if path.is_file()), None)


def free_ports(count: int) -> list[int]:
    """Ports in a row that nobody uses now."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    low = FIRST_PORT + worker * WORKER_PORTS
    while True:
        first = random.randrange(low, low + WORKER_PORTS - count)
        try:
            for port in range(first, first + count):
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                    with socket.socket(type=kind) as item:
                        item.bind(("127.0.0.1", port))
            return list(range(first, first + count))
        except OSError:
            continue


# The folders of the localnets that were started, by RPC address.
LEDGERS: dict[str, Path] = {}


def start_localnet(ledger: Path, *options: str) -> Server:
    """Start `mai localnet` on ports that it chooses, and wait until it says where it is."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    log = ledger.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [*COMMAND, "--ledger", str(ledger), "--rpc-port", "0", "--output", "json", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"mai localnet did not start: {log.read_text()[-2000:]}")
    facts = json.loads(line)
    LEDGERS[facts["rpc_url"]] = ledger
    return Server(process, facts["rpc_url"], facts["websocket_url"], ledger)


def start_validator(folder: Path, *options: str) -> Server:
    """Start Solana's validator and wait until airdrops no longer get lost."""
    binary = validator_binary()
    if binary is None:
        pytest.skip(MISSING)
    # Another validator may run on this machine: every port is ours alone, as far as chance allows.
    rpc_port, _, faucet_port, base, *_ = free_ports(4 + PORTS)
    log = (folder / "validator.log").open("wb")
    process = subprocess.Popen(
        [
            *(binary, "--reset", "--quiet", "--ledger", str(folder / "ledger")),
            *("--rpc-port", str(rpc_port), "--faucet-port", str(faucet_port), "--bind-address", "127.0.0.1"),
            *("--gossip-port", str(base), "--dynamic-port-range", f"{base + 1}-{base + PORTS}"),
            *("--limit-ledger-size", str(LEDGER_SHREDS)),
            *options,
        ],
        stdout=log,
        stderr=log,
        cwd=folder,
    )
    server = Server(process, f"http://127.0.0.1:{rpc_port}", f"ws://127.0.0.1:{rpc_port + 1}", folder / "ledger")
    deadline = time.monotonic() + START_SECONDS
    while not _ready(server.rpc()):
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"solana-test-validator did not start: {(folder / 'validator.log').read_text()[-2000:]}")
        time.sleep(0.5)
    return server


def _ready(cluster: Rpc) -> bool:
    """Healthy, and past the first slots, in which airdrops still get lost."""
    try:
        return cluster.healthy() and cluster.slot() > 4
    except Exception:
        return False


@contextmanager
def running(server: Server) -> Iterator[Server]:
    """Stops the server in the end."""
    try:
        yield server
    finally:
        server.stop()
