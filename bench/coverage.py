"""`python -m bench.coverage`: measure every circuit of tests/coverage/matrix.py, write docs/reference/coverage.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mai.chain.check import Checked
from mai.chain.route import Way
from rich.console import Console

from bench.compute import curve_floor
from tests.coverage.harness import Proved, prove
from tests.coverage.matrix import MATRIX, Entry
from tests.coverage.models import names

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs" / "reference" / "coverage.md"
COLUMNS = (
    "circuit",
    "k",
    "columns",
    "visibility of input, weights, output",
    "instances",
    "proof, bytes",
    "points",
    "evaluations",
    "phases",
    "key, bytes",
    "multiplications",
    "sealing, CU",
    "`check`, CU",
    "transactions: proof, key",
)
HEAD = """\
# Coverage: which EZKL 23 circuits the verifier takes

Made by `python -m bench.coverage` (`make coverage` runs the same circuits as tests); nothing here is typed by hand.
The circuits are `tests/coverage/matrix.py`. For every row: EZKL's own verify accepts the proof; the Solidity
verifier and the VKA give the same key program, byte for byte; the key is sealed and `check` accepts the proof on
the embedded chain; the same proof with one evaluation changed and with one instance
changed (one point negated, where there are no instances) is `ProofInvalid`.

- columns: EZKL's `num_inner_cols`. Visibility: see `mai_zk.segment.Visibility`. Points: of the whole proof, W and
  W′ included.
- phases: points and challenges of each transcript phase before the evaluations. Without lookups θ, β and γ are
  squeezed at once (three phases), with lookups there are four; Freivalds' check adds one in front. The last phase's
  points are the quotient's pieces.
- multiplications: on the curve, each 3,840 compute units. Keys and compute units are the same on every machine.
- transactions: that create, write and check the proof; that create, write and seal the key, once per circuit.
"""
LIMITS = """\
## Limits

- What does not fit one transaction (1,400,000 compute units, 256 KiB of heap) is verified by a session; its row says
  so, and its figure is the sum of all its transactions. Sealing is one transaction, up to 8,192 slots.
- The client picks the way by an upper bound of the compute units; for every row the bound held and was less than 1.67
  times the figure.
- Rows marked † have no usable VKA: EZKL 23.0.5's `create_evm_vka` either panics ("The bit counter for the pairing input
  computations exceeds 256 bits": many commitments opened at one point, as with many columns of tables) or writes a
  wrong length for the permutation's chunks (more columns than four words hold), which the key compiler refuses. The
  Solidity verifier has neither fault; the key comes from it.
- Not in the table: lookup tables over 32 columns and more at k = 9, because EZKL 23.0.5's own verify refused some of
  EZKL's honest proofs of them (5 of 11, "The constraint system is not satisfied"). Models of several inputs are in
  docs/reference/provable-models.md: a commitment point each.
"""


@dataclass(frozen=True)
class Row:
    """What one circuit showed."""

    proved: Proved
    checked: Checked

    def cells(self) -> list[str]:
        """The row's text, in the order of COLUMNS."""
        entry, key, sight = self.proved.entry, self.proved.key, self.proved.entry.visibility
        answer = self.checked
        session = ", a session" if answer.route.way is Way.SESSION else ""
        return [
            entry.name + (" †" if entry.no_vka else ""),
            str(entry.run_args.logrows),
            str(entry.run_args.num_inner_cols),
            f"{sight.input}, {sight.params}, {sight.output}",
            str(key.n_instances),
            f"{key.proof_size:,}",
            str(key.n_proof_points),
            str(key.n_evals),
            " ".join(f"{points}:{challenges}" for points, challenges in key.phases),
            f"{len(key.blob):,}",
            str(curve_floor(key)[1]),
            f"{answer.sealing:,}",
            f"{answer.compute_units:,}{session}",
            f"{answer.transactions}, {answer.key_transactions}",
        ]


def measure(entry: Entry, folder: Path) -> Row:
    """Prove and check one circuit in every way the page claims; SystemExit if anything differs from the table."""
    proved = prove(entry, folder)
    _demand(proved.native(proved.file), f"EZKL refuses its own proof of {entry.name}")
    if entry.no_vka is None:
        _demand(proved.vka_key.blob == proved.key.blob, f"{entry.name}: the VKA gives another key")
    checked = proved.check(proved.file)
    _demand(checked.reason is None, f"{entry.name}: {checked.reason}: {checked.detail}")
    _demand((checked.route.way is Way.SESSION) == entry.session, f"{entry.name}: {checked.route.sentence}")
    bound = checked.route.compute_units
    close = 0.6 * bound < checked.compute_units <= bound
    _demand(close, f"{entry.name}: {checked.compute_units} for a bound of {bound}")
    for what, proof in proved.mutations():
        reason = proved.check(proof).reason
        _demand(reason == "ProofInvalid", f"{entry.name}, {what} changed: {reason}")
    return Row(proved, checked)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def page(rows: list[Row]) -> str:
    """docs/reference/coverage.md."""
    table = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    table += [f"| {' | '.join(row.cells())} |" for row in rows]
    shown = ["| circuit | what it shows | input |", "|---|---|---|"]
    for row in rows:
        entry = row.proved.entry
        shown.append(f"| {entry.name} | {entry.shows} | {names(entry.shape)} |")
    return "\n".join([HEAD, "## Figures\n", *table, "\n## Circuits\n", *shown, f"\n{LIMITS}"])


def main() -> int:
    """Measure the named circuits, or all and write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench.coverage", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="measure only these and print their rows")
    chosen = parser.parse_args().names
    console, rows = Console(stderr=True), []
    with tempfile.TemporaryDirectory() as folder:
        for entry in MATRIX:
            if not chosen or entry.name in chosen:
                rows.append(measure(entry, Path(folder)))
                console.print(" | ".join(rows[-1].cells()), soft_wrap=True)
    if not chosen:
        PAGE.write_text(page(rows))
        console.print(f"wrote {PAGE.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
