"""Whose log line is whose: a transaction's logs as the runtime's stack of invocations.

Any program can log any text, so a line counts only together with the program that was running when it was written.
The runtime alone writes ``Program ID invoke [n]``, ``Program ID success`` and ``Program ID failed: …``; what a program
logs always begins with ``Program log: `` or ``Program data: ``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

_INVOKE = re.compile(r"Program (\w+) invoke \[\d+\]")
_END = re.compile(r"Program \w+ (?:success|(failed): .*)", re.DOTALL)
TRUNCATED = "Log truncated"
"""The runtime's last line where a transaction logged more than 10,000 bytes."""


def invoked(logs: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Every line that a program wrote, as (the program's id, which of its invocations this is, from 0, line)."""
    stack: list[tuple[str, int]] = []
    runs: Counter[str] = Counter()
    for line in logs:
        if found := _INVOKE.fullmatch(line):
            stack.append((found[1], runs[found[1]]))
            runs[found[1]] += 1
        elif _END.fullmatch(line):
            del stack[-1:]
        elif stack:
            yield *stack[-1], line


def cause(logs: Sequence[str]) -> list[str]:
    """What the program that failed first wrote itself, and how the runtime says it failed.

    A program cannot survive the failure of one that it called, so the first failure is the transaction's cause. Where
    the logs do not say who ran or failed, all of them.
    """
    stack: list[list[str]] = [[]]
    for line in logs:
        if _INVOKE.fullmatch(line):
            stack.append([])
        elif found := _END.fullmatch(line):
            frame = stack.pop() if len(stack) > 1 else stack[0]
            if found[1]:
                return [*frame, line]
        else:
            stack[-1].append(line)
    return list(logs)
