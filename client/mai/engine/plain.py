"""Plain text that does not show itself: not in logs, tracebacks, pickles or JSON; only ``reveal`` gives it out."""

from __future__ import annotations

import hmac
import sys
import threading
import traceback
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NoReturn, SupportsIndex

from mai.errors import MaiError

SHOWN = "<plain text, not shown>"
CHUNK = 24
"""Characters: a log line that repeats 2 * CHUNK - 1 of a live plain text in a row is always noticed."""
_live: weakref.WeakSet[Plain] = weakref.WeakSet()
_changing = threading.RLock()


class NotShown(TypeError):
    """Somebody tried to write plain text out."""


class EngineFault(MaiError):
    """Work with plain text failed; what the failure said is not repeated, for it may repeat the text."""

    # Python remembers what was being handled when this was raised; nobody who writes exceptions down shall find it.
    __context__ = property(lambda self: None, lambda self, value: None)
    __cause__ = property(lambda self: None, lambda self, value: None)


class Plain:
    """Bytes of a prompt or an answer. As long as it lives, log lines that repeat it are emptied (``scrub``)."""

    __slots__ = ("__weakref__", "_chunks", "_secret")

    def __init__(self, secret: bytes | bytearray | str) -> None:
        self._secret = secret.encode() if isinstance(secret, str) else bytes(secret)
        self._chunks: frozenset[str] | None = None
        with _changing:
            _live.add(self)

    def reveal(self) -> bytes:
        """The bytes; whoever calls this answers for where they go."""
        return self._secret

    def text(self) -> str:
        """The bytes as text.

        Raises:
            EngineFault: they are none.
        """
        try:
            return self._secret.decode()
        except UnicodeDecodeError:
            pass
        raise EngineFault("the plain text is not UTF-8")

    def chunks(self) -> frozenset[str]:
        """Its pieces of CHUNK characters, one after the other; all of it where it is shorter."""
        if self._chunks is None:
            text = self._secret.decode("utf-8", "replace")
            pieces = {text[at : at + CHUNK] for at in range(0, len(text) - CHUNK + 1, CHUNK)}
            self._chunks = frozenset(pieces or ({text} if len(text) >= CHUNK // 3 else ()))
        return self._chunks

    def __len__(self) -> int:
        return len(self._secret)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plain) and hmac.compare_digest(self._secret, other._secret)

    __hash__ = object.__hash__  # by identity: the content must not be found by its hash

    def __repr__(self) -> str:
        return SHOWN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return SHOWN

    def __iter__(self) -> NoReturn:
        raise NotShown("plain text is not taken apart: call reveal()")

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise NotShown("plain text is not pickled or copied: seal it")

    def __getstate__(self) -> NoReturn:
        raise NotShown("plain text is not pickled or copied: seal it")


def live() -> list[Plain]:
    """The plain texts that are in memory now."""
    with _changing:
        return list(_live)


@contextmanager
def contained(what: str, passing: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Let no exception out that may carry plain text: an :class:`EngineFault` names its kind and place instead.

    Args:
        what: what was being done, as the sentence begins.
        passing: kinds of exceptions whose text is known to be harmless.

    Raises:
        EngineFault: without cause, context or frames of what happened inside.
    """
    try:
        yield
    except passing:
        raise
    except EngineFault:
        raise
    except Exception as error:
        raise EngineFault(f"{what} failed: {type(error).__name__} at {where(error.__traceback__)}") from None


def where(trace: TracebackType | None) -> str:
    """File and line of the innermost frame: no source text, no values."""
    frames = list(traceback.walk_tb(trace))
    if not frames:
        return "an unknown place"
    frame, line = frames[-1]
    return f"{frame.f_code.co_filename.rpartition('/')[2]}:{line}"


def outline(error: BaseException) -> str:
    """An exception as it may be logged: its kind, and the files and lines that it came through."""
    frames = [f"{frame.f_code.co_filename}:{line}" for frame, line in traceback.walk_tb(error.__traceback__)]
    return f"{type(error).__name__} at {' > '.join(frames[-8:]) or 'an unknown place'}"


def print_outline(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A replacement of ``sys.excepthook`` that shows neither the exception's text nor the values on the way."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return
    print(outline(error.with_traceback(trace)), file=sys.stderr)
