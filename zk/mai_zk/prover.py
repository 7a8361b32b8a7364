"""The prover: settings, keys, witness, proof and EZKL's own verification of a segment, behind one interface.

`CpuProver` runs the CPU wheel of EZKL, `mai_zk.gpu.GpuProver` proves by its GPU build; nothing else in the project
calls EZKL. Every call runs in a process of its own (mai_zk.worker). EZKL 23's own verify ignores bytes after a proof's
end; the on-chain verifier refuses them.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mai_zk import cache, settings, worker
from mai_zk.errors import ZkError
from mai_zk.field import R
from mai_zk.keyprogram import Parts
from mai_zk.prooffile import read_proof
from mai_zk.segment import Segment
from mai_zk.settings import Settings
from mai_zk.srs import Srs
from mai_zk.worker import Stage

POINT_BYTES = 64
PROVER_VARIABLE = "MAI_PROVER"
_KEYS_FORMAT = b"keys 1"  # changes when the files of a cached keys folder do


@dataclass(frozen=True)
class Execution:
    """A run of the circuit's integer arithmetic.

    inputs (without weights), outputs: signed integers; values: the outputs as floats (integer / 2^output scale).
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    values: tuple[float, ...]

    @property
    def argmax(self) -> int:
        """Index of the largest output, the first of equals."""
        return self.outputs.index(max(self.outputs))


@dataclass(frozen=True)
class Keys:
    """A segment's keys in the cache.

    folder: holds circuit, settings.json, vk, pk; srs: what they were made under; stage: the cost of making them, once.
    """

    segment: Segment
    settings: Settings
    srs: Srs
    folder: Path
    stage: Stage

    @property
    def vk(self) -> Path:
        """EZKL's verifying key file."""
        return self.folder / "vk"

    @property
    def pk(self) -> Path:
        """EZKL's proving key file."""
        return self.folder / "pk"

    @property
    def circuit(self) -> Path:
        """EZKL's compiled circuit file."""
        return self.folder / "circuit"

    @property
    def settings_path(self) -> Path:
        """The settings file that the keys were made with."""
        return self.folder / "settings.json"


@dataclass(frozen=True)
class Witness:
    """EZKL's witness file (it holds the private values) and the run it stands for."""

    data: bytes
    execution: Execution
    stage: Stage


@dataclass(frozen=True)
class Proof:
    """A proof: public instances, EZKL's proof bytes, and what making it cost."""

    instances: tuple[int, ...]
    proof: bytes
    stage: Stage | None = None

    @property
    def seconds(self) -> float:
        """Wall seconds of EZKL's prove call, 0 if it is not known."""
        return self.stage.seconds if self.stage else 0.0

    @property
    def peak_bytes(self) -> int:
        """Peak resident bytes of the proving process, 0 if it is not known."""
        return self.stage.peak_bytes if self.stage else 0

    def commitments(self, parts: Parts) -> tuple[bytes, ...]:
        """The commitment points that the parts name: the proof's first points, 64 bytes each, x then y, big-endian."""
        if len(self.proof) < POINT_BYTES * parts.n_points:
            raise ZkError("The proof is too short to hold its commitment points; make it again.")
        return tuple(self.proof[POINT_BYTES * i : POINT_BYTES * (i + 1)] for i in range(parts.n_points))

    def to_json(self) -> str:
        """EZKL's proof file, as `ezkl verify` and `mai verifier check` read it."""
        return json.dumps(
            {
                "protocol": None,
                "instances": [[value.to_bytes(32, "little").hex() for value in self.instances]],
                "proof": list(self.proof),
                "hex_proof": "0x" + self.proof.hex(),
                "split": None,
                "pretty_public_inputs": None,
                "timestamp": None,
                "version": worker.ezkl_version(),
            }
        )

    def save(self, path: Path) -> None:
        """Write EZKL's proof file."""
        cache.write_atomic(path, self.to_json().encode())

    @staticmethod
    def load(path: Path) -> Proof:
        """Read EZKL's proof file; ZkError if it is unreadable or holds something else."""
        file = read_proof(path)
        return Proof(file.instances, file.proof)


