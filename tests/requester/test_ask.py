"""One ask: from the prompt to the payment, and every way in which it ends otherwise."""

from __future__ import annotations

from mai.requester.ask import Order, Wait
from mai.requester.journal import ANSWERED, SETTLED
from requester.world import Net


def heard(*_: str) -> None:
    """Nobody listens."""


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
