"""What is asked, what is answered, what a backend offers. Plain values: they cross process borders as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

STOP, LENGTH = "stop", "length"
"""Why an answer ended: the model or a stop sequence ended it, or its tokens ran out."""


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; the role is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Prompt:
    """A conversation, a text to be continued, or tokens as they are: one of the three."""

    messages: tuple[Message, ...] = ()
    text: str | None = None
    tokens: tuple[int, ...] | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Prompt:
        """The inverse of ``dataclasses.asdict``."""
        tokens = plain["tokens"]
        messages = tuple(Message(**item) for item in plain["messages"])
        return cls(messages, plain["text"], None if tokens is None else tuple(tokens))


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn.

    Attributes:
        max_tokens: the most that are generated; None: the engine's default.
        temperature: 0 is greedy; None: the backend's default, which is greedy where only that can be proved.
        top_p: of the probability that is drawn from.
        seed: None: the engine picks one and records it, so that a crashed run can be repeated.
        stop: texts that end the answer and are not part of it.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """An inference that somebody asks for.

    Attributes:
        model: a name that the engine serves; empty: its default.
        client: whose turn it is in the queue: an address, or a requester's key.
        task: the network's task, where the request is one.
        timeout: seconds from the first free worker to the last token; None: the engine's.
    """

    model: str
    prompt: Prompt
    sampling: Sampling = field(default_factory=Sampling)
    client: str = "here"
    task: str | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class ModelSpec:
    """A model that the engine serves.

    Attributes:
        name: as requests call it.
        backend: ``module:Class``.
        location: the backend's own name for it: a file, a folder, a server's model.
        device: cpu or gpu.
        options: what the backend takes besides: url, context, threads.
    """

    name: str
    backend: str
    location: str
    device: str = "cpu"
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What a backend knows of the model once it is loaded.

    Attributes:
        backend: the backend's name.
        version: the backend's own version; empty where it does not tell.
        weights: ``sha256:…`` or another named hash of the weights; None where the backend does not tell.
        context: the most tokens of prompt and answer together; None where the backend does not tell.
        vocabulary: tokens are below it; None where only text goes in.
        device: where it runs, in words.
        parallel: how many answers one process can generate at a time.
        greedy_only: whether only temperature 0 can be had.
    """

    backend: str
    version: str
    weights: str | None
    context: int | None
    vocabulary: int | None
    device: str
    parallel: int = 1
    greedy_only: bool = False


@dataclass(frozen=True)
class Job:
    """What a backend is given: a request without anything that is none of its business."""

    prompt: Prompt
    max_tokens: int
    temperature: float | None
    top_p: float
    seed: int

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Job:
        """The inverse of ``dataclasses.asdict``."""
        return cls(**{**plain, "prompt": Prompt.from_plain(plain["prompt"])})


@dataclass(frozen=True)
class Chunk:
    """A piece of an answer.

    Attributes:
        text: whole characters; may be empty.
        tokens: their numbers; None where the backend does not tell.
        count: how many tokens these are.
        prompt_tokens: in one of the chunks, the prompt's length.
        finish: in the last chunk, ``stop`` or ``length``.
        total: in the last chunk, how many tokens were generated, where the backend counts itself.
    """

    text: str
    tokens: tuple[int, ...] | None = None
    count: int = 0
    prompt_tokens: int | None = None
    finish: str | None = None
    total: int | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Chunk:
        """The inverse of ``dataclasses.asdict``."""
        return cls(**{**plain, "tokens": None if plain["tokens"] is None else tuple(plain["tokens"])})


class Backend(Protocol):
    """A way to run a model. It lives in a worker process; calls may block; ``generate`` comes from several threads
    where ``Facts.parallel`` is above 1."""

    def load(self, spec: ModelSpec) -> Facts:
        """Make the model ready.

        Raises:
            EngineError: load_failed, with what to do about it.
        """

    def generate(self, job: Job, cancelled: Callable[[], bool]) -> Iterator[Chunk]:
        """The answer, piece by piece; the last chunk has ``finish``. Ends early once ``cancelled()``.

        Raises:
            EngineError: the prompt cannot be answered; BackendDied: what answers is gone, and may come back.
        """

    def count(self, prompt: Prompt) -> int | None:
        """The prompt's tokens; None where the backend cannot tell without answering.

        Raises:
            EngineError: the prompt cannot be encoded.
        """

    def describe(self) -> Facts:
        """What :meth:`load` returned."""

    def close(self) -> None:
        """Let go of the model."""


@dataclass(frozen=True)
class Metadata:
    """The record of one answer. Whole numbers and texts only, so that its signed form is one byte string.

    Attributes:
        request: the engine's own name of it.
        task: the network's task; empty where it is none.
        model, weights, backend, device: as in :class:`Facts`; empty where unknown.
        prompt_tokens, generated_tokens: counted by the backend.
        started_us, ended_us: microseconds since 1970 around the inference; loading is before.
        load_us: microseconds that loading took for this request; not paid.
        microseconds: of the inference, by a clock that only goes forward.
        gpu_permille: mean use of the GPUs, 0 to 1000; -1 where there is none.
        peak_ram_bytes: of the worker process.
        output_hash: Keccak-256 of the answer's UTF-8 bytes, hex.
        tokens_hash: Keccak-256 of the answer's tokens as 4 little-endian bytes each, hex; empty where unknown.
        finish: stop or length.
        seed: what was drawn with.
        attempts: 1, and one for each crash of the backend on the way.
    """

    request: str
    task: str
    model: str
    weights: str
    backend: str
    device: str
    prompt_tokens: int
    generated_tokens: int
    started_us: int
    ended_us: int
    load_us: int
    microseconds: int
    gpu_permille: int
    peak_ram_bytes: int
    output_hash: str
    tokens_hash: str
    finish: str
    seed: int
    attempts: int

    @property
    def seconds(self) -> float:
        """Of the inference."""
        return self.microseconds / 1e6

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens by the inference's seconds."""
        return self.generated_tokens / self.seconds if self.microseconds else 0.0

    def plain(self) -> dict[str, Any]:
        """For JSON; with the two figures that people look for."""
        return {
            **dataclasses.asdict(self),
            "seconds": round(self.seconds, 6),
            "tokens_per_second": round(self.tokens_per_second, 3),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Metadata:
        """The inverse of :meth:`plain`."""
        return cls(**{item.name: plain[item.name] for item in dataclasses.fields(cls)})


@dataclass(frozen=True)
class Completion:
    """A whole answer with its signed record.

    Attributes:
        tokens: the answer's tokens, the end token included where the model gave it; None where unknown.
        signer: base58 address of the key that signed; empty where the engine has none.
        signature: base58 Ed25519 signature of ``mai.engine.signing.signed_bytes(metadata)``; empty likewise.
    """

    text: str
    tokens: tuple[int, ...] | None
    metadata: Metadata
    signer: str
    signature: str

    def record(self) -> dict[str, Any]:
        """The signed record, for JSON."""
        return {"metadata": self.metadata.plain(), "signer": self.signer, "signature": self.signature}


class Cancelled(Exception):
    """The request's owner took it back; nothing is answered."""
