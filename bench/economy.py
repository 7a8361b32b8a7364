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
from mai.simulate.musters import LANES, power_of
from mai.simulate.strategies import slash_of
from rich.console import Console

from bench.sampling import REPOSITORY, filled

PAGE = REPOSITORY / "docs" / "explanation" / "economy.md"
PLOTS = PAGE.parent / "plots"
YEARS, SEED = 10, 1
SHOWN = ("mobile", "CPU", "GPU consumer", "GPU confidential")
HOURS = YEARS * 365 * 24
LAMPORTS_PER_SOL = 10**9


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
            f"**+{amount(row['difference'])}**" if row["pays"] else amount(row["difference"]),
            rate(row["detection"], "never"), rate(row["pays_below"], "always"),
        ]
        for row in report.cheats(BASE)
    ]  # fmt: skip
    return _table(
        ["strategy", "variant", "a", "honest", "cheat", "difference", "caught at default", "pays below"], rows, 3
    )


def classes() -> str:
    """Speed, power and pay of a device-hour, by class."""
    rows = [
        [row["class"], f"{100 * row['efficiency']:g} %", f"{row['speed']:,.0f}", str(row["streams"]),
         f"{row['power']:,}", amount(row["pay"]), f"{100 * row['overhead']:.1f} %"]
        for row in report.classes(BASE)
    ]  # fmt: skip
    head = ["class", "efficiency", "a stream, units a ms", "streams", "power, units a slot",
            "MAI an hour of a stream", "of it overhead"]  # fmt: skip
    return _table(head, rows)


def names() -> str:
    """One machine under several names."""
    rows = [
        [row["answers"], str(row["names"]), *(f"{row[name]:.2f}" for name in ("power", "works", "income"))]
        for row in report.names(BASE)
    ]
    return _table(["answers to musters", "names", "power", "works won", "income"], rows)


def renting() -> str:
    """What renting for musters alone would bring."""
    ways = ("own", "all", "together")
    rows = [
        [f"{row['times']:g}", *(f"{row[way][when]:.2f}" for way in ways for when in ("first", "last"))]
        for row in report.renting(BASE)
    ]
    said = ("own lanes", f"{LANES} lanes", "own lanes, commits together")
    return _table(
        ["power, times its own", *(f"{way}, {when} weights" for way in said for when in ("first", "last"))], rows, 0
    )


def crowding() -> str:
    """What two names win once many streams are in use."""
    rows = [
        [f"{row['streams']:g}", f"{row['flying']:g}", f"{100 * row['gain']:+.2f} %"] for row in report.crowding(BASE)
    ]
    return _table(["streams in use", "works in flight", "two names win"], rows, 0)


def identity() -> str:
    """What an identity costs, and what one that shows nothing has."""
    bond = rules.parameter(parameters.BOND_LAMPORTS) / LAMPORTS_PER_SOL
    flight = rules.parameter(parameters.IN_FLIGHT_LIMIT)
    rows = [
        [f"{many:,}", f"{many * bond:g}", *(f"{many * flight * slash_of(place):,.0f}" for place in range(3)),
         *(f"{100 * many / power_of(place, BASE):.3g} %" for place in (0, 2))]
        for many in (1, *BASE.sybils, 1_000)
    ]  # fmt: skip
    return _table(
        ["identities", "bond, SOL",
         *(f"stake for {flight} {name} works each in flight, MAI" for name in TASK_CLASSES.values()),
         *(f"power without showing any, of a {name}'s" for name in ("phone", "consumer GPU"))],
        rows, 0,
    )  # fmt: skip


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


def lottery() -> str:
    """What the draw gives honest devices as the network grows."""
    rows = [
        [str(row["year"]), f"{row['devices']:,}", *(f"{row['odds'][name] / 1e3:,.1f}" for name in SHOWN),
         f"{row['winners']:.2f}", f"{100 * row['without_odds']:.0f} %", f"{100 * row['undecided']:.0f} %"]
        for row in report.lottery(run("base"))
    ]  # fmt: skip
    return _table(["year", "devices", *SHOWN, "winners", "devices without a chance", "draws without a winner"], rows, 0)


TABLES = {
    "assumptions": assumptions, "years": years, "rewards": rewards, "caps": caps, "lottery": lottery,
    "classes": classes, "names": names, "cheats": cheats, "crowding": crowding, "renting": renting,
    "identity": identity,
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
