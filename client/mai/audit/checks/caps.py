"""The epochs' caps: what was minted in each, against what it may mint."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mai.audit.check import Book, check
from mai.audit.step import Step
from mai.program import emission, parameters, rewards


@check(
    "caps",
    proves=(
        "in no epoch was more minted than its cap under the parameters of that moment, and no work earned "
        "more than its class's limit"
    ),
    trusts="nothing but the events of payments",
)
def caps(book: Book) -> None:
    audit = book.audit
    config_address = audit.single("config")
    minted: Counter[int] = Counter()

    @book.told("WorkSettled")
    def settled(step: Step, event: dict[str, Any]) -> None:
        book.count()
        epoch = event["epoch"]
        minted[epoch] += event["minted"]
        config = audit.machine.fields("Config", config_address)
        if config is None:
            return
        rate = rewards.epoch_rate(epoch, config.parameters[parameters.RATE_FLOOR])
        cap = int(emission.cap_of_epoch(config.parameters[parameters.EPOCH_CAP], rate))
        if minted[epoch] > cap and event["minted"] > 0:
            book.find("minted above the cap", f"epoch {epoch}", minted[epoch], f"at most {cap:,}", step)
        if event["limit"] and event["minted"] > event["limit"]:
            book.find("minted above the limit", f"work {event['work']}", event["minted"], event["limit"], step)
