"""What the engine's tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from engine.helpers import PLAIN, SIGNER, SharedKeyEnvelopes, limits, worker_path
from mai.engine.engine import Engine
from mai.engine.protocol import ModelSpec


@pytest.fixture(autouse=True)
def workers_find_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes import the scripted backend."""
    monkeypatch.setenv("PYTHONPATH", worker_path())


@pytest.fixture(autouse=True)
def cancelled_answers_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no worker is ended because it was slow to hear of a cancellation."""
    monkeypatch.setattr("mai.engine.workers.CANCEL_SECONDS", 600.0)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A folder by which a test holds and frees a scripted backend."""
    folder = tmp_path / "gate"
    folder.mkdir()
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Engine]:
    """Makes an engine with a signer and test envelopes; call it inside the event loop."""

    def made(*specs: ModelSpec, bounds: dict[str, Any] | None = None, **options: Any) -> Engine:
        given = {"signer": SIGNER, "envelopes": SharedKeyEnvelopes(), "limits": limits(**(bounds or {}))}
        return Engine(tmp_path / "state", specs, PLAIN, **{**given, **options})

    return made


@pytest.fixture
def run(make: Callable[..., Engine]) -> Iterator[Callable[..., Any]]:
    """Runs ``story(engine)`` on an engine that serves the given models, and closes the engine."""

    def go(story: Callable[[Engine], Coroutine[Any, Any, Any]], *specs: ModelSpec, **options: Any) -> Any:
        async def everything() -> Any:
            engine = make(*specs, **options)
            await engine.begin(preload=False)
            try:
                return await story(engine)
            finally:
                await engine.close()

        return asyncio.run(everything())

    yield go
