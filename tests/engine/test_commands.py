"""`mai engine` as people and programs use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mai_zk.language
import pytest
from engine.helpers import SIGNER, Process, started, wait_until, worker_path
from engine.recorded import WORDS, Recorded, answering
from mai.cli.engine import app
from mai.cli.model import app as models
from mai.engine.blocking import BlockingEngine
from mai.engine.client import EngineClient
from mai.engine.sealing import Secret, answer_info, prompt_info, seal
from mai.errors import MaiError
from mai.wallet.files import write_keypair
from patience import WAIT_SECONDS, post
from solders.keypair import Keypair
from typer.testing import CliRunner

COMMAND = ["-m", "mai.cli.entry", "engine"]
NOWHERE = ["--ollama-url", "http://127.0.0.1:9", "--vllm-url", "http://127.0.0.1:9"]


def mai(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run `mai engine …`."""
    environment = {**os.environ, "PYTHONPATH": worker_path(), "HOME": str(home), "MAI_DATA_DIR": str(home / "data")}
    command = [sys.executable, *COMMAND, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)


@pytest.fixture
def vllm() -> Iterator[list[str]]:
    """Options that choose a server which speaks vLLM's protocol."""
    with answering(Recorded().vllm()) as url:
        yield ["--backend", "vllm", "--vllm-url", url, "--ollama-url", "http://127.0.0.1:9"]


def serve(home: Path, *arguments: str) -> Process:
    """Start `mai engine serve`."""
    given = ["serve", "--port", "0", "--output", "json", *arguments]
    return started([*COMMAND, *given], HOME=str(home), MAI_DATA_DIR=str(home / "data"))


def test_choose_shows_the_machine_and_a_reason_for_every_candidate(tmp_path: Path) -> None:
    done = mai("choose", "--output", "json", *NOWHERE, home=tmp_path)
    found: dict[str, Any] = json.loads(done.stdout)
    assert {item["backend"] for item in found["candidates"]} >= {"llama.cpp", "ollama", "vllm", "onnx", "provable"}
    assert all(item["reason"] for item in found["candidates"]) and found["machine"]["cores"] >= 1
    assert (found["chosen"] is None) == (done.returncode == 1)
    table = CliRunner().invoke(app, ["choose", *NOWHERE]).output
    assert "processor" in table and "llama.cpp" in table and "no Ollama answers" in table


def test_the_registrys_models_are_candidates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAI_DATA_DIR", str(tmp_path / "data"))
    file = tmp_path / "small.gguf"
    file.write_bytes(b"GGUF" + bytes(4 * 2**20))
    done = CliRunner().invoke(models, ["pull", f"file:{file}", "--trust-first-use"])
    assert done.exit_code == 0, done.output
    found = json.loads(CliRunner().invoke(app, ["choose", "--output", "json", *NOWHERE]).output)
    assert "small" in [item["model"] for item in found["candidates"] if item["backend"] == "llama.cpp"]


