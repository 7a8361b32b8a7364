"""The circuits that ship with MAI: a folder each, with the segment, its settings, its key program and its figures.

`load("digits")` finds the repository's `circuits/` folder (or the copies in an installed package). `build_circuit`
makes settings.json, key.bin, key.json and figures.json again; with the deterministic test SRS all but the figures come
out byte for byte the same on every machine. Digests are those of docs/reference/verifier.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from mai_zk import cache, settings
from mai_zk.curve import Point, add
from mai_zk.errors import ZkError
from mai_zk.field import R, keccak256
from mai_zk.keyprogram import KeyProgram, Parts
from mai_zk.msm import weighted_sum
from mai_zk.prover import CpuProver, Keys, Proof, Prover, Witness, poseidon, quantise
from mai_zk.segment import COMMITTED, RunArgs, Segment, Visibility
from mai_zk.settings import Settings
from mai_zk.srs import Srs, lagrange_points, make_test_srs
from mai_zk.sums import unusable_point
from mai_zk.ties import Span, check_tied

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MAX_UNUSABLE_ROWS = 64
_CIRCUIT_DOMAIN = b"MAI circuit v1"


@dataclass(frozen=True)
class Circuit:
    """One circuit folder.

    segment: what is proved; parts: which instances and commitment points belong to input, params and output; unread:
    values of committed inputs that the graph reads none of.
    """

    folder: Path
    summary: str
    segment: Segment
    parts: Parts
    unread: tuple[Span, ...] = ()

    @property
    def name(self) -> str:
        """The circuit's name, that of its folder."""
        return self.segment.name

    @cached_property
    def settings(self) -> Settings:
        """The checked-in settings."""
        return settings.load(self.folder / "settings.json")

    @cached_property
    def key_program(self) -> KeyProgram:
        """The checked-in key program, under the test SRS."""
        path = self.folder / "key.bin"
        try:
            return KeyProgram.from_bytes(path.read_bytes())
        except OSError as error:
            raise ZkError(f"{path} cannot be read; run `python -m mai_zk.circuits build {self.name}`.") from error

    @cached_property
    def facts(self) -> dict[str, Any]:
        """key.json: key_hash, srs, params (hex digests), unusable_rows, ezkl (version)."""
        facts = _read_json(self.folder / "key.json", self.name)
        if not isinstance(facts.get("params"), str) or not isinstance(facts.get("unusable_rows"), int):
            raise ZkError(f"key.json of {self.name} is damaged; run `python -m mai_zk.circuits build {self.name}`.")
        return facts

    @property
    def figures(self) -> dict[str, Any]:
        """figures.json: sizes, and seconds and memory of the machine that built it."""
        return _read_json(self.folder / "figures.json", self.name)

    def test_srs(self, progress: Callable[[float], None] = lambda _: None) -> Srs:
        """The test SRS of the circuit's size, cached."""
        return make_test_srs(self.settings.logrows, progress)

    def quantise(self, values: Sequence[float]) -> tuple[int, ...]:
        """The input as the circuit's integers."""
        checked = self.segment.check_input(list(values))
        return tuple(quantise(value, self.settings.input_scale) for value in checked)

    def input_digest(self, values: Sequence[float], srs: Srs | None = None) -> bytes:
        """The input digest that a receipt of an honest run on these values has; computed without running the model."""
        return self._digest(self.segment.visibility.input, self.segment.split_input(self.quantise(values)), srs)

    def output_digest(self, outputs: Sequence[int], srs: Srs | None = None) -> bytes:
        """The output digest for the circuit's output integers (Execution.outputs)."""
        return self._digest(self.segment.visibility.output, [list(outputs)], srs)

    @property
    def digest(self) -> bytes:
        """What the key is made from (see `circuit_digest`)."""
        return circuit_digest(self.segment, self.settings)

    @property
    def params_digest(self) -> bytes:
        """The digest of the weights (of nothing, where the key fixes them)."""
        return bytes.fromhex(self.facts["params"])

    def _digest(self, visibility: str, tensors: Sequence[Sequence[int]], srs: Srs | None) -> bytes:
        if visibility == "public":
            return part_digest([value for tensor in tensors for value in tensor], ())
        if visibility == "hashed":
            return part_digest([poseidon(tensor) for tensor in tensors], ())
        if visibility == "polycommit":
            used, unusable = srs or self.test_srs(), int(self.facts["unusable_rows"])
            return part_digest((), [commit(tensor, used, unusable).to_bytes() for tensor in tensors])
        return part_digest((), ())


