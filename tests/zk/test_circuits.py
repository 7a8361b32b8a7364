"""The circuit folders: models and settings come out of their scripts again, digests agree with proofs."""

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import pytest
from mai_zk import circuits, prover, settings
from mai_zk.compiler import compile_solidity
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.keyprogram import KeyProgram
from mai_zk.prover import CpuProver, Keys, Proof, Witness
from onnx import numpy_helper

TINY = ["tiny-1-project", "tiny-2-attend", "tiny-3-transform", "tiny-4-attend", "tiny-5-answer"]
NAMES = ["digits", "ffn64", "linear4", "mlp64", "shard", "shard16", *TINY]
PROVER = CpuProver()


def script(name: str, file: str) -> ModuleType:
    """A circuit folder's script as a module."""
    path = circuits.circuits_dir() / name / file
    spec = importlib.util.spec_from_file_location(f"circuit_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def weights(model: Any) -> dict[str, np.ndarray]:
    """A model's weights by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def test_the_circuits_are_listed() -> None:
    assert circuits.names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_is_complete_and_consistent(name: str) -> None:
    circuit = circuits.load(name)
    assert circuit.name == name and circuit.summary
    circuit.segment.onnx_bytes()
    settings.check_matches(circuit.settings, circuit.segment)
    assert keccak256(circuit.key_program.blob).hex() == circuit.facts["key_hash"]
    assert circuit.facts["ezkl"] == circuit.settings.version
    assert circuit.figures["k"] == circuit.settings.logrows
    assert circuit.figures["proof_evaluations"] == circuit.key_program.n_evals
    assert len(circuit.params_digest) == 32


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_made_again_byte_for_byte(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(circuits.circuits_dir() / name, folder)
    (folder / "settings.json").unlink()
    again = circuits.load(folder)
    assert again.segment.settings_path is None
    assert PROVER.settings(again.segment).text == (circuits.circuits_dir() / name / "settings.json").read_text()


@pytest.mark.parametrize("name", ["ffn64", "linear4", "mlp64", "shard", "shard16"])
def test_seeded_models_come_out_again(name: str) -> None:
    expected = weights(onnx.load(circuits.load(name).segment.onnx_path))
    found = weights(script(name, "model.py").model())
    assert found.keys() == expected.keys()
    assert all(np.array_equal(found[key], expected[key]) for key in expected)


def test_training_comes_out_again() -> None:
    train = script("digits", "train.py")
    trained, accuracy = train.train()
    expected = weights(onnx.load(circuits.load("digits").segment.onnx_path))
    recorded = json.loads((circuits.circuits_dir() / "digits" / "accuracy.json").read_text())
    # Other CPUs' linear algebra may round another way: at most one weight in a hundred, by one step.
    steps = np.concatenate(
        [np.abs(found - expected[key]).ravel() for key, found in zip(expected, trained, strict=True)]
    )
    assert steps.max() <= 1 / train.SCALE and (steps > 0).mean() <= 0.01
    assert accuracy["accuracy"] == pytest.approx(recorded["accuracy"], abs=0.01)
    assert recorded["accuracy"] > 0.97


@pytest.fixture(scope="module")
def digits_keys() -> Keys:
    """Keys of the digits circuit, from the user's cache."""
    circuit = circuits.load("digits")
    return PROVER.setup(circuit.segment, circuit.test_srs())


@pytest.fixture(scope="module")
def digits_witness(digits_keys: Keys) -> Witness:
    """The witness of the circuit's example input."""
    return PROVER.witness(digits_keys, circuits.example_input(digits_keys.segment))


@pytest.fixture(scope="module")
def digits_proof(digits_keys: Keys, digits_witness: Witness) -> Proof:
    """One proof of the digits circuit."""
    return PROVER.prove(digits_keys, digits_witness)


def test_committed_digests_are_those_of_the_proof(
    digits_keys: Keys, digits_witness: Witness, digits_proof: Proof
) -> None:
    circuit = circuits.load("digits")
    values = circuits.example_input(circuit.segment)
    assert digits_proof.instances == ()
    assert PROVER.verify(digits_keys, digits_proof)
    points = digits_proof.commitments(circuit.parts)
    found = [circuits.part_digest((), (point,)) for point in points]
    run = digits_witness.execution
    assert found == [circuit.input_digest(values), circuit.params_digest, circuit.output_digest(run.outputs)]
    # EZKL's own commitments: x little-endian, the top bits hold signs.
    data = json.loads(digits_witness.data)
    told = [item for part in ("inputs", "outputs") for item in data[f"processed_{part}"]["polycommit"]]
    assert data["processed_params"] is None or not data["processed_params"]["polycommit"]  # weights are an input
    for point, (text,) in zip(points, told, strict=True):
        compressed = bytes.fromhex(text)
        x = int.from_bytes(compressed, "little") & ((1 << 254) - 1)
        assert x == int.from_bytes(point[:32], "big")
    other = [*values[:-1], 1.0 - values[-1]]
    assert circuit.input_digest(other) != found[0]


def test_the_key_program_states_the_same_digests(digits_keys: Keys, digits_proof: Proof) -> None:
    circuit = circuits.load("digits")
    statement = circuit.key_program.statement(digits_proof.instances, digits_proof.proof)
    points = digits_proof.commitments(circuit.parts)
    assert (statement.input, statement.params, statement.output) == tuple(
        circuits.part_digest((), (point,)) for point in points
    )


def test_public_digests_are_those_of_the_instances() -> None:
    circuit = circuits.load("linear4")
    values = [0.5, -1.0, 0.0, 2.0]
    run = PROVER.execute(circuit.segment, values)
    assert circuit.quantise(values) == run.inputs
    assert circuit.input_digest(values) == circuits.part_digest(run.inputs, ())
    assert circuit.output_digest(run.outputs) == circuits.part_digest(run.outputs, ())
    assert circuit.params_digest == keccak256(b"")


def test_hashed_digests_are_poseidon_hashes() -> None:
    circuit = circuits.load("ffn64")
    values = circuits.example_input(circuit.segment)
    expected = circuits.part_digest((prover.poseidon(circuit.quantise(values)),), ())
    assert circuit.input_digest(values) == expected


@pytest.mark.parametrize("name", ["digits", "linear4", "shard16"])
def test_key_programs_are_built_again_byte_for_byte(name: str) -> None:
    circuit = circuits.load(name)
    keys = PROVER.setup(circuit.segment, circuit.test_srs())
    rebuilt = circuits.compile_key(PROVER, keys, circuit.parts)
    assert rebuilt.blob == circuit.key_program.blob
    assert rebuilt.circuit == circuit.digest
    unknown = compile_solidity(PROVER.solidity(keys).read_text(), circuit.parts)
    assert unknown.blob == rebuilt.blob[:128] + bytes(32) + rebuilt.blob[160:]


def changed(name: str, folder: Path, edit: Callable[[onnx.ModelProto], None]) -> circuits.Circuit:
    """A copy of the circuit with another model."""
    shutil.copytree(circuits.circuits_dir() / name, folder)
    model = onnx.load(folder / "model.onnx")
    edit(model)
    onnx.save(model, folder / "model.onnx")
    return circuits.load(folder)


def other_weight(model: onnx.ModelProto) -> None:
    """One weight of the first tensor changed."""
    tensor = model.graph.initializer[0]
    array = numpy_helper.to_array(tensor).copy()
    array.flat[0] += 1
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def other_operation(model: onnx.ModelProto) -> None:
    """One node more."""
    last = model.graph.node[-1]
    output = last.output[0]
    last.output[0] = "before"
    model.graph.node.append(onnx.helper.make_node("Relu", ["before"], [output]))


@pytest.mark.parametrize(("name", "binds_weights"), [("linear4", True), ("digits", False)])
def test_the_digest_names_what_the_key_is_made_from(name: str, binds_weights: bool, tmp_path: Path) -> None:
    """Settings and graph; the weights only where the key fixes them: one key serves all weights of a shape."""
    circuit = circuits.load(name)
    assert circuit.key_program.circuit == circuit.digest
    assert changed(name, tmp_path / "same", lambda _: None).digest == circuit.digest
    assert (changed(name, tmp_path / "weight", other_weight).digest != circuit.digest) == binds_weights
    assert changed(name, tmp_path / "node", other_operation).digest != circuit.digest
    settings_path = tmp_path / "same" / "settings.json"
    text = settings_path.read_text()
    rows = circuit.settings.rows
    assert text.count(f'"num_rows": {rows}') == 1
    settings_path.write_text(text.replace(f'"num_rows": {rows}', f'"num_rows": {rows + 1}'))
    assert circuits.load(tmp_path / "same").digest != circuit.digest


def test_bad_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ZkError, match="no circuit nowhere; the circuits are digits"):
        circuits.load("nowhere")
    with pytest.raises(ZkError, match="no circuit"):
        circuits.load("../digits/none")
    folder = tmp_path / "linear4"
    shutil.copytree(circuits.circuits_dir() / "linear4", folder)
    assert circuits.load(folder).name == "linear4"
    text = (folder / "circuit.toml").read_text()
    for old, new, words in (
        ('name = "linear4"', "", "misses a value"),
        ("logrows = 9", 'logrows = "nine"', "run argument"),
        ("logrows = 9", "rows = 9", "wrong type"),
        ("[parts]", "[parts", "no valid TOML"),
        ('input = "public"', 'input = "secret"', "visibility"),
    ):
        (folder / "circuit.toml").write_text(text.replace(old, new))
        with pytest.raises(ZkError, match=words):
            circuits.load(folder)
    (folder / "circuit.toml").write_text(text)
    (folder / "key.bin").write_bytes(b"short")
    with pytest.raises(ZkError):
        _ = circuits.load(folder).key_program
    for damaged in ("", "[]", "{}"):
        (folder / "key.json").write_text(damaged)
        with pytest.raises(ZkError, match=r"key.json"):
            _ = circuits.load(folder).facts
    (folder / "key.bin").unlink()
    with pytest.raises(ZkError, match="circuits build linear4"):
        _ = circuits.load(folder).key_program


