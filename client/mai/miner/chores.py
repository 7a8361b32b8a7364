"""What a miner does beside its tasks: musters, signs of life, the difficulty's crank, and other people's draws."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk.trace import draw as draws
from solders.pubkey import Pubkey
from solders.sysvar import SLOT_HASHES

from mai.chain import crank
from mai.chain.devices import Devices
from mai.chain.muster import ANSWER_SLOTS, prompt
from mai.chain.slot_hashes import read_slot_hashes
from mai.chain.trace import STEPS, TRACE_HEADER_BYTES
from mai.engine.salted import Salted
from mai.errors import ProgramError
from mai.miner import runs
from mai.miner.desk import Desk
from mai.miner.journal import Work
from mai.miner.models import Served
from mai.miner.states import Kind
from mai.program import MODULES

assignment = MODULES["assignment"]
HOUR_S = 3_600
LIFE, SCAN = "life_ts", "scan_ts"
SCAN_S = 60
FEE = 5_000
"""Lamports that a transaction costs; others' draws are done where they pay more than ten times as much."""
MOST_AT_ONCE = 8
WAITING = ("committed", "revealed")


@dataclass
class Chores:
    """The chores of one device.

    Attributes:
        muster_tokens: how many tokens an answer to a muster has at most; 0: the device stays away.
        lanes: in how many streams it answers.
        others: whether it draws and expires other people's traces, for their fee.
    """

    desk: Desk
    muster_tokens: int = 16
    lanes: int = 1
    others: bool = True

    def do(self) -> list[str]:
        """Everything that is due; what was done, in words.

        Raises:
            MaiError: the chain cannot be reached.
        """
        done = []
        for chore in (self.muster, self.sign_of_life, self.turn_crank, self.draw_others):
            try:
                done += chore()
            except ProgramError as error:  # somebody was faster, or it is not due after all
                self.desk.journal.tell("chore", f"{chore.__name__.replace('_', ' ')}: {error}")
        for what in done:
            self.desk.journal.tell("chore", what)
        return done

    def muster(self) -> list[str]:
        """Call a muster that a block asks for; begin the answers to one that is running."""
        desk, served = self.desk, self._strongest()
        if served is None or self.muster_tokens < 1:
            return []
        done, mark = [], desk.musters.drawn()
        if mark is not None:
            desk.musters.call(desk.owner, mark)
            done.append(f"called the muster of slot {mark:,}")
        last = desk.musters.last()
        if not last.running or last.slots_left < ANSWER_SLOTS // 10:
            return done
        for lane in range(self.lanes):
            address = desk.musters.answer_address(desk.miner, lane)
            tokens = prompt(last.seed, desk.miner, lane)
            asked = Salted(tuple(tokens), (runs.NO_SALT,) * len(tokens))
            model = desk.economy.read("Model", served.address)
            room = min(served.model.token_cap, served.manifest.token_cap) - len(tokens)
            count = min(self.muster_tokens, int(model.max_tokens), room)
            if count < 1 or any(token >= served.model.vocabulary for token in tokens):
                continue
            work = Work(
                f"{address}:{last.number}", Kind.MUSTER, str(address), str(served.address), most_tokens=count,
                number=last.number, lane=lane, due_slot=last.mark + ANSWER_SLOTS,
            )  # fmt: skip
            if desk.journal.begin(work, {runs.PROMPT: asked.encode()}):
                done.append(f"answers muster {last.number} in lane {lane}")
        return done

    def _strongest(self) -> Served | None:
        """A model that a muster takes; of several one that never ends an answer, then the one of the largest work."""
        found = []
        for served in self.desk.served.values():
            model = self.desk.economy.find("Model", served.address)
            if model is not None and model.approved and model.detection_bps >= int(assignment.NEWCOMER_SAMPLING):
                endless = served.manifest.end_token >= served.model.vocabulary
                found.append((endless, model.segments * model.work_units, str(served.address), served))
        return max(found, key=lambda item: item[:3])[3] if found else None

    def sign_of_life(self) -> list[str]:
        """One an hour: the hours of the week in which there was one are the device's uptime."""
        if not self._due(LIFE, HOUR_S):
            return []
        Devices(self.desk.economy).heartbeat(self.desk.owner, self.desk.fields())
        self._done(LIFE)
        return ["gave a sign of life"]

    def turn_crank(self) -> list[str]:
        """Close a period that is over: rewards follow the difficulty, and no one is bound to do it."""
        economy = self.desk.economy
        if economy.cluster.unix_time() < crank.due_ts(economy):
            return []
        crank.turn(economy, self.desk.owner)
        return ["turned the difficulty's crank"]

    def draw_others(self) -> list[str]:
        """Draw and expire other miners' traces where the fee for it is worth a transaction."""
        if not self.others or not self._due(SCAN, SCAN_S):
            return []
        self._done(SCAN)
        done: list[str] = []
        slot = self.desk.economy.cluster.slot()
        for step in (*WAITING, "drawn", "challenged"):
            for address in self._traces(step):
                if len(done) < MOST_AT_ONCE:
                    done += self._serve(address, step, slot)
        return done

    def _serve(self, address: Pubkey, step: str, slot: int) -> list[str]:
        traces = self.desk.traces
        header = traces.state(address).header
        if slot > header.deadline:
            if header.bond // 8 > 10 * FEE:
                traces.expire(address)
                return [f"reported the trace {address}, whose time was over"]
        elif step in WAITING and header.miner != self.desk.owner.pubkey() and header.bond // 128 > 10 * FEE:
            account = self.desk.economy.cluster.account(SLOT_HASHES)
            hashes = read_slot_hashes(bytes(account.data)) if account else {}
            try:
                draws.beacon(hashes, int(header.base_slot))
            except (draws.TooEarly, draws.Evicted):
                return []
            traces.draw(address)
            return [f"drew for the trace {address}"]
        return []

    def _traces(self, step: str) -> list[Pubkey]:
        """The traces at a step."""
        traces = self.desk.traces
        places = traces.program.places("Trace", step=STEPS.index(step))
        found = traces.cluster.owned(traces.program.address, places, length=TRACE_HEADER_BYTES)
        return sorted((address for address, _ in found), key=str)

    def _due(self, name: str, seconds: int) -> bool:
        """Whether so much of the chain's time has passed since this was last done."""
        return self.desk.economy.cluster.unix_time() >= int(self.desk.journal.setting(name) or 0) + seconds

    def _done(self, name: str) -> None:
        self.desk.journal.set(name, str(self.desk.economy.cluster.unix_time()))
