"""Transfers on a localnet and on Solana's own validator, one after the other in one run: how many, how fast, how big.

`make soak` runs it for 15 minutes each (SECONDS=60 for less) and writes its part of BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from localnet.servers import Server, running, start_localnet, start_validator, validator_binary
from localnet.traffic import Api, pay, sign
from rich.console import Console
from solders.hash import Hash
from solders.keypair import Keypair
from solders.pubkey import Pubkey

PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS.md"
TITLE = "## Localnet"
SHORT_SECONDS, SOAK_SECONDS = 15, 900
SENDERS, RECEIVERS = 8, 256
LAMPORTS = 1_000_000
SAMPLE_SECONDS = 5
FUND_SOL = 100_000
MANY = 100


@dataclass
class Figures:
    """What one cluster did.

    Attributes:
        landed: transfers that the receivers' balances show.
        latencies: seconds from a request to its answer.
        memory: the process's resident megabytes, sampled.
        ledger_mb: what the folder grew by.
        cpu_seconds: the process's CPU time, all threads; other load on the machine strikes it least.
    """

    name: str
    seconds: float = 0
    answered: int = 0
    refused: int = 0
    landed: int = 0
    latencies: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    ledger_mb: float = 0
    cpu_seconds: float = 0


class Line:
    """One kept-alive connection; a whole HTTP client would cost as much as the server."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)

    async def open(self) -> None:
        """Connect."""
        host, port = self._address.hostname, self._address.port
        self._reader, self._writer = await asyncio.open_connection(host, port)

    async def ask(self, method: str, *params: object) -> dict[str, object]:
        """One request, one answer."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        fields = [line.partition(b":") for line in answer.lower().split(b"\r\n")]
        size = next(int(value) for name, _, value in fields if name == b"content-length")
        return dict(json.loads(await self._reader.readexactly(size)))


async def storm(server: Server, payers: list[Keypair], to: list[Pubkey], seconds: float, figures: Figures) -> None:
    """Transfers from every payer for so many seconds, each sent when the one before was answered."""
    until = time.monotonic() + seconds

    async def send(payer: Keypair) -> None:
        line, index = Line(server.url), 0
        await line.open()
        blockhash = None
        while time.monotonic() < until:
            if index % RECEIVERS == 0:  # the same payer, receiver and blockhash would be the same transaction
                known = blockhash
                while blockhash == known:
                    latest = await line.ask("getLatestBlockhash", {"commitment": "confirmed"})
                    blockhash = Hash.from_string(latest["result"]["value"]["blockhash"])  # type: ignore[index]
            transaction = sign([pay(payer, to[index % RECEIVERS], LAMPORTS)], [payer], blockhash or Hash.default())
            index += 1
            wire = base64.b64encode(bytes(transaction)).decode()
            started = time.perf_counter()
            options = {"encoding": "base64", "preflightCommitment": "confirmed"}
            answer = await line.ask("sendTransaction", wire, options)
            figures.latencies.append(time.perf_counter() - started)
            if "result" in answer:
                figures.answered += 1
            else:
                figures.refused += 1

    async def watch() -> None:
        while True:
            figures.memory.append(_resident_mb(server.process.pid))
            await asyncio.sleep(SAMPLE_SECONDS)

    watching = asyncio.create_task(watch())
    used = _cpu_seconds(server.process.pid)
    started = time.monotonic()
    await asyncio.gather(*(send(payer) for payer in payers))
    figures.seconds = time.monotonic() - started
    figures.cpu_seconds = _cpu_seconds(server.process.pid) - used
    watching.cancel()
    figures.memory.append(_resident_mb(server.process.pid))


def _resident_mb(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(name: str, server: Server, seconds: float) -> Figures:
    """One cluster's figures."""
    api, figures = Api(server.url), Figures(name)
    payers, to = [api.fund(FUND_SOL) for _ in range(SENDERS)], [Keypair().pubkey() for _ in range(RECEIVERS)]
    before = _size_mb(server.ledger)
    asyncio.run(storm(server, payers, to, seconds, figures))

    def landed() -> int:
        total = 0
        for start in range(0, len(to), MANY):
            addresses = [str(item) for item in to[start : start + MANY]]
            found = api.get("getMultipleAccounts", addresses, {"commitment": "confirmed"})["value"]
            total += sum(item["lamports"] for item in found if item)
        return total // LAMPORTS

    last = -1
    while (now := landed()) != last:  # what is under way lands within seconds
        last = now
        time.sleep(2)
    figures.landed = last
    figures.ledger_mb = _size_mb(server.ledger) - before
    return figures


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / 2**20


def compare(seconds: float) -> list[Figures]:
    """A localnet, then Solana's validator where one is at hand."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        with running(start_localnet(Path(folder) / "localnet", "--bare")) as server:
            found.append(measure("mai localnet", server, seconds))
        if validator_binary() is not None:
            (Path(folder) / "validator").mkdir()
            with running(start_validator(Path(folder) / "validator")) as server:
                found.append(measure("solana-test-validator", server, seconds))
    return found


def table(found: list[Figures]) -> str:
    """The figures as a Markdown table."""
    columns = ["", *(item.name for item in found)]
    rows = {
        "seconds of transfers": [f"{item.seconds:.0f}" for item in found],
        "transfers answered": [f"{item.answered:,}" for item in found],
        "refused": [f"{item.refused:,}" for item in found],
        "transfers that landed": [f"{item.landed:,}" for item in found],
        "**landed a second**": [f"**{item.landed / item.seconds:,.0f}**" for item in found],
        "the cluster's CPU, ms a transfer": [f"{item.cpu_seconds * 1000 / max(1, item.landed):.2f}" for item in found],
        "answer, median ms": [f"{statistics.median(item.latencies) * 1000:.1f}" for item in found],
        "answer, 99th percentile ms": [f"{_percentile(item.latencies):.1f}" for item in found],
        "memory at the start, MB": [f"{item.memory[0]:,.0f}" for item in found],
        "memory after a third, MB": [f"{item.memory[len(item.memory) // 3]:,.0f}" for item in found],
        "memory at the end, MB": [f"{item.memory[-1]:,.0f}" for item in found],
        "ledger's growth, bytes a transfer": [f"{item.ledger_mb * 2**20 / max(1, item.landed):,.0f}" for item in found],
    }
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items())])


def _percentile(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)] * 1000


def section(seconds: float = SHORT_SECONDS) -> str:
    """This part of BENCHMARKS.md."""
    return (
        f"{table(compare(seconds))}\n\n{SENDERS} senders, each sending a transfer of SOL when the one before was "
        f"answered, with a preflight, to {RECEIVERS} receivers; the clusters one after the other on one machine, whose "
        "cores the senders share. A localnet answers when the transfer is executed and in its ledger; the validator "
        "answers when the preflight has passed, executes later, and may drop what it answered."
    )


def write(text: str) -> None:
    """Put the section in its place in BENCHMARKS.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(f"{TITLE}\n")
    _, heading, after = rest.partition("\n## ") if found else ("", "", "")
    PAGE.write_text(f"{before.rstrip()}\n\n{TITLE}\n\n{text}\n{heading}{after}", encoding="utf-8")


def main() -> int:
    """Measure for as long as was asked, and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.localnet", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SOAK_SECONDS, help="of transfers, for each cluster")
    arguments = parser.parse_args()
    with Console(stderr=True).status(f"Transfers for {arguments.seconds:.0f} s on each cluster ..."):
        text = section(arguments.seconds)
    write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
