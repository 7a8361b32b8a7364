"""Where a task and a muster's answer differ: how they are taken, committed and settled on the chain."""

from __future__ import annotations

from typing import Any, Protocol

from solders.pubkey import Pubkey

from mai.chain.devices import Device
from mai.chain.trace import STEPS
from mai.errors import ProgramError
from mai.miner import runs
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.outcome import Ended, Moved, Wait
from mai.miner.states import State
from mai.program import MODULES

calibration, muster = MODULES["calibration"], MODULES["muster"]
registry, tasks = MODULES["registry"], MODULES["tasks"]
PARAMETERS = MODULES["parameters"]
STANDING = (int(tasks.WORK_COMMITTED), int(tasks.WORK_SETTLED), int(tasks.WORK_FAULTY), int(tasks.WORK_FORFEITED))
AGAIN_S = 2.0
DISPUTE_S = 30.0


class Side(Protocol):
    """The policy program's side of one kind of work. Every method reads the chain first."""

    def take(self, work: Work) -> Moved | Wait | Ended:
        """Get the place."""

    def commit(self, work: Work) -> Moved | Wait | Ended:
        """Commit to the output."""

    def settle(self, work: Work, trace: Pubkey) -> Moved | Wait | Ended:
        """Show the proved trace."""


class TaskSide:
    """A task that somebody posted."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.economy = desk, desk.economy

    def take(self, work: Work) -> Moved | Wait | Ended:
        task = Pubkey.from_string(work.task)
        if self._fields(work) is None:
            posted = self.economy.read("Task", task)
            now = self.economy.cluster.unix_time()
            if posted.status != int(tasks.TASK_OPEN):
                return Ended(State.MISSED, "another device has the place")
            if now > posted.expires_ts:
                return Ended(State.MISSED, "the task's time was over before the draw let this device in")
            if self._evicted(posted):
                self.economy.send("redraw_task", self.desk.owner, {"caller": self.desk.owner.pubkey(), "task": task})
            self.economy.assign_task(self.desk.owner, self.desk.device, task)
        fields = self.economy.read("Work", Pubkey.from_string(work.id))
        return Moved({"context": bytes(fields.context), "due_ts": int(fields.deadline_ts)})

    def _evicted(self, posted: Any) -> bool:
        """Whether the block that seeds the task's draw can no longer be known."""
        return not posted.seeded and self.economy.cluster.slot() > posted.target_slot + 520

    def commit(self, work: Work) -> Moved | Wait | Ended:
        fields = self._fields(work)
        if fields is None:
            return Ended(State.FAILED, "the chain does not know the place any more")
        output = runs.trees(self.desk, work).generated_tree.root
        if fields.status not in STANDING:
            if fields.status == int(tasks.WORK_REJECTED):
                return Ended(State.FAILED, "the commit was rejected as implausible")
            found = self._commit(work, fields, output)
            if not isinstance(found, Moved):
                return found
            fields = self.economy.read("Work", Pubkey.from_string(work.id))
            if fields.status == int(tasks.WORK_REJECTED):
                return Ended(State.FAILED, "the commit was rejected as implausible")
        if bytes(fields.output) != output:
            return Ended(State.FAILED, "another output than this miner's was committed for this place")
        return Moved({"due_ts": int(fields.prove_until_ts)})

    def _commit(self, work: Work, fields: Any, output: bytes) -> Moved | Wait | Ended:
        task = Pubkey.from_string(work.task)
        now, config = self.economy.cluster.unix_time(), self.economy.state("config")
        if now > fields.deadline_ts + config.parameters[int(PARAMETERS.GRACE_S)]:
            return Ended(State.MISSED, "the time to commit was over")
        missed = fields.status == int(tasks.WORK_MISSED)
        if missed and self.economy.read("Task", task).status != int(tasks.TASK_OPEN):
            return Ended(State.MISSED, "another device has the place now")
        active_ms = self._active_ms(work, fields, now)
        if active_ms is None:
            return Wait("for the chain's clock: the work would seem to have begun before the one before it ended")
        self.economy.commit_work(
            self.desk.owner, self.desk.device, task, output=output, tokens=work.tokens, active_ms=active_ms
        )
        return Moved({})

    def _active_ms(self, work: Work, fields: Any, now: int) -> int | None:
        """The time to state: what was measured, as far as the chain can believe it; None where it has to pass first.

        A commit that the chain finds implausible is never paid, so its own rule is asked before.
        """
        miner = self.economy.read("Miner", self.desk.miner)
        model = self.economy.read("Model", fields.model)
        units = int(registry.total_units(model.segments, model.work_units, work.tokens))
        most = int(registry.most_active_ms(model.segments, model.max_active_ms, work.tokens))
        peak = int(calibration.peak_units(self.economy.state("calibration").entries, miner.device_class))
        start = int(calibration.earliest_start(tasks.to_ms(fields.assigned_ts), miner.busy_until_ms))
        now_ms = int(tasks.to_ms(now))
        least = max(1, -(-units // peak))
        measured = runs.ran(self.desk, work).active_ms
        active = max(least, min(measured, most, max(now_ms - start, 1)))
        reason = calibration.plausibility(peak, units, active, start, now_ms, most)
        return active if reason == int(calibration.PLAUSIBLE) else None

    def settle(self, work: Work, trace: Pubkey) -> Moved | Wait | Ended:
        fields = self._fields(work)
        if fields is None:
            return Ended(State.FAILED, "the chain does not know the work any more")
        if fields.status == int(tasks.WORK_COMMITTED):
            if fields.disputed:
                return Wait("a challenge of the work is open", DISPUTE_S)
            try:
                self.economy.settle(self.desk.owner, self.desk.device, Pubkey.from_string(work.task), trace)
            except ProgramError as error:
                if error.name == "NoAgreement":
                    return Wait("for another miner to give the same output", DISPUTE_S)
                if error.name in ("WorkDisputed", "ModelWithdrawn"):
                    return Wait(str(error), DISPUTE_S)
                raise
            fields = self.economy.read("Work", Pubkey.from_string(work.id))
        if fields.status == int(tasks.WORK_SETTLED):
            return Moved({"paid": int(fields.paid), "due_ts": 0, "due_slot": 0})
        return Ended(State.FAILED, "the work was found wrong, or its time to be proved was over")

    def _fields(self, work: Work) -> Any | None:
        return self.economy.find("Work", Pubkey.from_string(work.id))


class MusterSide:
    """A device's answer to a muster, in one lane."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.economy = desk, desk.economy

    def take(self, work: Work) -> Moved | Wait | Ended:
        return self._over(work) or Moved({})

    def commit(self, work: Work) -> Moved | Wait | Ended:
        output = runs.trees(self.desk, work).generated_tree.root
        fields = self._answer(work)
        if fields is None or fields.muster < work.number:
            if over := self._over(work):
                return over
            device = Device(self.desk.miner, self.economy.read("Miner", self.desk.miner))
            self.desk.musters.answer(
                self.desk.owner,
                device,
                Pubkey.from_string(work.model),
                output=output,
                tokens=work.tokens,
                lane=work.lane,
            )
            fields = self._answer(work)
        if fields is None or fields.muster != work.number:
            return Ended(State.MISSED, "a later muster was answered in this lane")
        if bytes(fields.output) != output:
            return Ended(State.FAILED, "another answer than this miner's was given to this muster")
        return Moved({"context": bytes(fields.context), "due_ts": 0})

    def settle(self, work: Work, trace: Pubkey) -> Moved | Wait | Ended:
        fields = self._answer(work)
        if fields is None or fields.muster != work.number:
            return Ended(State.MISSED, "a later muster was answered in this lane")
        if fields.status != int(muster.ANSWER_PROVED):
            if self.desk.traces.state(trace).step == STEPS[-1]:
                return Ended(State.EXPIRED, "the answer's trace has expired")
            self.desk.musters.prove(self.desk.owner, self.desk.fields(), trace, lane=work.lane)
        return Moved({"due_ts": 0, "due_slot": 0})

    def _answer(self, work: Work) -> Any | None:
        return self.economy.find("Answer", Pubkey.from_string(work.task))

    def _over(self, work: Work) -> Ended | None:
        last = self.desk.musters.last()
        if last.number != work.number or not last.running:
            return Ended(State.MISSED, "the muster was over before it was answered")
        return None
