"""Where sources, caches and outputs lie."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mai_build.errors import BuildError

PROGRAMS = ("mai", "verifier")
EXAMPLES = ("examples/verify_in_your_program/escrow.py",)
"""Python programs outside programs/; what is built of one lies beside it."""


@dataclass(frozen=True)
class Layout:
    """Paths of one checkout; every other module asks here instead of joining paths itself."""

    root: Path

    @staticmethod
    def here() -> Layout:
        """The checkout that this package was imported from. Raises BuildError when it was installed without one."""
        root = Path(__file__).resolve().parents[3]
        if not (root / "programs" / "build" / "std_check").is_dir():
            raise BuildError("building programs needs the repository: run it from a git checkout, not from a wheel")
        return Layout(root)

    @property
    def programs(self) -> Path:
        """The folder of all programs' sources."""
        return self.root / "programs"

    @property
    def build(self) -> Path:
        """The folder of this package and its data files."""
        return self.programs / "build"

    @property
    def out(self) -> Path:
        """The checked-in outputs."""
        return self.build / "out"

    @property
    def cache(self) -> Path:
        """The git-ignored build cache; safe to delete at any time."""
        return self.build / ".build"

    @property
    def tools(self) -> Path:
        """The user's cache of commands that take minutes to compile; shared by all checkouts, safe to delete."""
        base = os.environ.get("MAI_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mai"
        return Path(base) / "build-tools"

    @property
    def stage(self) -> Path:
        """A copy of the Cargo workspace that is compiled instead of the checkout itself.

        Everything whose path may enter a symbol's hash (programs, std) lies under this one folder, so the bytes do not
        depend on where the checkout is.
        """
        return self.cache / "workspace"
