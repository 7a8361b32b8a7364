"""What goes wrong in the client, in one sentence each."""

from __future__ import annotations


class MaiError(Exception):
    """A refusal or failure that the user can act on; the message is one clear sentence."""


class ProgramError(MaiError):
    """A program refused a transaction.

    Attributes:
        name: the refusal's name, as in the program's source and IDL (e.g. ``ClaimerMismatch``).
        detail: what the program said about it.
        logs: the transaction's log lines.
    """

    def __init__(self, name: str, detail: str, logs: list[str]) -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.name = name
        self.detail = detail
        self.logs = logs
