"""Tasks from the requester's side: fees, taking back, and what became of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program import MODULES
from mai.program.names import TASK_CLASSES, family

rules = MODULES["tasks"]
CLASSES = {name: number for number, name in TASK_CLASSES.items()}
STATUSES = family(rules, "TASK_")
WORK_STATUSES = family(rules, "WORK_")


@dataclass(frozen=True)
class Posted:
    """A task and the works on it."""

    address: Pubkey
    fields: Any
    works: list[tuple[Pubkey, Any]]


class Tasks:
    """The tasks of the network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    @staticmethod
    def new_nonce() -> int:
        """A number that this requester has hardly used before."""
        return secrets.randbits(63)

    def of(self, requester: Pubkey) -> list[tuple[Pubkey, Any]]:
        """A wallet's tasks, the newest first."""
        found = self.economy.all("Task", requester=requester)
        return sorted(found, key=lambda item: item[1].posted_ts, reverse=True)

    def open(self) -> list[tuple[Pubkey, Any]]:
        """Every task that has a free place, the newest first."""
        found = self.economy.all("Task", status=int(rules.TASK_OPEN))
        return sorted(found, key=lambda item: item[1].posted_ts, reverse=True)

    def show(self, address: Pubkey) -> Posted:
        """A task with its works."""
        return Posted(address, self.economy.read("Task", address), self.economy.all("Work", task=address))

    def fund(self, requester: Signer, task: Pubkey, amount: int) -> Landed:
        """Pay base units for a task: the treasury's share at once, the rest is burned with the first payment."""
        accounts = {
            "requester": requester.pubkey(),
            "task": task,
            "token_account": self.economy.token_address(requester.pubkey()),
        }
        return self.economy.send("fund_task", requester, accounts, {"amount": amount})

    def cancel(self, requester: Signer, task: Pubkey) -> Landed:
        """Take a task back; what waits in the vault returns."""
        wallet = requester.pubkey()
        accounts = {"requester": wallet, "task": task, "token_account": self.economy.token_address(wallet)}
        before = [self.economy.open_token_account(wallet, wallet)]
        return self.economy.send("cancel_task", requester, accounts, before=before)

    def expire(self, caller: Signer, task: Pubkey) -> Landed:
        """Close a task that nobody did in time; its fee returns to the requester."""
        requester = self.economy.read("Task", task).requester
        accounts = {"caller": caller.pubkey(), "task": task, "token_account": self.economy.token_address(requester)}
        before = [self.economy.open_token_account(caller.pubkey(), requester)]
        return self.economy.send("expire_task", caller, accounts, before=before)

    def release(self, caller: Signer, work: Pubkey) -> Landed:
        """Free a place whose miner did not commit in time; anyone may."""
        fields = self.economy.read("Work", work)
        accounts = {"caller": caller.pubkey(), **self._worked(work, fields)}
        return self.economy.send("release_work", caller, accounts)

    def redraw(self, caller: Signer, task: Pubkey) -> Landed:
        """Begin another round of a task whose seed block is no longer known; anyone may."""
        return self.economy.send("redraw_task", caller, {"caller": caller.pubkey(), "task": task})

    def close(self, caller: Signer, work: Pubkey) -> Landed:
        """Take out a work that could not be paid without any fault of its miner; anyone may."""
        fields = self.economy.read("Work", work)
        spent_record = self.economy.read("Task", fields.task).spent_record
        accounts = {"caller": caller.pubkey(), "model": fields.model, "spent_record": spent_record}
        return self.economy.send("close_work", caller, {**accounts, **self._worked(work, fields)})

    def _worked(self, work: Pubkey, fields: Any) -> dict[str, Pubkey]:
        stake = self.economy.stake_address(fields.owner)
        return {"miner": fields.miner, "stake": stake, "task": fields.task, "work": work}

    def pick(self, requester: Pubkey, text: str) -> Pubkey:
        """The task that somebody names by its address or, of this requester, by its number.

        Raises:
            MaiError: it is neither.
        """
        if text.isascii() and text.isdigit() and int(text) < 2**64:
            return self.economy.task_address(requester, int(text))
        try:
            return Pubkey.from_string(text)
        except ValueError:
            raise MaiError(f"{text} is neither a task's number nor its address") from None
