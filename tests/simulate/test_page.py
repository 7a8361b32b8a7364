"""docs/explanation/economy.md holds the tables that the code makes, and the plots that it shows are there."""

import re

from bench.economy import PAGE, TABLES
from bench.sampling import MARKED


def test_tables_are_those_that_the_code_makes() -> None:
    page = PAGE.read_text()
    assert sorted(match[1] for match in MARKED.finditer(page)) == sorted(TABLES)
    for name in ("assumptions", "cheats", "classes", "names", "crowding", "renting", "identity"):
        assert TABLES[name]() in page


def test_every_plot_of_the_page_is_there() -> None:
    plots = re.findall(r"\]\((plots/.*?\.svg)\)", PAGE.read_text())
    assert len(plots) == 4 and all(b"</svg>" in (PAGE.parent / plot).read_bytes() for plot in plots)
