"""NFTs: showing that one belongs to a tier, and for which device it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.instruction import Instruction
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.devices import Device
from mai.chain.economy import NOBODY, Economy
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program import MODULES
from mai.program.names import NFT_TIERS

rules, config_rules, rewards = MODULES["nfts"], MODULES["config"], MODULES["rewards"]
TIERS = {name: number for number, name in NFT_TIERS.items()}


@dataclass(frozen=True)
class Tier:
    """A tier: its collection (None: closed) and what it gives."""

    name: str
    number: int
    collection: Pubkey | None
    bonus_bps: int
    mining_months: int
    voting_months: int


class Nfts:
    """The NFT registry, seen from a wallet."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def tiers(self) -> list[Tier]:
        """The five tiers."""
        collections = self.economy.state("nfts").collections
        return [
            Tier(
                name,
                number,
                None if collections[number] == NOBODY else collections[number],
                int(rewards.nft_bonus(number)),
                int(rules.early_months_mining(number)),
                int(rules.early_months_voting(number)),
            )
            for name, number in TIERS.items()
            if number != rules.NFT_NONE
        ]

    def link_of(self, nft: Pubkey) -> Any | None:
        """What is recorded of an NFT; None if it was never shown."""
        return self.economy.find("NftLink", self.economy.link_address(nft))

    def showing(self, payer: Pubkey, nft: Pubkey) -> list[Instruction]:
        """Shows an NFT to the chain where nobody has."""
        if self.link_of(nft) is not None:
            return []
        metadata, link = self.economy.metadata_address(nft), self.economy.link_address(nft)
        return [self.economy.call("open_nft_link", {"payer": payer, "mint": nft, "metadata": metadata, "link": link})]

    def held_tier(self, device: Device) -> int:
        """The tier that would count in a settlement now, as the program looks it up."""
        fields = device.fields
        config = self.economy.state("config")
        week = int(config_rules.week_at(config.genesis_ts, self.economy.cluster.unix_time()))
        if fields.nft_tier == 0 or week < fields.nft_week:
            return 0
        holder = self.economy.token_holder(fields.nft_account, fields.nft_mint)
        return int(fields.nft_tier) if holder == fields.owner else 0

    def link(self, owner: Signer, device: Device, nft: Pubkey, account: Pubkey | None = None) -> Landed:
        """Make an NFT count for a device: shows it first where nobody has, and moves it from another device.

        Args:
            account: the token account that holds it; by default the owner's associated one.

        Raises:
            MaiError: the owner does not hold it.
        """
        held = account or self.economy.associated_address(owner.pubkey(), nft)
        if self.economy.token_holder(held, nft) != owner.pubkey():
            raise MaiError(f"the wallet {owner.pubkey()} does not hold the NFT {nft} in the token account {held}")
        address = self.economy.link_address(nft)
        link = self.link_of(nft)
        before = self.showing(owner.pubkey(), nft)
        accounts = {"owner": owner.pubkey(), "miner": device.address, "link": address, "nft_account": held}
        if link is not None and link.linked and link.miner != device.address:
            return self.economy.send("move_nft", owner, {**accounts, "previous": link.miner})
        return self.economy.send("link_nft", owner, accounts, before=before)
