"""Offences: reporting what the chain shows, appealing by proof, executing what is final."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import NOBODY, Economy
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program import MODULES

rules, checks, tasks = MODULES["slashing"], MODULES["checks"], MODULES["tasks"]
KINDS = {
    int(rules.OFFENCE_INVALID_CLAIM): "invalid claim",
    int(rules.OFFENCE_MISSED_PROOF): "missed proof",
    int(rules.OFFENCE_MINORITY_OUTPUT): "minority output",
    int(rules.OFFENCE_FAILED_CHECK): "failed check",
    int(rules.OFFENCE_FALSE_CHECK): "false check",
}
STATUSES = {
    int(rules.OFFENCE_PENDING): "pending",
    int(rules.OFFENCE_APPEALED): "appealed",
    int(rules.OFFENCE_EXECUTED): "executed",
    int(rules.OFFENCE_OVERTURNED): "overturned",
}
RUNNING = (int(rules.OFFENCE_PENDING), int(rules.OFFENCE_APPEALED))


class Offences:
    """The offences of the network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def all(self, owner: Pubkey | None = None) -> list[tuple[Pubkey, Any]]:
        """Every offence, or a wallet's, the newest first."""
        found = self.economy.all("Offence", owner=owner) if owner else self.economy.all("Offence")
        return sorted(found, key=lambda item: item[1].created_ts, reverse=True)

    def report(self, reporter: Signer, evidence: Pubkey, accused: Pubkey | None = None) -> tuple[Pubkey, Landed]:
        """Report what a work or a check shows; returns the offence's address too.

        Args:
            evidence: a work; or a check, which convicts the worker or, named by ``accused``, one who checked.
            accused: the wallet of a challenger or a third whose word was found wrong.

        Raises:
            MaiError: the evidence is neither a work nor a check.
        """
        fields = self.economy.program.fetch(self.economy.cluster, evidence)
        kind = type(fields).__name__
        if kind == "Work":
            if accused not in (None, fields.owner):
                raise MaiError("a work accuses only who did it: leave --accused out, or name a check")
            return self._report_work(reporter, evidence, fields)
        if kind == "Check":
            if accused is None or accused == fields.accused:
                return self._report_check(reporter, evidence, fields)
            return self._report_verifier(reporter, evidence, accused)
        raise MaiError(f"the account {evidence} is a {kind}: offences are shown by a work or a check")

    def _report_work(self, reporter: Signer, work: Pubkey, fields: Any) -> tuple[Pubkey, Landed]:
        stake = self.economy.stake_address(fields.owner)
        task = self.economy.read("Task", fields.task)
        offence = self.economy.offence_address(work, stake)
        accounts = {
            "reporter": reporter.pubkey(),
            "miner": fields.miner,
            "stake": stake,
            "model": fields.model,
            "task": fields.task,
            "work": work,
            "spent_record": task.spent_record,
            "offence": offence,
        }
        return offence, self.economy.send("report_offence", reporter, accounts)

    def _report_check(self, reporter: Signer, check: Pubkey, fields: Any) -> tuple[Pubkey, Landed]:
        stake = self.economy.stake_address(fields.accused)
        offence = self.economy.offence_address(fields.work, stake)
        accounts = {
            "reporter": reporter.pubkey(),
            "miner": fields.miner,
            "stake": stake,
            "check": check,
            "task": fields.task,
            "work": fields.work,
            "offence": offence,
        }
        return offence, self.economy.send("report_check", reporter, accounts)

    def _report_verifier(self, reporter: Signer, check: Pubkey, accused: Pubkey) -> tuple[Pubkey, Landed]:
        stake = self.economy.stake_address(accused)
        offence = self.economy.offence_address(check, stake)
        accounts = {"reporter": reporter.pubkey(), "stake": stake, "check": check, "offence": offence}
        return offence, self.economy.send("report_verifier", reporter, accounts)

    def appeal(self, owner: Signer, offence: Pubkey) -> Landed:
        """Announce a proof that the output was right, against a bond."""
        accounts = {
            "owner": owner.pubkey(),
            "offence": offence,
            "token_account": self.economy.token_address(owner.pubkey()),
        }
        return self.economy.send("appeal", owner, accounts)

    def prove(self, owner: Signer, offence: Pubkey, receipt: Pubkey, tokens: int | None = None) -> Landed:
        """Prove an appeal by the verifier's receipt (or a proved trace) in the offence's context.

        Args:
            tokens: of the answer that was proved; by default those of the work.
        """
        fields = self.economy.read("Offence", offence)
        accounts = {
            "owner": owner.pubkey(),
            "offence": offence,
            "model": self.economy.read("Task", fields.task).model,
            "task": fields.task,
            "miner": fields.miner,
            "stake": fields.stake,
            "token_account": self.economy.token_address(owner.pubkey()),
            "verifier_program": self.economy.state("config").verifier,
            "receipt": receipt,
        }
        arguments = {"tokens": fields.tokens if tokens is None else tokens}
        return self.economy.send("prove_appeal", owner, accounts, arguments)

    def execute(self, caller: Signer, offence: Pubkey) -> Landed:
        """Make a final offence cost what it costs."""
        fields = self.economy.read("Offence", offence)
        assistant = fields.reporter if fields.assistant == NOBODY else fields.assistant
        accounts = {
            "caller": caller.pubkey(),
            "mint": self.economy.mint,
            "offence": offence,
            "stake": fields.stake,
            "miner": fields.miner,
            "reporter_account": self.economy.token_address(fields.reporter),
            "assistant_account": self.economy.token_address(assistant),
            "reporter_wallet": fields.reporter,
        }
        paid = dict.fromkeys((fields.reporter, assistant))
        before = [self.economy.open_token_account(caller.pubkey(), owner) for owner in paid]
        return self.economy.send("execute_offence", caller, accounts, before=before)
