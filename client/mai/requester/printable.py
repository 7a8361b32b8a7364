"""Other people's texts on a terminal: answers, reasons and receipts must not be able to command it."""

from __future__ import annotations

KEPT = "\n\t"


def printable(text: str) -> str:
    r"""The text with everything that a terminal obeys or hides (escapes, direction marks) shown as its number.

    >>> printable("red \x1b[31m, and\n\u202eback")
    'red \\x1b[31m, and\n\\u202eback'
    """
    return "".join(letter if letter in KEPT or letter.isprintable() else _shown(letter) for letter in text)


def _shown(letter: str) -> str:
    number = ord(letter)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
