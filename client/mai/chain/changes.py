"""What a proposal would change against what the chain has now: whether it can be made, and what voters should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from solders.pubkey import Pubkey

from mai.chain import effects
from mai.chain.economy import NOBODY, Economy
from mai.chain.rules import enforce
from mai.errors import MaiError
from mai.money import format_mai
from mai.program import MODULES, calibration, governance, parameters
from mai.program.names import TASK_CLASSES

rules = MODULES["effects"]
PARAMETER = int(governance.PROPOSE_PARAMETER)
CALIBRATION = int(governance.PROPOSE_CALIBRATION)
MODEL = int(governance.PROPOSE_MODEL)
TREASURY = int(governance.PROPOSE_TREASURY)
COLLECTION = int(governance.PROPOSE_COLLECTION)


@dataclass(frozen=True)
class Draft:
    """A proposal that is still to be made: of a Proposal's fields, those that say what changes."""

    kind: int
    index: int = 0
    target: Pubkey = NOBODY
    value: int = 0
    old_value: int = 0
    old_target: Pubkey = NOBODY

    @property
    def risk(self) -> int:
        """The grade, by the program's own rule."""
        return int(rules.risk_of(self.kind, self.index, self.value))


@dataclass(frozen=True)
class Change:
    """A change as voters should see it.

    Attributes:
        notes: what follows from it: whether cheating still does not pay, what the treasury could pay today.
        stale: what it is at present where that is no longer the effect's ``old``: then it cannot be executed.
    """

    effect: effects.Effect
    notes: list[str] = field(default_factory=list)
    stale: str | None = None

    @property
    def sentence(self) -> str:
        """The change in one line."""
        return f"{self.effect.subject}: {self.with_unit(self.effect.old)} -> {self.with_unit(self.effect.new)}"

    def with_unit(self, value: str) -> str:
        """One of the effect's two values with its unit."""
        return f"{value} {self.effect.unit}".rstrip()


@dataclass(frozen=True)
class Deterrence:
    """Both sides of the program's rule for a task class: what a cheat loses on average, and what it saves; base units
    times basis points."""

    task_class: str
    loss: int
    saving: int

    @property
    def holds(self) -> bool:
        return self.loss >= self.saving


def deterrence(values: Sequence[int]) -> list[Deterrence]:
    """Whether cheating pays at each task class under these parameters."""
    found = []
    for number, name in TASK_CLASSES.items():
        sampling, slash, limit = (
            int(parameters.of_class(values, number, which))
            for which in (parameters.SAMPLING_BPS, parameters.SLASH, parameters.REWARD_LIMIT)
        )
        found.append(Deterrence(name, sampling * (slash + limit), int(values[int(parameters.SAVING_BPS)]) * limit))
    return found


class Changes:
    """Reads proposals against a network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def draft(self, kind: int, *, index: int = 0, target: Pubkey = NOBODY, value: int = 0) -> Draft:
        """A proposal to be made, checked by the program's own rules.

        Raises:
            ProgramError: it is outside its bounds, changes nothing, or would make cheating pay.
            MaiError: what it is about does not exist.
        """
        if kind == PARAMETER:
            enforce(rules.check_new_parameter, self.economy.state("config").parameters, index, value)
        elif kind == CALIBRATION:
            enforce(calibration.check_calibration, index, value)
        elif kind == COLLECTION:
            enforce(rules.check_new_collection, self.economy.state("nfts"), index, target)
        elif kind == TREASURY and not self._holds_mai(target):
            raise MaiError(f"the treasury cannot pay to {target}: it is no MAI token account")
        present = self._present(kind, index, target)
        enforce(rules.check_changes, present != (target if kind == COLLECTION else value))
        if kind == COLLECTION:
            return Draft(kind, index, target, value, 0, present)
        return Draft(kind, index, target, value, present)

    def of(self, proposal: Any) -> Change:
        """The change that a proposal, or a draft of one, stands for."""
        kind = proposal.kind
        model = self.economy.read("Model", proposal.target) if kind == MODEL else None
        effect = effects.effect(proposal, model)
        notes = self._notes(proposal)
        if kind == TREASURY or getattr(proposal, "status", None) == governance.PROPOSAL_EXECUTED:
            return Change(effect, notes)
        present = self._present(kind, proposal.index, proposal.target)
        if present == (proposal.old_target if kind == COLLECTION else proposal.old_value):
            return Change(effect, notes)
        changed = {"old_target": present} if kind == COLLECTION else {"old_value": present}
        now = Draft(kind, proposal.index, proposal.target, proposal.value, **changed)
        return Change(effect, notes, Change(effects.effect(now)).with_unit(effects.effect(now).old))

    def _present(self, kind: int, index: int, target: Pubkey) -> Any:
        """What the chain has where the proposal would write; 0 for a payment."""
        if kind == PARAMETER:
            return self.economy.state("config").parameters[index]
        if kind == CALIBRATION:
            return self.economy.state("calibration").entries[index]
        if kind == MODEL:
            return int(self.economy.read("Model", target).approved)
        return self.economy.state("nfts").collections[index] if kind == COLLECTION else 0

    def _holds_mai(self, account: Pubkey) -> bool:
        found = self.economy.token_fields(account)
        return found is not None and found.mint == self.economy.mint

    def _notes(self, proposal: Any) -> list[str]:
        if proposal.kind == TREASURY:
            balance = self.economy.tokens(self.economy.single("treasury"))
            most = balance * self.economy.state("config").parameters[int(parameters.TREASURY_SPEND_BPS)] // 10_000
            notes = [f"of {format_mai(balance)} MAI in the treasury one proposal spends at most {format_mai(most)} MAI"]
            return (
                [*notes, "that is less than this: today it could not be executed"] if proposal.value > most else notes
            )
        if proposal.kind != PARAMETER:
            return []
        before = list(self.economy.state("config").parameters)
        after = [proposal.value if at == proposal.index else value for at, value in enumerate(before)]
        return [
            f"{new.task_class} tasks: a cheat loses on average {_times(old)} -> {_times(new)} times what it saves"
            for old, new in zip(deterrence(before), deterrence(after), strict=True)
            if old != new
        ]


def _times(found: Deterrence) -> str:
    return f"{found.loss / max(found.saving, 1):,.2f}"
