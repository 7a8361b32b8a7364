"""Shards of a large linear map y = x·W: circuits of one shape whose one key serves every weight set.

Input, weights and output are all committed, settings are fixed by the shape, and EZKL divides back to the input's
scale, so that one shard's output commitment is the next one's input commitment. A feed-forward layer and attention's
projections q, k, v and o are the same case. The map is cut by columns of W (each shard gives some outputs), by rows
(each shard gives a partial sum of all outputs, rounded by itself) or both; mai_zk.sums says how shards join.

Weights are an input of the circuit (mai_zk.weights), so their commitment binds them. EZKL range-checks no committed
input in the circuit: a shard's input is as bounded as what it is linked to.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mai_zk import cache, circuits, settings, worker
from mai_zk.curve import Point
from mai_zk.errors import ZkError
from mai_zk.keyprogram import Parts
from mai_zk.prover import Prover, quantise
from mai_zk.segment import COMMITTED, RunArgs, Segment, Visibility
from mai_zk.settings import RESERVED_ROWS, Settings
from mai_zk.srs import Srs
from mai_zk.sums import UNUSABLE_ROWS, Layout

Weights = npt.NDArray[np.floating]

SCALE = 7
"""Fractional bits of inputs, weights and outputs."""

BASE, LEGS = 256, 3
BOUND = BASE**LEGS
"""Outputs are range-checked in the circuit: every integer is smaller than this in size. EZKL's witness holds inputs to
it as well, the circuit does not."""

VISIBILITY = Visibility(params=COMMITTED)
PARTS = Parts(input_points=1, params_points=1, output_points=1)
MIN_LOGROWS, MAX_LOGROWS = 9, 20
MAX_SIDE = 1 << 17

_GEMM = re.compile(r"([1-9][0-9]{0,6})[x×]([1-9][0-9]{0,6})")


@dataclass(frozen=True)
class Shape:
    """One shard circuit: d_in numbers in, d_out of `width` out, from `offset` on; the rest of the output is zeros.

    The offset is part of the circuit, so each has its own key; it costs no rows. By default there is no padding.
    least_logrows: a larger k than the shape needs by itself, since only commitments under one k link and add.
    """

    d_in: int
    d_out: int
    width: int = 0
    offset: int = 0
    least_logrows: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.d_in <= MAX_SIDE and 0 < self.d_out <= self.full_width <= MAX_SIDE):
            raise ZkError(f"A shard has sides from 1 to {MAX_SIDE}, not {self.d_in}x{self.d_out} of {self.width}.")
        if not 0 <= self.offset <= self.full_width - self.d_out:
            raise ZkError(f"{self.d_out} outputs from {self.offset} on do not fit {self.full_width}.")
        if self.width and self.width == self.d_out:
            raise ZkError(f"A shard with all of its {self.width} outputs has no padding; leave the width out.")

    @property
    def full_width(self) -> int:
        """Numbers in the output."""
        return self.width or self.d_out

    @property
    def name(self) -> str:
        """576x48, or 576x48-at-96-of-576 with padding."""
        padding = f"-at-{self.offset}-of-{self.width}" if self.width else ""
        return f"{self.d_in}x{self.d_out}{padding}"

    @property
    def rows(self) -> int:
        """Rows that EZKL's layout has room for: one a weight, three decompositions of each output."""
        return self.d_in * self.d_out + (9 * LEGS + 28) * self.d_out

    @property
    def logrows(self) -> int:
        """The least k that holds rows, range table and output in one set of columns; ZkError if that is too large."""
        needed = (max(self.rows, self.d_in, self.full_width) + RESERVED_ROWS - 1).bit_length()
        logrows = max(MIN_LOGROWS, needed, self.least_logrows)
        if logrows > MAX_LOGROWS:
            raise ZkError(f"A shard of {self.name} needs k = {logrows}; cut it smaller than k = {MAX_LOGROWS}.")
        return logrows

    @property
    def run_args(self) -> RunArgs:
        """The run arguments of every shard of this shape."""
        return run_args(self.logrows, columns=1)

    def input_layout(self, srs: Srs) -> Layout:
        """The layout of the input's commitment."""
        return Layout(srs.id, self.logrows, UNUSABLE_ROWS, self.d_in, SCALE)

    def output_layout(self, srs: Srs) -> Layout:
        """The layout of the output's commitment."""
        return Layout(srs.id, self.logrows, UNUSABLE_ROWS, self.full_width, SCALE)


