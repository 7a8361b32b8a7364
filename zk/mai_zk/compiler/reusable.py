"""EZKL's VKA files (`ezkl.create_evm_vka`): one circuit's data for EZKL's reusable Solidity verifier.

The reusable verifier's text is the same for every circuit. It is not ours to ship, so it is taken from the installed
EZKL: a throw-away circuit makes EZKL write it, and it is kept in the user's cache by EZKL's version. Symbolic execution
with the VKA's words in memory then gives what the circuit's own verifier gives.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from mai_zk import cache
from mai_zk.compiler.execute import Executor
from mai_zk.compiler.graph import Graph
from mai_zk.compiler.helpers import Layout
from mai_zk.compiler.values import Trace
from mai_zk.compiler.yul import parse_contract
from mai_zk.errors import ZkError
from mai_zk.field import keccak256
from mai_zk.worker import ezkl_version

FREE_POINTER: Final = 0x40
VKA_AT: Final = 0x80  # where Solidity puts the function's first memory argument
_COUNT: Final = struct.Struct("<Q")
_TEXT: Final = "verifier.sol"
_TIMEOUT: Final = 120  # seconds; it takes about one


def is_vka(data: bytes) -> bool:
    """Whether bytes have the shape of a VKA: a u64 count, then that many 32-byte words."""
    return len(data) > _COUNT.size and len(data) == _COUNT.size + 32 * _COUNT.unpack_from(data)[0]


def trace_vka(data: bytes, template: str | None = None) -> Trace:
    """Execute the reusable verifier (`template`, or the installed EZKL's) on a VKA."""
    if not is_vka(data):
        raise ZkError("This is not a VKA file of EZKL: its length does not match its word count.")
    words = [int.from_bytes(data[i : i + 32], "big") for i in range(_COUNT.size, len(data), 32)]
    executor = Executor(parse_contract(template or reusable_verifier()), Layout.REUSABLE, Graph(keccak256(data)))
    executor.memory[VKA_AT] = len(words)
    for i, word in enumerate(words, start=1):
        executor.memory[VKA_AT + 32 * i] = word
    executor.memory[FREE_POINTER] = VKA_AT + 32 * (len(words) + 1)
    return executor.run()


def reusable_verifier() -> str:
    """The text of the installed EZKL's reusable verifier, from the cache or made now (about two seconds)."""
    folder = cache.entry("reusable-verifier", ezkl_version(), _make)
    return (folder / _TEXT).read_text()


def _make(folder: Path) -> None:
    """Let EZKL write the text, in its own process."""
    with cache.scratch() as work:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "mai_zk.compiler.reusable"],
                cwd=work,
                env=os.environ | {"RUST_LOG": "error"},
                capture_output=True,
                timeout=_TIMEOUT,
                check=False,
            )
            reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[-1]
        except subprocess.TimeoutExpired:
            reason = "it did not finish"
        if not (work / _TEXT).is_file():
            raise ZkError(
                f"EZKL's reusable verifier, which a VKA file needs, could not be made ({reason[:200]}); "
                "give the circuit's Solidity verifier instead (ezkl.create_evm_verifier with reusable=False)."
            )
        (folder / _TEXT).write_bytes((work / _TEXT).read_bytes())


def _write_reusable_verifier() -> None:
    """Make the smallest circuit and its reusable verifier in the working folder (this module's main)."""
    import onnx
    from onnx import TensorProto, helper

    ezkl: Any = importlib.import_module("ezkl")
    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 2]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", shape[:1], shape[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, "model.onnx")
    arguments = ezkl.PyRunArgs()
    arguments.logrows, arguments.num_inner_cols = 9, 1
    arguments.decomp_base, arguments.decomp_legs, arguments.input_scale = 64, 2, 7
    ezkl.gen_settings("model.onnx", "settings.json", py_run_args=arguments)
    ezkl.compile_circuit("model.onnx", "circuit", "settings.json")
    ezkl.gen_srs("srs", 9)
    ezkl.setup("circuit", "vk", "pk", "srs")

    async def write() -> None:
        with contextlib.suppress(Exception):  # EZKL fails after the text is written if it finds no Solidity compiler
            await ezkl.create_evm_verifier("vk", "settings.json", _TEXT, "unused-abi.json", "srs", True)

    loop = asyncio.new_event_loop()  # never closed: EZKL's threads may still call into it
    loop.run_until_complete(write())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    _write_reusable_verifier()
