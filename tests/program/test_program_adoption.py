"""Taking over the presale's mint: a real mint, a real 2-of-3 multisig, and all who ever had a say trying again."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from mai.program import config as rules
from program.chain import TOKEN_PROGRAM, Refused, refused
from program.founding import VAULT, Founding, adopted, frozen
from program.network import CONFIG, KEY_HASH, PARAMS, model_address, named
from program.presale import MULTISIG_BYTES, SUPPLY
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from spl.token.instructions import AuthorityType, BurnParams, burn

MINT_TOKENS, FREEZE = AuthorityType.MINT_TOKENS, AuthorityType.FREEZE_ACCOUNT
MOST_UNITS = 60_000


def finalize(founding: Founding) -> None:
    for name in ("mai", "verifier"):
        founding.upgradeable(name, None)


def opened() -> Founding:
    founding = adopted()
    founding.give_to_program()
    founding.hand_over()
    finalize(founding)
    founding.open_mining()
    return founding


def test_the_whole_adoption(capsys: pytest.CaptureFixture[str]) -> None:
    founding = frozen()
    created = founding.adopt()
    assert created.events["NetworkCreated"]["adopted"] is True
    assert created.events["NetworkCreated"]["supply"] == SUPPLY
    config = founding.config()
    assert (config["phase"], config["frozen_supply"], config["mint"]) == (rules.PHASE_FROZEN, SUPPLY, founding.mint)
    founding.open_accounts()
    with refused("NotHandedOver"):
        founding.open_mining()
    founding.give_to_program()
    handed = founding.hand_over()
    assert handed.events["MintHandedOver"] == {"mint": founding.mint, "frozen_supply": SUPPLY, "supply": SUPPLY}
    assert founding.config()["phase"] == rules.PHASE_HANDED_OVER
    with refused("StillUpgradeable"):
        founding.open_mining()
    finalize(founding)
    opening = founding.open_mining()
    assert opening.events["MiningOpened"]["immutable"] is True
    assert opening.events["MiningOpened"]["supply"] == SUPPLY
    assert founding.config()["phase"] == rules.PHASE_OPEN
    units = {"genesis_adopt": created.units, "hand_over": handed.units, "open_mining": opening.units}
    with capsys.disabled():
        print("\n" + "\n".join(f"{name}: {used:,} CU" for name, used in units.items()))
    assert max(units.values()) <= MOST_UNITS


def test_no_step_can_be_taken_twice_or_back() -> None:
    founding = opened()
    with refused("AccountInUse"):
        founding.adopt()
    with refused("AccountInUse"):
        founding.genesis()
    for opening in (founding.open_state, founding.open_governance, founding.open_vault, founding.open_treasury):
        with refused("AccountInUse"):
            opening()
    with refused("NotFrozen"):
        founding.hand_over()
    with refused("AlreadyOpen"):
        founding.open_mining()


def test_the_hand_over_is_noted_once_and_only_for_an_adopted_mint() -> None:
    founding = adopted()
    founding.give_to_program()
    founding.hand_over()
    with refused("NotFrozen"):
        founding.hand_over()
    fresh = Founding()
    fresh.genesis()
    with refused("NotFrozen"):
        fresh.hand_over()


# The freeze


def test_a_presale_that_can_still_mint_is_not_adopted() -> None:
    founding = frozen()
    founding.give(MINT_TOKENS, founding.seller.pubkey(), founding.multi, founding.founders[1:])
    with refused("NotFrozenYet"):
        founding.adopt()
    founding.give(MINT_TOKENS, founding.multi, founding.seller.pubkey(), [founding.seller])
    founding.adopt()


def test_a_mint_that_the_program_owns_already_or_nobody_does_is_not_adopted() -> None:
    founding = frozen()
    for authority in (CONFIG, None):
        with refused("NotFrozenYet"):
            founding.adopt(mint=founding.chain.put_mint(authority, None))
    founding.adopt()


def test_only_nine_decimals_are_adopted() -> None:
    founding = frozen()
    for decimals in (6, 10):
        with refused("WrongDecimals"):
            founding.adopt(mint=founding.chain.put_mint(founding.multi, None, decimals=decimals))
    founding.adopt(mint=founding.chain.put_mint(founding.multi, None))


def test_a_mint_of_another_token_program_is_not_adopted() -> None:
    founding = frozen()
    copy = Pubkey.new_unique()
    founding.chain.put(copy, bytes(founding.chain.svm.get_account(founding.mint).data), Pubkey.new_unique())
    with refused("AccountOwnedByWrongProgram"):
        founding.adopt(mint=copy)
    founding.adopt()


def test_a_stranger_cannot_adopt_first() -> None:
    founding = frozen()
    with refused("NotUpgradeAuthority"):
        founding.adopt(founding.anyone)
    founding.adopt()


def _real(required: int, count: int) -> Callable[[Founding], Pubkey]:
    return lambda founding: founding.multisig(required, [Keypair() for _ in range(count)])


def _repeated(founding: Founding) -> Pubkey:
    return founding.multisig(2, [founding.anyone, founding.founders[0], founding.anyone])


def _raw(required: int, count: int, initialized: int, size: int = MULTISIG_BYTES) -> Callable[[Founding], Pubkey]:
    def put(founding: Founding, owner: Pubkey = TOKEN_PROGRAM) -> Pubkey:
        keys = b"".join(bytes(Pubkey.new_unique()) for _ in range(11))
        address = Pubkey.new_unique()
        founding.chain.put(address, (bytes([required, count, initialized]) + keys)[:size], owner)
        return address

    return put


def _foreign(founding: Founding) -> Pubkey:
    address = Pubkey.new_unique()
    founding.chain.put(address, bytes(founding.chain.svm.get_account(founding.multi).data), Pubkey.new_unique())
    return address


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (_foreign, "NotTokenProgram"),
        (lambda founding: founding.seller.pubkey(), "NotTokenProgram"),
        (lambda founding: founding.wallet, "NotMultisig"),
        (lambda founding: founding.mint, "NotMultisig"),
        (_raw(2, 3, 1, size=354), "NotMultisig"),
        (lambda founding: founding.create(MULTISIG_BYTES), "MultisigNotInitialized"),
        (_raw(2, 3, 0), "MultisigNotInitialized"),
        (_real(1, 1), "OneSignerSuffices"),
        (_real(1, 3), "OneSignerSuffices"),
        (_real(3, 2), "TooFewSigners"),
        (_raw(2, 12, 1), "TooManySigners"),
        (_repeated, "RepeatedSigner"),
    ],
)
def test_a_multisig_that_one_person_could_sign_for_is_refused(make: Callable[[Founding], Pubkey], name: str) -> None:
    founding = frozen()
    fake = make(founding)
    with refused(name):
        founding.adopt(multisig=fake, mint=founding.chain.put_mint(fake, None))
    founding.adopt()


def test_one_person_really_signs_twice_with_a_repeated_key() -> None:
    """Why RepeatedSigner exists: the token program lets one signature count for every place of its key."""
    founding = frozen()
    twice = founding.multisig(2, [founding.seller, founding.seller])
    founding.give(MINT_TOKENS, twice, founding.multi, founding.founders[:2])
    before = founding.chain.supply(founding.mint)
    founding.mint_more(7, twice, [founding.seller])
    assert founding.chain.supply(founding.mint) == before + 7
    with refused("RepeatedSigner"):
        founding.adopt(multisig=twice)


@pytest.mark.parametrize(("required", "count"), [(2, 2), (11, 11)])
def test_every_real_multisig_is_adopted(required: int, count: int, capsys: pytest.CaptureFixture[str]) -> None:
    founding = frozen()
    other = founding.multisig(required, [founding.chain.person() for _ in range(count)])
    founding.give(MINT_TOKENS, other, founding.multi, founding.founders[:2])
    units = founding.adopt(multisig=other).units
    with capsys.disabled():
        print(f"\ngenesis_adopt, {required} of {count}: {units:,} CU")
    assert units <= MOST_UNITS


# The hand-over


def test_the_mint_must_be_the_programs_alone() -> None:
    founding = adopted()
    with refused("WrongMintAuthority"):
        founding.hand_over()
    founding.give(MINT_TOKENS, CONFIG, founding.multi, founding.founders[:2])
    with refused("FreezeAuthorityPresent"):
        founding.hand_over()
    founding.give(FREEZE, CONFIG, founding.multi, founding.founders[:2])
    with refused("FreezeAuthorityPresent"):  # not even the program's own
        founding.hand_over()

    founding = adopted()
    founding.give_to_program()
    with refused("NotTheMint"):
        founding.hand_over(mint=founding.chain.put_mint(CONFIG, None))
    founding.hand_over()


def test_a_mint_given_to_nobody_can_never_be_handed_over() -> None:
    founding = adopted()
    founding.give(FREEZE, None, founding.multi, founding.founders[:2])
    founding.give(MINT_TOKENS, None, founding.multi, founding.founders[:2])
    with refused("WrongMintAuthority"):
        founding.hand_over()


def test_minting_between_the_freeze_and_the_hand_over_is_caught() -> None:
    founding = adopted()
    founding.mint_more(1, founding.multi, founding.founders[:2])
    founding.give_to_program()
    with refused("MintedSinceFreeze"):
        founding.hand_over()
    with refused("NotHandedOver"):
        founding.open_mining()

    founding = adopted()
    founding.give_to_program()
    founding.hand_over()


def test_what_was_burned_since_the_freeze_does_not_hinder() -> None:
    founding = adopted()
    seller = founding.seller.pubkey()
    burned = burn(BurnParams(TOKEN_PROGRAM, founding.wallet, founding.mint, seller, 1))
    founding.chain.send(founding.anyone, burned, cosigners=[founding.seller])
    founding.give_to_program()
    assert founding.hand_over().events["MintHandedOver"]["supply"] == SUPPLY - 1


def test_the_opening_looks_at_the_mint_again() -> None:
    """Until it is final the program could be replaced by one that mints: what it did must show at the opening."""
    founding = adopted()
    founding.give_to_program()
    founding.hand_over()
    finalize(founding)
    healthy = bytes(founding.chain.svm.get_account(founding.mint).data)
    authority, supply, freeze = bytearray(healthy), bytearray(healthy), bytearray(healthy)
    authority[4:36] = bytes(founding.seller.pubkey())
    struct.pack_into("<Q", supply, 36, SUPPLY + 1)
    freeze[46:50], freeze[50:82] = b"\x01\0\0\0", bytes(CONFIG)
    for changed, name in (
        (authority, "WrongMintAuthority"),
        (supply, "MintedSinceFreeze"),
        (freeze, "FreezeAuthorityPresent"),
    ):
        founding.chain.put(founding.mint, bytes(changed), TOKEN_PROGRAM)
        with refused(name):
            founding.open_mining()
    founding.chain.put(founding.mint, healthy, TOKEN_PROGRAM)
    founding.open_mining()


@pytest.mark.parametrize("upgradeable", ["mai", "verifier"])
def test_an_adopted_network_opens_only_when_both_programs_are_final(upgradeable: str) -> None:
    founding = adopted()
    founding.give_to_program()
    founding.hand_over()
    finalize(founding)
    founding.upgradeable(upgradeable, founding.admin.pubkey())
    with refused("StillUpgradeable"):
        founding.open_mining()
    founding.upgradeable(upgradeable, None)
    founding.open_mining()


# After the opening


def test_nobody_who_ever_had_a_say_can_mint_freeze_or_take_the_mint() -> None:
    founding = adopted()
    # The passing control: before the hand-over two founders could do all of it.
    founding.mint_more(1, founding.multi, founding.founders[:2])
    founding.give(FREEZE, founding.multi, founding.multi, founding.founders[:2])

    founding = opened()
    pairs = [founding.founders[:2], founding.founders[1:], [founding.founders[0], founding.founders[2]]]
    multi = [(founding.multi, pair) for pair in [*pairs, founding.founders]]
    everybody = [founding.admin, founding.anyone, founding.seller, *founding.founders]
    single = [(key.pubkey(), [key]) for key in everybody]
    before = founding.chain.svm.get_account(founding.mint).data
    for authority, signers in [*multi, *single]:
        for attempt in (
            lambda: founding.mint_more(1, authority, signers),  # noqa: B023
            lambda: founding.freeze_wallet(authority, signers),  # noqa: B023
            lambda: founding.give(MINT_TOKENS, authority, authority, signers),  # noqa: B023
            lambda: founding.give(FREEZE, authority, authority, signers),  # noqa: B023
        ):
            with pytest.raises(Refused) as caught:
                attempt()
            logs = str(caught.value)
            assert "owner does not match" in logs or "cannot freeze" in logs or "not support" in logs, logs
    assert founding.chain.svm.get_account(founding.mint).data == before


def test_the_former_authority_can_do_nothing() -> None:
    founding = adopted()
    limits = {
        "proof": 0,
        "detection_bps": 10_000,
        "segments": 1,
        "work_units": 10,
        "max_active_ms": 1_000,
        "max_tokens": 1,
        "positions": 1,
        "vram_mb": 0,
    }

    def register(key: bytes) -> bool:
        words = {**named("key", key), **named("params", PARAMS)}
        model = model_address(key)
        founding.step("register_model", founding.admin, {"model": model}, {**words, **limits})
        return bool(founding.chain.read("Model", model)["approved"])

    assert register(KEY_HASH)
    founding.set_collection(1, Pubkey.new_unique())
    founding.give_to_program()
    founding.hand_over()
    finalize(founding)
    founding.open_mining()
    assert not register(bytes(31) + b"\x01")
    with refused("NotAuthority"):
        founding.set_collection(1, Pubkey.new_unique())
    with refused("AlreadyOpen"):
        founding.open_mining()
    assert founding.config()["authority"] == Pubkey.default()
    assert founding.chain.balance(VAULT) == 0
