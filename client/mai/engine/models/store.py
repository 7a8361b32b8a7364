"""The registry of models on this machine: pull, verify, use, remove, and the budget that they keep to."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from mai.chain.progress import Progress, silent
from mai.engine import onnxfolder
from mai.engine.hashing import hash_file, hash_files
from mai.engine.models import embedded
from mai.engine.models.arrive import FIRST_USE, Arrival, Held, bring
from mai.engine.models.beside import LABEL, Arrived, bring_all, default_name, graph_source
from mai.engine.models.catalogue import DAMAGED, GOOD, Catalogue, Model, Speed
from mai.engine.models.download import client
from mai.engine.models.names import (
    GGUF,
    ONNX,
    check_content,
    checked_hash,
    checked_licence,
    checked_name,
    kind_of,
    name_of,
)
from mai.engine.models.part import Part, force_folder
from mai.engine.models.sources import EMBEDDED, Hub, Ipfs, Local, Package, Source
from mai.engine.models.space import NoRoom, Space, look, refuse, victims, watcher
from mai.engine.places import data_folder, private_folder
from mai.errors import MaiError

BUDGET = "budget"
MISSING = "missing"
_REMOVING = ".removing-"


@dataclass(frozen=True)
class Wish:
    """How a model is pulled.

    Attributes:
        name: by default made of the file's name.
        kind: by default that of the file's suffix.
        sha256: what its content must hash to, in hexadecimal.
        trust_first_use: whether content may be taken whose hash nobody stated.
        make_room: whether the models that were used longest ago may be removed.
        gateway: for IPFS; by default that of the environment.
    """

    name: str | None = None
    kind: str | None = None
    sha256: str | None = None
    licence: str = ""
    trust_first_use: bool = False
    make_room: bool = False
    gateway: str | None = None


class Store:
    """The models of one folder."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        http: Callable[[], httpx.Client] = client,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Open the folder, by default the user's; finishes removals that were cut off.

        Raises:
            MaiError: it cannot be made or read.
        """
        self.folder = private_folder(folder if folder is not None else data_folder() / "models")
        self.files, self.parts = (private_folder(self.folder / name) for name in ("files", "parts"))
        self.catalogue = Catalogue(self.folder / "catalogue.sqlite")
        self._http, self._pause = http, pause
        for left in self.files.glob(f"{_REMOVING}*"):
            shutil.rmtree(left, ignore_errors=True)

    def models(self) -> list[Model]:
        """What is listed, by name; a package's weights that are installed are listed by themselves."""
        self._adopt()
        return [self._seen(model) for model in self.catalogue.models()]

    def find(self, name: str) -> Model:
        """The model of a name.

        Raises:
            MaiError: none is called so.
        """
        self._adopt()
        found = self.catalogue.find(name)
        if found is None:
            raise MaiError(f"there is no model {name[:80]!r}: `mai model list` shows those that there are")
        return self._seen(found)

    def use(self, name: str) -> Path:
        """A model's file or folder, for whoever loads it; the time of its last use is noted.

        Raises:
            MaiError: there is none, or it was found damaged.
        """
        model = self.find(name)
        if model.state != GOOD:
            raise MaiError(f"the model {name} is {model.state}: pull it again")
        self.catalogue.mark(name, used=int(time.time()))
        return Path(model.path)

    def record_speed(self, speed: Speed) -> None:
        """Keep how fast a model ran here."""
        self.catalogue.note(speed)

    def space(self) -> Space:
        """The budget, and what is used of it."""
        return look(self.folder, self.catalogue.setting(BUDGET))

    def set_budget(self, size: int | None) -> Space:
        """Let the models take so many bytes; None: all that the disk has. Nothing is removed."""
        self.catalogue.set(BUDGET, size)
        return self.space()

    def pull(self, source: Source, wish: Wish | None = None, progress: Progress = silent) -> tuple[Model, list[Model]]:
        """Bring a model here. It, and what was removed to make room.

        A pull that was cut off, by a kill as well, goes on where it ended. The file gets its name only after its hash
        is known to be right. An ONNX model is a folder: its graph, and the files that it needs beside it.

        Raises:
            MaiError: it cannot be had, is not what was stated, or there is no room; finished models stay.
        """
        wish = wish or Wish()
        expected = checked_hash(wish.sha256) if wish.sha256 is not None else None
        licence = checked_licence(wish.licence)
        if isinstance(source, Package):
            return self._refer(source, expected, licence), []
        if _kind(source, wish) == ONNX:
            return self._pull_files(graph_source(source), wish, expected, licence, progress)
        name = checked_name(wish.name) if wish.name is not None else name_of(source.file_name)
        kind = kind_of(source.file_name, wish.kind)
        removed = list[Model]()
        with self._lock(name), self._http() as http:
            before, path = self.catalogue.find(name), self.parts / f"{name}.part"
            here = before if before is not None and self._seen(before).state == GOOD else None
            if here is not None and here.source == str(source) and isinstance(source, Ipfs) and not expected:
                return here, []
            if before is not None and before.source == str(source) and before.sha256_from == FIRST_USE:
                expected = expected or before.sha256
            self._take_back(name, before, path)
            with self._part(name, wish, removed) as part:
                try:
                    arrived = bring(
                        http, source, part, expected, wish, progress, self._pause, held=here.sha256 if here else None
                    )
                except Held:
                    part.discard()
                    return self.find(name), removed
                part.force()
                check_content(part.path, kind)
                final = self.files / name / f"{arrived.sha256[:16]}.{kind}"
                model = _arrived(name, kind, source, arrived, final, part.length, licence)
                part.finish(Path(model.path))
                self._list(model)
                part.forget()
        return model, removed

    def _pull_files(
        self, source: Hub | Local, wish: Wish, expected: str | None, licence: str, progress: Progress
    ) -> tuple[Model, list[Model]]:
        name = checked_name(wish.name) if wish.name is not None else default_name(source)
        removed, staging = list[Model](), self.parts / f"{name}.files"
        with self._lock(name), self._http() as http:
            before = self.catalogue.find(name)
            if before is not None and before.source == str(source) and before.sha256_from == FIRST_USE:
                expected = expected or before.sha256
            self._take_back(name, before, self.parts / f"{name}.part")
            arrived = bring_all(
                http, source, staging, lambda: self._part(name, wish, removed), wish, expected, progress, self._pause
            )
            final = self.files / name / arrived.sha256[:16]
            size = sum((staging / inside).stat().st_size for inside in arrived.files)
            model = _arrived(name, ONNX, source, arrived, final, size, licence)
            private_folder(final.parent)
            away = self.files / f"{_REMOVING}{secrets.token_hex(8)}"
            if final.exists():
                final.rename(away)
            staging.rename(final)
            force_folder(final.parent)
            self._list(model)
            (final / LABEL).unlink()
            shutil.rmtree(away, ignore_errors=True)
        return model, removed

    def _part(self, name: str, wish: Wish, removed: list[Model]) -> Part:
        """What one file of a model arrives in; models that make room are noted."""
        path = self.parts / f"{name}.part"
        room = watcher(self.folder, self.catalogue.setting(BUDGET), path, lambda: self._removable(name))
        make = (lambda size: removed.extend(self._make_room(name, size))) if wish.make_room else None
        return Part(path, lambda size: _with_room(size, room, make))

    def _list(self, model: Model) -> None:
        """List a model that is in its place; what it replaces goes."""
        self.catalogue.add(model)
        for older in Path(model.path).parent.iterdir():
            if older != Path(model.path):
                _delete(older)

    def verify(self, name: str, progress: Progress = silent) -> Model:
        """Hash a model's file again, and note what was found.

        Raises:
            MaiError: there is no such model.
        """
        model = self.find(name)
        path = Path(model.path)
        if model.state != MISSING:
            right = _files_hash(path, progress) == model.sha256 if path.is_dir() else (
                path.stat().st_size == model.size and hash_file(path, progress) == model.sha256
            )  # fmt: skip
            self.catalogue.mark(name, state=GOOD if right else DAMAGED)
        return self.find(name)

    def remove(self, name: str) -> Model | None:
        """Remove a model, or what is left of an unfinished pull of it (None). A package's weights are only unlisted.

        Raises:
            MaiError: there is neither.
        """
        with self._lock(checked_name(name)):
            model = self.catalogue.find(name)
            part, staging = self.parts / f"{name}.part", self.parts / f"{name}.files"
            if model is None and not any(path.exists() for path in (part, staging, self.files / name)):
                raise MaiError(f"there is no model {name}")
            part.unlink(missing_ok=True)
            part.with_suffix(".json").unlink(missing_ok=True)
            self._discard(name)
            shutil.rmtree(staging, ignore_errors=True)
            return model

    def _discard(self, name: str) -> None:
        # First out of sight by one rename: what a kill leaves is swept away at the next start.
        away = self.files / f"{_REMOVING}{secrets.token_hex(8)}"
        with contextlib.suppress(FileNotFoundError):
            (self.files / name).rename(away)
        self.catalogue.remove(name)
        shutil.rmtree(away, ignore_errors=True)

    def _refer(self, source: Package, expected: str | None, licence: str) -> Model:
        weights = embedded.need(source)
        found = hash_file(weights.path)
        for stated, who in ((expected, "you"), (weights.sha256, "the package")):
            if stated is not None and stated != found:
                raise MaiError(f"the weights in {source.package} are not those that {who} stated: install it again")
        if weights.sha256 is None and expected is None:
            raise MaiError(f"the package {source.package} states no hash of its weights: give it with --sha256")
        model = Model(
            name=source.model,
            kind=GGUF,
            source=str(source),
            revision=weights.version,
            path=str(weights.path),
            size=weights.path.stat().st_size,
            sha256=found,
            sha256_from="option" if expected is not None else "package",
            licence=licence or weights.licence,
            owned=False,
            state=GOOD,
            added=int(time.time()),
            used=0,
        )
        self.catalogue.add(model)
        return model

    def _adopt(self) -> None:
        source = Package(EMBEDDED)
        weights = embedded.find(source)
        listed = self.catalogue.find(source.model)
        if weights is None or weights.sha256 is None or (listed is not None and listed.sha256 == weights.sha256):
            return
        if listed is None or not listed.owned:
            self._refer(source, None, "")

    def _seen(self, model: Model) -> Model:
        return model if Path(model.path).exists() else replace(model, state=MISSING)

    def _take_back(self, name: str, listed: Model | None, part: Path) -> None:
        """A pull that was killed between the last rename and the listing is a part again, and is hashed again."""
        folder = self.files / name
        for path in folder.iterdir() if folder.is_dir() else ():
            if listed is None or path != Path(listed.path):
                staging = part.with_suffix(".files")
                if path.is_dir():
                    shutil.rmtree(staging, ignore_errors=True)
                path.replace(staging if path.is_dir() else part)

    def _removable(self, but: str) -> list[Model]:
        return [model for model in self.catalogue.models() if model.owned and model.name != but]

    def _make_room(self, name: str, size: int) -> list[Model]:
        """Remove what was used longest ago until a file of this size fits; nothing where even that would not do."""
        space = look(self.folder, self.catalogue.setting(BUDGET), (self.parts / f"{name}.part",))
        chosen = victims(self._removable(name), size - space.left)
        if sum(model.size for model in chosen) + space.left < size:
            raise refuse(space, size, self._removable(name))
        for model in chosen:
            with self._lock(model.name):
                self._discard(model.name)
        return chosen

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        """One process at a time changes a model; a kill gives the lock back."""
        lock = FileLock(private_folder(self.folder / "locks") / f"{name}.lock", timeout=0, mode=0o600)
        try:
            lock.acquire()
        except Timeout as error:
            raise MaiError(f"another process is at work on the model {name}: wait for it") from error
        try:
            yield
        finally:
            lock.release()


def _arrived(
    name: str, kind: str, source: Source, arrived: Arrival | Arrived, path: Path, size: int, licence: str
) -> Model:
    """The catalogue's entry for what was pulled just now."""
    return Model(
        name=name,
        kind=kind,
        source=str(source),
        revision=arrived.revision,
        path=str(path),
        size=size,
        sha256=arrived.sha256,
        sha256_from=arrived.stated_by,
        licence=licence,
        owned=True,
        state=GOOD,
        added=int(time.time()),
        used=0,
    )


def _kind(source: Hub | Ipfs | Local, wish: Wish) -> str:
    if isinstance(source, Local) and source.path.is_dir() and wish.kind is None:
        return ONNX
    return kind_of(source.file_name, wish.kind)


def _files_hash(folder: Path, progress: Progress) -> str:
    """Of a folder's files; empty where some that are needed are gone."""
    try:
        return hash_files(onnxfolder.find(folder).files, progress)
    except MaiError:
        return ""


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _with_room(size: int, room: Callable[[int], None], make: Callable[[int], None] | None) -> None:
    try:
        room(size)
    except NoRoom:
        if make is None:
            raise
        make(size)
        room(size)
