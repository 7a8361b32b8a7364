"""Weights that came with an installed package: where they are, and the hash that the package states."""

from __future__ import annotations

import base64
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mai.engine.models.sources import Package
from mai.errors import MaiError


@dataclass(frozen=True)
class Weights:
    """A file in an installed package.

    Attributes:
        sha256: as the package's RECORD states it, in hexadecimal; None where it does not.
        version: the package's.
        licence: as the package's metadata name it; empty where they do not.
    """

    path: Path
    sha256: str | None
    version: str
    licence: str


def find(source: Package) -> Weights | None:
    """The weights of a package; None where it is not installed."""
    spec = importlib.util.find_spec(source.module)
    try:
        installed = metadata.distribution(source.package)
    except metadata.PackageNotFoundError:
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    for file in installed.files or ():
        if file.suffix == ".gguf" and file.parts[0] == source.module:
            stated = file.hash.value if file.hash is not None and file.hash.mode == "sha256" else None
            about = installed.metadata.json
            licence = str(about.get("license_expression") or about.get("license") or "")
            first = licence.splitlines()[0][:64] if licence else ""
            return Weights(Path(str(installed.locate_file(file))), _hex(stated), installed.version, first)
    return None


def need(source: Package) -> Weights:
    """The weights of a package.

    Raises:
        MaiError: it is not installed.
    """
    found = find(source)
    if found is None:
        raise MaiError(f"the package {source.package} is not installed: run `pip install 'mai[llm]'`")
    return found


def _hex(stated: str | None) -> str | None:
    return None if stated is None else base64.urlsafe_b64decode(stated + "=" * (-len(stated) % 4)).hex()
