"""Proving by EZKL's GPU build: its command-line program of the same version, since only that one selects a GPU.

The key, the witness and the check of the proof stay with the CPU wheel; what comes from the GPU is verified before it
is used. Nothing falls back to the CPU by itself (docs/how-to/gpu.md, docs/decisions/0023-ray-and-gpu.md).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mai_zk import cache, cuda, worker
from mai_zk.errors import ZkError
from mai_zk.prooffile import read_proof
from mai_zk.prover import CpuProver, Keys, Proof, Witness, check_witness
from mai_zk.worker import Stage

PROGRAM_VARIABLE, PROGRAM = "MAI_EZKL_GPU", "ezkl-gpu"
BACKEND_VARIABLE = "ICICLE_BACKEND_INSTALL_DIR"
BACKEND = "/opt/icicle/lib/backend/halo2"
"""Where EZKL's own setup-gpu.sh puts the CUDA backend."""
ON_GPU, NOT_ON_GPU = "Running with ICICLE GPU", "GPU warmup failed"
"""What EZKL's program says of itself."""
SECONDS = 60
"""To say its version."""


@dataclass(frozen=True)
class Build:
    """A GPU build that can work here: EZKL's program, its CUDA backend, and the GPU it finds first."""

    program: Path
    backend: Path
    device: cuda.Device


def find_build() -> Build:
    """The GPU build of this machine.

    Raises:
        ZkError: with the one thing that is missing.
    """
    program = _program()
    version, wanted = _version(program), worker.ezkl_version()
    if version != wanted:
        raise ZkError(
            f"{program} is EZKL {version or 'of no known version'} and this is EZKL {wanted}: keys and circuits of one "
            f"are not the other's; install the GPU build of EZKL {wanted} (docs/how-to/gpu.md)."
        )
    if BACKEND_VARIABLE.encode() not in program.read_bytes():
        raise ZkError(f"{program} is not a GPU build of EZKL: it does not know {BACKEND_VARIABLE}.")
    backend = Path(os.environ.get(BACKEND_VARIABLE) or BACKEND)
    if not any(backend.rglob("*cuda*.so")):
        raise ZkError(f"EZKL's CUDA backend is not in {backend}: run EZKL's setup-gpu.sh, or set {BACKEND_VARIABLE}.")
    found, reason = cuda.devices()
    if not found:
        raise ZkError(f"No GPU can prove here: {reason}.")
    return Build(program, backend, found[0])


def _program() -> Path:
    named = os.environ.get(PROGRAM_VARIABLE)
    found = Path(named) if named else shutil.which(PROGRAM)
    if found is None:
        raise ZkError(f"EZKL's GPU build is not installed: no {PROGRAM} is on PATH, and {PROGRAM_VARIABLE} is not set.")
    if not Path(found).is_file() or not os.access(found, os.X_OK):
        raise ZkError(f"{found}, which {PROGRAM_VARIABLE} names, is no program.")
    return Path(found).resolve()


def _version(program: Path) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ZkError(f"{program} does not run here ({type(error).__name__}).") from error
    found = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return found[0] if found else ""


class GpuProver(CpuProver):
    """EZKL's GPU build for proofs; everything else as on the CPU."""

    device = "gpu"

    def __init__(self, build: Build | None = None) -> None:
        """Look for the build.

        Raises:
            ZkError: there is none that can work here.
        """
        self.build = build or find_build()

    def prove(self, keys: Keys, witness: Witness) -> Proof:
        """See Prover.prove. The proof is verified by the CPU wheel before it is returned."""
        check_witness(keys, witness)
        with cache.scratch() as folder:
            (folder / "witness.json").write_bytes(witness.data)
            stage, said = self._run(keys, folder)
            if ON_GPU not in said or NOT_ON_GPU in said:
                raise ZkError(f"{self.build.program} did not prove on the GPU; run it by hand with RUST_LOG=info.")
            file = read_proof(folder / "proof.json")
        proof = Proof(file.instances, file.proof, stage)
        if not self.verify(keys, proof):
            raise ZkError(f"The proof that {self.build.device.name} made does not hold; prove it with --prover cpu.")
        return proof

    def _run(self, keys: Keys, folder: Path) -> tuple[Stage, str]:
        """EZKL's program on the witness in a folder: its cost and what it said."""
        words = [
            *(str(self.build.program), "prove", "--witness", "witness.json", "--proof-path", "proof.json"),
            *("--compiled-circuit", str(keys.circuit), "--pk-path", str(keys.pk), "--srs-path", str(keys.srs.path)),
        ]
        log, start = folder / "log", time.perf_counter()
        environment = os.environ | {BACKEND_VARIABLE: str(self.build.backend), "RUST_LOG": "info", "NO_COLOR": "1"}
        with log.open("wb") as stream:
            process = subprocess.Popen(
                words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT
            )
            try:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = code = os.waitstatus_to_exitcode(status)
            except BaseException:
                process.kill()
                process.wait()
                raise
        seconds, cpu = time.perf_counter() - start, used.ru_utime + used.ru_stime
        said = log.read_text(errors="replace")
        if code != 0:
            raise worker.refused("prove", said) if code > 0 else worker.EzklDied(worker.death("prove", code))
        return Stage("prove", seconds, cpu, used.ru_maxrss * 1024), said
