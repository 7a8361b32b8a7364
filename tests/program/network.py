"""A network in a known state: genesis done, a model, a miner, a task, and receipts as the verifier would issue them."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any

from program.chain import MAI, VERIFIER, Chain, Landed
from solders.keypair import Keypair
from solders.pubkey import Pubkey

RATE_FLOOR = 50_000
CHAIN_ID = 103
HIGH_END = {"gpu_mhs": 150, "cpu_mhz": 4_000, "ram_mhz": 0, "storage_gb": 0, "network_mbps": 1_000}


def words(digest: bytes) -> list[int]:
    """A 32-byte digest as the four words that the program takes."""
    return list(struct.unpack("<4Q", digest))


def named(prefix: str, digest: bytes) -> dict[str, int]:
    return {f"{prefix}{index}": word for index, word in enumerate(words(digest))}


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def pda(*seeds: bytes) -> Pubkey:
    return Pubkey.find_program_address(list(seeds), MAI)[0]


CONFIG, MINT = pda(b"config"), pda(b"mint")
SRS, KEY_HASH, PARAMS = digest("srs"), digest("key"), digest("params")
DEVICE = Pubkey.from_bytes(digest("device"))


def model_address(key: bytes = KEY_HASH, params: bytes = PARAMS) -> Pubkey:
    chunks = [half[at : at + 8] for half in (key, params) for at in range(0, 32, 8)]
    return pda(b"model", *chunks)


def spent_address(model: Pubkey, data: bytes, position: int = 0) -> Pubkey:
    chunks = [data[at : at + 8] for at in range(0, 32, 8)]
    return pda(b"spent", struct.pack("<I", CHAIN_ID), bytes(model), *chunks, struct.pack("<I", position))


def miner_address(owner: Pubkey, device: Pubkey = DEVICE) -> Pubkey:
    return pda(b"miner", bytes(owner), bytes(device))


def task_address(requester: Pubkey, nonce: int) -> Pubkey:
    return pda(b"task", bytes(requester), struct.pack("<Q", nonce))


def work_address(miner: Pubkey, context: bytes) -> Pubkey:
    return pda(b"work", bytes(miner), *[context[at : at + 8] for at in range(0, 32, 8)])


@dataclass
class Job:
    """One task and the work on it."""

    task: Pubkey
    work: Pubkey
    spent: Pubkey
    input: bytes
    output: bytes
    context: bytes


@dataclass
class Network:
    """What the tests share. Every method sends one transaction and returns what landed."""

    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        self.admin, self.requester, self.owner = (self.chain.person() for _ in range(3))
        self.miner = miner_address(self.owner.pubkey())
        self.model = model_address()
        self._count = 0

    def genesis(self, **changes: Any) -> Landed:
        accounts = {"authority": self.admin.pubkey(), "config": CONFIG, "mint": MINT, "verifier_program": VERIFIER}
        arguments = {"chain_id": CHAIN_ID, "rate_floor": RATE_FLOOR, **named("srs", SRS), **changes}
        landed = self.chain.send(self.admin, self.chain.instruction("genesis", accounts, arguments))
        self.wallet = self.chain.put_token_account(MINT, self.owner.pubkey())
        return landed

    def genesis_adopt(self, mint: Pubkey, **changes: Any) -> Landed:
        accounts = {"authority": self.admin.pubkey(), "config": CONFIG, "mint": mint, "verifier_program": VERIFIER}
        arguments = {"chain_id": CHAIN_ID, "rate_floor": RATE_FLOOR, **named("srs", SRS), **changes}
        return self.chain.send(self.admin, self.chain.instruction("genesis_adopt", accounts, arguments))

    def register_miner(self, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        arguments = {"device": DEVICE, "device_class": 3, "region": 756, "client_version": 256, **HIGH_END, **changes}
        accounts = {"owner": owner.pubkey(), "miner": miner_address(owner.pubkey(), arguments["device"])}
        return self.chain.send(owner, self.chain.instruction("register_miner", accounts, arguments))

    def register_model(self, signer: Keypair | None = None, key: bytes = KEY_HASH, **changes: Any) -> Landed:
        signer = signer or self.admin
        limits = {"segments": 1, "work_units": 10, "max_active_ms": 28_800_000, "max_tokens": 100, "positions": 2}
        accounts = {"authority": signer.pubkey(), "config": CONFIG, "model": model_address(key)}
        arguments = {**named("key", key), **named("params", PARAMS), **limits, **changes}
        return self.chain.send(signer, self.chain.instruction("register_model", accounts, arguments))

    def open_spent_record(self, data: bytes, position: int = 0, model: Pubkey | None = None) -> Landed:
        model = model or self.model
        accounts = {
            "payer": self.requester.pubkey(),
            "config": CONFIG,
            "model": model,
            "spent_record": spent_address(model, data, position),
        }
        arguments = {**named("input", data), "position": position}
        return self.chain.send(self.requester, self.chain.instruction("open_spent_record", accounts, arguments))

    def post_task(self, data: bytes, nonce: int, requester: Keypair | None = None, **changes: Any) -> Landed:
        requester = requester or self.requester
        accounts = {
            "requester": requester.pubkey(),
            "model": changes.pop("model", self.model),
            "spent_record": changes.pop("spent_record", spent_address(self.model, data)),
            "task": task_address(requester.pubkey(), nonce),
        }
        arguments = {"nonce": nonce, "lifetime_s": 86_400, **changes}
        return self.chain.send(requester, self.chain.instruction("post_task", accounts, arguments))

    def post(self, data: bytes | None = None, requester: Keypair | None = None) -> Job:
        """A new task on a new input, or on ``data`` whose record may exist; nothing is committed yet."""
        self._count += 1
        requester = requester or self.requester
        data = data or digest(f"input {self._count}")
        spent = spent_address(self.model, data)
        if self.chain.svm.get_account(spent) is None:
            self.open_spent_record(data)
        self.post_task(data, self._count, requester)
        context = digest(f"context {self._count}")
        task = task_address(requester.pubkey(), self._count)
        return Job(task, work_address(self.miner, context), spent, data, digest(f"output {self._count}"), context)

    def commit(self, job: Job, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        accounts = {
            "owner": owner.pubkey(),
            "miner": changes.pop("miner", self.miner),
            "model": changes.pop("model", self.model),
            "task": job.task,
            "work": changes.pop("work", job.work),
        }
        arguments = {**named("context", job.context), **named("output", job.output), "tokens": 1, "active_ms": 1_000}
        arguments |= changes
        return self.chain.send(owner, self.chain.instruction("commit_work", accounts, arguments))

    def receipt(self, job: Job, claimer: Pubkey | None = None, **changes: bytes) -> Pubkey:
        """A receipt account exactly as ``verify`` leaves it (docs/reference/verifier.md)."""
        fields = {
            "context": job.context,
            "claimer": bytes(claimer or self.owner.pubkey()),
            "statement": digest("statement"),
            "key_hash": KEY_HASH,
            "srs": SRS,
            "instances": digest("instances"),
            "commitments": digest("commitments"),
            "input": job.input,
            "params": PARAMS,
            "output": job.output,
            **changes,
        }
        data = hashlib.sha256(b"account:Receipt").digest()[:8] + b"".join(fields.values()) + bytes(16)
        address = Pubkey.new_unique()
        self.chain.put(address, data, VERIFIER)
        return address

    def settle(
        self, job: Job, receipt: Pubkey | None = None, signer: Keypair | None = None, **accounts: Pubkey
    ) -> Landed:
        signer = signer or self.owner
        named_accounts = {
            "owner": signer.pubkey(),
            "config": CONFIG,
            "mint": MINT,
            "miner": self.miner,
            "model": self.model,
            "task": job.task,
            "work": job.work,
            "spent_record": job.spent,
            "token_account": self.wallet,
            "verifier_program": VERIFIER,
            "receipt": receipt or self.receipt(job),
            **accounts,
        }
        return self.chain.send(signer, self.chain.instruction("settle", named_accounts))

    def committed(self, seconds: int = 60, **changes: Any) -> Job:
        """A posted task with a plausible commit."""
        job = self.post()
        self.chain.set_time(self.chain.time() + seconds)
        self.commit(job, **changes)
        return job


def ready() -> Network:
    """Genesis, a model and a miner."""
    network = Network()
    network.genesis()
    network.register_model()
    network.register_miner()
    return network