def circuit_digest(segment: Segment, settings: Settings) -> bytes:
    """What a key is made from: settings and the graph as compiled, so weights only where the key fixes them (32 bytes).

    Names and comments of the graph do not count, so all weights of one shape have one digest.
    """
    graph = onnx.load_model_from_string(segment.circuit_bytes()).graph
    graph.ClearField("name")
    graph.ClearField("doc_string")
    if segment.visibility.ezkl_params != "fixed":
        for tensor in graph.initializer:
            for kind in ("raw_data", "float_data", "double_data", "int32_data", "int64_data"):
                tensor.ClearField(kind)
    parts = (settings.text.encode(), graph.SerializeToString(deterministic=True))
    return keccak256(_CIRCUIT_DOMAIN + b"".join(keccak256(part) for part in parts))


def part_digest(instances: Sequence[int], points: Sequence[bytes]) -> bytes:
    """keccak256(instances, 32 bytes each, big-endian, then commitment points, 64 bytes each)."""
    return keccak256(b"".join((value % R).to_bytes(32, "big") for value in instances) + b"".join(points))


def commit(values: Sequence[int], srs: Srs, unusable_rows: int) -> Point:
    """EZKL's KZG commitment of a column: the values from row 0, zeros, and a one in each of the last, unusable rows."""
    rows = 1 << srs.logrows
    if len(values) > rows - unusable_rows:
        raise ZkError(f"{len(values)} values do not fit one column of 2^{srs.logrows} rows; use a larger circuit.")
    return add(weighted_sum(lagrange_points(srs, len(values)), values), unusable_point(srs, unusable_rows))


def weights_points(segment: Segment, srs: Srs, unusable_rows: int) -> list[bytes]:
    """The commitment points of a segment's committed weights, column by column, computed without EZKL."""
    integers = [quantise(value, segment.run_args.input_scale) for value in segment.weights]
    column = (1 << srs.logrows) - unusable_rows
    parts = [integers[start : start + column] for start in range(0, len(integers), column)]
    return [commit(part, srs, unusable_rows).to_bytes() for part in parts]


def circuits_dir() -> Path:
    """The folder of circuits: the repository's, else the installed package's copies."""
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "circuits", here.parent / "_circuits"):
        if folder.is_dir():
            return folder
    raise ZkError("No circuits folder is installed; run from the repository, or reinstall the package.")


def names() -> list[str]:
    """The names of all circuits."""
    return sorted(path.parent.name for path in circuits_dir().glob("*/circuit.toml"))


def load(name_or_path: str | Path) -> Circuit:
    """The circuit of a name, or of a folder; ZkError if it is not there or its circuit.toml is wrong."""
    text = str(name_or_path)
    folder = circuits_dir() / text if _NAME.fullmatch(text) else Path(text)
    path = folder / "circuit.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ZkError(f"There is no circuit {text}; the circuits are {', '.join(names())}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ZkError(f"{path} is no valid TOML; restore it.") from error
    try:
        run_args = dict(data["run_args"])
        if "lookup_range" in run_args:
            low, high = run_args["lookup_range"]
            run_args["lookup_range"] = (int(low), int(high))
        fixed = folder / "settings.json"
        declared = data["input_shapes"] if "input_shapes" in data else [data["input_shape"]]
        first, *more = [tuple(int(side) for side in shape) for shape in declared]
        segment = Segment(
            name=str(data["name"]),
            onnx_path=folder / "model.onnx",
            input_shape=first,
            more_inputs=tuple(more),
            visibility=Visibility(**data["visibility"]),
            run_args=RunArgs(**run_args),
            settings_path=fixed if fixed.is_file() else None,
        )
        unread = tuple((int(part), int(start), int(end)) for part, start, end in data.get("unread", ()))
        return Circuit(folder, str(data["summary"]), segment, Parts(**data.get("parts", {})), unread)
    except (KeyError, TypeError, ValueError) as error:
        raise ZkError(f"{path} misses a value or has one of a wrong type ({error}); restore it.") from error


