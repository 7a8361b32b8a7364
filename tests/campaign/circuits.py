"""Five small circuits of different kinds, with several honest proofs of each, made by EZKL once and cached.

As a script (NAME FOLDER's working directory) it makes one circuit in a process of its own: EZKL may end the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
from mai_zk import srs
from mai_zk.cache import cache_dir
from mai_zk.compiler import Parts, compile_solidity
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile, read_proof
from zk.compiler_circuits import CIRCUITS

from zk import compiler_circuits

NAMES = tuple(CIRCUITS)
PROOFS = 3
"""Honest proofs of each circuit, on different inputs."""
OTHER_WEIGHTS = "other.json"
"""A valid proof of the committed circuit under the same key, with other weights."""
LOGROWS = {name: options["logrows"] for name, (_, options) in CIRCUITS.items()}
PARTS = {
    "public": Parts(input_instances=4, output_instances=4),
    "columns": Parts(input_instances=4, output_instances=4),
    "hashed": Parts(input_instances=1, output_instances=1),
    "committed": Parts(input_points=1, params_points=1, output_points=1),
    "lookup": Parts(input_instances=4, output_instances=4),
}
_ZK = Path(srs.__file__).parent


@dataclass(frozen=True)
class Circuit:
    """A circuit's key program, honest proofs, and the folder with EZKL's files (vk, settings.json, srs path)."""

    name: str
    folder: Path
    key: KeyProgram
    proofs: tuple[ProofFile, ...]

    @property
    def srs_path(self) -> Path:
        """The SRS file that EZKL's own verify reads."""
        return srs.make_test_srs(LOGROWS[self.name]).path

    @property
    def other_weights(self) -> ProofFile:
        """A valid proof with other weights; only of the committed circuit."""
        return read_proof(self.folder / OTHER_WEIGHTS)


@cache
def load(name: str) -> Circuit:
    """The circuit, made if it is not in the cache (about half a minute)."""
    folder = _folder(name)
    program = folder / f"key-{_stamp([Path(__file__), *_ZK.rglob('*.py')])}"
    if not program.is_file():
        made = compile_solidity((folder / "verifier.sol").read_text(), PARTS[name])
        partial = program.with_suffix(f".{os.getpid()}")
        partial.write_bytes(made.blob)
        partial.rename(program)
    proofs = tuple(read_proof(folder / f"proof{index}.json") for index in range(PROOFS))
    return Circuit(name, folder, KeyProgram.from_bytes(program.read_bytes()), proofs)


def _stamp(files: list[Path]) -> str:
    content = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sorted(files))
    return hashlib.sha256(content + importlib.metadata.version("ezkl").encode()).hexdigest()[:16]


def _folder(name: str) -> Path:
    root = cache_dir() / "campaign"
    path = root / f"{name}-{_stamp([Path(__file__), Path(compiler_circuits.__file__)])}"
    path.mkdir(parents=True, exist_ok=True)
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers may ask at once
        if not (path / "done").is_file():
            done = subprocess.run(
                [sys.executable, "-m", "campaign.circuits", name],
                cwd=path,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
            if not (path / "done").is_file():
                raise ZkError(f"EZKL could not make the circuit {name}: {done.stderr[-500:]}")
    return path


def _compile(name: str, stem: str, scale: float) -> Path:
    """`stem`.onnx and `stem`.circuit: the circuit with its weights multiplied."""
    import ezkl

    kind, options = CIRCUITS[name]
    model = compiler_circuits.model(kind)
    for tensor in model.graph.initializer:
        if tensor.name == "w":
            values = onnx.numpy_helper.to_array(tensor) * np.float32(scale)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype("f4"), "w"))
    onnx.save(model, f"{stem}.onnx")
    arguments = ezkl.PyRunArgs()
    for key, value in ({"num_inner_cols": 1, "input_scale": 7, "param_scale": 7} | options).items():
        setattr(arguments, key, value)
    settings = Path(f"{stem}-settings.json")
    ezkl.gen_settings(f"{stem}.onnx", str(settings), py_run_args=arguments)
    if not Path("settings.json").is_file():
        settings.rename("settings.json")
    ezkl.compile_circuit(f"{stem}.onnx", f"{stem}.circuit", "settings.json")
    return Path(f"{stem}.circuit")


def _prove(circuit: Path, row: list[float], proof: str, params: str) -> None:
    import ezkl

    Path("input.json").write_text(json.dumps({"input_data": [row]}))
    ezkl.gen_witness("input.json", str(circuit), "witness.json", "vk", params)
    ezkl.prove("witness.json", str(circuit), "pk", proof, params)


def make(name: str) -> None:
    """Make the circuit's files in the working folder."""
    import ezkl

    params = str(srs.make_test_srs(LOGROWS[name]).path)
    circuit = _compile(name, "model", 1)
    ezkl.setup(str(circuit), "vk", "pk", params)
    for index in range(PROOFS):
        row = [0.25 + 0.125 * index, -0.5, 0.125, 0.75 - 0.25 * index]
        _prove(circuit, row, f"proof{index}.json", params)
    if name == "committed":
        _prove(_compile(name, "other", 0.5), [0.25, -0.5, 0.125, 0.75], OTHER_WEIGHTS, params)

    async def write() -> None:
        with contextlib.suppress(Exception):  # EZKL finds no Solidity compiler, after it wrote the text
            await ezkl.create_evm_verifier("vk", "settings.json", "verifier.sol", "abi.json", params, False)

    asyncio.new_event_loop().run_until_complete(write())
    Path("pk").unlink()
    if Path("verifier.sol").is_file():
        Path("done").touch()
    os._exit(0)


if __name__ == "__main__":
    make(sys.argv[1])
