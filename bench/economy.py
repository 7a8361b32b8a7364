"""`python -m bench.economy`: simulate the economy; write docs/explanation/economy.md's tables and plots."""

from __future__ import annotations

import sys
from functools import cache

from mai.cli.simulate import amount, rate
from mai.program import parameters
from mai.program.names import TASK_CLASSES
from mai.simulate import report, rules
from mai.simulate.assumptions import BASE, CLASSES, SCENARIOS
from mai.simulate.economy import Economy, simulate
from mai.simulate.files import write_all
from mai.simulate.strategies import slash_of
from rich.console import Console

from bench.sampling import REPOSITORY, filled

PAGE = REPOSITORY / "docs" / "explanation" / "economy.md"
PLOTS = PAGE.parent / "plots"
YEARS, SEED = 10, 1
SHOWN = ("mobile", "CPU", "GPU consumer", "GPU confidential")
HOURS = YEARS * 365 * 24
LAMPORTS_PER_SOL = 10**9
_CAPS = "calibration: the class's caps; the machine's own time"
_COPIES = "bonds; stake for works in flight; the machine's own time"
# By variant: why it does not pay without end.
PRICES = {
    "50% of the GPU, declares all of it, by the work": "half a second a work",
    "50% of the GPU, declares all of it, its true time": _CAPS,
    "50% of the GPU, declares all of it, all time that counts": _CAPS,
    "typical, all time that counts, against its true time": "calibration: the class's peak",
    "typical, all but the GPU at the caps": _CAPS,
    "typical, everything at the caps": _CAPS,
    "typical, registered as 20 CPUs, no VRAM needed": "models that need VRAM; calibration: the CPUs' peak; bonds",
    "one device registered 2 times in full, first year": _COPIES,
    "one device registered 3 times in full, first year": _COPIES,
    "one device registered 20 times in full, first year": _COPIES,
}


@cache
def run(name: str) -> Economy:
    """A scenario by the program's rules."""
    return simulate(SCENARIOS[name], YEARS, SEED)


def _table(head: list[str], rows: list[list[str]], left: int = 1) -> str:
    marks = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, marks, *rows])


def assumptions() -> str:
    """Every assumption in each scenario."""
    facts = {name: assumed.facts() for name, assumed in SCENARIOS.items()}

    def shown(value: object) -> str:
        if isinstance(value, tuple):
            return "none" if not value else ", ".join(f"{part:g}" for part in value)
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"

    rows = [[f"`{name}`", *(shown(facts[one][name]) for one in facts)] for name in BASE.facts()]
    return _table(["assumption", *facts], rows)


def years() -> str:
    """The base scenario, year by year."""
    rows = [
        [
            str(row["year"]), f"{row['devices']:,}", *(f"{row[name] / 1e6:,.1f}" for name in ("supply", "minted")),
            f"{(row['fees_burned'] + row['slash_burned']) / 1e6:,.1f}", f"{row['multiplier']:.4f}",
            f"{row['sampling']:.2f}", f"{row['difficulty']:.2f}", f"{row['cut_hours']:,}",
        ]
        for row in report.years(run("base"))
    ]  # fmt: skip
    head = ["year", "devices", "supply", "minted", "burned", "multiplier", "sampling", "difficulty", "cut hours"]
    return _table(head, rows, 0)


def rewards() -> str:
    """MAI a device-day, by class."""
    rows = [[str(row["year"]), *map(amount, row["reward"].values())] for row in report.years(run("base"))]
    return _table(["year", *CLASSES], rows, 0)


def cheats() -> str:
    """Each strategy against honesty."""
    rows = [
        [
            row["strategy"], row["variant"], row["unit"],
            *(amount(row[name]) for name in ("honest", "cheat")),
            f"**+{amount(row['difference'])}**" if row["difference"] > 0 else amount(row["difference"]),
            rate(row["detection"], "never"), rate(row["pays_below"], "always"),
        ]
        for row in report.cheats(BASE)
    ]  # fmt: skip
    return _table(
        ["strategy", "variant", "a", "honest", "cheat", "difference", "caught at default", "pays below"], rows, 3
    )


def pays() -> str:
    """What pays at the default parameters, and what bounds or prices it."""
    found = {row["variant"]: row for row in report.cheats(BASE) if row["difference"] > 0}
    rows = [[name, f"{100 * row['difference'] / row['honest']:,.1f} %", PRICES[name]] for name, row in found.items()]
    return _table(["what pays", "more than honest", "what bounds or prices it"], rows)


