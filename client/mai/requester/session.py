"""One ask from its prompt to its receipt, for the command line and for the API: the steps in their order."""

from __future__ import annotations

from pathlib import Path

from mai_zk.errors import ZkError
from mai_zk.language.model import ProvableModel, question
from solders.pubkey import Pubkey

from mai.audit.source import RpcSource, Source
from mai.chain.cluster import Cluster
from mai.chain.rpc import Rpc
from mai.errors import MaiError
from mai.requester.ask import Asker, Order, Say, Wait
from mai.requester.journal import Ask
from mai.requester.receipt import Receipt, receipt_of, text_of

RECEIPTS = "receipts"


def asked(model: ProvableModel, text: str) -> str:
    """What somebody types as the model's prompt; MaiError where it cannot be one."""
    try:
        return question(model, text)
    except ZkError as error:
        raise MaiError(f"{model.name} cannot be asked this: {error}") from error


def begin(asker: Asker, model: ProvableModel, text: str, order: Order) -> Ask:
    """Write an ask down; nothing is sent."""
    return asker.prepare(model, text, order)


def go_on(asker: Asker, ask: Ask, wait: Wait, timeout: float, say: Say) -> None:
    """Everything that is left of an ask, up to ``wait``; raises as the steps do."""
    if ask.answer is None:
        asker.post(ask)
        say("posted", f"task {ask.task}")
        asker.offer(ask, say)
    asker.finish(ask, wait, timeout, say)


def answer_text(ask: Ask, model: ProvableModel) -> str:
    """What the answer says; its tokens where the model cannot tell."""
    assert ask.answer is not None
    tokens = ask.answer.salted.tokens
    text = text_of(model, tokens)
    return " ".join(map(str, tokens)) if text is None else text


def receipt(asker: Asker, ask: Ask, model: ProvableModel) -> Receipt:
    """The receipt of an ask that is answered, as the chain is now."""
    return receipt_of(ask, asker.reader, model, history_of(asker.economy.cluster))


def history_of(cluster: Cluster) -> Source | None:
    """The past of a cluster, where it has one that can be asked."""
    return RpcSource(cluster) if isinstance(cluster, Rpc) else None


def receipt_path(folder: Path, task: Pubkey) -> Path:
    """Where a task's receipt is kept unless somebody names a file."""
    path = folder / RECEIPTS
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path / f"{task}.json"
