"""Refusals and failures of the engine: a name for programs, one sentence for people, and the HTTP status of each."""

from __future__ import annotations

from mai.errors import MaiError

STATUS = {
    "invalid_request": 400,
    "unsupported_parameter": 400,
    "context_length_exceeded": 400,
    "tokens_unsupported": 400,
    "envelope_unreadable": 400,
    "unauthorized": 401,
    "offer_refused": 403,
    "model_not_found": 404,
    "not_found": 404,
    "task_not_found": 404,
    "method_not_allowed": 405,
    "task_taken": 409,
    "task_finished": 409,
    "body_too_large": 413,
    "busy": 429,
    "cancelled": 499,
    "internal_error": 500,
    "answer_changed": 502,
    "backend_crashed": 502,
    "backend_refused": 502,
    "backend_unreachable": 502,
    "load_failed": 503,
    "stopping": 503,
    "sealing_unavailable": 503,
    "timed_out": 504,
}
"""Every name that a caller can meet."""


class EngineError(MaiError):
    """A refusal or failure.

    Attributes:
        name: one of ``STATUS``.
        parameter: which of the request's fields is wrong, where one is.
        retry_after: seconds after which asking again makes sense, where it does.
    """

    def __init__(
        self, name: str, message: str, *, parameter: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.name = name if name in STATUS else "internal_error"
        self.parameter = parameter
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.name]


class BackendDied(EngineError):
    """The process or server that was answering is gone; what it was doing can be done again."""

    def __init__(self, message: str, name: str = "backend_crashed") -> None:
        super().__init__(name, message)
