"""NFTs: which one shows a tier, which device it counts for, and from when on it opens mining and voting."""

from __future__ import annotations

import pytest
from mai.program import config, nfts, registry
from program.chain import MAI, START, TOKEN_PROGRAM, refused
from program.dao import CONFIG, METAPLEX, MONTH, NFTS, NOBODY, Dao
from program.market import give_nft
from program.network import ready
from solders.keypair import Keypair
from solders.pubkey import Pubkey

WEEK = 604_800
LIMIT = 60_000
TIERS = [nfts.NFT_BRONZE, nfts.NFT_SILVER, nfts.NFT_GOLD, nfts.NFT_PLATINUM, nfts.NFT_AIRDROP]


@pytest.fixture
def owner(dao: Dao) -> Keypair:
    return dao.chain.person()


# Showing an NFT


@pytest.mark.parametrize("tier", TIERS)
def test_an_nft_of_a_verified_collection_has_its_tier(dao: Dao, owner: Keypair, tier: int) -> None:
    nft = dao.put_nft(owner, tier)
    landed = dao.open_link(nft)
    link = dao.chain.read("NftLink", nft.link)
    assert (link["mint"], link["collection"], link["tier"]) == (nft.mint, dao.collections[tier], tier)
    assert (link["linked"], link["miner"], link["voter"]) == (False, NOBODY, NOBODY)
    expected = {"link": nft.link, "mint": nft.mint, "collection": dao.collections[tier], "tier": tier}
    assert landed.events["NftShown"] == expected


def test_an_nft_is_shown_once(dao: Dao, owner: Keypair) -> None:
    nft = dao.put_nft(owner)
    dao.open_link(nft)
    with refused("AccountInUse"):
        dao.open_link(nft)


@pytest.mark.parametrize(
    "form",
    [
        {"creators": None, "nonce": None, "standard": None},
        {"creators": 5, "nonce": 1, "standard": 4},
        {"name": b"", "symbol": b"", "uri": b""},
    ],
)
def test_every_form_of_metadata_is_read(dao: Dao, owner: Keypair, form: dict[str, object]) -> None:
    nft = dao.put_nft(owner, nfts.NFT_SILVER, **form)
    dao.open_link(nft)
    assert dao.chain.read("NftLink", nft.link)["tier"] == nfts.NFT_SILVER


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ({"verified": False}, "CollectionNotVerified"),
        ({"collection": None}, "NoCollection"),
        ({"collection": Pubkey.new_unique()}, "NotWarrior"),
        # A tier that is closed has the zero key, which is nobody's collection.
        ({"collection": NOBODY}, "NotWarrior"),
        ({"key": 6}, "NotMetadata"),
        ({"name": bytes(33)}, "MetadataStringTooLong"),
        ({"symbol": bytes(11)}, "MetadataStringTooLong"),
        ({"uri": bytes(201)}, "MetadataStringTooLong"),
        ({"creators": 6}, "TooManyCreators"),
        ({"supply": 2}, "NftNotUnique"),
        ({"supply": 0}, "NftNotUnique"),
        ({"decimals": 1}, "NftDivisible"),
        ({"authority": Pubkey.new_unique()}, "NftMintable"),
        ({"authority": None}, "NftMintable"),
    ],
)
def test_look_alikes_are_refused(dao: Dao, owner: Keypair, form: dict[str, object], name: str) -> None:
    dao.chain.write("NftRegistry", NFTS, collections=[*dao.collections[:5], NOBODY])
    with refused(name):
        dao.open_link(dao.put_nft(owner, **form))
    dao.open_link(dao.put_nft(owner))


def test_metadata_of_another_program_mint_or_place_is_refused(dao: Dao, owner: Keypair) -> None:
    nft, other = dao.put_nft(owner), dao.put_nft(owner)
    data = bytes(dao.chain.svm.get_account(nft.metadata).data)
    for program in (MAI, TOKEN_PROGRAM, Pubkey.new_unique()):
        dao.chain.put(nft.metadata, data, program)
        with refused("NotMetaplex"):
            dao.open_link(nft)
    with refused("WrongMetadata"):
        dao.open_link(nft, metadata=other.metadata)
    elsewhere = Pubkey.new_unique()
    dao.chain.put(elsewhere, data, METAPLEX)
    with refused("WrongMetadata"):
        dao.open_link(nft, metadata=elsewhere)
    dao.put_metadata(nft.metadata, mint=other.mint, collection=dao.collections[1])
    with refused("MetadataOfAnother"):
        dao.open_link(nft)
    dao.chain.put(nft.metadata, data, METAPLEX)
    dao.open_link(nft)


