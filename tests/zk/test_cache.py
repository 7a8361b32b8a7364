"""The cache: made once, atomic, repaired when damaged, clean after interruptions."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mai_zk import cache
from mai_zk.errors import ZkError
from patience import WAIT_SECONDS


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for each test."""
    monkeypatch.setenv("MAI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Fills a folder with two files and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        (folder / "a").write_bytes(b"first")
        (folder / "b").write_bytes(b"second")


def test_an_entry_is_made_once() -> None:
    maker = Maker()
    first = cache.entry("kind", "key", maker)
    assert cache.entry("kind", "key", maker) == first
    assert maker.calls == 1
    assert (first / "a").read_bytes() == b"first"


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete", "extra", "manifest", "no manifest", "list manifest"])
def test_a_damaged_entry_is_made_again(damage: str) -> None:
    maker = Maker()
    folder = cache.entry("kind", "key", maker)
    if damage == "flip":
        (folder / "a").write_bytes(b"firsu")
    elif damage == "truncate":
        (folder / "b").write_bytes(b"")
    elif damage == "delete":
        (folder / "a").unlink()
    elif damage == "extra":
        (folder / "c").write_bytes(b"")
    elif damage == "no manifest":
        (folder / cache.MANIFEST).unlink()
    else:
        (folder / cache.MANIFEST).write_text("[]" if damage == "list manifest" else "{")
    again = cache.entry("kind", "key", maker)
    assert maker.calls == 2
    assert sorted(path.name for path in again.iterdir()) == ["a", "b", cache.MANIFEST]
    assert (again / "a").read_bytes() == b"first"


@pytest.mark.parametrize("error", [ZkError("no"), KeyboardInterrupt(), MemoryError()])
def test_an_interrupted_maker_leaves_nothing(root: Path, error: BaseException) -> None:
    def make(folder: Path) -> None:
        (folder / "half").write_bytes(b"half")
        raise error

    with pytest.raises(type(error)):
        cache.entry("kind", "key", make)
    assert list((root / "kind").iterdir()) == []


def test_a_killed_run_is_swept_up(root: Path) -> None:
    script = (
        "import os, signal\nfrom mai_zk import cache\n"
        "def make(folder):\n    (folder / 'half').write_bytes(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "cache.entry('kind', 'key', make)\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert len(list((root / "kind").iterdir())) == 1
    maker = Maker()
    cache.entry("kind", "key", maker)
    assert maker.calls == 1
    assert [path.name for path in (root / "kind").iterdir()] == ["key"]


def test_a_running_process_keeps_its_scratch_folder() -> None:
    with cache.scratch() as first:
        with cache.scratch():
            assert first.is_dir()
        assert first.is_dir()
    assert not first.exists()


def test_write_atomic_replaces_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    cache.write_atomic(path, b"old")
    cache.write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_a_cache_that_cannot_be_made_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("MAI_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ZkError, match="set MAI_CACHE"):
        cache.cache_dir()
    with pytest.raises(ZkError, match="cannot be written"):
        cache.write_atomic(tmp_path / "file" / "x", b"")
    with pytest.raises(ZkError, match="cannot be read"):
        cache.sha256_file(tmp_path / "none")


def test_xdg_is_used_where_mai_cache_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAI_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_dir() == tmp_path / "xdg" / "mai"


def test_content_hash_separates_its_parts() -> None:
    assert cache.content_hash(b"ab", b"c") != cache.content_hash(b"a", b"bc")


def test_of_many_who_need_an_entry_one_makes_it(tmp_path: Path) -> None:
    """Processes that start while the entry is being made wait for it; none sees half of it."""
    made, asked = tmp_path / "made", tmp_path / "asked"
    script = (
        "import os, sys, time\nfrom pathlib import Path\nfrom mai_zk import cache\n"
        "made, asked, others = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])\n"
        "def make(folder):\n"
        "    with made.open('a') as file: file.write('x')\n"
        "    while len(asked.read_text()) < others: time.sleep(0.01)\n"
        "    (folder / 'whole').write_bytes(b'whole')\n"
        "with asked.open('a') as file: file.write('x')\n"
        "print((cache.entry('kind', 'key', make) / 'whole').read_text())\n"
    )
    count = 4
    command = [sys.executable, "-c", script, str(made), str(asked), str(count)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    assert [process.communicate(timeout=WAIT_SECONDS)[0] for process in running] == ["whole\n"] * count
    assert made.read_text() == "x"


def test_who_waits_takes_over_from_who_was_killed(tmp_path: Path) -> None:
    started = tmp_path / "started"
    script = (
        "import signal, sys\nfrom pathlib import Path\nfrom mai_zk import cache\n"
        "def make(folder):\n    Path(sys.argv[1]).touch()\n    signal.pause()\n"
        "cache.entry('kind', 'key', make)\n"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(started)])
    maker = Maker()
    try:
        while not started.exists():
            assert holder.poll() is None
            time.sleep(0.01)
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(cache.entry, "kind", "key", maker)
            assert not waiting.done()
            holder.kill()
            waiting.result(timeout=WAIT_SECONDS)
    finally:
        holder.kill()
        holder.wait()
    assert maker.calls == 1
