"""`mai simulate`: tables, JSON, plots, and one sentence for what cannot be done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mai.cli.main import main


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["mai", "simulate", "--years", "1", "--scenario", "slow", *words])
    monkeypatch.setenv("COLUMNS", "140")
    with pytest.raises(SystemExit) as left:
        main()
    out = capsys.readouterr()
    return int(left.value.code or 0), out.out, out.err


def ran(*words: str) -> str:
    """The command in a process of its own, as users run it: 140 columns, and none of the suite's native libraries."""
    command = [sys.executable, "-c", "from mai.cli.main import main; main()", "simulate", "--years", "1"]
    done = subprocess.run(
        [*command, "--scenario", "slow", *words],
        capture_output=True, text=True, timeout=300, env={**os.environ, "COLUMNS": "140"}, check=True,
    )  # fmt: skip
    return done.stdout


def test_json_is_the_same_for_the_same_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, first, _ = run(monkeypatch, capsys, "--output", "json")
    assert code == 0 and run(monkeypatch, capsys, "--output", "json")[1] == first
    found = json.loads(first)
    assert found["scenario"] == "slow" and len(found["years"]) == 1
    assert {row["strategy"] for row in found["strategies"]} == {
        "fake hardware", "skipped work", "collusion of two", "Sybils"
    }  # fmt: skip


def test_the_tables_show_years_rewards_and_cheats() -> None:
    out = ran()
    for word in ("multiplier", "confidential", "pays below", "routine work at its reward limit", "3.85 %", "in turn"):
        assert word in out


def test_plots_are_written_whole_and_the_same_twice(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        ran("--plots", str(tmp_path / name))
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["difficulty.svg", "rewards.svg", "strategies.svg", "supply.svg"]
    for name in names:
        data = (tmp_path / "a" / name).read_bytes()
        assert data.startswith(b"<?xml") and data.rstrip().endswith(b"</svg>")
        assert data == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--scenario", "moon"), "there is no scenario moon: choose one of slow, base, boom"),
        (("--years", "-1"), "-1 years cannot be simulated: choose 1 to 30"),
        (("--years", "31"), "31 years cannot be simulated: choose 1 to 30"),
        (("--seed", "-3"), "the seed must be 0 or more"),
    ],
)
def test_what_cannot_be_simulated_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    assert run(monkeypatch, capsys, *words) == (1, "", f"mai: {sentence}\n")


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    code, out, err = run(monkeypatch, capsys, "--plots", str(tmp_path / "file" / "plots"))
    assert (code, out) == (1, "") and err.startswith("mai: ") and "cannot be written to" in err
    assert err.count("\n") == 1 and [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    from mai.errors import MaiError
    from mai.simulate.files import write_all

    with pytest.raises(MaiError, match="cannot be written to"):
        write_all(tmp_path, {"a.svg": b"a", "missing/b.svg": b"b"})
    assert list(tmp_path.iterdir()) == []
    assert [path.name for path in write_all(tmp_path, {"a.svg": b"a"})] == ["a.svg"]


def test_without_matplotlib_plots_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = run(monkeypatch, capsys, "--plots", str(tmp_path / "plots"))
    assert (code, out) == (1, "") and err == "mai: plots need matplotlib: pip install 'mai[plot]'\n"
    assert list(tmp_path.iterdir()) == []
