"""How much the models may take on the disk, and what could go to make room."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mai.engine.models.catalogue import Model
from mai.errors import MaiError

RESERVE = 512 * 10**6
"""Bytes of the disk that are never taken."""
MAX_BUDGET = 10**15
UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]{0,3})")


class NoRoom(MaiError):
    """The budget or the disk is too small."""


@dataclass(frozen=True)
class Space:
    """What the models' folder may hold.

    Attributes:
        budget: bytes that may be used; None: as much as the disk has.
        used: bytes in the folder.
        free: bytes that the disk has left.
    """

    budget: int | None
    used: int
    free: int

    @property
    def left(self) -> int:
        """Bytes that a new model may have."""
        disk = self.free - RESERVE
        return max(disk if self.budget is None else min(disk, self.budget - self.used), 0)


def parse_size(text: str) -> int:
    """Bytes.

    >>> parse_size("1.5GB"), parse_size("2 GiB")
    (1500000000, 2147483648)

    Raises:
        MaiError: it is no size.
    """
    found = _SIZE.fullmatch(text.strip().lower())
    size = float(found[1]) * UNITS[found[2]] if found and found[2] in UNITS else -1.0
    if not 0 < size <= MAX_BUDGET:
        raise MaiError(f"{text!r} is no size: write 50GB, 500MB or 2TB")
    return int(size)


def shown_size(size: int) -> str:
    """A size for people.

    >>> shown_size(98_123_456), shown_size(4_370_000_000)
    ('98.1 MB', '4.4 GB')
    """
    for unit in ("TB", "GB", "MB", "kB"):
        step = UNITS[unit.lower()]
        if size >= step:
            return f"{size / step:.1f} {unit}"
    return f"{size} B"


def look(folder: Path, budget: int | None, without: Iterable[Path] = ()) -> Space:
    """The folder as it is now; files in ``without`` count as free."""
    used = _used(folder)
    spared = sum(_used(path) for path in without)
    return Space(budget, used - spared, shutil.disk_usage(folder).free + spared)


def _used(path: Path) -> int:
    try:
        if path.is_file():
            return path.stat().st_size
        with os.scandir(path) as entries:
            return sum(_used(Path(entry)) for entry in entries if not entry.is_symlink())
    except FileNotFoundError:
        return 0


def victims(models: Iterable[Model], need: int) -> list[Model]:
    """The models, least recently used first, whose removal frees so many bytes; fewer bytes if there are no more."""
    chosen, freed = list[Model](), 0
    for model in sorted(models, key=lambda model: (model.used or model.added, model.name)):
        if freed >= need:
            break
        chosen.append(model)
        freed += model.size
    return chosen


def refuse(space: Space, need: int, models: Iterable[Model]) -> NoRoom:
    """Why there is no room, and what could go."""
    limit = "the disk" if space.budget is None or space.free - RESERVE < space.budget - space.used else "the budget"
    text = f"{limit} leaves {shown_size(space.left)} for models and this one has {shown_size(need)}"
    chosen = victims(models, need - space.left)
    if sum(model.size for model in chosen) + space.left < need:
        return NoRoom(f"{text}: removing every other model would not be enough")
    named = ", ".join(f"{model.name} ({shown_size(model.size)})" for model in chosen)
    return NoRoom(f"{text}: remove {named}, which was used longest ago, or add --make-room")


def watcher(
    folder: Path, budget: int | None, part: Path, models: Callable[[], Iterable[Model]]
) -> Callable[[int], None]:
    """What a growing file asks before it grows to a size: refuses (NoRoom) what does not fit.

    The folder and the disk are looked at again each time another 16 MiB are wanted, since others write too.
    """
    allowed = 0

    def check(size: int) -> None:
        nonlocal allowed
        if size <= allowed:
            return
        space = look(folder, budget, (part,))
        if size > space.left:
            raise refuse(space, size, models())
        allowed = min(size + 16 * 2**20, space.left)

    return check
