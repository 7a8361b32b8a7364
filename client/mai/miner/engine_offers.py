"""Prompts that an engine holds for this miner: requesters send them sealed, and the engine opens them for its owner."""

from __future__ import annotations

import resource
from collections.abc import Mapping, Sequence
from pathlib import Path

from solders.pubkey import Pubkey

from mai.chain.signer import Signer
from mai.engine.blocking import BlockingEngine
from mai.engine.client import EngineClient
from mai.engine.errors import EngineError
from mai.engine.offers import Answer
from mai.engine.protocol import Metadata
from mai.engine.salted import Salted
from mai.engine.signing import output_hash, sign, tokens_hash
from mai.miner.models import Served
from mai.miner.offers import Offer, Timing

BACKEND, DEVICE, NO_GPU = "provable", "cpu", -1
OVER = ("task_finished", "task_not_found")
UNIX = "unix:"


def engine_at(address: str, token: str | None = None) -> BlockingEngine:
    """An engine by its http:// address or, with `unix:` before it, its socket."""
    socket = Path(address.removeprefix(UNIX)) if address.startswith(UNIX) else None
    return BlockingEngine(lambda: EngineClient(address, uds=socket, token=token))


class EngineOffers:
    """The :class:`mai.miner.offers.Offers` of `mai engine serve --held`."""

    def __init__(self, engine: BlockingEngine, served: Mapping[Pubkey, Served], owner: Signer) -> None:
        """``owner``: signs the record of each answer."""
        self._engine, self._served, self._owner = engine, served, owner

    def pending(self, model: Pubkey) -> Sequence[Offer]:
        """See Offers.pending."""
        name = self._served[model].model.name
        held = [Pubkey.from_string(told["task"]) for told in self._engine.held() if told["model"] == name]
        prompts = [(task, self.prompt(task)) for task in held]
        return [Offer(task, model, len(prompt.tokens)) for task, prompt in prompts if prompt is not None]

    def prompt(self, task: Pubkey) -> Salted | None:
        """See Offers.prompt."""
        try:
            opened = self._engine.open(str(task))
        except EngineError as error:
            if error.name in OVER:
                return None
            raise
        return Salted(opened.tokens, opened.salts)

    def deliver(self, task: Pubkey, answer: Salted, timing: Timing) -> None:
        """See Offers.deliver."""
        try:
            told, opened = self._engine.status(str(task)), self._engine.open(str(task))
            served = next(item for item in self._served.values() if item.model.name == told["model"])
            text = served.model.decode(answer.tokens)
            metadata = Metadata(
                request=str(task), task=str(task), model=served.model.name, weights=served.manifest.hash.hex(),
                backend=BACKEND, device=DEVICE, prompt_tokens=len(opened.tokens), generated_tokens=len(answer.tokens),
                started_us=timing.ended_us - 1000 * timing.active_ms, ended_us=timing.ended_us, load_us=0,
                microseconds=1000 * timing.active_ms, gpu_permille=NO_GPU,
                peak_ram_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                output_hash=output_hash(text), tokens_hash=tokens_hash(answer.tokens),
                finish="stop" if served.manifest.is_end(answer.tokens[-1]) else "length", seed=0, attempts=1,
            )  # fmt: skip
            signer, signature = sign(metadata, self._owner)
            record = {"metadata": metadata.plain(), "signer": signer, "signature": signature}
            self._engine.finish(str(task), Answer(answer.tokens, text, record, answer.salts))
        except EngineError as error:
            if error.name not in OVER:
                raise
