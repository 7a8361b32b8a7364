"""The network's tasks: offered, accepted, answered once whatever is killed, fetched; by JSON-RPC and by both APIs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine.helpers import (
    KEY,
    PROMPT,
    REQUESTER,
    SharedKeyEnvelopes,
    scripted,
    sealed,
    task_name,
    unsealed,
    until,
    words,
)
from mai.engine.engine import Engine
from mai.engine.enginekeys import EngineKeys, FilePlace
from mai.engine.errors import EngineError
from mai.engine.journal import Journal
from mai.engine.offers import Answer, Opened
from mai.engine.sealing import Sealer
from mai.engine.signing import cancel_bytes, verified
from mai.errors import MaiError
from patience import WAIT_SECONDS
from solders.keypair import Keypair

Run = Callable[..., Any]


async def offered(engine: Engine, task: str, **changed: Any) -> dict[str, Any]:
    """Offer a task of four tokens."""
    asked = {"model": "counting", "requester_key": KEY, "envelope": sealed(task, PROMPT), "max_tokens": 4}
    return await engine.offer(task, **{**asked, **changed})


async def finished(engine: Engine, task: str) -> dict[str, Any]:
    """Wait for a task's end; its answer as the requester reads it."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            state, reason, envelope = await engine.answer(task)
            if state in ("done", "failed"):
                assert state == "done", reason
                return unsealed(task, envelope)
            await asyncio.sleep(0.01)


def test_an_accepted_task_is_answered_and_its_envelope_erased(run: Run, tmp_path: Path) -> None:
    task = task_name()

    async def story(engine: Engine) -> dict[str, Any]:
        assert await offered(engine, task) == {"accepted": True, "reason": "", "message": ""}
        answer = await finished(engine, task)
        assert (await engine.log(task=task))[0] == answer["record"]
        assert (await engine.status(task))["state"] == "done"
        return answer

    answer = run(story, scripted())
    assert answer["tokens"] == [3, 4, 5, 6] and answer["text"] == words(3, 4) and verified(answer["record"])
    assert answer["record"]["metadata"]["task"] == task


def test_the_same_offer_twice_is_one_task_and_another_is_refused(run: Run) -> None:
    task = task_name()

    async def story(engine: Engine) -> tuple[bool, str, int]:
        envelope = sealed(task, PROMPT)
        assert (await offered(engine, task, envelope=envelope))["accepted"]
        again = await offered(engine, task, envelope=envelope)
        other = await offered(engine, task)
        await finished(engine, task)
        assert (await offered(engine, task, envelope=envelope))["accepted"]
        return again["accepted"], other["reason"], len(await engine.log(task=task))

    assert run(story, scripted()) == (True, "task_taken", 1)


def test_every_refusal_of_an_offer_has_a_name(run: Run) -> None:
    task = task_name()
    wrong = [
        ({"envelope": sealed("another-task", PROMPT)}, "envelope_unreadable"),
        ({"envelope": b"nothing"}, "envelope_unreadable"),
        ({"envelope": b""}, "invalid_request"),
        ({"envelope": bytes(1024 * 1024 + 1)}, "invalid_request"),
        ({"envelope": sealed(task, {"tokens": []})}, "invalid_request"),
        ({"model": "another"}, "model_not_found"),
        ({"max_tokens": 100_000}, "invalid_request"),
        ({"requester_key": ""}, "invalid_request"),
        ({"model": "text-only"}, "tokens_unsupported"),
    ]

    async def story(engine: Engine) -> list[str]:
        found = [(await offered(engine, task, **changed))["reason"] for changed, _ in wrong]
        assert (await offered(engine, "a task"))["reason"] == "invalid_request"
        with pytest.raises(EngineError, match="no task"):
            await engine.status(task)
        return found

    from mai.engine.backends import BACKENDS
    from mai.engine.protocol import ModelSpec

    text_only = ModelSpec("text-only", BACKENDS["ollama"], "text-only")
    assert run(story, scripted(), text_only) == [name for _, name in wrong]


def test_without_sealing_offers_are_refused(run: Run) -> None:
    async def story(engine: Engine) -> str:
        return str((await offered(engine, task_name()))["reason"])

    assert run(story, scripted(), envelopes=None) == "sealing_unavailable"


def test_whatever_an_envelopes_opener_refuses_by_has_a_name(run: Run) -> None:
    class Stern(SharedKeyEnvelopes):
        def open(self, task: str, model: str, envelope: bytes) -> Opened:
            raise MaiError("this was sealed to another key")

    async def story(engine: Engine) -> dict[str, Any]:
        return await offered(engine, task_name())

    found = run(story, scripted(), envelopes=Stern())
    assert (found["reason"], found["message"]) == ("envelope_unreadable", "this was sealed to another key")


def test_a_full_disk_refuses_offers_by_name(run: Run) -> None:
    task = task_name()

    async def story(engine: Engine) -> tuple[str, str]:
        engine._journal._file.execute("PRAGMA max_page_count=1")  # what SQLite says of a full disk
        refused = await offered(engine, task, envelope=sealed(task, PROMPT | {"padding": "x" * 500_000}))
        with pytest.raises(EngineError) as caught:
            await engine.status(task)
        return refused["message"], caught.value.name

    message, name = run(story, scripted())
    assert message == "the journal cannot be written: database or disk is full" and name == "task_not_found"


