"""Could the read-only fix-up drop a store that an instruction needs? Under 1 s."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from mai_build import fixups
from mai_build.layout import Layout

SOURCE = Layout.here().programs / "mai"


@pytest.mark.parametrize(
    ("handler", "kept"),
    [
        ("let a = task.borrow().bump;", False),
        ("let a = task\n    .borrow()\n    .bump;", False),
        ('panic!("the task is not open"); let a = other.borrow().task;', False),
        ("assign!(task.borrow_mut().status, 1);", True),
        ("assign!(\n    task\n        .borrow_mut()\n        .status,\n    1\n);", True),
        ("task.borrow().results.borrow_mut().push(1);", True),
        ("task\n    .borrow()\n    .results\n    .borrow_mut()\n    .push(1);", True),
        ("finish(task.clone());", True),
        ("finish(task);", True),
        ("let mut alias = task;", True),
    ],
)
def test_read_only_keeps_the_store_wherever_a_write_is_possible(handler: str, kept: bool) -> None:
    """rustfmt breaks long chains over lines, and an account can be written through another name."""
    body = f"pub fn pay_handler<'info>(\n    mut task: Mutable<LoadedTask<'info, '_>>,\n) -> () {{\n{handler}\n}}\n"
    lib = (
        "#[derive(Accounts)]\npub struct Pay<'info> {\n    #[account(mut)]\n"
        "    pub task: Box<Account<'info, dot::m::Task>>,\n}\n    pay_handler();\n    dot::m::Task::store(task);\n"
    )
    (read_only,) = [fix_up for fix_up in fixups.FIX_UPS if fix_up.name == "read-only"]
    fixed = read_only.apply({"dot/program.rs": body, "lib.rs": lib})["lib.rs"]
    assert ("#[account(mut)]" in fixed, "store(task)" in fixed) == (kept, kept)


Functions = dict[str, ast.FunctionDef]


def functions_of(paths: Iterable[Path]) -> Functions:
    trees = [ast.parse(path.read_text()) for path in paths]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


def assigned_in(function: ast.FunctionDef) -> set[str]:
    """The names of which a field, or an entry of a field, is assigned."""
    found = set()
    for node in ast.walk(function):
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            inner = target.value if isinstance(target, ast.Subscript) else target
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                found.add(inner.value.id)
    return found


def written_in(function: ast.FunctionDef, helpers: Functions, written: dict[str, set[str]]) -> set[str]:
    """The same, with what the helpers that it calls write."""
    found = assigned_in(function)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in helpers:
            parameters = [each.arg for each in helpers[node.func.id].args.args]
            for parameter, argument in zip(parameters, node.args, strict=True):
                if parameter in written.get(node.func.id, ()) and isinstance(argument, ast.Name):
                    found.add(argument.id)
    return found


def test_every_account_that_an_instruction_writes_is_stored() -> None:
    """Read from the Python source with all its helpers, not from the Rust that the fix-ups look at."""
    helpers = functions_of(SOURCE.glob("*.py"))
    written: dict[str, set[str]] = {}
    while (again := {name: written_in(node, helpers, written) for name, node in helpers.items()}) != written:
        written = again
    lib = (SOURCE / "src" / "lib.rs").read_text()
    count = 0
    for function in functions_of((SOURCE / "instructions").glob("*.py")).values():
        start = lib.index(f"pub fn {function.name}(")
        handler = lib[start : lib.index("return Ok(());", start)]
        stored = set(re.findall(r"::store\((\w+?)(?:\.account)?\)", handler))
        parameters = {each.arg for each in function.args.args}
        wanted = written_in(function, helpers, written) & parameters
        assert wanted <= stored, f"{function.name} writes {sorted(wanted - stored)} and does not store it"
        count += len(wanted)
    assert count > 100


def test_a_write_in_a_helper_of_a_helper_is_seen() -> None:
    source = """
def outer(a: A, b: B): inner(b, a)
def inner(x: X, y: Y): y.entries[1] = x.entries[0]
"""
    helpers = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    once = {name: written_in(node, helpers, {}) for name, node in helpers.items()}
    assert once == {"outer": set(), "inner": {"y"}}
    assert written_in(helpers["outer"], helpers, once) == {"a"}
