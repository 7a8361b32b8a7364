"""What an answer must be: each rule once, for whoever just got one and for whoever reads a receipt later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.engine.salted import Salted
from mai.engine.signing import tokens_hash, verified
from mai.errors import MaiError
from mai.miner.context import WorkContext
from mai.requester.printable import printable

MOST_METADATA_BYTES, MOST_SIGNATURE = 16 * 1024, 128


@dataclass(frozen=True)
class Answer:
    """What an engine delivered.

    Attributes:
        metadata: what the engine says of the run; None where it says nothing.
        signer, signature: base58 (`mai.engine.signing`); empty where the engine has no key.
    """

    salted: Salted
    metadata: dict[str, Any] | None = None
    signer: str = ""
    signature: str = ""

    def record(self) -> dict[str, Any] | None:
        """The signed record, as the engine gave it."""
        if self.metadata is None:
            return None
        return {"metadata": self.metadata, "signer": self.signer, "signature": self.signature}

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        return {**self.salted.fields(), **(self.record() or {})}

    @classmethod
    def read(cls, fields: object) -> Answer:
        """The reverse, of what an engine sent.

        Raises:
            MaiError: it is no answer.
        """
        salted = Salted.read(fields, "the answer")
        assert isinstance(fields, Mapping)
        given = fields["record"] if isinstance(fields.get("record"), Mapping) else fields
        record = read_record(given) if given.get("metadata") is not None else {}
        return cls(salted, **record)


def read_record(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata, signer and signature of a record that somebody else wrote.

    Raises:
        MaiError: it is none.
    """
    metadata = fields.get("metadata")
    signer, signature = fields.get("signer") or "", fields.get("signature") or ""
    if not isinstance(metadata, dict) or len(json.dumps(metadata)) > MOST_METADATA_BYTES:
        raise MaiError("the answer's metadata is none, or too long")
    if not all(isinstance(text, str) and len(text) <= MOST_SIGNATURE for text in (signer, signature)):
        raise MaiError("the answer's signature cannot be read")
    return {"metadata": metadata, "signer": signer, "signature": signature}


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, and what is wrong with it (None: nothing)."""

    name: str
    wrong: str | None
    right: str


def context_of(chain_id: int, task_address: Pubkey, task: Any, work: Any) -> bytes | None:
    """A work's context made again; None where the seed of its round is gone, because another round began."""
    if not task.seeded or task.round != work.round:
        return None
    return WorkContext(
        chain_id, task_address, task.model, task.input, work.miner, task.seed, work.round, work.assigned_ts
    ).digest()


def against_chain(
    chain_id: int, address: Pubkey, task: Any, work: Any, context: bytes, inputs: bytes, outputs: bytes
) -> Iterator[Finding]:
    """Are roots and context those of the task and the work on chain?

    Args:
        context, inputs, outputs: as whoever delivers the answer has them, 32 bytes each.
    """
    yield same("input", inputs, task.input, "the prompt", "the task")
    yield same("output", outputs, work.output, "the answer", "the work")
    made = context_of(chain_id, address, task, work)
    if context != work.context:
        yield same("context", context, work.context, "the context", "the work")
    elif made is None:
        yield Finding("context", None, "the work's own (not made again: another round has begun since)")
    else:
        yield same("context", made, work.context, "the context made again from the assignment", "the work")


def counts(task: Any, work: Any, prompt: int, answer: int) -> Iterator[Finding]:
    """Are there as many tokens as the chain says?"""
    wrong = None
    if prompt != task.prompt_tokens:
        wrong = f"the prompt has {prompt} tokens, the task says {task.prompt_tokens}"
    elif answer != work.tokens:
        wrong = f"the answer has {answer} tokens, the work says {work.tokens}"
    elif answer > task.max_tokens:
        wrong = f"the answer has {answer} tokens, the task asked for at most {task.max_tokens}"
    yield Finding("tokens", wrong, f"{prompt} in, {answer} out")


def metadata_findings(
    record: Mapping[str, Any], *, owner: Pubkey, task: Pubkey, prompt: int, answer: int, tokens: Sequence[int] | None
) -> Iterator[Finding]:
    """Does the metadata speak of this answer, and has the work's owner signed it?

    Args:
        owner: the wallet that the work belongs to.
        prompt, answer: how many tokens they have.
        tokens: the answer's; None where only their hashes are known.
    """
    metadata, wrong = record["metadata"], None
    expected: dict[str, Any] = {"task": str(task), "prompt_tokens": prompt, "generated_tokens": answer}
    if tokens is not None:
        expected["tokens_hash"] = tokens_hash(tokens)
    for name, value in expected.items():
        if metadata.get(name) != value:
            wrong = f"its {name.replace('_', ' ')} is {_short(metadata.get(name))}, not {_short(value)}"
            break
    yield Finding("metadata", wrong, "it speaks of this task and this answer")
    signer, signature = record["signer"], record["signature"]
    if not signature:
        bad: str | None = "nobody has signed the metadata"
    elif not verified(record):
        bad = f"it is not {_short(signer)}'s signature of the metadata"
    elif signer != str(owner):
        bad = f"{_short(signer)} has signed, who is not the work's owner {owner}"
    else:
        bad = None
    yield Finding("signature", bad, f"{owner} has signed the metadata")


def same(name: str, found: bytes, expected: bytes, what: str, where: str) -> Finding:
    """Two digests that must be one."""
    wrong = None if found == expected else f"{what} hashes to {found.hex()[:16]}…, {where} has {expected.hex()[:16]}…"
    return Finding(name, wrong, f"{expected.hex()[:16]}… is {where}'s")


def _short(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= 48 else text[:48] + "…"
