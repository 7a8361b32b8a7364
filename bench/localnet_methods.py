"""Writes the tables of docs/reference/localnet.md from the registries of methods and subscriptions in the code.

`python -m bench.localnet_methods`; tests/localnet/test_reference.py holds the page to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mai.localnet.methods  # noqa: F401  (registers them)
from mai.localnet.registry import METHODS
from mai.localnet.subscriptions import SUBSCRIPTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "localnet.md"
START, END = "<!-- methods: python -m bench.localnet_methods -->", "<!-- end of methods -->"


def tables() -> str:
    """Both tables."""
    parts = []
    for title, rows in (
        ("method", {name: item.differs for name, item in METHODS.items()}),
        ("subscription", SUBSCRIPTIONS),
    ):
        lines = [f"| {title} | agrees with the specification |", "|---|---|"]
        lines += [f"| `{name}` | {f'but: {differs}' if differs else 'yes'} |" for name, differs in sorted(rows.items())]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def main() -> int:
    """Write the tables between the page's marks."""
    page = PAGE.read_text(encoding="utf-8")
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise SystemExit(f"{PAGE} has lost its marks; restore them.")
    PAGE.write_text(f"{before}{START}\n\n{tables()}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
