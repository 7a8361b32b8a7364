"""Making a network with a new mint, and what every step of genesis refuses."""

from __future__ import annotations

from typing import Any

import pytest
from mai.chain.loader import FINAL_LOADER, LOADER, program_data_address
from mai.program import calibration
from mai.program import config as rules
from program.chain import MAI, START, TOKEN_PROGRAM, VERIFIER, refused
from program.founding import CALIBRATION, EMISSION, MONTH_S, NFTS, TREASURY, VAULT, Founding, deployed, new
from program.network import CHAIN_ID, CONFIG, MINT, RATE_FLOOR, SRS
from solders.account import Account
from solders.pubkey import Pubkey

NOBODY = Pubkey.default()
MOST_UNITS = 60_000


def test_genesis_makes_the_mint_and_the_configuration() -> None:
    founding = Founding()
    event = founding.genesis().events["NetworkCreated"]
    config = founding.config()
    expected = {
        "authority": founding.admin.pubkey(),
        "mint": MINT,
        "verifier": VERIFIER,
        "chain_id": CHAIN_ID,
        "month_s": MONTH_S,
        "phase": rules.PHASE_HANDED_OVER,
        "adopted": False,
        "immutable": False,
        "frozen_supply": 0,
        "genesis_ts": 0,
        "vault": NOBODY,
        "nobody": NOBODY,
    }
    assert {name: config[name] for name in expected} == expected
    assert bytes(config["srs"]) == SRS
    defaults = [rules.default_parameter(index) for index in range(32)]
    defaults[rules.RATE_FLOOR] = RATE_FLOOR
    assert config["parameters"] == defaults
    assert (event["supply"], event["adopted"], event["mint"]) == (0, False, MINT)
    mint = bytes(founding.chain.svm.get_account(MINT).data)
    assert mint[:36] == b"\x01\0\0\0" + bytes(CONFIG)  # mint authority: the config PDA
    assert mint[44] == 9
    assert mint[46:50] == bytes(4)  # no freeze authority


def test_there_is_one_genesis() -> None:
    founding = deployed()
    founding.presale()
    founding.freeze()
    founding.genesis()
    with refused("AccountInUse"):
        founding.genesis()
    with refused("AccountInUse"):
        founding.adopt()


@pytest.mark.parametrize(
    ("argument", "bad", "good", "name"),
    [
        ("rate_floor", 9_999, 10_000, "ParameterTooLow"),
        ("rate_floor", 59_050, 59_049, "ParameterTooHigh"),
        ("month_s", 2_592_001, 2_592_000, "MonthTooLong"),
    ],
)
def test_the_terms_have_bounds(argument: str, bad: int, good: int, name: str) -> None:
    founding = Founding()
    with refused(name):
        founding.genesis(**{argument: bad})
    founding.genesis(**{argument: good})


# Who may be first


def test_a_stranger_cannot_be_first_where_the_program_is_upgradeable() -> None:
    founding = deployed()
    with refused("NotUpgradeAuthority"):
        founding.genesis(founding.anyone)
    founding.genesis()
    assert founding.config()["authority"] == founding.admin.pubkey()


def test_a_program_made_final_too_early_has_no_network_for_anybody() -> None:
    founding = Founding()
    founding.upgradeable("mai", None)
    for signer in (founding.anyone, founding.admin):
        with refused("NotUpgradeAuthority"):
            founding.genesis(signer)
    founding.upgradeable("mai", founding.admin.pubkey())
    founding.genesis()


def test_a_program_that_was_never_upgradeable_lets_anybody_be_first() -> None:
    founding = Founding()
    founding.genesis(founding.anyone)
    assert founding.config()["authority"] == founding.anyone.pubkey()


def test_the_upgrade_authority_is_read_where_the_loader_keeps_it() -> None:
    founding = deployed()
    forged = Pubkey.new_unique()
    real = founding.chain.svm.get_account(program_data_address(MAI))
    data = bytearray(real.data[:100])
    data[13:45] = bytes(founding.anyone.pubkey())
    for owner in (LOADER, TOKEN_PROGRAM):
        founding.chain.put(forged, bytes(data), owner)
        with refused("WrongProgramData"):
            founding.genesis(founding.anyone, program_data=forged)
    with refused("WrongProgramData"):  # another program's, which the stranger does control
        founding.genesis(founding.anyone, program_data=program_data_address(VERIFIER))
    with refused("WrongProgram"):
        founding.genesis(founding.anyone, program_account=VERIFIER, program_data=program_data_address(VERIFIER))
    founding.genesis()


# Accounts that anyone may open


def test_the_shared_accounts_open_once_with_their_defaults() -> None:
    founding = Founding()
    with refused("AccountNotInitialized"):
        founding.open_state()
    founding.genesis()
    events: dict[str, Any] = {}
    for opening in (founding.open_state, founding.open_governance, founding.open_vault, founding.open_treasury):
        events |= opening().events
        with refused("AccountInUse"):
            opening()
    assert set(events) == {"StateOpened", "GovernanceOpened", "VaultOpened", "TreasuryOpened"}
    emission = founding.chain.read("Emission", EMISSION)
    assert [emission[name] for name in ("task_difficulty", "sampling", "multiplier")] == [10**9] * 3
    defaults = [calibration.default_calibration(entry) for entry in range(42)]
    assert founding.chain.read("Calibration", CALIBRATION)["entries"] == defaults
    config = founding.config()
    assert (config["vault"], config["treasury"]) == (VAULT, TREASURY)
    for address in (VAULT, TREASURY):
        account = bytes(founding.chain.svm.get_account(address).data)
        assert account[:64] == bytes(MINT) + bytes(CONFIG)


