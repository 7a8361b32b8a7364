"""Frames between engine and worker: four bytes of length, then JSON."""

from __future__ import annotations

from typing import IO, Any

import orjson

from mai.engine.errors import EngineError
from mai.engine.limits import MAX_FRAME_BYTES

LENGTH_BYTES = 4


def pack(value: dict[str, Any]) -> bytes:
    """One frame.

    Raises:
        EngineError: it would be too long.
    """
    data = orjson.dumps(value)
    if len(data) > MAX_FRAME_BYTES:
        raise EngineError("invalid_request", f"a request of {len(data):,} bytes is too long for a worker")
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def read(stream: IO[bytes]) -> dict[str, Any] | None:
    """The next frame; None where the other side is gone."""
    head = stream.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    data = stream.read(size)
    if len(data) < size:
        return None
    found: dict[str, Any] = orjson.loads(data)
    return found
