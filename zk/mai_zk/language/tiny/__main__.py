"""`python -m mai_zk.language.tiny build`: keys, figures and registered digests again, after training."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mai_zk import cache, circuits
from mai_zk.errors import ZkError
from mai_zk.language.tiny import committed, shape
from mai_zk.language.tiny.weights import FOLDER


def main(arguments: Sequence[str] | None = None) -> int:
    """Build every segment's circuit, then digests.bin."""
    parser = argparse.ArgumentParser(prog="python -m mai_zk.language.tiny")
    parser.add_subparsers(dest="command", required=True).add_parser("build", help="make keys and digests again")
    parser.parse_args(arguments)
    try:
        for name in shape.SEGMENTS:
            print(f"{name}: {circuits.build_circuit(name).figures}", flush=True)
        cache.write_atomic(circuits.circuits_dir() / FOLDER / "digests.bin", b"".join(committed.registered()))
    except ZkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
