"""Built programs that are missing or not what their build recorded are refused in one sentence."""

import json
import shutil
from pathlib import Path

import pytest
from mai.chain import artifacts
from mai.chain.program import Program
from mai.errors import MaiError
from solders.pubkey import Pubkey


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the outputs that a test may damage."""
    folder = tmp_path / "out"
    shutil.copytree(artifacts.out_folder(), folder)
    monkeypatch.setenv(artifacts.OUT_VARIABLE, str(folder))
    return folder


def test_whole_outputs_are_taken(out: Path) -> None:
    assert artifacts.shared_object("verifier") == out / "verifier.so"
    assert artifacts.program("mai").address == artifacts.program_keypair("mai").pubkey()


def test_one_changed_byte_is_noticed(out: Path) -> None:
    code = bytearray((out / "verifier.so").read_bytes())
    code[1000] ^= 1
    (out / "verifier.so").write_bytes(code)
    with pytest.raises(MaiError, match="is not what the build recorded: run `mai program build`"):
        artifacts.shared_object("verifier")


@pytest.mark.parametrize("name", ["verifier.so", "toolchain.json"])
def test_a_missing_file_is_named(out: Path, name: str) -> None:
    (out / name).unlink()
    with pytest.raises(MaiError, match=f"{name}.* is missing"):
        artifacts.shared_object("verifier")


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"sha256": 3})])
def test_a_damaged_record_is_named(out: Path, content: str) -> None:
    (out / "toolchain.json").write_text(content)
    with pytest.raises(MaiError, match="unreadable"):
        artifacts.shared_object("verifier")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"name": "x"}'])
def test_a_damaged_interface_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mai.json"
    path.write_text(content)
    with pytest.raises(MaiError, match="is not a program interface"):
        Program(Pubkey.new_unique(), path)


@pytest.mark.parametrize("content", ["", "[1, 2]", "{}", "not json", json.dumps([300] * 64), json.dumps([0] * 64)])
def test_a_damaged_keypair_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "mai-dev.json").write_text(content)
    monkeypatch.setattr(artifacts, "programs_folder", lambda: tmp_path)
    with pytest.raises(MaiError, match=r"keypair .* is missing or corrupt"):
        artifacts.program_keypair("mai")
