"""The policy program's client beyond the core flow: the addresses of the rest, and any kind of account."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey
from solders.token.state import TokenAccount
from spl.token.constants import ACCOUNT_LEN, TOKEN_PROGRAM_ID
from spl.token.instructions import get_associated_token_address

from mai.chain.network import U64, Network
from mai.errors import MaiError
from mai.program import native

METADATA_PROGRAM = Pubkey(bytes(native.metadata_program_id()))
"""Metaplex Token Metadata."""
NOBODY = Pubkey.default()


class Economy(Network):
    """Everything that a wallet does besides posting, working and settling."""

    # Addresses

    def proposal_address(self, number: int) -> Pubkey:
        """The DAO's proposal ``number``."""
        return self.program.pda(b"proposal", number.to_bytes(U64, "little"))[0]

    def vote_address(self, proposal: Pubkey, stake: Pubkey) -> Pubkey:
        """A stake's vote on a proposal."""
        return self.program.pda(b"vote", bytes(proposal), bytes(stake))[0]

    def link_address(self, nft: Pubkey) -> Pubkey:
        """What is recorded of an NFT, by its mint."""
        return self.program.pda(b"nft", bytes(nft))[0]

    def check_address(self, work: Pubkey, stake: Pubkey) -> Pubkey:
        """The challenge of a work by a stake."""
        return self.program.pda(b"check", bytes(work), bytes(stake))[0]

    def offence_address(self, evidence: Pubkey, stake: Pubkey) -> Pubkey:
        """The offence of a stake that a work or a check shows."""
        return self.program.pda(b"offence", bytes(evidence), bytes(stake))[0]

    def associated_address(self, owner: Pubkey, mint: Pubkey) -> Pubkey:
        """An owner's associated token account for any mint."""
        address: Pubkey = get_associated_token_address(owner, mint)
        return address

    @staticmethod
    def metadata_address(nft: Pubkey) -> Pubkey:
        """Metaplex's account of an NFT's metadata."""
        return Pubkey.find_program_address([b"metadata", bytes(METADATA_PROGRAM), bytes(nft)], METADATA_PROGRAM)[0]

    # What the chain says

    def read(self, kind: str, address: Pubkey) -> Any:
        """The fields of an account, which must be of this kind."""
        return self.program.fetch(self.cluster, address, kind)

    def find(self, kind: str, address: Pubkey) -> Any | None:
        """The same, or None where there is no account yet."""
        return self.read(kind, address) if self.exists(address) else None

    def all(self, kind: str, **fields: Pubkey | int) -> list[tuple[Pubkey, Any]]:
        """Every account of a kind whose fields have these values, by address."""
        found = self.cluster.owned(self.program.address, self.program.places(kind, **fields))
        return sorted(((at, self.program.decode(account.data)) for at, account in found), key=lambda item: str(item[0]))

    def state(self, name: str) -> Any:
        """The fields of an account of which there is one: config, calibration, emission, governance or nfts.

        Raises:
            MaiError: the network has not been created that far.
        """
        kind = "NftRegistry" if name == "nfts" else name.capitalize()
        found = self.find(kind, self.single(name))
        if found is None:
            raise MaiError(f"there is no network on this cluster yet: its {name} account does not exist")
        return found

    def tokens(self, account: Pubkey) -> int:
        """What a token account holds, in base units; nothing where there is none."""
        found = self.token_fields(account)
        return 0 if found is None else int(found.amount)

    def token_fields(self, account: Pubkey) -> TokenAccount | None:
        """A token account's fields; None where there is none."""
        found = self.cluster.account(account)
        if found is None or found.owner != TOKEN_PROGRAM_ID or len(found.data) != ACCOUNT_LEN:
            return None
        return TokenAccount.from_bytes(found.data)

    def token_holder(self, account: Pubkey, mint: Pubkey) -> Pubkey | None:
        """Whose wallet has a token of ``mint`` in this token account; None where it is none or empty."""
        token = self.token_fields(account)
        return token.owner if token is not None and token.mint == mint and token.amount else None
