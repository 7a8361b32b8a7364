"""Plain text does not show itself; failures over it say their kind and place; logs that repeat it are emptied."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.engine.guard import Locked, swaps
from mai.engine.plain import CHUNK, SHOWN, EngineFault, NotShown, Plain, contained
from mai.engine.scrub import EMPTIED, repeats_plain_text, scrub_record

PROMPT = "the password of the vault is correct horse battery staple"


@dataclass
class Holder:
    """Something that has a prompt among its fields."""

    name: str
    prompt: Plain


def test_no_way_of_writing_shows_it() -> None:
    plain = Plain(PROMPT)
    holder = Holder("task", plain)
    shown = [str(plain), repr(plain), f"{plain}", f"{plain!r:>80}", f"{plain:>80}", str([plain])]
    assert all(SHOWN in text and "password" not in text for text in [*shown, repr(holder), str({"a": plain})])
    assert plain.reveal() == PROMPT.encode() and plain.text() == PROMPT


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, orjson.dumps, list, bytes, iter])
def test_it_is_not_written_out_or_copied(write: object) -> None:
    with pytest.raises(TypeError) as caught:
        write(Plain(PROMPT))  # type: ignore[operator]
    assert "password" not in str(caught.value)
    with pytest.raises(NotShown):
        asdict(Holder("task", Plain(PROMPT)))


def test_it_has_no_attributes_to_look_into_and_no_hash_of_its_content() -> None:
    plain = Plain(PROMPT)
    assert not hasattr(plain, "__dict__")
    assert plain == Plain(PROMPT) and plain != Plain(b"other") and plain != PROMPT
    assert hash(plain) != hash(Plain(PROMPT))


def test_a_failure_over_plain_text_says_its_kind_and_place_only() -> None:
    with pytest.raises(EngineFault) as caught, contained("tokenizing"):
        json.loads(PROMPT)
    written = "".join(traceback.format_exception(caught.value))
    assert str(caught.value).startswith("tokenizing failed: JSONDecodeError at ") and "password" not in written
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_failures_known_to_be_harmless_pass() -> None:
    with pytest.raises(TimeoutError), contained("inference", passing=(TimeoutError,)):
        raise TimeoutError("after 30 s")
    with pytest.raises(KeyboardInterrupt), contained("inference"):
        raise KeyboardInterrupt


def test_pythons_own_report_of_an_uncaught_failure_does_not_repeat_the_prompt() -> None:
    code = (
        "from mai.engine.plain import contained\n"
        f"prompt = {PROMPT!r}.replace('correct', 'right')\n"
        "with contained('inference'):\n    raise ValueError(prompt)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "EngineFault" in done.stderr and "right horse" not in done.stderr


def record(message: str, *args: object, error: BaseException | None = None, name: str = "any") -> str:
    """A log record as a handler writes it."""
    failure = (type(error), error, None) if error else None
    made = logging.LogRecord(name, logging.INFO, "file.py", 1, message, args, failure)
    return logging.Formatter("%(message)s").format(scrub_record(made))


def test_log_lines_are_emptied_while_the_text_they_repeat_lives() -> None:
    prompt = "no other test's text, since those may live on in a traceback that pytest keeps"
    plain = Plain(prompt)
    assert record("asked: %s", prompt) == EMPTIED
    assert record("asked: %s", prompt[5 : 5 + 2 * CHUNK - 1]) == EMPTIED
    assert record("asked: %s", plain) == f"asked: {SHOWN}"
    assert record("100 %s done", "%d") == "100 %d done"
    assert record("failed", error=ValueError(prompt)) == "failed: ValueError at an unknown place"
    del plain
    assert record("asked: %s", prompt) != EMPTIED


def test_access_logs_have_no_queries() -> None:
    assert record('"GET /v1?prompt=secret HTTP/1.1" 200', name="httpx") == '"GET /v1?… HTTP/1.1" 200'


@given(st.text(min_size=2 * CHUNK, max_size=200), st.data())
def test_a_long_enough_piece_of_a_live_text_is_always_noticed(text: str, data: st.DataObject) -> None:
    text = text.encode("utf-8", "replace").decode()
    plain = Plain(text)
    start = data.draw(st.integers(0, len(text) - 2 * CHUNK + 1))
    piece = text[start : start + 2 * CHUNK - 1]
    assert repeats_plain_text(f"before{piece}after")
    assert plain.reveal()


def test_a_short_text_is_noticed_whole() -> None:
    plain = Plain("my secret!")
    assert repeats_plain_text("it was my secret! again") and not repeats_plain_text("it was my secret")
    assert plain


def test_a_guarded_process_cannot_be_dumped() -> None:
    code = (
        "import resource\nfrom mai.engine.guard import dumpable, guard\nassert dumpable()\nfound = guard()\n"
        "print(found.core_limit, found.undumpable, dumpable(), resource.getrlimit(resource.RLIMIT_CORE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    expected = "True True False" if sys.platform == "linux" else "True False True"
    assert done.stdout.strip() == f"{expected} (0, 0)"


def test_swap_on_a_disk_is_named_and_swap_in_memory_is_not(tmp_path: Path) -> None:
    listed = tmp_path / "swaps"
    listed.write_text(
        "Filename\tType\tSize\tUsed\tPriority\n"
        "/dev/zram0 partition 1 0 100\n/dev/sda3 partition 9 0 -2\n/swap.img file 9 0 -3\n"
    )
    assert swaps(listed) == ["/dev/sda3", "/swap.img"] and swaps(listed.with_name("none")) == []


def test_a_key_is_kept_in_a_page_that_is_wiped() -> None:
    given_key = bytearray(b"k" * 32)
    kept = Locked(given_key)
    assert given_key == bytes(32) and bytes(kept.view()) == b"k" * 32 and "kk" not in repr(kept)
    kept.wipe()
    assert bytes(kept.view()) == bytes(32)
    with pytest.raises(TypeError):
        pickle.dumps(kept)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_cannot_wipe_its_parents_key() -> None:
    code = (
        "import os\nfrom mai.engine.guard import Locked\nkept = Locked(b'k' * 32)\n"
        "if (child := os.fork()) == 0:\n    kept.wipe()\n    os._exit(0)\n"
        "os.waitpid(child, 0)\nprint(bytes(kept.view()) == b'k' * 32)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def test_logs_and_plain_texts_of_many_threads() -> None:
    """Plain texts come and go while others log."""

    def work() -> None:
        for number in range(300):
            plain = Plain(f"{PROMPT} {number}")
            assert repeats_plain_text(f"it is {PROMPT} {number}") and plain

    threads = [threading.Thread(target=work) for _ in range(4)]
    failed = list[object]()
    before, threading.excepthook = threading.excepthook, failed.append
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.excepthook = before
    assert failed == []