def test_a_sealed_task_of_a_killed_engine_is_answered_by_the_next(tmp_path: Path) -> None:
    arguments = ["--provable", "--model", "tiny", *NOWHERE, "--held", "--uds", str(tmp_path / "engine.sock")]
    task, reply = Keypair().pubkey(), Secret.new()
    tokens = [int(byte) for byte in b"Once upon"]
    prompt = {"tokens": tokens, "salts": ["00" * 16] * len(tokens), "reply_key": reply.public.hex()}
    first = serve(tmp_path, *arguments)
    try:
        with BlockingEngine(lambda: EngineClient(uds=tmp_path / "engine.sock")) as client:
            key = bytes.fromhex(client.identity()["hpke_public_key"])
            envelope = seal(key, prompt_info(bytes(task), "tiny"), json.dumps(prompt).encode())
            other = seal(key, prompt_info(bytes(task), "another"), json.dumps(prompt).encode())
            asked = str(task), "tiny", str(SIGNER.pubkey())
            assert client.offer(*asked, other, 4)["reason"] == "envelope_unreadable"
            assert client.offer(*asked, envelope, 4)["accepted"]
            client.start(str(task))
    finally:
        first.kill()
    second = serve(tmp_path, *arguments)
    try:
        with BlockingEngine(lambda: EngineClient(uds=tmp_path / "engine.sock")) as client:
            wait_until(lambda: client.status(str(task))["state"] == "done")
            sealed = client.answer(str(task))[2]
    finally:
        second.kill()
    answer = json.loads(reply.open(answer_info(bytes(task), "tiny"), sealed).reveal())
    expected = mai_zk.language.load("tiny").run(tokens, 4).generated
    assert answer["tokens"] == list(expected) and len(answer["salts"]) == len(expected)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data" / "engine").iterdir())
    assert b"Once upon" not in kept


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--host", "0.0.0.0"], "others can reach 0.0.0.0: set a token with --token-file"),
        (["serve", "--device", "gpu"], "there is no GPU that can be used"),
        (["serve", "--backend", "magic"], "there is no backend magic"),
        (["serve", "--model", "nothing"], "no model called nothing can be served here"),
        (["serve", "--token-file", "nothing"], "the token file nothing cannot be read"),
        (["log"], "holds no log of answers: start `mai engine serve` first"),
    ],
)
def test_every_refusal_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    if "gpu" in arguments and Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a GPU")
    monkeypatch.setenv("MAI_DATA_DIR", str(tmp_path / "data"))
    more = NOWHERE if arguments[0] == "serve" else []
    done = CliRunner().invoke(app, [*arguments, *more])
    assert isinstance(done.exception, MaiError) and words in str(done.exception)
    assert not (tmp_path / "data").exists()


def test_a_refusal_is_one_sentence_on_standard_error(tmp_path: Path) -> None:
    done = mai("log", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)


def test_a_token_file_has_to_be_private_and_long(tmp_path: Path) -> None:
    file = tmp_path / "token"
    for mode, text, words in ((0o644, "a token of some length", "others can read"), (0o600, "short", "too short")):
        file.write_text(text)
        file.chmod(mode)
        done = CliRunner().invoke(app, ["serve", "--token-file", str(file)])
        assert isinstance(done.exception, MaiError) and words in str(done.exception)


def test_serve_answers_and_logs_and_ends_cleanly(tmp_path: Path, vllm: list[str]) -> None:
    write_keypair(tmp_path / "device.json", SIGNER)
    process = serve(tmp_path, *vllm, "--keypair", str(tmp_path / "device.json"))
    try:
        assert process.facts["model"] == "Qwen/Qwen2.5-7B-Instruct" and "vLLM answers" in process.facts["why"]
        assert process.facts["signing_key"] == str(SIGNER.pubkey())
        body = {"messages": [{"role": "user", "content": "Say something."}], "max_tokens": 4}
        answer = post(f"{process.url}/v1/chat/completions", json=body).json()
        assert answer["choices"][0]["message"]["content"] == "".join(WORDS[:4])
        second = mai("serve", "--port", "0", *vllm, home=tmp_path)
        process.running.send_signal(signal.SIGINT)
        out, err = process.running.communicate(timeout=WAIT_SECONDS)
    finally:
        process.kill()
    assert process.running.returncode == 0 and out == "" and err == ""
    assert second.returncode == 1 and "another engine uses" in second.stderr
    shown = json.loads(mai("log", "--output", "json", home=tmp_path).stdout)["answers"]
    assert len(shown) == 1 and shown[0]["verified"]
    assert shown[0]["metadata"] == answer["mai"]["metadata"]
    table = CliRunner().invoke(app, ["log", "--state", str(tmp_path / "data" / "engine")]).output
    assert "Qwen/Qwen2.5" in table and "yes" in table and "One two" not in table


def test_serve_on_a_unix_socket(tmp_path: Path, vllm: list[str]) -> None:
    process = serve(tmp_path, *vllm, "--uds", str(tmp_path / "engine.sock"))
    try:
        assert process.url == str(tmp_path / "engine.sock")
        with BlockingEngine(lambda: EngineClient(uds=tmp_path / "engine.sock")) as client:
            assert client.held() == [] and client.models()[0]["loaded"]
        process.running.terminate()
        process.running.wait(WAIT_SECONDS)
    finally:
        process.kill()
    assert not (tmp_path / "engine.sock").exists()
