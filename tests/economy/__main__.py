"""``make attack-economy``: a hundred thousand random steps on the program and the model, with progress.

    python -m economy [--steps N] [--walk-steps N] [--seed TEXT]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from economy.arena import Discrepancy
from economy.invariants import INVARIANTS
from economy.machine import run, seeds_of, shrink


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m economy", description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000, help="steps in all")
    parser.add_argument("--walk-steps", type=int, default=1_000, help="steps of one walk")
    parser.add_argument("--seed", default="economy", help="another text walks other ways")
    asked = parser.parse_args()
    done: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    steps = walks = checks = compared = 0
    started = time.monotonic()
    while steps < asked.steps:
        name, count = f"{asked.seed} {walks}", min(asked.walk_steps, asked.steps - steps)
        seeds = seeds_of(name, count)
        try:
            walk = run(name, seeds)
        except Discrepancy:
            kept, why = shrink(name, seeds)
            print(f"\nwalk {name!r} fails, and still does with {len(kept)} of its steps: {kept}\n{why}")
            return 1
        steps, walks, checks = steps + count, walks + 1, checks + walk.checks
        compared += walk.arena.compared
        done += walk.arena.done
        refusals += walk.arena.refusals
        rate = steps / (time.monotonic() - started)
        print(f"\r{steps:,} steps, {rate:,.0f}/s, {sum(refusals.values()):,} refused", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{steps:,} steps in {walks} walks, {time.monotonic() - started:,.0f} s; {compared:,} values compared")
    print(f"invariants, each checked {checks:,} times on the chain's own accounts: " + "; ".join(INVARIANTS))
    for title, table in (("done", done), ("refused", refusals)):
        print(f"{title}: {sum(table.values()):,}")
        for what, count in table.most_common():
            print(f"  {count:>8,}  {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
