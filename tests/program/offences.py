"""What the tests of offences share: the default amounts, and works in the states that make an offence."""

from __future__ import annotations

from typing import Any

from program.economy import DAY, MAI_UNIT, PARTS, Economy, Job, Person
from program.network import digest
from solders.pubkey import Pubkey

SLASH = 50_000 * MAI_UNIT
VERIFIER_STAKE = 100_000 * MAI_UNIT
MAJORITY = digest("what two of three said")
BOND, APPEAL_BOND = 50_000_000, 1_000 * MAI_UNIT
WINDOW = PROOF_TIME = 7 * DAY


def offence(economy: Economy, address: Pubkey) -> dict[str, Any]:
    return economy.chain.read("Offence", address)


def miner(economy: Economy, job: Job) -> dict[str, Any]:
    return economy.chain.read("Miner", job.miner)


def parts(economy: Economy, person: Person) -> list[int]:
    stake = economy.stake(person)
    return [stake[part] // MAI_UNIT for part in PARTS]


def missed(economy: Economy, **changes: Any) -> Job:
    """A work whose proof is overdue."""
    job = economy.cheat(**changes)
    economy.pass_s(DAY + 1)
    return job


def critical(economy: Economy, job: Job, first: int, second: int, settled: int) -> None:
    """The job's task has three places; the job gave the second output."""
    economy.chain.write(
        "Task",
        job.task,
        places=3,
        taken=3 - settled,
        settled=settled,
        committed=first + second,
        first_output=MAJORITY,
        first_votes=first,
        second_output=job.output,
        second_votes=second,
    )
