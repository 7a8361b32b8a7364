"""`python -m mai_build COMMAND`: the build without the `mai` command line; see programs/build/README.md."""

from __future__ import annotations

import argparse
import sys

from mai_build import pipeline
from mai_build.errors import BuildError
from mai_build.layout import PROGRAMS, Layout


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 1 with one message on standard error."""
    parser = argparse.ArgumentParser(prog="python -m mai_build", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    everything = commands.add_parser("all", help="build everything into programs/mai/src and programs/build/out")
    everything.add_argument("--check", action="store_true", help="write nothing; fail if a checked-in file differs")
    one = commands.add_parser("program", help="compile one program into programs/build/out")
    one.add_argument("name", choices=PROGRAMS)
    chosen = parser.parse_args(arguments)
    try:
        layout = Layout.here()
        if chosen.command == "program":
            print(pipeline.build_one(layout, chosen.name, report=_show))
        else:
            outcome = pipeline.build(layout, check=chosen.check, report=_show)
            print(*outcome.notes, *outcome.changed, sep="\n")
    except BuildError as error:
        _show(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
