"""One ask: from the prompt to the payment, and every way in which it ends otherwise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mai.chain.tasks import Tasks
from mai.errors import MaiError
from mai.requester.ask import AnswerWrong, Asker, Order, Wait
from mai.requester.journal import ANSWERED, OFFERED, PREPARED, SETTLED, Ask, Journal
from requester.small import Small
from requester.world import Miner, Net


def heard(*_: str) -> None:
    """Nobody listens."""


def offered(net: Net, *miners: Miner, text: str = "cc", **order: Any) -> tuple[Asker, Ask]:
    """An ask whose prompt the miners have been offered."""
    asker = net.asker(net.wallet("requester"), *miners)
    ask = asker.prepare(net.small, text, Order(limit=8, **order))
    asker.post(ask)
    asker.offer(ask, heard)
    return asker, ask


def test_an_answer_is_fetched_and_checked_and_paid(net: Net) -> None:
    miner, wallet = net.new_miner(), net.wallet("requester")
    asker = net.asker(wallet, miner, step=miner.step)
    said: list[str] = []
    ask = asker.prepare(net.small, "cc", Order(limit=8))
    assert not net.economy.exists(ask.task)
    asker.post(ask)
    asker.offer(ask, lambda *words: said.append(words[0]))
    asker.finish(ask, Wait.answer, 120, lambda *words: said.append(words[0]))
    assert said == ["offered", "committed", "answered"]
    assert ask.answer is not None and net.small.decode(ask.answer.salted.tokens) == "ad"
    task = net.read("Task", ask.task)
    assert (bytes(task.input), task.prompt_tokens, task.max_tokens) == (ask.prompt.root, 2, 8)
    assert asker.journal.find(ask.task).state == ANSWERED  # type: ignore[union-attr]
    miner.settle(ask.task)
    again = net.asker(wallet, miner).resume(ask.task)
    assert again == ask
    asker.finish(again, Wait.settled, 60, heard)
    assert again.state == SETTLED


def other_salt(fields: dict[str, Any]) -> None:
    fields["salts"][0] = "00" * 16


def other_token(fields: dict[str, Any]) -> None:
    fields["tokens"][0] = 1


def one_token_less(fields: dict[str, Any]) -> None:
    fields["tokens"].pop()
    fields["salts"].pop()


def other_record(fields: dict[str, Any]) -> None:
    fields["record"]["metadata"]["generated_tokens"] = 3


def other_time(fields: dict[str, Any]) -> None:
    fields["record"]["metadata"]["microseconds"] = 1


@pytest.mark.parametrize(
    ("tamper", "names"),
    [
        (other_salt, ["output"]),
        (other_token, ["output", "metadata"]),
        (one_token_less, ["output", "tokens", "metadata"]),
        (other_record, ["metadata", "signature"]),
        (other_time, ["signature"]),
    ],
)
def test_an_answer_that_was_not_committed_is_refused_by_name(
    net: Net, tamper: Callable[[dict[str, Any]], None], names: list[str]
) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    miner.work(ask.task)
    miner.peer.tamper = tamper
    with pytest.raises(AnswerWrong, match="is refused") as caught:
        asker.finish(ask, Wait.answer, 60, heard)
    assert [item.name for item in caught.value.findings] == names
    # The engine comes to its senses: the ask goes on.
    miner.peer.tamper = lambda fields: None
    miner.deliver(ask.task)
    asker.finish(ask, Wait.answer, 60, heard)
    assert ask.state == ANSWERED


def test_the_answer_is_asked_of_the_engine_that_has_the_work(net: Net) -> None:
    idle, miner = net.new_miner("idle"), net.new_miner("busy")
    asker, ask = offered(net, idle, miner)
    miner.work(ask.task)
    asker.finish(ask, Wait.answer, 60, heard)
    assert "mai_answer" in miner.peer.asked and "mai_answer" not in idle.peer.asked


def test_an_answer_without_metadata_is_bound_by_the_commit_alone(net: Net) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    miner.work(ask.task)
    miner.peer.tamper = lambda fields: fields.pop("record")
    asker.finish(ask, Wait.answer, 60, heard)
    assert ask.answer is not None and ask.answer.record() is None


def test_nobody_takes_the_prompt(net: Net) -> None:
    miner, gone = net.new_miner(), net.new_miner("gone")
    miner.peer.refuses = "it pays too little"
    gone.peer.stop()
    with pytest.raises(MaiError, match=r"no engine takes the prompt .*too little.*does not answer.*mai ask cancel"):
        offered(net, miner, gone)


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("offered", "no miner took the task within 30 s"),
        ("assigned", "a miner has the task, but has not committed within 30 s"),
        ("committed", "the answer is committed, but no engine delivers it within 30 s"),
    ],
)
def test_what_is_waited_for_in_vain_is_said(net: Net, until: str, sentence: str) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    if until != "offered":
        miner.assign(ask.task)
    if until == "committed":
        miner.run(ask.task)
        miner.commit(ask.task)
    with pytest.raises(MaiError, match=f"{sentence}: go on with `mai ask resume {ask.task}`"):
        asker.finish(ask, Wait.answer, 30, heard)


def test_a_task_that_is_taken_back_or_expires_ends_the_ask(net: Net) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    Tasks(net.economy).cancel(asker.signer, ask.task)
    with pytest.raises(MaiError, match="is cancelled: nobody will answer"):
        asker.finish(ask, Wait.answer, 30, heard)
    asker, ask = offered(net, miner, lifetime_s=10)
    net.chain.warp(seconds=11)
    with pytest.raises(MaiError, match="nobody took the task in time: `mai task expire"):
        asker.finish(ask, Wait.answer, 30, heard)


def test_a_task_is_taken_back_and_the_engines_forget_it(net: Net) -> None:
    miner, other = net.new_miner(), net.new_miner("other")
    asker, ask = offered(net, miner, other)
    other.peer.stop()
    said: list[str] = []
    asker.cancel(ask, lambda _, phrase: said.append(phrase))
    assert ask.task not in miner.peer.offers and net.read("Task", ask.task).status == 3
    assert said[0] == miner.peer.url and "was not told" in said[1]
    with pytest.raises(MaiError, match="was taken back: ask again"):
        asker.resume(ask.task)
    asker, ask = offered(net, miner)
    miner.assign(ask.task)
    with net.refuses("TaskNotFree"):
        asker.cancel(ask, heard)
    assert ask.task in miner.peer.offers


def test_an_answer_that_will_not_be_settled_says_so(net: Net) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    work = miner.work(ask.task)
    with pytest.raises(MaiError, match="the answer is here, but not settled within 20 s"):
        asker.finish(ask, Wait.settled, 20, heard)
    net.chain.warp(seconds=3 * 86_400)
    from mai.chain.offences import Offences

    Offences(net.economy).report(asker.signer, work)
    with pytest.raises(MaiError, match="its work is forfeited: it will not be settled"):
        asker.finish(ask, Wait.settled, 20, heard)


def test_proved_is_not_yet_settled(net: Net) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    miner.work(ask.task)
    miner.prove(ask.task)
    asker.finish(ask, Wait.proved, 20, heard)
    assert ask.state == ANSWERED


def test_a_critical_answer_needs_a_second_one(net: Net) -> None:
    miners = [net.new_miner(name, staked=800_000) for name in ("first", "second", "third")]
    # A critical task asks for a proof that misses nothing: what counts here are the votes.
    net.put_parameter(23, 9_000)
    asker, ask = offered(net, *miners, task_class=2)
    miners[0].work(ask.task)
    with pytest.raises(MaiError, match="the answer is committed"):
        asker.finish(ask, Wait.answer, 20, heard)
    miners[1].work(ask.task)
    asker.finish(ask, Wait.answer, 20, heard)
    assert ask.answer is not None


def test_a_model_without_a_manifest_is_not_asked(net: Net) -> None:
    asker = net.asker(net.wallet("requester"), net.new_miner())
    with pytest.raises(MaiError, match="small can be served, but no task of it can be settled yet"):
        asker.prepare(Small(None), "cc", Order())
    strange = Small(replace(net.model, n_leaves=31))
    with pytest.raises(MaiError, match="is not registered on this cluster"):
        asker.prepare(strange, "cc", Order())
    net.withdraw_model()
    with pytest.raises(MaiError, match="not approved"):
        asker.prepare(net.small, "cc", Order())


# What is kept


def test_nothing_on_disk_can_be_read_without_the_key(net: Net) -> None:
    miner, text = net.new_miner(), "abcabcabccba"
    asker, ask = offered(net, miner, text=text)
    miner.work(ask.task)
    asker.finish(ask, Wait.answer, 60, heard)
    folder = net.folder / "asks"
    salts = [*ask.prompt.salts, *ask.answer.salted.salts]  # type: ignore[union-attr]
    secrets = [text.encode(), *salts, *(salt.hex().encode() for salt in salts)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name == "asks.sqlite" for path in files)
    for path in files:
        data = path.read_bytes()
        assert not any(secret in data for secret in secrets), path
        assert path.stat().st_mode & 0o077 == 0 or path.name.startswith("asks.sqlite-")
    (folder / "key").unlink()
    with pytest.raises(MaiError, match="sealed to another key"):
        Journal(folder).find(ask.task)


def test_others_must_not_read_the_key(net: Net) -> None:
    folder = net.folder / "asks"
    Journal(folder).close()
    (folder / "key").chmod(0o644)
    with pytest.raises(MaiError, match="others can read the key"):
        Journal(folder)


def test_an_ask_is_resumed_by_its_own_wallet_on_its_own_cluster(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    miner = net.new_miner()
    _, ask = offered(net, miner)
    other = net.asker(net.wallet("other"), miner)
    with pytest.raises(MaiError, match=f"belongs to the wallet {ask.requester}"):
        other.resume(ask.task)
    monkeypatch.setattr(net.chain, "genesis_hash", lambda: "another", raising=False)
    with pytest.raises(MaiError, match="was asked on another cluster"):
        other.resume(ask.task)


def test_steps_that_were_done_are_not_done_again(net: Net) -> None:
    miner = net.new_miner()
    asker, ask = offered(net, miner)
    slot = net.slot()
    again = asker.resume(ask.task)
    asker.post(again)
    asker.offer(again, heard)
    assert (net.slot(), again.state) == (slot, OFFERED)
    assert miner.peer.asked.count("mai_offer") == 1


KILLED = """
import os, signal, sys
from pathlib import Path
from mai.requester.journal import Ask, Journal
from mai.engine.salted import Salted
from solders.pubkey import Pubkey
journal = Journal(Path(sys.argv[1]))
who = Pubkey.default()
for number in range(200):
    task = Pubkey(number.to_bytes(32, "little"))
    journal.keep(Ask(task, number, "c", who, "small", who, "cc", Salted.fresh([2, 2]), 0, 8, 0, 10))
    print(number, flush=True)
    if number == 50:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_written_down_survives_a_kill(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", KILLED, tmp_path], capture_output=True, env=environment, check=False)
    assert ended.returncode == -signal.SIGKILL
    asks = list(Journal(tmp_path).all())
    assert sorted(ask.nonce for ask in asks) == list(range(51))
    assert {(ask.text, ask.state) for ask in asks} == {("cc", PREPARED)}
