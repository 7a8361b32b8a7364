"""What a miner keeps: sealed, whole, bounded, one device a folder, one process a folder."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.engine.salted import Salted
from mai.errors import MaiError
from mai.miner import journal as journals
from mai.miner.control import Control, only_one, running
from mai.miner.journal import Journal, Work
from mai.miner.offers import LocalOffers, Timing
from mai.miner.seal import Seal
from mai.miner.states import ENDS, WAY, Kind, State, follows
from solders.pubkey import Pubkey

TIMING = Timing(1, 1)
TASK, MODEL = Pubkey(bytes(range(32))), Pubkey(bytes(range(1, 33)))
SECRET = (7001, 7002, 7003)


def prompt(tokens: tuple[int, ...] = SECRET) -> Salted:
    return Salted(tokens, tuple(bytes([index]) * 16 for index in range(len(tokens))))


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return Seal.of(tmp_path / "key")


def test_nothing_that_was_sent_is_readable_on_disk(tmp_path: Path, seal: Seal) -> None:
    offers = LocalOffers(tmp_path / "offers.sqlite", seal)
    offers.put(TASK, MODEL, prompt())
    journal = Journal(tmp_path / "journal.sqlite", seal)
    journal.begin(Work("w", Kind.TASK, str(TASK), str(MODEL)), {"prompt": prompt().encode()})
    offers.deliver(TASK, prompt((9001,)), TIMING)
    assert offers.answer(TASK) == prompt((9001,)) and offers.prompt(TASK) == prompt()
    assert Salted.decode(journal.blob("w", "prompt") or b"", "the prompt") == prompt()
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name != "key")
    assert (
        b"7001" not in raw and b"9001" not in raw and b"01010101" not in raw and (1).to_bytes(1, "big") * 16 not in raw
    )


def test_another_key_or_another_place_opens_nothing(tmp_path: Path, seal: Seal) -> None:
    sealed = seal.close(b"tokens", "a")
    assert seal.open(sealed, "a") == b"tokens"
    for found, name in ((seal, "b"), (Seal.of(tmp_path / "other"), "a")):
        with pytest.raises(MaiError, match="does not open"):
            found.open(sealed, name)
    with pytest.raises(MaiError, match="does not open"):
        seal.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "a")
    with pytest.raises(MaiError, match="does not open"):
        seal.open(b"", "a")


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    Seal.of(path)
    assert path.stat().st_mode & 0o077 == 0 and len(path.read_bytes()) == 32
    path.chmod(0o644)
    with pytest.raises(MaiError, match="others can read"):
        Seal.of(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(MaiError, match="is not a key file"):
        Seal.of(path)


@given(context=st.binary(max_size=64), other=st.binary(max_size=64), count=st.integers(0, 20))
def test_salts_follow_from_the_context_alone(context: bytes, other: bytes, count: int) -> None:
    seal = Seal(bytes(32))
    salts = seal.salts(context, count)
    assert salts == Seal(bytes(32)).salts(context, count + 3)[:count]
    assert len(set(salts)) == count and all(len(salt) == 16 for salt in salts)
    if other != context and count:
        assert not set(salts) & set(seal.salts(other, count))
        assert not set(salts) & set(Seal(b"\1" * 32).salts(context, count))


def test_an_offer_is_checked_before_it_is_kept(tmp_path: Path, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    for tokens, salts in (((), ()), ((1,), ()), ((1,), (b"short",)), ((-1,), (bytes(16),)), ((2**32,), (bytes(16),))):
        with pytest.raises(MaiError):
            Salted(tokens, salts)
    offers = LocalOffers(tmp_path / "offers.sqlite", seal)
    monkeypatch.setattr("mai.miner.offers.MOST_OFFERS", 2)
    offers.put(TASK, MODEL, prompt())
    offers.put(TASK, MODEL, prompt((1,)))
    assert [offer.tokens for offer in offers.pending(MODEL)] == [3] and offers.pending(TASK) == []
    offers.put(MODEL, MODEL, prompt())
    with pytest.raises(MaiError, match="2 offers wait already"):
        offers.put(Pubkey.default(), MODEL, prompt())
    offers.deliver(TASK, prompt((5,)), TIMING)
    offers.deliver(TASK, prompt((6,)), TIMING)
    assert offers.answer(TASK) == prompt((5,))
    assert [offer.task for offer in offers.pending(MODEL)] == [MODEL]


@given(old=st.sampled_from(State), new=st.sampled_from(State))
def test_a_work_goes_its_way_or_ends(old: State, new: State) -> None:
    expected = old not in ENDS and (
        new in ENDS - {State.SETTLED} or (new in WAY and WAY.index(new) == WAY.index(old) + 1)
    )
    assert follows(old, new) == expected


def test_a_step_is_recorded_with_all_that_belongs_to_it(tmp_path: Path, seal: Seal) -> None:
    journal = Journal(tmp_path / "journal.sqlite", seal)
    work = Work("w", Kind.TASK, "t", "m")
    assert journal.begin(work, {"prompt": b"p"}) and not journal.begin(work, {"prompt": b"q"})
    assert journal.blob("w", "prompt") == b"p"
    with pytest.raises(MaiError, match="cannot go from seen to committed"):
        journal.record("w", State.COMMITTED, blobs={"answer": b"a"})
    assert journal.blob("w", "answer") is None
    with pytest.raises(TypeError):
        journal.record("w", State.ASSIGNED, blobs={"answer": b"a"}, no_such_field=1)
    assert journal.blob("w", "answer") is None and journal.work("w").state is State.SEEN  # type: ignore[union-attr]
    journal.record("w", State.ASSIGNED, blobs={"answer": b"a"}, tokens=3)
    found = Journal(tmp_path / "journal.sqlite", seal).work("w")
    assert found is not None and (found.state, found.tokens) == (State.ASSIGNED, 3)
    journal.record("w", State.FAILED, reason="why")
    with pytest.raises(MaiError, match="cannot go from failed"):
        journal.record("w", State.RUN)
    assert [event.event for event in journal.history()] == ["seen", "assigned", "failed"]


def test_what_is_kept_is_bounded(tmp_path: Path, seal: Seal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MOST_HISTORY", 10)
    monkeypatch.setattr(journals, "MOST_REFUSALS", 4)
    journal = Journal(tmp_path / "journal.sqlite", seal)
    for number in range(30):
        journal.refuse(f"task {number}", "NoPrompt", "why", passing=True)
    assert not journal.refuse("task 29", "NoPrompt", "why", passing=True)
    assert journal.refuse("task 29", "Paused", "why", passing=True)
    assert len(journal.history()) == 10 and len(journal.refusals()) == 4
    monkeypatch.setattr(journals, "KEPT_S", -1)
    journal.begin(Work("w", Kind.TASK, "t", "m"), {"prompt": b"p"})
    assert journal.forget_old() == 0
    journal.record("w", State.MISSED)
    assert journal.forget_old() == 1 and journal.blob("w", "prompt") is None


def test_a_damaged_journal_is_one_sentence(tmp_path: Path, seal: Seal) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(MaiError, match="cannot be opened"):
        Journal(tmp_path / "journal.sqlite", seal)
    journal = Journal(tmp_path / "good.sqlite", seal)
    journal.keep("w", "prompt", b"p")
    with sqlite3.connect(tmp_path / "good.sqlite") as db:
        db.execute("UPDATE blobs SET data = zeroblob(40)")
    with pytest.raises(MaiError, match="w prompt does not open"):
        journal.blob("w", "prompt")


def test_one_miner_a_folder(tmp_path: Path) -> None:
    assert running(tmp_path) is None
    hold = (
        "import sys; from pathlib import Path; from mai.miner.control import only_one\n"
        "with only_one(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    process = subprocess.Popen(
        [sys.executable, "-c", hold, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    )
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    assert running(tmp_path) == process.pid
    with pytest.raises(MaiError, match="is running on"), only_one(tmp_path):
        pass
    process.kill()
    process.wait()
    with only_one(tmp_path):
        pass


def test_who_looks_is_no_other_miner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A miner begins while `mai mine status` holds the lock, to see whether somebody has it."""
    (tmp_path / "mine.lock").touch()
    with (tmp_path / "mine.lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        waits: list[float] = []

        def looked(seconds: float) -> None:
            waits.append(seconds)
            fcntl.flock(looking, fcntl.LOCK_UN)

        monkeypatch.setattr("mai.miner.control.time.sleep", looked)
        with only_one(tmp_path):
            assert running(tmp_path) == os.getpid() and len(waits) == 1


def test_the_control_is_in_the_journal(tmp_path: Path, seal: Seal) -> None:
    journal = Journal(tmp_path / "journal.sqlite", seal)
    control = Control(journal)
    assert control.begin(("gpu0", "gpu1"), None) == "balanced"
    assert control.pause("gpu0") == {"gpu0"} and control.pause(None) == {"gpu0", "gpu1"}
    assert Control(Journal(tmp_path / "journal.sqlite", seal)).resume("gpu0") == {"gpu1"}
    with pytest.raises(MaiError, match="this miner has no gpu7: it has gpu0, gpu1"):
        control.pause("gpu7")
    assert control.preset("30") == "flexible 30"
    with pytest.raises(MaiError, match="is no preset"):
        control.preset("most")
    assert control.begin(("gpu0",), None) == "flexible 30" and control.begin(("gpu0",), "light") == "light"
