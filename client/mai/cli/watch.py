"""`mai watch`: the network's events as they happen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.text import Text

from mai.chain import artifacts
from mai.chain.rpc import Rpc
from mai.cli.connect import Chain
from mai.cli.format import brief, when
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, progress
from mai.errors import MaiError
from mai.index.database import plain
from mai.index.follow import Follower
from mai.index.indexer import News
from mai.index.live import Wake
from mai.index.rpc import RpcChain
from mai.money import format_mai
from mai.program.names import is_amount


@on_chain
def watch(
    chain: Chain,
    event: Annotated[list[str] | None, typer.Option(help="only events of this name (may be repeated)")] = None,
    miner: Annotated[str | None, typer.Option(help="only events that name this device")] = None,
    task: Annotated[str | None, typer.Option(help="only events that name this task")] = None,
    past: Annotated[int, typer.Option(min=0, max=1_000, help="show so many events of the past first")] = 0,
    most: Annotated[int | None, typer.Option("--count", min=1, help="end after so many events")] = None,
) -> None:
    """Show events as they happen, none missed and none twice; end with Ctrl-C."""
    wanted = [str(parse_address(text)) for text in (miner, task) if text is not None]
    cluster, program = chain.cluster, artifacts.program("mai").address
    if not isinstance(cluster, Rpc):
        raise MaiError(f"{chain.settings.url} has no history to follow")
    events = artifacts.interface("mai")
    unknown = set(event or ()) - events.event_kinds.keys()
    if unknown:
        known = ", ".join(sorted(events.event_kinds))
        raise MaiError(f"there is no event {', '.join(sorted(unknown))}: they are {known}")
    follower, wake = Follower(RpcChain(cluster), program, events), Wake(chain.settings.websocket, program)
    shown = 0
    try:
        for news in _chosen(_news(follower, wake, past), event, wanted):
            _show(news, chain.output)
            shown += 1
            if shown == most:
                return
    finally:
        wake.close()


def _news(follower: Follower, wake: Wake, past: int) -> Iterator[News]:
    """The last events of the past, then everything new."""
    said = ""
    yield from follower.start(past)
    for _ in wake.rounds():
        if wake.by != said:
            said = wake.by
            progress.print(f"following by {said}", style="dim")
        yield from follower.look()


def _chosen(news: Iterator[News], names: list[str] | None, addresses: list[str]) -> Iterator[News]:
    for item in news:
        if (not names or item.event.name in names) and all(
            address in map(str, item.event.data.values()) for address in addresses
        ):
            yield item


def _show(news: News, output: Output) -> None:
    transaction, event = news.transaction, news.event
    if output is Output.json:
        said = {"event": event.name, "slot": transaction.slot, "time": transaction.time, "index": event.index}
        print(json.dumps({**said, "signature": transaction.signature, "data": plain(event.data)}), flush=True)
        return
    words = ", ".join(
        f"{name.replace('_', ' ')} {format_mai(value) + ' MAI' if is_amount(name, value) else brief(str(value))}"
        for name, value in plain(event.data).items()
    )
    people.print(Text(f"{when(transaction.time)}  ", style="dim") + Text(event.name, style="bold") + Text(f"  {words}"))
