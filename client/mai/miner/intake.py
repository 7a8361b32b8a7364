"""Which tasks are taken: every one that is seen is taken, waits, or is refused with a reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mai_zk.trace.opening import most_bytes
from solders.pubkey import Pubkey

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import Device
from mai.chain.tasks import Tasks
from mai.engine.salted import Salted
from mai.miner import prices, runs
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.models import Served
from mai.miner.offers import Offer
from mai.miner.presets import Allocation
from mai.miner.refusals import Reason, Refusal
from mai.miner.schedule import Schedule
from mai.miner.states import WAY, Kind, State
from mai.money import format_mai
from mai.program import MODULES

assignment, parameters = MODULES["assignment"], MODULES["parameters"]
quality, staking, tasks = MODULES["quality"], MODULES["staking"], MODULES["tasks"]
SHOWN = 200
"""How many tasks without a prompt are named at most in one look."""
LEAST_TIME_S = 5
QUOTE_S = 30
UNTRACED = WAY[: WAY.index(State.TRACED)]
FEES = LAMPORTS_PER_SOL // 10
"""Beside the bond: fees of some hundred transactions, and the rents that come back."""


@dataclass
class Terms:
    """What whoever runs the miner has asked for; the control may change it at any time.

    Attributes:
        floor: the least price, if any.
        paused: lanes that take nothing; with all of them paused, no task is taken.
        most_works: how many works are taken in all, if that is limited; ``taken`` are.
    """

    allocation: Allocation
    schedule: Schedule = field(default_factory=Schedule)
    floor: prices.Floor | None = None
    lanes: tuple[str, ...] = ("cpu",)
    paused: frozenset[str] = frozenset()
    most_works: int | None = None
    taken: int = 0
    stopping: bool = False


class Intake:
    """Looks at what is offered and posted, and begins works."""

    def __init__(self, desk: Desk, terms: Terms, *, now: Callable[[], datetime] = datetime.now) -> None:
        self.desk, self.terms, self._now = desk, terms, now
        self.closed: Refusal | None = None
        self.quote: prices.Quote | None = None
        self._quoted = 0.0

    def look(self) -> list[Work]:
        """Begin every work that can be begun; the others' tasks are refused in the journal.

        Raises:
            MaiError: the chain cannot be reached.
        """
        economy = self.desk.economy
        posted = {address: fields for address, fields in Tasks(economy).open()}
        offers = [offer for served in self.desk.served.values() for offer in self.desk.offers.pending(served.address)]
        device = self.desk.fields()
        if time.monotonic() - self._quoted >= QUOTE_S or self.quote is None:
            self.quote, self._quoted = prices.quote(economy, device), time.monotonic()
        begun, held = [], {offer.task for offer in offers}
        for offer in offers:
            id = str(economy.work_address(offer.task, self.desk.miner))
            if self.desk.journal.work(id) is not None or self.desk.journal.refused_for_good(str(offer.task)):
                continue
            found = self._judge(offer, id, posted, device)
            if isinstance(found, Refusal):
                self._refuse(offer.task, found)
            elif found is not None:
                begun.append(found)
                self.terms.taken += 1
        self.closed = self._closed()
        self._unheld(posted, held)
        return begun

    def _refuse(self, task: Pubkey, refusal: Refusal) -> None:
        self.desk.journal.refuse(str(task), refusal.name, refusal.sentence, passing=refusal.reason.passing)

    def _unheld(self, posted: dict[Pubkey, Any], held: set[Pubkey]) -> None:
        """Name why open tasks are left alone that nobody has sent the prompt of."""
        for address, fields in list(posted.items())[:SHOWN]:
            if address in held or self._mine(address):
                continue
            served = self.desk.served.get(fields.model)
            reason = Reason.NoPrompt.of() if served else Reason.UnknownModel.of(model=fields.model)
            self._refuse(address, reason)

    def _mine(self, task: Pubkey) -> bool:
        return self.desk.journal.work(str(self.desk.economy.work_address(task, self.desk.miner))) is not None

    # Judging

    def _judge(self, offer: Offer, id: str, posted: dict[Pubkey, Any], device: Device) -> Work | Refusal | None:
        """The work that was begun, why there is none, or None where the task is not on the chain yet."""
        economy = self.desk.economy
        served = self.desk.served[offer.model]
        has_place = economy.exists(Pubkey.from_string(id))
        task = posted.get(offer.task) or economy.find("Task", offer.task)
        if task is None:
            return None
        prompt = self.desk.offers.prompt(offer.task)
        if prompt is None:
            return Reason.NoPrompt.of()
        refusal = self._wrong(served, task, prompt)
        if refusal is None and not has_place:
            refusal = self._unwanted(offer.task, task) or self._closed() or self._unable(served, task, device)
        if refusal is not None:
            return refusal
        work = Work(id, Kind.TASK, str(offer.task), str(offer.model), most_tokens=int(task.max_tokens))
        return work if self.desk.journal.begin(work, {runs.PROMPT: prompt.encode()}) else None

    def _wrong(self, served: Served, task: Any, prompt: Salted) -> Refusal | None:
        """Whether the prompt is not the task's, or not one for the model."""
        if prompt.root != bytes(task.input) or len(prompt.tokens) != task.prompt_tokens:
            return Reason.WrongPrompt.of()
        if task.model != served.address or any(token >= served.model.vocabulary for token in prompt.tokens):
            return Reason.WrongPrompt.of()
        most = len(prompt.tokens) + int(task.max_tokens)
        cap = min(served.model.token_cap, served.manifest.token_cap)
        return Reason.TooLong.of(tokens=most, cap=cap) if most > cap else None

    def _unwanted(self, address: Pubkey, task: Any) -> Refusal | None:
        """Whether the task is no longer to be had."""
        left = int(task.expires_ts) - self.desk.economy.cluster.unix_time()
        if task.status != int(tasks.TASK_OPEN):
            return Reason.NotOpen.of()
        if left < LEAST_TIME_S:
            return Reason.NoTimeLeft.of(left=max(left, 0))
        if any(owner == self.desk.owner.pubkey() for owner in task.owners):
            return Reason.OwnPlace.of()
        record = self.desk.economy.read("SpentRecord", task.spent_record)
        if record.spent and record.task != address:
            return Reason.AlreadyPaid.of()
        return None

    def _closed(self) -> Refusal | None:
        """Whether nothing at all is taken now."""
        terms = self.terms
        flying = sum(work.kind is Kind.TASK for work in self.desk.journal.works(ended=False))
        if terms.stopping:
            return Reason.Stopping.of()
        if terms.most_works is not None and terms.taken >= terms.most_works:
            return Reason.EnoughWorks.of()
        if terms.paused.issuperset(terms.lanes):
            return Reason.Paused.of()
        if not terms.schedule.open_at(self._now()):
            return Reason.OutsideSchedule.of(schedule=terms.schedule)
        if flying >= terms.allocation.in_flight:
            return Reason.TooManyInFlight.of(count=flying, preset=terms.allocation.name)
        if self.quote is not None and terms.floor is not None and not self.quote.meets(terms.floor):
            return Reason.PriceTooLow.of(pays=self.quote.beside(terms.floor), floor=terms.floor)
        return None

    def _unable(self, served: Served, task: Any, device: Device) -> Refusal | None:
        """What the chain would refuse, asked by its own rules before anything is sent."""
        economy, fields = self.desk.economy, device.fields
        config, emission = economy.state("config"), economy.state("emission")
        model = economy.find("Model", served.address)
        name = served.model.name
        if model is None:
            return Reason.ModelMissing.of(model=name, what="nobody has registered it")
        if not model.approved:
            return Reason.ModelWithdrawn.of(model=name)
        if fields.vram_mb < model.vram_mb:
            return Reason.NotEnoughVram.of(needed=model.vram_mb, has=fields.vram_mb)
        if fields.in_flight >= config.parameters[int(parameters.IN_FLIGHT_LIMIT)]:
            return Reason.DeviceFull.of(count=fields.in_flight)
        if fields.quality_bps < int(quality.EXCLUDED_QUALITY):
            return Reason.Excluded.of(quality=f"{fields.quality_bps / 10_000:.2f}")
        return self._unproved(model, task, fields, config, emission) or self._too_poor(served, model, task, config)

    def _unproved(self, model: Any, task: Any, fields: Any, config: Any, emission: Any) -> Refusal | None:
        """Whether the model's proof is too weak for this device and task."""
        first = int(config.parameters[int(parameters.NEWCOMER_TASKS)])
        newcomer = fields.settled < first
        of_class = parameters.of_class(config.parameters, task.task_class, parameters.SAMPLING_BPS)
        needed = int(assignment.required_sampling(of_class, emission.sampling, newcomer))
        if model.detection_bps >= needed:
            return None
        detects = f"{model.detection_bps / 100:g} %"
        if newcomer:
            return Reason.Newcomer.of(first=first, detects=detects)
        return Reason.ProofTooWeak.of(needed=f"{needed / 100:g} %", detects=detects)

    def _too_poor(self, served: Served, model: Any, task: Any, config: Any) -> Refusal | None:
        """Whether stake or lamports are too few."""
        economy, wallet = self.desk.economy, self.desk.owner.pubkey()
        if model.detection_bps < int(parameters.FULL_BPS):
            risk = int(parameters.of_class(config.parameters, task.task_class, parameters.SLASH))
            stake = economy.find("Stake", economy.stake_address(wallet))
            free = int(staking.free_of(stake)) if stake else 0
            if free < risk:
                return Reason.StakeTooSmall.of(free=format_mai(free), risk=format_mai(risk))
        # What was taken and has no trace yet needs its bond first.
        untraced = [work for work in self.desk.journal.works(ended=False) if work.state in UNTRACED]
        bonds = sum(self.desk.served_by(work).manifest.least_bond for work in untraced) + served.manifest.least_bond
        lent = 0
        if served.manifest.sampled:  # its openings grow with the run, and some of them are there at once
            largest = most_bytes(served.manifest, int(task.prompt_tokens + task.max_tokens))
            lent = self.desk.parallel * economy.cluster.rent(largest)
        needed, has = bonds + FEES + lent, economy.cluster.balance(wallet)
        if has < needed:
            shown = [f"{amount / LAMPORTS_PER_SOL:.2f}" for amount in (needed, has)]
            return Reason.NotEnoughLamports.of(needed=shown[0], has=shown[1])
        return None
