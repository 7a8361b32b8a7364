"""Getting a prompt with its answer: from receipts that were handed over, or by asking those who hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.requester.disclosure import Disclosed, NotDisclosed, asked
from mai.requester.engines import Engine
from mai.requester.receipt import Receipt
from mai.requester.sealing import SealingKey
from mai.verifywork.execute import check_disclosed


class Prompts:
    """Where a verifier gets what works were done on.

    Attributes:
        held: disclosures that are here already, by work.
    """

    def __init__(self, engines: Sequence[Engine], verifier: Signer, key: SealingKey, now: Callable[[], int]) -> None:
        """``key``: what is disclosed is sealed to it; ``now``: seconds since the epoch, for requests."""
        self.engines, self.verifier, self.key, self.now = list(engines), verifier, key, now
        self.held: dict[Pubkey, Disclosed] = {}

    def hold(self, receipt: Receipt) -> None:
        """Take prompt and answer from a receipt.

        Raises:
            MaiError: it is a private one.
        """
        prompt, answer = receipt.prompt.salted, receipt.answer.salted
        if prompt is None or answer is None:
            raise MaiError("a private receipt has neither prompt nor answer: the work cannot be run again with it")
        self.held[receipt.work] = Disclosed(prompt, answer)

    def of(self, address: Pubkey, task: Any, work: Any, trace: Any | None) -> Disclosed:
        """The prompt and answer of a work, checked against the chain.

        Raises:
            NotDisclosed: with what everybody who was asked said.
        """
        reasons = []
        sources: Mapping[str, Callable[[], Disclosed]] = {
            **({"the receipt": lambda: self.held[address]} if address in self.held else {}),
            **{engine.shown: self._asking(engine, work.task) for engine in self.engines},
        }
        for name, source in sources.items():
            try:
                found = source()
                check_disclosed(found, task, work, trace)
            except MaiError as error:
                reasons.append(f"{name}: {error}")
                continue
            return found
        raise NotDisclosed("; ".join(reasons) or "nobody is known who could disclose it: name an --engine")

    def _asking(self, engine: Engine, task: Pubkey) -> Callable[[], Disclosed]:
        def ask() -> Disclosed:
            request = asked(task, self.verifier, self.key.public, self.now())
            return Disclosed.opened(task, self.key, engine.disclose(request))

        return ask
