"""Finds a text on the disk in whatever form: as UTF-8, UTF-16, base64, hexadecimal, or as a list or array of tokens."""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator
from pathlib import Path

SYSTEM = (Path("/tmp"), Path("/var/tmp"), Path("/var/crash"), Path("/var/lib/systemd/coredump"), Path("/dev/shm"))
MAX_FILE = 4 * 2**30
BLOCK = 4 * 2**20
SYSTEM_DEPTH = 1


def forms(marker: str) -> dict[str, bytes]:
    """The marker in every form that is looked for."""
    raw = marker.encode()
    found = {
        "utf-8": raw,
        "utf-16-le": marker.encode("utf-16-le"),
        "utf-16-be": marker.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "token list": ", ".join(map(str, raw)).encode(),
        "token list, no spaces": ",".join(map(str, raw)).encode(),
        "32-bit tokens": struct.pack(f"<{len(raw)}i", *raw),
        "64-bit tokens": struct.pack(f"<{len(raw)}q", *raw),
        "backwards": raw[::-1],
    }
    for shift in range(3):
        # What stands before decides which of three texts a piece becomes; the outer digits depend on neighbours.
        text = base64.b64encode(b"\0" * shift + raw)
        found[f"base64, shifted by {shift}"] = text[4 if shift else 0 : len(text) - 4]
    return found


def changed(roots: list[Path], since: float, depth: int = 99) -> Iterator[Path]:
    """Files under the roots, no deeper than so many folders, that were written since then."""
    for root in roots:
        for folder, inner, names in os.walk(root):
            if len(Path(folder).relative_to(root).parts) >= depth:
                inner.clear()
            for name in names:
                path = Path(folder, name)
                try:
                    found = path.lstat()
                except OSError:
                    continue
                if path.is_file() and not path.is_symlink() and found.st_mtime >= since and found.st_size <= MAX_FILE:
                    yield path


def search(paths: Iterator[Path], marker: str) -> list[str]:
    """Which files hold the marker, and in what form."""
    needles, hits = forms(marker), list[str]()
    for path in paths:
        try:
            found = {form for content in blocks(path, max(map(len, needles.values())) - 1)
                     for form, needle in needles.items() if needle in content}  # fmt: skip
        except OSError:
            continue
        hits += [f"{path.name}: {form}" for form in needles if form in found]
    return hits


def blocks(path: Path, overlap: int) -> Iterator[bytes]:
    """A file in blocks, each with the end of the one before; others may cut it short meanwhile, so it is not mapped."""
    with path.open("rb") as file:
        before = b""
        while content := file.read(BLOCK):
            yield before + content
            before = (before + content)[-overlap:]
