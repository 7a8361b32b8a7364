"""The spent records: every input is paid once, for one task, and every work once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mai.audit.check import Book, check
from mai.audit.step import Step
from mai.program import tasks


@check(
    "spent",
    proves="no input of a model was paid for two tasks, no work twice, and no task for more works than it has places",
    trusts="nothing but the events of payments and the tasks' accounts",
)
def spent(book: Book) -> None:
    audit = book.audit
    # Sixteen bytes of an address name it as well as all 32 here, and 10^5 tasks stay small.
    paid_for: dict[bytes, bytes] = {}
    works: set[bytes] = set()
    places: Counter[bytes] = Counter()

    @book.told("WorkSettled")
    def settled(step: Step, event: dict[str, Any]) -> None:
        book.count()
        task_key, work_key = bytes(event["task"]), bytes(event["work"])[:16]
        if work_key in works:
            book.find("work paid twice", f"work {event['work']}", "a second payment", "one", step)
        works.add(work_key)
        task = audit.machine.fields("Task", task_key)
        if task is None:
            book.find("payment without a task", f"task {event['task']}", "paid", "no such task", step)
            return
        record = bytes(task.spent_record)[:16]
        first = paid_for.setdefault(record, task_key[:16])
        if first != task_key[:16]:
            book.find(
                "input spent twice",
                f"task {event['task']}",
                f"record {_address(task.spent_record)} again",
                "once",
                step,
            )
        if task.places > 1:
            places[task_key[:16]] += 1
            if places[task_key[:16]] > tasks.CRITICAL_PLACES:
                book.find(
                    "more works paid than places",
                    f"task {event['task']}",
                    places[task_key[:16]],
                    int(task.places),
                    step,
                )


def _address(key: bytes) -> str:
    from solders.pubkey import Pubkey

    return str(Pubkey(bytes(key)))
