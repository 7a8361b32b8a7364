"""What a GPU prover needs, one sentence for each thing that is missing; and how it treats what comes from the GPU.

No GPU is needed here: EZKL's GPU program is stood in for (stand_in.py). Its proofs are real, made on the CPU.
"""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import pytest
from mai_zk import circuits, cuda, gpu, worker
from mai_zk.errors import ZkError
from mai_zk.gpu import ON_GPU, Build, GpuProver, find_build
from mai_zk.prover import CpuProver, Keys, Witness, choose_prover, make_prover
from mai_zk.worker import EzklRefused

STAND_IN = Path(__file__).with_name("stand_in.py")
DEVICE = cuda.Device("a GPU that is not there", 1 << 33, "12.4")


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stand-in where MAI_EZKL_GPU names it, with a CUDA backend's file beside it."""
    path = tmp_path / "ezkl"
    path.write_text(f"#!/bin/sh\n# {gpu.BACKEND_VARIABLE}\nexec {sys.executable} {STAND_IN} \"$@\"\n")
    path.chmod(0o755)
    (tmp_path / "backend" / "cuda").mkdir(parents=True)
    (tmp_path / "backend" / "cuda" / "libicicle_backend_cuda_device.so").touch()
    monkeypatch.setenv(gpu.PROGRAM_VARIABLE, str(path))
    monkeypatch.setenv(gpu.BACKEND_VARIABLE, str(tmp_path / "backend"))
    monkeypatch.setenv("STAND_IN_VERSION", worker.ezkl_version())
    monkeypatch.setenv("STAND_IN_SAYS", f"[*] {ON_GPU}")
    return path


@pytest.fixture(scope="module")
def witness(keys: Keys) -> Witness:
    return CpuProver().witness(keys, circuits.example_input(keys.segment))


# What is missing


def test_no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(gpu.PROGRAM_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ZkError, match="EZKL's GPU build is not installed: no ezkl-gpu is on PATH"):
        find_build()
    monkeypatch.setenv(gpu.PROGRAM_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(ZkError, match="nowhere, which MAI_EZKL_GPU names, is no program"):
        find_build()


def test_another_version(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAND_IN_VERSION", "16.1.0")
    with pytest.raises(ZkError, match=r"is EZKL 16\.1\.0 and this is EZKL 23.*keys and circuits of one"):
        find_build()
    monkeypatch.setenv("STAND_IN_VERSION", "source - no compatibility guaranteed")
    with pytest.raises(ZkError, match="is EZKL of no known version"):
        find_build()


def test_a_cpu_build(program: Path) -> None:
    program.write_text(program.read_text().replace(f"# {gpu.BACKEND_VARIABLE}", ""))
    with pytest.raises(ZkError, match="is not a GPU build of EZKL"):
        find_build()


def test_no_backend(program: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(gpu.BACKEND_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ZkError, match=r"EZKL's CUDA backend is not in .*none: run EZKL's setup-gpu\.sh"):
        find_build()


def test_no_device(program: Path) -> None:
    found, reason = cuda.devices()
    if found:
        pytest.skip(f"there is a GPU: {found[0].name}")
    assert reason
    with pytest.raises(ZkError, match="No GPU can prove here: "):
        find_build()
    with pytest.raises(ZkError, match="No GPU can prove here: "):
        make_prover("gpu")


def test_automatic_says_what_it_chose_and_why(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "devices", lambda: ([], "there is no NVIDIA driver"))
    prover, said = choose_prover("auto")
    assert type(prover) is CpuProver
    assert said == "EZKL proves on the CPU: No GPU can prove here: there is no NVIDIA driver."
    monkeypatch.setattr(cuda, "devices", lambda: ([DEVICE], ""))
    prover, said = choose_prover("auto")
    assert isinstance(prover, GpuProver) and said == "EZKL proves on the GPU a GPU that is not there."
    assert choose_prover("cpu")[1] == "EZKL proves on the CPU."


def test_the_environment_chooses_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAI_PROVER", "abacus")
    with pytest.raises(ZkError, match="There is no prover for 'abacus'"):
        make_prover()
    monkeypatch.delenv("MAI_PROVER")
    assert type(make_prover()) is CpuProver


def test_a_package_that_writes_over_ezkl_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """ezkl-gpu has the same module's files as ezkl: whichever is installed last is what runs."""
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "16.1.0" if name == "ezkl-gpu" else real(name))
    with pytest.raises(ZkError, match=r"ezkl-gpu 16\.1\.0 has written over EZKL's module; run .*--force-reinstall"):
        worker.ezkl_version()


# What comes from the GPU


@pytest.fixture
def prover(program: Path) -> GpuProver:
    return GpuProver(Build(program, program.parent / "backend", DEVICE))


def test_its_proof_holds_under_the_cpu_s_keys(prover: GpuProver, keys: Keys, witness: Witness) -> None:
    proof = prover.prove(keys, witness)
    assert CpuProver().verify(keys, proof)
    assert proof.instances == CpuProver().prove(keys, witness).instances
    assert proof.seconds > 0 and proof.peak_bytes > 10**7


def test_a_wrong_proof_is_not_returned(
    prover: GpuProver, keys: Keys, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_SPOILS", "1")
    with pytest.raises(ZkError, match="The proof that a GPU that is not there made does not hold"):
        prover.prove(keys, witness)


@pytest.mark.parametrize("says", ["[*] Running with CPU: not set", f"[*] {ON_GPU}\n[E] GPU warmup failed: no device"])
def test_a_silent_fall_back_is_an_error(
    prover: GpuProver, keys: Keys, witness: Witness, monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    monkeypatch.setenv("STAND_IN_SAYS", says)
    with pytest.raises(ZkError, match="did not prove on the GPU"):
        prover.prove(keys, witness)


def test_its_refusal_is_one_line(prover: GpuProver, keys: Keys, witness: Witness) -> None:
    damaged = Witness(witness.data.replace(b'"outputs"', b'"outputz"'), witness.execution, witness.stage)
    with pytest.raises(ZkError, match="The witness is damaged"):
        prover.prove(keys, damaged)
    spoiled = Witness(witness.data[:-1] + b', "processed_inputs": 3}', witness.execution, witness.stage)
    with pytest.raises(EzklRefused) as caught:
        prover.prove(keys, spoiled)
    assert "\n" not in str(caught.value)
