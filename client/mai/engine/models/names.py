"""What a model is called here, what kind it is, and what it must look like."""

from __future__ import annotations

import re
from pathlib import Path

from mai.errors import MaiError

GGUF, ONNX, PROVABLE = "gguf", "onnx", "provable"
KINDS = (GGUF, ONNX, PROVABLE)
SERVED_BY = {GGUF: "llama.cpp", ONNX: "onnx"}
"""The backend of each kind that is served from its files."""
MAX_LICENCE = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9]")
_OTHER = re.compile(r"[^a-z0-9._-]+")
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})
_SHA256 = re.compile(r"[0-9a-f]{64}")


def checked_name(name: str) -> str:
    """The name, if a model can have it; it becomes a folder's name.

    Raises:
        MaiError: it cannot.
    """
    if not _NAME.fullmatch(name) or ".." in name or name.partition(".")[0] in _RESERVED:
        raise MaiError(
            f"{name[:80]!r} is no name of a model: up to 64 small letters, digits, dots, dashes and underscores, "
            "with a letter or digit at either end"
        )
    return name


def name_of(file_name: str) -> str:
    """A name for a model in a file of this name.

    >>> name_of("SmolLM2-135M-Instruct.Q4_1.gguf")
    'smollm2-135m-instruct.q4_1'
    """
    stem = file_name.rpartition(".")[0] or file_name
    return checked_name(_OTHER.sub("-", stem.lower()).strip("._-")[:64].strip("._-").replace("..", "."))


def kind_of(file_name: str, said: str | None = None) -> str:
    """What kind of model a file of this name holds.

    Raises:
        MaiError: there is no such kind, or the name does not tell.
    """
    if said is not None:
        if said not in KINDS:
            raise MaiError(f"there is no kind of model {said!r}: choose {', '.join(KINDS)}")
        return said
    suffix = Path(file_name).suffix.lower().removeprefix(".")
    if suffix not in (GGUF, ONNX):
        raise MaiError(f"{file_name} does not tell what kind of model it is: say --kind {', '.join(KINDS)}")
    return suffix


def check_content(path: Path, kind: str) -> None:
    """A GGUF file begins as one.

    Raises:
        MaiError: it does not.
    """
    with path.open("rb") as file:
        if kind == GGUF and file.read(4) != b"GGUF":
            raise MaiError("the file is no GGUF file: it does not begin as one")


def checked_hash(text: str) -> str:
    """A SHA-256 in hexadecimal.

    Raises:
        MaiError: it is none.
    """
    found = text.strip().lower().removeprefix("sha256:")
    if not _SHA256.fullmatch(found):
        raise MaiError("a SHA-256 is 64 hexadecimal digits")
    return found


def checked_licence(text: str) -> str:
    """A licence's name.

    Raises:
        MaiError: it is too long or not printable.
    """
    if len(text) > MAX_LICENCE or not text.isprintable():
        raise MaiError(f"a licence is at most {MAX_LICENCE} printable characters")
    return text
