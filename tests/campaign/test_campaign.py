"""A seeded thousandth of the campaign, and the campaign itself: reproducible, resumable, able to fail (half a minute).

The circuits are made by EZKL on first use (about half a minute more), then cached.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from campaign import cases, differential, state
from campaign.bench import ACCEPTED, Bench
from campaign.cases import Tally
from campaign.registry import MUTATIONS, WEIGHTS, Result
from campaign.weakened import REPOSITORY, SOURCES, WEAKNESSES, Weakness

SEED = "mai"


def test_a_tenth_of_a_percent_of_the_mutations() -> None:
    tally = cases.run_block(SEED, 0, 100)
    assert tally.faults == []
    assert tally.cases == 100
    assert sum(tally.controls.values()) >= 5
    assert sum(sum(counts.values()) for counts in tally.refused.values()) >= 60


def test_a_tenth_of_a_percent_against_ezkl() -> None:
    tally = differential.run_block(SEED, 0, 10)
    assert tally.faults == []
    assert tally.cases == 10
    assert tally.controls[differential.EZKL] >= 2
    assert sum(tally.refused[differential.EZKL].values()) >= 2


def test_every_class_has_mutations() -> None:
    assert set(MUTATIONS) == set(WEIGHTS)
    assert all(MUTATIONS.values())


def test_a_case_is_a_function_of_seed_and_number() -> None:
    """On fresh chains, in any order; what a case leaves behind is seen by nobody but itself."""
    runs = []
    for order, seed in ((range(200, 230), SEED), (reversed(range(200, 230)), SEED), (range(200, 230), "another seed")):
        cases._bench.cache_clear()
        runs.append({number: cases.run_case(seed, number) for number in order})
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


# -- the campaign can fail ----------------------------------------------------------------------------------------

ERRORS = frozenset({"ProofInvalid"})


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (Result("ProofInvalid", ""), None),
        (Result(ACCEPTED, ""), "accepted"),
        (Result(ACCEPTED, "", control=True), None),
        (Result("ProofInvalid", "", control=True), "a control is refused: ProofInvalid"),
        (Result("AccessViolation", ""), "refused without a name of the program: AccessViolation"),
        (Result("ComputeBudgetExceeded", ""), "refused without a name of the program: ComputeBudgetExceeded"),
        (Result("ComputeBudgetExceeded", "", allowed=("ComputeBudgetExceeded",)), None),
    ],
)
def test_what_is_a_fault(result: Result, fault: str | None) -> None:
    assert result.fault(ERRORS) == fault


def honest_called_wrong(bench: Bench) -> Result:
    """An honest proof that claims to be an attack."""
    return Result(bench.check(bench.payloads[0]), "nothing changed")


def broken(bench: Bench) -> Result:
    """A mutation with a bug."""
    raise ValueError(f"no draw in {bench.circuit.name}")


@pytest.mark.parametrize(("mutation", "fault"), [(honest_called_wrong, "accepted"), (broken, "ValueError: no draw")])
def test_an_accepted_case_is_found(monkeypatch: pytest.MonkeyPatch, mutation: object, fault: str) -> None:
    monkeypatch.setattr(cases, "draw_mutation", lambda draw: ("points", mutation))
    tally = cases.run_block(SEED, 0, 2)
    assert [number for number, *_ in tally.faults] == [0, 1]
    assert all(fault in found for *_, found in tally.faults)


def test_a_disagreement_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differential, "ezkl_accepts", lambda *_: True)
    numbers = [f[0] for f in differential.run_block(SEED, 0, 10).faults]
    assert numbers
    assert len(numbers) < 10


# -- resuming -----------------------------------------------------------------------------------------------------


def test_state_survives_a_torn_line(tmp_path: Path) -> None:
    kept = state.State("mutations", SEED, 1000, tmp_path)
    tally = Tally({"points": Counter({"ProofInvalid": 3})}, Counter({"honest": 1}), [(7, "points", "what", "accepted")])
    kept.add(0, tally)
    kept.add(3, tally)
    kept.path.write_bytes(kept.path.read_bytes() + b'{"block": 4, "tal')
    again = state.State("mutations", SEED, 1000, tmp_path)
    assert again.done == {0, 3}
    again.add(4, tally)
    last = state.State("mutations", SEED, 1000, tmp_path)
    assert last.done == {0, 3, 4}
    assert last.tally.cases == 12
    assert last.tally.faults == 3 * [(7, "points", "what", "accepted")]
    assert state.State("mutations", "another", 1000, tmp_path).done == set()
    last.forget()
    assert state.State("mutations", SEED, 1000, tmp_path).done == set()


KILLED = """
import os, signal, sys
from campaign import __main__, state
kept = state.State.add
def add(self, block, tally):
    kept(self, block, tally)
    os.killpg(0, signal.SIGKILL)
state.State.add = add
if __name__ == "__main__":
    sys.exit(__main__.main())
"""
"""A campaign that is killed, with its workers, as soon as its first block is kept."""
PATIENCE_S = 600


def test_a_killed_campaign_goes_on(tmp_path: Path) -> None:
    """kill -9 after the first block; the second run does the rest, and both together what one run would."""
    options = ["--cases", "300", "--seed", "killed", "--processes", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "MAI_CAMPAIGN_STATE": str(tmp_path)}
    first = subprocess.run(
        [sys.executable, "-c", KILLED, *options], env=environment, capture_output=True, text=True,
        timeout=PATIENCE_S, start_new_session=True, check=False,
    )  # fmt: skip
    assert first.returncode == -signal.SIGKILL, first.stderr
    assert len(next(tmp_path.glob("*.jsonl")).read_text().splitlines()) == 1
    second = subprocess.run(
        [sys.executable, "-m", "campaign", *options, "--output", "json"], env=environment, capture_output=True,
        text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert second.returncode == 0, second.stderr
    result = json.loads(second.stdout)
    assert result["cases"] == 300
    assert result["faults"] == []
    blocks = [json.loads(line)["block"] for line in next(tmp_path.glob("*.jsonl")).read_text().splitlines()]
    assert sorted(blocks) == [0, 1, 2]


@pytest.mark.parametrize("weakness", WEAKNESSES, ids=lambda weakness: weakness.name)
def test_every_weakness_is_still_one_check(weakness: Weakness) -> None:
    """`make attack-weakened` takes out what the sources have exactly once."""
    assert (REPOSITORY / SOURCES / weakness.file).read_text().count(weakness.old) == 1


def test_a_case_is_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from campaign.__main__ import main

    monkeypatch.setattr(sys, "argv", ["campaign", "--case", "12"])
    assert main() == 0
    assert "as it must be" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["campaign", "--cases", "0"])  # not the default number
    assert main() == 2
    assert "at least one case" in capsys.readouterr().err
