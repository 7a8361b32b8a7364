"""The draws, recomputed: seeds from block hashes, tickets from seeds, chances from reputation and waiting."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from Crypto.Hash import keccak
from economy.ledger import Transaction
from solders.pubkey import Pubkey

BPS = 10_000
# Chances and tickets are in 1/10^9.
CERTAIN = 10**9
DELAY = {0: 1, 1: 8, 2: 32}
BLOCKS = {0: 1, 1: 1, 2: 4}


def digest(*parts: bytes) -> bytes:
    return keccak.new(digest_bits=256, data=b"".join(parts)).digest()


def draw(tx: Transaction, target: int, blocks: int, subject: Pubkey, round_: int) -> bytes:
    """The seed: subject, round, and the first blocks at or after target, target + 4, …"""
    hashes = []
    for index in range(blocks):
        slot = tx.blocks.first(target + 4 * index)
        if isinstance(slot, str):
            tx.must(False, slot)
        else:
            hashes.append(tx.blocks.hashes[slot])
    return digest(bytes(subject), round_.to_bytes(4, "little"), *hashes)


def ticket(seed: bytes, who: Pubkey) -> int:
    return int.from_bytes(digest(seed, bytes(who))[:8], "little") % CERTAIN


def score(quality_bps: int, nft_bps: int) -> int:
    """Reputation with the NFT's share."""
    return quality_bps * (BPS + nft_bps) // BPS


def chance(score_bps: int, share: Fraction, count: int, target: int, waited_s: int, *, trusted: bool = False) -> int:
    """`target` times this one's share of the power, at an average score of 7,500; doubled every 4 s, four times as much
    for the trusted, never above 95 % before 30 s are over.
    """
    if count <= target or waited_s >= 30:
        return CERTAIN
    odds = Fraction(target * score_bps, 7_500) * share * (4 if trusted else 1) * 2 ** (waited_s // 4)
    return min(floor(odds * CERTAIN), CERTAIN * 95 // 100)


def context(
    chain_id: int, task: Pubkey, model: Pubkey, data: bytes, miner: Pubkey, seed: bytes, round_: int, now: int
) -> bytes:
    return digest(
        chain_id.to_bytes(4, "little"), bytes(task), bytes(model), data, bytes(miner), seed,
        round_.to_bytes(4, "little"), now.to_bytes(8, "little", signed=True),
    )  # fmt: skip
