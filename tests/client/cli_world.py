"""An open network on the embedded chain, wallets in keypair files, and the command line talking to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from machines import machine_for
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.economy import METADATA_PROGRAM, Economy
from mai.chain.embedded import Embedded
from mai.chain.network import Hardware, ModelTerms
from mai.chain.stake import Staking
from mai.cli.main import app
from mai.errors import MaiError, ProgramError
from mai.money import UNITS_PER_MAI
from mai.program import MODULES
from mai.wallet.files import write_keypair
from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount, TokenAccountState
from spl.token.constants import TOKEN_PROGRAM_ID
from typer.testing import CliRunner

DAY_S = 86_400
MONTH_S = 0
CHAIN_ID = 103
HIGH_END = Hardware(
    int(MODULES["calibration"].DEVICE_GPU_HIGH_END), 150, 4_000, 0, 0, 1_000, 756, "RTX 4090", 24_576, 16, 65_536
)


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@dataclass
class Wallet:
    """Somebody with SOL and a keypair file."""

    keypair: Keypair
    file: Path

    @property
    def address(self) -> Pubkey:
        return self.keypair.pubkey()


class World:
    """Mining is open, one model is approved: ``whole`` is proved whole, ``sampled`` by traces."""

    def __init__(self, folder: Path, *, month_s: int = MONTH_S) -> None:
        policy, self.verifier = artifacts.program("mai"), artifacts.program("verifier")
        named = (("mai", policy), ("verifier", self.verifier))
        machine = machine_for(self, tuple((program.address, artifacts.shared_object(name)) for name, program in named))
        self.chain = Embedded(messages={**policy.errors, **self.verifier.errors}, blocks=True, machine=machine)
        self.folder = folder
        self.economy = Economy(self.chain, policy)
        self.authority = self.wallet("authority")
        self.srs = digest("srs")
        self.economy.genesis(
            self.authority.keypair,
            self.verifier.address,
            chain_id=CHAIN_ID,
            rate_floor=50_000,
            srs=self.srs,
            month_s=month_s,
        )
        self.terms = {
            "whole": ModelTerms(digest("key"), digest("params"), 1, 10, 3_600_000, 100, 2),
            "sampled": ModelTerms(digest("manifest"), bytes(32), 1, 10, 3_600_000, 100, 2, 1, 9_900),
        }
        for terms in self.terms.values():
            self.economy.register_model(self.authority.keypair, terms)
        self.whole, self.sampled = (self.economy.model_address(terms) for terms in self.terms.values())

    def open(self) -> World:
        self.economy.open_mining(self.authority.keypair)
        return self

    # People and what they hold

    def wallet(self, name: str) -> Wallet:
        keypair, file = Keypair(), self.folder / f"{name}-{len(list(self.folder.iterdir()))}.json"
        write_keypair(file, keypair)
        self.chain.airdrop(keypair.pubkey(), 100 * LAMPORTS_PER_SOL)
        return Wallet(keypair, file)

    def give(self, owner: Pubkey, mai: int) -> None:
        """MAI out of nowhere, in a token account and in the supply."""
        mint, account = self.economy.mint, self.economy.token_address(owner)
        units = mai * UNITS_PER_MAI
        self.put_token(account, mint, owner, self.economy.tokens(account) + units)
        found = Mint.from_bytes(self.chain.account(mint).data)
        self._put(mint, bytes(Mint(found.mint_authority, found.supply + units, 9, True, None)), TOKEN_PROGRAM_ID)

    def put_token(self, account: Pubkey, mint: Pubkey, owner: Pubkey, amount: int) -> None:
        fields = TokenAccount(mint, owner, amount, None, TokenAccountState.Initialized, None, 0, None)
        self._put(account, bytes(fields), TOKEN_PROGRAM_ID)

    def nft(self, owner: Pubkey, collection: Pubkey) -> Pubkey:
        """An NFT of a collection as Metaplex keeps it, held by ``owner``."""
        mint = Pubkey.new_unique()
        edition = Pubkey.find_program_address(
            [b"metadata", bytes(METADATA_PROGRAM), bytes(mint), b"edition"], METADATA_PROGRAM
        )[0]
        self._put(mint, bytes(Mint(edition, 1, 0, True, edition)), TOKEN_PROGRAM_ID)
        self.put_token(self.economy.associated_address(owner, mint), mint, owner, 1)
        texts = b"".join(len(text).to_bytes(4, "little") + text for text in (b"Warrior", b"W", b"ar://x"))
        metadata = b"\x04" + bytes(owner) + bytes(mint) + texts + bytes(2) + b"\0" + b"\0\1" + b"\0\0"
        self._put(
            self.economy.metadata_address(mint), metadata + b"\1\1" + bytes(collection) + bytes(64), METADATA_PROGRAM
        )
        return mint

    def staker(self, name: str, mai: int, *, warm: bool = True) -> Wallet:
        """A wallet whose stake counts in votes (after 14 days of waiting)."""
        wallet = self.wallet(name)
        self.give(wallet.address, mai)
        Staking(self.economy).deposit(wallet.keypair, mai * UNITS_PER_MAI)
        if warm:
            self.chain.warp(seconds=14 * DAY_S)
        return wallet

    # Work

    def register(self, owner: Wallet, name: str = "rig") -> bytes:
        device = name.encode().ljust(32, b"\0")
        self.economy.register_miner(owner.keypair, device, HIGH_END, client_version=256)
        return device

    def committed(
        self, owner: Wallet, device: bytes, requester: Wallet, nonce: int, *, model: Pubkey | None = None
    ) -> tuple[Pubkey, Pubkey]:
        """A task and a work on it that waits for its proof."""
        economy = self.economy
        task = self.posted(requester, nonce, model=model)
        self.chain.pass_slots(40)
        economy.assign_task(owner.keypair, device, task)
        self.chain.warp(seconds=50)
        economy.commit_work(owner.keypair, device, task, output=digest("output"), tokens=1, active_ms=40_000)
        return task, economy.work_address(task, economy.miner_address(owner.address, device))

    def posted(self, requester: Wallet, nonce: int, *, model: Pubkey | None = None) -> Pubkey:
        economy = self.economy
        data = digest(f"input {nonce}")
        economy.post_task(requester.keypair, model or self.whole, data, nonce=nonce, lifetime_s=DAY_S, max_tokens=100)
        return economy.task_address(requester.address, nonce)

    def settle(self, owner: Wallet, device: bytes, task: Pubkey, work: Pubkey) -> None:
        """Pays a work by a receipt exactly as the verifier's ``verify`` leaves it (docs/reference/verifier.md)."""
        self.economy.settle(owner.keypair, device, task, self.receipt(owner, task, self.read("Work", work).context))

    def receipt(self, owner: Wallet, task: Pubkey, context: Any, output: bytes = digest("output")) -> Pubkey:
        terms = self.terms["whole"]
        fields = (
            bytes(context), bytes(owner.address), digest("statement"), terms.key_hash, self.srs, digest("instances"),
            digest("commitments"), bytes(self.read("Task", task).input), terms.params, output,
        )  # fmt: skip
        data = hashlib.sha256(b"account:Receipt").digest()[:8] + b"".join(fields) + bytes(16)
        address = Pubkey.new_unique()
        self._put(address, data, self.verifier.address)
        return address

    # What the chain says and the command line

    def read(self, kind: str, address: Pubkey) -> Any:
        return self.economy.read(kind, address)

    def _put(self, address: Pubkey, data: bytes, owner: Pubkey) -> None:
        self.chain.svm.set_account(address, Account(LAMPORTS_PER_SOL, data, owner))

    def run(self, *arguments: object, by: Wallet | None = None, answer: str | None = None) -> str:
        """A command's output; its failure is raised as the command raises it."""
        words = [str(argument) for argument in arguments]
        if by is not None:
            words += ["--keypair", str(by.file)]
        result = CliRunner().invoke(app, words, input=answer)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def json(self, *arguments: object, by: Wallet | None = None) -> Any:
        return json.loads(self.run(*arguments, "--output", "json", by=by))

    @contextmanager
    def refuses(self, name: str) -> Iterator[None]:
        """The command inside is refused by exactly this name, and nothing lands."""
        slot = self.chain.slot()
        with pytest.raises(ProgramError) as caught:
            yield
        assert caught.value.name == name, caught.value
        assert caught.value.detail, f"{name} comes without its sentence"
        assert self.chain.slot() == slot

    @contextmanager
    def wrong(self, sentence: str) -> Iterator[None]:
        """The command inside says so in one sentence before anything is sent."""
        slot = self.chain.slot()
        with pytest.raises(MaiError, match=sentence) as caught:
            yield
        assert not isinstance(caught.value, ProgramError)
        assert "\n" not in str(caught.value)
        assert self.chain.slot() == slot