def test_metadata_that_ends_anywhere_before_the_collection_is_refused(dao: Dao, owner: Keypair) -> None:
    nft = dao.put_nft(owner)
    whole = bytes(dao.chain.svm.get_account(nft.metadata).data)
    for size in (*range(1, 80), *range(100, len(whole), 7), *range(len(whole) - 40, len(whole))):
        dao.chain.put(nft.metadata, whole[:size], METAPLEX)
        with refused("AccountTooShort"):
            dao.open_link(nft)
    dao.chain.put(nft.metadata, whole, METAPLEX)
    dao.open_link(nft)


def test_lengths_that_lie_are_refused(dao: Dao, owner: Keypair) -> None:
    nft = dao.put_nft(owner)
    whole = bytes(dao.chain.svm.get_account(nft.metadata).data)
    creators = 65 + 3 * 4 + 32 + 10 + 200 + 2
    assert whole[creators] == 1
    cases = [(65, "MetadataStringTooLong"), (101, "MetadataStringTooLong"), (115, "MetadataStringTooLong")]
    for at, name in [*cases, (creators + 1, "TooManyCreators")]:
        dao.chain.put(nft.metadata, whole[:at] + b"\xff" * 4 + whole[at + 4 :], METAPLEX)
        with refused(name):
            dao.open_link(nft)
    # Any byte but 0 and 1 where something may be absent: creators, edition, standard, collection.
    for at in (creators, creators + 1 + 4 + 34 + 2, creators + 43, creators + 45):
        dao.chain.put(nft.metadata, whole[:at] + b"\2" + whole[at + 1 :], METAPLEX)
        with refused("MetadataMalformed"):
            dao.open_link(nft)
    dao.chain.put(nft.metadata, whole, METAPLEX)
    dao.open_link(nft)


def test_a_mint_of_another_token_program_is_refused(dao: Dao, owner: Keypair) -> None:
    nft = dao.put_nft(owner)
    data = bytes(dao.chain.svm.get_account(nft.mint).data)
    dao.chain.put(nft.mint, data, Pubkey.new_unique())
    with refused("AccountOwnedByWrongProgram"):
        dao.open_link(nft)
    dao.chain.put(nft.mint, data, TOKEN_PROGRAM)
    dao.open_link(nft)


# Linking it to a device


def test_a_linked_nft_counts_at_once(dao: Dao, owner: Keypair) -> None:
    nft, miner = dao.put_nft(owner, nfts.NFT_PLATINUM), dao.put_miner(owner)
    dao.open_link(nft)
    dao.at(START + 3 * WEEK)
    event = dao.link(owner, miner, nft).events["NftLinked"]
    fields = dao.chain.read("Miner", miner)
    expected = {"nft_tier": 4, "nft_mint": nft.mint, "nft_account": nft.account, "nft_week": 3}
    assert {name: fields[name] for name in expected} == expected
    link = dao.chain.read("NftLink", nft.link)
    assert (link["linked"], link["miner"], link["week"]) == (True, miner, 3)
    named = {"link": nft.link, "mint": nft.mint, "owner": owner.pubkey(), "miner": miner, "previous": miner}
    assert event == {**named, "tier": 4, "week": 3}


def test_linking_checks_holder_device_and_opening(dao: Dao, owner: Keypair) -> None:
    nft, other = dao.put_nft(owner), dao.put_nft(owner)
    miner, retired = dao.put_miner(owner), dao.put_miner(owner, "old", status=registry.MINER_RETIRED)
    rival = dao.chain.person()
    foreign = dao.put_miner(rival)
    dao.open_link(nft)
    dao.open_link(other)
    for name, changes in (
        ("WrongNft", {"nft_account": other.account}),
        ("NotNftHolder", {"nft_account": dao.chain.put_token_account(nft.mint, rival.pubkey(), 1)}),
        ("NftNotHeld", {"nft_account": dao.chain.put_token_account(nft.mint, owner.pubkey(), 0)}),
        ("NotNftMiner", {"miner": foreign}),
        ("NftMinerRetired", {"miner": retired}),
        ("AccountDiscriminatorMismatch", {"link": CONFIG}),
        ("AccountNotInitialized", {"link": Pubkey.new_unique()}),
        ("AccountOwnedByWrongProgram", {"nft_account": miner}),
    ):
        with refused(name):
            dao.link(owner, changes.pop("miner", miner), nft, **changes)
    with refused("NotNftHolder"):
        dao.link(rival, foreign, nft)
    dao.chain.write("Config", CONFIG, phase=config.PHASE_HANDED_OVER)
    with refused("MiningNotOpen"):
        dao.link(owner, miner, nft)
    dao.chain.write("Config", CONFIG, phase=config.PHASE_OPEN)
    dao.link(owner, miner, nft)


