"""A presale on any chain: a real mint with a supply, and a real multisig of three founders that it is frozen in."""

from __future__ import annotations

from typing import Any

from program.network import CONFIG
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, create_account
from spl.token.constants import TOKEN_PROGRAM_ID as TOKEN_PROGRAM
from spl.token.instructions import (
    AuthorityType,
    FreezeAccountParams,
    InitializeAccountParams,
    InitializeMintParams,
    InitializeMultisigParams,
    MintToParams,
    SetAuthorityParams,
    freeze_account,
    initialize_account,
    initialize_mint,
    initialize_multisig,
    mint_to,
    set_authority,
)

MINT_BYTES, ACCOUNT_BYTES, MULTISIG_BYTES = 82, 165, 355
SUPPLY = 5_000_000_000_000


class Presale:
    """Its chain is the heir's: how a transaction is sent, what rent is, and who pays (``anyone``)."""

    anyone: Keypair
    mint: Pubkey

    def submit(self, instructions: list[Instruction], signers: list[Keypair]) -> Any:
        """One transaction that ``anyone`` pays."""
        raise NotImplementedError

    def rent(self, size: int) -> int:
        """Lamports that keep an account of so many bytes."""
        raise NotImplementedError

    def person(self) -> Keypair:
        """A wallet."""
        raise NotImplementedError

    def create(self, size: int, *then: Instruction, account: Keypair | None = None) -> Pubkey:
        """An account of the token program, initialised in the same transaction."""
        account = account or Keypair()
        lamports = self.rent(size)
        made = create_account(
            CreateAccountParams(
                from_pubkey=self.anyone.pubkey(),
                to_pubkey=account.pubkey(),
                lamports=lamports,
                space=size,
                owner=TOKEN_PROGRAM,
            )
        )
        self.submit([made, *then], [account])
        return account.pubkey()

    def multisig(self, required: int, keys: list[Keypair]) -> Pubkey:
        """A multisig that the token program made."""
        account = Keypair()
        members = [key.pubkey() for key in keys]
        made = initialize_multisig(InitializeMultisigParams(TOKEN_PROGRAM, account.pubkey(), required, members))
        return self.create(MULTISIG_BYTES, made, account=account)

    def presale(self) -> None:
        """A 2-of-3 multisig; a mint with a holder and freezable accounts that the presale has just given to it."""
        self.founders = [self.person() for _ in range(3)]
        self.seller = self.person()
        self.multi = self.multisig(2, self.founders)
        mint, wallet = Keypair(), Keypair()
        seller = self.seller.pubkey()
        self.mint = self.create(
            MINT_BYTES,
            initialize_mint(InitializeMintParams(9, TOKEN_PROGRAM, mint.pubkey(), seller, seller)),
            account=mint,
        )
        self.wallet = self.create(
            ACCOUNT_BYTES,
            initialize_account(InitializeAccountParams(TOKEN_PROGRAM, wallet.pubkey(), self.mint, seller)),
            account=wallet,
        )
        self.mint_more(SUPPLY, seller, [self.seller])

    def freeze(self) -> None:
        """The presale gives both authorities over the mint to the multisig: from here on it can mint no more."""
        for kind in (AuthorityType.MINT_TOKENS, AuthorityType.FREEZE_ACCOUNT):
            self.give(kind, self.multi, self.seller.pubkey(), [self.seller])

    def _members(self, current: Pubkey, signers: list[Keypair]) -> list[Pubkey]:
        single = [key.pubkey() for key in signers] == [current]
        return [] if single else [key.pubkey() for key in signers]

    def give(self, kind: AuthorityType, new: Pubkey | None, current: Pubkey, signers: list[Keypair]) -> Any:
        parameters = SetAuthorityParams(TOKEN_PROGRAM, self.mint, kind, current, self._members(current, signers), new)
        return self.submit([set_authority(parameters)], signers)

    def mint_more(self, amount: int, authority: Pubkey, signers: list[Keypair]) -> Any:
        parameters = MintToParams(
            TOKEN_PROGRAM, self.mint, self.wallet, authority, amount, self._members(authority, signers)
        )
        return self.submit([mint_to(parameters)], signers)

    def freeze_wallet(self, authority: Pubkey, signers: list[Keypair]) -> Any:
        parameters = FreezeAccountParams(
            TOKEN_PROGRAM, self.wallet, self.mint, authority, self._members(authority, signers)
        )
        return self.submit([freeze_account(parameters)], signers)

    def give_to_program(self, config: Pubkey = CONFIG) -> None:
        """Two of three founders give the mint to the configuration and the freeze authority to nobody."""
        for kind, new in ((AuthorityType.FREEZE_ACCOUNT, None), (AuthorityType.MINT_TOKENS, config)):
            self.give(kind, new, self.multi, self.founders[:2])
