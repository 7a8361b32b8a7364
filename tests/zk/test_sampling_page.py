"""docs/explanation/sampling.md holds the tables that the code makes, and the plots that it shows are there."""

import re

import pytest

from bench.sampling import MARKED, PAGE, filled
from bench.sampling_tables import TABLES, percent


@pytest.mark.parametrize("name", ["openings", "sizes", "classes"])
def test_tables_are_those_that_the_code_makes(name: str) -> None:
    assert TABLES[name]() in PAGE.read_text()


def test_every_table_and_plot_of_the_page_is_there() -> None:
    page = PAGE.read_text()
    assert sorted(match[1] for match in MARKED.finditer(page)) == sorted(TABLES)
    plots = re.findall(r"\]\((plots/.*?\.png)\)", page)
    assert len(plots) == 4 and all((PAGE.parent / plot).read_bytes().startswith(b"\x89PNG") for plot in plots)


def test_filling_replaces_tables_alone() -> None:
    page = "a\n<!-- table: x -->\nold\n<!-- end -->\nb\n"
    once = filled(page, {"x": "| new |"})
    assert once == "a\n<!-- table: x -->\n\n| new |\n\n<!-- end -->\nb\n"
    assert filled(once, {"x": "| new |"}) == once
    with pytest.raises(SystemExit, match="The page marks the tables"):
        filled(page, {"y": ""})


def test_percentages_are_never_rounded_to_certainty() -> None:
    assert [percent(x) for x in (0, 0.00456, 0.5, 0.9931, 0.99999999, 1)] == [
        "0 %",
        "0.456 %",
        "50 %",
        "99.31 %",
        "> 99.99 %",
        "100 %",
    ]
