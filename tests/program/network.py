"""A network in a known state: mining open, a model, a miner, a task, and receipts as the verifier would issue them."""

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
MAI_UNIT = 10**9
ROUTINE, STANDARD, CRITICAL = 0, 1, 2
HIGH_END = {"gpu_mhs": 150, "cpu_mhz": 4_000, "ram_mhz": 0, "storage_gb": 0, "network_mbps": 1_000}
PROFILE = {
    "device_class": 3, "region": 756, "client_version": 256, "gpu_model": b"RTX 4090".ljust(32, b"\0"),
    "vram_mb": 24_576, "cores": 16, "ram_mb": 65_536,
}  # fmt: skip
LIMITS = {
    "proof": 0, "detection_bps": 10_000, "segments": 1, "work_units": 10, "max_active_ms": 28_800_000,
    "max_tokens": 100, "positions": 2, "vram_mb": 0,
}  # fmt: skip


def words(digest: bytes) -> list[int]:
    """A 32-byte digest as the four words that the program takes."""
    return list(struct.unpack("<4Q", digest))


def named(prefix: str, digest: bytes) -> dict[str, int]:
    return {f"{prefix}{index}": word for index, word in enumerate(words(digest))}


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def pda(*seeds: bytes) -> Pubkey:
    return Pubkey.find_program_address(list(seeds), MAI)[0]


CONFIG, MINT, VAULT, TREASURY = pda(b"config"), pda(b"mint"), pda(b"vault"), pda(b"treasury")
CALIBRATION, EMISSION, GOVERNANCE, NFTS = pda(b"calibration"), pda(b"emission"), pda(b"governance"), pda(b"nfts")
SRS, KEY_HASH, PARAMS = digest("srs"), digest("key"), digest("params")
DEVICE = Pubkey.from_bytes(digest("device"))
LOADER = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")
# The accounts of which there is one.
SINGLES = {
    "config": CONFIG, "mint": MINT, "vault": VAULT, "treasury": TREASURY, "calibration": CALIBRATION,
    "emission": EMISSION, "governance": GOVERNANCE, "nfts": NFTS,
}  # fmt: skip


def program_data(program: Pubkey) -> Pubkey:
    return Pubkey.find_program_address([bytes(program)], LOADER)[0]


def model_address(key: bytes = KEY_HASH, params: bytes = PARAMS) -> Pubkey:
    chunks = [half[at : at + 8] for half in (key, params) for at in range(0, 32, 8)]
    return pda(b"model", *chunks)


def spent_address(model: Pubkey, data: bytes, position: int = 0) -> Pubkey:
    chunks = [data[at : at + 8] for at in range(0, 32, 8)]
    return pda(b"spent", struct.pack("<I", CHAIN_ID), bytes(model), *chunks, struct.pack("<I", position))


def miner_address(owner: Pubkey, device: Pubkey = DEVICE) -> Pubkey:
    return pda(b"miner", bytes(owner), bytes(device))


def stake_address(owner: Pubkey) -> Pubkey:
    return pda(b"stake", bytes(owner))


def task_address(requester: Pubkey, nonce: int) -> Pubkey:
    return pda(b"task", bytes(requester), struct.pack("<Q", nonce))


def work_address(task: Pubkey, miner: Pubkey) -> Pubkey:
    return pda(b"work", bytes(task), bytes(miner))


@dataclass
class Job:
    """One task and the first miner's work on it."""

    task: Pubkey
    work: Pubkey
    spent: Pubkey
    input: bytes
    output: bytes


