"""Every refusal is documented, and every refusal is provoked by some test."""

from __future__ import annotations

from pathlib import Path

from mai.program import ERRORS

from bench import interface

HERE = Path(__file__).resolve().parent


def test_the_reference_is_what_the_sources_say() -> None:
    assert interface.TARGET.read_text() == interface.document(), "run `make program-reference`"


def test_the_reference_lists_exactly_the_programs_refusals() -> None:
    assert interface.Program().sentences == ERRORS


def test_every_refusal_is_tested_by_name() -> None:
    tests = "".join(path.read_text() for path in HERE.glob("test_program_*.py"))
    assert [name for name in ERRORS if f'"{name}"' not in tests and f"^{name}: " not in tests] == []
