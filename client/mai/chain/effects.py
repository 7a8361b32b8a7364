"""What a proposal would change, in words: from a kind, an index and two numbers to a readable diff."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.economy import NOBODY, Economy
from mai.chain.nft import TIER_NAMES, TIERS
from mai.chain.parameters import ENTRIES, PARAMETERS, RISKS, deterrence
from mai.chain.rules import enforce
from mai.errors import MaiError
from mai.money import format_mai
from mai.program import MODULES

rules, governance = MODULES["effects"], MODULES["governance"]
PARAMETER = int(governance.PROPOSE_PARAMETER)
CALIBRATION = int(governance.PROPOSE_CALIBRATION)
MODEL = int(governance.PROPOSE_MODEL)
TREASURY = int(governance.PROPOSE_TREASURY)
COLLECTION = int(governance.PROPOSE_COLLECTION)
KINDS = {
    PARAMETER: "parameter",
    CALIBRATION: "calibration",
    MODEL: "model",
    TREASURY: "treasury",
    COLLECTION: "collection",
}


@dataclass(frozen=True)
class Effect:
    """What is proposed, exactly as the chain stores it."""

    kind: int
    index: int = 0
    target: Pubkey = NOBODY
    value: int = 0


@dataclass(frozen=True)
class Change:
    """A readable diff.

    Attributes:
        subject: what changes.
        before: what it was when it was proposed (or is, of a proposal that is still to be made).
        after: what it would be.
        notes: what else a voter should know: bounds, deterrence, shares.
        stale: what it is at present where that is no longer ``before``: then the proposal cannot be executed.
    """

    subject: str
    before: str
    after: str
    notes: list[str] = field(default_factory=list)
    stale: str | None = None


def risk(effect: Effect) -> int:
    """The risk grade of an effect, by the program's own rule."""
    return int(rules.risk_of(effect.kind, effect.index, effect.value))


def effect_of(proposal: Any) -> Effect:
    """The effect that an account holds."""
    return Effect(proposal.kind, proposal.index, proposal.target, proposal.value)


