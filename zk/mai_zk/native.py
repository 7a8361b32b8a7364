"""The only module that calls EZKL. It runs as a worker process (`python -m mai_zk.native`), never inside the client.

Standard input: a JSON list of steps `[function, {argument: value}]`. File descriptors 1 and 2 are the caller's log.
The result goes to the path in the first argument: a JSON object with `steps` (`value`, `seconds`, `cpu_seconds` of
each), `peak_bytes`, and `error` and `failed` (the function) where one raised.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RunArgValue = int | float | str | bool | list[int] | None


def _ezkl() -> Any:
    """The EZKL module, untyped (its stub is older than the library) and loaded only in the worker."""
    return importlib.import_module("ezkl")


def gen_settings(model: str, settings: str, run_args: dict[str, RunArgValue]) -> bool:
    """Write the circuit's settings for fixed run arguments (names as in `ezkl.PyRunArgs`)."""
    ezkl = _ezkl()
    arguments = ezkl.PyRunArgs()
    for name, value in run_args.items():
        setattr(arguments, name, tuple(value) if isinstance(value, list) else value)
    return bool(ezkl.gen_settings(model, settings, py_run_args=arguments))


def calibrate(model: str, settings: str, data: str, target: str) -> bool:
    """EZKL's own search for scales and rows; rewrites the settings file."""
    ezkl = _ezkl()
    return bool(ezkl.calibrate_settings(data, model, settings, target))


def compile_circuit(model: str, compiled: str, settings: str) -> bool:
    """ONNX and settings to EZKL's circuit file."""
    ezkl = _ezkl()
    return bool(ezkl.compile_circuit(model, compiled, settings))


def setup(compiled: str, vk: str, pk: str, srs: str) -> bool:
    """Make the verifying and the proving key."""
    ezkl = _ezkl()
    return bool(ezkl.setup(compiled, vk, pk, srs))


def witness(data: str, compiled: str, output: str, vk: str | None = None, srs: str | None = None) -> None:
    """Run the circuit's integer arithmetic; with vk and srs also the KZG commitments."""
    ezkl = _ezkl()
    if vk is None:
        ezkl.gen_witness(data, compiled, output)
    else:
        ezkl.gen_witness(data, compiled, output, vk, srs)


def run_many(inputs: list[list[list[float]]], compiled: str) -> list[list[str]]:
    """Outputs (little-endian hex field elements) of one circuit for many runs, each with all of its inputs."""
    ezkl = _ezkl()
    data, output = Path("many-input.json"), Path("many-witness.json")
    results: list[list[str]] = []
    for values in inputs:
        data.write_text(json.dumps({"input_data": values}))
        ezkl.gen_witness(str(data), compiled, str(output))
        results.append([felt for tensor in json.loads(output.read_text())["outputs"] for felt in tensor])
    return results


def prove(witness: str, compiled: str, pk: str, proof: str, srs: str) -> None:
    """Write EZKL's proof file."""
    ezkl = _ezkl()
    ezkl.prove(witness, compiled, pk, proof, srs)


def verify(proof: str, settings: str, vk: str, srs: str) -> bool:
    """EZKL's own check; it raises for a proof that does not verify."""
    ezkl = _ezkl()
    return bool(ezkl.verify(proof, settings, vk, srs))


def solidity(vk: str, settings: str, output: str, srs: str) -> None:
    """Write EZKL's Solidity verifier. EZKL then looks for a Solidity compiler; only a missing text is an error."""
    _write_evm("create_evm_verifier", output, vk, settings, output, "unused-abi.json", srs, False)


def vka(vk: str, settings: str, output: str, srs: str) -> None:
    """Write EZKL's VKA file, the circuit's data for its reusable Solidity verifier."""
    _write_evm("create_evm_vka", output, vk, settings, output, srs)


def _write_evm(function: str, output: str, *arguments: str | bool) -> None:
    call = getattr(_ezkl(), function)

    async def create() -> None:
        await call(*arguments)

    loop = asyncio.new_event_loop()  # never closed: EZKL's threads may still call into it, and crash if it is gone
    try:
        loop.run_until_complete(create())
    except Exception:
        if not Path(output).is_file():
            raise


def poseidon(message: list[str]) -> list[str]:
    """EZKL's Poseidon hash of field elements (little-endian hex)."""
    ezkl = _ezkl()
    return list(ezkl.poseidon_hash(message))


def crash() -> None:
    """Abort the way a native fault does (the tests use it)."""
    os.abort()


FUNCTIONS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        gen_settings,
        calibrate,
        compile_circuit,
        setup,
        witness,
        run_many,
        prove,
        verify,
        solidity,
        vka,
        poseidon,
        crash,
    )
}


def peak_bytes() -> int:
    """The most memory this process has had resident."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        # ru_maxrss survives exec and would start at the parent's size; VmHWM is this program's own.
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Run the steps from standard input and write the result file."""
    result: dict[str, Any] = {"steps": [], "error": None, "failed": None}
    for name, arguments in json.load(sys.stdin):
        start, cpu = time.perf_counter(), time.process_time()
        try:
            value = FUNCTIONS[name](**arguments)
        except BaseException as error:  # a Rust panic arrives as a BaseException
            if isinstance(error, KeyboardInterrupt):
                raise
            result["error"], result["failed"] = f"{error}", name
            break
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
        result["steps"].append({"value": value, "seconds": seconds, "cpu_seconds": cpu_seconds})
    result["peak_bytes"] = peak_bytes()
    Path(sys.argv[1]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
    os._exit(0)  # the result is on disk; EZKL's threads do not survive an orderly end of the interpreter
