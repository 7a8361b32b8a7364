"""The coverage table: EZKL 23 circuits of every kind that the on-chain verifier is shown to take, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from mai_zk.segment import RunArgs, Visibility

from . import models
from .models import Maker, Shape


@dataclass(frozen=True)
class EzklArgs(RunArgs):
    """Run arguments with EZKL's switches that no circuit of the project turns.

    disable_freivalds: no random check of large products (True keeps one transcript phase fewer);
    bounded_log_lookup: logarithms by a table over a bounded range; ignore_range_check_inputs_outputs: EZKL's name.
    """

    disable_freivalds: bool = True
    bounded_log_lookup: bool = False
    ignore_range_check_inputs_outputs: bool = False

    def integers(self) -> dict[str, int]:
        """The arguments that are numbers."""
        return {name: value for name, value in super().integers().items() if not isinstance(value, bool)}


PUBLIC = Visibility("public", "fixed", "public")
HASHED = Visibility("hashed", "fixed", "hashed")
COMMITTED = Visibility("polycommit", "polycommit", "polycommit")
NARROW: dict[str, Any] = {"lookup_range": (-1000, 1000)}


@dataclass(frozen=True)
class Entry:
    """One circuit of the table.

    shows: what it adds to the table; cheap: it takes a few seconds, so the sample of CI may draw it;
    lookups, extra_phase: whether the transcript has the phase of lookups, of Freivalds' challenge;
    no_vka: how EZKL fails to write the circuit's VKA, as a pattern of our error; session: it takes more than one
    transaction; inputs: the input where the example's numbers will not do.
    """

    name: str
    shows: str
    make: Maker
    shape: Shape
    visibility: Visibility = PUBLIC
    run_args: EzklArgs = field(default_factory=EzklArgs)
    cheap: bool = False
    lookups: bool = True
    extra_phase: bool = False
    no_vka: str | None = None
    session: bool = False
    inputs: tuple[float, ...] | None = None

    @property
    def size(self) -> int:
        """Numbers in the input."""
        return math.prod(self.shape)

    @property
    def phases(self) -> int:
        """Transcript phases before the evaluations."""
        return 3 + self.lookups + self.extra_phase


def args(logrows: int, columns: int = 1, base: int = 256, legs: int = 4, **more: Any) -> EzklArgs:
    """Run arguments of a small circuit."""
    return EzklArgs(logrows=logrows, num_inner_cols=columns, decomp_base=base, decomp_legs=legs, **more)


def table(logrows: int, columns: int = 1, largest: int = 1000, **more: Any) -> EzklArgs:
    """Run arguments with lookup tables from -largest to largest, small legs beside them."""
    return args(logrows, columns, base=64, lookup_range=(-largest, largest), **more)


def part(entry_input: str, params: str, output: str) -> Visibility:
    """Visibility of input, weights, output."""
    return Visibility(entry_input, params, output)


LAYER = models.dense(4, 4, activation="Relu")
SIGMOID = models.dense(4, 4, activation="Sigmoid")
SMALL = (1, 4)
BARE: dict[str, Any] = {"ignore_range_check_inputs_outputs": True}
FREIVALDS: dict[str, Any] = {"disable_freivalds": False, "scale_rebase_multiplier": 10, **BARE}
PANIC = "EZKL refused `vka`"  # its bit counter for the pairing's inputs exceeds 256 bits
DAMAGED = "not a word of the proof"  # it says that a permutation chunk has one word fewer than it has

MATRIX: tuple[Entry, ...] = (
    # operators
    Entry("relu", "Gemm, ReLU by decomposition", LAYER, SMALL, PUBLIC, args(10), cheap=True),
    Entry("gemm", "a 16×16 Gemm alone", models.dense(16, 16), (1, 16), PUBLIC, args(12)),
    Entry("deep", "six Gemm and ReLU layers", models.dense(*[4] * 7, activation="Relu"), SMALL, PUBLIC, args(12)),
    Entry("sigmoid", "Sigmoid by a lookup table", SIGMOID, SMALL, PUBLIC, table(11), cheap=True),
    Entry("two-tables", "Tanh, Exp: two tables", models.unary(4, "Tanh", "Exp"), SMALL, PUBLIC, table(11), cheap=True),
    Entry("gelu", "GELU: Erf by a lookup table, products", models.gelu(4), SMALL, HASHED, table(12)),
    Entry("layer-norm", "ReduceMean, Sub, Pow, Sqrt, Div", models.layer_norm(8), (1, 8), PUBLIC, args(12)),
    Entry("softmax", "Softmax: Exp by a table, a shuffle", models.softmax(4), SMALL, PUBLIC, args(11, **NARROW)),
    Entry("conv", "Conv2d, ReLU", models.conv(6, 2), (1, 1, 6, 6), PUBLIC, args(13)),
    Entry("conv-pool", "Conv2d, ReLU, MaxPool", models.conv(6, 2, "MaxPool"), (1, 1, 6, 6), HASHED, args(13)),
    Entry("max-pool", "MaxPool", models.pool(4, "MaxPool"), (1, 1, 4, 4), PUBLIC, args(11), cheap=True),
    Entry("top-k", "TopK: a shuffle", models.top_k(6, 2), (1, 6), PUBLIC, args(11), cheap=True),
    Entry("arg-max", "ArgMax: a dynamic lookup", models.arg_max(6), (1, 6), PUBLIC, args(11), cheap=True),
    Entry(
        "gather",
        "Gather by indices from the input: a dynamic lookup",
        models.embed(8, 4),
        SMALL,
        PUBLIC,
        args(11),
        inputs=(0.0, 3.0, 7.0, 1.0),
    ),
    Entry("select", "Greater, Where, Abs, Clip, Max, Floor", models.mixed(4), SMALL, PUBLIC, args(11)),
    Entry(
        "bounded-log",
        "Log with bounded_log_lookup",
        models.shifted(4, "Log"),
        SMALL,
        PUBLIC,
        table(12, bounded_log_lookup=True),
    ),
    # transformers
    Entry(
        "attention",
        "attention with residual, S = 2, d = 4",
        models.attention(2, 4),
        (2, 4),
        COMMITTED,
        args(12, **NARROW),
    ),
    Entry(
        "attention-wide",
        "attention with residual, S = 4, d = 8",
        models.attention(4, 8),
        (4, 8),
        PUBLIC,
        args(14, 2, **NARROW),
    ),
    # A table too small for a value would not fail: EZKL's prover waits for itself for ever.
    Entry(
        "attention512",
        "attention with residual, S = 4, d = 64",
        models.attention(4, 64),
        (4, 64),
        PUBLIC,
        args(17, 2, lookup_range=(-30000, 30000)),
    ),
    Entry(
        "block",
        "attention, both norms, feed-forward, S = 2, d = 4",
        models.attention(2, 4, block=True),
        (2, 4),
        COMMITTED,
        args(13, 2, **NARROW),
    ),
    # columns
    Entry("columns2", "two inner columns", LAYER, SMALL, PUBLIC, args(9, 2), cheap=True),
    Entry("columns4", "four inner columns", models.dense(8, 8, activation="Relu"), (1, 8), PUBLIC, args(9, 4)),
    Entry("columns8", "eight inner columns", models.dense(8, 8, activation="Relu"), (1, 8), PUBLIC, args(9, 8)),
    Entry("columns16", "sixteen inner columns", models.dense(8, 8, activation="Relu"), (1, 8), PUBLIC, args(9, 16)),
    Entry(
        "columns24",
        "twenty-four inner columns",
        models.dense(8, 8, activation="Relu"),
        (1, 8),
        PUBLIC,
        args(9, 24),
        no_vka=DAMAGED,
    ),
    Entry(
        "columns30",
        "thirty inner columns: a session",
        models.dense(8, 8, activation="Relu"),
        (1, 8),
        PUBLIC,
        args(9, 30),
        no_vka=DAMAGED,
        session=True,
    ),
    Entry("blocks", "more rows than 2^k: the columns repeat", models.unary(32, "Neg"), (1, 32), PUBLIC, args(9)),
    # visibility
    Entry("hashed", "Poseidon hashes of input and output", LAYER, SMALL, HASHED, args(11)),
    Entry(
        "hashed-params",
        "the weights' Poseidon hash",
        models.dense(3, 3),
        (1, 3),
        part("public", "hashed", "public"),
        args(11),
    ),
    Entry("hashed-all", "everything hashed", models.dense(2, 2), (1, 2), part("hashed", "hashed", "hashed"), args(11)),
    Entry(
        "committed-params",
        "the weights' commitment",
        LAYER,
        SMALL,
        part("public", "polycommit", "public"),
        args(10),
        cheap=True,
    ),
    Entry("committed-all", "everything committed: no instances", LAYER, SMALL, COMMITTED, args(11), cheap=True),
    Entry(
        "all-kinds", "each part bound in another way", LAYER, SMALL, part("hashed", "polycommit", "public"), args(11)
    ),
    Entry(
        "private-input", "the input not bound", LAYER, SMALL, part("private", "fixed", "public"), args(10), cheap=True
    ),
    Entry(
        "private",
        "neither input nor output bound: no instances",
        LAYER,
        SMALL,
        part("private", "fixed", "private"),
        args(9),
        cheap=True,
    ),
    Entry(
        "instances",
        "256 public values, no lookup",
        models.unary(128, "Neg"),
        (1, 128),
        PUBLIC,
        args(9, **BARE),
        lookups=False,
    ),
    Entry(
        "instances-many",
        "600 public values, no lookup",
        models.unary(300, "Neg"),
        (1, 300),
        PUBLIC,
        args(10, **BARE),
        lookups=False,
    ),
    Entry(
        "instances700",
        "700 public values",
        models.unary(350, "Neg"),
        (1, 350),
        PUBLIC,
        args(11, **BARE),
        lookups=False,
    ),
    # transcript and tables
    Entry(
        "freivalds",
        "an einsum by Freivalds' check, no lookup",
        models.product(16, 16),
        (16, 16),
        COMMITTED,
        args(11, **FREIVALDS),
        lookups=False,
        extra_phase=True,
    ),
    Entry(
        "freivalds-relu",
        "Freivalds' check and lookups",
        models.product(16, 16, "Relu"),
        (16, 16),
        COMMITTED,
        args(13, **FREIVALDS),
        extra_phase=True,
    ),
    Entry(
        "ezkl-default",
        "EZKL's defaults but logrows: base 16384, 2 legs, 2 columns",
        LAYER,
        SMALL,
        PUBLIC,
        args(15, 2, 16384, 2, disable_freivalds=False),
    ),
    Entry(
        "split-range", "a range check over 9 columns, 12 quotient pieces", LAYER, SMALL, PUBLIC, args(11, 1, 16384, 2)
    ),
    Entry("split-table", "a lookup table over several columns", SIGMOID, SMALL, PUBLIC, table(10, largest=2000)),
    Entry(
        "split-many",
        "a lookup table over 16 columns, 19 quotient pieces",
        SIGMOID,
        SMALL,
        PUBLIC,
        table(9, largest=4000),
        no_vka=PANIC,
    ),
)
