"""A program's native functions: typed in its native.py for Seahorse, written in its native.rs for the chain."""

from __future__ import annotations

import re
from collections.abc import Callable

from mai_build.errors import BuildError
from mai_build.read_only import compact

MODULE = "dot/native.rs"
FILE = "native.rs"
_SIGNATURE = re.compile(r"^pub fn (?P<name>\w+)(?P<rest>[^{]*)\{", re.MULTILINE)


def signatures(text: str) -> dict[str, str]:
    """Every public function's parameters and result by its name, without line breaks, `mut` and an empty result."""
    found = {}
    for match in _SIGNATURE.finditer(text):
        flat = compact(re.sub(r"\bmut (?=\w+\s*:)", "", match["rest"]))
        found[match["name"]] = flat.replace(",)", ")").removesuffix("->()")
    return found


def replacing(by_hand: str | None) -> Callable[[dict[str, str]], dict[str, str]]:
    """The fix-up that puts `by_hand` in the place of the generated module, if there is one.

    It raises BuildError for functions that the two do not declare in the same way.
    """

    def apply(parts: dict[str, str]) -> dict[str, str]:
        if MODULE not in parts:
            return parts
        if by_hand is None:
            raise BuildError(f"native.py has no {FILE} beside it: write its functions in Rust there")
        typed, written = signatures(parts[MODULE]), signatures(by_hand)
        names = sorted(name for name in typed.keys() | written.keys() if typed.get(name) != written.get(name))
        if names:
            listed = "".join(f"\n  {name}{typed.get(name, ' is not there')}" for name in names)
            raise BuildError(f"{FILE} differs from native.py, which declares:{listed}")
        return {**parts, MODULE: by_hand}

    return apply
