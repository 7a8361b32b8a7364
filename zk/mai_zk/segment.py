"""A segment: the piece of a model that one circuit proves, what a proof shows of it and how numbers become integers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from mai_zk.errors import ZkError

_IO_CHOICES = ("public", "hashed", "polycommit", "private")
_PARAM_CHOICES = ("fixed", "hashed", "polycommit")
MAX_ONNX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Visibility:
    """How a proof binds each part.

    public: the values are instances; hashed: their Poseidon hash is one; polycommit: their KZG commitment is one of the
    proof's first points; fixed (weights only): part of the verifying key; private (input, output): not bound at all.
    Private weights are refused: a proof would say nothing about them.
    """

    input: str = "polycommit"
    params: str = "polycommit"
    output: str = "polycommit"

    def __post_init__(self) -> None:
        for part, value in (("input", self.input), ("output", self.output)):
            if value not in _IO_CHOICES:
                raise ZkError(f"The visibility of {part} is one of {', '.join(_IO_CHOICES)}, not {value!r}.")
        if self.params not in _PARAM_CHOICES:
            raise ZkError(f"The visibility of params is one of {', '.join(_PARAM_CHOICES)}, not {self.params!r}.")


@dataclass(frozen=True)
class RunArgs:
    """EZKL's run arguments that a circuit fixes.

    input_scale, param_scale: a value v becomes the integer round(v * 2^scale); scale_rebase_multiplier: how far scales
    may grow before EZKL divides; logrows: the circuit has 2^logrows rows; num_inner_cols: columns of a dot product;
    lookup_range: integers that a table-driven operator (erf, ...) may take;
    decomp_base, decomp_legs: integers in comparisons must be below base^legs in size, else proving fails.
    """

    input_scale: int = 7
    param_scale: int = 7
    scale_rebase_multiplier: int = 1
    logrows: int = 12
    num_inner_cols: int = 1
    decomp_base: int = 256
    decomp_legs: int = 4
    lookup_range: tuple[int, int] = (-32768, 32768)

    def __post_init__(self) -> None:
        low, high = self.lookup_range
        if not -(1 << 30) <= low <= high <= 1 << 30:
            raise ZkError(f"The run argument lookup_range is two integers, the lower first, not {self.lookup_range!r}.")
        for name, value in self.integers().items():
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1 << 20:
                raise ZkError(f"The run argument {name} is a small non-negative integer, not {value!r}.")
        if not 1 <= self.logrows <= 26:
            raise ZkError(f"The run argument logrows is from 1 to 26, not {self.logrows}.")

    def integers(self) -> dict[str, int]:
        """Every argument but lookup_range, by EZKL's names."""
        return {name: value for name, value in vars(self).items() if name != "lookup_range"}


@dataclass(frozen=True)
class Segment:
    """One ONNX graph to prove.

    input_shape: the one input's shape, batch first; settings_path: fixed settings, if there are any.
    """

    name: str
    onnx_path: Path
    input_shape: tuple[int, ...]
    visibility: Visibility = field(default_factory=Visibility)
    run_args: RunArgs = field(default_factory=RunArgs)
    settings_path: Path | None = None

    @property
    def input_size(self) -> int:
        """Numbers in the input."""
        return math.prod(self.input_shape)

    def onnx_bytes(self) -> bytes:
        """The model file, checked: readable, valid ONNX, one input of the declared shape; else ZkError."""
        try:
            if self.onnx_path.stat().st_size > MAX_ONNX_BYTES:
                raise ZkError(f"The model {self.onnx_path} is larger than {MAX_ONNX_BYTES >> 20} MiB; split it.")
            data = self.onnx_path.read_bytes()
        except OSError as error:
            raise ZkError(f"The model {self.onnx_path} cannot be read ({error.strerror}).") from error
        _check_onnx(data, self)
        return data

    def check_input(self, values: list[float]) -> list[float]:
        """The flat input as floats, or ZkError: wrong length, not a number, not finite."""
        if len(values) != self.input_size:
            raise ZkError(f"The circuit {self.name} takes {self.input_size} numbers, not {len(values)}.")
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError) as error:
            raise ZkError(f"The input of {self.name} holds something that is no number.") from error
        if not all(map(math.isfinite, numbers)):
            raise ZkError(f"The input of {self.name} holds an infinite value or a NaN.")
        return numbers


def _check_onnx(data: bytes, segment: Segment) -> None:
    import onnx

    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's DecodeError and onnx's ValidationError share no base
        raise ZkError(f"The model {segment.onnx_path} is no valid ONNX file; export it again.") from error
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != 1:
        raise ZkError(f"The model {segment.onnx_path} has {len(inputs)} inputs; a segment has one.")
    shape = tuple(dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim)
    if shape != segment.input_shape:
        raise ZkError(f"The model {segment.onnx_path} takes shape {shape}, but the segment says {segment.input_shape}.")
