"""From a failed transaction's logs to the refusal's name; a number never reaches the user."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mai.chain.logs import cause
from mai.errors import ProgramError

_VERIFIER = re.compile(r"Program log: VerifierError: (\w+)")
# A Seahorse assert panics with the text "Name: what is wrong"; the two exceptions are Anchor's and the SPL programs'.
_PANIC = re.compile(r"Program log: (?:panicked at ')?(?!Instruction: |Error: )([A-Z]\w+): ([^'\n]*)")
_ANCHOR = re.compile(r"Program log: AnchorError .*Error Code: (\w+)\. Error Number: \d+\. Error Message: (.*)")
_FAILED = re.compile(r"Program (\w+) failed: (.*)")

# What the built-in programs and the runtime report, as numbers or phrases, and the name we give it.
_RUNTIME = (
    (
        re.compile(r"exceeded CUs meter|Computational budget exceeded", re.I),
        "ComputeBudgetExceeded",
        "out of compute units",
    ),
    (re.compile(r"Error: insufficient funds"), "InsufficientTokens", "not enough tokens in the account"),
    (re.compile(r"attempt to \w+ with overflow"), "ArithmeticOverflow", "a number left its range"),
    (re.compile(r"insufficient lamports|InsufficientFunds", re.I), "InsufficientFunds", "not enough lamports"),
    (re.compile(r"already in use"), "AccountInUse", "the account exists already"),
    (
        re.compile(r"AlreadyProcessed|already been processed"),
        "AlreadyProcessed",
        "this very transaction was processed before",
    ),
    (
        re.compile(r"BlockhashNotFound|Blockhash not found"),
        "BlockhashNotFound",
        "the transaction's blockhash is unknown or too old",
    ),
    (re.compile(r"AccountNotFound"), "PayerNotFound", "the fee payer's account does not exist"),
    (re.compile(r"Access violation", re.I), "AccessViolation", "the program touched memory that is not its own"),
)


def refusal(reason: str, logs: Sequence[str], messages: dict[str, str]) -> ProgramError:
    """The named error behind a failed transaction, in the words of the program that failed and of no other.

    Args:
        reason: the runtime's own description of the failure.
        logs: the transaction's logs.
        messages: name to message, from the programs' IDLs.
    """
    lines, written = list(logs), cause(logs)
    for line in reversed(written):
        if found := _VERIFIER.match(line):
            return ProgramError(found[1], messages.get(found[1], ""), lines)
        if found := _ANCHOR.match(line):
            return ProgramError(found[1], found[2], lines)
    for line in reversed(written):
        if found := _PANIC.match(line):
            return ProgramError(found[1], found[2].strip(), lines)
    text = " ".join([reason, *written])
    for pattern, name, detail in _RUNTIME:
        if pattern.search(text):
            return ProgramError(name, detail, lines)
    failed = next((found[2] for line in reversed(written) if (found := _FAILED.search(line))), reason)
    return ProgramError("TransactionFailed", failed, lines)
