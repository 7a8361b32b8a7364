"""`mai circuit shards`: the table, the choice and what is refused."""

import json
import subprocess
import sys
from pathlib import Path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mai"), "circuit", "shards", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_candidates_by_rule() -> None:
    done = run("--gemm", "576x576", "--max-k", "15", "--output", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    rows = answer["shards"]
    assert answer["gemm"] == "576x576" and answer["measured"] is False
    assert {row["k"] for row in rows} == set(range(9, 16))
    assert [row["shape"] for row in rows if row["chosen"]] == ["576x48"]
    assert all(row["compute_units"] == rows[0]["compute_units"] > 100_000 for row in rows)
    people = run("--gemm", "576x576", "--max-k", "15")
    assert "576x48" in people.stdout and "Chosen: 576x48, 12 shards" in people.stderr


def test_candidates_measured() -> None:
    done = run("--gemm", "8x4", "--max-k", "10", "--measure", "--output", "json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["shards"]
    assert rows and all(row["measured"] and row["prove_seconds"] > 0 for row in rows)
    assert [row["shape"] for row in rows if row["chosen"]] == ["8x4"]


def test_targets_that_nothing_meets() -> None:
    done = run("--gemm", "16x16", "--max-k", "11", "--max-cu", "1000")
    assert done.returncode == 1
    assert "No shard is within the targets" in done.stderr and "16x16" in done.stdout
    met = run("--gemm", "16x16", "--max-k", "11", "--max-cu", "1400000")
    assert met.returncode == 0 and "Chosen: 16x16" in met.stderr


def test_wrong_input_is_one_sentence() -> None:
    for arguments in (("--gemm", "16"), ("--gemm", "16x16", "--max-k", "8"), ("--gemm", "0x4")):
        done = run(*arguments)
        assert done.returncode == 1 and done.stdout == ""
        assert done.stderr.startswith("mai: ") and done.stderr.count("\n") == 1
