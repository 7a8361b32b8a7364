"""The program's own rules asked before anything is sent: what they refuse, they refuse by the same name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mai.errors import MaiError, ProgramError


def enforce(rule: Callable[..., Any], *arguments: Any) -> None:
    """Run a rule that asserts.

    Raises:
        ProgramError: the rule refuses, as the program would.
        MaiError: a number does not fit its type on chain.
    """
    try:
        rule(*arguments)
    except AssertionError as error:
        name, _, sentence = str(error).partition(": ")
        raise ProgramError(name, sentence, []) from None
    except OverflowError as error:
        raise MaiError(f"a number is out of range: {error}") from None
