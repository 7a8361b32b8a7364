"""`python -m mai_zk.language.smol build`: circuits/smollm2/registered.bin again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mai_zk import cache
from mai_zk.errors import ZkError
from mai_zk.language.smol import registered
from mai_zk.language.smol.model import SmolLM2


def main(arguments: Sequence[str] | None = None) -> int:
    """Commit to all weights (minutes, once a machine) and write what is registered."""
    parser = argparse.ArgumentParser(prog="python -m mai_zk.language.smol")
    parser.add_subparsers(dest="command", required=True).add_parser("build", help="make what is registered again")
    parser.parse_args(arguments)
    try:
        made = registered.make(SmolLM2().weights, _show)
        cache.write_atomic(registered.path(), made.encoded())
    except ZkError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\r{registered.path()}: {len(made.params):,} shards")
    return 0


def _show(done: float) -> None:
    print(f"\rweights committed to: {done:.0%}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
