"""Every refusal is documented, and every refusal is provoked by some test."""

from __future__ import annotations

import re
from pathlib import Path

from mai.program import ERRORS

HERE = Path(__file__).resolve().parent
REFERENCE = HERE.parents[1] / "docs" / "reference" / "program.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z]\w+)` \| (?P<sentence>[^|]+) \|", re.MULTILINE)


def test_the_reference_lists_exactly_the_programs_refusals() -> None:
    documented = {match["name"]: match["sentence"] for match in ROW.finditer(REFERENCE.read_text())}
    assert documented == ERRORS


def test_every_refusal_is_tested_by_name() -> None:
    tests = "".join(path.read_text() for path in HERE.glob("test_program_*.py"))
    assert [name for name in ERRORS if f'"{name}"' not in tests and f"^{name}: " not in tests] == []
