"""Verifiers in a story: one runs every work again and challenges what is wrong, another decides, one reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mai_zk.language.model import ProvableModel
from solders.pubkey import Pubkey

from mai.chain.economy import Economy
from mai.chain.offences import Offences
from mai.chain.signer import Signer
from mai.chain.spotcheck import SpotChecks
from mai.engine.salted import Salted
from mai.program import MODULES

checks, tasks = MODULES["checks"], MODULES["tasks"]
COMMITTED = (int(tasks.WORK_COMMITTED), int(tasks.WORK_SETTLED))
Told = Callable[[Pubkey], tuple[Salted, Salted] | None]


@dataclass
class Checker:
    """Both verifiers' side of the network.

    Attributes:
        models: every model that works are looked at of, by its account.
        told: a task's prompt and answer, as its requester hands them to verifiers; None while there is no answer.
        say: hears what they find.
    """

    economy: Economy
    models: Mapping[Pubkey, ProvableModel]
    challenger: Signer
    third: Signer
    told: Told
    say: Callable[[str], None]
    looked: set[Pubkey] = field(default_factory=set)
    offences: list[Pubkey] = field(default_factory=list)

    def turn(self) -> None:
        """Look at every work that was committed since, and take every challenge on.

        Raises:
            MaiError: the chain refuses.
        """
        for model in self.models:
            for work, fields in self.economy.all("Work", model=model):
                if work not in self.looked and fields.status in COMMITTED:
                    self._look(work, fields)
        for check, fields in SpotChecks(self.economy).all():
            self._take_on(check, fields)

    def waits_until(self) -> int | None:
        """The next slot at which a challenge can be taken on; None where none waits."""
        found = [
            fields.target_slot for _, fields in SpotChecks(self.economy).all() if fields.status == checks.CHECK_OPEN
        ]
        return min(found) + 2 if found else None

    def right_output(self, fields: Any) -> bytes | None:
        """The root of the answer that the model gives to a work's task; None while nobody can tell."""
        told = self.told(fields.task)
        if told is None:
            return None
        prompt, answer = told
        most = int(self.economy.read("Task", fields.task).max_tokens)
        run = self.models[fields.model].run(prompt.tokens, most)
        # The salts are the miner's; where it left some out, those of nothing: the output is another one then anyway.
        salts = (*answer.salts, *(bytes(16) for _ in run.generated))
        return Salted(run.generated, salts[: len(run.generated)]).root

    def _look(self, work: Pubkey, fields: Any) -> None:
        right = self.right_output(fields)
        if right is None:
            return
        self.looked.add(work)
        if right == bytes(fields.output):
            self.say(f"the verifier ran {str(work)[:4]}… again: bit for bit the same")
            return
        SpotChecks(self.economy).open(self.challenger, work, right)
        self.say(f"the verifier ran {str(work)[:4]}… again: ANOTHER answer; it is challenged")

    def _take_on(self, check: Pubkey, fields: Any) -> None:
        spot, economy = SpotChecks(self.economy), self.economy
        if fields.status == checks.CHECK_OPEN and economy.cluster.slot() > fields.target_slot + 1:
            right = self.right_output(economy.read("Work", fields.work))
            if right is not None:
                spot.decide(self.third, check, right)
                self.say("a second verifier, drawn by a block, ran it too: the challenge is upheld")
        elif fields.status == checks.CHECK_UPHELD:
            offence = economy.offence_address(fields.work, economy.stake_address(fields.accused))
            if not economy.exists(offence):
                Offences(economy).report(self.challenger, check)
                self.offences.append(offence)
                self.say("the offence is reported: stake and bond are taken into escrow")
