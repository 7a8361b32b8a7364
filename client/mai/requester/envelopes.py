"""What is inside of the sealed prompts and answers between a requester and an engine, on both sides.

A prompt: `{"tokens", "salts", "reply_key", "disclose"}`, sealed to the engine's key for the task and the model. An
answer: `{"tokens", "salts", "text", "record"}`, sealed to the reply key. Salts and keys are in hexadecimal.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.engine.errors import EngineError
from mai.engine.offers import Answer as Given
from mai.engine.offers import Opened
from mai.engine.sealing import KEY_BYTES, Opener, SealError, answer_info, prompt_info, seal
from mai.errors import MaiError
from mai.requester.answer import Answer
from mai.requester.salted import Salted
from mai.requester.sealing import SealingKey


@dataclass(frozen=True)
class Reply:
    """Where an answer goes, and who may read it afterwards.

    Attributes:
        model: the name that the prompt was sealed for.
        key: X25519, 32 bytes.
        disclose: may verifiers read prompt and answer?
    """

    model: str
    key: bytes
    disclose: bool


def sealed_prompt(engine_key: bytes, task: Pubkey, model: str, prompt: Salted, reply: bytes, disclose: bool) -> bytes:
    """A prompt for one engine; raises MaiError where it is too long to be sealed."""
    plain = {**prompt.fields(), "reply_key": reply.hex(), "disclose": disclose}
    return seal(engine_key, prompt_info(bytes(task), model), json.dumps(plain).encode())


def opened_answer(key: SealingKey, task: Pubkey, model: str, envelope: bytes) -> Answer:
    """An answer that came back.

    Raises:
        MaiError: it was sealed to another key or for another task, or it is none.
    """
    try:
        return Answer.read(json.loads(key.open(answer_info(bytes(task), model), envelope)))
    except (ValueError, RecursionError):
        raise MaiError("the sealed answer is no JSON") from None


class HpkeEnvelopes:
    """The engine's side (`mai.engine.offers.Envelopes`): opens prompts by the engine's keys, seals answers.

    Args of the constructor:
        models: the names that the engine serves: an offer's envelope is bound to one of them.
        salts: makes an answer's salts where whoever answered made none: (task, how many).
    """

    def __init__(
        self, keys: Opener, models: Sequence[str], salts: Callable[[str, int], Sequence[bytes]] | None = None
    ) -> None:
        self._keys, self._models, self._salts = keys, tuple(models), salts

    @property
    def public_key(self) -> str:
        """In base64."""
        return base64.b64encode(self._keys.public).decode()

    def open(self, task: str, envelope: bytes) -> Opened:
        """Tokens, salts, and the :class:`Reply`; EngineError envelope_unreadable."""
        try:
            address = bytes(Pubkey.from_string(task))
            model, plain = self._opened(address, envelope)
            fields: dict[str, Any] = json.loads(plain)
            prompt = Salted.read(fields, "the prompt")
            key = bytes.fromhex(fields["reply_key"])
            if len(key) != KEY_BYTES:
                raise ValueError
        except (MaiError, ValueError, KeyError, TypeError, RecursionError):
            raise EngineError("envelope_unreadable", "this was not sealed to this engine, task and model") from None
        return Opened(prompt.tokens, prompt.salts, Reply(model, key, fields.get("disclose") is True))

    def seal(self, task: str, opened: Opened, answer: Given) -> bytes:
        """The sealed answer; EngineError where it has no salts, for then nothing binds it to the chain."""
        reply: Reply = opened.rest
        salts = answer.salts or (() if self._salts is None else tuple(self._salts(task, len(answer.tokens))))
        if len(salts) != len(answer.tokens):
            raise EngineError("internal_error", "an answer needs one salt for each token")
        fields = {**Salted(answer.tokens, salts).fields(), "text": answer.text, "record": answer.record}
        info = answer_info(bytes(Pubkey.from_string(task)), reply.model)
        return seal(reply.key, info, json.dumps(fields).encode())

    def _opened(self, task: bytes, envelope: bytes) -> tuple[str, bytes]:
        for model in self._models:
            try:
                return model, self._keys.open(prompt_info(task, model), envelope).reveal()
            except SealError:
                continue
        raise SealError("this was sealed to another engine, or for another task or model")
