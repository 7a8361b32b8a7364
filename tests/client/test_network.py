"""The policy program's client before genesis."""

import pytest
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.chain.network import Network


@pytest.fixture
def network() -> Network:
    return Network(Embedded())


def test_before_genesis_there_is_no_supply_and_the_mint_is_the_one_it_would_create(network: Network) -> None:
    assert network.mint == artifacts.program("mai").pda(b"mint")[0]
    assert network.supply() == 0


def test_lamports_sent_to_the_configs_address_change_nothing(network: Network) -> None:
    before = network.mint
    network.cluster.airdrop(network.config, LAMPORTS_PER_SOL)
    assert network.mint == before
    assert network.supply() == 0
