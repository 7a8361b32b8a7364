"""Trains the digits classifier (8×8 image → 32 hidden → 10) and writes model.onnx and accuracy.json beside this file.

Deterministic: one seed, scikit-learn's bundled digits, no download. Weights are rounded to multiples of 1/64, so the
circuit's fixed point (input scale 4, parameter scale 6) computes exactly what the ONNX file says.
Run: `python circuits/digits/train.py` (seconds).
"""

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
from mai_zk.digits import LEVELS, SIDE, dataset
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

HIDDEN, SEED, SCALE = 32, 0, 64
EPOCHS = 150


def augment(images: np.ndarray) -> np.ndarray:
    """The images, then shifted by a column each way, darker, thinner and smeared: scans of other pens and croppings."""
    grid = images.reshape(-1, SIDE, SIDE)
    left, right, smeared = np.zeros_like(grid), np.zeros_like(grid), grid.copy()
    left[:, :, :-1] = grid[:, :, 1:]
    right[:, :, 1:] = grid[:, :, :-1]
    smeared[:, :, 1:] += grid[:, :, :-1] / 2
    versions = [grid, left, right, grid * 1.5, grid * 1.5 - 0.5, smeared]
    levels = np.round(np.clip(np.concatenate(versions), 0, 1) * LEVELS) / LEVELS
    return levels.reshape(-1, SIDE * SIDE)


def train() -> tuple[list[np.ndarray], dict[str, float]]:
    """Return ([W1 64×32, b1 32, W2 32×10, b2 10] rounded to 1/SCALE, accuracies on the held-out images)."""
    images, labels, held_out, truth = dataset()
    augmented = augment(images)
    network = MLPClassifier(
        (HIDDEN,),
        alpha=1e-2,
        learning_rate_init=3e-3,
        batch_size=384,
        max_iter=EPOCHS,
        n_iter_no_change=EPOCHS,
        random_state=SEED,
    )
    # One thread: on small matrices more of them only wait for each other.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # a fixed number of epochs is meant
        network.fit(augmented, np.tile(labels, len(augmented) // len(labels)))
    (w1, w2), (b1, b2) = network.coefs_, network.intercepts_
    rounded = [np.round(array * SCALE) / SCALE for array in (w1, b1, w2, b2)]
    predicted = logits(rounded, held_out).argmax(axis=1)
    accuracy = {
        "held_out_images": len(truth),
        "accuracy_before_rounding": float(network.score(held_out, truth)),
        "accuracy": float((predicted == truth).mean()),
    }
    return rounded, accuracy


def logits(weights: list[np.ndarray], images: np.ndarray) -> np.ndarray:
    """The classifier's ten outputs for rows of 64 values."""
    w1, b1, w2, b2 = weights
    return np.maximum(images @ w1 + b1, 0) @ w2 + b2


def model(weights: list[np.ndarray]) -> onnx.ModelProto:
    """The ONNX graph, one image in, ten logits out."""
    names = ("w1", "b1", "w2", "b2")
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["image", "w1", "b1"], ["h"]),
            helper.make_node("Relu", ["h"], ["r"]),
            helper.make_node("Gemm", ["r", "w2", "b2"], ["logits"]),
        ],
        "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, SIDE * SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in zip(names, weights, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="mai")


if __name__ == "__main__":
    trained, figures = train()
    folder = Path(__file__).parent
    onnx.save(model(trained), folder / "model.onnx")
    (folder / "accuracy.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures))
