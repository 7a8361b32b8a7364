"""Every account of every instruction, replaced, unsigned, read-only, reused: about 11,000 attacks, about 20 s.

Nothing but what `attacks.allowed` lists may succeed, every refusal has a name, and what is refused changes nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from attacks import allowed
from attacks.calls import CALLS
from attacks.founding_calls import FOUNDING
from attacks.generate import Outcome, Range, attacks, prepared
from attacks.recorder import Recorder
from attacks.table import BEGIN, END, PAGE, Row, render, row_of
from attacks.world import World
from mai.program import SOURCE
from program.chain import MAI
from solders.account import Account

INSTRUCTIONS = Recorder().instructions()
ROWS: dict[str, Row] = {}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_every_instruction_has_a_call() -> None:
    assert {*CALLS, *FOUNDING} == set(INSTRUCTIONS)


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_only_what_is_listed_takes_the_place_of_an_account(world: World, name: str) -> None:
    ROWS[name] = row_of(name, world)


def test_the_table_in_the_docs_is_this_one(world: World) -> None:
    page = PAGE.read_text()
    found = [ROWS.get(name) or row_of(name, world) for name in INSTRUCTIONS]
    assert page[page.index(BEGIN) : page.index(END) + len(END)] == render(found), "run `make attack-table`"


# Can the attacks fail?


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("anybody", "crank_difficulty"), ("no bonus", "settle"), ("own", "withdraw_stake"), ("own NFT", "link_nft"),
        ("any due", "execute_treasury"), ("any input", "post_task"), ("founder's choice", "genesis"),
        ("cannot exist", "unstake"),
    ],
)  # fmt: skip
def test_nothing_is_accepted_without_its_rule(
    world: World, monkeypatch: pytest.MonkeyPatch, rule: str, name: str
) -> None:
    kept = tuple(each for each in allowed.ALLOWED if each.name != rule)
    assert len(kept) == len(allowed.ALLOWED) - 1
    monkeypatch.setattr(allowed, "ALLOWED", kept)
    with pytest.raises(AssertionError, match=r"accepted without a rule|not harmless"):
        row_of(name, world)


@pytest.mark.parametrize("name", ["execute_offence", "report_offence", "settle", "withdraw_stake"])
def test_one_byte_more_is_harm(world: World, name: str) -> None:
    """What an accepted attack left behind is compared whole: with one byte of one other account changed it fails."""
    with prepared(name, world) as sides:
        ranges = [Range(side) for side in sides]
        controls = [each.control() for each in ranges]
        seen = 0
        for attack in attacks(sides[0]):
            outcome = ranges[0].run(attack)
            if outcome.refused or attack.kind == "look-alike" or "nft_account" in attack.changes:
                continue
            allowed.rule_of(attack, outcome, controls)
            others = [key for key in outcome.changed if key not in {*attack.swaps, *attack.swaps.values()}]
            address = others[seen % len(others)]
            account, seen = outcome.changed[address], seen + 1
            data = bytearray(account.data)
            if data:
                data[-2] ^= 1
            forged = Account(account.lamports + (not data), bytes(data), account.owner)
            with pytest.raises(AssertionError):
                allowed.rule_of(attack, replace(outcome, changed={**outcome.changed, address: forged}), controls)
        assert seen


def test_a_control_that_fails_is_no_control(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Range, "control", lambda self: Outcome("MiningNotOpen"))
    with pytest.raises(AssertionError, match="the control is refused by MiningNotOpen"):
        row_of("heartbeat", world)


def test_look_alikes_cannot_exist() -> None:
    """Every account is made by `init` at the address of its seeds, once, and none is ever resized or closed."""
    lines = (SOURCE / "src" / "lib.rs").read_text().splitlines()
    made = [(line, lines[at + 1]) for at, line in enumerate(lines) if re.search(r"\[account ?\(\s*init\b", line)]
    kinds = set()
    for constraint, field in made:
        assert "seeds = [" in constraint, field
        found = re.search(r"Account<'info, (?:\w+::)*(\w+)>", field)
        assert found, field
        kinds.add(found[1])
    assert kinds == {*Recorder().kinds.values(), "Mint", "TokenAccount"}
    for line in lines:
        assert not re.search(r"\b(init_if_needed|realloc|close ?=|zero\b|\.assign ?\()", line), line


def test_an_account_that_somebody_makes_for_the_program_is_empty_and_refused(world: World) -> None:
    """The runtime lets anybody give the program an account, but only full of zeroes: the attacks named `empty`."""
    with prepared("unstake", world) as sides:
        side = Range(sides[0])
        empty = [attack for attack in attacks(sides[0]) if attack.kind == "empty" and "stake" in attack.changes]
        owners = [sides[0].chain.svm.get_account(attack.changes["stake"].pubkey) for attack in empty]
        assert MAI in [account.owner for account in owners if account]
        assert {side.run(attack).refused for attack in empty} == {
            "AccountNotInitialized", "AccountDiscriminatorMismatch", "AccountDidNotDeserialize",
        }  # fmt: skip
