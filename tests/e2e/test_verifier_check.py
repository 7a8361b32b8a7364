"""`mai verifier check` on EZKL's own files, made here by EZKL itself under a local SRS (about 30 s)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from zk.compiler_circuits import folder as make

CIRCUITS = ("public", "hashed", "committed")


def check(key: Path, proof: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mai"), "verifier", "check", "--key", str(key), "--proof", str(proof)]
    return subprocess.run([*command, *more], capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module", params=CIRCUITS)
def folder(request: pytest.FixtureRequest) -> Path:
    return make(request.param)


@pytest.mark.parametrize("artifact", ["verifier.sol", "verifier.vka"])
def test_an_honest_proof_is_accepted(folder: Path, artifact: str) -> None:
    done = check(folder / artifact, folder / "proof.json", "--output", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["accepted"] is True
    assert result["reason"] is None
    assert 100_000 < result["compute_units"] < 700_000
    assert result["transactions"] > 2
    assert result["srs"] == "unknown (local)"


def test_both_artifacts_make_the_same_key(folder: Path) -> None:
    results = [
        json.loads(check(folder / name, folder / "proof.json", "--output", "json").stdout)
        for name in ("verifier.sol", "verifier.vka")
    ]
    assert results[0]["key_hash"] == results[1]["key_hash"]


def test_a_changed_evaluation_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    proof = json.loads((folder / "proof.json").read_text())
    changed = bytearray(proof["proof"])
    changed[-160] ^= 1
    proof |= {"proof": list(changed), "hex_proof": "0x" + changed.hex()}
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(proof))
    done = check(folder / "verifier.sol", path, "--output", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["reason"] == "ProofInvalid"


def test_people_read_the_verdict(folder: Path) -> None:
    done = check(folder / "verifier.sol", folder / "proof.json")
    assert done.returncode == 0
    assert "accepted" in done.stdout


@pytest.mark.parametrize(
    ("key", "proof"), [("nowhere", "proof.json"), ("verifier.sol", "nowhere"), ("circuit", "proof.json")]
)
def test_an_unreadable_file_is_one_sentence(folder: Path, key: str, proof: str) -> None:
    done = check(folder / key, folder / proof)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
