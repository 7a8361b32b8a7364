"""Compute units: every instruction of the program stays below 60,000, whatever its addresses are."""

from __future__ import annotations

import json

import pytest
from program.chain import OUT

from bench import policy

LIMIT = 60_000
SEARCH = 1_500
"""One more try for an address, of which an instruction makes a few."""


@pytest.fixture(scope="module")
def units() -> dict[str, tuple[int, int]]:
    return policy.measure(worlds=2)


def test_every_instruction_is_measured(units: dict[str, tuple[int, int]]) -> None:
    entries = json.loads((OUT / "mai.json").read_text())["instructions"]
    named = {entry["name"].replace("_", "").lower() for entry in entries}
    assert {name.replace("_", "") for name in units} == named


def test_no_instruction_needs_more_than_60_000(units: dict[str, tuple[int, int]]) -> None:
    dear = {name: most for name, (_, most) in units.items() if most > LIMIT}
    assert dear == {}


def test_settling_is_the_same_up_to_the_search_for_one_address(units: dict[str, tuple[int, int]]) -> None:
    least, most = units["settle"]
    assert most - least <= 8 * SEARCH
