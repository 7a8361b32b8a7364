"""A populated network for attacks on the policy program, with every kind of wrong account at hand.

Everybody's transactions are paid by a sponsor, so that no account of an instruction is the fee payer by accident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from program.chain import MAI, START, TOKEN_PROGRAM, VERIFIER, WELL_KNOWN, Landed
from program.network import (
    CHAIN_ID,
    CONFIG,
    HIGH_END,
    MINT,
    PARAMS,
    RATE_FLOOR,
    SRS,
    Job,
    Network,
    digest,
    miner_address,
    model_address,
    named,
    ready,
    spent_address,
    task_address,
    work_address,
)
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

OTHER_KEY = digest("another key")
NEW_KEY, NEW_INPUT, NEW_CONTEXT, NEW_DEVICE = digest("new key"), digest("new input"), digest("new context"), "device 2"
MODEL_LIMITS = {"segments": 1, "work_units": 10, "max_active_ms": 28_800_000, "max_tokens": 100, "positions": 2}


@dataclass(frozen=True)
class Call:
    """One instruction that would succeed: its accounts in order, and its arguments."""

    name: str
    accounts: dict[str, Pubkey]
    arguments: dict[str, Any]


@dataclass
class World:
    """Two owners with a miner each, two requesters, two models; open, committed and settled tasks; wrong accounts."""

    network: Network = field(default_factory=ready)

    def __post_init__(self) -> None:
        network, chain = self.network, self.network.chain
        self.chain = chain
        self.sponsor, self.rival = chain.person(), chain.person()
        network.register_miner(self.rival)
        network.register_model(key=OTHER_KEY)
        self.rival_miner = miner_address(self.rival.pubkey())
        self.other_model = model_address(OTHER_KEY)
        self.job, self.other = network.post(), network.post()
        self.stolen = network.post()
        self.open, self.rivals_open = network.post(), network.post(requester=self.rival)
        # The rival's work under the very context of the owner's.
        self.stolen.context = self.job.context
        self.stolen.work = work_address(self.rival_miner, self.job.context)
        network.open_spent_record(digest("foreign"), model=self.other_model)
        chain.set_time(START + 60)
        network.commit(self.job)
        network.commit(self.other)
        network.commit(self.stolen, self.rival, miner=self.rival_miner)
        self.receipts = {
            "receipt": network.receipt(self.job),
            "other receipt": network.receipt(self.other),
            "rival's receipt": network.receipt(self.stolen, self.rival.pubkey()),
            "receipt of the rival for this work": network.receipt(self.job, self.rival.pubkey()),
        }
        self.purse = chain.put_token_account(MINT, network.requester.pubkey(), 1_000)
        mint = bytes(chain.svm.get_account(MINT).data)
        chain.put(MINT, mint[:36] + (1_000).to_bytes(8, "little") + mint[44:], TOKEN_PROGRAM)
        self.people = {
            key.pubkey(): key for key in (network.owner, network.requester, network.admin, self.rival, self.sponsor)
        }
        self.pool = {**self._genuine(), **self._forged()}

    def _genuine(self) -> dict[str, Pubkey]:
        """Accounts that are what they seem, and belong to somebody or something else."""
        network = self.network
        pool = {
            **{name: Pubkey.from_string(address) for name, address in WELL_KNOWN.items()},
            **{"mai": MAI, "verifier": VERIFIER, "config": CONFIG, "mint": MINT},
            **{"owner": network.owner.pubkey(), "requester": network.requester.pubkey()},
            **{"rival": self.rival.pubkey(), "admin": network.admin.pubkey(), "sponsor": self.sponsor.pubkey()},
            **{"miner": network.miner, "rival's miner": self.rival_miner},
            **{"model": network.model, "other model": self.other_model},
            **{"wallet": network.wallet, "purse": self.purse},
            **{"open task": self.open.task, "rival's open task": self.rivals_open.task},
            "open record": self.open.spent,
            "record of the other model": spent_address(self.other_model, digest("foreign")),
            **self.receipts,
        }
        for label, job in (("this", self.job), ("other", self.other), ("rival's", self.stolen)):
            pool |= {f"{label} task": job.task, f"{label} work": job.work, f"{label} record": job.spent}
        return pool

    def _forged(self) -> dict[str, Pubkey]:
        """Accounts that a stranger made, and addresses without an account."""
        chain, network = self.chain, self.network
        copies = {
            "config": CONFIG,
            "mint": MINT,
            "miner": network.miner,
            "model": network.model,
            "open task": self.open.task,
            "task": self.job.task,
            "work": self.job.work,
            "record": self.job.spent,
            "receipt": self.receipts["receipt"],
            "wallet": network.wallet,
            "clock": Pubkey.from_string(WELL_KNOWN["clock"]),
        }
        pool = {}
        for label, address in copies.items():
            data = bytes(chain.svm.get_account(address).data)
            pool[f"copy of the {label}"] = self._put(data, Pubkey.new_unique())
        pool["rival's wallet"] = chain.put_token_account(MINT, self.rival.pubkey(), 1_000)
        pool["owner's wallet of another mint"] = chain.put_token_account(Pubkey.new_unique(), network.owner.pubkey())
        pool["another mint of the config"] = chain.put_mint(CONFIG, None, supply=1_000)
        pool["zeroes of the program"] = self._put(bytes(400), MAI)
        pool["four bytes of the program"] = self._put(bytes(4), MAI)
        pool["zeroes of the verifier"] = self._put(bytes(400), VERIFIER)
        pool["zeroes of the token program"] = self._put(bytes(165), TOKEN_PROGRAM)
        pool["nothing"] = Pubkey.new_unique()
        return pool

    def _put(self, data: bytes, owner: Pubkey) -> Pubkey:
        address = Pubkey.new_unique()
        self.chain.put(address, data, owner)
        return address

    def calls(self) -> dict[str, Call]:
        """Every instruction after genesis with accounts and arguments that pass."""
        network = self.network
        owner, requester, admin = (key.pubkey() for key in (network.owner, network.requester, network.admin))
        device = Pubkey.from_bytes(digest(NEW_DEVICE))
        profile = {"device_class": 3, "region": 756, "client_version": 256, **HIGH_END}
        calls = (
            Call(
                "register_miner",
                {"owner": owner, "miner": miner_address(owner, device)},
                {"device": device, **profile},
            ),
            Call(
                "register_model",
                {"authority": admin, "config": CONFIG, "model": model_address(NEW_KEY)},
                {**named("key", NEW_KEY), **named("params", PARAMS), **MODEL_LIMITS},
            ),
            Call(
                "open_spent_record",
                {
                    **{"payer": requester, "config": CONFIG, "model": network.model},
                    "spent_record": spent_address(network.model, NEW_INPUT),
                },
                {**named("input", NEW_INPUT), "position": 0},
            ),
            Call(
                "post_task",
                {
                    **{"requester": requester, "model": network.model, "spent_record": self.open.spent},
                    "task": task_address(requester, 999),
                },
                {"nonce": 999, "lifetime_s": 60},
            ),
            Call(
                "fund_task",
                {
                    **{"requester": requester, "config": CONFIG, "mint": MINT},
                    **{"token_account": self.purse, "task": self.open.task},
                },
                {"amount": 10},
            ),
            Call(
                "commit_work",
                {
                    **{"owner": owner, "miner": network.miner, "model": network.model, "task": self.open.task},
                    "work": work_address(network.miner, NEW_CONTEXT),
                },
                {**named("context", NEW_CONTEXT), **named("output", digest("out")), "tokens": 1, "active_ms": 1_000},
            ),
            Call("settle", self.settlement(), {}),
            Call(
                "quote",
                {"payer": owner},
                {
                    **HIGH_END,
                    **{"active_ms": 1, "nft_tier": 0, "uptime_bps": 0, "trust_bps": 6_000, "difficulty_bps": 10_000},
                    **{"epoch": 0, "rate_floor": RATE_FLOOR},
                },
            ),
        )
        return {call.name: call for call in calls}

    def settlement(self, job: Job | None = None) -> dict[str, Pubkey]:
        """The accounts that settle the owner's work."""
        job = job or self.job
        return {
            **{"owner": self.network.owner.pubkey(), "config": CONFIG, "mint": MINT, "miner": self.network.miner},
            **{"model": self.network.model, "task": job.task, "work": job.work, "spent_record": job.spent},
            **{"token_account": self.network.wallet, "verifier_program": VERIFIER},
            "receipt": self.receipts["receipt"] if job is self.job else self.network.receipt(job),
        }

    def metas(self, call: Call) -> dict[str, AccountMeta]:
        """The call's account list by the parameters' names, the well-known ones included."""
        instruction = self.chain.instruction(call.name, call.accounts, call.arguments)
        return dict(zip(self.chain.parameters(call.name), instruction.accounts, strict=True))

    def run(self, call: Call, metas: Mapping[str, AccountMeta], *, cosigners: Sequence[Keypair] = ()) -> Landed:
        """Send the call with this account list; every person whose signature it asks for signs."""
        data = self.chain.instruction(call.name, call.accounts, call.arguments).data
        signers = {key.pubkey(): key for key in cosigners}
        for meta in metas.values():
            if meta.is_signer and meta.pubkey != self.sponsor.pubkey():
                signers[meta.pubkey] = self.people[meta.pubkey]
        instruction = Instruction(MAI, data, list(metas.values()))
        return self.chain.send(self.sponsor, instruction, cosigners=list(signers.values()))

    def replaced(self, meta: AccountMeta, address: Pubkey) -> AccountMeta:
        """Another account in the same place; it signs if it can."""
        return AccountMeta(address, meta.is_signer and address in self.people, meta.is_writable)

    def state(self) -> str:
        """A digest of every account that an attack could gain from: all but the sponsor, who pays the fees."""
        state = hashlib.sha256()
        for address in {**self.pool, **_created(self)}.values():
            account = self.chain.svm.get_account(address)
            if account is not None and address != self.sponsor.pubkey():
                state.update(bytes(address) + bytes(account.owner) + account.lamports.to_bytes(8, "little"))
                state.update(bytes(account.data))
        return state.hexdigest()


def _created(world: World) -> dict[str, Pubkey]:
    """What the calls would create."""
    names = {
        "register_miner": "miner",
        "register_model": "model",
        "open_spent_record": "spent_record",
        "post_task": "task",
        "commit_work": "work",
    }
    calls = world.calls()
    return {f"new {part}": calls[name].accounts[part] for name, part in names.items()}


def genesis_call(network: Network, *, adopt: bool = False) -> Call:
    """Either genesis on a chain that had none."""
    accounts = {"authority": network.admin.pubkey(), "config": CONFIG, "mint": MINT, "verifier_program": VERIFIER}
    if adopt:
        accounts["mint"] = network.chain.put_mint(CONFIG, None, supply=5)
    arguments = {"chain_id": CHAIN_ID, "rate_floor": RATE_FLOOR, **named("srs", SRS)}
    return Call("genesis_adopt" if adopt else "genesis", accounts, arguments)
