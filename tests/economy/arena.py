"""One network on both sides: an action runs on the model and on the chain, and all that it touched is compared."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from economy import checks, genesis, governance, muster, nfts, registry, settlement, slashing, staking, tasks
from economy.chainside import LAMPORTS, SLOT_HASHES, TRACE_BYTES, WINDOW, Side, block_hash
from economy.ledger import Blocks, Holding, Ledger, Metadata, Minted, Receipt, Refusal, Transaction
from economy.world import CALIBRATION, CONFIG, EMISSION, GOVERNANCE, INCINERATOR, NFTS, TREASURY, VAULT
from program.chain import MAI, START, VERIFIER
from solders.keypair import Keypair
from solders.pubkey import Pubkey

Rule = Callable[[Transaction], None]
RULES: dict[str, Rule] = {
    name: rule
    for module in (genesis, registry, muster, tasks, settlement, staking, checks, slashing, nfts, governance)
    for name, rule in vars(module).items()
    if callable(rule) and getattr(rule, "__module__", "") == module.__name__
}


class Discrepancy(AssertionError):
    """The program and the model do not agree."""


@dataclass(frozen=True)
class Action:
    name: str
    accounts: Mapping[str, Pubkey]
    arguments: Mapping[str, Any]

    def __str__(self) -> str:
        shown = [f"{key}={str(value)[:8]}" for key, value in self.accounts.items()]
        return f"{self.name}({', '.join(shown)}; {dict(self.arguments)})"


@dataclass
class Person:
    """Somebody with a wallet and MAI; everyone may play every part."""

    keypair: Keypair
    key: Pubkey
    mai: Pubkey


@dataclass
class Payment:
    """What one settlement was seen to mint, and under which cap."""

    epoch: int
    amount: int
    cap: int
    receipt: Pubkey
    context: bytes


@dataclass
class Arena:
    """Both sides, and what a walk did so far."""

    name: str
    people: int = 7
    chain: Side = field(default_factory=Side)
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.ambiguous = 0
        self.steps = 0
        self.compared = 0
        self.keys: defaultdict[str, list[Pubkey]] = defaultdict(list)
        self.wallets: dict[Pubkey, Keypair] = {}
        self.payments: list[Payment] = []
        self.serial = 0
        # Blocks of a walk's own choice, by slot.
        self.planted: dict[int, bytes] = {}
        self.mint, self.other_mint = self.address("mint"), self.address("another mint")
        self.multisig = self.address("multisig")
        self.crowd = [self._person(f"person {index}") for index in range(self.people)]
        self.admin = self.crowd[0]
        self.fixed = {
            "config": CONFIG, "calibration": CALIBRATION, "emission": EMISSION, "governance": GOVERNANCE, "nfts": NFTS,
            "vault": VAULT, "treasury": TREASURY, "mint": self.mint, "slot_hashes": SLOT_HASHES,
            "verifier_program": VERIFIER, "mai_program": MAI, "program_account": MAI, "program_data": MAI,
            "mai_data": MAI, "verifier_data": VERIFIER, "multisig": self.multisig, "incinerator": INCINERATOR,
        }  # fmt: skip
        self.fixed_keys = set(self.fixed.values())
        self.ledger.now = self.chain.time()
        self.warp(START - self.chain.time(), 1_000)

    # -- names and people

    def address(self, name: str) -> Pubkey:
        """An address that depends on the walk's name alone."""
        return Pubkey.from_bytes(hashlib.sha256(f"{self.name}/{name}".encode()).digest())

    def fresh(self, name: str) -> bytes:
        self.serial += 1
        return hashlib.sha256(f"{self.name}/{name}/{self.serial}".encode()).digest()

    def _person(self, name: str) -> Person:
        keypair = self.chain.wallet(f"{self.name}/{name}")
        self.wallets[keypair.pubkey()] = keypair
        self.ledger.lamports[keypair.pubkey()] = LAMPORTS
        return Person(keypair, keypair.pubkey(), self.address(f"{name}'s MAI"))

    def person(self, key: Pubkey) -> Person:
        return next(person for person in self.crowd if person.key == key)

    # -- what others do

    def warp(self, seconds: int, slots: int, skipped: Callable[[int], bool] = lambda slot: slot % 11 == 3) -> None:
        ledger = self.ledger
        ledger.now += seconds
        ledger.slot += slots
        present = [slot for slot in range(max(0, ledger.slot - WINDOW - 60), ledger.slot) if not skipped(slot)]
        slots_ = present[-WINDOW:]
        known = {**ledger.blocks.hashes, **self.planted}
        ledger.blocks = Blocks(slots_, {slot: known.get(slot) or block_hash(slot) for slot in slots_})
        self.chain.warp(ledger.now, ledger.slot, ledger.blocks)

    def hold(self, key: Pubkey, mint: Pubkey, owner: Pubkey, amount: int) -> None:
        holding = Holding(mint, owner, amount)
        self.ledger.holdings[key] = holding
        self.chain.put_holding(key, holding)
        if key not in self.keys["Holding"]:
            self.keys["Holding"].append(key)

    def put_mint(self, key: Pubkey, minted: Minted) -> None:
        self.ledger.mints[key] = minted
        self.chain.put_minted(key, minted)

    def put_metadata(self, key: Pubkey, made: Metadata) -> None:
        self.ledger.metadata[key] = made
        self.chain.put_metadata(key, made)

    def issue(self, receipt: Receipt) -> Pubkey:
        """The verifier's receipt."""
        key = Pubkey.from_bytes(self.fresh("receipt"))
        self.ledger.receipts[key] = receipt
        self.chain.put_receipt(key, receipt)
        self.keys["Receipt"].append(key)
        return key

    def overwrite(self, kind: str, key: Pubkey, **changes: Any) -> None:
        """A state that a walk begins with, on both sides."""
        record = self.ledger.records[key]
        for name, value in changes.items():
            setattr(record, name, value)
        self.chain.put_record(kind, key, record.fields())

    # -- actions

    def action(self, name: str, who: Person, arguments: Mapping[str, Any] | None = None, **given: Pubkey) -> Action:
        """The action as `who` would take it, with the network's own accounts filled in."""
        accounts: dict[str, Pubkey] = {}
        signers = self.chain.signers(name)
        for account in self.chain.parameters(name):
            if account in given:
                accounts[account] = given[account]
            elif account in signers:
                accounts[account] = who.key
            elif account in self.fixed:
                accounts[account] = self.fixed[account]
            elif account == "token_account":
                accounts[account] = who.mai
        return Action(name, accounts, dict(arguments or {}))

    @property
    def checks(self) -> set[Pubkey]:
        return set(self.keys["Check"])

    def looking(self, accounts: Mapping[str, Pubkey]) -> Transaction:
        """A transaction that is only looked through."""
        return Transaction(self.ledger, accounts, {})

    def predict(self, action: Action) -> Transaction:
        tx = Transaction(self.ledger, action.accounts, action.arguments)
        try:
            RULES[action.name](tx)
        except Refusal:
            assert tx.refused
        if tx.overflows():
            tx.refused.append("Overflow")
        return tx

    def act(self, action: Action) -> str | None:
        """Runs the action on both sides; the refusal's name, or None.

        Raises:
            Discrepancy: they differ in what they say or in what they leave behind.
        """
        tx = self.predict(action)
        signers = [self.wallets[action.accounts[name]] for name in self.chain.signers(action.name)]
        refused = self.chain.attempt(action.name, action.accounts, action.arguments, signers)
        self.steps += 1
        if refused is None and tx.refused:
            raise Discrepancy(f"{action}\nthe chain took what the model refuses: {tx.refused}")
        if refused is not None and refused not in tx.refused:
            logs = "\n".join(self.chain.logs)
            raise Discrepancy(f"{action}\nthe chain refuses: {refused}\nthe model: {tx.refused or 'takes it'}\n{logs}")
        if refused is None:
            self._land(action, tx)
            self.done[action.name] += 1
        else:
            self.refusals[refused] += 1
            self.ambiguous += len(set(tx.refused)) > 1
        self._compare_touched(action, tx)
        return refused

    def _land(self, action: Action, tx: Transaction) -> None:
        signer = action.accounts[self.chain.signers(action.name)[0]]
        for key, record in tx.records.items():
            if key not in self.ledger.records:
                self.keys[record.kind_].append(key)
                tx.pay_lamports(signer, -self.chain.rent(key))
        for key in tx.opened:
            self.keys["Holding"].append(key)
            tx.pay_lamports(signer, -self.chain.rent(key))
        for key in tx.claimed:
            if self.ledger.receipts[key].kind == "trace":
                tx.pay_lamports(signer, 10**9 - int(self.chain.svm.minimum_balance_for_rent_exemption(TRACE_BYTES)))
        before = {key: self.ledger.mints[key].supply for key in tx.supplies}
        tx.commit()
        if action.name == "settle":
            self._note_payment(action, before[self.mint])

    def _note_payment(self, action: Action, supply_before: int) -> None:
        """What the chain did in this settlement, by its own accounts."""
        work = self.chain.fields("Work", action.accounts["work"])
        emission, config = self.chain.fields("Emission", EMISSION), self.chain.fields("Config", CONFIG)
        assert work and emission and config
        burned = self.ledger.mints[self.mint].supply - supply_before - work["paid"]
        seen = self.chain.supply(self.mint) - supply_before - burned
        epoch = (self.ledger.now - config["genesis_ts"]) // (180 * 86_400)
        rate = (100_000, 90_000, 81_000, 72_900, 65_610, 59_049, config["parameters"][1])[min(epoch, 6)]
        cap = config["parameters"][0] * rate // 100_000
        self.payments.append(Payment(epoch, seen, cap, action.accounts["receipt"], work["context"]))

    # -- comparing

    def _compare_touched(self, action: Action, tx: Transaction) -> None:
        for key, record in tx.records.items():
            self.compare_record(key, record.kind_, str(action))
        for key in tx.holdings:
            self.compare_holding(key, str(action))
        for key in tx.supplies:
            self.compare_supply(key, str(action))
        for key in tx.lamports.keys() & self.ledger.lamports.keys():
            self.compare_lamports(key, str(action))
        for key in tx.claimed:
            self.compare_receipt(key, str(action))

    def compare_record(self, key: Pubkey, kind: str, why: str) -> None:
        expected = self.ledger.records.get(key)
        found = self.chain.fields(kind, key)
        if expected is None or found is None:
            if expected is not None or found is not None:
                raise Discrepancy(f"{why}\n{kind} {key}: the chain has {found}, the model {expected}")
            return
        fields = expected.fields()
        for name, value in found.items():
            if name != "bump" and fields[name] != value:
                raise Discrepancy(f"{why}\n{kind}.{name}: the chain has {value!r}, the model {fields[name]!r}")
        self.compared += len(found) - 1

    def compare_holding(self, key: Pubkey, why: str) -> None:
        found, expected = self.chain.balance(key), self.ledger.holdings[key].amount
        if found != expected:
            raise Discrepancy(f"{why}\nbalance of {key}: the chain has {found}, the model {expected}")
        self.compared += 1

    def compare_supply(self, key: Pubkey, why: str) -> None:
        found, expected = self.chain.supply(key), self.ledger.mints[key].supply
        if found != expected:
            raise Discrepancy(f"{why}\nsupply: the chain has {found}, the model {expected}")
        self.compared += 1

    def compare_lamports(self, key: Pubkey, why: str) -> None:
        found, expected = self.chain.lamports(key), self.ledger.lamports[key]
        if key in self.ledger.records:
            found -= self.chain.rent(key)
        if found != expected:
            raise Discrepancy(f"{why}\nlamports of {key}: the chain has {found}, the model {expected}")
        self.compared += 1

    def compare_receipt(self, key: Pubkey, why: str) -> None:
        receipt = self.ledger.receipts[key]
        if self.chain.claimed(key, receipt.kind) != receipt.claimed:
            raise Discrepancy(f"{why}\nreceipt {key}: the model has claimed={receipt.claimed}")
        self.compared += 1

    def compare_everything(self, why: str = "everything") -> None:
        for key, record in self.ledger.records.items():
            self.compare_record(key, record.kind_, why)
        for key in self.ledger.holdings:
            self.compare_holding(key, why)
        for key in self.ledger.mints:
            self.compare_supply(key, why)
        for key in self.ledger.lamports:
            self.compare_lamports(key, why)
        for key in self.ledger.receipts:
            self.compare_receipt(key, why)

