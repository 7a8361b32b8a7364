"""The tables of docs/explanation/sampling.md, each made from `bench.sampling_cases`."""

from __future__ import annotations

import itertools
from fractions import Fraction

from mai_zk.sampling.detection import Plan, detection, missed, simulate
from mai_zk.sampling.sizing import HIGH_VALUE, bond_for_cuts, boundaries, draws_exact, draws_for

from bench import sampling_cases as our

REWARD = 1_000_000  # bonds are shown as multiples of it
EVERYDAY_DRAWS = 64
PAIR_TRIALS = 500
COUNTS = (1, 10, 30, 100, 300, 1000, 3000, 10_000)


def percent(share: Fraction | float) -> str:
    """Three significant digits, four near certainty; never rounded up to it."""
    if share in (0, 1):
        return f"{int(share) * 100} %"
    if 1 - share < Fraction(1, 10_000):
        return "> 99.99 %"
    return f"{float(share) * 100:.{3 if share < Fraction(99, 100) else 4}g} %"


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table, figures to the right."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def share_proved(draws: int, tokens: int = our.TOKENS) -> Fraction:
    """The share of the inference work that a draw is expected to prove: every leaf is as likely as any other."""
    return Fraction(draws, len(our.smollm2(tokens).leaves))


def strategies() -> str:
    """What every strategy gains and how it is found."""
    graph, rows = our.smollm2(), []

    def found_by(plan: Plan, case: our.Case) -> str:
        hits = simulate(plan, graph, case.attempt.found, our.TRIALS, our.SEED)
        return f"{percent(detection(plan, case.where))} ({percent(Fraction(hits, our.TRIALS))})"

    for case in our.cases():
        found = case.attempt.found
        count = len(found.detecting)
        pairs = simulate(our.FEW, graph, found, PAIR_TRIALS, our.SEED, all_edges=False)
        rows.append(
            (
                case.name,
                percent(case.attempt.saved),
                "hold" if found.ends else "**fail**",
                f"{len(found.invalid):,}",
                f"{len(found.broken):,}",
                f"{count:,}",
                found_by(our.ONE, case),
                found_by(our.TWO, case),
                percent(detection(our.FEW, case.where)),
                percent(Fraction(pairs, PAIR_TRIALS)),
                f"{draws_exact(len(graph.leaves), count, our.LEVELS['1 %']):,}" if count else "–",
            )
        )
    return table(
        (
            "strategy",
            "work saved",
            "ends",
            "leaves without proof",
            "broken edges",
            "convicting leaves",
            f"found by {our.ONE.draws} of all leaves",
            f"found by {our.TWO.tokens} tokens × {our.TWO.per_token} leaves",
            f"found by {our.FEW.draws} leaves",
            f"by {our.FEW.draws}, if only pairs of drawn leaves were compared",
            "draws to miss ≤ 1 %",
        ),
        rows,
    )


def cuts() -> str:
    """The cheapest cuts and the draws that they ask for."""
    rows = []
    for situation, tokens in itertools.product(our.SITUATIONS, our.LENGTHS):
        graph, cut = our.smollm2(tokens), our.cheapest(situation, tokens)
        count, leaves = our.fewest(situation, tokens), len(graph.leaves)
        cells = [situation.name, f"{tokens}", f"{leaves:,}", f"{len(situation.always(graph))}"]
        cells += [f"{len(cut.convicting)}: {percent(Fraction(cut.saved, graph.total_work))}", f"{count}"]
        cells.append(f"{boundaries(leaves, count):,}")
        for epsilon in (our.LEVELS["1 %"], HIGH_VALUE):
            rule, exact = draws_for(boundaries(leaves, count), epsilon), draws_exact(leaves, count, epsilon)
            cells.append(f"{rule:,}" if rule < leaves else f"{rule:,} (all)")
            cells.append(f"{exact:,} ({percent(Fraction(exact, leaves))})")
        rows.append(tuple(cells))
    return table(
        (
            "what the miner has in the cache",
            "tokens",
            "leaves",
            "always checked",
            "cheapest cut: work saved",
            "fewest for half the work",
            "B",
            "q ≥ B·ln(1/ε), 1 %",
            "exact q (share proved), 1 %",
            "q ≥ B·ln(1/ε), 2⁻³²",
            "exact q (share proved), 2⁻³²",
        ),
        rows,
    )


def sizes() -> str:
    """Draws by the number of boundaries."""
    rows = [(f"{count:,}", *(f"{draws_for(count, epsilon):,}" for epsilon in our.LEVELS.values())) for count in COUNTS]
    return table(("boundaries B", *(f"q, ε = {level}" for level in our.LEVELS)), rows)


def classes() -> str:
    """The proposed rule for each class of task, on the reference run with the salt's first layer always checked."""
    graph, corners = our.smollm2(), our.corners(our.CHECKED)
    leaves, half, whole = len(graph.leaves), our.fewest(our.CHECKED), len(our.cheapest(our.CHECKED).convicting)
    plans = (
        ("small model, or a newcomer's first tasks", "all leaves proved", leaves),
        ("high value", "draws, ε = 2⁻³²", draws_exact(leaves, half, HIGH_VALUE)),
        ("standard", "draws, ε = 1 %", draws_exact(leaves, half, our.LEVELS["1 %"])),
        ("everyday", f"bond, {EVERYDAY_DRAWS} draws", EVERYDAY_DRAWS),
    )
    rows = []
    for name, rule, draws in plans:
        bonded = rule.startswith("bond")
        bond = f"{bond_for_cuts(corners, leaves, draws, REWARD) / REWARD:,.2f}" if bonded else "–"
        found = [percent(1 - missed(leaves, convicting, draws)) for convicting in (half, whole, 1)]
        rows.append(
            (
                name,
                rule,
                f"{draws:,}",
                percent(share_proved(draws)),
                bond,
                *found,
            )
        )
    head = ("task class", "sized by", "q", "share of the work proved", "bond, × reward")
    return table((*head, "half the work copied: found", "nearly all copied: found", "one middle lie: found"), rows)


def openings() -> str:
    """How many leaves are opened beside a drawn one."""
    graph, rows = our.smollm2(), []
    for kind in ("norm", "attention", "feed_forward", "join"):
        opened = [graph.opened(index) for index, leaf in enumerate(graph.leaves) if leaf.kind == kind]
        share = Fraction(len(opened), len(graph.leaves))
        rows.append((kind.replace("_", "-"), percent(share), f"{sum(opened) / len(opened):.1f}", f"{max(opened)}"))
    return table(("drawn leaf", "share of leaves", "leaves opened beside it, mean", "most"), rows)


TABLES = {"strategies": strategies, "openings": openings, "cuts": cuts, "sizes": sizes, "classes": classes}
