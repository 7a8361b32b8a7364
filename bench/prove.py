"""Proving time of the digits circuit against EZKL's own default calibration of the same segment, in one run.

`python bench/prove.py [--runs N] [--images N]` prints one JSON object; `measure()` returns it. Three rows:

- `ours`: the circuit as checked in (input, weights and output committed, fixed settings);
- `hashed`: our settings with weights fixed in the key and input and output hashed, the other way to bind them;
- `ezkl_default`: the same segment and visibility as `ours`, every other argument EZKL's default, scales and rows
  chosen by `ezkl.calibrate_settings` with its defaults.

Seconds are those of EZKL's calls alone, each in a process of its own, medians of the runs, which alternate between the
rows so that other load on the machine strikes all alike. `cpu_speed_up` compares CPU seconds of all threads, which
depend less on that load.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mai_zk import cache, circuits, digits
from mai_zk.errors import ZkError
from mai_zk.prover import CpuProver, Proof
from mai_zk.segment import Segment, Visibility
from mai_zk.settings import Settings
from mai_zk.srs import make_test_srs

CALIBRATION_IMAGES = 20


def measure(runs: int = 3, images: int = 200) -> dict[str, Any]:
    """All rows, the speed-up, and the float model's accuracy on the same held-out images."""
    training, _, held_out, labels = digits.dataset()
    samples, truth = held_out[:images].tolist(), labels[:images].tolist()
    segment = circuits.load("digits").segment
    # As EZKL does these by itself: weights are constants of the graph, which it commits to without tying them.
    arguments = dataclasses.replace(segment.run_args, ignore_range_check_inputs_outputs=False, disable_freivalds=False)
    plain = dataclasses.replace(segment, visibility=Visibility(), run_args=arguments, settings_path=None)
    hashed = dataclasses.replace(
        plain, visibility=Visibility("hashed", "fixed", "hashed"), run_args=dataclasses.replace(arguments, logrows=13)
    )
    prover = CpuProver()
    calibrated = prover.calibrate(plain, training[:CALIBRATION_IMAGES].tolist())
    with cache.scratch() as folder:
        contenders = {
            "ours": Contender(prover, segment, prover.settings(segment), folder / "ours"),
            "hashed": Contender(prover, hashed, prover.settings(hashed), folder / "hashed"),
            "ezkl_default": Contender(prover, plain, calibrated, folder / "default"),
        }
        for _ in range(runs):
            for contender in contenders.values():
                contender.prove(samples[0])
        rows = {name: contender.row(samples, truth) for name, contender in contenders.items()}
    ours, default = rows["ours"], rows["ezkl_default"]
    return {
        **rows,
        "float_accuracy": _float_accuracy(segment, samples, truth),
        "images": images,
        "runs": runs,
        "speed_up": round(default["prove_seconds"] / ours["prove_seconds"], 2),
        "cpu_speed_up": round(default["prove_cpu_seconds"] / ours["prove_cpu_seconds"], 2),
    }


class Contender:
    """One way to prove the segment: its settings, keys and the proofs made so far."""

    def __init__(self, prover: CpuProver, segment: Segment, found: Settings, folder: Path) -> None:
        folder.mkdir()
        path = folder / "settings.json"
        path.write_text(found.text)
        # The settings are given, so the run arguments of the segment only have to repeat them.
        arguments = {name: found.run_args[name] for name in segment.run_args.integers()}
        low, high = found.run_args["lookup_range"]
        run_args = dataclasses.replace(segment.run_args, **arguments, lookup_range=(low, high))
        self.prover, self.settings = prover, found
        self.segment = dataclasses.replace(segment, settings_path=path, run_args=run_args)
        self.keys = prover.setup(self.segment, make_test_srs(found.logrows))
        self.proofs: list[Proof] = []

    def prove(self, values: Sequence[float]) -> None:
        """One more proof, checked."""
        proof = self.prover.prove(self.keys, self.prover.witness(self.keys, values))
        if not self.prover.verify(self.keys, proof):
            raise ZkError("EZKL refuses its own proof; the measurement is void.")
        self.proofs.append(proof)

    def row(self, samples: Sequence[Sequence[float]], truth: Sequence[int]) -> dict[str, Any]:
        """The figures, with the argmax accuracy of the circuit's integers on all samples."""
        stages = [proof.stage for proof in self.proofs if proof.stage is not None]
        return {
            "k": self.settings.logrows,
            "rows": self.settings.rows,
            "inner_columns": self.settings.run_args["num_inner_cols"],
            "instances": len(self.proofs[0].instances),
            "proof_bytes": len(self.proofs[0].proof),
            "setup_seconds": round(self.keys.stage.seconds, 2),
            "prove_seconds": round(statistics.median(stage.seconds for stage in stages), 3),
            "prove_cpu_seconds": round(statistics.median(stage.cpu_seconds for stage in stages), 3),
            "prove_peak_mb": round(max(stage.peak_bytes for stage in stages) / 1e6),
            "accuracy": _accuracy(self.prover.execute_many(self.segment, samples, self.settings), truth),
        }


def _accuracy(outputs: Sequence[Sequence[float]], truth: Sequence[int]) -> float:
    return float((np.array([int(np.argmax(row)) for row in outputs]) == np.array(truth)).mean())


def _float_accuracy(segment: Segment, samples: Sequence[Sequence[float]], truth: Sequence[int]) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(segment.onnx_bytes())
    name = session.get_inputs()[0].name
    outputs = [session.run(None, {name: np.array([row], dtype=np.float32)})[0][0] for row in samples]
    return _accuracy(outputs, truth)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Measure proving against EZKL's default calibration.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--images", type=int, default=200)
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.runs, chosen.images), indent=1))
