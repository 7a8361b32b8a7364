"""Which accounts an instruction only reads, from the Rust that Seahorse writes; in doubt an account counts as written.

A mention of an account is a read if it is a field's value, an address, or a clone for a helper function that only reads
that parameter. Helpers may call each other and themselves: a parameter is read until a mention says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FUNCTION = re.compile(
    r"^pub fn (?P<name>\w+)(?:<'info>)?\((?P<parameters>[^{]*?)\)[^{)]*\{\n(?P<body>.*?)^\}", re.M | re.S
)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_CALL = re.compile(r"(?<![\w.:!])(?P<name>\w+)\(")
_PARAMETER = re.compile(r"mut (?P<name>\w+):(?P<type>.+)")

# How a mention of an account or list must go on to be a read, by the kind of its type.
_LOADED, _UNCHECKED, _LIST = "loaded", "unchecked", "list"
_READS = {
    _LOADED: r"\.borrow\(\)\.\w+\b(?!\.borrow_mut\(\)|\.to_account_info\(\)\.try_borrow_mut_lamports\(\))",
    # Its address, or Seahorse's own call of it as a program.
    _UNCHECKED: r"\.key\(\)|(?<=let program=NAME);let cpi_accounts=",
    # A list is only a value: what returns it gives its content away, see programs/mai/digests.py.
    _LIST: r"\.borrow\(\)|(?<=return NAME);",
}


@dataclass(frozen=True)
class _Function:
    """A generated function outside any class, its body without strings and needless spaces."""

    name: str
    parameters: tuple[tuple[str, str | None], ...]  # name, kind
    body: str


@dataclass(frozen=True)
class _Argument:
    """An argument of a call: the text, whose parameter it is, and how many arguments that call has."""

    text: str
    function: str
    index: int
    count: int


def compact(text: str) -> str:
    """Rust without the contents of strings and without the spaces that rustfmt put there."""
    return re.sub(r"(?<!\w) | (?!\w)", "", re.sub(r"\s+", " ", _STRING.sub('""', text)))


def _kind(declared: str) -> str | None:
    """The kind of a type, as a handler or helper declares it or as `#[derive(Accounts)]` does."""
    if declared.startswith("UncheckedAccount"):
        return _UNCHECKED
    if declared.startswith(("Mutable<Loaded", "Box<Account<'info, dot::")):
        return _LOADED
    return _LIST if declared.startswith(("Mutable<Vec<", "Mutable<[")) else None


def _split(text: str, brackets: str) -> Iterator[tuple[int, str]]:
    """The parts of a list with commas, up to its closing bracket if that is in `text`, and where they begin."""
    depth = start = 0
    for at, character in enumerate(text):
        if character in brackets[::2]:
            depth += 1
        elif character in brackets[1::2]:
            depth -= 1
        if depth < 0 or (character == "," and depth == 0):
            if at > start:
                yield start, text[start:at]
            start = at + 1
        if depth < 0:
            return
    if text[start:]:
        yield start, text[start:]


def _functions(modules: Iterable[str]) -> Iterator[_Function]:
    for match in (match for text in modules for match in _FUNCTION.finditer(text)):
        declared = [_PARAMETER.fullmatch(part) for _, part in _split(compact(match["parameters"]), "()[]<>")]
        parameters = tuple((found["name"], _kind(found["type"])) if found else ("", None) for found in declared)
        yield _Function(match["name"], parameters, compact(match["body"]))


def _arguments(text: str) -> dict[int, _Argument]:
    """Every argument of every call of a function by its name, by where it begins."""
    found = {}
    for call in _CALL.finditer(text):
        parts = list(_split(text[call.end() :], "()[]{}"))
        for index, (start, part) in enumerate(parts):
            found[call.end() + start] = _Argument(part, call["name"], index, len(parts))
    return found


class Functions:
    """The functions of all generated modules, and which of their parameters they only read."""

    def __init__(self, modules: Iterable[str]) -> None:
        self._by_name: dict[str, list[_Function]] = {}
        for function in _functions(modules):
            self._by_name.setdefault(function.name, []).append(function)
        self._written: set[tuple[str, int]] = set()
        while more := set(self._found_written()) - self._written:
            self._written |= more

    def only_reads(self, function: str, name: str, declared: str) -> bool:
        """Whether every function of this name only reads the account `name`, whose type is `declared`."""
        kind, found = _kind(declared), self._by_name.get(function, [])
        return kind is not None and bool(found) and all(self._reads(each.body, name, kind) for each in found)

    def _found_written(self) -> Iterator[tuple[str, int]]:
        for functions in self._by_name.values():
            for function in functions:
                for index, (name, kind) in enumerate(function.parameters):
                    if kind is None or not self._reads(function.body, name, kind):
                        yield function.name, index

    def _reads(self, body: str, name: str, kind: str) -> bool:
        read = re.compile(_READS[kind].replace("NAME", name))
        arguments = _arguments(body)
        for mention in re.finditer(rf"(?<![.\w]){name}\b", body):
            argument = arguments.get(mention.start())
            if argument and argument.text == f"{name}.clone()":
                if not self._is_read(argument):
                    return False
                continue
            if not read.match(body, mention.end()):
                return False
            # A list of an account is handed on as it is, not as a copy.
            if argument and kind == _LOADED and self._takes_list(argument) and not self._is_read(argument):
                return False
        return True

    def _takes_list(self, argument: _Argument) -> bool:
        """Whether a field that is this argument may be a list: the parameter is one, or cannot be told."""
        found = self._by_name.get(argument.function, [])
        return any(len(f.parameters) != argument.count or f.parameters[argument.index][1] == _LIST for f in found)

    def _is_read(self, argument: _Argument) -> bool:
        found = self._by_name.get(argument.function, [])
        fits = bool(found) and all(len(function.parameters) == argument.count for function in found)
        return fits and (argument.function, argument.index) not in self._written
