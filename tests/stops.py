"""Runs tests and stops a random one of their processes, again and again: as a busy machine does, only far longer.

    PYTHONPATH=tests python -m stops [--longest SECONDS] [--seed TEXT] PYTEST'S ARGUMENTS

Which process is stopped, when and how long follows from the seed; what it was doing then does not.
"""

from __future__ import annotations

import argparse
import random
import secrets
import subprocess
import sys
import time
from contextlib import suppress

import psutil

PAUSE_SECONDS = (0.5, 4.0)
"""Between the end of a stop and the next."""


def stop_one(parent: psutil.Process, draw: random.Random, longest: float) -> bool:
    """Stop the process or one that descends from it for a while; False if it had just ended."""
    try:
        living = [process for process in [parent, *parent.children(recursive=True)] if process.status() != "zombie"]
        stopped = draw.choice(living)
        stopped.suspend()
    except (psutil.Error, IndexError):
        return False
    try:
        time.sleep(draw.uniform(1, longest))
    finally:
        with suppress(psutil.Error):
            stopped.resume()
    return True


def main() -> int:
    """Pytest's exit status."""
    parser = argparse.ArgumentParser(prog="python -m stops", description=__doc__)
    parser.add_argument("--longest", type=float, default=10.0, help="seconds of the longest stop (default 10)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="any text (default: another each time)")
    options, arguments = parser.parse_known_args()
    draw, stops = random.Random(options.seed), 0
    running = subprocess.Popen([sys.executable, "-m", "pytest", "--hypothesis-profile", "ci", *arguments])
    while running.poll() is None:
        time.sleep(draw.uniform(*PAUSE_SECONDS))
        with suppress(psutil.NoSuchProcess):
            stops += stop_one(psutil.Process(running.pid), draw, options.longest)
    print(f"{stops} stops of up to {options.longest:g} s, seed {options.seed}")
    return running.returncode


if __name__ == "__main__":
    sys.exit(main())
