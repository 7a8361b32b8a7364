"""A real solana-test-validator, where one is at hand."""

import random
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from mai.chain.rpc import Rpc

START_SECONDS = 90
PORTS = 40
REPOSITORY = Path(__file__).resolve().parents[2]


def _binary() -> str | None:
    found = shutil.which("solana-test-validator")
    if found:
        return found
    beside = REPOSITORY.parent / "shared" / "bin" / "solana-test-validator"
    return str(beside) if beside.is_file() else None


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for item in sockets:
        item.bind(("127.0.0.1", 0))
    ports = [item.getsockname()[1] for item in sockets]
    for item in sockets:
        item.close()
    return ports


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rpc]:
    """A cluster with Solana's own validator behind it."""
    binary = _binary()
    if binary is None:
        pytest.skip("solana-test-validator is neither on PATH nor in ../shared/bin")
    ledger = tmp_path_factory.mktemp("ledger")
    rpc_port, faucet_port = _free_ports(2)
    if rpc_port == 65535:
        rpc_port -= 2
    # Another validator may run on this machine: every port is ours alone, as far as chance allows.
    base = random.randrange(20_000, 30_000)
    log = (ledger / "validator.log").open("wb")
    process = subprocess.Popen(
        [
            *(binary, "--reset", "--quiet", "--ledger", str(ledger / "ledger")),
            *("--rpc-port", str(rpc_port), "--faucet-port", str(faucet_port), "--bind-address", "127.0.0.1"),
            *("--gossip-port", str(base), "--dynamic-port-range", f"{base + 1}-{base + PORTS}"),
        ],
        stdout=log,
        stderr=log,
        cwd=ledger,
    )
    cluster = Rpc(f"http://127.0.0.1:{rpc_port}")
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _ready(cluster):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"solana-test-validator did not start: {(ledger / 'validator.log').read_text()[-2000:]}")
            time.sleep(0.5)
        yield cluster
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _ready(cluster: Rpc) -> bool:
    """Healthy, and past the first slots, in which airdrops still get lost."""
    try:
        return cluster.healthy() and cluster.slot() > 4
    except Exception:
        return False