@pytest.mark.parametrize("name", ["open_vault", "open_treasury"])
def test_the_vaults_hold_the_networks_own_mint(name: str) -> None:
    founding = Founding()
    founding.genesis()
    with refused("NotTheMint"):
        getattr(founding, name)(mint=founding.chain.put_mint(CONFIG, None))
    getattr(founding, name)()


def test_lamports_at_an_address_do_not_block_its_opening() -> None:
    founding = Founding()
    for address in (CONFIG, MINT, CALIBRATION, NFTS, VAULT, TREASURY):
        founding.chain.svm.set_account(address, Account(1_000, b"", Pubkey.default()))
    founding.genesis()
    founding.open_accounts()
    founding.open_mining()


# Collections


def test_the_authority_names_the_collections_until_mining_opens() -> None:
    founding, collection = new(), Pubkey.new_unique()
    with refused("NotAuthority"):
        founding.set_collection(1, collection, founding.anyone)
    with refused("NoTier"):
        founding.set_collection(0, collection)
    with refused("TierOutOfRange"):
        founding.set_collection(6, collection)
    for tier in (1, 5, 5):
        event = founding.set_collection(tier, collection).events["CollectionSet"]
        assert event == {"tier": tier, "collection": collection}
    collections = founding.chain.read("NftRegistry", NFTS)["collections"]
    assert collections == [NOBODY, collection, NOBODY, NOBODY, NOBODY, collection]
    founding.open_mining()
    for signer in (founding.admin, founding.anyone):
        with refused("NotAuthority"):
            founding.set_collection(2, collection, signer)


# Opening


def test_a_new_network_opens_and_records_whether_it_is_immutable() -> None:
    for final in (False, True):
        founding = new()
        founding.chain.set_time(START + 1_000)
        if final:
            for name in ("mai", "verifier"):
                founding.upgradeable(name, None)
        event = founding.open_mining().events["MiningOpened"]
        config = founding.config()
        assert (config["phase"], config["immutable"], config["authority"]) == (rules.PHASE_OPEN, final, NOBODY)
        assert config["genesis_ts"] == event["genesis_ts"] == START + 1_000
        assert event["immutable"] is final
        assert founding.chain.read("Emission", EMISSION)["period_start_ts"] == START + 1_000
        for signer in (founding.admin, founding.anyone):
            with refused("AlreadyOpen"):
                founding.open_mining(signer)


@pytest.mark.parametrize("upgradeable", ["mai", "verifier"])
def test_one_upgradeable_program_makes_the_network_mutable(upgradeable: str) -> None:
    founding = new()
    for name in {"mai", "verifier"} - {upgradeable}:
        founding.upgradeable(name, None)
    founding.open_mining()
    assert founding.config()["immutable"] is False


def test_programs_of_the_final_loader_are_immutable() -> None:
    founding = Founding()
    founding.genesis()
    founding.open_accounts()
    founding.open_mining()
    assert founding.config()["immutable"] is True


def test_only_the_authority_opens_and_only_with_every_account() -> None:
    founding = Founding()
    founding.genesis()
    with refused("AccountNotInitialized"):
        founding.open_mining()
    founding.open_state()
    with refused("AccountNotInitialized"):
        founding.open_mining()
    founding.open_governance()
    with refused("NoVault"):
        founding.open_mining()
    founding.open_vault()
    with refused("NoTreasury"):
        founding.open_mining()
    founding.open_treasury()
    with refused("NotAuthority"):
        founding.open_mining(founding.anyone)
    with refused("NotTheMint"):
        founding.open_mining(mint=founding.chain.put_mint(CONFIG, None))
    founding.open_mining()


def test_opening_looks_at_the_real_programs() -> None:
    founding = new()
    with refused("WrongPolicyProgram"):
        founding.open_mining(mai_program=VERIFIER, mai_data=program_data_address(VERIFIER))
    with refused("NotTheVerifier"):
        founding.open_mining(verifier_program=MAI, verifier_data=program_data_address(MAI))
    with refused("WrongProgramData"):
        founding.open_mining(mai_data=program_data_address(VERIFIER))
    with refused("WrongProgramData"):
        founding.open_mining(verifier_data=program_data_address(MAI))
    founding.open_mining()


@pytest.mark.parametrize(
    ("owner", "data", "name"),
    [
        (Pubkey.default(), b"", "NotAProgram"),
        (LOADER, b"\x01\0\0\0" + bytes(50), "NotDeployed"),
        (FINAL_LOADER, bytes(50), "NotExecutable"),
        (Pubkey.from_string("LoaderV411111111111111111111111111111111111"), bytes(50), "NotAProgram"),
    ],
)
def test_a_verifier_that_is_not_a_program_yet_never_opens(owner: Pubkey, data: bytes, name: str) -> None:
    founding, address = Founding(), Pubkey.new_unique()
    founding.chain.put(address, data, owner)
    founding.genesis(verifier_program=address)
    founding.open_accounts()
    with refused(name):
        founding.open_mining(verifier_program=address, verifier_data=program_data_address(address))
    code = bytes(founding.chain.svm.get_account(VERIFIER).data)
    founding.chain.svm.set_account(address, Account(10**10, code, FINAL_LOADER, executable=True))
    founding.open_mining(verifier_program=address, verifier_data=program_data_address(address))


def test_compute_units(capsys: pytest.CaptureFixture[str]) -> None:
    founding = deployed()
    units = {"genesis": founding.genesis().units}
    for name in ("open_state", "open_governance", "open_vault", "open_treasury"):
        units[name] = getattr(founding, name)().units
    units["set_collection"] = founding.set_collection(1, Pubkey.new_unique()).units
    units["open_mining"] = founding.open_mining().units
    with capsys.disabled():
        print("\n" + "\n".join(f"{name}: {used:,} CU" for name, used in units.items()))
    assert max(units.values()) <= MOST_UNITS
