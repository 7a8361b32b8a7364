"""A long history that is true to the rules, made as it is read: what an audit's speed and memory are measured on.

The program's own Python runs every instruction here, as it does on chain; what comes out is what a source gives:
signatures, transactions with logs and token calls, accounts, blocks. Nothing of it is kept but the accounts.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import struct
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Any

from mai.audit.machine import Machine, Outcome
from mai.audit.outside import Outside
from mai.audit.source import Block
from mai.audit.store import Store
from mai.chain import artifacts
from mai.chain.events import Told
from mai.chain.history import Holding, Invocation, Signed, Transaction
from mai.chain.loader import FINAL_LOADER
from mai.program import tasks
from solders.account import Account
from solders.pubkey import Pubkey
from solders.sysvar import CLOCK, SLOT_HASHES
from spl.token.constants import TOKEN_PROGRAM_ID

OPENED = [Told("MiningOpened", {"immutable": True}, 0, 0)]
START, START_SLOT = 1_800_000_000, 1_000
WALLETS, TASK_S = 40, 150
CHAIN_ID, RATE_FLOOR = 103, 50_000
BY_HALF = 1_000
"""Transactions that are kept at a time."""
MINTED, BURNED, MOVED = 7, 8, 3
KEY_HASH, PARAMS, SRS = (hashlib.sha256(word).digest() for word in (b"key", b"params", b"srs"))
HIGH_END = {"gpu_mhs": 150, "cpu_mhz": 4_000, "ram_mhz": 0, "storage_gb": 0, "network_mbps": 1_000}
PROFILE = {
    "device_class": 3, "region": 756, "client_version": 256, "gpu_model": bytes(32), "vram_mb": 24_576, "cores": 16,
    "ram_mb": 65_536,
}  # fmt: skip
LIMITS = {
    "proof": 0, "detection_bps": 10_000, "segments": 1, "work_units": 100, "max_active_ms": 28_800_000,
    "max_tokens": 100, "positions": 1, "vram_mb": 0,
}  # fmt: skip


@functools.lru_cache(maxsize=8_192)
def block(slot: int) -> Block:
    """The block of a slot; every eleventh slot has none."""
    return Block(slot, hashlib.sha256(b"block %d" % slot).digest())


def words(prefix: str, digest: bytes) -> dict[str, int]:
    return {f"{prefix}{index}": word for index, word in enumerate(struct.unpack("<4Q", digest))}


class Made:
    """A :class:`mai.audit.source.Source` of a network with so many tasks."""

    shown = "a made history"

    def __init__(self, number: int, *, seed: str = "history") -> None:
        self.tasks, self.rng = number, Random(seed)
        self.program, self.verifier = artifacts.program("mai").address, artifacts.program("verifier").address
        self.interface = artifacts.interface("mai")
        self.machine = Machine(self.program, self.interface, Outside(self))
        self.receipts = Store(hot=10_000)
        self.time, self.slot, self.number = START, START_SLOT, 0
        self.balances: dict[Pubkey, Holding] = {}
        self.recent: OrderedDict[str, Transaction] = OrderedDict()
        self.singles = {
            name: self.pda(name.encode())
            for name in ("config", "calibration", "emission", "governance", "nfts", "vault", "treasury", "mint")
        }
        self.fixed = {
            **self.singles, "clock": CLOCK, "slot_hashes": SLOT_HASHES, "verifier_program": self.verifier,
            "mai_program": self.program, "program_account": self.program, "program_data": self.program,
            "mai_data": self.program, "verifier_data": self.verifier, "rent": CLOCK, "system_program": Pubkey.default(),
            "token_program": TOKEN_PROGRAM_ID,
        }  # fmt: skip
        self.wallets = [self.address(f"wallet {index}") for index in range(WALLETS)]
        for name in ("vault", "treasury"):
            self.balances[self.singles[name]] = Holding(self.singles["mint"], self.singles["config"], 0)
        for wallet in self.wallets:
            self.balances[self.purse(wallet)] = Holding(self.singles["mint"], wallet, 0)
        self.busy: dict[Pubkey, int] = {}
        self.made = False

    # Addresses

    def pda(self, *seeds: bytes) -> Pubkey:
        return Pubkey.find_program_address(list(seeds), self.program)[0]

    @staticmethod
    def address(name: str) -> Pubkey:
        return Pubkey(hashlib.sha256(name.encode()).digest())

    def purse(self, wallet: Pubkey) -> Pubkey:
        return self.address(f"purse of {wallet}")

    def miner(self, wallet: Pubkey) -> Pubkey:
        return self.pda(b"miner", bytes(wallet), bytes(wallet))

    def stake(self, wallet: Pubkey) -> Pubkey:
        return self.pda(b"stake", bytes(wallet))

    # As a source

    def account(self, address: Pubkey) -> Account | None:
        for name, program in (("mai", self.program), ("verifier", self.verifier)):
            if address == program:
                return Account(1, artifacts.shared_object(name).read_bytes(), FINAL_LOADER, True, 0)
        if address == self.singles["mint"]:
            authority = struct.pack("<I", 1) + bytes(self.singles["config"])
            body = authority + struct.pack("<QBB", self.machine.outside.supply, 9, 1) + bytes(36)
            return Account(1, body, TOKEN_PROGRAM_ID)
        if address in self.balances:
            held = self.balances[address]
            body = bytes(held.mint) + bytes(held.owner) + held.amount.to_bytes(8, "little") + bytes(93)
            return Account(1, body, TOKEN_PROGRAM_ID)
        data = self.machine.store.get(bytes(address))
        if data is None and address == self.singles["config"]:  # an audit looks for the mint before it begins
            layout = self.interface.kinds["Config"]
            return Account(
                1, layout.mark + bytes(32) + bytes(self.singles["mint"]) + bytes(layout.size - 72), self.program
            )
        return None if data is None else Account(1, data, self.program)

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        store = self.machine.store if program == self.program else self.receipts
        for key, data in store.items():
            if all(data[at : at + len(part)] == part for at, part in places):
                yield Pubkey(key), Account(1, data, program)

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        if address == self.program and not self.made:
            self.made = True
            for transaction in self._history():
                self.recent[transaction.signature] = transaction
                if len(self.recent) > BY_HALF:
                    self.recent.popitem(last=False)
                yield Signed(transaction.signature, transaction.slot)

    def count(self, address: Pubkey) -> int | None:
        return int(self.tasks * 4.1) + 300

    def transaction(self, signature: str) -> Transaction | None:
        return self.recent.get(signature)

    def blocks(self, first: int, last: int) -> list[Block] | None:
        return [block(slot) for slot in range(first, last + 1) if slot % 11 != 3]

    # Making it

    def call(
        self,
        name: str,
        accounts: Mapping[str, Pubkey],
        arguments: Mapping[str, Any] | None = None,
        *,
        may_fail: bool = False,
    ) -> Transaction | None:
        """One instruction in one transaction in one slot."""
        kind = self.interface.call_kinds[name]
        given = {**self.fixed, **accounts}
        data = kind.arguments.encode(arguments or {})
        keys = tuple(given[account] for account, _ in kind.accounts)
        call = Invocation(self.program, keys, data, 1)
        self.before(name, given)
        before = {key: self.balances[key] for key in keys if key in self.balances}
        self.slot += 1
        landed = Transaction(f"made {self.number}", self.slot, self.time, False, (call,), (), before, before)
        outcome = self.machine.run(call, landed, OPENED)
        assert outcome is not None
        if outcome.refusal is not None:
            assert may_fail, f"{name}: {outcome.refusal}"
            return None
        self.number += 1
        inner = [Invocation(TOKEN_PROGRAM_ID, *moves, 2) for moves in self._tokens(name, outcome, given)]
        return Transaction(
            landed.signature, self.slot, self.time, False, (call, *inner), tuple(self._logs(outcome)), before, before
        )

    def _logs(self, outcome: Outcome) -> Iterator[str]:
        yield f"Program {self.program} invoke [1]"
        for name, fields in outcome.events:
            layout = self.interface.event_kinds[name]
            yield "Program data: " + base64.b64encode(layout.encode(fields)).decode()
        yield f"Program {self.program} success"

    def _tokens(
        self, name: str, outcome: Outcome, given: Mapping[str, Pubkey]
    ) -> Iterator[tuple[tuple[Pubkey, ...], bytes]]:
        """The token program's calls of an instruction, as its events tell them."""
        told = dict(outcome.events)
        mint, vault, config = (self.singles[name] for name in ("mint", "vault", "config"))
        if event := told.get("WorkSettled"):
            if event["fee_burned"]:
                self._move(vault, -event["fee_burned"])
                yield (vault, mint, config), bytes([BURNED]) + event["fee_burned"].to_bytes(8, "little")
            self._move(given["token_account"], event["minted"])
            yield (mint, given["token_account"], config), bytes([MINTED]) + event["minted"].to_bytes(8, "little")
        if event := told.get("TaskFunded"):
            for to, amount in ((self.singles["treasury"], event["treasury"]), (vault, event["fee"])):
                self._move(given["token_account"], -amount)
                self._move(to, amount)
                yield (given["token_account"], to, given["requester"]), bytes([MOVED]) + amount.to_bytes(8, "little")
        if event := told.get("TaskClosed"):
            self._move(vault, -event["refunded"])
            self._move(given["token_account"], event["refunded"])
            yield (vault, given["token_account"], config), bytes([MOVED]) + event["refunded"].to_bytes(8, "little")

    def _move(self, key: Pubkey, amount: int) -> None:
        held = self.balances[key]
        self.balances[key] = Holding(held.mint, held.owner, held.amount + amount)

    def wait(self, seconds: int) -> None:
        self.time += seconds
        self.slot += seconds * 5 // 2

    def _must(self, *arguments: Any, **more: Any) -> Transaction:
        found = self.call(*arguments, **more)
        assert found is not None
        return found

    def _history(self) -> Iterator[Transaction]:
        admin = self.wallets[0]
        terms = {"chain_id": CHAIN_ID, "month_s": 0, "rate_floor": RATE_FLOOR, **words("srs", SRS)}
        yield self._must("genesis", {"authority": admin}, terms)
        for name in ("open_state", "open_governance", "open_vault", "open_treasury"):
            yield self._must(name, {"payer": admin})
        chunks = [half[at : at + 8] for half in (KEY_HASH, PARAMS) for at in range(0, 32, 8)]
        self.model = self.pda(b"model", *chunks)
        model = {**words("key", KEY_HASH), **words("params", PARAMS), **LIMITS}
        yield self._must("register_model", {"payer": admin, "model": self.model}, model)
        yield self._must("open_mining", {"authority": admin})
        for wallet in self.wallets:
            accounts = {"owner": wallet, "stake": self.stake(wallet), "miner": self.miner(wallet)}
            yield self._must("open_stake", accounts)
            yield self._must("register_miner", accounts, {"device": wallet, **PROFILE, **HIGH_END})
        cranked = self.time
        for number in range(self.tasks):
            yield from self._task(number)
            if self.time >= cranked + 6 * 3_600:
                cranked = self.time
                yield self._must("crank_difficulty", {"caller": admin})

    def _task(self, number: int) -> Iterator[Transaction]:
        """One task's life: mostly paid, now and then missed, rejected, cancelled."""
        requester = self.rng.choice(self.wallets)
        data = self.input_of(number)
        inputs = [data[at : at + 8] for at in range(0, 32, 8)]
        spent = self.pda(b"spent", struct.pack("<I", CHAIN_ID), bytes(self.model), *inputs, bytes(4))
        task = self.pda(b"task", bytes(requester), struct.pack("<Q", number))
        record = {"payer": requester, "model": self.model, "spent_record": spent}
        if self.machine.store.get(bytes(spent)) is None:
            yield self._must("open_spent_record", record, {**words("input", data), "position": 0})
        asked = {
            "nonce": number, "lifetime_s": 3_600, "task_class": self.rng.choice((0, 0, 0, 1)), "region": 0,
            "prompt_tokens": 10, "max_tokens": 100,
        }  # fmt: skip
        yield self._must(
            "post_task", {"requester": requester, "model": self.model, "spent_record": spent, "task": task}, asked
        )
        purse = self.purse(requester)
        if self.rng.random() < 0.05 and self.balances[purse].amount > 10:
            paid = {"requester": requester, "task": task, "token_account": purse}
            yield self._must("fund_task", paid, {"amount": self.balances[purse].amount // 2})
        if self.rng.random() < 0.02:
            yield self._must("cancel_task", {"requester": requester, "task": task, "token_account": purse})
            return
        self.wait(self.rng.randint(12, 40))
        taken = None
        while taken is None:
            wallet = self.rng.choice([item for item in self.wallets if item != requester])
            accounts = self._part(wallet, task)
            taken = self.call("assign_task", accounts, may_fail=True)
        yield taken
        if self.rng.random() < 0.02:
            self.wait(400)
            yield self._must("release_work", {**accounts, "caller": requester})
            return
        self.wait(self.rng.randint(20, 50))
        active = self.rng.randint(1_000, 15_000)
        output = hashlib.sha256(data).digest()
        said = {**words("output", output), "tokens": self.rng.randint(1, 100), "active_ms": active}
        if self.rng.random() < 0.01:
            said["active_ms"] = 10**9
        commit = self._must("commit_work", accounts, said)
        yield commit
        work = self.machine.fields("Work", accounts["work"])
        assert work is not None
        self.wait(TASK_S)
        if self.is_reported(number, work):
            offence = self.pda(b"offence", bytes(accounts["work"]), bytes(accounts["stake"]))
            yield self._must(
                "report_offence", {**accounts, "reporter": requester, "spent_record": spent, "offence": offence}
            )
            return
        receipt = self.address(f"receipt {number}")
        self._issue(receipt, bytes(work.context), wallet, data, output)
        yield self._must(
            "settle",
            {
                **accounts,
                "spent_record": spent,
                "token_account": self.purse(wallet),
                "receipt": receipt,
                "nft_account": self.singles["config"],
            },
        )

    # What another chain could do otherwise

    def input_of(self, number: int) -> bytes:
        """The input that a task asks for."""
        return hashlib.sha256(b"input %d" % number).digest()

    def is_reported(self, number: int, work: Any) -> bool:
        """Whether somebody reports a committed work as an offence."""
        return bool(work.status == tasks.WORK_REJECTED)

    def before(self, name: str, accounts: Mapping[str, Pubkey]) -> None:
        """An instruction is about to run."""

    def _part(self, wallet: Pubkey, task: Pubkey) -> dict[str, Pubkey]:
        miner = self.miner(wallet)
        return {
            "owner": wallet, "miner": miner, "stake": self.stake(wallet), "model": self.model, "task": task,
            "work": self.pda(b"work", bytes(task), bytes(miner)),
        }  # fmt: skip

    def _issue(self, address: Pubkey, context: bytes, claimer: Pubkey, data: bytes, output: bytes) -> None:
        """A receipt as the verifier leaves it once it is consumed."""
        layout = artifacts.interface("verifier").kinds["Receipt"]
        fields = {
            "context": context, "claimer": claimer, "statement": bytes(32), "key_hash": KEY_HASH, "srs": SRS,
            "instances": bytes(32), "commitments": bytes(32), "input": data, "params": PARAMS, "output": output,
            "slot": self.slot, "consumed": True, "bump": 255, "reserved": bytes(6),
        }  # fmt: skip
        self.receipts.put(bytes(address), layout.encode(fields))
