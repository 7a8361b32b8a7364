"""Proving time of the digits circuit against EZKL's own default calibration of the same segment, in one run.

`python bench/prove.py [--runs N] [--images N]` prints one JSON object; `measure()` returns it. Three rows:

- `ours`: the circuit as checked in (input, weights and output committed, fixed settings);
- `hashed`: our settings with weights fixed in the key and input and output hashed, the other way to bind them;
- `ezkl_default`: the same segment and visibility as `ours`, every other argument EZKL's default, scales and rows
  chosen by `ezkl.calibrate_settings` with its defaults.

Seconds are wall times of EZKL's calls alone, each in a process of its own; `prove_seconds` is the median of the runs.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from mai_zk import cache, circuits, digits
from mai_zk.errors import ZkError
from mai_zk.prover import CpuProver
from mai_zk.segment import Segment, Visibility
from mai_zk.settings import Settings
from mai_zk.srs import make_test_srs

CALIBRATION_IMAGES = 20


def measure(runs: int = 3, images: int = 200) -> dict[str, Any]:
    """All rows, the speed-up, and the float model's accuracy on the same held-out images."""
    training, _, held_out, labels = digits.dataset()
    samples, truth = held_out[:images].tolist(), labels[:images]
    segment = circuits.load("digits").segment
    hashed = dataclasses.replace(
        segment,
        visibility=Visibility("hashed", "fixed", "hashed"),
        run_args=dataclasses.replace(segment.run_args, logrows=13),
        settings_path=None,
    )
    prover = CpuProver()
    calibrated = prover.calibrate(segment, training[:CALIBRATION_IMAGES].tolist())
    rows = {
        "ours": _row(prover, segment, prover.settings(segment), (samples, truth), runs),
        "hashed": _row(prover, hashed, prover.settings(hashed), (samples, truth), runs),
        "ezkl_default": _row(prover, segment, calibrated, (samples, truth), runs),
    }
    return {
        **rows,
        "float_accuracy": _float_accuracy(segment, samples, truth),
        "images": images,
        "runs": runs,
        "speed_up": round(rows["ezkl_default"]["prove_seconds"] / rows["ours"]["prove_seconds"], 2),
    }


def _row(
    prover: CpuProver,
    segment: Segment,
    found: Settings,
    images: tuple[Sequence[Sequence[float]], Sequence[int]],
    runs: int,
) -> dict[str, Any]:
    """Keys, `runs` proofs of the first image, and the argmax accuracy of the circuit's integers on all images."""
    samples, truth = images
    with cache.scratch() as folder:
        path = folder / "settings.json"
        path.write_text(found.text)
        # The settings are given, so the run arguments of the segment only have to repeat them.
        arguments = {name: found.run_args[name] for name in segment.run_args.integers()}
        low, high = found.run_args["lookup_range"]
        run_args = dataclasses.replace(segment.run_args, **arguments, lookup_range=(low, high))
        fixed = dataclasses.replace(segment, settings_path=path, run_args=run_args)
        keys = prover.setup(fixed, make_test_srs(found.logrows))
        witness = prover.witness(keys, samples[0])
        proofs = [prover.prove(keys, witness) for _ in range(runs)]
        if not all(prover.verify(keys, proof) for proof in proofs):
            raise ZkError("EZKL refuses its own proof; the measurement is void.")
        outputs = prover.execute_many(fixed, samples, found)
    return {
        "k": found.logrows,
        "rows": found.rows,
        "inner_columns": found.run_args["num_inner_cols"],
        "instances": len(proofs[0].instances),
        "proof_bytes": len(proofs[0].proof),
        "setup_seconds": round(keys.stage.seconds, 2),
        "prove_seconds": round(statistics.median(proof.seconds for proof in proofs), 3),
        "prove_peak_mb": round(max(proof.peak_bytes for proof in proofs) / 1e6),
        "accuracy": _accuracy(outputs, truth),
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
