"""The plots of docs/explanation/sampling.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from mai_zk.sampling.detection import OnePhase, Plan, TwoPhase, detection, missed, profile, simulate
from mai_zk.sampling.sizing import bond_for, draws_exact, draws_for
from mai_zk.sampling.strategies import skipped_leaves, skipped_tokens
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from bench import sampling_cases as our

STYLE = {"font.size": 10, "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False}
DRAWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
MARKS = "osv^D<>PX*"
PLAIN = FuncFormatter(lambda value, _: f"{value:,.0f}")


def by_draws() -> None:
    """Detection against q, every strategy, one-phase and two-phase draws."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.6), sharey=True)
    graph = our.smollm2()
    shown = [case for case in our.cases() if case.short not in ("honest", "bad boundary in shards", "bad ends")]
    for number, case in enumerate(shown):
        style = {"color": f"C{number}", "marker": MARKS[number], "markersize": 4, "label": case.short}
        style["linestyle"] = "--" if case.short == "one bad boundary" else "-"  # nearly the same as the checked cut's
        left.plot(DRAWS, [float(detection(OnePhase(draws), case.where)) for draws in DRAWS], **style)
        each = [draws // our.TWO.tokens for draws in DRAWS if 1 <= draws // our.TWO.tokens <= graph.leaves_per_position]
        plans = [TwoPhase(our.TWO.tokens, per_token) for per_token in each]
        right.plot([plan.draws for plan in plans], [float(detection(plan, case.where)) for plan in plans], **style)
    left.set_title(f"q of all {len(graph.leaves):,} leaves")
    right.set_title(f"{our.TWO.tokens} of {graph.positions} tokens, then q/{our.TWO.tokens} leaves of each")
    left.set_ylabel("probability that a draw convicts")
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter(PLAIN)
        axes.set_xlabel("q, leaves drawn")
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlim(1, DRAWS[-1])
        axes.set_ylim(-0.02, 1.02)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)


