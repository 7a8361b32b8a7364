"""The backends over HTTP: Ollama and vLLM, against servers that speak their documented protocols."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engine.helpers import asked, until
from engine.recorded import DIGEST, WORDS, Recorded, answering
from mai.engine.backends import BACKENDS
from mai.engine.engine import Engine
from mai.engine.errors import EngineError
from mai.engine.protocol import Completion, ModelSpec, Prompt, Request, Sampling

Run = Callable[..., Any]
NAMES = {"ollama": "llama3.2:latest", "vllm": "Qwen/Qwen2.5-7B-Instruct"}


@pytest.fixture(params=["ollama", "vllm"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the two."""
    return str(request.param)


@pytest.fixture
def server() -> Recorded:
    """What the server remembers."""
    return Recorded()


@pytest.fixture
def spec(kind: str, server: Recorded) -> Iterator[ModelSpec]:
    """A served model of a running server."""
    with answering(getattr(server, kind)()) as url:
        yield ModelSpec("remote", BACKENDS[kind], NAMES[kind], "cpu", {"url": url})


async def name_of(work: Any) -> str:
    """Name and sentence of a refusal."""
    with pytest.raises(EngineError) as caught:
        await work
    return f"{caught.value.name}: {caught.value}"


def test_an_answer_with_the_servers_own_counts(run: Run, spec: ModelSpec, kind: str, server: Recorded) -> None:
    request = asked("hello", max_tokens=4, temperature=0.5, top_p=0.9, seed=42)
    done = run(lambda engine: engine.complete(request), spec)
    record = done.metadata
    assert (done.text, record.finish, record.generated_tokens) == ("".join(WORDS[:4]), "length", 4)
    path, body = server.asked[-1]
    if kind == "ollama":
        assert (record.prompt_tokens, record.weights, record.backend) == (26, f"sha256:{DIGEST}", "ollama 0.12.3")
        assert done.tokens is None and record.tokens_hash == "" and path == "/api/chat"
        assert body["options"] == {"num_predict": 4, "seed": 42, "top_p": 0.9, "temperature": 0.5}
    else:
        assert (record.prompt_tokens, record.weights, record.backend) == (31, "", "vllm 0.11.0")
        assert done.tokens == (101, 102, 103, 104) and path == "/v1/chat/completions"
        assert (body["max_tokens"], body["seed"], body["top_p"], body["temperature"]) == (4, 42, 0.9, 0.5)
    assert body["messages"] == [{"role": "user", "content": "hello"}] and body["stream"] is True


def test_the_end_of_the_answer_and_stop_sequences(run: Run, spec: ModelSpec) -> None:
    async def story(engine: Engine) -> list[Completion]:
        return [
            await engine.complete(asked("hello", max_tokens=100)),
            await engine.complete(asked("hello", max_tokens=100, stop=("our",))),
            await engine.complete(Request("", Prompt(text="raw text"), Sampling(max_tokens=2))),
        ]

    whole, cut, raw = run(story, spec)
    assert (whole.text, whole.metadata.finish) == ("".join(WORDS), "stop")
    assert (cut.text, cut.metadata.finish) == ("One two three f", "stop")
    assert raw.text == "One two"


def test_a_text_is_continued_without_a_template(run: Run, spec: ModelSpec, kind: str, server: Recorded) -> None:
    run(lambda engine: engine.complete(Request("", Prompt(text="raw text"), Sampling(max_tokens=2))), spec)
    path, body = server.asked[-1]
    assert body["prompt"] == "raw text" and path == ("/api/generate" if kind == "ollama" else "/v1/completions")
    assert kind == "vllm" or body["raw"] is True


def test_tokens_go_to_vllm_and_not_to_ollama(run: Run, spec: ModelSpec, kind: str, server: Recorded) -> None:
    request = Request("", Prompt(tokens=(5, 6)), Sampling(max_tokens=1))
    if kind == "ollama":
        assert run(lambda engine: name_of(engine.complete(request)), spec).startswith("tokens_unsupported")
    else:
        assert run(lambda engine: engine.complete(request), spec).text == "One"
        assert server.asked[-1][1]["prompt"] == [5, 6]


