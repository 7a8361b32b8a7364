"""`mai program`: how the programs become shared objects."""

from __future__ import annotations

import typer

app = typer.Typer(help="Build the on-chain programs.", no_args_is_help=True)
