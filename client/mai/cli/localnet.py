"""`mai localnet`: Solana's virtual machine behind Solana's API in one process, with a ledger that survives."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.text import Text
from solders.pubkey import Pubkey

from mai.cli.output import Output, OutputOption, facts_table, parse_address, people, print_json, progress
from mai.errors import MaiError
from mai.localnet.bank import CONFIRMED, FINALIZED, PROCESSED, Bank
from mai.localnet.genesis import PROGRAMS, endow
from mai.localnet.ledger import Ledger
from mai.localnet.node import API_VERSION, Node
from mai.localnet.server import listen_in_a_row, serve
from mai.wallet.files import DEFAULT_KEYPAIR, read_keypair

app = typer.Typer(help="A Solana of one's own: the virtual machine behind Solana's API, in one process.")

DEFAULT_LEDGER = Path("mai-ledger")
MAX_PORT = 65_534
MAX_SLOT_MS = 3_600_000
"""An hour, in which time stands still but for warps."""
LINE_SECONDS = 0.25


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    ledger: Annotated[
        Path, typer.Option(help="the folder that keeps accounts, transactions and blocks")
    ] = DEFAULT_LEDGER,
    reset: Annotated[bool, typer.Option("--reset", "-r", help="forget what the ledger holds and start anew")] = False,
    bare: Annotated[bool, typer.Option("--bare", help="start without MAI's programs")] = False,
    wallet: Annotated[
        str | None, typer.Option(help="who gets 500,000,000 SOL and may replace MAI's programs; default: your keypair")
    ] = None,
    bind_address: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    rpc_port: Annotated[
        int, typer.Option(min=0, max=MAX_PORT, help="the RPC port; WebSocket is on the next; 0: any two that are free")
    ] = 8899,
    slot_ms: Annotated[int, typer.Option(min=10, max=MAX_SLOT_MS, help="milliseconds a slot")] = 400,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no status line")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Start a localnet, and go on until interrupted."""
    if context.invoked_subcommand is not None:
        return
    started = time.monotonic()
    owner = _wallet(wallet)
    sockets = listen_in_a_row(bind_address, rpc_port)
    rpc_port = int(sockets[0].getsockname()[1])
    with progress.status(f"Reading {ledger} ..."):
        kept = Ledger.open_to_write(ledger, reset=reset)
        bank = Bank(kept, genesis=lambda made: endow(made, wallet=owner, programs=() if bare else PROGRAMS))
    node = Node(bank, rpc_address=f"{bind_address}:{rpc_port}", slot_seconds=slot_ms / 1000)
    facts = _facts(node, bind_address, rpc_port)

    async def everything() -> None:
        line = progress.status("")
        node.on_slot.append(lambda parent, slot: line.update(_line(node, started)))

        def ready() -> None:
            if output is Output.json:
                print_json({**facts, "start_seconds": round(time.monotonic() - started, 3)})
                sys.stdout.flush()
                return
            _show({name.replace("_", " "): str(value) for name, value in facts.items()})
            if not quiet:
                line.start()

        try:
            await serve(node, *sockets, host=bind_address, ready=ready)
        finally:
            line.stop()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(everything())
    finally:
        kept.close()


def _wallet(named: str | None) -> Pubkey | None:
    if named is not None:
        path = Path(named)
        return read_keypair(path).pubkey() if path.exists() else parse_address(named)
    return read_keypair(DEFAULT_KEYPAIR).pubkey() if DEFAULT_KEYPAIR.exists() else None


def _facts(node: Node, host: str, port: int) -> dict[str, Any]:
    shown = f"[{host}]" if ":" in host else host
    return {
        "ledger": str(node.bank.ledger.folder),
        "identity": str(node.bank.identity),
        "genesis_hash": str(node.bank.genesis_hash),
        "version": API_VERSION,
        "rpc_url": f"http://{shown}:{port}",
        "websocket_url": f"ws://{shown}:{port + 1}",
    }


def _show(facts: dict[str, str]) -> None:
    table = facts_table()
    for name, value in facts.items():
        table.add_row(name, Text(value))
    people.print(table)


def _line(node: Node, started: float) -> str:
    passed = int(time.monotonic() - started)
    clock = f"{passed // 3600:02}:{passed // 60 % 60:02}:{passed % 60:02}"
    slots = " | ".join(f"{level} slot {node.bank.level_slot(level):,}" for level in (PROCESSED, CONFIRMED, FINALIZED))
    return f"{clock} | {slots} | transactions {node.bank.transaction_count:,}"


@app.command()
def warp(
    seconds: Annotated[int | None, typer.Option(min=1, help="let so many seconds pass")] = None,
    slots: Annotated[int | None, typer.Option(min=1, help="let so many slots pass")] = None,
    to: Annotated[int | None, typer.Option(min=1, help="until this time, in seconds since 1970")] = None,
    url: Annotated[str, typer.Option("--url", "-u", envvar="MAI_URL", help="the localnet's address")] = "localhost",
    output: OutputOption = Output.table,
) -> None:
    """Let time pass at once, on a running localnet."""
    options = {name: value for name, value in (("seconds", seconds), ("slots", slots), ("to", to)) if value is not None}
    if len(options) != 1:
        raise MaiError("say how far: one of --seconds, --slots and --to")
    found = _ask(url, "mai_warp", [options])
    if output is Output.json:
        print_json({"slot": found["slot"], "unix_time": found["unixTimestamp"]})
        return
    _show({"slot": f"{found['slot']:,}", "unix time": f"{found['unixTimestamp']}"})


def _ask(url: str, method: str, params: list[Any]) -> Any:
    import httpx  # these two are half of the time that a localnet takes to start

    from mai.chain.monikers import address_of

    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    try:
        answer = httpx.post(address_of(url), json=request, timeout=30).json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise MaiError(f"no localnet answers at {url}: start one with `mai localnet`") from error
    if not isinstance(answer, dict) or "error" in answer:
        message = answer.get("error", {}).get("message", "no answer") if isinstance(answer, dict) else "no answer"
        raise MaiError("this cluster's time cannot be moved" if message == "Method not found" else str(message))
    return answer["result"]
