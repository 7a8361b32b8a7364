"""`mai metrics`: the network's figures for Prometheus, over HTTP on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from prometheus_client import generate_latest, start_http_server

from mai.chain import artifacts
from mai.cli.connect import Chain
from mai.cli.options import on_chain
from mai.cli.output import people
from mai.errors import MaiError
from mai.index.database import Database
from mai.index.metrics import NetworkCollector, registry_of

DEFAULT_PORT = 9464
HOME = "127.0.0.1"


@on_chain
def metrics(
    chain: Chain,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="where to serve; 0: any free port")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="the address to listen on")] = HOME,
    db: Annotated[Path | None, typer.Option(help="an index, for its lag and the counts of events")] = None,
    once: Annotated[bool, typer.Option("--once", help="print the figures and end")] = False,
) -> None:
    """Serve the network's figures to Prometheus at /metrics, until interrupted."""
    if db is not None and not db.is_file():
        raise MaiError(f"there is no index {db}: make it with `mai index --db {db}`")
    index = Database(db, artifacts.program("mai").address, shared=True) if db is not None else None
    registry = registry_of(NetworkCollector(chain.economy, index))
    if once:
        print(generate_latest(registry).decode(), end="")
        return
    try:
        server, thread = start_http_server(port, addr=host, registry=registry)
    except OSError as error:
        raise MaiError(f"nothing can listen on {host}:{port}: {error.strerror}") from error
    people.print(f"http://{host}:{server.server_port}/metrics", highlight=False)
    try:
        thread.join()
    finally:
        server.shutdown()
