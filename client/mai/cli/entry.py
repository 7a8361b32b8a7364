"""Where `mai` begins: some commands are up in a second because the other commands' libraries are left alone."""

from __future__ import annotations

import importlib
import sys

QUICK = ("localnet", "engine")
"""Commands that start a server, and do not wait for what they do not need."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in QUICK:
        from mai.cli.run import run

        command = importlib.import_module(f"mai.cli.{name}").app
        del sys.argv[1]
        run(lambda: command(prog_name=f"mai {name}"))
        return
    from mai.cli.main import main as everything

    everything()


if __name__ == "__main__":
    main()
