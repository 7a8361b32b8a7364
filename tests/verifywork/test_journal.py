"""What a verifier keeps: nothing is lost in a kill, nothing is said twice, and nothing is contradicted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mai.chain.spotcheck import SpotChecks
from mai.errors import MaiError
from mai.verifywork.journal import MEANT, SAID, THIRD, Journal
from solders.pubkey import Pubkey
from verifywork.court import Court, other_answer

ME, CHECK, WORK = Pubkey.new_unique(), Pubkey.new_unique(), Pubkey.new_unique()


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["before the challenge is sent", "after it was sent"])
def test_a_challenge_survives_a_death_and_is_sent_once(
    court: Court, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, work = court.work(lies=other_answer)
    first = court.verifier("first")
    wallet = first.votes.owner
    sent = []
    honest = SpotChecks.open

    def dying(self: SpotChecks, *arguments: object) -> object:
        if moment.startswith("after"):
            sent.append(honest(self, *arguments))  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(SpotChecks, "open", dying)
    with pytest.raises(Killed):
        first.round()
    (word,) = first.journal.words()
    assert word.state == MEANT
    first.journal.close()

    def counted(self: SpotChecks, *arguments: object) -> object:
        sent.append(honest(self, *arguments))  # type: ignore[arg-type]
        return sent[-1]

    monkeypatch.setattr(SpotChecks, "open", counted)
    from types import SimpleNamespace

    again = court.verifier("first", wallet=SimpleNamespace(keypair=wallet, address=wallet.pubkey()))
    for _ in range(3):
        again.round()
    assert len(sent) == 1
    assert [word.state for word in again.journal.words()] == [SAID]
    assert court.net.economy.exists(court.net.economy.check_address(work, again.stake))


def test_a_third_that_died_does_not_speak_twice(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    court.work(lies=other_answer)
    second = court.verifier("second")
    first = court.verifier("first")
    first.round()
    court.pass_slots()
    honest = SpotChecks.decide

    def dying(self: SpotChecks, *arguments: object) -> None:
        honest(self, *arguments)  # type: ignore[arg-type]
        raise Killed

    # It became a verifier before the check: it is the third.
    monkeypatch.setattr(SpotChecks, "decide", dying)
    with pytest.raises(Killed):
        second.round()
    monkeypatch.undo()
    slot = court.net.slot()
    monkeypatch.setattr(SpotChecks, "decide", lambda *_: pytest.fail("it speaks twice"))
    second.votes.settle_meant()
    assert [word.state for word in second.journal.words()] == [SAID]
    assert court.net.slot() == slot
    second.round()
    assert second.summary().words == 1


def test_a_verifier_does_not_contradict_itself(court: Court) -> None:
    _, work = court.work(lies=other_answer)
    verifier = court.verifier("first")
    verifier.round()
    with pytest.raises(MaiError, match=r"meant to say .* nothing is said"):
        verifier.votes.challenge(work, bytes(32))


def test_a_journal_belongs_to_one_verifier_and_one_cluster(tmp_path: Path) -> None:
    path = tmp_path / "verifier.sqlite"
    Journal(path, ME, "a cluster").close()
    Journal(path, ME, "a cluster").close()
    with pytest.raises(MaiError, match="of another cluster"):
        Journal(path, ME, "another")
    with pytest.raises(MaiError, match="of another verifier"):
        Journal(path, WORK, "a cluster")
    path.write_bytes(b"no database at all, but long enough to be one" * 99)
    with pytest.raises(MaiError, match="is no journal"):
        Journal(path, ME, "a cluster")


KILLED = """
import os, signal, sys
from pathlib import Path
from mai.verifywork.journal import THIRD, Journal
from solders.pubkey import Pubkey
journal = Journal(Path(sys.argv[1]), Pubkey.default(), "c")
for number in range(200):
    at = Pubkey(number.to_bytes(32, "little"))
    journal.note(at, at, "drawn")
    journal.mean(at, at, THIRD, number.to_bytes(32, "little"))
    if number == 50:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_meant_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "verifier.sqlite"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", KILLED, path], env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    journal = Journal(path, Pubkey.default(), "c")
    words = journal.words(MEANT)
    assert sorted(int.from_bytes(word.output, "little") for word in words) == list(range(51))
    assert {word.role for word in words} == {THIRD}
    assert journal.counts() == {"drawn": 51}
