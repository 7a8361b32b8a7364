"""Running a work again: bit for bit the same, the same digest for every verifier, and where it differs first."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.requester.disclosure import Disclosed
from mai.verifywork.execute import WrongDisclosure, check_salts, execute, root_of
from mai_zk.trace import Position
from requester.small import Small
from traces import model

LIMIT = 6
SMALL = Small(None)
PROMPTS = st.lists(st.integers(0, 3), min_size=1, max_size=5)


def salted(tokens: tuple[int, ...], name: str) -> Salted:
    return Salted(tokens, tuple(hashlib.sha256(f"{name} {i}".encode()).digest()[:16] for i in range(len(tokens))))


def case(prompt: list[int], answer: tuple[int, ...] | None = None, **changes: Any) -> tuple[Disclosed, Any, Any, Any]:
    """What is disclosed and on chain of a run, honest unless another answer is given."""
    run = SMALL.run(prompt, LIMIT)
    given_answer = run.generated if answer is None else answer
    positions = changes.pop("positions", run.positions)
    disclosed = Disclosed(salted(tuple(prompt), "prompt"), salted(given_answer, "answer"), positions)
    task = SimpleNamespace(input=disclosed.prompt.root, max_tokens=LIMIT)
    work = SimpleNamespace(output=disclosed.answer.root)
    trace = SimpleNamespace(positions_root=root_of(positions or run.positions))
    return disclosed, task, work, trace


@settings(max_examples=40, deadline=None)
@given(prompt=PROMPTS)
def test_an_honest_run_is_the_same_bit_for_bit(prompt: list[int]) -> None:
    disclosed, task, work, trace = case(prompt)
    verdict = execute(SMALL, disclosed, task, work, trace)
    assert verdict.agrees and verdict.output == work.output and verdict.positions is True
    assert verdict.first_token is None and verdict.first_position is None


@settings(max_examples=40, deadline=None)
@given(prompt=PROMPTS, answer=st.lists(st.integers(0, 3), min_size=1, max_size=LIMIT))
def test_any_other_answer_differs_at_its_first_other_token(prompt: list[int], answer: list[int]) -> None:
    right = SMALL.run(prompt, LIMIT).generated
    disclosed, task, work, trace = case(prompt, tuple(answer))
    verdict = execute(SMALL, disclosed, task, work, trace)
    assert verdict.agrees == (tuple(answer) == right)
    if not verdict.agrees:
        assert verdict.first_token is not None
        at = verdict.first_token["index"]
        assert at is not None and tuple(answer[:at]) == right[:at]
        assert verdict.first_token["committed"] == (answer[at] if at < len(answer) else None)
        assert verdict.first_token["executed"] == (right[at] if at < len(right) else None)
        assert verdict.first_token["position"] == len(prompt) - 1 + at
    # Another verifier says the same digest, whatever it ran before.
    assert execute(Small(None), disclosed, task, work, trace).output == verdict.output


def test_other_integers_with_the_same_answer_are_found() -> None:
    honest = SMALL.run([2, 2], LIMIT).positions
    forged = (honest[0], Position(bytes(32), honest[1].carried), *honest[2:])
    disclosed, task, work, trace = case([2, 2], positions=forged)
    verdict = execute(SMALL, disclosed, task, work, trace)
    assert verdict.agrees and verdict.positions is False
    assert verdict.first_position is not None and verdict.first_position["position"] == 1
    assert verdict.first_position["committed_integers"] == "00" * 32
    assert verdict.first_position["executed_integers"] == honest[1].integers.hex()


def test_without_the_miners_positions_the_trace_still_tells_that_they_differ() -> None:
    disclosed, task, work, trace = case([2, 2])
    trace.positions_root = bytes(32)
    verdict = execute(SMALL, Disclosed(disclosed.prompt, disclosed.answer), task, work, trace)
    assert (verdict.agrees, verdict.positions, verdict.first_position) == (True, False, None)
    assert execute(SMALL, disclosed, task, work, None).positions is None


@pytest.mark.parametrize("part", ["prompt", "answer", "positions"])
def test_a_disclosure_of_something_else_is_refused_by_name(part: str) -> None:
    disclosed, task, work, trace = case([2, 2])
    owner, field = {"prompt": (task, "input"), "answer": (work, "output"), "positions": (trace, "positions_root")}[part]
    setattr(owner, field, bytes(32))
    with pytest.raises(WrongDisclosure, match=part):
        execute(SMALL, disclosed, task, work, trace)


def test_a_longer_right_answer_has_salts_that_nobody_guesses() -> None:
    answer = salted((0, 1), "answer")
    salts = check_salts(answer, 5)
    assert salts[:2] == answer.salts and len(set(salts)) == 5
    assert check_salts(answer, 1) == answer.salts[:1]
    assert check_salts(salted((0, 1), "another answer"), 5)[2:] != salts[2:]


def test_evidence_has_neither_prompt_nor_answer() -> None:
    from solders.pubkey import Pubkey

    disclosed, task, work, trace = case([2, 2], (1, 3))
    evidence = execute(SMALL, disclosed, task, work, trace).evidence(Pubkey.default(), Pubkey.default(), "small")
    said = str(evidence)
    assert not any(salt.hex() in said for salt in (*disclosed.prompt.salts, *disclosed.answer.salts))
    assert evidence["first_token"] == {"index": 0, "position": 1, "committed": 1, "executed": 0}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (None, "the disclosure is none"),
        ({"prompt": {}}, "the disclosed prompt has not one salt"),
        ({"positions": "x"}, "positions are none"),
        ({"positions": [["11"]]}, "a digest that is none"),
        ({"positions": [[]]}, "a digest that is none"),
    ],
)
def test_disclosures_that_are_none(fields: Any, sentence: str) -> None:
    good = case([2, 2])[0].fields()
    with pytest.raises(MaiError, match=sentence):
        Disclosed.read(fields if fields is None else {**good, **fields})


def test_the_runs_are_those_of_the_traces() -> None:
    values = model.generate((2, 2), LIMIT)
    assert SMALL.run([2, 2], LIMIT).positions == tuple(model.position_of(item) for item in values)
