"""What the tests of the DAO, of NFTs and of musters begin with."""

from __future__ import annotations

import pytest
from program.dao import Dao, advanced
from program.musters import call, mustering, power_of, shows
from program.network import Network
from solders.keypair import Keypair


@pytest.fixture
def dao() -> Dao:
    """An open network with a treasury and no stake."""
    return Dao()


@pytest.fixture
def whale(dao: Dao) -> Keypair:
    """A stake that may propose anything and alone makes every quorum."""
    return advanced(dao)


@pytest.fixture
def called() -> Network:
    """A muster was called five slots ago, and the device can answer."""
    network = mustering()
    call(network, after=5)
    return network


@pytest.fixture
def known(called: Network) -> Network:
    """The device has proved an answer before, which counts for nothing alone; another muster is called."""
    shows(called)
    assert power_of(called) == 0
    call(called, after=5)
    return called
