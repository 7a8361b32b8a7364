"""People with real stakes in a real vault, and works in any state that other instructions would leave them in.

After every instruction the vault must hold exactly what the stakes and the appeals say.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from mai.program import parameters, slashing, staking, tasks
from program.chain import MAI, START, VERIFIER, Chain, Landed
from program.network import CHAIN_ID, digest, pda
from solders.keypair import Keypair
from solders.pubkey import Pubkey

MAI_UNIT = 10**9
DAY = 86_400
CONFIG, EMISSION, GOVERNANCE = pda(b"config"), pda(b"emission"), pda(b"governance")
INCINERATOR = Pubkey.from_string("1nc1nerator11111111111111111111111111111111")
SRS, KEY_HASH, PARAMS, INPUT = digest("srs"), digest("key"), digest("params"), digest("input")
TRUE, FALSE = digest("the true output"), digest("a false output")
PARTS = ("matured", "pending", "unstaking", "verifier", "escrowed")


@dataclass(frozen=True)
class Person:
    """A wallet with MAI and a stake."""

    keypair: Keypair
    wallet: Pubkey

    @property
    def key(self) -> Pubkey:
        return self.keypair.pubkey()

    @property
    def stake(self) -> Pubkey:
        return pda(b"stake", bytes(self.key))


@dataclass(frozen=True)
class Job:
    """A work and what belongs to it."""

    person: Person
    miner: Pubkey
    model: Pubkey
    task: Pubkey
    work: Pubkey
    spent_record: Pubkey
    context: bytes
    output: bytes


def check_of(job: Job, challenger: Person) -> Pubkey:
    return pda(b"check", bytes(job.work), bytes(challenger.stake))


def offence_of(evidence: Pubkey, person: Person) -> Pubkey:
    return pda(b"offence", bytes(evidence), bytes(person.stake))


class Economy:
    """The program after the opening, with every parameter at its default."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.parameters = [int(parameters.default_parameter(index)) for index in range(32)]
        self.mint = self.chain.put_mint(CONFIG, None, supply=10**18)
        self.vault = self.chain.put_token_account(self.mint, CONFIG)
        self.chain.create(
            "Config",
            CONFIG,
            mint=self.mint,
            vault=self.vault,
            verifier=VERIFIER,
            verifier_tag=pda(b"claim", bytes(VERIFIER)),
            srs=SRS,
            chain_id=CHAIN_ID,
            phase=3,
            genesis_ts=START,
            parameters=self.parameters,
            bump=Pubkey.find_program_address([b"config"], MAI)[1],
        )
        self.chain.create("Emission", EMISSION)
        self.chain.create("Governance", GOVERNANCE)
        self.people: list[Person] = []
        self.offences: set[Pubkey] = set()
        self.units: dict[str, int] = {}
        self.elsewhere = 0
        self._count = 0

    # Time

    def pass_s(self, seconds: int) -> None:
        self.chain.set_time(self.chain.time() + seconds)

    # Sending

    def send(self, name: str, person: Person, accounts: dict[str, Pubkey], **arguments: Any) -> Landed:
        known = {
            "owner": person.key,
            "caller": person.key,
            "reporter": person.key,
            "config": CONFIG,
            "emission": EMISSION,
            "governance": GOVERNANCE,
            "mint": self.mint,
            "vault": self.vault,
            "stake": person.stake,
            "token_account": person.wallet,
            "verifier_program": VERIFIER,
            "incinerator": INCINERATOR,
            **accounts,
        }
        try:
            landed = self.chain.send(person.keypair, self.chain.instruction(name, known, arguments))
        finally:
            self.check_sums()
        self.units[name] = max(self.units.get(name, 0), landed.units)
        return landed

    def check_sums(self) -> None:
        """Nothing is lost, nothing is counted twice."""
        stakes = [self.chain.read("Stake", person.stake) for person in self.people]
        held = sum(stake[part] for stake in stakes for part in PARTS)
        bonds = 0
        for offence in map(self._offence, self.offences):
            bonds += offence["appeal_bond"] if offence and offence["status"] == slashing.OFFENCE_APPEALED else 0
        assert self.chain.balance(self.vault) == held + bonds
        governance = self.chain.read("Governance", GOVERNANCE)
        assert governance["staked"] == sum(stake["matured"] + stake["pending"] for stake in stakes)
        least = self.parameters[parameters.VERIFIER_STAKE]
        assert governance["verifiers"] == self.elsewhere + sum(stake["verifier"] >= least for stake in stakes)

    def _offence(self, address: Pubkey) -> dict[str, Any] | None:
        return self.chain.read("Offence", address) if self.chain.svm.get_account(address) else None

    # People

    def person(self, staked: int = 0, verifier: int = 0, wallet: int = 10_000) -> Person:
        """Amounts in MAI; the stake is warm."""
        keypair = self.chain.person()
        total = (staked + verifier + wallet) * MAI_UNIT
        person = Person(keypair, self.chain.put_token_account(self.mint, keypair.pubkey(), total))
        accounts = {"owner": person.key, "stake": person.stake}
        self.chain.send(keypair, self.chain.instruction("open_stake", accounts))
        self.people.append(person)
        if staked + verifier:
            self.send("deposit_stake", person, {}, amount=(staked + verifier) * MAI_UNIT)
        if verifier:
            self.send("designate_verifier", person, {}, amount=verifier * MAI_UNIT)
        if staked:
            long_ago = self.chain.time() - staking.WARM_UP_S
            self.chain.write("Stake", person.stake, matured=staked * MAI_UNIT, pending=0, pending_ts=long_ago)
        return person

    def cheat(self, output: bytes = FALSE, **changes: Any) -> Job:
        """A work of somebody who is only in this test."""
        return self.job(self.person(staked=200_000), output, **changes)

    def stake(self, person: Person) -> dict[str, Any]:
        return self.chain.read("Stake", person.stake)

    def verifiers_elsewhere(self, count: int) -> None:
        """So many verifiers more, of whom no test knows."""
        self.elsewhere = count
        verifiers = self.chain.read("Governance", GOVERNANCE)["verifiers"]
        self.chain.write("Governance", GOVERNANCE, verifiers=verifiers + count)

    # Works

    def job(self, person: Person, output: bytes = FALSE, **changes: Any) -> Job:
        """A committed work of a standard task of a whole-proof model, its slash at risk; `changes` of its fields."""
        self._count += 1
        at_risk = self.parameters[parameters.CLASS_PARAMETERS + 3 + parameters.SLASH]
        now = self.chain.time()
        context = digest(f"context {self._count}")
        names = (f"{name} {self._count}" for name in ("miner", "model", "task", "work", "record"))
        miner, model, task, work, record = (Pubkey.from_bytes(digest(name)) for name in names)
        job = Job(person, miner, model, task, work, record, context, output)
        create = self.chain.create
        create(
            "Miner",
            miner,
            owner=person.key,
            status=1,
            bond=50_000_000,
            in_flight=1,
            quality_bps=8_000,
            week=(now - START) // (7 * DAY),
        )
        create("Model", model, key_hash=KEY_HASH, params=PARAMS, detection_bps=10_000, approved=True, max_tokens=100)
        create("SpentRecord", record, model=model, input=INPUT)
        create(
            "Task",
            task,
            model=model,
            spent_record=record,
            input=INPUT,
            task_class=parameters.TASK_STANDARD,
            prompt_tokens=7,
            max_tokens=100,
            status=tasks.TASK_ASSIGNED,
            places=1,
            taken=1,
            committed=1,
            first_output=output,
            first_votes=1,
        )
        fields = {
            "miner": miner,
            "owner": person.key,
            "task": task,
            "model": model,
            "context": context,
            "output": output,
            "tokens": 9,
            "committed_ts": now,
            "prove_until_ts": now + DAY,
            "sampling_bps": 2_000,
            "at_risk": at_risk,
            "status": tasks.WORK_COMMITTED,
        }
        create("Work", work, **(fields | changes))
        stake, emission = self.stake(person), self.chain.read("Emission", EMISSION)
        self.chain.write("Stake", person.stake, at_risk=stake["at_risk"] + at_risk)
        self.chain.write("Emission", EMISSION, pending=emission["pending"] + 1)
        return job

    def settle(self, job: Job) -> None:
        """What settlement leaves of the work."""
        at_risk = self.chain.read("Work", job.work)["at_risk"]
        self.chain.write("Work", job.work, status=tasks.WORK_SETTLED)
        self.chain.write("Task", job.task, status=tasks.TASK_SETTLED, settled=1)
        self.chain.write("SpentRecord", job.spent_record, spent=True, task=job.task)
        self.chain.write("Stake", job.person.stake, at_risk=self.stake(job.person)["at_risk"] - at_risk)
        self.chain.write("Miner", job.miner, in_flight=0)
        self.chain.write("Emission", EMISSION, pending=self.chain.read("Emission", EMISSION)["pending"] - 1)

    # Checks

    def open_check(self, job: Job, challenger: Person, output: bytes = TRUE, **accounts: Pubkey) -> Landed:
        named = {"accused": job.person.stake, "model": job.model, "work": job.work, "check": check_of(job, challenger)}
        return self.send("open_check", challenger, named | accounts, output=output)

    def draw_check(self, job: Job, challenger: Person) -> Landed:
        """Draws as soon as the block is there; if it was there too long ago, once more."""
        landed = None
        while landed is None or not landed.events["CheckDrawn"]["seeded"]:
            target = self.chain.read("Check", check_of(job, challenger))["target_slot"]
            self.chain.set_slot(max(self.chain.svm.get_clock().slot, target + 1))
            landed = self.send("draw_check", challenger, {"check": check_of(job, challenger)})
        return landed

    def decide_check(
        self, job: Job, challenger: Person, third: Person, output: bytes, accounts: dict[str, Pubkey] | None = None
    ) -> Landed:
        named = {
            "challenger": challenger.stake,
            "accused": job.person.stake,
            "miner": job.miner,
            "task": job.task,
            "work": job.work,
            "check": check_of(job, challenger),
        }
        return self.send("decide_check", third, named | (accounts or {}), output=output)

    def void_check(self, job: Job, challenger: Person, accounts: dict[str, Pubkey] | None = None) -> Landed:
        named = {
            "challenger": challenger.stake,
            "accused": job.person.stake,
            "work": job.work,
            "check": check_of(job, challenger),
        }
        return self.send("void_check", challenger, named | (accounts or {}))

    def void_after(self, job: Job, challenger: Person) -> None:
        """Nobody decided in time."""
        self.pass_s(DAY + 1)
        self.void_check(job, challenger)

    def decided(self, job: Job, challenger: Person, output: bytes, *answers: tuple[Person, bytes]) -> Pubkey:
        """A check from the challenge to the last word."""
        self.pass_s(1)
        self.open_check(job, challenger, output)
        for third, said in answers:
            self.draw_check(job, challenger)
            self.decide_check(job, challenger, third, said)
        return check_of(job, challenger)

    # Offences

    def report(self, job: Job, reporter: Person, **accounts: Pubkey) -> Pubkey:
        offence = offence_of(job.work, job.person)
        self.offences.add(offence)
        self.send("report_offence", reporter, self._of_work(job) | {"offence": offence} | accounts)
        return offence

    def close_work(self, job: Job, caller: Person, **accounts: Pubkey) -> Landed:
        return self.send("close_work", caller, self._of_work(job) | accounts)

    def _of_work(self, job: Job) -> dict[str, Pubkey]:
        return {
            "miner": job.miner,
            "stake": job.person.stake,
            "model": job.model,
            "task": job.task,
            "work": job.work,
            "spent_record": job.spent_record,
        }

    def report_check(self, job: Job, check: Pubkey, reporter: Person, **accounts: Pubkey) -> Pubkey:
        offence = offence_of(job.work, job.person)
        self.offences.add(offence)
        named = {
            "miner": job.miner,
            "stake": job.person.stake,
            "check": check,
            "task": job.task,
            "work": job.work,
            "offence": offence,
        }
        self.send("report_check", reporter, named | accounts)
        return offence

    def report_verifier(self, check: Pubkey, liar: Person, reporter: Person) -> Pubkey:
        offence = offence_of(check, liar)
        self.offences.add(offence)
        self.send("report_verifier", reporter, {"stake": liar.stake, "check": check, "offence": offence})
        return offence

    def correct_check(self, job: Job, check: Pubkey, offence: Pubkey, caller: Person, **accounts: Pubkey) -> Landed:
        named = {"model": job.model, "offence": offence, "check": check}
        return self.send("correct_check", caller, named | accounts)

    def appeal(self, offence: Pubkey, person: Person, **accounts: Pubkey) -> Landed:
        return self.send("appeal", person, {"offence": offence, **accounts})

    def receipt(self, claimer: Person, context: bytes, output: bytes, **changes: bytes) -> Pubkey:
        """A receipt account exactly as ``verify`` leaves it (docs/reference/verifier.md)."""
        fields = {
            "context": context,
            "claimer": bytes(claimer.key),
            "statement": digest("statement"),
            "key_hash": KEY_HASH,
            "srs": SRS,
            "instances": digest("instances"),
            "commitments": digest("commitments"),
            "input": INPUT,
            "params": PARAMS,
            "output": output,
            **changes,
        }
        address = Pubkey.new_unique()
        data = hashlib.sha256(b"account:Receipt").digest()[:8] + b"".join(fields.values()) + bytes(16)
        self.chain.put(address, data, VERIFIER)
        return address

    def prove_appeal(
        self, job: Job, offence: Pubkey, person: Person, receipt: Pubkey, tokens: int = 9, **accounts: Pubkey
    ) -> Landed:
        """With a receipt or a trace."""
        named = {"offence": offence, "model": job.model, "task": job.task, "miner": job.miner, "receipt": receipt}
        return self.send("prove_appeal", person, named | accounts, tokens=tokens)

    def execute(
        self,
        offence: Pubkey,
        job: Job,
        caller: Person,
        reporter: Person,
        assistant: Person | None = None,
        **accounts: Pubkey,
    ) -> Landed:
        named = {
            "offence": offence,
            "stake": self.chain.read("Offence", offence)["stake"],
            "miner": job.miner,
            "reporter_account": reporter.wallet,
            "assistant_account": (assistant or reporter).wallet,
            "reporter_wallet": reporter.key,
        }
        return self.send("execute_offence", caller, named | accounts)
