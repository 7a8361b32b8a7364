"""The chain under attack: every account and key that was ever seen, and how to put all of them back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from program.chain import Chain, Landed
from solders.account import Account
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

SYSVAR_OWNER = "Sysvar1111111111111111111111111111111111111"
State = dict[Pubkey, Account]


class Recorder(Chain):
    """Remembers every address that a test has put or an instruction has named, and everybody's key."""

    def __init__(self, world: str = "") -> None:
        self.seen: dict[Pubkey, None] = {}
        self.keys: dict[Pubkey, Keypair] = {}
        super().__init__(world)
        self.kinds = {hashlib.sha256(f"account:{kind}".encode()).digest()[:8]: kind for kind in self._accounts}

    def put(self, address: Pubkey, data: bytes, owner: Pubkey, lamports: int = 10**9) -> None:
        self.seen[address] = None
        super().put(address, data, owner, lamports)

    def person(self) -> Keypair:
        keypair = super().person()
        self.seen[keypair.pubkey()], self.keys[keypair.pubkey()] = None, keypair
        return keypair

    def instruction(self, name: str, accounts: Any, arguments: Any = None) -> Instruction:
        made = super().instruction(name, accounts, arguments)
        self.seen.update(dict.fromkeys(meta.pubkey for meta in made.accounts))
        return made

    def send(self, signer: Keypair, *instructions: Instruction, cosigners: Sequence[Keypair] = ()) -> Landed:
        for instruction in instructions:
            self.seen.update(dict.fromkeys(meta.pubkey for meta in instruction.accounts))
        return super().send(signer, *instructions, cosigners=cosigners)

    def account(self, address: Pubkey) -> Account | None:
        """The account, if there is one."""
        account = self.svm.get_account(address)
        return account if account is not None and account.lamports > 0 else None

    def state(self) -> State:
        """Every known account but the programs and the sysvars."""
        found = {address: self.account(address) for address in self.seen}
        return {
            address: account
            for address, account in found.items()
            if account is not None and not account.executable and str(account.owner) != SYSVAR_OWNER
        }

    def restore(self, state: State) -> None:
        """Puts every account back to what it was, and takes away those that were not."""
        for address, account in self.state().items():
            if address not in state:
                self.svm.set_account(address, Account(0, b"", Pubkey.default()))
            elif account != state[address]:
                self.svm.set_account(address, state[address])
        for address in state.keys() - self.state().keys():
            self.svm.set_account(address, state[address])

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside is taken back, the clock included."""
        state, clock = self.state(), self.svm.get_clock()
        try:
            yield
        finally:
            self.restore(state)
            self.set_slot(clock.slot, clock.unix_timestamp)
