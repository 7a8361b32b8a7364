"""The commands `mai audit`, `mai audit replay`, `mai audit checks` as people and programs use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from audit import test_audit_lies as plants
from audit.histories import story, walk
from audit.lies import INTERFACE, MAI, Lying
from mai.audit.check import CHECKS
from mai.cli.main import app
from mai.errors import MaiError
from patience import WAIT_SECONDS
from typer.testing import CliRunner, Result

CHROMIUM = Path("/usr/bin/chromium")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "audit.md"


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Lying:
    """What the commands read, wherever they are told to look."""
    lying = Lying(walk())
    monkeypatch.setattr("mai.cli.audit.open_source", lambda text: lying)
    return lying


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def test_nothing_wrong_is_zero(source: Lying) -> None:
    result = run("--skip", "proofs")
    assert result.exit_code == 0, result.output
    assert "No lie found in" in result.output and "supply, recomputed" in result.output


def test_a_lie_is_one_and_every_form_names_it(source: Lying, tmp_path: Path) -> None:
    plants.freeze(source)
    text = run("--skip", "proofs")
    assert text.exit_code == 1 and "freeze authority set" in text.output
    said = json.loads(run("--skip", "proofs", "--output", "json").output)
    (mint,) = [check for check in said["checks"] if check["name"] == "mint"]
    assert not said["clean"] and said["lies"] == 1
    assert mint["findings"][0]["lie"] == "freeze authority set"
    for form in ("html", "text", "json"):
        file = tmp_path / f"verdict.{form}"
        assert run("--skip", "proofs", "--output", form, "--file", str(file)).exit_code == 1
        assert "freeze authority set" in file.read_text() and not list(tmp_path.glob("*.part"))


def test_a_notice_counts_only_when_asked(source: Lying) -> None:
    changed = plants.spoofing(source)
    source.transactions_[changed.signature] = changed
    assert run("--skip", "proofs").exit_code == 0
    assert run("--skip", "proofs", "--strict").exit_code == 1


def test_what_cannot_be_read_is_two(source: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    source.accounts_[plants.pda("config")] = None
    result = run("--skip", "proofs")
    assert result.exit_code == 2 and "no MAI network" in result.stderr
    monkeypatch.undo()
    assert run("--source", "nowhere at all").exit_code == 2
    assert run("--only", "everything").exit_code == 2
    assert run("--proofs", "-1").exit_code == 2


def test_a_history_with_a_hole_is_two(source: Lying, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = list(source.all())[20].signature
    true = source.transaction
    monkeypatch.setattr(source, "transaction", lambda name: None if name == gone else true(name))
    result = run("--skip", "proofs")
    assert result.exit_code == 2 and "does not keep the transaction" in result.stderr


def test_what_the_chain_says_is_never_markup(source: Lying, tmp_path: Path) -> None:
    """A name on the page comes from a cheat: it must stay text."""
    source.shown = "<script>alert(1)</script>[red]"
    file = tmp_path / "verdict.html"
    assert run("--skip", "proofs", "--output", "html", "--file", str(file)).exit_code == 0
    assert "<script>" not in file.read_text() and "&lt;script&gt;" in file.read_text()
    assert "[red]" in run("--skip", "proofs").output


def test_a_task_s_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mai.cli.audit.open_source", lambda text: story())
    layout = INTERFACE.kinds["Task"]
    tasks = {
        layout.decode(bytes(account.data), exact=False)["status"]: address
        for address, account in story().accounts(MAI, [(0, layout.mark)])
    }
    result = run("replay", str(tasks[2]))
    assert result.exit_code == 0, result.output
    order = [
        "posted", "drawn and assigned", "committed", "proof upload begun", "proof verified", "settled and paid",
        "receipt consumed",
    ]  # fmt: skip
    places = [result.output.index(word) for word in order]
    assert places == sorted(places)
    assert "after quality" in result.output and "ticket" in result.output
    assert run("replay", str(MAI)).exit_code == 2
    with pytest.raises(MaiError, match="not an address"):
        raise run("replay", "nonsense").exception or AssertionError


def test_a_challenged_task_s_life(source: Lying) -> None:
    answered = next(source.with_call("decide_check"))
    call = next(call for call in answered.calls if call.program == MAI)
    names = [name for name, _ in INTERFACE.call_kinds["decide_check"].accounts]
    task = call.accounts[names.index("task")]
    steps = json.loads(run("replay", str(task), "--output", "json").output)["steps"]
    what = [step["what"] for step in steps if not step["failed"]]
    assert what.index("committed") < what.index("challenged") < what.index("third drawn")
    assert what.index("third drawn") < what.index("third has spoken")


def test_the_checks_are_listed_and_documented() -> None:
    listed = json.loads(run("checks", "--output", "json").output)["checks"]
    assert [entry["name"] for entry in listed] == list(CHECKS)
    assert len(run("checks").output) > 1_000
    rows = [f"| `{made.name}` | {made.proves} | {made.trusts} |" for made in CHECKS.values()]
    written = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `") and line.count("|") == 4]
    assert written[: len(rows)] == rows


def test_the_page_shows_in_a_browser(source: Lying, tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium on this machine")
    plants.vault(source)
    file = tmp_path / "verdict.html"
    run("--skip", "proofs", "--output", "html", "--file", str(file))
    with sync_api.sync_playwright() as playwright:
        chromium, options = str(CHROMIUM), ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options, timeout=1_000 * WAIT_SECONDS)
        for width in (390, 1_100):
            page = browser.new_page(viewport={"width": width, "height": 900})
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(file.as_uri())
            assert page.locator("h1").inner_text().startswith("1 lie found")
            assert page.locator("li b").first.inner_text() == "vault short"
            assert page.locator("td.name").count() == len(CHECKS)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            assert asked == [file.as_uri()]
        browser.close()
