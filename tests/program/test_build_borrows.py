"""A call that reads an account which it writes to panics on chain: the build refuses it."""

from __future__ import annotations

import pytest
from mai_build import borrows
from mai_build.errors import BuildError

HELPERS = """
pub fn give<'info>(mut job: Mutable<LoadedJob<'info, '_>>, mut slot: u64) -> () {
    assign!(job.borrow_mut().slot, slot);
}

pub fn due<'info>(mut job: Mutable<LoadedJob<'info, '_>>, mut slot: u64) -> u64 {
    return job.borrow().slot + slot;
}

pub fn delay(mut class: u8) -> u64 {
    return 2;
}
"""


def module(statement: str) -> dict[str, str]:
    head = "\npub fn pay_handler<'info>(mut job: Mutable<LoadedJob<'info, '_>>, mut slot: u64) -> () {\n"
    return {"dot/program.rs": f"{HELPERS}{head}{statement}\n}}\n", "lib.rs": ""}


@pytest.mark.parametrize(
    "statement",
    [
        "    give(job.clone(), job.borrow().slot);",
        "    give(job.clone(), slot + delay(job.borrow().class));",
        "    give(\n        job.clone(),\n        job\n            .borrow()\n            .slot\n            .clone(),\n);",
        "    give(job.clone(), number(job.borrow().__account__.key()));",
        "    let mut x = give(job.clone(), job.borrow().slot);",
    ],
)
def test_what_would_panic_is_refused(statement: str) -> None:
    with pytest.raises(BuildError, match="pay_handler reads job in a call of give, which writes to job"):
        borrows.check(module(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "    let mut at = job.borrow().slot;\n    give(job.clone(), at);",
        "    let mut x = due(job.clone(), job.borrow().slot);",
        "    give(job.clone(), other.borrow().slot);",
        "    give(job.clone(), delay(slot));",
    ],
)
def test_what_is_safe_is_not(statement: str) -> None:
    borrows.check(module(statement))
