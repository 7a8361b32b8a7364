"""EZKL's proof files: what is read, and what is refused in one sentence."""

import json
from pathlib import Path

import pytest
from mai_zk.errors import ZkError
from mai_zk.prooffile import read_proof

GOOD = {"instances": [["01" + "00" * 31], ["00" * 31 + "02"]], "hex_proof": "0xabcd", "proof": [171, 205]}


def written(folder: Path, content: object) -> Path:
    path = folder / "proof.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_instances_are_little_endian_and_columns_follow_each_other(tmp_path: Path) -> None:
    proof = read_proof(written(tmp_path, GOOD))
    assert proof.instances == (1, 2 << 248)
    assert proof.proof == b"\xab\xcd"


def test_without_hex_the_list_is_read(tmp_path: Path) -> None:
    assert read_proof(written(tmp_path, {**GOOD, "hex_proof": None})).proof == b"\xab\xcd"


@pytest.mark.parametrize(
    "content",
    ["", "[]", "3", "{}", {**GOOD, "instances": [["zz"]]}, {**GOOD, "hex_proof": None, "proof": [256]}, "[" * 100_000],
    ids=["empty", "list", "number", "object", "not hex", "not bytes", "deep"],
)
def test_other_files_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(ZkError, match="not an EZKL proof file"):
        read_proof(written(tmp_path, content))


@pytest.mark.parametrize("value", ["", "00" * 31, "00" * 33])
def test_an_instance_has_32_bytes(tmp_path: Path, value: str) -> None:
    with pytest.raises(ZkError, match="not 32 bytes long"):
        read_proof(written(tmp_path, {**GOOD, "instances": [[value]]}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZkError, match=r"nowhere\.json cannot be read"):
        read_proof(tmp_path / "nowhere.json")
