"""Queue, cancellation, crashes, limits: the engine with a scripted backend in real worker processes."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest
from engine.helpers import PLAIN, asked, scripted, until, words
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.hardware import Gpu
from mai.engine.protocol import Completion, Prompt, Request, Sampling
from mai.engine.signing import output_hash, tokens_hash, verified
from mai.errors import MaiError
from patience import WAIT_SECONDS

Run = Callable[..., Any]


async def pieces_of(engine: Engine, request: Request) -> list[str | Completion]:
    """A streamed answer as a list."""
    return [piece async for piece in engine.stream(request)]


async def name_of(work: Any) -> str:
    """The name by which something is refused."""
    with pytest.raises(EngineError) as caught:
        await work
    return caught.value.name


def test_an_answer_has_a_signed_record_and_leaves_a_trace_without_text(run: Run, tmp_path: Path) -> None:
    async def story(engine: Engine) -> Completion:
        done = await engine.complete(asked("a confidential prompt", max_tokens=5, seed=7))
        assert (await engine.log())[0] == done.record()
        return done

    done = run(story, scripted())
    record = done.metadata
    assert done.text == words(3, 5) and done.tokens == (3, 4, 5, 6, 7)
    assert (record.prompt_tokens, record.generated_tokens, record.finish, record.seed) == (3, 5, "length", 7)
    assert record.output_hash == output_hash(done.text) and record.tokens_hash == tokens_hash(done.tokens)
    assert record.peak_ram_bytes > 5_000_000 and record.gpu_permille == -1 and record.attempts == 1
    assert 0 < record.microseconds <= record.ended_us - record.started_us and record.load_us > 0
    assert verified(done.record())
    changed = done.record()
    changed["metadata"]["generated_tokens"] += 1
    assert not verified(changed)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"confidential" not in kept and b"w3 w4" not in kept


def test_the_gpus_use_is_the_mean_while_the_answer_was_made(
    gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    asked_for = gate / "asked"
    tool = tools / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho x >> {asked_for}\necho 30\necho 50\n")  # two GPUs, in percent
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("mai.engine.hardware.TOOL_SECONDS", WAIT_SECONDS)
    card = Gpu("CUDA", "NVIDIA H100 80GB HBM3", 81_559 * 2**20, "550.90.07")

    async def story() -> Completion:
        spec = scripted(gate=gate, gates=[1])
        machine = dataclasses.replace(PLAIN, gpus=(card, card))
        engine = Engine(tmp_path / "state", [spec], machine)
        await engine.begin(preload=False)
        try:
            task = asyncio.create_task(engine.complete(asked(max_tokens=2)))
            await until(lambda: asked_for.exists() and len(asked_for.read_text()) >= 4)  # the first is counted by then
            (gate / "1").touch()
            return await task
        finally:
            await engine.close()

    assert asyncio.run(story()).metadata.gpu_permille == 400


def test_loading_is_not_part_of_the_paid_time(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> list[Completion]:
        return [await engine.complete(asked(max_tokens=1)) for _ in range(2)]

    first, second = run(story, scripted(gate=gate))
    assert first.metadata.load_us > 0 and second.metadata.load_us == 0
    assert first.metadata.started_us >= (gate / "seen-loaded").stat().st_mtime_ns // 1000
    assert first.metadata.ended_us == first.metadata.started_us + first.metadata.microseconds


def test_a_stream_is_the_same_answer_in_pieces(run: Run) -> None:
    *pieces, last = run(lambda engine: pieces_of(engine, asked(max_tokens=4)), scripted())
    assert pieces == ["w3", " w4", " w5", " w6"] and last.text == "".join(pieces)


def test_stop_sequences_end_an_answer_wherever_its_tokens_are_cut(run: Run) -> None:
    async def story(engine: Engine) -> list[Any]:
        return [
            await pieces_of(engine, asked(max_tokens=50, stop=("6 w7",))),
            await pieces_of(engine, asked(max_tokens=4, stop=("w6!",))),
        ]

    (*cut, cut_end), (*whole, whole_end) = run(story, scripted())
    assert "".join(cut) == "w3 w4 w5 w" and cut_end.metadata.finish == "stop"
    assert "".join(whole) == words(3, 4) and whole_end.metadata.finish == "length"


def test_the_model_ends_its_answer_itself(run: Run) -> None:
    done = run(lambda engine: engine.complete(asked(max_tokens=50)), scripted(ends=3))
    assert (done.text, done.metadata.finish) == (words(3, 3), "stop")


@pytest.mark.parametrize("how", ["kill", "fault", "died"])
def test_a_crash_in_the_midst_of_a_stream_is_not_seen_by_its_reader(run: Run, gate: Path, how: str) -> None:
    (gate / "crash").touch()
    spec = scripted(gate=gate, crash_at=3, how=how)
    *pieces, last = run(lambda engine: pieces_of(engine, asked(max_tokens=6)), spec)
    assert "".join(pieces) == words(3, 6) == last.text and last.metadata.attempts == 2
    assert not (gate / "crash").exists()


def test_a_killed_worker_is_replaced_and_the_answer_repeated(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> tuple[Completion, list[int], list[int]]:
        task = asyncio.create_task(engine.complete(asked(max_tokens=5)))
        await until(lambda: (gate / "seen-1").exists() or (gate / "seen-sent-1").exists())
        before = (await engine.models())[0]["processes"]
        os.kill(before[0], signal.SIGKILL)
        (gate / "2").touch()
        done = await task
        return done, before, (await engine.models())[0]["processes"]

    done, before, after = run(story, scripted(gate=gate, gates=[2]))
    assert done.text == words(3, 5) and done.metadata.attempts == 2
    assert len(before) == len(after) == 1 and before != after


def test_a_second_answer_that_differs_is_one_clear_error_in_a_stream_and_welcome_otherwise(
    run: Run, gate: Path
) -> None:
    async def story(engine: Engine) -> Completion:
        (gate / "crash").touch()
        assert await name_of(pieces_of(engine, asked(max_tokens=6))) == "answer_changed"
        # the second process is done with what nobody wants any more: it does not take the next crash
        await until(lambda: (gate / "seen-cancelled").exists() or (gate / "seen-sent-5").exists())
        (gate / "crash").touch()
        return await engine.complete(asked(max_tokens=6))

    done = run(story, scripted(gate=gate, crash_at=3, unstable=True))
    assert done.metadata.attempts == 2 and len({word.partition("-")[0] for word in done.text.split()}) == 1


def test_a_backend_that_always_crashes_is_given_up(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> tuple[str, bytes]:
        name = await name_of(engine.complete(asked(max_tokens=6)))
        return name, engine.figures.text()

    name, figures = run(story, scripted(gate=gate, crash_at=3, always=True), bounds={"attempts": 2})
    assert name == "backend_crashed" and b'mai_engine_restarts_total{model="counting"} 1.0' in figures


def test_a_failure_never_quotes_the_prompt(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> str:
        (gate / "crash").touch()
        with pytest.raises(EngineError) as caught:
            await engine.complete(asked(max_tokens=6))
        return f"{caught.value.name}: {caught.value}"

    assert run(story, scripted(gate=gate, crash_at=3, how="raise")) == (
        "backend_refused: the backend failed: ValueError"
    )


def test_leaving_a_stream_cancels_it_and_frees_its_turn(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> Completion:
        async with aclosing(engine.stream(asked(max_tokens=100))) as pieces:
            assert await anext(pieces) == "w3"
        await until((gate / "seen-cancelled").exists)
        assert engine.queue.running == 0
        return await engine.complete(asked(max_tokens=1))

    assert run(story, scripted(gate=gate, gates=[5])).text == "w3"


def test_an_answer_that_takes_too_long_is_ended_by_name(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> str:
        request = asked(max_tokens=100)
        name = await name_of(engine.complete(Request("", request.prompt, request.sampling, timeout=0.2)))
        await until((gate / "seen-cancelled").exists)
        return name

    assert run(story, scripted(gate=gate, gates=[1])) == "timed_out"


def test_who_reads_slowly_has_no_more_time_than_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(engine: Engine) -> str:
        request = asked(max_tokens=100)
        pieces = engine.stream(Request("", request.prompt, request.sampling, timeout=WAIT_SECONDS))
        assert await anext(pieces) == "w3"
        loop = asyncio.get_running_loop()
        before = loop.time
        monkeypatch.setattr(loop, "time", lambda: before() + WAIT_SECONDS)  # so long the reader does something else
        return await name_of(anext(pieces))

    assert run(story, scripted()) == "timed_out"


def test_a_full_queue_refuses_by_name_and_says_when_to_come_back(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> tuple[EngineError, list[Completion]]:
        running = [asyncio.create_task(engine.complete(asked(max_tokens=2, seed=seed))) for seed in range(3)]
        await until(lambda: engine.not_ready() == "the queue is full")
        with pytest.raises(EngineError) as caught:
            await engine.complete(asked(max_tokens=1))
        (gate / "0").touch()
        return caught.value, await asyncio.gather(*running)

    error, done = run(story, scripted(gate=gate, gates=[0]), bounds={"waiting": 2})
    assert error.name == "busy" and error.retry_after is not None and 1 <= error.retry_after <= 60
    assert [item.text for item in done] == [words(3, 2)] * 3


def test_one_client_with_many_requests_delays_only_itself(run: Run, gate: Path) -> None:
    order: list[str] = []

    async def one(engine: Engine, client: str) -> None:
        await engine.complete(asked(max_tokens=1, client=client))
        order.append(client)

    async def story(engine: Engine) -> None:
        tasks = []
        for client in ("many", "many", "many", "few"):
            tasks.append(asyncio.create_task(one(engine, client)))
            await until(lambda: engine.queue.running + engine.queue.waiting == len(tasks))
        (gate / "0").touch()
        await asyncio.gather(*tasks)

    run(story, scripted(gate=gate, gates=[0]))
    assert order == ["many", "many", "few", "many"]


def test_a_client_has_its_share_of_the_queue(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> str:
        tasks = [asyncio.create_task(engine.complete(asked(max_tokens=1, client="many"))) for _ in range(2)]
        await until(lambda: engine.queue.waiting == 1)
        name = await name_of(engine.complete(asked(max_tokens=1, client="many")))
        tasks.append(asyncio.create_task(engine.complete(asked(max_tokens=1, client="few"))))
        await until(lambda: engine.queue.waiting == 2)
        (gate / "0").touch()
        await asyncio.gather(*tasks)
        return name

    assert run(story, scripted(gate=gate, gates=[0]), bounds={"waiting_each": 1}) == "busy"


def test_a_request_that_leaves_the_queue_makes_room(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> str:
        first = asyncio.create_task(engine.complete(asked(max_tokens=1)))
        await until(lambda: engine.queue.running == 1)
        second = asyncio.create_task(engine.complete(asked(max_tokens=1)))
        await until(lambda: engine.queue.waiting == 1)
        second.cancel()
        await until(lambda: engine.queue.waiting == 0)
        (gate / "0").touch()
        return (await first).text

    assert run(story, scripted(gate=gate, gates=[0])) == "w3"


def test_waiting_has_an_end(run: Run, gate: Path) -> None:
    async def story(engine: Engine) -> str:
        first = asyncio.create_task(engine.complete(asked(max_tokens=1)))
        await until(lambda: engine.queue.running == 1)
        name = await name_of(engine.complete(asked(max_tokens=1)))
        (gate / "0").touch()
        await first
        return name

    assert run(story, scripted(gate=gate, gates=[0]), bounds={"queue_seconds": 0.05}) == "timed_out"


@pytest.mark.parametrize("parallel", [1, 3])
def test_answers_are_generated_at_a_time_by_processes_or_by_one_that_can(run: Run, gate: Path, parallel: int) -> None:
    async def story(engine: Engine) -> list[int]:
        tasks = [asyncio.create_task(engine.complete(asked(max_tokens=2))) for _ in range(3)]
        found: list[int] = []
        while len(found) < 3 // parallel or engine.queue.running < 3:
            await asyncio.sleep(0.005)
            found = (await engine.models())[0]["processes"]
        (gate / "0").touch()
        assert [item.text for item in await asyncio.gather(*tasks)] == [words(3, 2)] * 3
        return found

    processes = run(story, scripted(gate=gate, gates=[0], parallel=parallel), bounds={"running": 3})
    assert len(processes) == 3 // parallel


def test_the_model_used_longest_ago_is_let_go(run: Run) -> None:
    async def story(engine: Engine) -> list[bool]:
        for name in ("one", "two", "one", "three"):
            await engine.complete(asked(model=name, max_tokens=1))
        return [item["loaded"] for item in await engine.models()]

    assert run(story, *map(scripted, ("one", "two", "three"))) == [True, False, True]


def test_a_model_that_cannot_be_loaded_says_why(run: Run) -> None:
    async def story(engine: Engine) -> list[str]:
        found = []
        for name in ("refusing", "dying"):
            with pytest.raises(EngineError) as caught:
                await engine.complete(asked(model=name))
            found.append(f"{caught.value.name}: {caught.value}")
        return found

    assert run(story, scripted("refusing", refuse="the file is gone"), scripted("dying", load_kill=True)) == [
        "load_failed: the file is gone",
        "load_failed: the worker died of SIGKILL (often: out of memory) while loading dying",
    ]


WRONG = [
    (Request("", Prompt()), "messages"),
    (Request("", Prompt(text="a", tokens=(1,))), "messages"),
    (Request("", Prompt(tokens=())), "prompt"),
    (Request("", Prompt(tokens=(-1,))), "prompt"),
    (Request("", Prompt(tokens=(1,) * 131_073)), "prompt"),
    (asked("a" * (1024 * 1024 + 1)), "messages"),
    (asked(max_tokens=0), "max_tokens"),
    (asked(max_tokens=9_000), "max_tokens"),
    (asked(temperature=2.1), "temperature"),
    (asked(temperature=float("nan")), "temperature"),
    (asked(top_p=0.0), "top_p"),
    (asked(stop=("x",) * 17), "stop"),
    (asked(stop=("x" * 257,)), "stop"),
    (asked(stop=("",)), "stop"),
]


def test_every_bound_of_a_request_is_refused_with_its_field(run: Run) -> None:
    async def story(engine: Engine) -> list[tuple[str, str | None]]:
        found = []
        for request, _ in WRONG:
            with pytest.raises(EngineError) as caught:
                await engine.complete(request)
            found.append((caught.value.name, caught.value.parameter))
        assert await name_of(engine.complete(asked(model="another"))) == "model_not_found"
        assert await name_of(engine.complete(asked("a " * 1_000))) == "context_length_exceeded"
        assert (await engine.models())[0]["loaded"]
        return found

    assert run(story, scripted()) == [("invalid_request", field) for _, field in WRONG]


def test_workers_end_with_their_engine(make: Callable[..., Engine]) -> None:
    async def story() -> list[int]:
        engine = make(scripted())
        await engine.begin()
        found: list[int] = (await engine.models())[0]["processes"]
        assert all(map(psutil.pid_exists, found))
        await engine.close()
        return found

    assert not any(map(psutil.pid_exists, asyncio.run(story())))


def test_one_engine_at_a_time_uses_a_folder(make: Callable[..., Engine]) -> None:
    async def story() -> None:
        engine = make(scripted())
        with pytest.raises(MaiError, match="another engine uses"):
            make(scripted())
        await engine.close()
        await make(scripted()).close()

    asyncio.run(story())


def test_tokens_go_in_as_they_are(run: Run) -> None:
    request = Request("", Prompt(tokens=(9, 9, 9, 9)), Sampling(max_tokens=2))
    assert run(lambda engine: engine.complete(request), scripted()).tokens == (4, 5)
