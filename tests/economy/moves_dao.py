"""Moves of voters and NFT holders: proposals, votes, executions, links."""

from __future__ import annotations

from random import Random
from typing import Any

from economy.arena import Action, Arena, Person
from economy.governance import CALIBRATION, COLLECTION, MODEL, PARAMETER, TREASURY, proposal_address, vote_address
from economy.ledger import NOBODY, Metadata, Minted, Record
from economy.moves import move, pick
from economy.moves_core import stake_of
from economy.parameters import P
from economy.staking import DAY, tier, weight
from economy.world import CALIBRATION as CALIBRATION_KEY
from economy.world import CONFIG, GOVERNANCE, metadata_address, pda
from economy.world import TREASURY as TREASURY_KEY
from mai.program import calibration as calibration_table
from mai.program import parameters as parameter_table
from solders.pubkey import Pubkey

EXECUTIONS = ("execute_parameter", "execute_calibration", "execute_model", "execute_treasury", "execute_collection")


def near(rng: Random, value: int, least: int, most: int) -> int:
    """A value that a voter might want: near, at a bound, seldom outside."""
    choice = rng.choice([value + 1, value * 11 // 10, value * 9 // 10, least, most, most + 1, least - 1, value])
    return max(choice, 0)


def wish(arena: Arena, rng: Random) -> dict[str, Any]:
    """A change to propose."""
    kind, ledger = rng.choice([PARAMETER, PARAMETER, CALIBRATION, MODEL, TREASURY, COLLECTION]), arena.ledger
    made: dict[str, Any] = {"kind": kind, "index": 0, "target": NOBODY, "value": 0, "text": arena.fresh("text")}
    if kind == PARAMETER:
        # The cap stays where the walk put it: it may lie below what a vote can set.
        index = rng.randrange(1, 32)
        least, most = int(parameter_table.lowest_parameter(index)), int(parameter_table.highest_parameter(index))
        made |= {"index": index, "value": near(rng, ledger.get(CONFIG).parameters[index], least, most)}
    elif kind == CALIBRATION:
        index = rng.randrange(42)
        default = int(calibration_table.default_calibration(index))
        value = ledger.get(CALIBRATION_KEY).entries[index]
        made |= {"index": index, "value": near(rng, value, default // 10, default * 10)}
    elif kind == MODEL:
        key = rng.choice(arena.keys["Model"])
        made |= {"target": key, "value": 1 - ledger.get(key).approved if rng.random() < 0.9 else rng.randint(0, 2)}
        if rng.random() < 0.8 and ledger.get(key).approved:
            made["value"] = 0 if rng.random() < 0.3 else 1
    elif kind == TREASURY:
        most = ledger.holdings[TREASURY_KEY].amount * ledger.get(CONFIG).parameters[P.TREASURY_SPEND_BPS] // 10_000
        made |= {"target": rng.choice(arena.crowd).mai, "value": rng.choice([0, 1, most, most + 1, most // 2])}
    else:
        target = rng.choice([arena.address(f"collection {rng.randint(1, 5)}"), Pubkey.from_bytes(arena.fresh("c"))])
        made |= {"index": rng.randint(1, 5), "target": target}
    return made


def weighty(arena: Arena, rng: Random, least: int) -> Person | None:
    able = [
        arena.ledger.get(key).owner
        for key in arena.keys["Stake"]
        if tier(weight(arena.ledger.get(key), arena.ledger.now)) >= least or rng.random() < 0.02
    ]
    return arena.person(rng.choice(able)) if able else None


@move(3)
def propose(arena: Arena, rng: Random) -> Action | None:
    who = weighty(arena, rng, 2)
    if who is None:
        return None
    id_ = arena.ledger.get(GOVERNANCE).proposals
    return arena.action(
        "propose", who, {"id": id_, **wish(arena, rng)}, stake=stake_of(who), proposal=proposal_address(id_)
    )


def running(arena: Arena, rng: Random) -> Pubkey | None:
    now = arena.ledger.now
    return pick(arena, rng, "Proposal", lambda proposal: now < proposal.denials_end_ts, reach=8)


def ballot(arena: Arena, rng: Random) -> tuple[Pubkey, Person] | None:
    key, who = running(arena, rng), weighty(arena, rng, 1)
    if key is None or who is None:
        return None
    if vote_address(key, stake_of(who)) in arena.ledger.records and rng.random() < 0.95:
        return None
    return key, who


@move(12)
def vote(arena: Arena, rng: Random) -> Action | None:
    found = ballot(arena, rng)
    if found is None:
        return None
    key, who = found
    return arena.action(
        "vote",
        who,
        {"approves": rng.random() < 0.85},
        stake=stake_of(who),
        proposal=key,
        vote=vote_address(key, stake_of(who)),
    )


@move(3)
def vote_early(arena: Arena, rng: Random) -> Action | None:
    found, link = ballot(arena, rng), pick(arena, rng, "NftLink")
    if found is None or link is None:
        return None
    key, who = found
    return arena.action(
        "vote_early",
        who,
        {"approves": rng.random() < 0.85},
        stake=stake_of(who),
        proposal=key,
        vote=vote_address(key, stake_of(who)),
        link=link,
        nft_account=holding_of(arena, arena.ledger.get(link).mint),
    )


@move(2)
def deny(arena: Arena, rng: Random) -> Action | None:
    key = pick(arena, rng, "Vote", lambda own: own.approves)
    if key is None or rng.random() < 0.6:
        return None
    own = arena.ledger.get(key)
    who = arena.person(arena.ledger.get(own.stake).owner)
    return arena.action("deny", who, stake=own.stake, proposal=own.proposal, vote=key)


@move(5)
def execute(arena: Arena, rng: Random) -> Action | None:
    now = arena.ledger.now

    def ripe(proposal: Record) -> bool:
        due = proposal.executable_ts <= now < proposal.expires_ts and proposal.approved > proposal.denied
        return bool((proposal.status == 1 and due) or rng.random() < 0.02)

    key = pick(arena, rng, "Proposal", ripe, reach=12)
    if key is None:
        return None
    proposal = arena.ledger.get(key)
    given = {"proposal": key}
    if proposal.kind == MODEL:
        given["model"] = proposal.target
    elif proposal.kind == TREASURY:
        given["recipient"] = proposal.target
    return arena.action(EXECUTIONS[proposal.kind], rng.choice(arena.crowd), **given)


@move(2)
def wait_for_votes(arena: Arena, rng: Random) -> Action | None:
    """Days pass while a proposal waits: votes, denials and delays take longer than work does."""
    now = arena.ledger.now
    waiting = [key for key in arena.keys["Proposal"][-8:] if now < arena.ledger.get(key).executable_ts]
    if waiting and rng.random() < 0.3:
        arena.warp(rng.randint(DAY // 2, 3 * DAY), rng.randint(1, 900))
    return None


# -- NFTs


def holding_of(arena: Arena, mint: Pubkey) -> Pubkey:
    """The latest token account of an NFT."""
    return next(key for key in reversed(arena.keys["Holding"]) if arena.ledger.holdings[key].mint == mint)


@move(1)
def open_nft_link(arena: Arena, rng: Random) -> Action | None:
    """An NFT as Metaplex makes them, of a tier's collection or another, seldom one that is not what it says."""
    if len(arena.keys["NftLink"]) >= 8:
        return None
    mint = Pubkey.from_bytes(arena.fresh("nft"))
    metadata, edition = metadata_address(mint), metadata_address(mint, b"edition")
    collection = arena.address(f"collection {rng.randint(1, 6)}")
    fair = rng.random() < 0.85
    made = Metadata(mint, collection, fair or rng.random() < 0.7, edition)
    supply, decimals = (1, 0) if fair else (rng.choice([1, 2]), rng.choice([0, 9]))
    arena.put_mint(mint, Minted(edition if fair else rng.choice([edition, arena.admin.key]), None, supply, decimals))
    arena.hold(Pubkey.from_bytes(arena.fresh("holding")), mint, rng.choice(arena.crowd).key, 1)
    arena.put_metadata(metadata, made)
    return arena.action(
        "open_nft_link", rng.choice(arena.crowd), mint=mint, metadata=metadata, link=pda(b"nft", bytes(mint))
    )


@move(1)
def sell_nft(arena: Arena, rng: Random) -> Action | None:
    """An NFT changes hands, into another token account; the old one is empty then."""
    link = pick(arena, rng, "NftLink")
    if link is None or rng.random() < 0.7:
        return None
    mint = arena.ledger.get(link).mint
    old = holding_of(arena, mint)
    arena.hold(old, mint, arena.ledger.holdings[old].owner, 0)
    arena.hold(Pubkey.from_bytes(arena.fresh("holding")), mint, rng.choice(arena.crowd).key, 1)
    return None


@move(3)
def link_nft(arena: Arena, rng: Random) -> Action | None:
    link = pick(arena, rng, "NftLink", lambda nft: not nft.linked or rng.random() < 0.1)
    if link is None:
        return None
    account = holding_of(arena, arena.ledger.get(link).mint)
    mine = device_of(arena, rng, arena.ledger.holdings[account].owner)
    return mine and arena.action("link_nft", mine[1], miner=mine[0], link=link, nft_account=account)


@move(2)
def move_nft(arena: Arena, rng: Random) -> Action | None:
    link = pick(arena, rng, "NftLink", lambda nft: bool(nft.linked))
    if link is None or not arena.ledger.get(link).linked:
        return None
    account = holding_of(arena, arena.ledger.get(link).mint)
    mine = device_of(arena, rng, arena.ledger.holdings[account].owner)
    previous = arena.ledger.get(link).miner
    if mine is None or previous == mine[0]:
        return None
    return arena.action("move_nft", mine[1], previous=previous, miner=mine[0], link=link, nft_account=account)


def device_of(arena: Arena, rng: Random, owner: Pubkey) -> tuple[Pubkey, Person] | None:
    key = pick(arena, rng, "Miner", lambda miner: miner.owner == owner and miner.status == 1)
    return (key, arena.person(owner)) if key else None


