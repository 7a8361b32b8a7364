"""Shards of linear maps y = x·W whose weights are an input of the circuit, so that their commitment binds them.

EZKL 23 commits to weights that are constants of the graph, but where one operation alone reads such a constant it
lays out a copy that nothing ties to the committed column: a proof then shows a commitment to some weights and a product
with others (tests/zk/test_linear.py makes one). Inputs are tied cell by cell. So the graph holds no numbers: one
compiled circuit and one key serve every weight set. Points, scales and rounding are those of mai_zk.shards.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mai_zk import cache, settings, worker
from mai_zk.circuits import compile_key
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.prover import CpuProver, Keys, Prover
from mai_zk.segment import RunArgs, Segment, Visibility
from mai_zk.settings import RESERVED_ROWS, Settings
from mai_zk.shards import LEGS, MAX_LOGROWS, MAX_SIDE, MIN_LOGROWS, SCALE, run_args
from mai_zk.srs import make_test_srs
from mai_zk.sums import UNUSABLE_ROWS

MAX_COLUMNS = 3
"""With four, one of EZKL's gates has a degree that doubles the domain of the quotient."""
DOT_PRODUCTS = 4
"""Kinds of dot products in a circuit, each of which begins a row: the map itself, and one a decomposition."""


@dataclass(frozen=True)
class LinearShape:
    """One circuit: d_in numbers and d_in × d_out weights in, d_out numbers out.

    columns: products in one row. More of them make k smaller and proofs longer.
    """

    d_in: int
    d_out: int
    columns: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.d_in <= MAX_SIDE and 0 < self.d_out <= MAX_SIDE and 1 <= self.columns <= MAX_COLUMNS):
            raise ZkError(
                f"A linear shard has sides from 1 to {MAX_SIDE} and 1 to {MAX_COLUMNS} columns, "
                f"not {self.d_in}x{self.d_out} in {self.columns}."
            )

    @property
    def name(self) -> str:
        """linear-576x48-by-2."""
        return f"linear-{self.d_in}x{self.d_out}-by-{self.columns}"

    @property
    def size(self) -> int:
        """Weights."""
        return self.d_in * self.d_out

    @property
    def rows(self) -> int:
        """Rows that the layout has room for: a cell a weight, three decompositions an output."""
        terms, legs = (self.columns * -(-length // self.columns) for length in (self.d_in, LEGS))
        cells = (terms + 6 * LEGS + 3 * legs + 28) * self.d_out + DOT_PRODUCTS * (self.columns - 1)
        return -(-cells // self.columns)

    @property
    def logrows(self) -> int:
        """The least k that holds the rows and the input in one column each; ZkError if that is too large."""
        logrows = max(MIN_LOGROWS, (max(self.rows, self.d_in) + RESERVED_ROWS - 1).bit_length())
        if logrows > MAX_LOGROWS:
            raise ZkError(f"A shard {self.name} needs k = {logrows}; cut it smaller than k = {MAX_LOGROWS}.")
        return logrows

    @property
    def column(self) -> int:
        """Values in one column, and so in one commitment."""
        return (1 << self.logrows) - UNUSABLE_ROWS

    @property
    def parts(self) -> Parts:
        """The proof's first points: the input's, one for each column that the weights fill, the output's."""
        return Parts(input_points=1, params_points=1 + self.size // self.column, output_points=1)

    @property
    def run_args(self) -> RunArgs:
        """The run arguments of every shard of this shape."""
        return run_args(self.logrows, self.columns)


def model(shape: LinearShape) -> bytes:
    """The shard's ONNX file: inputs x and w, output y."""
    import onnx
    from onnx import TensorProto, helper

    sides = {"x": [1, shape.d_in], "w": [shape.d_in, shape.d_out], "y": [1, shape.d_out]}
    x, w, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, side) for name, side in sides.items())
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"])], "linear", [x, w], [y])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8, producer_name="mai")
    onnx.checker.check_model(made)
    data: bytes = made.SerializeToString()
    return data


def fixed_settings(shape: LinearShape, prover: Prover) -> Settings:
    """The shape's settings, cached; with the rows in use, since EZKL also counts inputs that it only copies."""
    key = cache.content_hash(repr(shape.run_args).encode(), model(shape), worker.ezkl_version().encode())

    def make(folder: Path) -> None:
        (folder / "model.onnx").write_bytes(model(shape))
        found = prover.settings(_segment(shape, folder / "model.onnx"))
        data = json.loads(found.text)
        data["num_rows"], data["total_assignments"] = shape.rows, shape.rows * shape.columns
        (folder / "settings.json").write_text(settings.parse(json.dumps(data), shape.name).text)

    return settings.load(cache.entry("shapes", f"{shape.name}-{key[:16]}", make) / "settings.json")


def prepare(shape: LinearShape, folder: Path, prover: Prover) -> Segment:
    """Write the shape's model.onnx and settings.json into a folder; the segment to set up and prove."""
    cache.write_atomic(folder / "model.onnx", model(shape))
    cache.write_atomic(folder / "settings.json", fixed_settings(shape, prover).text.encode())
    segment = _segment(shape, folder / "model.onnx")
    return dataclasses.replace(segment, settings_path=folder / "settings.json")


def values(inputs: npt.NDArray[np.integer], weights: npt.NDArray[np.integer]) -> list[float]:
    """What the prover takes for integers of both, the input's first. EZKL reads the same integers back."""
    joined = np.concatenate([np.ravel(inputs), np.ravel(weights)]).astype(np.float64) / 2**SCALE
    numbers: list[float] = joined.tolist()
    return numbers


@lru_cache
def shape_keys(shape: LinearShape) -> Keys:
    """EZKL's keys of a shape, made once a machine (half a minute) and cached."""
    prover = CpuProver()
    with cache.scratch() as folder:
        return prover.setup(prepare(shape, folder, prover), make_test_srs(shape.logrows))


@lru_cache
def shape_program(shape: LinearShape) -> KeyProgram:
    """The key program that the chain checks a shape's proofs with, compiled once and cached."""
    keys = shape_keys(shape)

    def make(folder: Path) -> None:
        with cache.scratch() as temporary:
            prover = CpuProver()
            own = Keys(prepare(shape, temporary, prover), keys.settings, keys.srs, keys.folder, keys.stage)
            (folder / "key.bin").write_bytes(compile_key(prover, own, shape.parts).blob)

    return KeyProgram.from_bytes((cache.entry("shape-programs", keys.folder.name, make) / "key.bin").read_bytes())


def _segment(shape: LinearShape, path: Path) -> Segment:
    sides = (shape.d_in, shape.d_out)
    return Segment(shape.name, path, (1, shape.d_in), Visibility(), shape.run_args, more_inputs=(sides,))
