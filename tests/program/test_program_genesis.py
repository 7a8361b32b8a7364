"""genesis and genesis_adopt."""

from __future__ import annotations

import pytest
from program.chain import START, VERIFIER, refused
from program.network import CHAIN_ID, CONFIG, MINT, RATE_FLOOR, SRS, Network
from solders.pubkey import Pubkey


def test_genesis_makes_the_mint_and_the_configuration() -> None:
    network = Network()
    event = network.genesis().events["NetworkCreated"]
    config = network.chain.read("Config", CONFIG)
    expected = {
        "authority": network.admin.pubkey(),
        "mint": MINT,
        "verifier": VERIFIER,
        "chain_id": CHAIN_ID,
        "genesis_ts": START,
        "rate_floor": RATE_FLOOR,
        "epoch_cap": 0,
        "nobody": Pubkey.default(),
    }
    assert {name: config[name] for name in expected} == expected
    assert bytes(config["srs"]) == SRS
    assert event["supply"] == 0
    mint = bytes(network.chain.svm.get_account(MINT).data)
    assert mint[:36] == b"\x01\0\0\0" + bytes(CONFIG)  # mint authority: the config PDA
    assert mint[44] == 9
    assert mint[46:50] == bytes(4)  # no freeze authority


def test_there_is_one_genesis() -> None:
    network = Network()
    network.genesis()
    with refused("AccountInUse"):
        network.genesis()
    with refused("AccountInUse"):
        network.genesis_adopt(network.chain.put_mint(CONFIG, None))


@pytest.mark.parametrize(("floor", "name"), [(9_999, "RateFloorTooLow"), (59_050, "RateFloorTooHigh")])
def test_the_rate_floor_has_bounds(floor: int, name: str) -> None:
    network = Network()
    with refused(name):
        network.genesis(rate_floor=floor)
    network.genesis(rate_floor=min(max(floor, 10_000), 59_049))


def test_an_existing_mint_is_adopted_with_its_supply() -> None:
    network = Network()
    mint = network.chain.put_mint(CONFIG, None, supply=123)
    assert network.genesis_adopt(mint).events["NetworkCreated"]["supply"] == 123
    assert network.chain.read("Config", CONFIG)["mint"] == mint


def test_an_adopted_mint_must_be_ours_alone() -> None:
    network = Network()
    stranger, put = Pubkey.new_unique(), network.chain.put_mint
    with refused("WrongDecimals"):
        network.genesis_adopt(put(CONFIG, None, decimals=6))
    for authority in (stranger, None):
        with refused("WrongMintAuthority"):
            network.genesis_adopt(put(authority, None))
    for freeze in (stranger, CONFIG):
        with refused("FreezeAuthorityPresent"):
            network.genesis_adopt(put(CONFIG, freeze))
    network.genesis_adopt(put(CONFIG, None))


def test_a_mint_of_another_token_program_is_refused() -> None:
    network = Network()
    mint = network.chain.put_mint(CONFIG, None)
    network.chain.put(mint, bytes(network.chain.svm.get_account(mint).data), Pubkey.new_unique())
    with refused("AccountOwnedByWrongProgram"):
        network.genesis_adopt(mint)
