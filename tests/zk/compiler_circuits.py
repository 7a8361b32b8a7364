"""Small EZKL circuits with everything that the key compiler's tests need; run as a script: NAME FOLDER.

A folder gets verifier.sol, verifier.vka and proof.json (EZKL's own files). EZKL runs in this process of its own.
"""

import asyncio
import contextlib
import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from mai_zk import cache
from onnx import TensorProto, helper, numpy_helper

ALL = {"input_visibility": "public", "param_visibility": "fixed", "output_visibility": "public"}
BYTES = {"decomp_base": 256, "decomp_legs": 4}
CIRCUITS: dict[str, tuple[str, dict[str, Any]]] = {
    "public": ("linear", ALL | BYTES | {"logrows": 10}),
    "columns": ("linear", ALL | BYTES | {"logrows": 9, "num_inner_cols": 2}),
    "hashed": ("linear", ALL | BYTES | {"logrows": 11, "input_visibility": "hashed", "output_visibility": "hashed"}),
    "committed": ("linear", BYTES | {"logrows": 11} | dict.fromkeys(ALL, "polycommit")),
    "lookup": ("sigmoid", ALL | {"decomp_base": 64, "decomp_legs": 4, "logrows": 11, "lookup_range": (-500, 500)}),
}
FILES = ("verifier.sol", "verifier.vka", "proof.json")


def weights(rows: int, columns: int) -> np.ndarray:
    """Fixed small weights."""
    return np.random.default_rng(1).normal(size=(rows, columns), scale=0.3).astype("f4")


def model(kind: str) -> onnx.ModelProto:
    """`linear`: relu(x w). `sigmoid`: layer norm, a product with a lookup, a residual."""
    tensors = {"w": weights(4, 4), "eps": np.array([0.01], "f4")}
    if kind == "linear":
        nodes = [("Gemm", ["x", "w"], "h", {}), ("Relu", ["h"], "y", {})]
    else:
        nodes = [
            ("ReduceMean", ["x"], "mean", {"axes": [1]}),
            ("Sub", ["x", "mean"], "centred", {}),
            ("Gemm", ["centred", "w"], "h", {}),
            ("Sigmoid", ["h"], "s", {}),
            ("Mul", ["h", "s"], "g", {}),
            ("Add", ["g", "x"], "y", {}),
        ]
    used = {name for _, inputs, _, _ in nodes for name in inputs}
    graph = helper.make_graph(
        [helper.make_node(op, inputs, [output], **more) for op, inputs, output, more in nodes],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(array, name) for name, array in tensors.items() if name in used],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 8
    return made


def make(name: str) -> None:
    """Make the circuit's files in the working folder."""
    import ezkl

    kind, options = CIRCUITS[name]
    onnx.save(model(kind), "model.onnx")
    arguments = ezkl.PyRunArgs()
    for key, value in ({"num_inner_cols": 1, "input_scale": 7, "param_scale": 7} | options).items():
        setattr(arguments, key, value)
    Path("input.json").write_text(json.dumps({"input_data": [[0.25, -0.5, 0.125, 0.75]]}))
    ezkl.gen_settings("model.onnx", "settings.json", py_run_args=arguments)
    ezkl.compile_circuit("model.onnx", "circuit", "settings.json")
    ezkl.gen_srs("srs", json.loads(Path("settings.json").read_text())["run_args"]["logrows"])
    ezkl.setup("circuit", "vk", "pk", "srs")
    ezkl.gen_witness("input.json", "circuit", "witness.json", "vk", "srs")
    ezkl.prove("witness.json", "circuit", "pk", "proof.json", "srs")

    async def write(make: Callable[..., Any], *args: Any) -> None:
        with contextlib.suppress(Exception):  # EZKL finds no Solidity compiler, after it wrote the text
            await make("vk", "settings.json", *args)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(write(ezkl.create_evm_verifier, "verifier.sol", "abi.json", "srs", False))
    loop.run_until_complete(write(ezkl.create_evm_vka, "verifier.vka", "srs"))
    os._exit(0)


def folder(name: str) -> Path:
    """The circuit's folder in the cache, made if missing; named by what it is made from."""
    stamp = hashlib.sha256(Path(__file__).read_bytes() + importlib.metadata.version("ezkl").encode()).hexdigest()[:16]

    def fill(made: Path) -> None:
        done = subprocess.run(
            [sys.executable, __file__, name], cwd=made, capture_output=True, text=True, timeout=300, check=False
        )
        missing = [file for file in FILES if not (made / file).is_file()]
        assert not missing, f"EZKL did not make {missing}: {done.stderr[-500:]}"
        for big in ("pk", "srs"):
            (made / big).unlink()

    return cache.entry("compiler-circuits", f"{name}-{stamp}", fill)


if __name__ == "__main__":
    make(sys.argv[1])
