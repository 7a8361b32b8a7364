"""A folder of its own for every test, and a server that can misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mai.engine.models.store import Store
from models.servers import Server, serving

SIZE = 3 * 2**20 + 12_345


def gguf(size: int = SIZE, seed: int = 1) -> bytes:
    """Bytes that begin as a GGUF file does."""
    import random

    return b"GGUF" + random.Random(seed).randbytes(size - 4)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serving(Server(gguf())) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("MAI_IPFS_GATEWAY", running.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield running


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("MAI_DATA_DIR", str(tmp_path / "data"))
    return Store(pause=lambda _: None)