def test_the_chain_has_a_say(run: Run) -> None:
    def admit(task: str, model: str, opened: Opened) -> None:
        if opened.tokens != (11, 12, 13):
            raise EngineError("offer_refused", "the chain knows another prompt")

    async def story(engine: Engine) -> list[str]:
        other = task_name()
        changed = {"envelope": sealed(other, {"tokens": [1]})}
        return [(await offered(engine, task_name()))["reason"], (await offered(engine, other, **changed))["reason"]]

    assert run(story, scripted(), admit=admit) == ["", "offer_refused"]


def test_offers_have_their_own_bounds(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> list[dict[str, Any]]:
        found = [await offered(engine, task_name()) for _ in range(3)]
        found.append(await offered(engine, task_name(), requester_key="another"))
        found.append(await offered(engine, task_name(), requester_key="another"))
        (gate / "2").touch()
        return found

    found = run(story, scripted(gate=gate, gates=[2]), bounds={"offers": 3, "offers_each": 2})
    assert [item["reason"] for item in found] == ["", "", "busy", "", "busy"] and found[2]["retry_after"] >= 1


def test_a_task_survives_the_crash_of_its_backend(run: Run, gate: Path) -> None:
    task = task_name()
    (gate / "crash").touch()

    async def story(engine: Engine) -> dict[str, Any]:
        await offered(engine, task)
        return await finished(engine, task)

    answer = run(story, scripted(gate=gate, crash_at=2))
    assert answer["tokens"] == [3, 4, 5, 6] and answer["record"]["metadata"]["attempts"] == 2


def test_a_task_waits_for_a_backend_that_cannot_be_reached(
    run: Run, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mai.engine.offers.FIRST_PAUSE_SECONDS", 0.01)
    task = task_name()
    (gate / "crash").touch()

    async def story(engine: Engine) -> dict[str, Any]:
        await offered(engine, task)
        return await finished(engine, task)

    assert run(story, scripted(gate=gate, crash_at=2, how="died"), bounds={"attempts": 1})["text"] == words(3, 4)


def test_a_task_that_kills_every_backend_fails_by_name(run: Run, gate: Path) -> None:
    task = task_name()

    async def story(engine: Engine) -> str:
        await offered(engine, task)
        await until(lambda: engine.unfinished == 0)
        return str((await engine.status(task))["reason"])

    assert run(story, scripted(gate=gate, crash_at=2, always=True), bounds={"attempts": 2}) == "backend_crashed"


def test_cancelling_needs_the_requesters_signature(run: Run, gate: Path) -> None:
    task = task_name()

    async def story(engine: Engine) -> dict[str, Any]:
        await offered(engine, task)
        await until((gate / "seen-sent-1").exists)
        stranger = str(Keypair().sign_message(cancel_bytes(task)))
        elsewhere = str(REQUESTER.sign_message(cancel_bytes("another-task")))
        for wrong in (stranger, elsewhere, "nothing", ""):
            with pytest.raises(EngineError) as caught:
                engine.cancel_by(task, wrong)
            assert caught.value.name == "unauthorized"
        told = engine.cancel_by(task, str(REQUESTER.sign_message(cancel_bytes(task))))
        await until((gate / "seen-cancelled").exists)
        with pytest.raises(EngineError) as again:
            await engine.cancel(task)
        assert again.value.name == "task_finished"
        return told

    told = run(story, scripted(gate=gate, gates=[2]))
    assert (told["state"], told["reason"]) == ("failed", "cancelled")


def test_a_held_task_waits_for_its_owner(run: Run) -> None:
    first, second = task_name(), task_name()

    async def story(engine: Engine) -> tuple[dict[str, Any], dict[str, Any]]:
        for task in (first, second):
            await offered(engine, task)
        assert [item["task"] for item in await engine.held()] == [first, second]
        assert [item["state"] for item in await engine.held()] == ["accepted"] * 2
        await engine.start(first)
        await engine.start(first)
        computed = await finished(engine, first)
        assert (await engine.open(second)).tokens == (11, 12, 13)
        await engine.finish(second, Answer((1, 2), "of the miner", {"signed": "elsewhere"}))
        with pytest.raises(EngineError, match="done already"):
            await engine.finish(second, Answer((), "", {}))
        return computed, await finished(engine, second)

    computed, given = run(story, scripted(), held=True)
    assert computed["text"] == words(3, 4) and given["tokens"] == [1, 2] and given["text"] == "of the miner"


def test_a_held_task_that_no_miner_begins_makes_room_at_last(run: Run) -> None:
    first, second = task_name(), task_name()

    async def story(engine: Engine) -> list[str]:
        return [(await offered(engine, first))["reason"], (await offered(engine, second))["reason"],
                (await engine.status(first))["reason"]]  # fmt: skip

    bounds = {"offers": 1, "held_seconds": 0.0}
    assert run(story, scripted(), held=True, bounds=bounds) == ["", "", "timed_out"]


def test_a_task_that_was_kept_under_a_key_that_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    def journal(keys: str) -> Journal:
        return Journal(tmp_path, Sealer(EngineKeys(FilePlace(tmp_path / keys)), "journal"))

    first = journal("first")
    first.accept("task", "m", "r", bytes(32), None, b"an envelope")
    assert first.find("task", whole=True).envelope == b"an envelope"
    first.close()
    other = journal("other")
    assert other.find("task").state == "accepted"
    with pytest.raises(EngineError) as refused:
        other.find("task", whole=True)
    assert refused.value.name == "envelope_unreadable"
    other.close()