@dataclass
class Network:
    """What the tests share. Every method sends one transaction and returns what landed.

    Accounts and arguments go by name: what a method does not know is taken from its keyword arguments.
    """

    chain: Chain = field(default_factory=Chain)

    def __post_init__(self) -> None:
        self.admin, self.requester, self.owner = (self.chain.person() for _ in range(3))
        self.miner = miner_address(self.owner.pubkey())
        self.model = model_address()
        self._count = 0

    def call(self, name: str, signer: Keypair, accounts: dict[str, Pubkey], **arguments: Any) -> Landed:
        """One instruction: ``arguments`` that name an account replace it."""
        known = {**SINGLES, "verifier_program": VERIFIER, **accounts}
        parameters = self.chain.parameters(name)
        known |= {key: arguments.pop(key) for key in list(arguments) if key in parameters}
        return self.chain.send(signer, self.chain.instruction(name, known, arguments))

    # Genesis

    def programs(self) -> dict[str, Pubkey]:
        return {
            "program_account": MAI, "program_data": program_data(MAI), "mai_program": MAI,
            "mai_data": program_data(MAI), "verifier_data": program_data(VERIFIER),
        }  # fmt: skip

    def genesis(self, **changes: Any) -> Landed:
        arguments = {"chain_id": CHAIN_ID, "month_s": 0, "rate_floor": RATE_FLOOR, **named("srs", SRS), **changes}
        accounts = {"authority": self.admin.pubkey(), **self.programs()}
        landed = self.call("genesis", self.admin, accounts, **arguments)
        self.wallet = self.chain.put_token_account(MINT, self.owner.pubkey())
        return landed

    def open_accounts(self) -> None:
        for name in ("open_state", "open_governance", "open_vault", "open_treasury"):
            self.call(name, self.admin, {"payer": self.admin.pubkey()})

    def open_mining(self, **changes: Any) -> Landed:
        return self.call("open_mining", self.admin, {"authority": self.admin.pubkey(), **self.programs()}, **changes)

    # Registry

    def open_stake(self, owner: Keypair | None = None) -> Landed:
        owner = owner or self.owner
        return self.call("open_stake", owner, {"owner": owner.pubkey(), "stake": stake_address(owner.pubkey())})

    def mine_accounts(self, owner: Keypair, device: Pubkey = DEVICE) -> dict[str, Pubkey]:
        address = owner.pubkey()
        return {"owner": address, "miner": miner_address(address, device), "stake": stake_address(address)}

    def register_miner(self, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        if self.chain.svm.get_account(stake_address(owner.pubkey())) is None:
            self.open_stake(owner)
        arguments = {"device": DEVICE, **PROFILE, **HIGH_END, **changes}
        return self.call("register_miner", owner, self.mine_accounts(owner, arguments["device"]), **arguments)

    def update_miner(self, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        return self.call("update_miner", owner, self.mine_accounts(owner), **{**PROFILE, **HIGH_END, **changes})

    def heartbeat(self, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        return self.call("heartbeat", owner, self.mine_accounts(owner), **changes)

    def register_model(self, signer: Keypair | None = None, key: bytes = KEY_HASH, **changes: Any) -> Landed:
        signer = signer or self.admin
        accounts = {"payer": signer.pubkey(), "model": model_address(key)}
        return self.call(
            "register_model", signer, accounts, **{**named("key", key), **named("params", PARAMS), **LIMITS, **changes}
        )

    def open_spent_record(self, data: bytes, position: int = 0, model: Pubkey | None = None) -> Landed:
        model = model or self.model
        accounts = {
            "payer": self.requester.pubkey(),
            "model": model,
            "spent_record": spent_address(model, data, position),
        }
        return self.call("open_spent_record", self.requester, accounts, **named("input", data), position=position)

    # Tasks

    def post_task(self, data: bytes, nonce: int, requester: Keypair | None = None, **changes: Any) -> Landed:
        requester = requester or self.requester
        accounts = {
            "requester": requester.pubkey(),
            "model": self.model,
            "spent_record": spent_address(changes.get("model", self.model), data),
            "task": task_address(requester.pubkey(), nonce),
        }
        arguments = {
            "nonce": nonce, "lifetime_s": 86_400, "task_class": ROUTINE, "region": 0, "prompt_tokens": 0,
            "max_tokens": 100, **changes,
        }  # fmt: skip
        return self.call("post_task", requester, accounts, **arguments)

    def post(self, data: bytes | None = None, requester: Keypair | None = None, **changes: Any) -> Job:
        """A new task on a new input, or on ``data`` whose record may exist; nobody has taken it yet."""
        self._count += 1
        requester = requester or self.requester
        data = data or digest(f"input {self._count}")
        spent = spent_address(self.model, data)
        if self.chain.svm.get_account(spent) is None:
            self.open_spent_record(data)
        self.post_task(data, self._count, requester, **changes)
        task = task_address(requester.pubkey(), self._count)
        return Job(task, work_address(task, self.miner), spent, data, digest(f"output {self._count}"))

    def job_accounts(self, job: Job, owner: Keypair | None = None) -> dict[str, Pubkey]:
        owner = owner or self.owner
        accounts = self.mine_accounts(owner)
        work = work_address(job.task, accounts["miner"])
        return {**accounts, "model": self.model, "task": job.task, "work": work, "spent_record": job.spent}

    def assign(self, job: Job, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        return self.call("assign_task", owner, self.job_accounts(job, owner), **changes)

    def commit(self, job: Job, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        arguments = {**named("output", job.output), "tokens": 1, "active_ms": 1_000, **changes}
        return self.call("commit_work", owner, self.job_accounts(job, owner), **arguments)

    def release(self, job: Job, owner: Keypair | None = None, **changes: Any) -> Landed:
        accounts = {**self.job_accounts(job, owner), "caller": self.requester.pubkey()}
        return self.call("release_work", self.requester, accounts, **changes)

    def taken(self, **changes: Any) -> Job:
        """A posted task that the miner has a place in."""
        job = self.post(**changes)
        self.chain.pass_slots(50)
        self.assign(job)
        return job

    def committed(self, seconds: int = 60, **changes: Any) -> Job:
        """A posted task with a plausible commit."""
        job = self.taken()
        self.chain.pass_time(seconds)
        self.commit(job, **changes)
        return job

    def receipt(
        self, job: Job, claimer: Pubkey | None = None, owner: Keypair | None = None, **changes: bytes
    ) -> Pubkey:
        """A receipt account exactly as ``verify`` leaves it (docs/reference/verifier.md)."""
        owner = owner or self.owner
        if "context" not in changes:
            work = self.chain.read("Work", work_address(job.task, miner_address(owner.pubkey())))
            changes = {"context": bytes(work["context"]), **changes}
        fields = {
            "context": changes["context"],
            "claimer": bytes(claimer or owner.pubkey()),
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

    def settle(self, job: Job, receipt: Pubkey | None = None, owner: Keypair | None = None, **changes: Any) -> Landed:
        owner = owner or self.owner
        accounts = {
            **self.job_accounts(job, owner),
            "token_account": self.wallet,
            "nft_account": CONFIG,
            "receipt": receipt or self.receipt(job, owner=owner),
        }
        return self.call("settle", owner, accounts, **changes)


def ready() -> Network:
    """Mining is open; there is a model and a miner."""
    network = Network()
    network.genesis()
    network.open_accounts()
    network.register_model()
    network.open_mining()
    network.register_miner()
    return network
