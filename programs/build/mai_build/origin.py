"""The file that Seahorse compiles: it takes instructions from one file only, a program may have them in several.

A line `from instructions.NAME import INSTRUCTION, …` of the program's main file stands for instructions/NAME.py, which
must have exactly these instructions. Such a file is put in the place of its line, as it is.
"""

from __future__ import annotations

import ast
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from mai_build.errors import BuildError

FOLDER = "instructions"
_QUOTED = re.compile(r"^ *(?P<number>\d+) \| (?P<text>.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """A line of Python and where it stands."""

    file: str
    number: int
    text: str


def _lines(path: Path, name: str) -> list[Line]:
    return [Line(name, number, text) for number, text in enumerate(path.read_text().splitlines(), 1)]


def _tree(path: Path, name: str) -> ast.Module:
    try:
        return ast.parse(path.read_text())
    except SyntaxError as error:
        raise BuildError(f"{name}:{error.lineno}: {error.msg}") from error


def _imported(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }


def _defined(tree: ast.Module) -> set[str]:
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    targets = (target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets)
    return names | {target.id for target in targets if isinstance(target, ast.Name)}


def _instructions(tree: ast.Module) -> set[str]:
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {node.name for node in functions if any(ast.unparse(mark) == "instruction" for mark in node.decorator_list)}


def assembled(source: Path) -> list[Line]:
    """The main file `source` with every instruction file in the place of its line. Raises BuildError."""
    lines, kept, taken = _lines(source, source.name), 0, []
    trees: dict[str, ast.Module] = {}
    for node in _tree(source, source.name).body:
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(f"{FOLDER}."):
            continue
        name = f"{FOLDER}/{str(node.module).removeprefix(f'{FOLDER}.')}.py"
        path = source.parent / name
        if not path.is_file() or name in trees:
            raise BuildError(f"{source.name}:{node.lineno}: there is no {name}, or it is listed twice")
        trees[name] = _tree(path, name)
        listed, there = {alias.name for alias in node.names}, _instructions(trees[name])
        if listed != there:
            differing = ", ".join(sorted(listed ^ there))
            raise BuildError(f"{source.name}:{node.lineno}: this line and {name} do not agree about {differing}")
        taken += lines[kept : node.lineno - 1] + _lines(path, name)
        kept = node.end_lineno or node.lineno
    surplus = {f"{FOLDER}/{path.name}" for path in (source.parent / FOLDER).glob("*.py")} - trees.keys()
    if surplus:
        raise BuildError(f"{source.name} does not list the instructions of {', '.join(sorted(surplus))}")
    _separate(trees)
    return taken + lines[kept:]


def _separate(trees: dict[str, ast.Module]) -> None:
    """In one file, a name of one part would be seen in the others: refuse what would not work in files of their own."""
    own = {name: _imported(tree) | _defined(tree) for name, tree in trees.items()}
    everywhere = set().union(*own.values())
    for name, tree in trees.items():
        twice = {n for n in _defined(tree) for other in trees if other != name and n in own[other]}
        if twice:
            raise BuildError(f"{name} has a name that another file has, too: {', '.join(sorted(twice))}")
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        local = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        local |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        if missing := used & everywhere - own[name] - local:
            raise BuildError(f"{name} does not import {', '.join(sorted(missing))}")


def write(source: Path, folder: Path) -> list[Line]:
    """Write the program of `source` as Seahorse takes it into `folder`: one main file of the same name, its modules."""
    lines = assembled(source)
    for module in source.parent.glob("*.py"):
        if module != source:
            shutil.copy(module, folder)
    (folder / source.name).write_text("".join(f"{line.text}\n" for line in lines))
    return lines


def located(message: str, source: Path, lines: list[Line]) -> str:
    """Seahorse's `message` about the program of `source`, and below it where the line that it quotes stands."""
    quoted = _QUOTED.search(message)
    if quoted is None:
        return message
    number, text = int(quoted["number"]), quoted["text"].strip()
    modules = (_lines(path, path.name) for path in sorted(source.parent.glob("*.py")) if path != source)
    files = [lines, *modules]
    places = [file[number - 1] for file in files if number <= len(file) and file[number - 1].text.strip() == text]
    return message + "".join(f"\nsee {line.file}:{line.number}" for line in places)