def test_linking_again_follows_the_nft_to_another_token_account(dao: Dao, owner: Keypair) -> None:
    nft, miner = dao.put_nft(owner), dao.put_miner(owner)
    dao.open_link(nft)
    dao.link(owner, miner, nft)
    dao.at(START + 2 * WEEK)
    nft = dao.sell(nft, owner)
    event = dao.link(owner, miner, nft).events["NftLinked"]
    assert dao.chain.read("Miner", miner)["nft_account"] == nft.account
    assert (event["week"], dao.chain.read("Miner", miner)["nft_week"]) == (0, 0)


def test_a_second_device_needs_the_nft_moved(dao: Dao, owner: Keypair) -> None:
    nft, first, second = dao.put_nft(owner), dao.put_miner(owner, "first"), dao.put_miner(owner, "second")
    dao.open_link(nft)
    with refused("NftNotLinked"):
        dao.move(owner, first, second, nft)
    dao.link(owner, first, nft)
    with refused("NftCountsElsewhere"):
        dao.link(owner, second, nft)
    dao.move(owner, first, second, nft)


def test_a_moved_nft_counts_for_nobody_more_this_week(dao: Dao, owner: Keypair) -> None:
    nft, first, second = dao.put_nft(owner), dao.put_miner(owner, "first"), dao.put_miner(owner, "second")
    dao.open_link(nft)
    dao.link(owner, first, nft)
    dao.at(START + 5 * WEEK + 1)
    event = dao.move(owner, first, second, nft).events["NftLinked"]
    assert (event["miner"], event["previous"], event["week"]) == (second, first, 6)
    assert dao.chain.read("Miner", first)["nft_tier"] == nfts.NFT_NONE
    moved = dao.chain.read("Miner", second)
    assert (moved["nft_tier"], moved["nft_mint"], moved["nft_week"]) == (nfts.NFT_GOLD, nft.mint, 6)
    # Back within the week: it has counted for the first device this week, and does so no more.
    dao.move(owner, second, first, nft)
    assert dao.chain.read("Miner", first)["nft_week"] == 6
    assert dao.chain.read("Miner", second)["nft_tier"] == nfts.NFT_NONE
    # Nor does linking it again make it count earlier.
    dao.link(owner, first, nft)
    assert dao.chain.read("Miner", first)["nft_week"] == 6


def test_whoever_buys_an_nft_takes_it_along(dao: Dao, owner: Keypair) -> None:
    nft, miner, buyer = dao.put_nft(owner), dao.put_miner(owner), dao.chain.person()
    theirs = dao.put_miner(buyer)
    dao.open_link(nft)
    dao.link(owner, miner, nft)
    with refused("NotNftHolder"):
        dao.move(buyer, miner, theirs, nft)
    sold = dao.sell(nft, buyer)
    with refused("NftNotHeld"):
        dao.link(owner, miner, nft)
    with refused("NotNftHolder"):
        dao.move(owner, miner, dao.put_miner(owner, "another"), sold)
    dao.move(buyer, miner, theirs, sold)
    assert dao.chain.read("Miner", miner)["nft_tier"] == nfts.NFT_NONE
    assert dao.chain.read("Miner", theirs)["nft_account"] == sold.account


def test_moving_checks_both_devices(dao: Dao, owner: Keypair) -> None:
    nft, first, second = dao.put_nft(owner), dao.put_miner(owner, "first"), dao.put_miner(owner, "second")
    retired = dao.put_miner(owner, "old", status=registry.MINER_RETIRED)
    foreign = dao.put_miner(dao.chain.person())
    dao.open_link(nft)
    dao.link(owner, first, nft)
    for name, previous, miner in (
        ("WrongPreviousMiner", second, first),
        ("NftAlreadyHere", first, first),
        ("NotNftMiner", first, foreign),
        ("NftMinerRetired", first, retired),
    ):
        with refused(name):
            dao.move(owner, previous, miner, nft)
    dao.chain.write("Config", CONFIG, phase=config.PHASE_HANDED_OVER)
    with refused("MiningNotOpen"):
        dao.move(owner, first, second, nft)
    dao.chain.write("Config", CONFIG, phase=config.PHASE_OPEN)
    dao.move(owner, first, second, nft)


