"""A language model as Optimum exports it: a graph, its configuration and its tokenizer, in one folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai.errors import MaiError

SUFFIX = ".onnx"
GRAPH, INSIDE = "model.onnx", "onnx"
"""The graph's name where there are several, and the folder it may be in."""
CONFIG, TOKENIZER = "config.json", "tokenizer.json"
NEEDED = (CONFIG, TOKENIZER)
OPTIONAL = ("generation_config.json", "tokenizer_config.json", "chat_template.jinja")
MAX_JSON = 16 * 2**20
MAX_FILES = 1_000
FLOAT_BYTES = 4
CONTEXT = 8_192
MAX_NUMBER = 10**9
HEADS = "num_attention_heads"
_CONTEXTS = ("max_position_embeddings", "n_positions", "n_ctx")


@dataclass(frozen=True)
class OnnxFolder:
    """A model's files.

    Attributes:
        root: where configuration and tokenizer are.
        graph: the ``.onnx`` file, in the root or in its folder ``onnx``.
        data: the files beside the graph that hold weights; their names begin with the graph's.
        others: configuration and tokenizer.
    """

    root: Path
    graph: Path
    data: tuple[Path, ...]
    others: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What it is called where nobody names it: as its folder."""
        return named(self.root)

    @property
    def files(self) -> dict[str, Path]:
        """All files that make the model, by their paths from the root."""
        return {path.relative_to(self.root).as_posix(): path for path in (self.graph, *self.data, *self.others)}

    @property
    def weights_bytes(self) -> int:
        """Of the graph and the files beside it."""
        return sum(path.stat().st_size for path in (self.graph, *self.data))

    def json(self, name: str) -> dict[str, Any]:
        """An object of one of the files; empty where there is no such file.

        Raises:
            MaiError: it is too long, or no JSON object.
        """
        path = self.root / name
        if not path.is_file():
            return {}
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(MAX_JSON))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise MaiError(f"{path} cannot be read: it is no JSON object, or too long")
        return found

    def cache_bytes(self, context: int | None = None) -> int:
        """What the keys and values of a full context take; 0 where the configuration does not tell.

        Raises:
            MaiError: the configuration cannot be read.
        """
        about = self.json(CONFIG)
        width, layers, heads = (_number(about, name) for name in ("hidden_size", "num_hidden_layers", HEADS))
        few = _number(about, "num_key_value_heads") or heads
        size = _number(about, "head_dim") or width // max(heads, 1)
        return 2 * FLOAT_BYTES * context_of(about, context) * layers * few * size


def context_of(config: Mapping[str, Any], asked: int | None = None) -> int:
    """Tokens of prompt and answer: as many as were asked for, and no more than the model was trained for."""
    trained = next((found for name in _CONTEXTS if (found := _number(config, name))), None)
    return min(trained or asked or CONTEXT, asked or CONTEXT)


def _number(config: Mapping[str, Any], name: str) -> int:
    found = config.get(name)
    return found if isinstance(found, int) and 0 < found < MAX_NUMBER else 0


def named(folder: Path) -> str:
    """A model's name by its folder's."""
    return folder.resolve().name.lower()


def name_of(path: Path) -> str:
    """The name of the model that a folder or graph belongs to, whether or not it can be found."""
    return named(_root(path.absolute()) if path.suffix == SUFFIX else path)


def looks(path: Path) -> bool:
    """Whether a path is an ``.onnx`` file, or a folder with one."""
    return path.suffix == SUFFIX if path.is_file() else path.is_dir() and bool(_graphs(path))


def find(path: Path) -> OnnxFolder:
    """The model in a folder, or of an ``.onnx`` file in it.

    Raises:
        MaiError: there is none, there are several and none is ``model.onnx``, or a file that it needs is missing.
    """
    path = path.absolute()
    if path.is_file():
        graph, root = path, _root(path)
    else:
        graph, root = _graph(path), path
    for name in NEEDED:
        if not (root / name).is_file():
            raise MaiError(f"{root} has no {name}: export the model with Optimum, or copy it from where the model is")
    data = sorted(item for item in graph.parent.iterdir() if item.name.startswith(graph.name) and item != graph)
    others = [root / name for name in (*NEEDED, *OPTIONAL) if (root / name).is_file()]
    if len(data) > MAX_FILES:
        raise MaiError(f"{graph} has more than {MAX_FILES:,} files of weights")
    return OnnxFolder(root, graph, tuple(item for item in data if item.is_file()), tuple(others))


def _root(graph: Path) -> Path:
    folder = graph.parent
    return folder.parent if folder.name == INSIDE and not (folder / CONFIG).is_file() else folder


def _graphs(folder: Path) -> list[Path]:
    return sorted([*folder.glob(f"*{SUFFIX}"), *folder.glob(f"{INSIDE}/*{SUFFIX}")])


def _graph(folder: Path) -> Path:
    found = _graphs(folder)
    usual = [path for path in (folder / GRAPH, folder / INSIDE / GRAPH) if path in found]
    if usual or len(found) == 1:
        return (usual or found)[0]
    if not found:
        raise MaiError(f"{folder} holds no {SUFFIX} graph")
    names = ", ".join(path.relative_to(folder).as_posix() for path in found[:8])
    raise MaiError(f"{folder} holds {len(found)} graphs ({names}): name one of them, as --model {found[0]}")
