"""`mai verifier check` on EZKL's own files, made here by EZKL itself under a local SRS (about 30 s)."""

import asyncio
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import ezkl
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

VISIBILITIES = {
    "public": ("public", "fixed", "public"),
    "hashed": ("hashed", "fixed", "hashed"),
    "committed": ("polycommit", "polycommit", "polycommit"),
}


def make(folder: Path, visibility: tuple[str, str, str]) -> Path:
    """A 4→4 linear layer with ReLU: proof.json, verifier.sol and verifier.vka in ``folder``."""
    weights = numpy_helper.from_array(np.random.default_rng(1).normal(size=(4, 4)).astype("f4"), "w")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Relu", ["h"], ["y"])]
    shapes = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", [shapes[0]], [shapes[1]], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    path = {name: str(folder / name) for name in ("model.onnx", "input.json", "settings.json", "circuit", "srs", "vk")}
    path |= {name: str(folder / name) for name in ("pk", "witness.json", "proof.json", "verifier.sol", "verifier.vka")}
    onnx.save(model, path["model.onnx"])
    Path(path["input.json"]).write_text(json.dumps({"input_data": [[0.1, 0.2, -0.3, 0.4]]}))
    arguments = ezkl.PyRunArgs()
    arguments.input_visibility, arguments.param_visibility, arguments.output_visibility = visibility
    arguments.num_inner_cols, arguments.decomp_base, arguments.decomp_legs = 1, 256, 4
    arguments.input_scale = arguments.param_scale = 7
    arguments.logrows = 10
    assert ezkl.gen_settings(path["model.onnx"], path["settings.json"], py_run_args=arguments)
    assert ezkl.compile_circuit(path["model.onnx"], path["circuit"], path["settings.json"])
    ezkl.gen_srs(path["srs"], json.loads(Path(path["settings.json"]).read_text())["run_args"]["logrows"])
    assert ezkl.setup(path["circuit"], path["vk"], path["pk"], path["srs"])
    ezkl.gen_witness(path["input.json"], path["circuit"], path["witness.json"], path["vk"], path["srs"])
    ezkl.prove(path["witness.json"], path["circuit"], path["pk"], path["proof.json"], path["srs"])
    asyncio.run(_artifacts(path))
    return folder


async def _artifacts(path: dict[str, str]) -> None:
    with contextlib.suppress(RuntimeError):  # it looks for a Solidity compiler after it has written the verifier
        await ezkl.create_evm_verifier(
            path["vk"],
            path["settings.json"],
            path["verifier.sol"],
            str(Path(path["vk"]).parent / "abi"),
            path["srs"],
            False,
        )
    await ezkl.create_evm_vka(path["vk"], path["settings.json"], path["verifier.vka"], path["srs"])


def check(key: Path, proof: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "mai"), "verifier", "check", "--key", str(key), "--proof", str(proof)]
    return subprocess.run([*command, *more], capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module", params=VISIBILITIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp(request.param), VISIBILITIES[request.param])


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
