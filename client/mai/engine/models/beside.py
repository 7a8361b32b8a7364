"""ONNX models arrive as several files: the graph, what it keeps its weights in, its configuration and its tokenizer."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
from mai_zk.cache import write_atomic

from mai.chain.progress import Progress
from mai.engine import onnxfolder
from mai.engine.backends.onnxlayout import outside
from mai.engine.hashing import hash_file, hash_lines
from mai.engine.models import hub
from mai.engine.models.arrive import FIRST_USE, NOBODY, Terms, bring
from mai.engine.models.names import name_of
from mai.engine.models.part import Part
from mai.engine.models.sources import Hub, Local, Source
from mai.errors import MaiError

LABEL = ".source"
"""In the staging folder: what it is of; whoever lists the model removes it."""
MAX_SMALL = 256 * 2**20
MakePart = Callable[[], Part]


@dataclass(frozen=True)
class Arrived:
    """What came.

    Attributes:
        files: SHA-256 by path from the model's root, in hexadecimal.
        stated_by: who stated the hashes: option, hub, or first use.
        revision: the hub's commit; empty where it is not known.
    """

    files: dict[str, str]
    stated_by: str
    revision: str

    @property
    def sha256(self) -> str:
        """Of the list of files, as the engine's records name these weights."""
        return hash_lines(self.files)


def graph_source(source: Source) -> Hub | Local:
    """Where the graph is; a folder stands for the graph in it.

    Raises:
        MaiError: files beside the graph cannot be had from there, or the folder holds no model.
    """
    if isinstance(source, Local):
        return Local(onnxfolder.find(source.path).graph)
    if isinstance(source, Hub):
        return source
    raise MaiError("an ONNX model has its tokenizer beside it: pull it from hf:OWNER/REPO/FILE.onnx or file:FOLDER")


def default_name(source: Hub | Local) -> str:
    """A name made of the repository's or folder's, and of what the graph's name says besides ``model``."""
    whole = source.repository if isinstance(source, Hub) else onnxfolder.find(source.path).root.name
    variant = Path(source.file_name).stem.removeprefix("model").strip("_-").replace("_", "-")
    return name_of(f"{whole}{f'-{variant}' if variant else ''}{onnxfolder.SUFFIX}")


def bring_all(
    http: httpx.Client,
    source: Hub | Local,
    staging: Path,
    part: MakePart,
    terms: Terms,
    expected: str | None,
    progress: Progress,
    pause: Callable[[float], None],
) -> Arrived:
    """Bring every file into the staging folder; the hub's files of a run that was cut off are kept, and hashed again.

    Args:
        part: makes the part that one file arrives in.
        expected: what the list of files must hash to, where somebody stated it.

    Raises:
        MaiError: a file that is needed cannot be had, or the files are not those that were stated.
    """
    if expected is None and isinstance(source, Local) and not terms.trust_first_use:
        raise MaiError(NOBODY.format(source=source))
    if isinstance(source, Hub):
        source = replace(source, revision=hub.ask(http, source).commit or source.revision)
    _begin(staging, source)
    wanted = _Wanted(http, source, staging, part, terms, expected is not None, progress, pause)
    inside = _inside(source)
    wanted.bring(inside)
    graph = staging / inside
    for name in sorted(outside(graph)):
        if "/" in name or not name.startswith(graph.name) or len(wanted.files) > onnxfolder.MAX_FILES:
            raise MaiError(f"{graph.name} has weights in {name[:80]!r}, which is none of its files")
        wanted.bring((Path(inside).parent / name).as_posix())
    for name in onnxfolder.NEEDED:
        wanted.bring(name)
    for name in onnxfolder.OPTIONAL:
        wanted.bring(name, needed=False)
    who = "option" if expected else "hub" if isinstance(source, Hub) and not wanted.trusted else FIRST_USE
    arrived = Arrived(wanted.files, who, source.revision if isinstance(source, Hub) else "")
    if expected is not None and arrived.sha256 != expected:
        shutil.rmtree(staging)
        raise MaiError(f"the files' SHA-256 is {arrived.sha256}, not {expected} as it was stated: thrown away")
    return arrived


@dataclass
class _Wanted:
    """Files of one source that arrive one after the other.

    Attributes:
        judged: something else than their own hashes judges all files.
        trusted: nobody stated the hash of one.
    """

    http: httpx.Client
    source: Hub | Local
    staging: Path
    part: MakePart
    terms: Terms
    judged: bool
    progress: Progress
    pause: Callable[[float], None]
    files: dict[str, str] = field(default_factory=dict)
    trusted: bool = False

    def bring(self, name: str, *, needed: bool = True) -> None:
        """One file, by its path from the root."""
        source, path = _beside(self.source, name), self.staging / name
        if isinstance(source, Local) and not needed and not source.path.is_file():
            return
        try:
            stated = hub.ask(self.http, source) if isinstance(source, Hub) else hub.Stated("", None, None)
        except hub.NoSuchFile:
            if needed:
                raise
            return
        # The list's hash judges all files; the hub's names of Git's blobs judge those that it states no SHA-256 of.
        self.trusted |= not stated.sha256 and not stated.blob
        if path.is_file():
            found = hash_file(path, self.progress)
            if found == stated.sha256 or (stated.blob is not None and _blob(path) == stated.blob):
                self.files[name] = found
                return
            path.unlink()
        terms = _Any(self.terms) if self.judged or stated.blob else self.terms
        with self.part() as part:
            arrived = bring(self.http, source, part, None, terms, self.progress, self.pause)
            part.force()
            if stated.blob is not None and _blob(part.path) != stated.blob:
                part.discard()
                raise MaiError(f"{source} is not what the hub states: thrown away")
            part.finish(path)
            part.forget()
        self.files[name] = arrived.sha256


@dataclass(frozen=True)
class _Any:
    """Terms under which one file may come unstated, because something else judges it."""

    terms: Terms
    trust_first_use: bool = True

    @property
    def gateway(self) -> str | None:
        return self.terms.gateway


def _begin(staging: Path, source: Hub | Local) -> None:
    """An earlier run's files are kept only if they are of the same commit; a folder may have changed since."""
    label = str(source)
    try:
        same = (staging / LABEL).read_bytes() == label.encode()
    except OSError:
        same = False
    if not same or isinstance(source, Local):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700, parents=True)
        write_atomic(staging / LABEL, label.encode())


def _inside(source: Hub | Local) -> str:
    """The graph's path from the model's root."""
    if isinstance(source, Local):
        return source.path.relative_to(onnxfolder.find(source.path).root).as_posix()
    folder, _, name = source.path.rpartition("/")
    return f"{onnxfolder.INSIDE}/{name}" if folder.rpartition("/")[2] == onnxfolder.INSIDE else name


def _beside(graph: Hub | Local, name: str) -> Hub | Local:
    """The source of a file by its path from the root."""
    inside = _inside(graph)
    if isinstance(graph, Local):
        return Local(graph.path.parents[inside.count("/")] / name)
    return replace(graph, path=graph.path.removesuffix(inside) + name)


def _blob(path: Path) -> str:
    if path.stat().st_size > MAX_SMALL:
        raise MaiError(f"{path.name} has more than {MAX_SMALL:,} bytes, and the hub states no SHA-256 of it")
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
