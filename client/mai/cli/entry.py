"""Where `mai` begins: `mai localnet` is up in a second because the other commands' libraries are left alone."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    if sys.argv[1:2] == ["localnet"]:
        from mai.cli.localnet import app
        from mai.cli.run import run

        del sys.argv[1]
        run(lambda: app(prog_name="mai localnet"))
        return
    from mai.cli.main import main as everything

    everything()


if __name__ == "__main__":
    main()
