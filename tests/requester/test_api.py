"""The same over HTTP, with OpenAI's own client: answers carry receipts, and nothing is spent for a stranger."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from engine.helpers import openai_client
from mai.engine.sealing import Secret
from mai.errors import MaiError
from mai.requester.api import Limits, create_app, disclose, read_api_key
from mai.requester.ask import Asker, Order, Wait
from mai.requester.disclosure import Disclosed, NotDisclosed, asked
from mai.requester.listen import run
from mai.requester.receipt import Receipt, read_receipt
from mai.requester.sealing import SealingKey
from mai.requester.verify import Verification
from mai.wallet.files import write_keypair
from patience import WAIT_SECONDS, get, post
from requester.world import Miner, Net
from serving import Serving
from solders.keypair import Keypair
from solders.pubkey import Pubkey

FEE = 2 * 10**9


@dataclass
class Served:
    """A running server, and who answers behind it."""

    net: Net
    miner: Miner
    asker: Asker
    limits: Limits
    url: str

    @property
    def client(self) -> openai.OpenAI:
        return openai_client(self.url)

    def post(self, body: Any, **headers: str) -> httpx.Response:
        return post(f"{self.url}/v1/chat/completions", json=body, headers=headers)

    def verified(self, fields: dict[str, Any]) -> Receipt:
        receipt = Receipt.read(fields)
        assert not Verification(receipt, self.net.source, model=self.net.small).failed
        return receipt


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    net = Net(tmp_path_factory.mktemp("api"))
    miner, wallet = net.new_miner(), net.wallet("requester")
    net.give(wallet.address, 100)
    asker = net.asker(wallet, miner, step=miner.step)
    limits = Limits(Order(limit=8, fee=FEE, disclose=True), Wait.answer, 300)
    app = create_app(asker, {"small": net.small}, limits, net.folder / "asks", "127.0.0.1")
    listening = socket.create_server(("127.0.0.1", 0))
    serving = Serving(app, listening)
    yield Served(net, miner, asker, limits, f"http://127.0.0.1:{listening.getsockname()[1]}")
    serving.stop()
    net.close()


def test_the_models_are_listed(served: Served) -> None:
    assert [model.id for model in served.client.models.list()] == ["small"]


def test_an_answer_comes_with_a_receipt_that_is_true(served: Served) -> None:
    message = {"role": "user", "content": [{"type": "text", "text": "cc"}]}
    found = served.client.chat.completions.create(model="small", messages=[message], max_completion_tokens=8)  # type: ignore[list-item]
    assert (found.choices[0].message.content, found.choices[0].finish_reason) == ("a", "stop")
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (2, 2)  # type: ignore[union-attr]
    receipt = served.verified(found.mai)  # type: ignore[attr-defined]
    assert found.id == f"chatcmpl-{receipt.task}"
    assert read_receipt(served.net.folder / "asks" / "receipts" / f"{receipt.task}.json") == receipt
    assert served.net.read("Task", receipt.task).fee > 0


def test_a_stream_ends_with_the_receipt(served: Served) -> None:
    stream = served.client.chat.completions.create(
        model="small", messages=[{"role": "user", "content": "b"}], max_tokens=2, temperature=0, stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    pieces = list(stream)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == "aa"
    assert pieces[1].choices[0].finish_reason == "length"
    assert pieces[-1].usage is not None and pieces[-1].usage.total_tokens == 3
    served.verified(pieces[1].mai)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"temperature": 0.7}, "temperature"),
        ({"n": 2}, "n"),
        ({"stop": "x"}, "stop"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "cc"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
        ({"max_tokens": 0}, "max_tokens"),
    ],
)
def test_what_would_be_ignored_is_refused(served: Served, change: dict[str, Any], parameter: str) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": "cc"}], **change}
    answer = served.post(body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, parameter)


def test_refusals_have_their_status(served: Served) -> None:
    asked_ = {"model": "small", "messages": [{"role": "user", "content": "cc"}]}
    with pytest.raises(openai.NotFoundError, match="the model gpt is not served here"):
        served.client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "cc"}])
    with pytest.raises(openai.BadRequestError, match="letters abcd alone"):
        served.client.chat.completions.create(model="small", messages=[{"role": "user", "content": "hello"}])
    assert served.post({**asked_, "max_tokens": 63}).status_code == 400
    served.miner.peer.refuses = "the price is too low"
    answer = served.post(asked_)
    assert answer.status_code == 502 and "the price is too low" in answer.json()["error"]["message"]
    served.miner.peer.refuses = None


def test_a_page_in_a_browser_cannot_spend(served: Served) -> None:
    url = f"{served.url}/v1/chat/completions"
    body = json.dumps({"model": "small", "messages": [{"role": "user", "content": "cc"}]})
    slot = served.net.slot()
    # What a page may send without being asked for permission is a form or plain text; rebound names are not ours.
    assert post(url, content=body, headers={"content-type": "text/plain"}).status_code == 415
    assert post(url, content=body).status_code == 415
    assert served.post(json.loads(body), host="evil.example").status_code == 400
    assert post(url, content=b"{", headers={"content-type": "application/json"}).status_code == 400
    huge = b" " * (2 * 2**20 + 1)
    assert post(url, content=huge, headers={"content-type": "application/json"}).status_code == 413
    foreign = {"origin": "https://evil.example"}
    assert "access-control-allow-origin" not in httpx.options(url, headers=foreign, timeout=WAIT_SECONDS).headers
    assert served.net.slot() == slot


def test_the_budget_and_the_key(served: Served, tmp_path: Path) -> None:
    body = {"model": "small", "messages": [{"role": "user", "content": "cc"}]}
    spent = served.limits.spent
    assert served.post({**body, "messages": [{"role": "user", "content": "hello"}]}).status_code == 400
    assert served.limits.spent == spent  # what is refused costs nothing
    served.limits.budget = served.limits.spent + FEE - 1
    assert served.post(body).json()["error"]["type"] == "insufficient_quota"
    served.limits.budget = None
    path = tmp_path / "key"
    with pytest.raises(MaiError, match="cannot be read"):
        read_api_key(path)
    path.write_text("short")
    with pytest.raises(MaiError, match="too short"):
        read_api_key(path)
    path.write_text("a key of many characters\n")
    served.limits.api_key = read_api_key(path)
    assert served.post(body).status_code == 401
    assert get(f"{served.url}/v1/models").status_code == 401
    with_key = get(f"{served.url}/v1/models", headers={"authorization": "Bearer a key of many characters"})
    assert with_key.status_code == 200
    served.limits.api_key = None


def test_nobody_listens_to_everybody_without_a_key() -> None:
    with pytest.raises(MaiError, match="add --api-key-file"):
        run(lambda host: pytest.fail("served"), "0.0.0.0", 0, None, lambda url: None)
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(MaiError, match="cannot be listened on"):
        run(lambda host: pytest.fail("served"), "127.0.0.1", taken.getsockname()[1], None, lambda url: None)


def test_verifiers_get_what_the_requester_lets_them_read(served: Served) -> None:
    import base64
    import time

    net, verifier = served.net, served.net.verifier_wallet("verifier").keypair
    key = SealingKey(Secret.new())
    found = served.client.chat.completions.create(model="small", messages=[{"role": "user", "content": "cc"}])
    task = Pubkey.from_string(found.id.removeprefix("chatcmpl-"))

    def ask(by: Keypair, of: Pubkey = task, now: int | None = None, **changes: Any) -> dict[str, Any]:
        request = {**asked(of, by, key.public, int(time.time()) if now is None else now), **changes}
        body = {"jsonrpc": "2.0", "id": 1, "method": "mai_disclose", "params": request}
        return dict(post(f"{served.url}/v1/mai/rpc", json=body).json())

    sealed = base64.b64decode(ask(verifier)["result"]["envelope"])
    disclosed = Disclosed.opened(task, key, sealed)
    assert disclosed.prompt.root == bytes(net.read("Task", task).input)
    assert net.small.decode(disclosed.answer.tokens[:1]) == "a"
    with pytest.raises(MaiError, match="sealed to another key"):
        Disclosed.opened(Pubkey.default(), key, sealed)
    for refusal, sentence in [
        (ask(Keypair()), "has no verifier stake"),
        (ask(verifier, Pubkey.default()), "or it was not asked here"),
        (ask(verifier, now=int(time.time()) - 301), "not of the last 300 s"),
        (ask(verifier, reply_key="11" * 32), "not signed by the verifier"),
        (ask(verifier, verifier=str(Keypair().pubkey())), "not signed by the verifier"),
        (ask(verifier, signature="x"), "cannot be read"),
    ]:
        assert sentence in refusal["error"]["message"]
    other = served.asker.journal.find(task)
    assert other is not None
    other.disclose = False
    served.asker.journal.keep(other)
    with pytest.raises(NotDisclosed, match="does not want it to be read"):
        disclose(served.asker, asked(task, verifier, key.public, int(time.time())))


def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    """`mai ask serve` in a process of its own; no cluster is asked before somebody asks."""
    keypair, environment = tmp_path / "id.json", {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    write_keypair(keypair, Keypair())
    command = [sys.executable, "-m", "mai.cli.entry", "ask", "serve", "--port", "0", "--engine", "http://127.0.0.1:1"]
    options = ["--keypair", str(keypair), "--url", "http://127.0.0.1:1", "--folder", str(tmp_path / "asks")]
    with subprocess.Popen(
        [*command, *options, "--output", "json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        facts = json.loads(line)
        assert facts["models"] == ["tiny"]
        found = get(f"{facts['url']}/v1/models")
        assert found.json()["data"][0]["id"] == "tiny"
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) in (0, -signal.SIGTERM)
