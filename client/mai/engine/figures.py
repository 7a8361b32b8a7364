"""The engine's figures for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from mai.engine.protocol import Completion

SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class Figures:
    """Counters of one engine.

    Attributes:
        answered, tokens, seconds: totals for the status line.
    """

    def __init__(self) -> None:
        self.answered, self.tokens, self.seconds = 0, 0, 0.0
        self._registry = CollectorRegistry()
        self._answers = Counter("mai_engine_answers", "Answers", ["model"], registry=self._registry)
        self._refusals = Counter("mai_engine_refusals", "Refusals and failures", ["name"], registry=self._registry)
        self._generated = Counter("mai_engine_tokens", "Tokens", ["model", "kind"], registry=self._registry)
        self._restarts = Counter("mai_engine_restarts", "Answers begun again", ["model"], registry=self._registry)
        self._loading = Counter("mai_engine_load_seconds", "Loading", ["model"], registry=self._registry)
        self._duration = Histogram(
            "mai_engine_inference_seconds", "Inference", ["model"], buckets=SECONDS, registry=self._registry
        )

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """A figure that is asked for when it is read."""
        Gauge(f"mai_engine_{name}", what, registry=self._registry).set_function(value)

    def answer(self, done: Completion) -> None:
        """An answer was given."""
        record = done.metadata
        self.answered += 1
        self.tokens += record.generated_tokens
        self.seconds += record.seconds
        self._answers.labels(record.model).inc()
        self._generated.labels(record.model, "prompt").inc(record.prompt_tokens)
        self._generated.labels(record.model, "generated").inc(record.generated_tokens)
        self._loading.labels(record.model).inc(record.load_us / 1e6)
        self._duration.labels(record.model).observe(record.seconds)

    def refusal(self, name: str) -> None:
        """A request was refused, or failed."""
        self._refusals.labels(name).inc()

    def restart(self, model: str) -> None:
        """An answer is begun again, because what was answering died."""
        self._restarts.labels(model).inc()

    def text(self) -> bytes:
        """For a scrape."""
        return generate_latest(self._registry)
