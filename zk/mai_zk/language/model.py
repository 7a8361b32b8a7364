"""What a provable language model offers to whoever runs, traces, proves or re-executes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.trace import Leaf, Manifest, Position, Token, Work
from mai_zk.trace.opening import Opened


class Cancelled(ZkError):
    """A run was stopped by whoever asked for it."""


class NotSettled(ZkError):
    """The model has no manifest."""


@dataclass(frozen=True)
class Terms:
    """What a network that registers the model asks of it, as `mai.chain.network.ModelTerms` has it.

    Attributes:
        segments: of one position.
        work_units: millions of multiply-accumulates of one segment for one token, at least 1.
        max_tokens: the most that one task may generate.
        max_active_ms: the most milliseconds that one segment may take for one token.
        detection_bps: chance, of 10,000, that the draws catch skipped work.
    """

    segments: int
    work_units: int
    max_tokens: int
    max_active_ms: int
    detection_bps: int


@dataclass(frozen=True)
class Proved:
    """A proof of one segment's run, as the verifier program takes it.

    Attributes:
        key: the key program that it is checked with.
        instances: public values, below r.
        proof: EZKL's bytes.
        payload: instances, proof and hints, as they are uploaded.
        seconds: of EZKL's prover alone.
    """

    key: KeyProgram
    instances: tuple[int, ...]
    proof: bytes
    payload: bytes
    seconds: float


class ProofJob(Protocol):
    """Everything that a process elsewhere needs to prove one leaf; it can be pickled, and is the same in every run."""

    @property
    def name(self) -> str:
        """The leaf as people read it: model, segment, position."""

    def prove(self) -> Proved:
        """Prove it; keys are made once a machine and cached."""


class Run(Protocol):
    """One run: its tokens, and what is committed of it."""

    @property
    def prompt(self) -> tuple[int, ...]:
        """The prompt's tokens."""

    @property
    def generated(self) -> tuple[int, ...]:
        """The answer's tokens; with the end token, if the run came to its end."""

    @property
    def positions(self) -> tuple[Position, ...]:
        """What is committed of every position before anything is drawn: one per token but the last."""

    def leaves(self, position: int) -> tuple[Leaf, ...]:
        """The leaves of one position in the manifest's order, with their commitments."""

    def job(self, position: int, segment: int) -> ProofJob | None:
        """What proves that leaf; None for a sum or an executed segment, which need no proof."""


@runtime_checkable
class SampledRun(Run, Protocol):
    """A run under a manifest of the sampled class."""

    def opened(self, position: int, segment: int) -> Opened:
        """The integers of a leaf."""

    def constants(self, hash: bytes) -> bytes:
        """The constants, or the bases, that the manifest names by this hash; ZkError if there are none."""


class ProvableModel(Protocol):
    """A model whose answers come from integers alone, so that they are the same on every machine."""

    @property
    def name(self) -> str:
        """As the registry and the command line call it."""

    @property
    def vocabulary(self) -> int:
        """Tokens are 0 to vocabulary - 1."""

    @property
    def token_cap(self) -> int:
        """The most tokens of a prompt and its answer together."""

    @property
    def terms(self) -> Terms | None:
        """What to register the model with; None where there is no manifest."""

    @property
    def manifest(self) -> Manifest | None:
        """The graph by which a run is settled on chain; None where runs of this model cannot be settled yet."""

    def encode(self, text: str) -> list[int]:
        """Tokens of a text; ZkError if it is too long."""

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of some tokens."""

    def run(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        stop: bool = True,
        on_token: Callable[[int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Run:
        """Generate at most ``limit`` tokens: at each position the largest logit's, the first of equals.

        Args:
            prompt: one token at least.
            stop: whether the end token ends the run; a muster's answer has a fixed length.
            on_token: hears every generated token at once.
            cancelled: asked before every token.

        Raises:
            Cancelled: ``cancelled`` said so.
            ZkError: a token is not in the vocabulary, or the tokens are too many.
        """


@runtime_checkable
class Conversational(Protocol):
    """A model with a template for conversations."""

    def conversation(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt of messages ({"role": ..., "content": ...}); ZkError if a message cannot be in one."""


def question(model: ProvableModel, text: str) -> str:
    """What somebody asks as the model's prompt: by its template, where it has one."""
    return model.conversation([{"role": "user", "content": text}]) if isinstance(model, Conversational) else text


def work_of(model: ProvableModel, run: Run, salts: Sequence[bytes]) -> Work:
    """The run's trees under the model's manifest; one 16-byte salt for each token of prompt and answer."""
    if model.manifest is None:
        raise NotSettled(f"Runs of {model.name} cannot be settled by a trace.")
    tokens = [Token(value, salt) for value, salt in zip((*run.prompt, *run.generated), salts, strict=True)]
    return Work(model.manifest, tokens[: len(run.prompt)], tokens[len(run.prompt) :], run.positions)
