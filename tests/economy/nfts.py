"""Warrior NFTs: which tier counts for a device, and what a tier may do before everybody may."""

from __future__ import annotations

from economy.ledger import Record, Transaction

# Months, of the three and the twelve, by tier: none, Bronze, Silver, Gold, Platinum, Airdrop.
EARLY_MINING = (0, 1, 2, 3, 3, 2)
EARLY_VOTING = (0, 3, 6, 12, 12, 6)


def early(config: Record, now: int, months: int, tier: int, rights: tuple[int, ...]) -> bool:
    """Open to this tier: `months` after the opening, less the months by which the tier is early."""
    return bool(now >= config.genesis_ts + (months - rights[tier]) * config.month_s)


def held_tier(tx: Transaction, miner: Record) -> int:
    """The linked NFT's tier, while the account that was shown still holds it for the owner."""
    account = tx.ledger.holdings.get(tx.key("nft_account"))
    held = (
        miner.nft_tier != 0
        and tx.key("nft_account") == miner.nft_account
        and account is not None
        and (account.mint, account.owner, account.amount) == (miner.nft_mint, miner.owner, 1)
    )
    return int(miner.nft_tier) if held else 0
