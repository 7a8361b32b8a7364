"""A receipt: what was asked, what was answered, and where on which chain that is committed; a JSON file."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.language.model import ProvableModel
from solders.pubkey import Pubkey

from mai.audit.source import Source
from mai.chain import artifacts
from mai.chain.tasks import WORK_STATUSES, rules
from mai.engine.salted import MOST_TOKENS, Salted, root_of_hashes
from mai.errors import MaiError
from mai.requester.answer import read_record
from mai.requester.ask import PROVED, Wait, manifest_of
from mai.requester.journal import Ask
from mai.requester.reader import Reader

VERSION = 1
MOST_BYTES = 128 * 2**20
MOST_TRANSACTIONS = 16
DIGEST_BYTES = 32
OF_WORK = ("assign_task", "commit_work", "settle")
"""The transactions of a work that a receipt names."""


@dataclass(frozen=True)
class Content:
    """A prompt or an answer: in full, or in a private receipt only its tokens' hashes.

    Attributes:
        hashes: the leaves of the tokens' tree, 32 bytes each.
        salted: the tokens and salts behind them; None where they are withheld.
        text: what they say; None where it is withheld or cannot be told.
    """

    hashes: tuple[bytes, ...]
    salted: Salted | None = None
    text: str | None = None

    @property
    def root(self) -> bytes:
        """Of the tree, made again."""
        return root_of_hashes(self.hashes)

    @classmethod
    def full(cls, salted: Salted, text: str | None) -> Content:
        """Everything."""
        return cls(tuple(salted.hashes()), salted, text)

    def private(self) -> Content:
        """Without tokens, salts and text."""
        return Content(self.hashes)

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        if self.salted is None:
            return {"hashes": [item.hex() for item in self.hashes]}
        return {"text": self.text, **self.salted.fields()}

    @classmethod
    def read(cls, fields: Any, what: str) -> Content:
        """The reverse; raises MaiError."""
        if isinstance(fields, Mapping) and "hashes" in fields:
            hashes = fields["hashes"]
            if not isinstance(hashes, list) or not 1 <= len(hashes) <= MOST_TOKENS:
                raise MaiError(f"{what} has no hashes, or too many")
            return cls(tuple(_digest(item, what) for item in hashes))
        salted = Salted.read(fields, what)
        text = fields.get("text")
        if text is not None and not isinstance(text, str):
            raise MaiError(f"{what} has a text that is none")
        return cls.full(salted, text)


@dataclass(frozen=True)
class Receipt:
    """What a receipt says.

    Attributes:
        cluster: the genesis hash.
        context, input, output, manifest: 32 bytes each.
        record: the engine's metadata, signer and signature; None where it gave none.
        reached: what the requester saw before it wrote this.
        slots: of the work's commit.
        transactions: by instruction: signature and slot.
    """

    cluster: str
    program: Pubkey
    verifier: Pubkey
    task: Pubkey
    work: Pubkey
    miner: Pubkey
    owner: Pubkey
    requester: Pubkey
    model: Pubkey
    model_name: str
    manifest: bytes
    context: bytes
    input: bytes
    output: bytes
    prompt: Content
    answer: Content
    record: dict[str, Any] | None
    reached: Wait
    committed_slot: int
    transactions: dict[str, dict[str, Any]]

    def private(self) -> Receipt:
        """The same without what only the requester should read; the metadata tells the answer's hash, so it goes."""
        return dataclasses.replace(self, prompt=self.prompt.private(), answer=self.answer.private(), record=None)

    def fields(self) -> dict[str, Any]:
        """As JSON has it."""
        found: dict[str, Any] = {"mai_receipt": VERSION}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Content):
                value = value.fields()
            elif isinstance(value, Pubkey | Wait):
                value = str(value)
            elif isinstance(value, bytes):
                value = value.hex()
            found[item.name] = value
        return found

    @classmethod
    def read(cls, fields: Any) -> Receipt:
        """The reverse, of what anybody may have written.

        Raises:
            MaiError: it is no receipt, or of another version.
        """
        if not isinstance(fields, Mapping) or "mai_receipt" not in fields:
            raise MaiError("this is no receipt")
        if fields["mai_receipt"] != VERSION:
            raise MaiError(f"this receipt is of version {fields['mai_receipt']}: version {VERSION} is read here")
        known: dict[str, Any] = {}
        for item in dataclasses.fields(cls):
            if item.name not in fields:
                raise MaiError(f"the receipt lacks its {item.name.replace('_', ' ')}")
            known[item.name] = _value(item.name, str(item.type), fields[item.name])
        return cls(**known)

    def write(self, path: Path) -> None:
        """Write the file, for its owner's eyes: complete, or as it was.

        Raises:
            MaiError: it cannot be written.
        """
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(self.fields(), file, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise MaiError(f"the receipt {path} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)


def read_receipt(path: Path) -> Receipt:
    """The receipt in a file.

    Raises:
        MaiError: there is none, or the file is none.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise MaiError(f"the receipt {path} cannot be read: {error.strerror}") from error
    if len(raw) > MOST_BYTES:
        raise MaiError(f"{path} is larger than any receipt")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        raise MaiError(f"{path} is no receipt: it is no JSON") from None
    return Receipt.read(fields)


def receipt_of(ask: Ask, reader: Reader, model: ProvableModel, source: Source | None) -> Receipt:
    """The receipt of an ask that has its answer, with what the chain says now.

    Args:
        source: the chain's past, where there is one: names the miner's transactions.

    Raises:
        MaiError: there is no answer yet.
    """
    if ask.answer is None or ask.work is None:
        raise MaiError(f"the task {ask.task} has no answer yet: there is nothing to be written into a receipt")
    config, work = reader.config(), reader.read("Work", ask.work)
    transactions = dict(ask.transactions)
    if source is not None:
        transactions |= transactions_of(source, reader.program, ask.work)
    return Receipt(
        cluster=ask.cluster,
        program=reader.program,
        verifier=config.verifier,
        task=ask.task,
        work=ask.work,
        miner=work.miner,
        owner=work.owner,
        requester=ask.requester,
        model=ask.model,
        model_name=ask.model_name,
        manifest=manifest_of(model).hash,
        context=work.context,
        input=ask.prompt.root,
        output=ask.answer.salted.root,
        prompt=Content.full(ask.prompt, ask.text),
        answer=Content.full(ask.answer.salted, text_of(model, ask.answer.salted.tokens)),
        record=ask.answer.record(),
        reached=reached(reader, work),
        committed_slot=work.committed_slot,
        transactions=transactions,
    )


def text_of(model: ProvableModel, tokens: Sequence[int]) -> str | None:
    """What tokens say, without the end token that closes them; None where the model cannot tell."""
    if model.manifest is not None and model.manifest.is_end(tokens[-1]):
        tokens = tokens[:-1]
    try:
        return model.decode(tokens)
    except (ZkError, ValueError, IndexError):
        return None


def reached(reader: Reader, work: Any) -> Wait:
    """How far a work is."""
    if work.status == rules.WORK_SETTLED:
        return Wait.settled
    trace = reader.trace(work.context, work.owner)
    if WORK_STATUSES[work.status] == "committed" and trace is not None and trace.step_name in PROVED:
        return Wait.proved
    return Wait.answer


def transactions_of(source: Source, program: Pubkey, work: Pubkey) -> dict[str, dict[str, Any]]:
    """The transactions that gave, committed and settled a work, by instruction."""
    calls, found = artifacts.interface("mai").calls, dict[str, dict[str, Any]]()
    for signed in source.signatures(work):
        transaction = None if signed.failed else source.transaction(signed.signature)
        for call in () if transaction is None else transaction.calls:
            kind = calls.get(call.data[:8]) if call.program == program else None
            if kind is not None and kind.name in OF_WORK and work in call.accounts:
                found[kind.name] = {"signature": signed.signature, "slot": signed.slot}
    return found


def _value(name: str, kind: str, value: Any) -> Any:
    """One field of a receipt, of its type."""
    shown = f"the receipt's {name.replace('_', ' ')}"
    try:
        if kind == "Pubkey":
            return Pubkey.from_string(value)
        if kind == "bytes":
            return _digest(value, shown)
        if kind == "Content":
            return Content.read(value, shown)
        if kind == "Wait":
            return Wait(value)
        if kind == "int" and type(value) is int and 0 <= value < 2**63:
            return value
        if kind == "str" and isinstance(value, str) and len(value) <= 256:
            return value
        if name == "record":
            return None if value is None else read_record(value)
        if name == "transactions":
            return _transactions(value)
    except (TypeError, ValueError, KeyError, AttributeError):
        pass
    raise MaiError(f"{shown} cannot be read")


def _transactions(value: Any) -> dict[str, dict[str, Any]]:
    if len(value) > MOST_TRANSACTIONS:
        raise ValueError
    found = {}
    for name, item in value.items():
        if not isinstance(item["signature"], str) or type(item["slot"]) is not int:
            raise ValueError
        found[str(name)] = {"signature": item["signature"], "slot": item["slot"]}
    return found


def _digest(text: Any, what: str) -> bytes:
    try:
        found = bytes.fromhex(text)
    except (TypeError, ValueError):
        found = b""
    if len(found) != DIGEST_BYTES:
        raise MaiError(f"{what} has a digest that is not {DIGEST_BYTES} bytes in hexadecimal")
    return found
