"""`mai verifier key`: anyone can rebuild a key program and compare it."""

import json
import subprocess
import sys
from pathlib import Path

from mai_zk import circuits


def key(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mai"), "verifier", "key", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_rebuilt_key_equals_the_checked_in_one() -> None:
    done = key("check", "linear4", "--output", "json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result == {
        "equal": True,
        "rebuilt": result["given"],
        "given": circuits.load("linear4").key_program.hash.hex(),
    }


def test_another_circuits_key_differs() -> None:
    other = circuits.load("digits").folder / "key.bin"
    done = key("check", "linear4", "--key", str(other), "--output", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["equal"] is False


def test_build_writes_the_same_bytes(tmp_path: Path) -> None:
    to = tmp_path / "key.bin"
    assert key("build", "linear4", "--to", str(to)).returncode == 0
    assert to.read_bytes() == circuits.load("linear4").key_program.blob


def test_show_names_the_srs_and_the_parts() -> None:
    done = key("show", "digits", "--output", "json")
    facts = json.loads(done.stdout)
    assert facts["hash"] == circuits.load("digits").key_program.hash.hex()
    assert facts["circuit"] == circuits.load("digits").digest.hex()
    assert facts["srs"] == "test (public secret)"
    assert facts["commitments"] == {"input": 1, "params": 1, "output": 1}
    assert "test (public secret)" in key("show", "digits").stdout


def test_wrong_input_is_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "key.bin"
    broken.write_bytes(circuits.load("linear4").key_program.blob[:-1])
    for arguments in (
        ("show", "nowhere"),
        ("show", str(broken)),
        ("check", "linear4", "--address", "not-an-address"),
        ("check", "linear4", "--key", str(broken), "--address", "x"),
        ("build", "linear4", "--to", str(tmp_path / "x"), "--srs", str(broken)),
    ):
        done = key(*arguments)
        assert done.returncode == 1, arguments
        assert done.stdout == ""
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (tmp_path / "x").exists()
