"""The model's state: accounts, tokens, lamports, time and blocks; and one transaction on it, all or nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from economy.layout import layouts
from solders.pubkey import Pubkey

NOBODY = Pubkey.default()


class Record:
    """One of the program's accounts: its kind and its fields, by the names that the program gives them."""

    def __init__(self, kind: str, fields: Mapping[str, Any]) -> None:
        self.__dict__.update(fields)
        self.kind_ = kind

    def copy(self) -> Record:
        made = Record.__new__(Record)
        made.__dict__ = {key: list(value) if type(value) is list else value for key, value in self.__dict__.items()}
        return made

    def fields(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key != "kind_"}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("kind_", "__dict__") and name not in self.__dict__:
            raise AttributeError(f"{self.kind_} has no field {name}")
        super().__setattr__(name, value)


@dataclass
class Holding:
    """A token account."""

    mint: Pubkey
    owner: Pubkey
    amount: int


@dataclass
class Minted:
    """A mint: who may mint, and how much there is."""

    authority: Pubkey | None
    freeze: Pubkey | None
    supply: int
    decimals: int = 9


@dataclass
class Receipt:
    """What the verifier says it has verified; `claimed` once the program has used it."""

    kind: str
    terms: dict[str, Any]
    claimer: Pubkey
    claimed: bool = False


@dataclass
class Metadata:
    """What Metaplex says of an NFT."""

    mint: Pubkey
    collection: Pubkey
    verified: bool
    edition: Pubkey


@dataclass
class Blocks:
    """The slots that SlotHashes knows, oldest first, and their hashes."""

    slots: list[int] = field(default_factory=list)
    hashes: dict[int, bytes] = field(default_factory=dict)

    def first(self, target: int) -> int | str:
        """The first block at or after a slot; a refusal's name if none is there or it cannot be told any more."""
        at = bisect_left(self.slots, target)
        if at == len(self.slots):
            return "SeedTooEarly"
        if at == 0 and self.slots[0] > target:
            return "SeedEvicted"
        return self.slots[at]


class Refusal(Exception):
    """Nothing more can be said about this transaction than the names collected so far."""


@dataclass
class Ledger:
    """Everything that the model knows."""

    now: int = 0
    slot: int = 0
    blocks: Blocks = field(default_factory=Blocks)
    records: dict[Pubkey, Record] = field(default_factory=dict)
    holdings: dict[Pubkey, Holding] = field(default_factory=dict)
    mints: dict[Pubkey, Minted] = field(default_factory=dict)
    receipts: dict[Pubkey, Receipt] = field(default_factory=dict)
    metadata: dict[Pubkey, Metadata] = field(default_factory=dict)
    # Lamports above the rent of the program's accounts, and what was paid to wallets.
    lamports: dict[Pubkey, int] = field(default_factory=dict)
    # Every mint with the receipt that it was for, every burn, and the supply at the beginning.
    genesis_supply: int = 0
    minted: list[tuple[int, Pubkey, Pubkey]] = field(default_factory=list)
    burned: int = 0

    def of(self, kind: str) -> list[tuple[Pubkey, Record]]:
        return [(key, record) for key, record in self.records.items() if record.kind_ == kind]

    def get(self, key: Pubkey) -> Record:
        return self.records[key]


