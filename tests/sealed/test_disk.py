"""After a run that crashed, no prompt and no answer is on the disk, in no form; and a careless engine is caught."""

from __future__ import annotations

import base64
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import httpx
import pytest
from mai.engine.sealing import Secret, answer_info, prompt_info, seal
from patience import WAIT_SECONDS, get, post
from sealed.grep import SYSTEM, SYSTEM_DEPTH, changed, search
from sealed.service import MODEL

POINTS = ("opened", "journaled", "inferring", "answered")
TASK = bytes(range(32))
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")


@dataclass
class Run:
    """What a run left."""

    hits: list[str]
    code: int | None
    answer: str | None
    log: str


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "tmp").mkdir()
    yield tmp_path
    for core in tmp_path.glob("core*"):
        core.unlink()


def run(folder: Path, point: str, crash: str, leak: str = "none") -> Run:
    """Start the service, ask it once, let it crash or end it, and search what was written meanwhile."""
    since, marker = time.time() - 1, f"MARK{secrets.token_hex(12)}"
    with (folder / "out").open("wb") as out:
        served = subprocess.Popen(
            [sys.executable, "-m", "sealed.service", str(folder), point, crash, leak],
            stdout=out,
            stderr=out,
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder / "tmp"), "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    try:
        answer = _ask(folder, served, marker)
        if answer is not None or served.poll() is None:
            served.terminate() if point == "never" or crash == "error" else None
        code = served.wait(WAIT_SECONDS)
    finally:
        served.kill()
        served.wait(WAIT_SECONDS)
    shared = changed([path for path in SYSTEM if path.is_dir()], since, SYSTEM_DEPTH)
    found = search(chain(changed([folder], since), shared), marker)
    return Run(found, code, answer, (folder / "engine.log").read_text() + (folder / "out").read_text())


def _ask(folder: Path, served: subprocess.Popen[bytes], marker: str) -> str | None:
    """The answer; None where the service crashed over it or refused."""
    port, ends = folder / "port", time.monotonic() + WAIT_SECONDS
    while not port.exists():
        assert served.poll() is None and time.monotonic() < ends, (folder / "out").read_text()
        time.sleep(0.02)
    reply, url = Secret.new(), f"http://127.0.0.1:{port.read_text()}"
    text = f"Tell me about {marker}, please."
    asked = {"text": text, "tokens": list(text.encode()), "reply_key": base64.b64encode(reply.public).decode()}
    try:
        key = base64.b64decode(get(f"{url}/identity").json()["key"])
        envelope = seal(key, prompt_info(TASK, MODEL), json.dumps(asked).encode())
        sent = {"task": base64.b64encode(TASK).decode(), "envelope": base64.b64encode(envelope).decode()}
        answer = post(f"{url}/offer", json=sent)
    except httpx.TransportError:
        return None
    if answer.status_code != 200:
        return None
    opened = reply.open(answer_info(TASK, MODEL), base64.b64decode(answer.json()["envelope"])).text()
    return opened.replace(marker, "MARK")


def test_the_answer_comes_and_nothing_of_it_is_on_the_disk(folder: Path) -> None:
    ran = run(folder, "never", "none")
    assert ran.answer == "You said: Tell me about MARK, please."
    assert ran.hits == [] and '"POST /offer HTTP/1.1" 200' in ran.log
    assert (folder / "journal.sqlite").exists() and (folder / "engine.log").stat().st_size > 0


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("crash", ["segv", "kill"])
def test_a_crash_leaves_nothing(folder: Path, point: str, crash: str) -> None:
    ran = run(folder, point, crash)
    assert ran.code == -(signal.SIGSEGV if crash == "segv" else signal.SIGKILL) and ran.answer is None
    assert ran.hits == [] and not list(folder.glob("core*"))
    assert (folder / "journal.sqlite").exists()


@pytest.mark.parametrize("leak", ["log", "error"])
def test_a_careless_log_line_or_exception_is_emptied(folder: Path, leak: str) -> None:
    ran = run(folder, "never", "none", leak)
    assert ran.answer is not None and ran.hits == []
    assert ("was emptied" in ran.log) if leak == "log" else ("ValueError at" in ran.log)


def test_an_exception_that_carries_the_prompt_says_its_kind_and_place_only(folder: Path) -> None:
    ran = run(folder, "inferring", "error")
    assert ran.answer is None and ran.hits == []
    assert "EngineFault at" in ran.log and "cannot parse" not in ran.log


@pytest.mark.parametrize(
    ("leak", "form"),
    [
        ("journal", "utf-8"),
        ("unguarded-log", "utf-8"),
        ("unguarded-error", "utf-8"),
        ("utf16", "utf-16-le"),
        ("base64", "base64"),
        ("hex", "hex"),
        ("tokens", "32-bit tokens"),
    ],
)
def test_a_leak_is_found(folder: Path, leak: str, form: str) -> None:
    """The search can find what it looks for: each of these services does one thing wrong."""
    ran = run(folder, "answered", "kill", leak)
    assert any(form in hit for hit in ran.hits), ran.hits


def test_a_core_dump_of_an_unguarded_engine_is_found(folder: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    pattern = CORE_PATTERN.read_text().strip() if CORE_PATTERN.exists() else "|"
    if hard == 0 or pattern.startswith(("|", "/")):
        pytest.skip("this machine keeps core dumps elsewhere, or makes none")
    ran = run(folder, "inferring", "segv", "unguarded")
    assert ran.code == -signal.SIGSEGV
    assert any(hit.startswith("core") for hit in ran.hits), ran.hits
