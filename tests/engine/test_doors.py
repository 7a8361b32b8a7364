"""OpenAI's and Ollama's own Python clients against the engine, and what its doors refuse."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ollama
import openai
import pytest
from engine.helpers import PLAIN, SIGNER, limits, openai_client, scripted, served, wait_until, words
from mai.engine.api.http import Access
from mai.engine.engine import Engine
from mai.engine.limits import MAX_BODY_BYTES
from mai.engine.server import access_of, listen, listen_unix
from mai.engine.signing import verified
from mai.errors import MaiError
from patience import get, post

TOKEN = "a token of some length"
MESSAGES: list[Any] = [{"role": "user", "content": "one two three"}]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An engine that counts, crashes in the midst of "crashing", and never ends "held"."""
    folder = tmp_path_factory.mktemp("engine")
    gate = tmp_path_factory.mktemp("gate")
    specs = [
        scripted(),
        scripted("crashing", gate=gate, crash_at=2, always=True),
        scripted("held", gate=gate, gates=[1]),
    ]
    with pytest.MonkeyPatch.context() as patch:
        from engine.helpers import worker_path

        patch.setenv("PYTHONPATH", worker_path())
        bounds = limits(attempts=2, waiting=0, loaded=3)
        with served(lambda: Engine(folder / "state", specs, PLAIN, signer=SIGNER, limits=bounds)) as found:
            yield found


@pytest.fixture(scope="module")
def client(url: str) -> openai.OpenAI:
    """OpenAI's client; it does not ask twice."""
    return openai_client(url)


@pytest.fixture(scope="module")
def llama(url: str) -> ollama.Client:
    """Ollama's client."""
    return ollama.Client(host=url)


# OpenAI


def test_openai_chat(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(model="counting", messages=MESSAGES, max_tokens=4, seed=1)
    choice, usage = done.choices[0], done.usage
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", words(3, 4), "length")
    assert usage is not None and (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (3, 4, 7)
    assert done.object == "chat.completion" and done.id.startswith("chatcmpl-") and done.model == "counting"
    assert done.model_extra is not None and verified(done.model_extra["mai"])


def test_openai_chat_streamed(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="counting", messages=MESSAGES, max_tokens=3, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(item.choices[0].delta.content or "" for item in chunks if item.choices) == words(3, 3)
    assert chunks[0].choices[0].delta.role == "assistant" and chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].choices == [] and chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 3
    assert len({item.id for item in chunks}) == 1 and {item.model for item in chunks} == {"counting"}


def test_openai_stream_ends_with_done(url: str) -> None:
    body = {"model": "counting", "messages": MESSAGES, "max_tokens": 1, "stream": True}
    answer = post(f"{url}/v1/chat/completions", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.endswith("data: [DONE]\n\n") and "usage" not in answer.text


def test_openai_text_and_tokens(client: openai.OpenAI) -> None:
    text = client.completions.create(model="counting", prompt="one two", max_tokens=2, stop=" w3")
    assert (text.choices[0].text, text.choices[0].finish_reason) == ("w2", "stop")
    tokens = client.completions.create(model="counting", prompt=[7, 7, 7, 7], max_tokens=2)
    assert tokens.choices[0].text == "w4 w5"
    pieces = client.completions.create(model="counting", prompt=["one two"], max_tokens=2, stream=True)
    assert "".join(item.choices[0].text for item in pieces) == "w2 w3"


def test_openai_parts_and_newer_names(client: openai.OpenAI) -> None:
    messages: list[Any] = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]},
    ]
    done = client.chat.completions.create(model="counting", messages=messages, max_completion_tokens=1)
    assert done.choices[0].message.content == "w4"


def test_openai_models(client: openai.OpenAI) -> None:
    assert [item.id for item in client.models.list()] == ["counting", "crashing", "held"]
    assert client.models.retrieve("held").id == "held"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nothing")


REFUSED = [
    ({"model": "nothing"}, openai.NotFoundError, "model_not_found", "model"),
    ({"n": 2}, openai.BadRequestError, "unsupported_parameter", "n"),
    ({"logprobs": True}, openai.BadRequestError, "unsupported_parameter", "logprobs"),
    ({"response_format": {"type": "json_object"}}, openai.BadRequestError, "unsupported_parameter", "response_format"),
    ({"frequency_penalty": 0.5}, openai.BadRequestError, "unsupported_parameter", "frequency_penalty"),
    (
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        openai.BadRequestError,
        "unsupported_parameter",
        "tools",
    ),
    ({"max_tokens": 0}, openai.BadRequestError, "invalid_request", "max_tokens"),
    ({"temperature": 3}, openai.BadRequestError, "invalid_request", "temperature"),
    ({"stop": ["x"] * 17}, openai.BadRequestError, "invalid_request", "stop.list[constrained-str]"),
    ({"messages": []}, openai.BadRequestError, "invalid_request", "messages"),
    ({"messages": [{"role": "tool", "content": "x"}]}, openai.BadRequestError, "invalid_request", "messages"),
    (
        {"messages": [{"role": "user", "content": "x " * 1_001}]},
        openai.BadRequestError,
        "context_length_exceeded",
        None,
    ),
]


