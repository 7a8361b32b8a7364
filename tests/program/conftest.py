"""What the tests of the DAO and of NFTs begin with."""

from __future__ import annotations

import pytest
from program.dao import Dao, advanced
from solders.keypair import Keypair


@pytest.fixture
def dao() -> Dao:
    """An open network with a treasury and no stake."""
    return Dao()


@pytest.fixture
def whale(dao: Dao) -> Keypair:
    """A stake that may propose anything and alone makes every quorum."""
    return advanced(dao)
