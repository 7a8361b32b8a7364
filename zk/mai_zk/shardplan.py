"""Which shards to cut a linear map into: candidates with their costs, estimated or measured, and a choice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from mai_zk import cache, circuits
from mai_zk.circuits import compile_key
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.prover import Proof, Prover
from mai_zk.shards import MAX_LOGROWS, MIN_LOGROWS, PARTS, Shape, Weights, prepare, seeded_weights
from mai_zk.srs import make_test_srs

SMALL, LARGE = "shard16", "shard"
"""The checked-in circuits whose figures the estimates go through."""


@dataclass(frozen=True)
class Plan:
    """One way to cut a d_in × d_out map: `columns` times `rows` shards of one shape.

    columns: parts that the outputs are cut into; rows: parts that the inputs are cut into, whose outputs are added.
    """

    d_in: int
    d_out: int
    columns: int
    rows: int

    @property
    def shape(self) -> Shape:
        """Every shard's shape."""
        return Shape(self.d_in // self.rows, self.d_out // self.columns)

    @property
    def shards(self) -> int:
        """How many shards, so how many proofs of the whole map."""
        return self.columns * self.rows

    @property
    def cut(self) -> str:
        """What is cut, in a word or two."""
        return {(False, False): "nothing", (True, False): "columns", (False, True): "rows"}.get(
            (self.columns > 1, self.rows > 1), "both"
        )

    def pieces(self, weights: Weights) -> Iterator[tuple[int, int, Weights]]:
        """The shards' weights as (row part, column part, d_in × d_out array), row parts first."""
        if weights.shape != (self.d_in, self.d_out):
            raise ZkError(f"The map has {self.d_in}x{self.d_out} weights, not {weights.shape}.")
        high, wide = self.shape.d_in, self.shape.d_out
        for row in range(self.rows):
            for column in range(self.columns):
                yield (
                    row,
                    column,
                    weights[row * high : (row + 1) * high, column * wide : (column + 1) * wide],
                )


@dataclass(frozen=True)
class Figures:
    """What one proof of a shape costs: seconds and megabytes of EZKL's calls, compute units of the chain's check.

    prove_cpu_seconds: of all threads, which other load on the machine moves less; only measured, so None by rule.
    """

    proof_bytes: int
    prove_seconds: float
    setup_seconds: float
    peak_mb: int
    compute_units: int
    measured: bool
    prove_cpu_seconds: float | None = None


@dataclass(frozen=True)
class Targets:
    """What a shard may cost at most; None is no limit."""

    logrows: int | None = None
    prove_seconds: float | None = None
    compute_units: int | None = None

    def met(self, plan: Plan, figures: Figures) -> bool:
        """Whether one shard of the plan stays within every limit."""
        pairs = (
            (plan.shape.logrows, self.logrows),
            (figures.prove_seconds, self.prove_seconds),
            (figures.compute_units, self.compute_units),
        )
        return all(limit is None or value <= limit for value, limit in pairs)


def candidates(d_in: int, d_out: int, max_logrows: int = MAX_LOGROWS) -> list[Plan]:
    """For every k up to the given one, the fewest shards by columns, by rows, and by both where that is fewer still.

    Shards are of one shape, so parts divide d_in and d_out. Ordered by k, then by number of shards.
    """
    if not MIN_LOGROWS <= max_logrows <= MAX_LOGROWS:
        raise ZkError(f"A shard has k from {MIN_LOGROWS} to {MAX_LOGROWS}, not {max_logrows}.")
    best: dict[tuple[int, str], Plan] = {}
    for rows in _divisors(d_in):
        for columns in _divisors(d_out):
            plan = Plan(d_in, d_out, columns, rows)
            if plan.shape.rows > 1 << max_logrows or plan.shape.logrows > max_logrows:
                continue
            key = plan.shape.logrows, plan.cut
            held = best.get(key)
            if held is None or (plan.shards, plan.shape.rows) < (held.shards, held.shape.rows):
                best[key] = plan
    found = []
    for (logrows, cut), plan in best.items():
        simpler = [best[key] for key in best if key[0] <= logrows and key != (logrows, cut)]
        if not any(other.shards <= plan.shards and _simpler(other, plan) for other in simpler):
            found.append(plan)
    return sorted(found, key=lambda plan: (plan.shape.logrows, plan.shards, plan.rows))


def _simpler(other: Plan, plan: Plan) -> bool:
    """Whether the other plan makes this one pointless: the same cut at a smaller k, or one cut instead of two."""
    return plan.cut in (other.cut, "both")


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


def choose(plans: list[tuple[Plan, Figures]], targets: Targets) -> Plan | None:
    """The plan with the fewest shards among those within the targets, the smaller circuit of equals; None if none is.

    Fewest shards is fewest proofs to make, weights to register and transactions to send; a cut by columns goes before
    one by rows, because its outputs are rounded once.
    """
    fitting = [plan for plan, figures in plans if targets.met(plan, figures)]
    return min(fitting, key=lambda plan: (plan.shards, plan.shape.logrows, plan.rows), default=None)


def between(low: float, high: float, low_logrows: int, high_logrows: int, logrows: int) -> float:
    """The rule of the estimates: seconds and memory are linear in 2^k, through two measured circuits, never below 0."""
    share = ((1 << logrows) - (1 << low_logrows)) / ((1 << high_logrows) - (1 << low_logrows))
    return max(0.0, low + (high - low) * share)


def estimate(shape: Shape, compute_units: int) -> Figures:
    """The figures by rule, from the checked-in circuits' figures.json, so in seconds of the machine that built them.

    Bytes: those of any shard, since every shape has the same columns. compute_units: of any shard's check, likewise.
    """
    small, large = circuits.load(SMALL), circuits.load(LARGE)

    def rule(name: str) -> float:
        low, high = small.figures, large.figures
        return between(low[name], high[name], low["k"], high["k"], shape.logrows)

    return Figures(
        proof_bytes=small.figures["proof_bytes"],
        prove_seconds=round(rule("prove_seconds"), 2),
        setup_seconds=round(rule("setup_seconds"), 2),
        peak_mb=round(max(rule("prove_peak_mb"), rule("setup_peak_mb"))),
        compute_units=compute_units,
        measured=False,
    )


def measure(shape: Shape, prover: Prover, check_units: Callable[[KeyProgram, Proof], int], seed: int = 1) -> Figures:
    """Set up and prove one shard of seeded weights (the setup's cost is remembered with cached keys).

    check_units: the compute units of the chain's check; it raises if the chain refuses.
    """
    srs = make_test_srs(shape.logrows)
    with cache.scratch() as folder:
        segment = prepare(shape, seeded_weights(shape, seed), folder, prover)
        keys = prover.setup(segment, srs)
        proof = prover.prove(keys, prover.witness(keys, circuits.example_input(segment)))
        key = compile_key(prover, keys, PARTS)
    return Figures(
        proof_bytes=len(proof.proof),
        prove_seconds=round(proof.seconds, 2),
        setup_seconds=round(keys.stage.seconds, 2),
        peak_mb=round(max(proof.peak_bytes, keys.stage.peak_bytes) / 1e6),
        compute_units=check_units(key, proof),
        measured=True,
        prove_cpu_seconds=round(proof.stage.cpu_seconds, 2) if proof.stage else None,
    )


def check_units_of_any(prover: Prover, check_units: Callable[[KeyProgram, Proof], int]) -> int:
    """Compute units of the small circuit's check, which the estimates give every shape: all have the same columns."""
    circuit = circuits.load(SMALL)
    keys = prover.setup(circuit.segment, circuit.test_srs())
    proof = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    return check_units(circuit.key_program, proof)


def row(plan: Plan, figures: Figures) -> dict[str, Any]:
    """A candidate as plain data."""
    shape = plan.shape
    facts = {"shape": shape.name, "cut": plan.cut, "shards": plan.shards, "k": shape.logrows, "rows": shape.rows}
    return {**facts, **dataclasses.asdict(figures)}