class Effects:
    """Reads effects against a network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def check(self, effect: Effect) -> None:
        """Refuse what the program would refuse, in its own words, before anything is sent.

        Raises:
            ProgramError: the effect is outside its bounds, changes nothing, or would make cheating pay.
            MaiError: what it is about does not exist.
        """
        if effect.kind == PARAMETER:
            enforce(rules.check_new_parameter, self.economy.state("config").parameters, effect.index, effect.value)
        elif effect.kind == CALIBRATION:
            enforce(MODULES["calibration"].check_calibration, effect.index, effect.value)
        elif effect.kind == MODEL:
            self.economy.read("Model", effect.target)
        elif effect.kind == TREASURY:
            if self.economy.token_holder(effect.target, self.economy.mint) is None and not self._is_mai(effect.target):
                raise MaiError(f"the treasury cannot pay to {effect.target}: it is no MAI token account")
        else:
            enforce(rules.check_new_collection, self.economy.state("nfts"), effect.index, effect.target)
        before = self.present(effect)
        after = effect.target if effect.kind == COLLECTION else effect.value
        enforce(rules.check_changes, before != after)

    def _is_mai(self, account: Pubkey) -> bool:
        found = self.economy.cluster.account(account)
        return found is not None and bytes(found.data[:32]) == bytes(self.economy.mint)

    def present(self, effect: Effect) -> Any:
        """What the chain has now where the effect would write; 0 for a payment."""
        if effect.kind == PARAMETER:
            return self.economy.state("config").parameters[effect.index]
        if effect.kind == CALIBRATION:
            return self.economy.state("calibration").entries[effect.index]
        if effect.kind == MODEL:
            return int(self.economy.read("Model", effect.target).approved)
        if effect.kind == COLLECTION:
            return self.economy.state("nfts").collections[effect.index]
        return 0

    def preview(self, effect: Effect) -> Change:
        """The diff of an effect that is still to be proposed."""
        return self._change(effect, self.present(effect))

    def of(self, proposal: Any) -> Change:
        """The diff of a proposal, with what has changed since it was made."""
        effect = effect_of(proposal)
        before = proposal.old_target if effect.kind == COLLECTION else proposal.old_value
        change = self._change(effect, before)
        present = self.present(effect)
        running = proposal.status == governance.PROPOSAL_ACTIVE and effect.kind != TREASURY
        if running and present != before:
            return Change(change.subject, change.before, change.after, change.notes, self._shown(effect, present))
        return change

    def _change(self, effect: Effect, before: Any) -> Change:
        after = effect.target if effect.kind == COLLECTION else effect.value
        was = self._shown(effect, before)
        subject = f"{KINDS[effect.kind]} {self._subject(effect)}"
        return Change(subject, was, self._shown(effect, after), self._notes(effect))

    @staticmethod
    def _subject(effect: Effect) -> str:
        if effect.kind == PARAMETER:
            return PARAMETERS[effect.index].name
        if effect.kind == CALIBRATION:
            return ENTRIES[effect.index].name
        if effect.kind == COLLECTION:
            return TIER_NAMES[effect.index]
        return f"to {effect.target}" if effect.kind == TREASURY else str(effect.target)

    @staticmethod
    def _shown(effect: Effect, value: Any) -> str:
        if effect.kind == PARAMETER:
            return PARAMETERS[effect.index].shown(value)
        if effect.kind == CALIBRATION:
            return ENTRIES[effect.index].shown(value)
        if effect.kind == MODEL:
            return "may mint" if value else "may not mint"
        if effect.kind == COLLECTION:
            return "none (the tier is closed)" if value == NOBODY else str(value)
        return f"{format_mai(value)} MAI"

    def _notes(self, effect: Effect) -> list[str]:
        if effect.kind == PARAMETER:
            return self._parameter_notes(effect)
        if effect.kind == CALIBRATION:
            low, high = (ENTRIES[effect.index].shown(bound) for bound in ENTRIES[effect.index].bounds)
            return [f"allowed: {low} to {high}"]
        if effect.kind == TREASURY:
            balance = self.economy.tokens(self.economy.single("treasury"))
            share = self.economy.state("config").parameters[int(MODULES["parameters"].TREASURY_SPEND_BPS)]
            most = balance * share // 10_000
            notes = [
                f"the treasury holds {format_mai(balance)} MAI; one proposal spends at most {format_mai(most)} MAI"
            ]
            return [*notes, "that is less than this: today it could not be executed"] if effect.value > most else notes
        if effect.kind == MODEL:
            return self._model_notes(effect)
        return [f"the tiers are {', '.join(name for name, number in TIERS.items() if number)}"]

    def _parameter_notes(self, effect: Effect) -> list[str]:
        found = PARAMETERS[effect.index]
        notes = [f"allowed: {found.shown(found.lowest)} to {found.shown(found.highest)}"]
        before = list(self.economy.state("config").parameters)
        after = [effect.value if at == effect.index else value for at, value in enumerate(before)]
        for old, new in zip(deterrence(before), deterrence(after), strict=True):
            if old != new:
                sides = " -> ".join(f"{item.expected_loss / max(item.saving, 1):,.2f}" for item in (old, new))
                notes.append(f"{new.task_class} tasks: a cheat loses on average {sides} times what it saves")
        return notes

    def _model_notes(self, effect: Effect) -> list[str]:
        model = self.economy.read("Model", effect.target)
        proof = "a whole proof" if model.proof == MODULES["registry"].PROOF_WHOLE else "its trace"
        return [
            f"proved by {proof}, which catches skipped work with {model.detection_bps / 100:g} %",
            f"{model.segments:,} × {model.work_units:,} work units, at most {model.max_tokens:,} tokens",
        ]


def risk_name(grade: int) -> str:
    """low, medium or high."""
    return RISKS[grade]
