"""Instructions in several files: what Seahorse is given, what is refused, and where its errors point."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mai_build import origin, seahorse
from mai_build.errors import BuildError
from mai_build.layout import Layout

MAIN = """# The contents page.
from seahorse.prelude import *

# Pays.
from instructions.pay import (
    pay, refund
)
from instructions.ask import ask

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')
"""
STATE = """from seahorse.prelude import *

FEE = 3


class Task(Account):
    paid: u64
"""
PAY = """# Paying.
from seahorse.prelude import *
from state import FEE, Task


# Pays once.
@instruction
def pay(owner: Signer, task: Task):
    task.paid += FEE


@instruction
def refund(owner: Signer, task: Task):
    task.paid = 0
"""
ASK = """from seahorse.prelude import *
from state import Task


@instruction
def ask(owner: Signer, task: Empty[Task]):
    task = task.init(payer=owner, seeds=['task', owner])
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    """A small program in four files."""
    (tmp_path / "instructions").mkdir()
    for name, text in (("state", STATE), ("instructions/pay", PAY), ("instructions/ask", ASK), ("main", MAIN)):
        (tmp_path / f"{name}.py").write_text(text)
    return tmp_path / "main.py"


def change(main: Path, name: str, old: str, new: str) -> None:
    path = main.parent / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_every_file_stands_where_the_main_file_lists_it(main: Path) -> None:
    lines = origin.assembled(main)
    expected = MAIN.replace("from instructions.pay import (\n    pay, refund\n)\n", PAY)
    expected = expected.replace("from instructions.ask import ask\n", ASK)
    assert "".join(f"{line.text}\n" for line in lines) == expected
    files = {"main.py": MAIN, "instructions/pay.py": PAY, "instructions/ask.py": ASK}
    assert all(files[line.file].splitlines()[line.number - 1] == line.text for line in lines)


def test_a_program_of_one_file_is_left_as_it_is() -> None:
    source = Layout.here().root / "examples" / "verify_in_your_program" / "escrow.py"
    assert "".join(f"{line.text}\n" for line in origin.assembled(source)) == source.read_text()


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("main.py", "pay, refund", "pay", r"main.py:5: this line and instructions/pay.py do not agree about refund"),
        ("main.py", "import ask", "import ask, answer", r"main.py:8: .*instructions/ask.py do not agree about answer"),
        ("main.py", "from instructions.ask import ask\n", "", r"does not list the instructions of instructions/ask.py"),
        ("main.py", "instructions.ask", "instructions.asks", r"main.py:8: there is no instructions/asks.py"),
        ("instructions/ask.py", "seeds=['task', owner]", "seeds=['task', FEE]", r"ask.py does not import FEE"),
        ("instructions/ask.py", "def ask", "def pay", r"do not agree about ask, pay"),
        ("instructions/ask.py", "@instruction", "FEE = 1\n@instruction", r"ask.py has a name that another .* too: FEE"),
        ("instructions/ask.py", "def ask(", "def ask(((", r"instructions/ask.py:6: "),
    ],
)
def test_what_would_not_work_as_files_of_their_own_is_refused(
    main: Path, name: str, old: str, new: str, message: str
) -> None:
    origin.assembled(main)  # the control
    change(main, name, old, new)
    with pytest.raises(BuildError, match=message):
        origin.assembled(main)


def needs_seahorse() -> None:
    try:
        seahorse.seahorse_command()
    except BuildError as missing:
        pytest.skip(str(missing))


def test_seahorse_compiles_the_instructions_of_all_files(main: Path) -> None:
    needs_seahorse()
    parts = seahorse.compile_program(main, "x/main.py")
    handlers = re.findall(r"pub fn (\w+)_handler", parts["dot/program.rs"].decode())
    assert sorted(handlers) == ["ask", "pay", "refund"]


@pytest.mark.parametrize(
    ("name", "old", "new", "place"),
    [
        ("instructions/pay.py", "task.paid = 0", "task.paid = 'no'", "instructions/pay.py:14"),
        ("state.py", "paid: u64", "paid: u65", "state.py:7"),
        ("main.py", "declare_id(", "declare_id(1, ", "main.py:10"),
    ],
)
def test_an_error_of_seahorse_points_into_the_file_that_has_it(
    main: Path, name: str, old: str, new: str, place: str
) -> None:
    needs_seahorse()
    change(main, name, old, new)
    with pytest.raises(BuildError, match=rf"\nsee {re.escape(place)}$"):
        seahorse.compile_program(main, "x/main.py")
