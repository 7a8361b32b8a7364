"""Runs every attack of every instruction and writes what came of it into docs/security/economy.md.

    PYTHONPATH=tests python -m attacks.table
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from attacks.allowed import ALLOWED, rule_of
from attacks.generate import KINDS, NAMES, ORIGINS, Range, attacks, prepared
from attacks.world import World

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security" / "economy.md"
BEGIN, END = "<!-- made by `make attack-table` -->", "<!-- end of what `make attack-table` made -->"

MEANING = {
    "same type": "another account of the same type, genuine",
    "other type": "one account of every other type there is",
    "other owner": "the same bytes, owned by another program",
    "look-alike": "the same bytes and owner, at another address",
    "empty": "no account, zeroes, and the first 12 bytes, of the right owner",
    "unsigned": "the signature dropped",
    "other signer": "everybody else, signing",
    "read-only": "not writable",
    "reused": "another account of the same call",
    "mixed": "two or three accounts at once of another call that passes",
}
RULES = {rule.name for rule in ALLOWED}
COMBINED = "Several accounts at once; each reason as above, or all together are what the other may do himself."


@dataclass
class Row:
    """One instruction: attacks of each kind, refusals by name, acceptances by rule."""

    name: str
    accounts: int
    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    allowed: Counter[str] = field(default_factory=Counter)


def row_of(name: str, world: World) -> Row:
    """Runs the controls of every side, then all attacks on the first.

    Raises:
        AssertionError: a control failed, a refusal had no name, something was accepted that must not be or did harm,
            or something changed.
    """
    with prepared(name, world) as sides:
        ranges = [Range(call) for call in sides]
        controls = [each.control() for each in ranges]
        for control in controls:
            assert control.refused is None, f"{name}: the control is refused by {control.refused}"
        row = Row(name, len(sides[0].parameters))
        for attack in attacks(sides[0]):
            outcome = ranges[0].run(attack)
            row.tried[attack.kind] += 1
            if outcome.refused is None:
                row.allowed[rule_of(attack, outcome, controls)] += 1
            else:
                assert outcome.refused in NAMES, f"no name of a refusal, {outcome.refused}: {attack}"
                row.refused[outcome.refused] += 1
        assert ranges[0].unchanged(), name
    return row


def rows() -> list[Row]:
    """Of every instruction of the IDL, in its order."""
    world = World()
    return [row_of(name, world) for name in world.chain.instructions()]


def _counts(counts: Counter[str]) -> str:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {count:,}" for name, count in ordered)


def render(found: list[Row]) -> str:
    """The part of the page that is made."""
    tried, allowed = sum((row.tried for row in found), Counter()), sum((row.allowed for row in found), Counter())
    names = sum((row.refused for row in found), Counter())
    total, refused, accepted = tried.total(), names.total(), allowed.total()
    lines = [
        f"{len(found)} instructions with {sum(row.accounts for row in found)} accounts: **{total:,} attacks, "
        f"{refused:,} refused by {len(names)} names, {accepted:,} accepted for the reasons below.**",
        "",
        "| attack | tried |",
        "|---|---|",
        *(f"| {kind}: {MEANING[kind]} | {tried[kind]:,} |" for kind in KINDS),
        "",
        "| accepted as | times | why it may be |",
        "|---|---|---|",
        *(f"| {rule.name} | {allowed[rule.name]:,} | {rule.reason} |" for rule in ALLOWED),
        *(f"| {name} | {count:,} | {COMBINED} |" for name, count in sorted(allowed.items()) if name not in RULES),
        "",
        *(f"{whose} names: {', '.join(sorted(each & names.keys()))}." for whose, each in ORIGINS.items()),
        "All others are this program's.",
        "",
        "| instruction | accounts | attacks | refused by | accepted |",
        "|---|---|---|---|---|",
        *(
            f"| `{row.name}` | {row.accounts} | {row.tried.total():,} "
            f"| {_counts(row.refused)} | {_counts(row.allowed)} |"
            for row in found
        ),
    ]
    return "\n".join([BEGIN, "", *lines, "", END])


def written(page: str, made: str) -> str:
    """The page with its made part replaced."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + made + after


def main() -> None:
    begun = time.perf_counter()
    found = rows()
    page = written(PAGE.read_text(), render(found))
    PAGE.write_text(page)
    print(f"{sum(row.tried.total() for row in found):,} attacks in {time.perf_counter() - begun:.0f} s: {PAGE}")


if __name__ == "__main__":
    main()