def by_skipped() -> None:
    """Detection against the fraction of skipped work: random leaves, and whole tokens."""
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8), sharey=True)
    graph = our.smollm2()
    leaves = len(graph.leaves)
    fractions = [round(2 ** (power / 4)) / leaves for power in range(54)]
    for number, draws in enumerate((16, 64, 256, 1024)):
        exact = [float(1 - missed(leaves, round(share * leaves), draws)) for share in fractions]
        left.plot(fractions, exact, color=f"C{number}", label=f"q = {draws:,}")
    for count in (4, 16, 64, 256, 1024, 4096):
        attempt = skipped_leaves(graph, our.PROMPT, Fraction(count, leaves), our.SEED)
        for number, draws in enumerate((16, 64, 256, 1024)):
            hits = simulate(OnePhase(draws), graph, attempt.found, our.TRIALS, our.SEED)
            left.plot(count / leaves, hits / our.TRIALS, "o", color=f"C{number}", markersize=4)
    left.plot([], [], "ko", markersize=4, label=f"simulated\n({our.TRIALS:,} draws)")
    left.set_xscale("log")
    left.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
    left.set_title("leaves skipped at random, one-phase draw")
    left.set_xlabel("share of leaves skipped")
    left.set_ylabel("probability that a draw convicts")
    counts = list(range(graph.positions - our.PROMPT_TOKENS + 1))
    plans: dict[str, Plan] = {"256 of all leaves": OnePhase(256), "16 of all leaves": OnePhase(16)}
    plans |= {f"{tokens} tokens × {256 // tokens} leaves": TwoPhase(tokens, 256 // tokens) for tokens in (16, 8, 2)}
    where = {
        count: profile(graph, skipped_tokens(graph, our.PROMPT, range(16, 16 + count)).found.detecting)
        for count in counts
    }
    for number, (name, plan) in enumerate(plans.items()):
        values = [float(detection(plan, where[count])) for count in counts]
        right.plot([count / graph.positions for count in counts], values, color=f"C{number}", marker=MARKS[number],
                   markersize=4, label=name)  # fmt: skip
    right.set_title("whole tokens skipped")
    right.set_xlabel("share of tokens skipped")
    right.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    for axes in (left, right):
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    left.legend(frameon=False, loc="upper left")
    right.legend(frameon=False, loc="lower right")


def sizes() -> None:
    """Draws and bonds against the number of boundaries."""
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    counts = [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000]
    for number, (level, epsilon) in enumerate(our.LEVELS.items()):
        left.plot(counts, [draws_for(count, epsilon) for count in counts], color=f"C{number}", marker=MARKS[number],
                  markersize=4, label=f"ε = {level}")  # fmt: skip
    left.set_title("draws: q ≥ B·ln(1/ε), rounded up")
    left.set_ylabel("q, leaves drawn")
    for number, draws in enumerate((16, 64, 256, 1024)):
        chance = [1 - (1 - Fraction(1, count)) ** draws for count in counts]
        bonds = [max(bond_for(10**9, p) / 10**9, 1e-4) for p in chance]
        right.plot(counts, bonds, color=f"C{number}", marker=MARKS[number], markersize=4, label=f"q = {draws:,}")
    right.set_title("bond: above 4·gain·(1 − p)/p, p = 1 − (1 − 1/B)^q")
    right.set_ylabel("bond, × gain")
    right.set_ylim(1e-3, 1e4)
    right.axhline(1, color="0.4", linewidth=1, linestyle="--")
    right.text(1.1, 1.25, "bond = gain", color="0.3", fontsize=9)
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.xaxis.set_major_formatter(PLAIN)
        axes.set_xlabel("B, boundaries (leaves per convicting leaf of the cheapest cut)")
        axes.legend(frameon=False, loc="upper left" if axes is left else "lower right")
    left.yaxis.set_major_formatter(PLAIN)
    right.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def cost() -> None:
    """The miner's cost against ε, and against the length of the run."""
    _, (left, right) = plt.subplots(1, 2, figsize=(11, 5))
    levels = [Fraction(1, 2**power) for power in range(1, 33)]

    def draw(axes: Axes, across: Sequence[float], share: Callable[[our.Situation, int], float]) -> None:
        for number, situation in enumerate(our.SITUATIONS):
            values = [share(situation, place) for place in range(len(across))]
            line = "--" if situation is our.CHECKED else "-"  # nearly the same as the first
            style = {"color": f"C{number}", "marker": MARKS[number], "markersize": 4, "label": situation.name}
            axes.plot(across, values, line, **style)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_ylim(0, 1.02)

    def needed(situation: our.Situation, tokens: int, epsilon: Fraction) -> float:
        leaves, count = len(our.smollm2(tokens).leaves), our.fewest(situation, tokens)
        return draws_exact(leaves, count, epsilon) / leaves

    draw(left, [float(level) for level in levels], lambda s, place: needed(s, our.TOKENS, levels[place]))
    left.set_xscale("log", base=2)
    left.invert_xaxis()
    left.set_title(f"{our.TOKENS} tokens, {len(our.smollm2().leaves):,} leaves")
    left.set_xlabel("ε, probability of missing a cut that saves half the work")
    left.set_ylabel("share of the inference work proved")
    draw(right, our.LENGTHS, lambda s, place: needed(s, our.LENGTHS[place], our.LEVELS["1 %"]))
    right.set_xticks(our.LENGTHS)
    right.set_title("ε = 1 %")
    right.set_xlabel("tokens of the run, half of them given")
    handles, labels = left.get_legend_handles_labels()
    left.figure.legend(handles, labels, loc="outside lower center", ncols=1, frameon=False)


PLOTS = {"detection-by-draws": by_draws, "detection-by-skipped-work": by_skipped, "sizes": sizes, "cost": cost}


def draw_all(folder: Path) -> None:
    """Write every plot as PNG, the same bytes every time with the same matplotlib."""
    mpl.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE | {"figure.constrained_layout.use": True}):
        for name, make in PLOTS.items():
            make()
            plt.savefig(folder / f"{name}.png", dpi=110, metadata={"Software": None})
            plt.close("all")
