"""A segment: the piece of a model that one circuit proves, what a proof shows of it and how numbers become integers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mai_zk.errors import ZkError
from mai_zk.weights import Lifted, lift

_IO_CHOICES = ("public", "hashed", "polycommit", "private")
COMMITTED = "committed"
_PARAM_CHOICES = ("fixed", COMMITTED, "hashed", "polycommit")
_SWITCHES = ("ignore_range_check_inputs_outputs", "disable_freivalds")
MAX_ONNX_BYTES = 512 * 1024 * 1024
T = TypeVar("T")


@dataclass(frozen=True)
class Visibility:
    """How a proof binds each part.

    public: the values are instances; hashed: their Poseidon hash is one; polycommit: their KZG commitment is one of the
    proof's first points; private (input, output): not bound at all. Private weights are refused: a proof would say
    nothing about them. Weights are fixed (part of the verifying key) or committed (one more committed input of the
    graph, see mai_zk.weights). Where the graph holds weights, EZKL's own hashed and polycommit do not bind them.
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
        if self.params == COMMITTED and self.input != "polycommit":
            raise ZkError(f"Committed weights are an input, so the input is polycommit too, not {self.input}.")

    @property
    def ezkl_params(self) -> str:
        """What EZKL is told: of committed weights nothing, since they are an input, and what is left is fixed."""
        return "fixed" if self.params == COMMITTED else self.params


@dataclass(frozen=True)
class RunArgs:
    """EZKL's run arguments that a circuit fixes.

    input_scale, param_scale: a value v becomes the integer round(v * 2^scale); scale_rebase_multiplier: how far scales
    may grow before EZKL divides; logrows: the circuit has 2^logrows rows; num_inner_cols: columns of a dot product;
    lookup_range: integers that a table-driven operator (erf, ...) may take;
    decomp_base, decomp_legs: integers in comparisons must be below base^legs in size, else proving fails;
    ignore_range_check_inputs_outputs: do not reserve rows to ask that of every input as well; EZKL asks it of no
    committed input either way, so those are as bounded as what they are linked to (docs/reference/shards.md);
    disable_freivalds: rows for products of two variables, not columns and a transcript phase of their own. Committed
    weights are variables.
    """

    input_scale: int = 7
    param_scale: int = 7
    scale_rebase_multiplier: int = 1
    logrows: int = 12
    num_inner_cols: int = 1
    decomp_base: int = 256
    decomp_legs: int = 4
    lookup_range: tuple[int, int] = (-32768, 32768)
    ignore_range_check_inputs_outputs: bool = False
    disable_freivalds: bool = False

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
        """Every argument that is a number, by EZKL's names."""
        return {name: value for name, value in vars(self).items() if name not in ("lookup_range", *_SWITCHES)}

    def others(self) -> dict[str, Any]:
        """The other arguments, as a settings file has them."""
        return {"lookup_range": list(self.lookup_range), **{name: getattr(self, name) for name in _SWITCHES}}


@dataclass(frozen=True)
class Segment:
    """One ONNX graph to prove.

    input_shape: the first input's shape, batch first; more_inputs: those of further ones, in the graph's order. A
    committed input has a commitment point of its own each. settings_path: fixed settings, if there are any.
    """

    name: str
    onnx_path: Path
    input_shape: tuple[int, ...]
    visibility: Visibility = field(default_factory=Visibility)
    run_args: RunArgs = field(default_factory=RunArgs)
    settings_path: Path | None = None
    more_inputs: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.visibility.params == COMMITTED and not self.run_args.disable_freivalds:
            raise ZkError(f"The committed weights of {self.name} are variables: set disable_freivalds = true.")

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of all inputs."""
        return (self.input_shape, *self.more_inputs)

    @property
    def input_sizes(self) -> tuple[int, ...]:
        """Numbers in each input."""
        return tuple(math.prod(shape) for shape in self.input_shapes)

    @property
    def input_size(self) -> int:
        """Numbers in all inputs."""
        return sum(self.input_sizes)

    def onnx_bytes(self) -> bytes:
        """The model file, checked: readable, valid ONNX, inputs of the declared shapes; else ZkError."""
        try:
            if self.onnx_path.stat().st_size > MAX_ONNX_BYTES:
                raise ZkError(f"The model {self.onnx_path} is larger than {MAX_ONNX_BYTES >> 20} MiB; split it.")
            data = self.onnx_path.read_bytes()
        except OSError as error:
            raise ZkError(f"The model {self.onnx_path} cannot be read ({error.strerror}).") from error
        _check_onnx(data, self)
        return data

    def circuit_bytes(self) -> bytes:
        """The ONNX file that EZKL compiles: the model, with weights that are committed as its last input."""
        return self._lifted.graph if self._lifted else self.onnx_bytes()

    @property
    def weights(self) -> tuple[float, ...]:
        """What the input of committed weights takes; nothing where weights are bound in another way."""
        return self._lifted.values if self._lifted else ()

    @cached_property
    def _lifted(self) -> Lifted | None:
        if self.visibility.params != COMMITTED:
            return None
        return lift(self.onnx_bytes(), self.name, self.run_args.input_scale, self.run_args.param_scale)

    def columns(self, values: list[float]) -> list[list[float]]:
        """What EZKL takes for an input: each tensor by itself, committed weights last; ZkError as check_input."""
        checked = self.split_input(self.check_input(values))
        return [*checked, list(self.weights)] if self.weights else checked

    def check_input(self, values: list[float]) -> list[float]:
        """The inputs, one after the other, as floats, or ZkError: wrong length, not a number, not finite."""
        if len(values) != self.input_size:
            raise ZkError(f"The circuit {self.name} takes {self.input_size} numbers, not {len(values)}.")
        try:
            numbers = [float(value) for value in values]
        except (TypeError, ValueError) as error:
            raise ZkError(f"The input of {self.name} holds something that is no number.") from error
        if not all(map(math.isfinite, numbers)):
            raise ZkError(f"The input of {self.name} holds an infinite value or a NaN.")
        return numbers

    def split_input(self, values: Sequence[T]) -> list[list[T]]:
        """The inputs, one after the other in ``values``, each by itself."""
        ends = list(itertools.accumulate(self.input_sizes))
        return [list(values[end - size : end]) for size, end in zip(self.input_sizes, ends, strict=True)]


def _check_onnx(data: bytes, segment: Segment) -> None:
    import onnx

    try:
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:  # protobuf's DecodeError and onnx's ValidationError share no base
        raise ZkError(f"The model {segment.onnx_path} is no valid ONNX file; export it again.") from error
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if len(inputs) != len(segment.input_shapes):
        wanted = len(segment.input_shapes)
        raise ZkError(f"The model {segment.onnx_path} has {len(inputs)} inputs, but the segment says {wanted}.")
    for value, wanted_shape in zip(inputs, segment.input_shapes, strict=True):
        shape = tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        if shape != wanted_shape:
            raise ZkError(f"The model {segment.onnx_path} takes shape {shape}, but the segment says {wanted_shape}.")
