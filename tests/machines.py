"""Virtual machines with programs in place that tests use one after the other: making one takes a tenth of a second.

Whoever is done with one leaves it as it was: every account that was written is put back, and so are clock and blocks.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from solders.account import Account
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM

Programs = tuple[tuple[Pubkey, Path], ...]
KEPT = 3
"""Machines that wait for their next user, of each set of programs."""
_NOTHING = Account(0, b"", SYSTEM_PROGRAM)
_waiting: dict[Programs, list[Machine]] = {}


class Machine(LiteSVM):  # type: ignore[misc]
    """A machine that knows what was written since its programs were put in place."""

    def __init__(self, programs: Programs) -> None:
        super().__init__()
        self.programs = programs
        for address, path in programs:
            super().add_program_from_file(address, path)
        self._clock, self._blocks = self.get_clock(), self.get_slot_hashes()
        self._before: dict[Pubkey, Account] = {}
        self._gone: set[Pubkey] = set()
        self.changed = False
        """Whether something else than accounts, clock and blocks was changed: then nobody else gets it."""

    def get_account(self, address: Pubkey) -> Account | None:
        """An account that an earlier user made is not there: the machine itself keeps it, with nothing in it."""
        found = super().get_account(address)
        return None if found is not None and not found.lamports and address in self._gone else found

    def set_account(self, address: Pubkey, account: Account) -> None:
        self._remember(address)
        super().set_account(address, account)

    def airdrop(self, address: Pubkey, lamports: int) -> Any:
        self._remember(address)
        return super().airdrop(address, lamports)

    def send_transaction(self, tx: Any) -> Any:
        for address in tx.message.account_keys:
            self._remember(address)
        return super().send_transaction(tx)

    def _remember(self, address: Pubkey) -> None:
        if address not in self._before:
            self._before[address] = self.get_account(address) or _NOTHING

    def reset(self) -> None:
        """Everything as it was when the machine was made."""
        for address, account in self._before.items():
            super().set_account(address, account)
        self._gone |= {address for address, account in self._before.items() if not account.lamports}
        self._before.clear()
        self.set_clock(self._clock)
        self.set_slot_hashes(self._blocks)
        self.expire_blockhash()


def _other(name: str) -> Callable[..., Any]:
    def changing(self: Machine, *arguments: Any) -> Any:
        self.changed = True
        return getattr(LiteSVM, name)(self, *arguments)

    return changing


for _name in vars(LiteSVM):
    if _name.startswith(("with_", "add_", "warp_")) or (
        _name.startswith("set_") and _name not in ("set_account", "set_clock", "set_slot_hashes")
    ):
        setattr(Machine, _name, _other(_name))


def machine_for(user: object, programs: Programs) -> LiteSVM:
    """A machine with these programs, for as long as ``user`` is there."""
    waiting = _waiting.setdefault(programs, [])
    machine = waiting.pop() if waiting else Machine(programs)
    weakref.finalize(user, _give_back, machine).atexit = False
    return machine


def _give_back(machine: Machine) -> None:
    waiting = _waiting[machine.programs]
    if not machine.changed and len(waiting) < KEPT:
        machine.reset()
        waiting.append(machine)