def run_args(logrows: int, columns: int) -> RunArgs:
    """Of a shard with so many products in a row. EZKL range-checks no committed input either way; the switch only saves
    reserved rows."""
    return RunArgs(
        input_scale=SCALE,
        param_scale=SCALE,
        scale_rebase_multiplier=1,
        logrows=logrows,
        num_inner_cols=columns,
        decomp_base=BASE,
        decomp_legs=LEGS,
        ignore_range_check_inputs_outputs=True,
        disable_freivalds=True,
    )


def parse_gemm(text: str) -> tuple[int, int]:
    """`576x1536` as (d_in, d_out); ZkError if it is something else."""
    found = _GEMM.fullmatch(text)
    if found is None:
        raise ZkError(f"A linear map is written as inputs x outputs, such as 576x1536, not {text!r}.")
    d_in, d_out = (int(side) for side in found.groups())
    if max(d_in, d_out) > MAX_SIDE:
        raise ZkError(f"A linear map has at most {MAX_SIDE} inputs and outputs, not {text}.")
    return d_in, d_out


def model(shape: Shape, weights: Weights) -> bytes:
    """The shard's ONNX file. weights: d_in × d_out, finite."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    array = np.asarray(weights, dtype=np.float32)
    if array.shape != (shape.d_in, shape.d_out) or not np.isfinite(array).all():
        raise ZkError(f"A shard of {shape.name} takes {shape.d_in}x{shape.d_out} finite weights, not {array.shape}.")
    nodes = [helper.make_node("MatMul", ["x", "w"], ["y" if not shape.width else "block"])]
    initializers = [numpy_helper.from_array(array, "w")]
    if shape.width:
        after = shape.width - shape.d_out - shape.offset
        initializers.append(numpy_helper.from_array(np.array([0, shape.offset, 0, after], dtype=np.int64), "pads"))
        nodes.append(helper.make_node("Pad", ["block", "pads"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "shard",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, shape.d_in])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, shape.full_width])],
        initializers,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="mai")
    onnx.checker.check_model(made)
    data: bytes = made.SerializeToString()
    return data


def seeded_weights(shape: Shape, seed: int) -> Weights:
    """Normal random weights of a trained layer's size, multiples of 2^-SCALE, so that nothing is lost in rounding."""
    values = np.random.default_rng(seed).normal(scale=shape.d_in**-0.5, size=(shape.d_in, shape.d_out))
    rounded: Weights = (np.round(values * 2**SCALE) / 2**SCALE).astype(np.float32)
    return rounded


def fixed_settings(shape: Shape, prover: Prover) -> Settings:
    """The shape's settings, made from zero weights: no weight set has a part in them. They are cached."""
    key = cache.content_hash(repr(shape.run_args).encode(), worker.ezkl_version().encode())
    name = f"{shape.name}-{key[:16]}"

    def make(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(model(shape, np.zeros((shape.d_in, shape.d_out))))
        found = prover.settings(Segment(shape.name, folder / "model.onnx", (1, shape.d_in), VISIBILITY, shape.run_args))
        if found.output_scale != SCALE:
            raise ZkError(f"EZKL gives the outputs of {shape.name} a scale of {found.output_scale}, not {SCALE}.")
        (folder / "settings.json").write_text(found.text)

    return settings.load(cache.entry("shapes", name, make) / "settings.json")


def prepare(shape: Shape, weights: Weights, folder: Path, prover: Prover) -> Segment:
    """Write a shard's model.onnx and its shape's settings.json into a folder; the segment to set up and prove."""
    cache.write_atomic(folder / "model.onnx", model(shape, weights))
    cache.write_atomic(folder / "settings.json", fixed_settings(shape, prover).text.encode())
    segment = Segment(shape.name, folder / "model.onnx", (1, shape.d_in), VISIBILITY, shape.run_args)
    return dataclasses.replace(segment, settings_path=folder / "settings.json")


def weights_point(weights: Weights, srs: Srs) -> Point:
    """The commitment that a proof with these weights carries as its second point, computed without EZKL.

    Weights are committed row by row (d_in × d_out), each as round(w * 2^SCALE).
    """
    integers = [quantise(float(value), SCALE) for value in np.asarray(weights, dtype=np.float32).ravel()]
    if any(abs(value) >= BOUND for value in integers):
        raise ZkError(f"A weight is {BOUND >> SCALE} or more in size; scale the layer down.")
    return circuits.commit(integers, srs, UNUSABLE_ROWS)