class Prover(Protocol):
    """What the rest of the project asks of a prover; every method raises ZkError."""

    device: str
    """`cpu` or `gpu`."""

    def settings(self, segment: Segment) -> Settings:
        """The segment's fixed settings file, or settings made from its run arguments."""

    def calibrate(self, segment: Segment, samples: Sequence[Sequence[float]], target: str = "resources") -> Settings:
        """EZKL's own calibration on sample inputs, from EZKL's default run arguments."""

    def execute(self, segment: Segment, values: Sequence[float]) -> Execution:
        """Run the circuit's integer arithmetic without proving."""

    def setup(self, segment: Segment, srs: Srs) -> Keys:
        """Keys from the cache, or made now."""

    def witness(self, keys: Keys, values: Sequence[float]) -> Witness:
        """The witness of one run, with the commitments that the segment asks for."""

    def prove(self, keys: Keys, witness: Witness) -> Proof:
        """Prove one run."""

    def verify(self, keys: Keys, proof: Proof) -> bool:
        """EZKL's own verification: False for a proof that does not hold."""

    def solidity(self, keys: Keys) -> Path:
        """EZKL's Solidity verifier for these keys (in the user's cache; the key compiler reads it)."""


class CpuProver:
    """EZKL's CPU wheel."""

    device = "cpu"

    def settings(self, segment: Segment) -> Settings:
        """See Prover.settings."""
        if segment.settings_path is not None:
            fixed = settings.load(segment.settings_path)
            settings.check_matches(fixed, segment)
            return fixed
        arguments = dict(vars(segment.run_args)) | {
            "input_visibility": segment.visibility.input,
            "param_visibility": segment.visibility.ezkl_params,
            "output_visibility": segment.visibility.output,
        }
        with cache.scratch() as folder:
            (folder / "model.onnx").write_bytes(segment.circuit_bytes())
            step = {"model": "model.onnx", "settings": "settings.json", "run_args": arguments}
            worker.run([("gen_settings", step)], folder)
            found = settings.load(folder / "settings.json")
        return settings.with_room(found) if segment.weights else found

    def calibrate(self, segment: Segment, samples: Sequence[Sequence[float]], target: str = "resources") -> Settings:
        """See Prover.calibrate. Visibility is the segment's; everything else is EZKL's choice."""
        if segment.weights:
            raise ZkError(f"The weights of {segment.name} are an input: EZKL cannot choose their scale.")
        if not samples:
            raise ZkError("Calibration needs at least one sample input.")
        arguments = {
            "input_visibility": segment.visibility.input,
            "param_visibility": segment.visibility.params,
            "output_visibility": segment.visibility.output,
        }
        apart = [segment.split_input(segment.check_input(list(sample))) for sample in samples]
        columns = [[value for part in parts for value in part] for parts in zip(*apart, strict=True)]
        with cache.scratch() as folder:
            (folder / "model.onnx").write_bytes(segment.onnx_bytes())
            (folder / "data.json").write_text(json.dumps({"input_data": columns}))
            files = {"model": "model.onnx", "settings": "settings.json"}
            steps: list[worker.Step] = [
                ("gen_settings", files | {"run_args": arguments}),
                ("calibrate", files | {"data": "data.json", "target": target}),
            ]
            worker.run(steps, folder)
            return settings.load(folder / "settings.json")

    def execute(self, segment: Segment, values: Sequence[float]) -> Execution:
        """See Prover.execute."""
        columns = segment.columns(list(values))
        found = self.settings(segment)
        with cache.scratch() as folder:
            (folder / "input.json").write_text(json.dumps({"input_data": columns}))
            compiled = str(self.compile(segment, found) / "circuit")
            worker.run([("witness", {"data": "input.json", "compiled": compiled, "output": "witness.json"})], folder)
            return _execution((folder / "witness.json").read_bytes(), segment, found)

    def execute_many(self, segment: Segment, samples: Sequence[Sequence[float]], found: Settings) -> list[list[int]]:
        """Output integers for many inputs under given settings, in one worker (for accuracy measurements)."""
        inputs = [segment.columns(list(sample)) for sample in samples]
        with cache.scratch() as folder:
            compiled = str(self.compile(segment, found) / "circuit")
            outcome = worker.run([("run_many", {"inputs": inputs, "compiled": compiled})], folder)
        return [[signed(felt) for felt in row] for row in outcome.values[0]]

    def compile(self, segment: Segment, found: Settings) -> Path:
        """The cached folder with `circuit` and `settings.json`."""
        model = segment.circuit_bytes()
        key = cache.content_hash(model, found.text.encode(), worker.ezkl_version().encode())

        def make(folder: Path) -> None:
            (folder / "settings.json").write_text(found.text)
            with cache.scratch() as temporary:
                (temporary / "model.onnx").write_bytes(model)
                files = {"model": "model.onnx", "compiled": "circuit", "settings": str(folder / "settings.json")}
                worker.run([("compile_circuit", files)], temporary)
                (temporary / "circuit").replace(folder / "circuit")

        return cache.entry("circuits", key[:32], make)

    def setup(self, segment: Segment, srs: Srs) -> Keys:
        """See Prover.setup. The cache key is the hash of model, settings, SRS id and EZKL's version."""
        found = self.settings(segment)
        if srs.logrows < found.logrows:
            raise ZkError(f"{segment.name} needs an SRS for k = {found.logrows}; {srs.path} has k = {srs.logrows}.")
        model, version = segment.circuit_bytes(), worker.ezkl_version().encode()
        key = cache.content_hash(_KEYS_FORMAT, model, found.text.encode(), srs.id, bytes([srs.logrows]), version)

        def make(folder: Path) -> None:
            compiled = self.compile(segment, found)
            for name in ("circuit", "settings.json"):
                (folder / name).write_bytes((compiled / name).read_bytes())
            with cache.scratch() as temporary:
                files = {"compiled": str(compiled / "circuit"), "vk": "vk", "pk": "pk", "srs": str(srs.path)}
                outcome = worker.run([("setup", files)], temporary)
                for name in ("vk", "pk"):
                    (temporary / name).replace(folder / name)
            (folder / "stage.json").write_text(json.dumps(vars(outcome.stage("setup"))))

        folder = cache.entry("keys", key[:32], make)
        return Keys(segment, found, srs, folder, Stage(**json.loads((folder / "stage.json").read_text())))

    def witness(self, keys: Keys, values: Sequence[float]) -> Witness:
        """See Prover.witness."""
        columns = keys.segment.columns(list(values))
        with cache.scratch() as folder:
            (folder / "input.json").write_text(json.dumps({"input_data": columns}))
            files = {"data": "input.json", "compiled": str(keys.circuit), "output": "witness.json"}
            outcome = worker.run([("witness", files | {"vk": str(keys.vk), "srs": str(keys.srs.path)})], folder)
            data = (folder / "witness.json").read_bytes()
        return Witness(data, _execution(data, keys.segment, keys.settings), outcome.stage("witness"))

    def prove(self, keys: Keys, witness: Witness) -> Proof:
        """See Prover.prove."""
        check_witness(keys, witness)
        with cache.scratch() as folder:
            (folder / "witness.json").write_bytes(witness.data)
            files = {"compiled": str(keys.circuit), "pk": str(keys.pk), "srs": str(keys.srs.path)}
            step = files | {"witness": "witness.json", "proof": "proof.json"}
            outcome = worker.run([("prove", step)], folder)
            file = read_proof(folder / "proof.json")
        return Proof(file.instances, file.proof, outcome.stage("prove"))

    def verify(self, keys: Keys, proof: Proof) -> bool:
        """See Prover.verify."""
        if any(not 0 <= value < R for value in proof.instances):
            return False
        with cache.scratch() as folder:
            (folder / "proof.json").write_text(proof.to_json())
            files = {"proof": "proof.json", "settings": str(keys.settings_path)}
            try:
                outcome = worker.run([("verify", files | {"vk": str(keys.vk), "srs": str(keys.srs.path)})], folder)
            except worker.EzklRefused as error:
                if "[halo2]" in str(error):  # the proof's fault, not a file's
                    return False
                raise
        return bool(outcome.values[0])

    def solidity(self, keys: Keys) -> Path:
        """See Prover.solidity."""
        return self._evm_file(keys, "solidity", "verifier.sol")

    def vka(self, keys: Keys) -> Path:
        """EZKL's VKA file for these keys (in the user's cache), which the key compiler reads as well."""
        return self._evm_file(keys, "vka", "verifier.vka")

    def _evm_file(self, keys: Keys, function: str, name: str) -> Path:
        def make(folder: Path) -> None:
            with cache.scratch() as temporary:
                files = {"vk": str(keys.vk), "settings": str(keys.settings_path), "srs": str(keys.srs.path)}
                worker.run([(function, files | {"output": name})], temporary)
                (temporary / name).replace(folder / name)

        return cache.entry(function, keys.folder.name, make) / name


