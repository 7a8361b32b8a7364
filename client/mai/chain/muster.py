"""Musters: the moments at which every device shows at once what it can do (docs/reference/program.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey
from solders.sysvar import SLOT_HASHES

from mai.chain.cluster import Landed
from mai.chain.devices import Device
from mai.chain.digest import word_arguments
from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.chain.slot_hashes import read_slot_hashes
from mai.errors import MaiError
from mai.program import MODULES, native
from mai.program.names import family
from mai.program.prelude import Array, u8, u64
from mai.program.prelude import Pubkey as ProgramKey

rules = MODULES["muster"]
ANSWERS = family(rules, "ANSWER_", "ANSWER_SLOTS")
MARK_SLOTS, ANSWER_SLOTS = int(rules.MARK_SLOTS), int(rules.ANSWER_SLOTS)
FIRST_ROUND = bytes(4)


@dataclass(frozen=True)
class Muster:
    """A muster that was called.

    Attributes:
        number: counted from 1; 0 where there was none yet.
        mark: the slot that it fell on.
        seed: of everybody's prompt, 32 bytes.
        slots_left: until answers are refused; below 0 where it is over.
    """

    number: int
    mark: int
    seed: bytes
    slots_left: int

    @property
    def running(self) -> bool:
        """Can it be answered now?"""
        return self.number > 0 and self.slots_left >= 0


def prompt(seed: bytes, miner: Pubkey, lane: int) -> list[int]:
    """A device's prompt in a lane: 32 tokens below 256, without salts."""
    return [int(token) for token in rules.prompt(_array(seed), ProgramKey(bytes(miner)), u8(lane))]


def power_now(device: Device, last: int) -> int:
    """What counts of a device's power, in work units a slot, whether or not the chain has halved it yet.

    Args:
        last: the number of the last muster that was called.
    """
    return int(device.fields.power) >> min(last - int(device.fields.muster), 63)


def _array(raw: bytes) -> Array:
    return Array([u8(byte) for byte in raw], len(raw))


class Musters:
    """Calling, answering and proving."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def last(self) -> Muster:
        """The last muster that was called."""
        emission = self.economy.state("emission")
        left = emission.muster_mark + ANSWER_SLOTS - self.economy.cluster.slot()
        return Muster(emission.muster, emission.muster_mark, bytes(emission.muster_seed), left)

    def drawn(self) -> int | None:
        """The mark of a muster that can be called now: its block says so, and nobody has called it; else None."""
        slot, emission = self.economy.cluster.slot(), self.economy.state("emission")
        mark = slot // MARK_SLOTS * MARK_SLOTS
        if mark <= emission.muster_mark or slot > mark + ANSWER_SLOTS:
            return None
        block = self._first_block(mark)
        if block is None:
            return None
        data = bytes(self.economy.config) + FIRST_ROUND + block
        seed = native.keccak([u8(byte) for byte in data])
        return mark if int(native.number(seed)) % int(rules.odds(u64(emission.muster))) == 0 else None

    def _first_block(self, target: int) -> bytes | None:
        """The hash of the first block at or after a slot."""
        account = self.economy.cluster.account(SLOT_HASHES)
        if account is None:
            raise MaiError("the cluster has no SlotHashes account")
        hashes = read_slot_hashes(bytes(account.data))
        first = min((slot for slot in hashes if slot >= target), default=None)
        return None if first is None else hashes[first]

    def answer_address(self, miner: Pubkey, lane: int) -> Pubkey:
        """A device's latest answer in a lane."""
        return self.economy.program.pda(b"muster", bytes(miner), bytes([lane]))[0]

    def answers_of(self, miner: Pubkey) -> list[Any]:
        """The fields of a device's latest answers, one for each lane that it ever answered in."""
        found = [fields for _, fields in self.economy.all("Answer", miner=miner) if fields.status]
        return sorted(found, key=lambda fields: int(fields.lane))

    def call(self, caller: Signer, mark: int) -> Landed:
        """Call the muster of a mark; anyone may."""
        return self.economy.send("call_muster", caller, {"caller": caller.pubkey()}, {"mark": mark})

    def answer(
        self, owner: Signer, device: Device, model: Pubkey, *, output: bytes, tokens: int, lane: int = 0
    ) -> Landed:
        """Answer the running muster with ``tokens`` tokens; ``output`` is the root of their tree, 32 bytes."""
        accounts = self._accounts(owner, device, model, lane)
        opening = {"payer": owner.pubkey(), "miner": device.address, "answer": accounts["answer"]}
        known = self.economy.exists(accounts["answer"])
        before = [] if known else [self.economy.call("open_answer", opening, {"lane": lane})]
        arguments = {**word_arguments("output", output), "tokens": tokens}
        return self.economy.send("answer_muster", owner, accounts, arguments, before=before)

    def prove(self, owner: Signer, device: Device, trace: Pubkey, *, lane: int = 0) -> Landed:
        """Count an answer whose trace is proved.

        Raises:
            MaiError: the device has not answered in this lane.
        """
        given = next((fields for fields in self.answers_of(device.address) if fields.lane == lane), None)
        if given is None:
            raise MaiError(f"the device {device.name} has not answered a muster in lane {lane}")
        verifier = self.economy.state("config").verifier
        accounts = {
            **self._accounts(owner, device, given.model, lane),
            "verifier_program": verifier,
            "receipt": trace,
        }
        return self.economy.send("prove_muster", owner, accounts)

    def count(self, caller: Signer, miner: Pubkey) -> Landed:
        """Halve a device's power for the musters since it was last looked at; anyone may."""
        return self.economy.send("count_power", caller, {"caller": caller.pubkey(), "miner": miner})

    def _accounts(self, owner: Signer, device: Device, model: Pubkey, lane: int) -> dict[str, Pubkey]:
        return {
            "owner": owner.pubkey(),
            "miner": device.address,
            "model": model,
            "answer": self.answer_address(device.address, lane),
        }