@pytest.mark.parametrize(("changed", "kind", "code", "field"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
@pytest.mark.parametrize("stream", [False, True])
def test_openai_refusals(
    client: openai.OpenAI, changed: dict[str, Any], kind: type, code: str, field: str | None, stream: bool
) -> None:
    asked: dict[str, Any] = {"model": "counting", "messages": MESSAGES, "max_tokens": 1, "stream": stream} | changed
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**asked)
    assert caught.value.code == code and caught.value.type == "invalid_request_error"
    if code != "context_length_exceeded" and "." not in str(field):
        assert caught.value.param == field


def test_openai_crash_in_a_stream_is_one_error(client: openai.OpenAI) -> None:
    said = []
    with pytest.raises(openai.APIError) as caught:
        for item in client.chat.completions.create(model="crashing", messages=MESSAGES, max_tokens=5, stream=True):
            said.append(item.choices[0].delta.content)
    assert "".join(filter(None, said)) == words(3, 2) and caught.value.code == "backend_crashed"
    with pytest.raises(openai.InternalServerError, match="SIGKILL"):
        client.chat.completions.create(model="crashing", messages=MESSAGES, max_tokens=5)


def test_openai_busy_and_a_client_that_leaves(client: openai.OpenAI, url: str) -> None:
    stream = client.chat.completions.create(model="held", messages=MESSAGES, max_tokens=5, stream=True)
    assert next(iter(stream)).choices[0].delta.content == "w3"
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="counting", messages=MESSAGES, max_tokens=1)
    assert caught.value.code == "busy" and int(caught.value.response.headers["retry-after"]) >= 1
    not_ready = get(f"{url}/ready")
    assert not_ready.status_code == 503 and not_ready.json()["reason"] == "the queue is full"
    stream.close()
    wait_until(lambda: get(f"{url}/ready").json()["load"]["running"] == 0)


def test_a_client_that_leaves_before_the_answer_frees_its_turn(url: str) -> None:
    body = {"model": "held", "messages": MESSAGES, "max_tokens": 5}
    with contextlib.closing(HTTPConnection(urlsplit(url).netloc)) as leaving:
        leaving.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
        wait_until(lambda: get(f"{url}/ready").json()["load"]["running"] == 1)
    wait_until(lambda: get(f"{url}/ready").json()["load"]["running"] == 0)
    assert 'mai_engine_refusals_total{name="busy"}' in get(f"{url}/metrics").text


# Ollama


def test_ollama_chat(llama: ollama.Client) -> None:
    done = llama.chat("counting", MESSAGES, options={"num_predict": 3, "seed": 1, "temperature": 0})
    assert done.message.content == words(3, 3) and done.done and done.done_reason == "length"
    assert (done.prompt_eval_count, done.eval_count) == (3, 3) and done.total_duration and done.eval_duration


def test_ollama_chat_streamed(llama: ollama.Client) -> None:
    pieces = list(llama.chat("counting:latest", MESSAGES, stream=True, options={"num_predict": 3}))
    assert "".join(item.message.content or "" for item in pieces) == words(3, 3)
    assert [item.done for item in pieces] == [False, False, False, True] and pieces[-1].eval_count == 3


def test_ollama_generate(llama: ollama.Client) -> None:
    done = llama.generate("counting", "one two", system="be brief", options={"num_predict": 9, "stop": ["w6"]})
    assert (done.response, done.done_reason) == ("w4 w5 ", "stop")
    raw = llama.generate("counting", "one two", raw=True, stream=True, options={"num_predict": 2})
    assert "".join(item.response or "" for item in raw) == "w2 w3"


def test_ollama_lists(llama: ollama.Client, url: str) -> None:
    assert [item.model for item in llama.list().models] == ["counting", "crashing", "held"]
    shown = llama.show("counting")
    assert shown.modelinfo is not None and shown.modelinfo["mai.context_length"] == 1_000
    assert "counting" in [item.model for item in llama.ps().models]
    assert get(f"{url}/api/version").json()["version"].count(".") == 2
    assert get(url).text == "Ollama is running"


def test_ollama_loads_a_model_by_an_empty_prompt(llama: ollama.Client) -> None:
    assert llama.generate("counting", "").done_reason == "load"


