"""The prover on the 4→4 circuit: proofs that hold, proofs that do not, inputs that are refused, workers that die."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from mai_zk import circuits, worker
from mai_zk import prover as proving
from mai_zk.errors import ZkError
from mai_zk.field import R
from mai_zk.prover import CpuProver, Keys, Proof, Witness, quantise
from mai_zk.segment import Visibility

INPUT = [0.5, -1.25, 2.0, 0.0078125]
PROVER = CpuProver()


@pytest.fixture(scope="module")
def keys() -> Keys:
    """Keys of linear4 under the test SRS, from the user's cache."""
    circuit = circuits.load("linear4")
    return PROVER.setup(circuit.segment, circuit.test_srs())


@pytest.fixture(scope="module")
def witness(keys: Keys) -> Witness:
    """The witness of INPUT."""
    return PROVER.witness(keys, INPUT)


@pytest.fixture(scope="module")
def proof(keys: Keys, witness: Witness) -> Proof:
    """One proof of INPUT."""
    return PROVER.prove(keys, witness)


def test_an_honest_proof_holds(keys: Keys, witness: Witness, proof: Proof) -> None:
    assert PROVER.verify(keys, proof)
    run = witness.execution
    assert proof.instances == tuple(value % R for value in run.inputs + run.outputs)
    assert run.inputs == tuple(quantise(value, keys.settings.input_scale) for value in INPUT)
    assert proof.seconds > 0 and proof.peak_bytes > 1 << 20


def test_execution_is_that_of_the_model(keys: Keys, witness: Witness) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    run = PROVER.execute(keys.segment, INPUT)
    assert run == witness.execution
    session = onnxruntime.InferenceSession(keys.segment.onnx_bytes())
    expected = session.run(None, {"x": [INPUT]})[0][0]
    # Weights and inputs are exact at these scales and nothing is divided: the circuit computes the model itself.
    assert list(run.values) == [float(value) for value in expected]
    assert run.argmax == expected.argmax()
    assert PROVER.execute_many(keys.segment, [INPUT, INPUT], keys.settings) == [list(run.outputs)] * 2


def test_false_proofs_do_not_hold(keys: Keys, proof: Proof) -> None:
    false = [replace(proof, instances=(*proof.instances[:-1], (proof.instances[-1] + 1) % R))]
    false += [replace(proof, instances=(*proof.instances[:-1], proof.instances[-1] + R))]
    for position in (31, 1100, 1500, len(proof.proof) - 1):
        changed = bytearray(proof.proof)
        changed[position] ^= 1
        false.append(replace(proof, proof=bytes(changed)))
    false.append(replace(proof, proof=proof.proof[:-1]))
    assert PROVER.verify(keys, proof)
    assert [PROVER.verify(keys, other) for other in false] == [False] * len(false)


