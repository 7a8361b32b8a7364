"""A network in which verifiers look at a miner's works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from requester.world import Net
from verifywork.court import Court


@pytest.fixture
def court(tmp_path: Path) -> Iterator[Court]:
    net = Net(tmp_path)
    yield Court(net)
    net.close()


@pytest.fixture
def proved_court(tmp_path: Path) -> Iterator[Court]:
    """The same where the model's proof misses nothing, so that an appeal convicts those who said otherwise."""
    net = Net(tmp_path, detection=10_000)
    yield Court(net)
    net.close()
