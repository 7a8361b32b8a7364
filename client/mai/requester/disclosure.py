"""Who may see a prompt and its answer afterwards, to run them again: somebody with a verifier stake who signs for it.

A disclosure is asked for by JSON-RPC, `mai_disclose`, of the requester: an engine has erased the prompt by the time
that anybody may ask (docs/how-to/verify-work.md). It comes sealed to a key of the asking verifier's, who checks it
against the roots on chain, so a false one harms nobody.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mai_zk.trace import Position
from solders.pubkey import Pubkey
from solders.signature import Signature

from mai.chain.signer import Signer
from mai.engine.salted import MOST_TOKENS, Salted
from mai.engine.sealing import KEY_BYTES, seal
from mai.errors import MaiError
from mai.requester.sealing import SealingKey

DOMAIN = b"\xffMAI disclosure v1\n"
"""A Solana transaction never begins with 0xff, so no request can be passed off as one."""
FRESH_SECONDS = 300
"""How old a request may be, by the clock of whoever is asked; a node's clock may be a few minutes off."""
_INFO = b"MAI disclosure 1\0"


class NotDisclosed(MaiError):
    """A prompt cannot be had."""


@dataclass(frozen=True)
class Disclosed:
    """A prompt with its answer.

    Attributes:
        positions: what the miner committed of every position; None where whoever disclosed has it not.
    """

    prompt: Salted
    answer: Salted
    positions: tuple[Position, ...] | None = None

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        positions = None
        if self.positions is not None:
            positions = [[item.integers.hex(), *(part.hex() for part in item.carried)] for item in self.positions]
        return {"prompt": self.prompt.fields(), "answer": self.answer.fields(), "positions": positions}

    @classmethod
    def read(cls, fields: Any) -> Disclosed:
        """The reverse, of what somebody else wrote.

        Raises:
            MaiError: it is none.
        """
        if not isinstance(fields, Mapping):
            raise MaiError("the disclosure is none")
        prompt, answer = (Salted.read(fields.get(name), f"the disclosed {name}") for name in ("prompt", "answer"))
        positions = fields.get("positions")
        return cls(prompt, answer, None if positions is None else _positions(positions))

    def sealed(self, task: Pubkey, reply_key: bytes) -> bytes:
        """For the eyes of the holder of ``reply_key`` alone."""
        return seal(reply_key, _INFO + bytes(task), json.dumps(self.fields()).encode())

    @classmethod
    def opened(cls, task: Pubkey, key: SealingKey, envelope: bytes) -> Disclosed:
        """The reverse; raises MaiError."""
        try:
            return cls.read(json.loads(key.open(_INFO + bytes(task), envelope)))
        except (ValueError, RecursionError):
            raise MaiError("the disclosure is no JSON") from None


@dataclass(frozen=True)
class Request:
    """A request that was found good."""

    task: Pubkey
    verifier: Pubkey
    reply_key: bytes


def asked(task: Pubkey, verifier: Signer, reply_key: bytes, now: int) -> dict[str, Any]:
    """The parameters of `mai_disclose`, signed.

    Args:
        reply_key: X25519, 32 bytes.
        now: seconds since the epoch.
    """
    fields = {"task": str(task), "verifier": str(verifier.pubkey()), "reply_key": reply_key.hex(), "time": now}
    return {**fields, "signature": str(verifier.sign_message(_signed(fields)))}


def admit(parameters: Mapping[str, Any], now: int, is_verifier: Callable[[Pubkey], bool]) -> Request:
    """A request, if it is to be answered.

    Args:
        now: seconds since the epoch.
        is_verifier: does this wallet have a verifier stake?

    Raises:
        NotDisclosed: it is malformed, old, not signed, or of somebody without a stake.
    """
    try:
        fields = {name: parameters[name] for name in ("task", "verifier", "reply_key", "time")}
        task, verifier = Pubkey.from_string(fields["task"]), Pubkey.from_string(fields["verifier"])
        reply_key, time = bytes.fromhex(fields["reply_key"]), int(fields["time"])
        signed = Signature.from_string(parameters["signature"]).verify(verifier, _signed(fields))
        if len(reply_key) != KEY_BYTES:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise NotDisclosed("the request for a disclosure cannot be read") from None
    if not signed:
        raise NotDisclosed("the request for a disclosure is not signed by the verifier that it names")
    if abs(now - time) > FRESH_SECONDS:
        raise NotDisclosed(f"the request for a disclosure is not of the last {FRESH_SECONDS} s")
    if not is_verifier(verifier):
        raise NotDisclosed(f"the wallet {verifier} has no verifier stake: prompts are disclosed to verifiers alone")
    return Request(task, verifier, reply_key)


def _signed(fields: Mapping[str, Any]) -> bytes:
    return DOMAIN + json.dumps(dict(fields), sort_keys=True, separators=(",", ":")).encode()


def _positions(found: Any) -> tuple[Position, ...]:
    if not isinstance(found, Sequence) or isinstance(found, str) or len(found) > MOST_TOKENS:
        raise MaiError("the disclosed positions are none, or too many")
    try:
        parts = [tuple(bytes.fromhex(text) for text in item) for item in found]
        if any(len(part) != 32 for item in parts for part in item):
            raise ValueError
        return tuple(Position(item[0], item[1:]) for item in parts)
    except (TypeError, ValueError, IndexError):
        raise MaiError("the disclosed positions have a digest that is none") from None