def test_a_commitment_must_fit_a_column() -> None:
    circuit = circuits.load("linear4")
    srs = circuit.test_srs()
    with pytest.raises(ZkError, match="do not fit"):
        circuits.commit([1] * 507, srs, 6)
    circuits.commit([1] * 506, srs, 6)


def test_the_command_builds_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "linear4"
    shutil.copytree(circuits.circuits_dir() / "linear4", folder)
    for name in ("key.bin", "key.json", "figures.json", "settings.json"):
        (folder / name).unlink()
    assert circuits.main(["build", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["circuit"] == "linear4"
    for name in ("key.bin", "key.json", "settings.json"):
        assert (folder / name).read_bytes() == (circuits.circuits_dir() / "linear4" / name).read_bytes()
    (folder / "key.bin").write_bytes(b"old")
    assert circuits.main(["rekey", str(folder)]) == 0
    assert json.loads(capsys.readouterr().out)["circuit"] == "linear4"
    assert (folder / "key.bin").read_bytes() == (circuits.circuits_dir() / "linear4" / "key.bin").read_bytes()
    assert KeyProgram.from_bytes((folder / "key.bin").read_bytes()).n_instances == 8
    assert circuits.main(["build", "nowhere"]) == 1
    assert "no circuit nowhere" in capsys.readouterr().err