def classes() -> str:
    """What work units pay, by class."""
    rows = [
        [row["class"], f"{row['hourly']:,.2f}", f"{row['peak']:,}", amount(row["giga_units"]),
         "yes" if row["vram"] else "no"]
        for row in report.classes()
    ]  # fmt: skip
    return _table(["class", "MAI an hour at the caps", "peak, units a ms", "MAI for 10⁹ units", "takes VRAM"], rows)


def identity() -> str:
    """What an identity costs."""
    bond = rules.parameter(parameters.BOND_LAMPORTS) / LAMPORTS_PER_SOL
    flight = rules.parameter(parameters.IN_FLIGHT_LIMIT)
    rows = [
        [f"{many:,}", f"{many * bond:g}", *(f"{many * flight * slash_of(place):,.0f}" for place in range(3))]
        for many in (1, *BASE.sybils)
    ]
    return _table(
        ["identities", "bond, SOL",
         *(f"stake for {flight} {name} works each in flight, MAI" for name in TASK_CLASSES.values())],
        rows, 0,
    )  # fmt: skip


def horizon() -> str:
    """Each strategy over the ten years."""
    rows = []
    for row in report.totals(run("base"), SEED):
        gain = row["cheat"] - row["honest"]
        shown = f"**+{gain:,.0f}**" if gain > 0 else f"{gain:,.0f}"
        rows.append([row["family"], row["name"], f"{row['honest']:,.0f}", f"{row['cheat']:,.0f}", shown])
    return _table(["strategy", "variant", "honest", "cheat", "difference"], rows, 2)


def caps() -> str:
    """Hours in which the cap cut rewards, and where the ratios rest."""
    rows = []
    for name in SCENARIOS:
        of = run(name)
        cut, year = sum(of.unpaid_hours), slice(-365, None)
        rows.append(
            [
                name, f"{sum(of.minted) / 1e15:,.0f}", f"{cut:,}", f"{100 * cut / HOURS:.1f} %",
                f"{min(of.multiplier) / 1e9:.5f}",
                *(f"{min(values) / 1e9:.2f} – {max(values) / 1e9:.2f}"
                  for values in (of.sampling[year], of.difficulty[year])),
            ]
        )  # fmt: skip
    head = ["scenario", "million MAI minted", "cut hours", "of all", "lowest multiplier",
            "sampling, last year", "difficulty, last year"]  # fmt: skip
    return _table(head, rows)


def efficiency() -> str:
    """What untrue hardware and time earn, by the device's efficiency."""
    rows = [
        [
            row["variant"],
            f"{row['pay_of_a_work']:.2f}",
            f"{row['works']:.2f}",
            *(f"{true:,.2f} / {greedy:,.2f}" for true, greedy in row["incomes"].values()),
        ]
        for row in report.by_efficiency(BASE, report.EFFICIENCIES)
    ]
    return _table(["variant", "pay of a work", "works", *(f"{value:.0%}" for value in report.EFFICIENCIES)], rows)


def lottery() -> str:
    """What the draw gives honest devices as the network grows."""
    rows = [
        [str(row["year"]), f"{row['devices']:,}", *(f"{row['odds'][name] / 1e3:,.1f}" for name in SHOWN),
         f"{row['winners']:.2f}", f"{100 * row['without_odds']:.0f} %", f"{100 * row['undecided']:.0f} %"]
        for row in report.lottery(run("base"))
    ]  # fmt: skip
    return _table(["year", "devices", *SHOWN, "winners", "devices without a chance", "draws without a winner"], rows, 0)


TABLES = {
    "assumptions": assumptions, "years": years, "rewards": rewards, "caps": caps, "cheats": cheats,
    "pays": pays, "classes": classes, "identity": identity, "efficiency": efficiency, "lottery": lottery,
    "horizon": horizon,
}  # fmt: skip


def main() -> int:
    """Make the tables and the plots; about a minute."""
    from mai.simulate.plots import draw

    console, tables = Console(stderr=True), {}
    for name, make in TABLES.items():
        with console.status(f"table: {name} ..."):
            tables[name] = make()
        console.print(f"[green]✓[/] table: {name}")
    with console.status("plots ..."):
        write_all(PLOTS, {f"economy-{name}": data for name, data in draw(run("base")).items()})
    console.print("[green]✓[/] plots")
    PAGE.write_text(filled(PAGE.read_text(), tables))
    console.print(f"wrote {PAGE.relative_to(REPOSITORY)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
