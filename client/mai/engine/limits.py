"""Every bound of the engine, in one place; the command line can narrow some."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_PORT = 11_435
MAX_BODY_BYTES = 2 * 1024 * 1024
MAX_FRAME_BYTES = 16 * 1024 * 1024
MAX_MESSAGES = 512
MAX_TEXT = 1024 * 1024
MAX_PROMPT_TOKENS = 131_072
MAX_STOP = 16
MAX_STOP_CHARACTERS = 256
MAX_NAME = 256
MAX_ENVELOPE_BYTES = 1024 * 1024
MAX_BATCH = 16
MAX_SEED = 2**32 - 1
MAX_RETRY_AFTER = 60


@dataclass(frozen=True)
class Limits:
    """What one engine allows.

    Attributes:
        running: answers generated at a time, over all models.
        waiting: requests in the queue; more are refused with ``busy``.
        waiting_each: of one client.
        offers: accepted tasks that are not finished.
        offers_each: of one requester.
        held_seconds: so long an accepted task waits for its miner, where tasks are held.
        default_tokens, max_tokens: of one answer.
        queue_seconds: the longest wait for a free worker.
        run_seconds: the longest inference.
        load_seconds: the longest loading of a model.
        attempts: how often a request is begun, crashes of the backend included.
        loaded: models that are kept in memory.
    """

    running: int = 1
    waiting: int = 64
    waiting_each: int = 32
    offers: int = 1_024
    offers_each: int = 64
    held_seconds: float = 6 * 3_600.0
    default_tokens: int = 512
    max_tokens: int = 8_192
    queue_seconds: float = 300.0
    run_seconds: float = 600.0
    load_seconds: float = 600.0
    attempts: int = 4
    loaded: int = 2
