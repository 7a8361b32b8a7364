"""Asking somebody for a secret: hidden on a terminal, one line where a program pipes it in; never an argument."""

from __future__ import annotations

import getpass
import sys

from mai.errors import MaiError

MAX_CHARACTERS = 1_024


def ask_secret(question: str) -> str:
    """One line, without its end.

    Raises:
        MaiError: nobody answers, or the line is too long.
    """
    try:
        if sys.stdin.isatty():
            line = getpass.getpass(f"{question}: ")
        else:
            line = sys.stdin.readline(MAX_CHARACTERS + 2)
            if not line:
                raise EOFError
    except EOFError as error:
        raise MaiError(f"nobody answered: {question.lower()}?") from error
    line = line.rstrip("\r\n")
    if len(line) > MAX_CHARACTERS:
        raise MaiError(f"that line is longer than {MAX_CHARACTERS:,} characters")
    return line


def ask_phrase(path: str | None, what: str = "Recovery phrase") -> tuple[str, str, str | None]:
    """A recovery phrase and its passphrase; the path is passed through."""
    return ask_secret(what), ask_secret("Passphrase (empty for none)"), path
