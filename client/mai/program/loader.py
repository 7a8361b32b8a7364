"""Loads the program's own Python modules, unchanged, with ``seahorse.prelude`` replaced by the shim.

The modules see an import function of their own, so nothing named ``seahorse`` ever enters ``sys.modules``.
"""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from mai.errors import MaiError
from mai.program import native, prelude

PRELUDE = "seahorse.prelude"
NATIVE = "native"
INSTRUCTIONS = "instructions"
_NAMED = re.compile(r"([A-Z]\w+): (.+)")


def source_folder() -> Path:
    """Where the program's modules are: beside this file in a wheel, in ``programs/mai`` in a checkout.

    Raises:
        MaiError: neither place has them.
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "source", here.parents[3] / "programs" / "mai"):
        if (folder / "mai.py").is_file():
            return folder
    raise MaiError("The policy program's Python modules are missing: reinstall the package mai.")


def load(
    folder: Path, package: str, *, words: ModuleType = prelude, machine: ModuleType = native
) -> dict[str, ModuleType]:
    """Every module of ``folder`` by name, each importing only the prelude and its neighbours.

    The instructions of ``instructions/x.py`` are the module ``instructions.x``. A module ``native`` is not run but
    stands for ``machine``, because on chain it is Rust.

    Args:
        words: what stands for ``seahorse.prelude``.
        machine: what stands for ``native``.

    Raises:
        MaiError: a module imports anything else or does not run.
    """
    loaded: dict[str, ModuleType] = {}
    paths = {path.stem: path for path in folder.glob("*.py")}
    paths |= {f"{INSTRUCTIONS}.{path.stem}": path for path in (folder / INSTRUCTIONS).glob("*.py")}

    def module(name: str) -> ModuleType:
        if name == NATIVE:
            return machine
        if name not in loaded:
            path = paths[name]
            shown = path.relative_to(folder).as_posix()
            made = ModuleType(f"{package}.{name}", f"The program's module {shown}, under CPython.")
            made.__file__ = str(path)
            made.__dict__["__builtins__"] = {**vars(builtins), "__import__": scoped_import}
            loaded[name] = made
            try:
                exec(compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True), made.__dict__)
            except (ImportError, NameError, SyntaxError, TypeError) as error:
                raise MaiError(f"The program's module {shown} does not load: {error}.") from error
            for key, value in list(vars(made).items()):
                if isinstance(value, FunctionType) and value.__module__ == made.__name__:
                    setattr(made, key, typed_call(value))
        return loaded[name]

    def scoped_import(name: str, *_: Any) -> ModuleType:
        if name == PRELUDE:
            return words
        if name in paths:
            return module(name)
        raise ImportError(f"the program imports {name}, which it does not have on chain")

    for name in sorted(paths.keys() - {NATIVE}):
        sys.modules[f"{package}.{name}"] = module(name)
    return loaded


def typed_call(function: Callable[..., Any]) -> Callable[..., Any]:
    """``function`` with its annotations enforced, as the compiler enforces them on chain."""
    signature = inspect.signature(function)
    kinds = [parameter.annotation for parameter in signature.parameters.values()]
    # Only integers have a type to enforce: where they are, and what else is passed through as it is.
    checked = [(at, kind) for at, kind in enumerate(kinds) if prelude.is_integer(kind)]
    result = signature.return_annotation if prelude.is_integer(signature.return_annotation) else None

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) == len(kinds):
            given = list(args)
            for at, kind in checked:
                if type(given[at]) is not kind:
                    given[at] = prelude.typed(given[at], kind)
            returned = function(*given)
            return returned if result is None else prelude.typed(returned, result)
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            bound.arguments[name] = prelude.typed(value, signature.parameters[name].annotation)
        return prelude.typed(function(*bound.args, **bound.kwargs), signature.return_annotation)

    return call


def refusals(folder: Path) -> dict[str, str]:
    """Every refusal of the program, name to sentence, read from the asserts of its source.

    Raises:
        MaiError: a message has no name, or a name is used twice.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Assert):
                continue
            text = node.msg.value if isinstance(node.msg, ast.Constant) else ""
            match = _NAMED.fullmatch(str(text))
            if match is None or match[1] in found:
                raise MaiError(f"{path.name}:{node.lineno}: an assert needs its own 'Name: sentence'.")
            found[match[1]] = match[2]
    return found
