"""How fast an audit is, and how much memory it takes: ``python -m bench.audit [TASKS]``.

The history is made while it is read (bench/history.py); the time of making it is measured alone and taken off. Times
are the processor's, not the clock's, so that other work on the machine does not count.
"""

from __future__ import annotations

import resource
import sys
import time

from mai.audit.replay import Audit
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.history import Made


class Timed(Made):
    """A history that knows how long it took to make."""

    seconds = 0.0

    def _history(self):  # type: ignore[no-untyped-def]
        made = super()._history()
        while True:
            started = time.process_time()
            found = next(made, None)
            self.seconds += time.process_time() - started
            if found is None:
                return
            yield found


def main(tasks: int) -> int:
    """Make, audit, print."""
    source = Timed(tasks)
    audit = Audit(source, skip=("proofs", "challenges"))
    started = time.process_time()
    columns = (TextColumn("transactions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, disable=not sys.stderr.isatty()) as shown:
        bar = shown.add_task("")
        verdict = audit.run(lambda done, total: shown.update(bar, completed=done, total=total))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    own = time.process_time() - started - source.seconds
    print(
        f"{tasks:,} tasks, {verdict.figures['transactions']:,} transactions: audited in {own:,.0f} s of one core "
        f"({tasks / own:,.0f} tasks/s; making the history took {source.seconds:,.0f} s), peak {peak:,.0f} MB with the "
        f"history's own state; {verdict.lies} lies, {verdict.figures['works paid']:,} works paid"
    )
    for result in verdict.results:
        for finding in result.findings[:3]:
            print("  ", finding.sentence)
    return 1 if verdict.lies else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
