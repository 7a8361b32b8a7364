"""Could the read-only fix-up drop a store that an instruction needs? Under 1 s."""

from __future__ import annotations

import ast
import re

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


def test_every_account_that_an_instruction_assigns_to_is_stored() -> None:
    """Read from the Python source, not from the Rust that the fix-ups look at."""
    lib = (SOURCE / "src" / "lib.rs").read_text()
    written = 0
    trees = [ast.parse(path.read_text()) for path in (SOURCE / "instructions").glob("*.py")]
    for function in (node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)):
        start = lib.index(f"pub fn {function.name}(")
        handler = lib[start : lib.index("return Ok(());", start)]
        stored = set(re.findall(r"::store\((\w+?)(?:\.account)?\)", handler))
        targets: set[str] = set()
        for node in ast.walk(function):
            for target in getattr(node, "targets", [getattr(node, "target", None)]):
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    targets.add(target.value.id)
            # `configure` fills the configuration that it is given.
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "configure":
                targets.add("config")
        assert targets == stored, function.name
        written += len(targets)
    assert written > 10
