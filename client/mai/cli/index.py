"""`mai index`: every event of the network in a SQLite file, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from mai.chain import artifacts
from mai.chain.rpc import Rpc
from mai.cli.connect import Chain, show_facts
from mai.cli.format import count
from mai.cli.options import on_chain
from mai.cli.output import Output, print_json
from mai.cli.output import progress as progress_console
from mai.errors import MaiError
from mai.index.database import Database
from mai.index.indexer import Indexer
from mai.index.live import Wake
from mai.index.rpc import RpcChain


def open_indexer(chain: Chain, db: Path) -> Indexer:
    """An indexer of the network on a cluster, into a file."""
    cluster = chain.cluster
    if not isinstance(cluster, Rpc):
        raise MaiError(f"{chain.settings.url} has no history to index")
    program = artifacts.program("mai").address
    events = artifacts.interface("mai")
    return Indexer(RpcChain(cluster), Database(db, program), program, events)


@on_chain
def index(
    chain: Chain,
    db: Annotated[Path, typer.Option(help="the index's file; made where it is missing")],
    follow: Annotated[bool, typer.Option("--follow", help="go on with what comes, until interrupted")] = False,
) -> None:
    """Write every event of the network into a SQLite file; go on where the last run stopped."""
    indexer = open_indexer(chain, db)
    written = _fill(indexer)
    _report(indexer, written, chain.output)
    if not follow:
        return
    for _ in Wake(chain.settings.websocket, indexer.program).rounds():
        written = sum(1 for _ in indexer.advance())
        if written:
            _report(indexer, written, chain.output)


def _fill(indexer: Indexer) -> int:
    """Everything up to now, with a bar on a terminal."""
    columns = (TextColumn("transactions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=progress_console, transient=True, disable=not progress_console.is_terminal) as bar:
        shown = bar.add_task("", total=None)
        return sum(1 for _ in indexer.advance(lambda done, total: bar.update(shown, completed=done, total=total)))


def _report(indexer: Indexer, written: int, output: Output) -> None:
    database = indexer.database
    if output is Output.json:
        facts: dict[str, Any] = {"new": written, "transactions": database.transactions, "dropped": indexer.dropped}
        print_json({**facts, "newest_slot": database.newest_slot, "events": database.counts()})
        return
    rows = {
        "new": count(written, "event"),
        "transactions": f"{database.transactions:,}",
        "newest slot": f"{database.newest_slot:,}",
        **({"undone by forks": f"{indexer.dropped:,}"} if indexer.dropped else {}),
        **{name: f"{number:,}" for name, number in database.counts().items()},
    }
    show_facts(rows)
