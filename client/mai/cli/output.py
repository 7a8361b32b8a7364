"""What every command shares: addresses, where people's text goes, and the choice between tables and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table
from solders.pubkey import Pubkey

from mai.chain.progress import Progress
from mai.errors import MaiError


class Output(StrEnum):
    """For people or for programs."""

    table = "table"
    json = "json"


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="table for people, json for programs")]

people = Console()
progress = Console(stderr=True)


def print_json(value: dict[str, Any]) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(value))


def facts_table() -> Table:
    """An empty table of names and values; long values are folded."""
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def parse_address(text: str) -> Pubkey:
    """The address that somebody typed.

    Raises:
        MaiError: it is none.
    """
    try:
        return Pubkey.from_string(text)
    except ValueError as error:
        raise MaiError(f"{text} is not an address") from error


@contextmanager
def bar(what: str, output: Output) -> Iterator[Progress]:
    """A progress bar for people, on standard error."""
    with Bar(console=progress, transient=True, disable=output is Output.json) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=max(total, 1))
