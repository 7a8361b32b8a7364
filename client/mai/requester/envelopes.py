"""Prompts sealed to an engine and answers that come back: the requester's side of `mai.engine.envelopes`.

A prompt has `disclose` besides: may whoever holds it show it to verifiers (`mai.requester.disclosure`)?
"""

from __future__ import annotations

import json

from solders.pubkey import Pubkey

from mai.engine.salted import Salted
from mai.engine.sealing import answer_info, prompt_info, seal
from mai.errors import MaiError
from mai.requester.answer import Answer
from mai.requester.sealing import SealingKey


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
