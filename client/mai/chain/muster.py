"""Musters: the moments at which every device shows at once what it can do (docs/reference/program.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.devices import Device
from mai.chain.digest import word_arguments
from mai.chain.economy import Economy
from mai.errors import MaiError
from mai.program import MODULES, native
from mai.program.names import family
from mai.program.prelude import Array, u8
from mai.program.prelude import Pubkey as ProgramKey

rules = MODULES["muster"]
ANSWERS = family(rules, "ANSWER_", "ANSWER_SLOTS")
SLOT_HASHES = Pubkey.from_string("SysvarS1otHashes111111111111111111111111111")
HEADER_BYTES, ENTRY_BYTES = 8, 40
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


def prompt(seed: bytes, miner: Pubkey) -> list[int]:
    """A device's prompt: 32 tokens below 256, without salts."""
    return [int(token) for token in rules.prompt(_array(seed), ProgramKey(bytes(miner)))]


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
        slot, last = self.economy.cluster.slot(), self.economy.state("emission").muster_mark
        mark = slot // MARK_SLOTS * MARK_SLOTS
        if mark <= last or slot > mark + ANSWER_SLOTS:
            return None
        block = self._first_block(mark)
        if block is None:
            return None
        data = bytes(self.economy.config) + FIRST_ROUND + block
        seed = native.keccak([u8(byte) for byte in data])
        return mark if int(native.number(seed)) % int(rules.MUSTER_ODDS) == 0 else None

    def _first_block(self, target: int) -> bytes | None:
        """The hash of the first block at or after a slot, by the SlotHashes sysvar, which lists the newest first."""
        account = self.economy.cluster.account(SLOT_HASHES)
        if account is None:
            raise MaiError("the cluster has no SlotHashes account")
        found = None
        for at in range(HEADER_BYTES, len(account.data) - ENTRY_BYTES + 1, ENTRY_BYTES):
            if int.from_bytes(account.data[at : at + 8], "little") < target:
                break
            found = bytes(account.data[at + 8 : at + ENTRY_BYTES])
        return found

    def answer_address(self, miner: Pubkey) -> Pubkey:
        """A device's latest answer."""
        return self.economy.program.pda(b"muster", bytes(miner))[0]

    def answer_of(self, miner: Pubkey) -> Any | None:
        """The fields of a device's latest answer; None where it never gave one."""
        given = self.economy.find("Answer", self.answer_address(miner))
        return given if given is not None and given.status else None

    def call(self, caller: Keypair, mark: int) -> Landed:
        """Call the muster of a mark; anyone may."""
        accounts = {"caller": caller.pubkey(), "slot_hashes": SLOT_HASHES}
        return self.economy.send("call_muster", caller, accounts, {"mark": mark})

    def answer(self, owner: Keypair, device: Device, model: Pubkey, *, output: bytes, tokens: int) -> Landed:
        """Answer the running muster with ``tokens`` tokens; ``output`` is the root of their tree, 32 bytes."""
        accounts = self._accounts(owner, device, model)
        opening = {"payer": owner.pubkey(), "miner": device.address, "answer": accounts["answer"]}
        known = self.economy.exists(accounts["answer"])
        before = [] if known else [self.economy.call("open_answer", opening)]
        arguments = {**word_arguments("output", output), "tokens": tokens}
        return self.economy.send("answer_muster", owner, accounts, arguments, before=before)

    def prove(self, owner: Keypair, device: Device, trace: Pubkey) -> Landed:
        """Count an answer whose trace is proved.

        Raises:
            MaiError: the device has not answered.
        """
        given = self.answer_of(device.address)
        if given is None:
            raise MaiError(f"the device {device.name} has not answered a muster")
        verifier = self.economy.state("config").verifier
        accounts = {
            **self._accounts(owner, device, given.model),
            "verifier_program": verifier,
            "receipt": trace,
        }
        return self.economy.send("prove_muster", owner, accounts)

    def count(self, caller: Keypair, miner: Pubkey) -> Landed:
        """Halve a device's power for the musters since it was last looked at; anyone may."""
        return self.economy.send("count_power", caller, {"caller": caller.pubkey(), "miner": miner})

    def power(self, device: Device) -> int:
        """What counts of a device's power now, in work units a slot, whether or not the chain has halved it yet."""
        missed = int(self.economy.state("emission").muster - device.fields.muster)
        return int(device.fields.power) >> min(missed, 63)

    def _accounts(self, owner: Keypair, device: Device, model: Pubkey) -> dict[str, Pubkey]:
        return {
            "owner": owner.pubkey(),
            "miner": device.address,
            "model": model,
            "answer": self.answer_address(device.address),
        }
