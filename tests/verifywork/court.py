"""Verifiers at work in a network with one miner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mai.requester.ask import Order, Wait
from mai.requester.sealing import SealingKey
from mai.verifywork.journal import Journal
from mai.verifywork.prompts import Prompts
from mai.verifywork.rounds import VerifyWork
from requester.small import Small, SmallRun
from requester.world import Miner, Net
from solders.pubkey import Pubkey

DAY = 86_400


def other_answer(run: SmallRun) -> SmallRun:
    """What a miner says that has not run the model to its end."""
    return replace(run, generated=((run.generated[0] + 1) % 3, *run.generated[1:]))


class Court:
    """A miner who is asked, and verifiers who look at it."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.miner: Miner = net.new_miner()
        self.requester = net.wallet("requester")
        self.said: list[tuple[str, str]] = []

    def work(self, text: str = "cc", lies: Callable[[SmallRun], SmallRun] | None = None) -> tuple[Pubkey, Pubkey]:
        """A task and the miner's work on it, committed and delivered."""
        self.miner.lies = lies or (lambda run: run)
        asker = self.net.asker(self.requester, self.miner)
        ask = asker.prepare(self.net.small, text, Order(limit=8, disclose=True))
        asker.post(ask)
        asker.offer(ask, lambda *_: None)
        return ask.task, self.miner.work(ask.task)

    def asked(self, text: str = "cc") -> tuple[Any, Pubkey]:
        """An ask with its answer, and the work."""
        asker = self.net.asker(self.requester, self.miner, step=self.miner.step)
        ask = asker.prepare(self.net.small, text, Order(limit=8, disclose=True))
        asker.post(ask)
        asker.offer(ask, lambda *_: None)
        return asker.finish(ask, Wait.answer, 120, lambda *_: None), ask.work  # type: ignore[return-value]

    def verifier(
        self, name: str, *, model: Small | None = None, rate: int = 10_000, wallet: Any = None, engines: bool = True
    ) -> VerifyWork:
        """Somebody with a verifier stake, at work."""
        net, folder = self.net, self.net.folder / name
        wallet = wallet or net.verifier_wallet(name)
        engines_of = [self.miner.peer.engine()] if engines else []
        prompts = Prompts(engines_of, wallet.keypair, SealingKey.at(folder / "key"), self.now)
        return VerifyWork(
            net.economy,
            wallet.keypair,
            Journal(folder / "verifier.sqlite", wallet.address, "embedded"),
            prompts,
            {net.model_address: model or net.small},
            rate_bps=rate,
            evidence=folder / "evidence",
            say=lambda word, about, phrase: self.said.append((word, phrase)),
        )

    def now(self) -> int:
        """The time that both sides of a disclosure have."""
        self.net.now = self.net.chain.unix_time()
        return self.net.now

    def words(self) -> list[str]:
        """What happened since this was asked last."""
        found, self.said = [word for word, _ in self.said], []
        return found

    def pass_slots(self) -> None:
        self.net.chain.pass_slots(20)

    def pass_days(self, days: int) -> None:
        self.net.chain.warp(seconds=days * DAY + 1)
