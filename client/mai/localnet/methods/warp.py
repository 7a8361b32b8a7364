"""Time at a test's command: `mai_warp`, which no other cluster answers."""

from __future__ import annotations

from typing import Any

from mai.localnet.errors import invalid
from mai.localnet.node import Node
from mai.localnet.params import Params
from mai.localnet.registry import method

MAX_SECONDS = 100 * 365 * 86_400
MAX_SLOTS = MAX_SECONDS * 5 // 2


@method("mai_warp", differs="MAI's own: {seconds}, {slots} or {to: unix time}; answers slot and unixTimestamp")
def mai_warp(node: Node, params: Params) -> Any:
    config = params.config(0)
    seconds, slots, to = (config.number(name) for name in ("seconds", "slots", "to"))
    if sum(item is not None for item in (seconds, slots, to)) != 1:
        raise invalid("mai_warp takes one of seconds, slots and to")
    if to is not None:
        seconds = to - node.bank.now()
        if seconds < 0:
            raise invalid(f"the chain's clock is already past {to}: time does not go back")
    if (seconds or 0) > MAX_SECONDS or (slots or 0) > MAX_SLOTS:
        raise invalid("mai_warp goes at most 100 years forward")
    if slots == 0 or (slots is None and not seconds):
        return {"slot": node.bank.slot, "unixTimestamp": node.bank.now()}
    node.advance(lambda: node.bank.warp(seconds=seconds or 0, slots=slots or 0))
    return {"slot": node.bank.slot, "unixTimestamp": node.bank.time}
