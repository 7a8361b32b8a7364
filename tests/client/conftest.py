"""An open network, and the command line connected to it."""

from __future__ import annotations

from pathlib import Path

import pytest
from client.cli_world import World


@pytest.fixture
def founded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A network whose mining is not open yet; early access by NFT lasts 30 days a month."""
    world = World(tmp_path, month_s=30 * 86_400)
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: world.chain)
    return world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A network in which everybody may mine and vote."""
    world = World(tmp_path).open()
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: world.chain)
    return world