class Transaction:
    """One instruction on the ledger. Rules call `need`; the ledger changes only if none was broken."""

    def __init__(self, ledger: Ledger, accounts: Mapping[str, Pubkey], arguments: Mapping[str, Any]) -> None:
        self.ledger = ledger
        self.accounts = accounts
        self.arguments = arguments
        self.now, self.slot, self.blocks = ledger.now, ledger.slot, ledger.blocks
        self.refused: list[str] = []
        self.records: dict[Pubkey, Record] = {}
        self.holdings: dict[Pubkey, int] = {}
        self.opened: dict[Pubkey, Holding] = {}
        self.lamports: dict[Pubkey, int] = {}
        self.supplies: dict[Pubkey, int] = {}
        self.claimed: list[Pubkey] = []
        self.mintings: list[tuple[int, Pubkey, Pubkey]] = []
        self.burned = 0

    # -- rules

    def need(self, holds: bool, name: str) -> bool:
        """A rule: if it does not hold, the transaction is refused by this name (or by another that it breaks)."""
        if not holds:
            self.refused.append(name)
        return holds

    def must(self, holds: bool, name: str) -> None:
        """A rule without which the following ones make no sense."""
        if not self.need(holds, name):
            raise Refusal

    # -- accounts

    def key(self, name: str) -> Pubkey:
        return self.accounts[name]

    def __getitem__(self, argument: str) -> Any:
        return self.arguments[argument]

    def load(self, name: str, kind: str) -> Record:
        """The account passed under this name; it must be of this kind."""
        return self.at(self.accounts[name], kind)

    def at(self, key: Pubkey, kind: str) -> Record:
        if key not in self.records:
            self.must(key in self.ledger.records, "AccountNotInitialized")
            self.records[key] = self.ledger.records[key].copy()
        record = self.records[key]
        self.must(record.kind_ == kind, "AccountDiscriminatorMismatch")
        return record

    def create(self, name: str, kind: str, address: Pubkey) -> Record:
        """A new account under this name, at the address that its seeds give."""
        key = self.accounts[name]
        self.must(key == address, "ConstraintSeeds")
        self.must(key not in self.ledger.records, "AccountInUse")
        record = Record(kind, layouts()[kind].blank())
        self.records[key] = record
        return record

    def holding(self, name: str) -> Holding:
        """The token account passed under this name, as it is before the transaction."""
        key = self.accounts[name]
        self.must(key in self.ledger.holdings, "AccountNotInitialized")
        return self.ledger.holdings[key]

    def open_holding(self, key: Pubkey, address: Pubkey, mint: Pubkey, owner: Pubkey) -> None:
        """A new token account at the address that its seeds give."""
        self.must(key == address, "ConstraintSeeds")
        self.must(key not in self.ledger.holdings, "AccountInUse")
        self.opened[key] = Holding(mint, owner, 0)

    # -- money

    def balance(self, key: Pubkey) -> int:
        if key not in self.holdings:
            self.holdings[key] = self.ledger.holdings[key].amount
        return self.holdings[key]

    def transfer(self, source: Pubkey, target: Pubkey, amount: int) -> None:
        if self.need(self.balance(source) >= amount, "NotEnoughTokens"):
            self.holdings[source] -= amount
            self.holdings[target] = self.balance(target) + amount

    def mint_tokens(self, mint: Pubkey, target: Pubkey, amount: int, receipt: Pubkey, work: Pubkey) -> None:
        self.supplies[mint] = self.supplies.get(mint, self.ledger.mints[mint].supply) + amount
        self.holdings[target] = self.balance(target) + amount
        self.mintings.append((amount, receipt, work))

    def burn(self, mint: Pubkey, source: Pubkey, amount: int) -> None:
        if self.need(self.balance(source) >= amount, "NotEnoughTokens"):
            self.holdings[source] -= amount
            self.supplies[mint] = self.supplies.get(mint, self.ledger.mints[mint].supply) - amount
            self.burned += amount

    def pay_lamports(self, key: Pubkey, amount: int) -> None:
        self.lamports[key] = self.lamports.get(key, self.ledger.lamports.get(key, 0)) + amount

    def overflows(self) -> bool:
        """Would an amount leave its type? Then the program stops."""
        return any(layouts()[record.kind_].overflows(record.fields()) for record in self.records.values())

    def commit(self) -> None:
        ledger = self.ledger
        ledger.records.update(self.records)
        ledger.holdings.update(self.opened)
        for key, amount in self.holdings.items():
            ledger.holdings[key].amount = amount
        for key, amount in self.supplies.items():
            ledger.mints[key].supply = amount
        for key in self.claimed:
            ledger.receipts[key].claimed = True
        ledger.lamports.update(self.lamports)
        ledger.minted.extend(self.mintings)
        ledger.burned += self.burned
