"""`python -m bench.sampling`: simulate sampled verification; write docs/explanation/sampling.md's plots and tables."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from rich.console import Console

from bench.sampling_tables import TABLES

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "explanation" / "sampling.md"
MARKED = re.compile(r"(?<=<!-- table: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def filled(page: str, tables: dict[str, str]) -> str:
    """The page with each table put between its markers; SystemExit if page and tables do not name the same."""
    named = [match[1] for match in MARKED.finditer(page)]
    if sorted(named) != sorted(tables):
        raise SystemExit(f"The page marks the tables {named}; there are {list(tables)}.")
    return MARKED.sub(lambda match: f"{match[1]}{match[2]}\n{tables[match[1]]}\n\n", page)


def main() -> int:
    """Make the tables and, unless told otherwise, the plots; about a minute."""
    parser = argparse.ArgumentParser(prog="python -m bench.sampling", description=__doc__)
    parser.add_argument("--tables-only", action="store_true", help="leave the plots (and matplotlib) alone")
    arguments = parser.parse_args()
    console, tables = Console(stderr=True), {}
    for name, make in TABLES.items():
        with console.status(f"table: {name} ..."):
            tables[name] = make()
        console.print(f"[green]✓[/] table: {name}")
    PAGE.write_text(filled(PAGE.read_text(), tables))
    if not arguments.tables_only:
        from bench.sampling_plots import draw_all

        with console.status("plots ..."):
            draw_all(PAGE.parent / "plots")
        console.print("[green]✓[/] plots")
    console.print(f"wrote {PAGE.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