def test_proofs_are_saved_and_read(keys: Keys, proof: Proof, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    proof.save(path)
    loaded = Proof.load(path)
    assert (loaded.instances, loaded.proof) == (proof.instances, proof.proof)
    assert PROVER.verify(keys, loaded)
    for text in ("", "{}", "[]", '{"proof": "zz", "instances": []}'):
        path.write_text(text)
        with pytest.raises(ZkError, match="not an EZKL proof"):
            Proof.load(path)
    with pytest.raises(ZkError, match="cannot be read"):
        Proof.load(tmp_path / "none.json")


def test_setup_is_deterministic(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAI_CACHE", str(tmp_path))
    again = PROVER.setup(keys.segment, keys.srs)
    assert again.folder != keys.folder
    assert again.vk.read_bytes() == keys.vk.read_bytes()
    assert PROVER.solidity(again).read_text() == PROVER.solidity(keys).read_text()


def test_damaged_keys_are_made_again(keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAI_CACHE", str(tmp_path))
    first = PROVER.setup(keys.segment, keys.srs)
    first.pk.write_bytes(first.pk.read_bytes()[:1000])
    again = PROVER.setup(keys.segment, keys.srs)
    assert again.pk.stat().st_size == keys.pk.stat().st_size


def test_bad_arguments_are_refused(keys: Keys, witness: Witness, tmp_path: Path) -> None:
    small = replace(keys.srs, logrows=keys.srs.logrows - 1)
    with pytest.raises(ZkError, match="needs an SRS"):
        PROVER.setup(keys.segment, small)
    with pytest.raises(ZkError, match="takes 4 numbers"):
        PROVER.witness(keys, INPUT[:3])
    for data in (b"", b"{}", b'{"inputs": [[]], "outputs": [[]]}', b'{"inputs": [["zz"]], "outputs": [["00"]]}'):
        with pytest.raises(ZkError, match="witness is"):
            PROVER.prove(keys, replace(witness, data=data))
    with pytest.raises(ZkError, match="no prover"):
        proving.make_prover("abacus")
    assert isinstance(proving.make_prover(), CpuProver)


def test_a_false_witness_gives_no_proof_that_holds(keys: Keys, witness: Witness) -> None:
    data = json.loads(witness.data)
    data["outputs"][0][1] = "01" + "00" * 31
    try:
        proof = PROVER.prove(keys, replace(witness, data=json.dumps(data).encode()))
    except ZkError:
        return  # EZKL itself may refuse to prove it
    assert not PROVER.verify(keys, proof)


def test_values_beyond_the_range_are_refused(keys: Keys) -> None:
    with pytest.raises(ZkError, match="EZKL refused `witness`"):
        PROVER.witness(keys, [1e9, 1e9, 1e9, 1e9])


def test_missing_files_are_named(keys: Keys, witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(ZkError, match="EZKL refused `prove`"):
        PROVER.prove(replace(keys, folder=tmp_path), witness)
    with pytest.raises(ZkError, match="EZKL refused `verify`"):
        PROVER.verify(replace(keys, folder=tmp_path), Proof((), b""))


def test_a_crash_of_the_worker_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZkError, match="died of SIGABRT during `crash`"):
        worker.run([("crash", {})], tmp_path)
    with pytest.raises(ZkError, match="refused `verify`"):
        worker.run([("verify", {"proof": "no", "settings": "no", "vk": "no", "srs": "no"})], tmp_path)


def test_nothing_is_printed(keys: Keys, capfd: pytest.CaptureFixture[str]) -> None:
    PROVER.execute(keys.segment, INPUT)
    with pytest.raises(ZkError):
        PROVER.verify(replace(keys, folder=Path("/nonexistent")), Proof((), b""))
    assert capfd.readouterr() == ("", "")


def test_hashed_parts_are_ezkl_poseidon_hashes(keys: Keys) -> None:
    arguments = replace(keys.segment.run_args, logrows=10)
    hashed = replace(
        keys.segment, visibility=Visibility("hashed", "fixed", "hashed"), run_args=arguments, settings_path=None
    )
    found = PROVER.settings(hashed)
    assert found.logrows == 10
    compiled = PROVER.compile(hashed, found)
    with proving.cache.scratch() as folder:
        (folder / "input.json").write_text(json.dumps({"input_data": [INPUT]}))
        files = {"data": "input.json", "compiled": str(compiled / "circuit"), "output": "witness.json"}
        worker.run([("witness", files)], folder)
        data = json.loads((folder / "witness.json").read_text())
    for name in ("input", "output"):
        values = [proving.signed(felt) for felt in data[f"{name}s"][0]]
        recorded = data[f"processed_{name}s"]["poseidon_hash"][0]
        assert proving.poseidon(values) == int.from_bytes(bytes.fromhex(recorded), "little")


@pytest.mark.parametrize(
    ("value", "scale", "integer"), [(0.5, 0, 1), (-0.5, 0, -1), (0.49, 0, 0), (-1.25, 7, -160), (1 / 3, 4, 5)]
)
def test_rounding(value: float, scale: int, integer: int) -> None:
    assert quantise(value, scale) == integer