@pytest.mark.parametrize(
    ("asked", "words_"),
    [
        ({"model": "nothing"}, "does not serve nothing"),
        ({"options": {"mirostat": 2}}, "options.mirostat is not supported"),
        ({"format": "json"}, "format is not supported"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools is not supported"),
        ({"options": {"temperature": 9}}, "temperature is from 0 to 2"),
    ],
)
def test_ollama_refusals(llama: ollama.Client, asked: dict[str, Any], words_: str) -> None:
    with pytest.raises(ollama.ResponseError, match=words_) as caught:
        llama.chat(**({"model": "counting", "messages": MESSAGES} | asked))
    assert caught.value.status_code == (404 if "model" in asked else 400)


def test_ollama_crash_in_a_stream_is_one_error(llama: ollama.Client) -> None:
    said = []
    with pytest.raises(ollama.ResponseError, match="died of SIGKILL"):
        for item in llama.chat("crashing", MESSAGES, stream=True, options={"num_predict": 5}):
            said.append(item.message.content)
    assert "".join(filter(None, said)) == words(3, 2)


# Whoever else knocks


def test_bodies_are_bounded_and_have_to_be_json(url: str) -> None:
    large = post(f"{url}/v1/completions", content=b" " * (MAX_BODY_BYTES + 1))
    assert large.status_code == 413 and large.json()["error"]["code"] == "body_too_large"
    assert post(f"{url}/api/chat", content=b"{").json()["error"].startswith("the body is wrong")
    deep = post(f"{url}/v1/completions", content=b"[" * 100_000)
    assert deep.status_code == 400 and deep.json()["error"]["code"] == "invalid_request"
    many = {"model": "counting", "prompt": [1] * 131_073}
    assert post(f"{url}/v1/completions", json=many).status_code == 400


def test_unknown_paths_have_names(url: str) -> None:
    assert get(f"{url}/v1/images").json()["error"]["code"] == "not_found"
    assert get(f"{url}/v1/completions").json()["error"]["code"] == "method_not_allowed"
    assert "is not answered here" in post(f"{url}/api/pull", json={}).json()["error"]


def test_health_and_figures(url: str) -> None:
    assert get(f"{url}/health").json() == {"status": "ok"}
    wait_until(lambda: get(f"{url}/ready").status_code == 200)
    figures = get(f"{url}/metrics").text
    assert (
        "mai_engine_running 0.0" in figures and 'mai_engine_tokens_total{kind="generated",model="counting"}' in figures
    )


def test_a_token_keeps_others_out_but_not_the_network(tmp_path: Path) -> None:
    def make() -> Engine:
        return Engine(tmp_path / "state", [scripted()], PLAIN, limits=limits())

    with served(make, Access(TOKEN, hosts=frozenset({"127.0.0.1"}))) as url:
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=f"{url}/v1", api_key="wrong", max_retries=0).models.list()
        assert [item.id for item in openai.OpenAI(base_url=f"{url}/v1", api_key=TOKEN).models.list()] == ["counting"]
        assert get(f"{url}/api/tags").json() == {
            "error": "this engine wants a token: send Authorization: Bearer TOKEN"
        }
        assert get(f"{url}/metrics").status_code == 401 and get(f"{url}/health").status_code == 200
        identity = get(f"{url}/v1/mai/identity").json()
        assert identity["models"][0]["name"] == "counting" and identity["signing_key"] is None
        rpc = {"jsonrpc": "2.0", "id": 1, "method": "mai_held", "params": {}}
        assert post(f"{url}/v1/mai/rpc", json=rpc).json()["error"]["data"]["name"] == "unauthorized"
        owner = {"authorization": f"Bearer {TOKEN}"}
        assert post(f"{url}/v1/mai/rpc", json=rpc, headers=owner).json()["result"] == []
        page = get(f"{url}/health", headers={"origin": "https://evil.example"})
        rebound = get(f"{url}/health", headers={"host": "evil.example"})
        assert page.status_code == rebound.status_code == 401


def test_other_addresses_need_a_token() -> None:
    with pytest.raises(MaiError, match=r"others can reach 0\.0\.0\.0"):
        access_of("0.0.0.0", None, unix=False)
    assert access_of("0.0.0.0", TOKEN, unix=False).token == TOKEN
    assert access_of("127.0.0.1", None, unix=False).token is None


def test_a_port_in_use_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(MaiError, match="cannot be used: choose another with --port"):
            listen("127.0.0.1", taken.getsockname()[1])


def test_a_unix_socket_is_its_owners_alone_and_replaced_only_if_nobody_answers(tmp_path: Path) -> None:
    path = tmp_path / "engine.sock"
    first = listen_unix(path)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(MaiError, match="another program answers"):
        listen_unix(path)
    first.close()
    listen_unix(path).close()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(MaiError, match="cannot be used"):
        listen_unix(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"
