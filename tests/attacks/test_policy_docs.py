"""Every test and every rule that the page names exists."""

from __future__ import annotations

import re
from pathlib import Path

from attacks.table import PAGE
from mai.program import ERRORS, SOURCE

TESTS = Path(__file__).resolve().parents[1]


def test_every_test_that_the_page_names_exists() -> None:
    page = PAGE.read_text()
    sources = {path.relative_to(TESTS): path.read_text() for path in TESTS.rglob("test_*.py")}
    named = set(re.findall(r"`(?:tests/)?([\w/]*\.py)?(?:::)?(test_\w+)`", page))
    assert len(named) > 50
    for file, test in named:
        places = [text for path, text in sources.items() if not file or str(path) in (file, f"program/{file}")]
        assert any(f"def {test}(" in text for text in places), (file, test)


def test_every_rule_that_the_page_names_exists() -> None:
    cheats = PAGE.read_text().partition("| cheat |")[2].partition("## What remains")[0]
    folders = (SOURCE, SOURCE / "instructions")
    rules = [(path.stem, path.read_text()) for folder in folders for path in folder.glob("*.py")]
    named = re.findall(r"`(\w+)\.(\w+)`", cheats)
    assert len(named) > 25
    for module, function in named:
        assert any(f"def {function}(" in text for stem, text in rules if stem == module), (module, function)
    for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`", cheats):
        assert name in ERRORS, name
