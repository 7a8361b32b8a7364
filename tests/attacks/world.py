"""A populated network for attacks on the policy program, whose every account is known and can be put back.

Three sides hold a set of accounts each: two of one owner with two devices, one of a rival. Everybody's transactions are
paid by a sponsor, so that no account of an instruction is the fee payer by accident.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from attacks.recorder import Recorder
from mai.program import checks
from program.chain import OUT, TOKEN_PROGRAM, VERIFIER, Landed
from program.dao import METAPLEX, Metadata, Nft, link_address, metadata_address, vote_address
from program.economy import Person
from program.market import purse
from program.musters import WINDOW, answer_address, next_muster, put_trace
from program.network import (
    EMISSION,
    GOVERNANCE,
    HIGH_END,
    MINT,
    PARAMS,
    PROFILE,
    SRS,
    TREASURY,
    Network,
    digest,
    miner_address,
    model_address,
    named,
    pda,
    spent_address,
    task_address,
    work_address,
)  # fmt: skip
from solders.pubkey import Pubkey

MAI_UNIT, DAY, MUSTERS = 10**9, 86_400, 9
RECEIPT = hashlib.sha256(b"account:Receipt").digest()[:8]
STRANGER_PROGRAM = Pubkey.from_bytes(digest("somebody else's program"))
TRUE, FALSE = digest("the true output"), digest("a false output")
Accounts = dict[str, Pubkey]
Arguments = dict[str, Any]


@dataclass(frozen=True)
class Side:
    """Who plays which part in one set of accounts."""

    number: int
    owner: Person
    requester: Person
    caller: Person
    challenger: Person
    third: Person

    @property
    def device(self) -> Pubkey:
        return Pubkey.from_bytes(digest(f"device {self.number}"))

    @property
    def miner(self) -> Pubkey:
        return miner_address(self.owner.key, self.device)

    @property
    def key(self) -> bytes:
        return digest(f"key {self.number}")

    @property
    def model(self) -> Pubkey:
        return model_address(self.key)

    @property
    def accounts(self) -> Accounts:
        """What has the same meaning in most instructions."""
        return {
            "owner": self.owner.key, "requester": self.requester.key, "caller": self.caller.key,
            "payer": self.caller.key, "reporter": self.caller.key, "stake": self.owner.stake, "miner": self.miner,
            "model": self.model, "token_account": self.owner.wallet,
        }  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A task of a side's requester, and the work of its miner on it."""

    side: Side
    task: Pubkey
    spent: Pubkey
    input: bytes
    output: bytes

    @property
    def work(self) -> Pubkey:
        return work_address(self.task, self.side.miner)

    @property
    def check(self) -> Pubkey:
        return pda(b"check", bytes(self.work), bytes(self.side.challenger.stake))

    @property
    def accounts(self) -> Accounts:
        return self.side.accounts | {"task": self.task, "work": self.work, "spent_record": self.spent}