def test_a_device_that_took_another_nft_keeps_it(dao: Dao, owner: Keypair) -> None:
    old, new = dao.put_nft(owner, nfts.NFT_BRONZE), dao.put_nft(owner, nfts.NFT_GOLD)
    first, second = dao.put_miner(owner, "first"), dao.put_miner(owner, "second")
    dao.open_link(old)
    dao.open_link(new)
    dao.link(owner, first, old)
    dao.link(owner, first, new)
    dao.move(owner, first, second, old)
    fields = dao.chain.read("Miner", first)
    assert (fields["nft_tier"], fields["nft_mint"]) == (nfts.NFT_GOLD, new.mint)
    assert dao.chain.read("Miner", second)["nft_tier"] == nfts.NFT_BRONZE


def test_the_tier_follows_the_registry(dao: Dao, owner: Keypair) -> None:
    nft, miner = dao.put_nft(owner, nfts.NFT_BRONZE), dao.put_miner(owner)
    dao.open_link(nft)
    replaced = [*dao.collections]
    replaced[nfts.NFT_BRONZE] = Pubkey.new_unique()
    dao.chain.write("NftRegistry", NFTS, collections=replaced)
    with refused("NotWarrior"):
        dao.link(owner, miner, nft)
    replaced[nfts.NFT_SILVER] = dao.collections[nfts.NFT_BRONZE]
    dao.chain.write("NftRegistry", NFTS, collections=replaced)
    dao.link(owner, miner, nft)
    assert dao.chain.read("NftLink", nft.link)["tier"] == nfts.NFT_SILVER
    assert dao.chain.read("Miner", miner)["nft_tier"] == nfts.NFT_SILVER


# What counts in a settlement


def test_the_tier_counts_in_a_settlement_only_where_the_nft_is_held() -> None:
    network = ready()
    held = give_nft(network, nfts.NFT_PLATINUM)
    mint = network.chain.read("Miner", network.miner)["nft_mint"]
    bare, rival = bytes(network.chain.svm.get_account(held).data), network.chain.person().pubkey()

    def bonus(data: bytes = bare, program: Pubkey = TOKEN_PROGRAM, account: Pubkey = held, **miner: object) -> int:
        network.chain.put(held, data, program)
        network.chain.write("Miner", network.miner, **miner)
        return int(network.settle(network.committed(), nft_account=account).events["WorkSettled"]["nft_bps"])

    assert bonus() == 2_000
    assert bonus(bare[:64] + bytes(8) + bare[72:]) == 0  # sold
    assert bonus(bare[:32] + bytes(rival) + bare[64:]) == 0  # the account was given away
    assert bonus(bytes(Pubkey.new_unique()) + bare[32:]) == 0
    assert bonus(bare + b"\0") == 0
    assert bonus(program=Pubkey.new_unique()) == 0
    assert bonus(account=network.chain.put_token_account(mint, network.owner.pubkey(), 1)) == 0
    week = network.chain.read("Miner", network.miner)["week"]
    assert bonus(nft_week=week + 1) == 0  # moved here this week
    assert bonus(nft_week=week) == 2_000
    assert bonus(nft_tier=nfts.NFT_NONE) == 0


# Early access


@pytest.mark.parametrize(("tier", "months"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (5, 2)])
def test_mining_opens_to_each_tier_at_its_second(tier: int, months: int) -> None:
    opening = START + (3 - months) * MONTH
    assert not nfts.mining_open(START, MONTH, tier, opening - 1)
    assert nfts.mining_open(START, MONTH, tier, opening)
    assert nfts.mining_open(START, 0, tier, START)


@pytest.mark.parametrize(("tier", "months"), [(0, 0), (1, 3), (2, 6), (3, 12), (4, 12), (5, 6)])
def test_voting_opens_to_each_tier_at_its_second(tier: int, months: int) -> None:
    opening = START + (12 - months) * MONTH
    assert not nfts.voting_open(START, MONTH, tier, opening - 1)
    assert nfts.voting_open(START, MONTH, tier, opening)
    assert nfts.voting_open(START, 0, tier, START)


def test_compute_units_of_the_nft_instructions(dao: Dao, owner: Keypair) -> None:
    nft, first, second = dao.put_nft(owner), dao.put_miner(owner, "first"), dao.put_miner(owner, "second")
    units = {
        "open_nft_link": dao.open_link(nft).units,
        "link_nft": dao.link(owner, first, nft).units,
        "move_nft": dao.move(owner, first, second, nft).units,
    }
    print(units)
    assert max(units.values()) <= LIMIT
