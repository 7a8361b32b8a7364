"""Prompts that were sealed to this engine, and answers sealed to who asked: what an envelope holds, as JSON.

A prompt is {tokens, salts, reply_key}, an answer {tokens, salts, text, record}; salts and the key in hexadecimal.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Protocol

from mai_zk.trace.work import SALT_BYTES
from solders.pubkey import Pubkey

from mai.engine.errors import EngineError
from mai.engine.offers import Answer, Opened
from mai.engine.plain import Plain
from mai.engine.salted import Salted
from mai.engine.sealing import KEY_BYTES, SealError, answer_info, prompt_info, seal
from mai.errors import MaiError


class Keys(Protocol):
    """What :class:`mai.engine.enginekeys.EngineKeys` is here."""

    @property
    def public(self) -> bytes:
        """The key that requesters seal to, 32 bytes."""

    def open(self, info: bytes, envelope: bytes) -> Plain:
        """What was sealed; SealError."""


class SealedPrompts:
    """The :class:`mai.engine.offers.Envelopes` of the network."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @property
    def public_key(self) -> str:
        """In hexadecimal."""
        return self._keys.public.hex()

    def open(self, task: str, model: str, envelope: bytes) -> Opened:
        """A prompt; EngineError envelope_unreadable says nothing of what is inside."""
        try:
            found = json.loads(self._keys.open(prompt_info(_address(task), model), envelope).reveal())
            prompt, reply_key = Salted.read(found, "the prompt"), bytes.fromhex(found["reply_key"])
            if len(reply_key) != KEY_BYTES:
                raise ValueError
        except SealError as error:
            raise EngineError("envelope_unreadable", str(error)) from None
        except (MaiError, ValueError, TypeError, KeyError, RecursionError):
            raise EngineError("envelope_unreadable", "the envelope does not hold a prompt") from None
        return Opened(prompt.tokens, prompt.salts, reply_key)

    def seal(self, task: str, model: str, opened: Opened, answer: Answer) -> bytes:
        """An answer for whoever holds the prompt's reply key; salts are made where the answer has none."""
        salts = answer.salts or tuple(secrets.token_bytes(SALT_BYTES) for _ in answer.tokens)
        plain: dict[str, Any] = {
            "tokens": list(answer.tokens),
            "salts": [salt.hex() for salt in salts],
            "text": answer.text,
            "record": answer.record or None,
        }
        try:
            return seal(opened.rest, answer_info(_address(task), model), json.dumps(plain).encode())
        except SealError as error:
            raise EngineError("envelope_unreadable", str(error)) from None


def _address(task: str) -> bytes:
    try:
        return bytes(Pubkey.from_string(task))
    except ValueError:
        raise MaiError(f"{task} is not a task's address") from None
