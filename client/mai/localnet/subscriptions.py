"""Who wants to hear of what: accounts, programs, logs, signatures, slots and roots, each at its commitment."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.localnet import encoding
from mai.localnet.addresses import SYSTEM
from mai.localnet.bank import CONFIRMED, FINALIZED, PROCESSED, Landed
from mai.localnet.cell import Cell
from mai.localnet.encoding import Slice
from mai.localnet.errors import invalid, no_method
from mai.localnet.methods.accounts import Filter, read_filters
from mai.localnet.methods.transactions import level_of
from mai.localnet.node import Node
from mai.localnet.params import Params, read_address

MAX_PER_CLIENT = 1_000
CLOSED = Cell(0, b"", SYSTEM)
_RANK = {PROCESSED: 0, CONFIRMED: 1, FINALIZED: 2}
SUBSCRIPTIONS = {
    "accountSubscribe": "",
    "programSubscribe": "",
    "logsSubscribe": "",
    "signatureSubscribe": "",
    "slotSubscribe": "",
    "rootSubscribe": "",
}
"""What can be subscribed to, and what differs from the specification."""
KINDS = tuple(name.removesuffix("Subscribe") for name in SUBSCRIPTIONS)


@dataclass(eq=False)
class Client:
    """One socket.

    Attributes:
        send: takes a message; it never waits.
    """

    send: Callable[[dict[str, Any]], None]
    mine: dict[int, Subscription] = field(default_factory=dict)


@dataclass(eq=False)
class Subscription:
    """What one client wants to hear.

    Attributes:
        key: the account, program, signature or mentioned address; None for everything.
    """

    number: int
    kind: str
    client: Client
    key: Pubkey | Signature | None = None
    level: str = FINALIZED
    encoding: str = encoding.BINARY
    part: Slice | None = None
    filters: list[Filter] = field(default_factory=list)
    received: bool = False

    def tell(self, result: Any) -> None:
        """Send one notification."""
        params = {"result": result, "subscription": self.number}
        self.client.send({"jsonrpc": "2.0", "method": f"{self.kind}Notification", "params": params})


class Hub:
    """All subscriptions of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._numbers = itertools.count(1)
        self._kinds: dict[str, dict[int, Subscription]] = {kind: {} for kind in KINDS}
        self._reached = {level: node.bank.level_slot(level) for level in (CONFIRMED, FINALIZED)}
        node.on_landed.append(self.landed)
        node.on_slot.append(self.slot)

    # Requests

    def call(self, client: Client, name: str, params: Params) -> tuple[Any, Callable[[], None] | None]:
        """(the answer, what is to be sent after it).

        Raises:
            RpcError: there is no such method, or its parameters cannot be used.
        """
        kind = name.removesuffix("Subscribe").removesuffix("Unsubscribe")
        if kind not in self._kinds or name == kind:
            raise no_method(name)
        if name.endswith("Unsubscribe"):
            number = params.number(0)
            if client.mine.get(number) is None or client.mine[number].kind != kind:
                raise invalid("Invalid subscription id.")
            self._drop(client.mine[number])
            return True, None
        if len(client.mine) >= MAX_PER_CLIENT:
            raise invalid(f"Too many subscriptions; max {MAX_PER_CLIENT}")
        made = self._make(client, kind, params)
        self._kinds[kind][made.number] = made
        client.mine[made.number] = made
        return made.number, (lambda: self._look_first(made)) if kind == "signature" else None

    def _make(self, client: Client, kind: str, params: Params) -> Subscription:
        number = next(self._numbers)
        if kind in ("slot", "root"):
            return Subscription(number, kind, client)
        config = params.config(1)
        made = Subscription(number, kind, client, level=config.level)
        if kind == "signature":
            made.key = params.signature(0)
            made.received = config.flag("enableReceivedNotification")
        elif kind == "logs":
            made.key = _mentioned(params.raw(0))
        else:
            made.key = params.address(0)
            made.encoding, made.part = config.encoding(encoding.BINARY), config.part
            made.filters = read_filters(config) if kind == "program" else []
        return made

    def leave(self, client: Client) -> None:
        """A socket is closed."""
        for item in list(client.mine.values()):
            self._drop(item)

    def _drop(self, item: Subscription) -> None:
        self._kinds[item.kind].pop(item.number, None)
        item.client.mine.pop(item.number, None)

    # Events

    def landed(self, items: list[Landed]) -> None:
        """Transactions were processed."""
        changed = {address for item in items for address, _, _ in item.executed.changes}
        self._accounts(changed, PROCESSED)
        for item in items:
            keys = set(item.view.keys)
            meta = item.executed.meta
            self._logs(PROCESSED, item.slot, keys, item.signature, item.executed.err, meta["logMessages"])
        arrived = {item.signature for item in items}
        for waiting in list(self._kinds["signature"].values()):
            if waiting.key in arrived:
                self._look_first(waiting)

    def slot(self, parent: int, slot: int) -> None:
        """A slot has begun; others have become confirmed and final by it."""
        bank = self._node.bank
        root = bank.level_slot(FINALIZED)
        for item in self._kinds["slot"].values():
            item.tell({"parent": parent, "root": root, "slot": slot})
        for level in (CONFIRMED, FINALIZED):
            before, self._reached[level] = self._reached[level], bank.level_slot(level)
            if before < self._reached[level]:
                self._reach(level, before)
        for waiting in list(self._kinds["signature"].values()):
            if waiting.level != PROCESSED:
                self._look_first(waiting)

    def _reach(self, level: str, before: int) -> None:
        bank, now = self._node.bank, self._reached[level]
        slots = bank.views.slots(before, now)
        self._accounts({address for slot in slots for address in bank.views.changed(slot)}, level)
        if any(item.level == level for item in self._kinds["logs"].values()):
            for slot in slots:
                for stored in bank.ledger.transactions_in(slot):
                    keys = set(bank.ledger.addresses_of(stored.id))
                    self._logs(level, slot, keys, stored.signature, stored.err, stored.meta["logMessages"])
        if level == FINALIZED:
            for item in self._kinds["root"].values():
                item.tell(now)

    def _accounts(self, changed: Iterable[Pubkey], level: str) -> None:
        accounts = [item for item in self._kinds["account"].values() if item.level == level]
        programs = [item for item in self._kinds["program"].values() if item.level == level]
        if not accounts and not programs:
            return
        node, slot = self._node, self._node.bank.level_slot(level)
        for address in changed:
            found = node.bank.account(address, level)
            for item in accounts:
                if item.key == address:
                    item.tell(node.answer(slot, self._shown(item, address, found or CLOSED)))
            for item in programs:
                if found is not None and found.owner == item.key and all(rule.passes(found) for rule in item.filters):
                    value = {"account": self._shown(item, address, found), "pubkey": str(address)}
                    item.tell(node.answer(slot, value))

    def _shown(self, item: Subscription, address: Pubkey, found: Cell) -> Any:
        chosen = item.encoding
        length = len(found.data) if item.part is None else item.part.length
        if chosen in (encoding.BINARY, encoding.BASE58) and length > encoding.MAX_BASE58_BYTES:
            chosen = encoding.BASE64  # a notification cannot be answered with an error
        return encoding.account(address, found, chosen, item.part, self._node.bank.account)

    def _logs(self, level: str, slot: int, keys: set[Pubkey], signature: Signature, err: Any, logs: list[str]) -> None:
        for item in self._kinds["logs"].values():
            if item.level == level and (item.key is None or item.key in keys):
                item.tell(self._node.answer(slot, {"err": err, "logs": logs, "signature": str(signature)}))

    def _look_first(self, item: Subscription) -> None:
        """Tell of a signature once, as soon as it is as safe as was asked for."""
        assert isinstance(item.key, Signature)
        status = self._node.bank.ledger.status(item.key)
        if status is None or item.number not in item.client.mine:
            return
        slot, err = status
        if item.received:
            item.received = False
            item.tell(self._node.answer(slot, "receivedSignature"))
        if _RANK[level_of(self._node, slot)] >= _RANK[item.level]:
            item.tell(self._node.answer(slot, {"err": err}))
            self._drop(item)


def _mentioned(value: Any) -> Pubkey | None:
    if value in ("all", "allWithVotes"):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("mentions"), list):
        raise invalid("Invalid params: logs are filtered by all, allWithVotes or mentions.")
    if len(value["mentions"]) != 1:
        raise invalid("Invalid Request: Only 1 address supported")
    return read_address(value["mentions"][0])