def compile_key(prover: Prover, keys: Keys, parts: Parts) -> KeyProgram:
    """The key program of a segment's keys, from EZKL's own Solidity verifier."""
    from mai_zk.compiler import compile_solidity

    circuit = circuit_digest(keys.segment, keys.settings)
    return compile_solidity(prover.solidity(keys).read_text(), parts, circuit)


def example_input(segment: Segment) -> list[float]:
    """A fixed input in [0, 1), multiples of 1/16."""
    levels = np.random.default_rng(0).integers(0, 16, segment.input_size)
    values: list[float] = (levels / 16).tolist()
    return values


def build_circuit(name_or_path: str | Path, prover: Prover | None = None) -> Circuit:
    """Make settings.json (if missing), key.bin, key.json and figures.json of a circuit, proving once; return it."""
    prover = prover or CpuProver()
    circuit = load(name_or_path)
    check_visibility(circuit.segment)
    if circuit.segment.settings_path is None:
        cache.write_atomic(circuit.folder / "settings.json", prover.settings(circuit.segment).text.encode())
        circuit = load(name_or_path)
    srs = circuit.test_srs()
    keys = prover.setup(circuit.segment, srs)
    witness = prover.witness(keys, example_input(circuit.segment))
    proof = prover.prove(keys, witness)
    if not prover.verify(keys, proof):
        raise ZkError(f"EZKL refuses its own proof of {circuit.name}; look at its run arguments.")
    program = compile_key(prover, keys, circuit.parts)
    points = proof.commitments(circuit.parts)
    unusable = _unusable_rows(circuit, srs, witness, points)
    _check_bound(circuit, keys, witness, unusable)
    params_points = points[circuit.parts.input_points :][: circuit.parts.params_points]
    if list(params_points) != weights_points(circuit.segment, srs, unusable):
        raise ZkError(f"The params_points of {circuit.name} are not its weights' commitments; correct its [parts].")
    key = {
        "key_hash": keccak256(program.blob).hex(),
        "srs": srs.id.hex(),
        "params": part_digest((), params_points).hex(),
        "unusable_rows": unusable,
        "ezkl": circuit.settings.version,
    }
    cache.write_atomic(circuit.folder / "key.bin", program.blob)
    cache.write_atomic(circuit.folder / "key.json", _json_bytes(key))
    cache.write_atomic(circuit.folder / "figures.json", _json_bytes(_figures(circuit, keys, witness, proof, program)))
    return load(name_or_path)


def rekey_circuit(name_or_path: str | Path, prover: Prover | None = None) -> Circuit:
    """Compile key.bin again without proving, after a change of the key compiler; return the circuit."""
    prover = prover or CpuProver()
    circuit = load(name_or_path)
    check_visibility(circuit.segment)
    facts, figures = circuit.facts, circuit.figures
    program = compile_key(prover, prover.setup(circuit.segment, circuit.test_srs()), circuit.parts)
    facts["key_hash"] = keccak256(program.blob).hex()
    figures["key_program_bytes"] = len(program.blob)
    cache.write_atomic(circuit.folder / "key.bin", program.blob)
    cache.write_atomic(circuit.folder / "key.json", _json_bytes(facts))
    cache.write_atomic(circuit.folder / "figures.json", _json_bytes(figures))
    return load(name_or_path)


