"""The state machine: each step reads the chain first, does what is missing there, and then records it.

So a step can be repeated at any point: what landed is found, what did not is sent, and nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable

from mai_zk.errors import ZkError
from mai_zk.language.model import Cancelled
from mai_zk.trace import draw as draws
from solders.pubkey import Pubkey
from solders.sysvar import SLOT_HASHES

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.slot_hashes import read_slot_hashes
from mai.chain.trace import STEPS, TraceState
from mai.errors import MaiError, ProgramError
from mai.miner import runs
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.kinds import MusterSide, Side, TaskSide
from mai.miner.outcome import Ended, Moved, Wait
from mai.miner.proving import Proving
from mai.miner.states import Kind, State

COMMITTED, DRAWN, REVEALED, CHALLENGED, PROVED, CLAIMED, EXPIRED = range(len(STEPS))
PATIENCE = frozenset({
    "SeedTooEarly", "NotDrawn", "TrustedFirst", "QualityTooLow", "SeedStillKnown", "DrawTooEarly", "WrongStep",
    "BlockhashNotFound", "AlreadyProcessed", "InsufficientFunds", "PayerNotFound", "DeadlineNotPassed",
})  # fmt: skip
"""Refusals that ask for time, for lamports, or only say that somebody else was faster."""
LOST = frozenset({"TaskAlreadyAssigned", "TaskExpired", "OwnerHasPlace", "PlaceTaken", "GraceOver", "MusterOver"})
"""Refusals after which the place is somebody else's, or nobody's."""
REPEATS = 3
"""How often a step that is refused or fails is tried from the beginning, reading the chain anew, before it counts."""
LONGEST_PAUSE_S = 60.0


class Machine:
    """Takes works one step at a time. One work's steps are never taken by two threads at once."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.proving = Proving(desk)
        self._sides: dict[Kind, Side] = {Kind.TASK: TaskSide(desk), Kind.MUSTER: MusterSide(desk)}
        self._troubles: dict[str, int] = {}
        self._steps: dict[State, Callable[[Work], Moved | Wait | Ended]] = {
            State.SEEN: lambda work: self._sides[work.kind].take(work),
            State.ASSIGNED: self._run,
            State.RUN: lambda work: self._sides[work.kind].commit(work),
            State.COMMITTED: self._trace,
            State.TRACED: lambda work: self._draw(work, DRAWN),
            State.DRAWN: self._reveal,
            State.REVEALED: lambda work: self._draw(work, CHALLENGED),
            State.CHALLENGED: lambda work: Moved({}),
            State.PROVING: self._prove,
            State.ATTESTED: lambda work: self._sides[work.kind].settle(work, self._address(work)),
        }

    def advance(self, id: str) -> Wait | None:
        """Take a work one step on; None where it moved or has ended, else what it waits for."""
        work = self.desk.journal.work(id)
        if work is None or work.ended:
            return None
        try:
            outcome = self._steps[work.state](work)
        except Cancelled:
            return Wait("the miner is stopping", chain=False)
        except ProgramError as error:
            outcome = self._refused(work, error)
        except (MaiError, ZkError) as error:
            outcome = self._trouble(work, error)
        return self._record(work, outcome)

    def _record(self, work: Work, outcome: Moved | Wait | Ended) -> Wait | None:
        if isinstance(outcome, Wait):
            self.desk.journal.note(work.id, reason=outcome.why)
            return outcome
        self._troubles.pop(work.id, None)
        if isinstance(outcome, Ended):
            self.desk.journal.record(work.id, outcome.state, reason=outcome.reason)
        else:
            following = list(self._steps)
            place = following.index(work.state) + 1
            state = following[place] if place < len(following) else State.SETTLED
            blobs = outcome.changes.pop("blobs", {})
            self.desk.journal.record(work.id, state, blobs=blobs, **outcome.changes)
        if isinstance(outcome, Ended) or work.state is State.ATTESTED:
            self.desk.runs.pop(work.id, None)
            self.desk.trees.pop(work.id, None)
            self.proving.forget(work.id)
        return None

    # Trouble

    def _refused(self, work: Work, error: ProgramError) -> Wait | Ended:
        """What a refusal means; the next try reads the chain first, which may have taken an earlier one."""
        if error.name in PATIENCE:
            return Wait(str(error))
        if work.state is State.SEEN:
            return Ended(State.MISSED, str(error))
        if error.name in LOST:
            return Ended(State.MISSED, str(error))
        return self._again(work, error, final=True)

    def _trouble(self, work: Work, error: MaiError | ZkError) -> Wait | Ended:
        """A node that does not answer may answer later; a model that fails, fails again."""
        return self._again(work, error, final=isinstance(error, ZkError))

    def _again(self, work: Work, error: Exception, *, final: bool) -> Wait | Ended:
        count = self._troubles[work.id] = self._troubles.get(work.id, 0) + 1
        if final and count >= REPEATS:
            return Ended(State.FAILED, str(error))
        return Wait(str(error), min(2.0 ** (count - 1), LONGEST_PAUSE_S))

    # Steps that both kinds of work have

    def _run(self, work: Work) -> Moved | Wait | Ended:
        ran, kept = runs.execute(self.desk, work)
        return Moved({"tokens": len(ran.answer.tokens), "blobs": kept})

    def _trace(self, work: Work) -> Moved | Wait | Ended:
        """Hand the answer over, and commit to the run with a bond."""
        desk = self.desk
        if work.kind is Kind.TASK:
            found = runs.ran(desk, work)
            desk.offers.deliver(Pubkey.from_string(work.task), found.answer, found.timing)
        made, address = runs.trees(desk, work), self._address(work)
        if desk.economy.cluster.account(address) is None:
            manifest = desk.published.manifest(made.manifest)
            # A muster asks for no length: what was answered is what could have been.
            limit = work.tokens if work.kind is Kind.MUSTER else work.most_tokens
            desk.traces.commit(made, manifest, work.context, limit=limit, bond=made.manifest.least_bond)
        header = desk.traces.state(address).header
        ours = (made.prompt_tree.root, made.generated_tree.root, made.positions_tree.root)
        if tuple(bytes(part) for part in (header.input, header.output, header.positions_root)) != ours:
            return Ended(State.FAILED, "another run than this miner's was committed in this context")
        return Moved({"due_slot": int(header.deadline)})

    def _draw(self, work: Work, then: int) -> Moved | Wait | Ended:
        """Draw as soon as the blocks are there that decide it; whoever did it, it is done."""
        desk, address = self.desk, self._address(work)
        state = desk.traces.state(address)
        if state.header.step < then:
            slot = desk.economy.cluster.slot()
            if slot > state.header.deadline:
                return self._expire(work, state)
            ready = self._ready(state, slot)
            if slot <= ready:
                return Wait("for the blocks that decide the draw", slot=ready + 1)
            desk.traces.draw(address)
            state = desk.traces.state(address)
        return self._standing(state) or Moved({"due_slot": int(state.header.deadline)})

    def _ready(self, state: TraceState, slot: int) -> int:
        """The last slot whose block can decide the draw, as far as it can be told now."""
        base = int(state.header.base_slot)
        account = self.desk.economy.cluster.account(SLOT_HASHES)
        hashes = read_slot_hashes(bytes(account.data)) if account else {}
        try:
            draws.beacon(hashes, base)
        except draws.TooEarly:
            first = base + draws.FIRST_DELAY + draws.TURN * (draws.BLOCKS - 1)
            return max(slot, first if slot <= first else draws_end(hashes, base))
        except draws.Evicted:
            return int(state.header.deadline)
        return slot - 1

    def _reveal(self, work: Work) -> Moved | Wait | Ended:
        """Commit to the leaves of the drawn positions, which are kept first."""
        desk, address = self.desk, self._address(work)
        state = desk.traces.state(address)
        if state.header.step < REVEALED:
            if desk.economy.cluster.slot() > state.header.deadline:
                return self._expire(work, state)
            if desk.journal.blob(work.id, runs.LEAVES) is None:
                desk.journal.keep(work.id, runs.LEAVES, runs.leaves(desk, work, state.positions))
            desk.traces.reveal(address, runs.trees(desk, work).leaves_tree.root)
            state = desk.traces.state(address)
        shown = bytes(state.header.leaves_root)
        if state.header.step <= PROVED and shown != runs.trees(desk, work).leaves_tree.root:
            return Ended(State.FAILED, "other leaves than this miner's were revealed for this trace")
        return self._standing(state) or Moved({"due_slot": int(state.header.deadline)})

    def _prove(self, work: Work) -> Moved | Wait | Ended:
        """Prove and attest everything that was drawn."""
        desk, address = self.desk, self._address(work)
        state = desk.traces.state(address)
        if state.header.step < PROVED:
            if desk.economy.cluster.slot() > state.header.deadline:
                return self._expire(work, state)
            if wait := self.proving.advance(work, address, state):
                return wait
            state = desk.traces.state(address)
        self.proving.tidy(work, address)
        return self._standing(state) or Moved({"due_slot": 0})

    def _standing(self, state: TraceState) -> Ended | None:
        if state.header.step == EXPIRED:
            return Ended(State.EXPIRED, "the trace expired: its bond is lost")
        return None

    def _expire(self, work: Work, state: TraceState) -> Ended | Wait:
        """Report the trace's end: an eighth of the bond is for whoever does."""
        desk, address = self.desk, self._address(work)
        if state.header.step < PROVED:
            desk.traces.expire(address)
        bond = state.header.bond / LAMPORTS_PER_SOL
        return Ended(
            State.EXPIRED, f"the trace was {state.step} when its time was over: its bond of {bond:g} SOL is lost"
        )

    def _address(self, work: Work) -> Pubkey:
        return self.desk.traces.address(work.context)[0]


def draws_end(hashes: dict[int, bytes], base: int) -> int:
    """The last target of a draw whose first step is decided: four turns of leaders, where the first step says."""
    from mai_zk.field import keccak256

    found, last = [], base
    for turn in range(draws.BLOCKS):
        last = min(slot for slot in hashes if slot >= max(base + draws.FIRST_DELAY + draws.TURN * turn, last + 1))
        found.append(hashes[last])
    step_one = keccak256(b"MAI draw step one" + b"".join(found))
    turn = draws.TURN * (step_one[0] % draws.SPREAD)
    return base + draws.SECOND_DELAY + turn + draws.TURN * (draws.BLOCKS - 1)
