"""Logs without plain text: no exception texts, no query strings, no line that repeats a prompt that is in memory."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
from typing import Any

from mai.engine.plain import CHUNK, live, outline, print_outline

EMPTIED = "(a log line that repeated plain text was emptied)"
MAX_MESSAGE = 8_192
_QUERY = re.compile(r"\?[^\s\"']*")
_ACCESS = frozenset({"uvicorn.access", "httpx", "hypercorn.access", "gunicorn.access"})


def scrub_record(record: logging.LogRecord) -> logging.LogRecord:
    """The record as any handler may write it: its message rendered, its exception reduced to kind and places."""
    try:
        text = record.getMessage()
    except Exception:
        text = f"(a log line of {record.pathname}:{record.lineno} could not be rendered)"
    if record.name in _ACCESS:
        text = _QUERY.sub("?…", text)
    if record.exc_info:
        error = record.exc_info[1]
        text = f"{text}: {outline(error)}" if error is not None else text
    record.exc_info = record.exc_text = record.stack_info = None
    text = text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…"
    text = EMPTIED if repeats_plain_text(text) else text
    if record.name == "uvicorn.access" and isinstance(record.args, tuple) and len(record.args) == 5:
        # uvicorn's own formatter takes the arguments apart: they stay, the path without its query.
        client, method, path, version, status = record.args
        path = EMPTIED if text == EMPTIED else _QUERY.sub("?…", str(path))
        record.args = (client, method, path, version, status)
        return record
    record.msg, record.args = text, None
    return record


def repeats_plain_text(text: str) -> bool:
    """Whether a text repeats a plain text that is in memory: all of a short one, 2 * CHUNK - 1 characters of any."""
    secrets = live()
    if not secrets:
        return False
    windows = {text[at : at + CHUNK] for at in range(len(text) - CHUNK + 1)}
    for secret in secrets:
        chunks = secret.chunks()
        if not windows.isdisjoint(chunks) or any(len(chunk) < CHUNK and chunk in text for chunk in chunks):
            return True
    return False


class Scrub(logging.Filter):
    """For handlers that somebody else makes records for."""

    def filter(self, record: logging.LogRecord) -> bool:
        scrub_record(record)
        return True


def scrub_logs() -> None:
    """From now on every log record of this process is scrubbed, and no uncaught exception shows its text."""
    made = logging.getLogRecordFactory()
    if getattr(made, "scrubs", False):
        return

    def factory(*args: Any, **given: Any) -> logging.LogRecord:
        return scrub_record(made(*args, **given))

    factory.scrubs = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)
    logging.raiseExceptions = False  # a handler's own failure would print the record's arguments
    sys.excepthook = print_outline
    sys.unraisablehook = lambda given: print(_outline_of(given.exc_value), file=sys.stderr)
    threading.excepthook = lambda given: print(_outline_of(given.exc_value), file=sys.stderr)


def quiet_loop(loop: asyncio.AbstractEventLoop) -> None:
    """An event loop's own reports of failed tasks: kind and places only."""
    log = logging.getLogger("mai.engine")

    def report(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        log.error("%s: %s", context.get("message", "a task failed"), _outline_of(error))

    loop.set_exception_handler(report)


def _outline_of(error: BaseException | None) -> str:
    return outline(error) if error is not None else "an unknown failure"