def check_visibility(segment: Segment) -> None:
    """ZkError where EZKL would commit to, or hash, weights that are constants of the graph: that binds nothing."""
    if segment.visibility.params not in ("fixed", COMMITTED):
        raise ZkError(
            f"EZKL does not tie weights that are {segment.visibility.params} to what {segment.name} computes: "
            f'say params = "{COMMITTED}" (one key, any weights) or "fixed" (part of the key).'
        )


def _check_bound(circuit: Circuit, keys: Keys, witness: Witness, unusable_rows: int) -> None:
    """ZkError unless the proving key ties every committed value: inputs as far as they are read, weights, outputs."""
    segment, column = circuit.segment, (1 << circuit.settings.logrows) - unusable_rows
    sizes = list(segment.input_sizes) if segment.visibility.input == "polycommit" else []
    sizes += [len(segment.weights)] if segment.weights else []
    sizes += [len(witness.execution.outputs)] if segment.visibility.output == "polycommit" else []
    lengths = [min(column, size - start) for size in sizes for start in range(0, size, column)]
    unread = [span for span in circuit.unread if span[0] < circuit.parts.input_points]
    check_tied(keys.pk, circuit.settings.logrows, lengths, circuit.name, unread)


def _unusable_rows(circuit: Circuit, srs: Srs, witness: Witness, points: Sequence[bytes]) -> int:
    """How many last rows of a committed column EZKL fills with ones (0 where nothing is committed), by trying."""
    if circuit.segment.visibility.input == "polycommit":
        values, target = circuit.segment.split_input(witness.execution.inputs)[0], points[0]
    elif circuit.segment.visibility.output == "polycommit":
        values, target = list(witness.execution.outputs), points[-1]
    else:
        return 0
    for count in range(_MAX_UNUSABLE_ROWS):
        if commit(values, srs, count).to_bytes() == target:
            return count
    raise ZkError(f"The commitment in the proof of {circuit.name} is not that of its values; is EZKL 23 installed?")


def _figures(circuit: Circuit, keys: Keys, witness: Witness, proof: Proof, program: KeyProgram) -> dict[str, Any]:
    return {
        "k": circuit.settings.logrows,
        "rows": circuit.settings.rows,
        "instances": len(proof.instances),
        "proof_bytes": len(proof.proof),
        "proof_points": (len(proof.proof) - 32 * program.n_evals) // 64,
        "proof_evaluations": program.n_evals,
        "key_program_bytes": len(program.blob),
        "proving_key_bytes": keys.pk.stat().st_size,
        "setup_seconds": round(keys.stage.seconds, 2),
        "witness_seconds": round(witness.stage.seconds, 2),
        "prove_seconds": round(proof.seconds, 2),
        "setup_peak_mb": round(keys.stage.peak_bytes / 1e6),
        "prove_peak_mb": round(proof.peak_bytes / 1e6),
    }


def _json_bytes(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, indent=1) + "\n").encode()


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ZkError(f"{path} cannot be read; run `python -m mai_zk.circuits build {name}`.") from error
    if not isinstance(data, dict):
        raise ZkError(f"{path} is damaged; run `python -m mai_zk.circuits build {name}`.")
    return data


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m mai_zk.circuits build|rekey [NAME ...]`."""
    parser = argparse.ArgumentParser(prog="python -m mai_zk.circuits", description="Build circuit folders.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make settings, key program and figures again")
    rekey = commands.add_parser("rekey", help="compile the key program again, without proving")
    for command in (build, rekey):
        command.add_argument("names", nargs="*", metavar="NAME", help="circuits or folders; all of them by default")
    chosen = parser.parse_args(arguments)
    try:
        for name in chosen.names or names():
            circuit = build_circuit(name) if chosen.command == "build" else rekey_circuit(name)
            print(json.dumps({"circuit": circuit.name, **circuit.figures}))
    except ZkError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
