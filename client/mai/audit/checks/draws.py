"""The draws: tasks, checks and musters, by blocks that nobody chose and tickets that anyone can compute again."""

from __future__ import annotations

from typing import Any

from mai.audit.check import Book, check
from mai.audit.step import Step


@check(
    "draws",
    proves=(
        "every seed comes from the blocks after the posting, every ticket from seed and device, every chance "
        "from score, power and waiting, and every ticket won"
    ),
    trusts=(
        "the hashes of the blocks, where the source keeps them; else the seed that the task's account keeps, "
        "or the event's word"
    ),
    covers=(
        "assign_task", "redraw_task", "open_check", "draw_check", "decide_check", "call_muster", "answer_muster",
        "prove_muster", "count_power",
    ),
    refused="place that the rules refuse",
    differs="draw off",
)  # fmt: skip
def draws(book: Book) -> None:
    @book.told("WorkAssigned")
    def assigned(step: Step, event: dict[str, Any]) -> None:
        book.count()
        if event["ticket"] >= event["chance"]:
            says = f"ticket {event['ticket']:,} of chance {event['chance']:,}"
            book.find("ticket that did not win", f"work {event['work']}", says, "below the chance", step)
