"""The table of choices: shards that a layer can be cut into, each set up, proved and checked on chain now.

`python -m bench.shards` writes it into docs/reference/shards.md; `section()` is its part of BENCHMARKS.md.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mai.chain.cost import check_units
from mai_zk import shardplan
from mai_zk.prover import make_prover
from mai_zk.shardplan import Figures, Plan, Targets
from rich.console import Console

LAYERS = ((576, 576), (576, 1536))
"""SmolLM2-135M's attention projections and its feed-forward's first half."""
LOGROWS = 16
LEAST_LOGROWS = 11
"""Below this a layer takes hundreds of shards more than anybody would prove."""

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "shards.md"
START, END = "<!-- figures: python -m bench.shards -->", "<!-- end of figures -->"
COLUMNS = (
    "shard",
    "cut",
    "shards",
    "k",
    "rows",
    "rows used",
    "proof, bytes",
    "prove, s",
    "CPU s",
    "setup, s",
    "peak MB",
    "CU",
)


@dataclass(frozen=True)
class Choice:
    """A candidate with its measured figures, and whether it is the one chosen for its layer."""

    plan: Plan
    figures: Figures
    chosen: bool


def measure(d_in: int, d_out: int, measured: dict[str, Figures]) -> list[Choice]:
    """Every candidate for one layer from LEAST_LOGROWS on; `measured` keeps figures of shapes that repeat."""
    prover = make_prover()
    plans = [plan for plan in shardplan.candidates(d_in, d_out, LOGROWS) if plan.shape.logrows >= LEAST_LOGROWS]
    for plan in plans:
        if plan.shape.name not in measured:
            measured[plan.shape.name] = shardplan.measure(plan.shape, prover, check_units)
    found = [(plan, measured[plan.shape.name]) for plan in plans]
    chosen = shardplan.choose(found, Targets())
    return [Choice(plan, figures, plan == chosen) for plan, figures in found]


def table(choices: list[Choice]) -> str:
    """One layer's choices as a Markdown table, the chosen one in bold."""
    rows = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for choice in choices:
        plan, figures = choice.plan, choice.figures
        name = f"**{plan.shape.name}**" if choice.chosen else plan.shape.name
        used = plan.shape.rows / (1 << plan.shape.logrows)
        shape, cpu = plan.shape, figures.prove_cpu_seconds or 0.0
        cells = [name, plan.cut, f"{plan.shards:,}", f"{shape.logrows}", f"{shape.rows:,}", f"{used:.0%}"]
        cells += [f"{figures.proof_bytes:,}", f"{figures.prove_seconds:.2f}", f"{cpu:.2f}"]
        cells += [f"{figures.setup_seconds:.2f}", f"{figures.peak_mb:,}", f"{figures.compute_units:,}"]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def section() -> str:
    """Both layers' tables."""
    measured: dict[str, Figures] = {}
    parts = [f"{d_in}×{d_out}:\n\n{table(measure(d_in, d_out, measured))}" for d_in, d_out in LAYERS]
    return "\n\n".join(
        [
            *parts,
            f"One proof a row, on {os.cpu_count()} cores; in bold the choice without other targets than k ≤ {LOGROWS}. "
            "Compute units and bytes are exact. Seconds are those of this run; other load on the machine strikes "
            "CPU seconds (proving, all threads) least; setup is once a shape. "
            "See docs/reference/shards.md.",
        ]
    )


def main() -> int:
    """Write the section between the page's marks."""
    _split(PAGE.read_text(encoding="utf-8"))
    with Console(stderr=True).status("Proving one shard of every shape ..."):
        text = section()
    before, after = _split(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(f"{before}{START}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


def _split(text: str) -> tuple[str, str]:
    """The page before and after its figures."""
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise SystemExit(f"{PAGE} has lost its marks; restore them.")
    return before, after


if __name__ == "__main__":
    sys.exit(main())
