"""Refuses calls that would panic on chain: one argument reads an account that the call itself writes to.

Seahorse passes an account as a shared cell, and a value that is read from it in an argument keeps the cell borrowed
until the call returns; the function's first write to it then panics with "already borrowed". A variable avoids it.
"""

from __future__ import annotations

from collections.abc import Mapping

from mai_build.errors import BuildError
from mai_build.read_only import Functions, calls_of


def check(parts: Mapping[str, str]) -> None:
    """Raises BuildError for the first such call in the generated modules (path under src/ to Rust text)."""
    modules = {path: text for path, text in parts.items() if path.startswith("dot/")}
    functions = Functions(modules.values())
    for path, text in modules.items():
        for caller, call, arguments in calls_of(text):
            for index, argument in enumerate(arguments):
                name = argument.removesuffix(".clone()")
                if not name.isidentifier() or not functions.writes(call, index, len(arguments)):
                    continue
                if any(f"{name}.borrow()" in other for other in arguments if other is not argument):
                    raise BuildError(
                        f"{path}: {caller} reads {name} in a call of {call}, which writes to {name}, and would panic: "
                        f"bind what is read to a variable first"
                    )
