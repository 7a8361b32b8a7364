"""Accounts as they were at the slots that are not final yet, so that every commitment has its own view."""

from __future__ import annotations

from solders.pubkey import Pubkey

from mai.localnet.cell import Cell


class Views:
    """What was overwritten, slot by slot; slots that became final are forgotten."""

    def __init__(self) -> None:
        self._before: dict[int, dict[Pubkey, Cell | None]] = {}

    def note(self, slot: int, address: Pubkey, before: Cell | None) -> None:
        """An account is about to change in ``slot``; only its first state there is kept."""
        self._before.setdefault(slot, {}).setdefault(address, before)

    def changed(self, slot: int) -> list[Pubkey]:
        """The accounts that changed in ``slot``."""
        return list(self._before.get(slot, ()))

    def slots(self, after: int, until: int) -> list[int]:
        """The slots from ``after`` (not itself) to ``until`` in which anything changed."""
        return [slot for slot in self._before if after < slot <= until]

    def after(self, slot: int) -> dict[Pubkey, Cell | None]:
        """The accounts that have changed since the end of ``slot``, as they were then."""
        found: dict[Pubkey, Cell | None] = {}
        for later, accounts in self._before.items():
            if later > slot:
                found = {**accounts, **found}
        return found

    def at(self, slot: int, address: Pubkey, now: Cell | None) -> Cell | None:
        """The account at the end of ``slot``; ``now`` if it has not changed since."""
        for later, accounts in self._before.items():
            if later > slot and address in accounts:
                return accounts[address]
        return now

    def forget(self, final: int) -> None:
        """Drop what only slots up to ``final`` need."""
        for slot in [slot for slot in self._before if slot <= final]:
            del self._before[slot]
