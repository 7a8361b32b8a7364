"""The spent records: every input is paid once, for one task, and every work once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mai.audit.check import Book, check
from mai.audit.step import Step


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
        task, record = event["task"], step.outcome.accounts.get("spent_record")
        if step.name != "settle" or record is None:
            book.find("payment without a settlement", f"work {event['work']}", f"told by {step.name}", "settle", step)
            return
        task_key, work_key = bytes(task)[:16], bytes(event["work"])[:16]
        if work_key in works:
            book.find("work paid twice", f"work {event['work']}", "a second payment", "one", step)
        works.add(work_key)
        if paid_for.setdefault(bytes(record)[:16], task_key) != task_key:
            book.find("input spent twice", f"task {task}", f"record {record} again", "once", step)
        fields = audit.machine.fields("Task", task)
        if fields is None:
            book.find("payment without a task", f"task {task}", "paid", "no such task", step)
        elif fields.places > 1:
            places[task_key] += 1
            if places[task_key] > fields.places:
                book.find("more works paid than places", f"task {task}", places[task_key], int(fields.places), step)