@dataclass
class World:
    """Mining is open to everybody; each side has a device, a stake, MAI and a model."""

    network: Network = field(default_factory=lambda: Network(Recorder()))

    def __post_init__(self) -> None:
        network = self.network
        assert isinstance(network.chain, Recorder)
        self.chain = network.chain
        self.sponsor = self.chain.person()
        network.genesis()
        network.open_accounts()
        # It contains the verifier of single proofs.
        self.chain.svm.add_program_from_file(VERIFIER, OUT / "traces.so")
        for number in range(3):
            network.register_model(key=digest(f"key {number}"))
            network.register_model(key=digest(f"traced {number}"), proof=1, detection_bps=9_950)
        self.collections = [Pubkey.from_bytes(digest(f"collection {tier}")) for tier in range(1, 6)]
        for tier, collection in enumerate(self.collections, 1):
            admin = network.admin
            network.call("set_collection", admin, {"authority": admin.pubkey()}, tier=tier, collection=collection)
        network.open_mining()
        # The network is not young: one block in 5,040 calls a muster, so an address at random next to never does.
        self.chain.write("Emission", EMISSION, muster=MUSTERS)
        self._count = 0
        alice, bob, carol, dave = (self.person(3_000_000) for _ in range(4))
        erin, frank = (self.person() for _ in range(2))
        first, second, third, fourth = (self.person(verifier=300_000) for _ in range(4))
        self.sides = (
            Side(0, alice, carol, erin, first, second),
            Side(1, alice, carol, erin, first, second),
            Side(2, bob, dave, frank, third, fourth),
        )
        for side in self.sides:
            arguments = {"device": side.device, **PROFILE, **HIGH_END}
            self.call("register_miner", side.owner, side.accounts, **arguments)
        # A second wallet, and a token account of something else, of each owner.
        for side in self.sides[1:]:
            self.chain.put_token_account(MINT, side.owner.key, 5)
            self.chain.put_token_account(Pubkey.new_unique(), side.owner.key, 5)
        self.hold(TREASURY, 1_000_000 * MAI_UNIT)
        self.chain.pass_time(1)

    # People and money

    def person(self, staked: int = 0, verifier: int = 0) -> Person:
        """Amounts in MAI; who stakes nothing has no stake account."""
        keypair = self.chain.person()
        person = Person(keypair, purse(self.network, keypair, (staked + verifier + 10_000) * MAI_UNIT))
        if staked + verifier:
            self.call("open_stake", person, {"owner": person.key, "stake": person.stake})
            accounts = {"owner": person.key, "stake": person.stake, "token_account": person.wallet}
            self.call("deposit_stake", person, accounts, amount=(staked + verifier) * MAI_UNIT)
            if verifier:
                self.call("designate_verifier", person, accounts, amount=verifier * MAI_UNIT)
            self.chain.write("Stake", person.stake, matured=staked * MAI_UNIT, pending=0)
        return person

    def hold(self, token_account: Pubkey, amount: int) -> None:
        """Puts MAI into an account of the network, as fees would."""
        account = self.chain.svm.get_account(token_account)
        data = bytes(account.data)
        self.chain.put(token_account, data[:64] + amount.to_bytes(8, "little") + data[72:], TOKEN_PROGRAM)
        purse(self.network, self.sponsor, amount)

    def call(self, name: str, person: Person, accounts: Accounts, **arguments: Any) -> Landed:
        return self.network.call(name, person.keypair, accounts, **arguments)

    # The way of a task

    def post(self, side: Side, fee: int = 0, **changes: Any) -> Job:
        self._count += 1
        data = digest(f"input {self._count}")
        spent = spent_address(side.model, data)
        task = task_address(side.requester.key, self._count)
        job = Job(side, task, spent, data, digest(f"output {self._count}"))
        accounts = {**job.accounts, "payer": side.requester.key, "token_account": side.requester.wallet}
        self.call("open_spent_record", side.requester, accounts, **named("input", data), position=0)
        arguments = {"nonce": self._count, "lifetime_s": DAY, "task_class": 0, "region": 0, "prompt_tokens": 0}
        self.call("post_task", side.requester, accounts, **{**arguments, "max_tokens": 100, **changes})
        if fee:
            self.call("fund_task", side.requester, accounts, amount=fee)
        return job

    def assigned(self, side: Side, fee: int = 0, **changes: Any) -> Job:
        job = self.post(side, fee, **changes)
        self.chain.pass_slots(150)
        self.call("assign_task", side.owner, job.accounts)
        return job

    def committed(self, side: Side, fee: int = 0, **changes: Any) -> Job:
        job = self.assigned(side, fee, **changes)
        self.chain.pass_time(20)
        self.call("commit_work", side.owner, job.accounts, **self.result(job))
        return job

    @staticmethod
    def result(job: Job) -> Arguments:
        return {**named("output", job.output), "tokens": 1, "active_ms": 1_000}

    def receipt(self, job: Job, context: bytes | None = None, **changes: bytes) -> Pubkey:
        """As ``verify`` leaves it, for the owner."""
        context = context or bytes(self.chain.read("Work", job.work)["context"])
        fields = {
            "context": context, "claimer": bytes(job.side.owner.key), "statement": digest("statement"),
            "key_hash": job.side.key, "srs": SRS, "instances": digest("instances"),
            "commitments": digest("commitments"), "input": job.input, "params": PARAMS, "output": job.output,
        }  # fmt: skip
        address = Pubkey.new_unique()
        data = RECEIPT + b"".join({**fields, **changes}.values()) + bytes(16)
        self.chain.put(address, data, VERIFIER)
        return address

    # Musters

    def mark(self) -> int:
        """Waits for a mark whose block calls a muster; all sides have the same."""
        slot = int(self.chain.svm.get_clock().slot)
        mark = next_muster(slot - WINDOW, MUSTERS)
        if mark >= slot:
            self.chain.set_slot(mark + 1)
        return mark

    def mustered(self, side: Side, answered: bool = True) -> Accounts:
        """A muster was called, and the side's device can answer it, or has."""
        mark = self.mark()
        if self.chain.read("Emission", EMISSION)["muster_mark"] < mark:
            self.call("call_muster", side.caller, side.accounts, mark=mark)
        accounts = {
            **side.accounts, "model": model_address(digest(f"traced {side.number}")),
            "answer": answer_address(side.miner),
        }  # fmt: skip
        self.call("open_answer", side.caller, accounts, lane=0)
        if answered:
            self.call("answer_muster", side.owner, accounts, **named("output", TRUE), tokens=1)
        return accounts

    def answered(self, side: Side) -> Accounts:
        """An answer with its proof."""
        accounts = self.mustered(side)
        given = self.chain.read("Answer", accounts["answer"])
        model = self.chain.read("Model", accounts["model"])
        digests = {name: bytes(given[name]) for name in ("context", "input", "output")}
        fields = {**digests, "miner": bytes(side.owner.key), "manifest": bytes(model["key_hash"])}
        order = ("context", "miner", "manifest", "input", "output")
        return {**accounts, "receipt": put_trace(self.chain, **{name: fields[name] for name in order})}

    # Checks and offences

    def checked(self, side: Side) -> tuple[Job, Accounts]:
        """A committed work that is challenged."""
        job = self.committed(side)
        self.chain.pass_time(1)
        self.call("open_check", side.challenger, self.challenge(job), output=TRUE)
        return job, self.trial(job)

    @staticmethod
    def challenge(job: Job) -> Accounts:
        side = job.side
        parties = {"owner": side.challenger.key, "stake": side.challenger.stake, "accused": side.owner.stake}
        return {**job.accounts, **parties, "check": job.check}

    @staticmethod
    def trial(job: Job) -> Accounts:
        """What the third takes."""
        side = job.side
        third = {"owner": side.third.key, "stake": side.third.stake}
        parties = {"challenger": side.challenger.stake, "accused": side.owner.stake}
        return {**job.accounts, **third, **parties, "check": job.check}

    def drawn(self, side: Side) -> tuple[Job, Accounts]:
        job, accounts = self.checked(side)
        self.chain.pass_slots(checks.CHECK_DELAY + 1)
        self.call("draw_check", side.caller, accounts)
        return job, accounts

    def decided(self, side: Side, output: bytes | None = None) -> Job:
        """By the third: the challenger's output if nothing else is said."""
        job, accounts = self.drawn(side)
        self.call("decide_check", side.third, accounts, output=output or TRUE)
        return job

    @staticmethod
    def accusation(job: Job, evidence: Pubkey | None = None, accused: Person | None = None) -> Accounts:
        accused = accused or job.side.owner
        offence = pda(b"offence", bytes(evidence or job.work), bytes(accused.stake))
        return {**job.accounts, "stake": accused.stake, "check": job.check, "offence": offence}

    def missed(self, side: Side) -> tuple[Job, Accounts]:
        """A work whose proof did not come, and who is accused of that."""
        job = self.committed(side)
        self.chain.pass_time(3 * DAY)
        return job, self.accusation(job)

    def failed(self, side: Side) -> tuple[Job, Accounts]:
        """An offence that a check has shown."""
        job = self.decided(side)
        accounts = self.accusation(job)
        self.call("report_check", side.caller, accounts)
        return job, accounts

    def appealed(self, job: Job, accounts: Accounts) -> tuple[Accounts, Arguments]:
        """An appeal and what proves it."""
        self.call("appeal", job.side.owner, accounts)
        context = bytes(self.chain.read("Offence", accounts["offence"])["context"])
        return {**accounts, "receipt": self.receipt(job, context)}, {"tokens": 1}

    # NFTs and the DAO

    def nft(self, owner: Person, tier: int = 3) -> Nft:
        """As Metaplex leaves it, shown to the network."""
        mint = Pubkey.new_unique()
        source = self.chain.put_mint(metadata_address(mint, b"edition"), None, 0, 1)
        self.chain.put(mint, bytes(self.chain.svm.get_account(source).data), TOKEN_PROGRAM)
        metadata = metadata_address(mint)
        self.chain.put(metadata, Metadata(mint, self.collections[tier - 1]).pack(), METAPLEX)
        return Nft(mint, self.chain.put_token_account(mint, owner.key, 1), metadata)

    def shown(self, side: Side) -> Accounts:
        nft = self.nft(side.owner)
        accounts = {"mint": nft.mint, "metadata": nft.metadata, "link": link_address(nft.mint)}
        self.call("open_nft_link", side.caller, side.accounts | accounts)
        return {**side.accounts, "link": nft.link, "nft_account": nft.account}

    def linked(self, side: Side) -> Accounts:
        accounts = self.shown(side)
        self.call("link_nft", side.owner, accounts)
        return accounts

    def proposal(self, side: Side, **changes: Any) -> tuple[Accounts, Arguments]:
        """What proposes a change of a parameter."""
        number = self.chain.read("Governance", GOVERNANCE)["proposals"]
        arguments = {"id": number, "kind": 0, "index": 30, "target": Pubkey.default(), "value": 5, "text": TRUE}
        address = pda(b"proposal", int(number).to_bytes(8, "little"))
        return {**side.accounts, "proposal": address}, {**arguments, **changes}

    def proposed(self, side: Side, **changes: Any) -> Accounts:
        accounts, arguments = self.proposal(side, **changes)
        self.call("propose", side.owner, accounts, **arguments)
        return {**accounts, "vote": vote_address(accounts["proposal"], side.owner.key)}

    def approved(self, side: Side, **changes: Any) -> Accounts:
        """A proposal that all stake approved, at the moment from which on anyone may execute it."""
        accounts = self.proposed(side, **changes)
        now, proposal = self.chain.time(), accounts["proposal"]
        times = {"voting_ends_ts": now, "denials_end_ts": now, "executable_ts": now, "expires_ts": now + 14 * DAY}
        staked = self.chain.read("Proposal", proposal)["staked"]
        self.chain.write("Proposal", proposal, approved=staked, **times)
        return accounts