def test_a_connection_that_breaks_off_is_taken_up_again(run: Run, spec: ModelSpec, server: Recorded) -> None:
    async def story(engine: Engine) -> list[Any]:
        return [piece async for piece in engine.stream(asked("break", max_tokens=5))]

    *pieces, last = run(story, spec)
    assert "".join(pieces) == "".join(WORDS[:5]) == last.text
    assert server.broken == 1 and last.metadata.attempts == 2


def test_errors_of_the_server_keep_their_words(run: Run, spec: ModelSpec, kind: str) -> None:
    async def story(engine: Engine) -> list[str]:
        return [await name_of(engine.complete(asked(word, max_tokens=5))) for word in ("fail", "think long")]

    midst, before = run(story, spec)
    if kind == "ollama":
        assert midst.startswith("backend_refused: Ollama: an error was encountered while running the model")
        assert before == 'backend_refused: Ollama: "llama3.2" does not support thinking'
    else:
        assert midst == "backend_refused: vLLM: EngineCore encountered an issue"
        assert before.startswith("context_length_exceeded: vLLM: This model's maximum context length is 4096")


def test_a_model_that_the_server_does_not_have(run: Run, spec: ModelSpec, kind: str) -> None:
    other = ModelSpec("other", spec.backend, "other-model", "cpu", spec.options)
    found = run(lambda engine: name_of(engine.complete(asked())), other)
    if kind == "ollama":
        assert found == "model_not_found: Ollama: model 'other-model' not found"
    else:
        assert found.startswith("load_failed: vLLM at http://127.0.0.1:") and NAMES["vllm"] in found


def test_no_server_is_one_sentence_and_it_is_tried_again(run: Run, kind: str) -> None:
    spec = ModelSpec("remote", BACKENDS[kind], NAMES[kind], "cpu", {"url": "http://127.0.0.1:9"})
    found = run(lambda engine: name_of(engine.complete(asked())), spec, bounds={"attempts": 2})
    assert found.startswith("backend_unreachable: no ") and "answers at http://127.0.0.1:9: start it" in found


def test_leaving_closes_the_connection_to_the_server(run: Run, spec: ModelSpec, server: Recorded) -> None:
    server.slow = threading.Event()

    async def story(engine: Engine) -> None:
        pieces = engine.stream(asked("hello", max_tokens=8))
        assert await anext(pieces) == "One"
        await pieces.aclose()
        await until(lambda: server.left == 1)  # while the server is silent

    run(story, spec)
    server.slow.set()


def test_gpu_is_insisted_on(run: Run, spec: ModelSpec, kind: str) -> None:
    if kind == "vllm":
        pytest.skip("vLLM's server decides its device when it starts")
    wanted = ModelSpec("remote", spec.backend, spec.location, "gpu", spec.options)
    found = run(lambda engine: name_of(engine.complete(asked())), wanted)
    assert found.startswith("load_failed: Ollama keeps 0 of 3,825,819,519 bytes of llama3.2:latest on the GPU")


def test_answers_at_a_time_over_one_process(run: Run, spec: ModelSpec, server: Recorded) -> None:
    server.slow = threading.Event()

    async def story(engine: Engine) -> tuple[list[str], list[int]]:
        tasks = [asyncio.create_task(engine.complete(asked("hello", max_tokens=3))) for _ in range(3)]
        await until(lambda: sum(path.endswith(("/chat", "/completions")) for path, _ in server.asked) == 3)
        assert server.slow is not None
        server.slow.set()
        return [item.text for item in await asyncio.gather(*tasks)], (await engine.models())[0]["processes"]

    texts, processes = run(story, spec, bounds={"running": 3})
    assert texts == ["One two three"] * 3 and len(processes) == 1