def check_witness(keys: Keys, witness: Witness) -> None:
    """ZkError if the witness is damaged or empty."""
    _execution(witness.data, keys.segment, keys.settings)


def make_prover(device: str | None = None) -> Prover:
    """The prover for a device, by default for `$MAI_PROVER`, else the CPU; see `choose_prover`."""
    return choose_prover(device or os.environ.get(PROVER_VARIABLE) or "cpu")[0]


def choose_prover(device: str) -> tuple[Prover, str]:
    """The prover for `cpu`, `gpu` or `auto`, and the choice in words.

    Raises:
        ZkError: another name, or `gpu` where EZKL's GPU build cannot work, with what is missing. Nothing falls back.
    """
    from mai_zk.gpu import GpuProver

    if device == "cpu":
        return CpuProver(), "EZKL proves on the CPU."
    if device not in ("gpu", "auto"):
        raise ZkError(f"There is no prover for {device!r}; use `cpu`, `gpu` or `auto`.")
    try:
        prover = GpuProver()
    except ZkError as error:
        if device == "gpu":
            raise
        return CpuProver(), f"EZKL proves on the CPU: {error}"
    return prover, f"EZKL proves on the GPU {prover.build.device.name}."


def poseidon(values: Sequence[int]) -> int:
    """EZKL's Poseidon hash (width 2, rate 1) of integers mod r: what a hashed part has as its instance."""
    message = [(value % R).to_bytes(32, "little").hex() for value in values]
    with cache.scratch() as folder:
        outcome = worker.run([("poseidon", {"message": message})], folder)
    return int.from_bytes(bytes.fromhex(outcome.values[0][0]), "little")


def quantise(value: float, scale: int) -> int:
    """EZKL's fixed point: value * 2^scale rounded to the nearest integer, halves away from zero."""
    scaled = abs(value) * 2.0**scale
    return int(math.copysign(math.floor(scaled + 0.5), value))


def signed(felt: str) -> int:
    """A little-endian hex field element as the integer nearest to zero that it stands for."""
    value = int.from_bytes(bytes.fromhex(felt), "little")
    return value - R if value > R // 2 else value


def _execution(data: bytes, segment: Segment, found: Settings) -> Execution:
    try:
        witness: dict[str, Any] = json.loads(data)
        inputs = tuple(signed(felt) for tensor in witness["inputs"] for felt in tensor)
        outputs = tuple(signed(felt) for tensor in witness["outputs"] for felt in tensor)
    except (ValueError, KeyError, TypeError) as error:
        raise ZkError("The witness is damaged; make it again.") from error
    if not inputs or not outputs:
        raise ZkError("The witness is empty; make it again.")
    return Execution(inputs[: segment.input_size], outputs, tuple(value / 2.0**found.output_scale for value in outputs))
