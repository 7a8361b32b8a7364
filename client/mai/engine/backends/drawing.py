"""One token after the other from a model that gives logits: greedy, or drawn by temperature, top_p and a seed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from mai.engine.backends.pieces import Growing
from mai.engine.errors import EngineError
from mai.engine.protocol import LENGTH, STOP, Chunk, Job

DEFAULT_TEMPERATURE = 1.0
Floats = NDArray[np.floating]
Read = Callable[[list[int]], Floats | None]
"""Goes on by these tokens: the logits after the last one (vocabulary), or None where the answer was cancelled."""


def draw(logits: Floats, temperature: float, top_p: float, source: np.random.Generator) -> int:
    """A token. Temperature 0 takes the likeliest, of equals the first; else one of the fewest that have ``top_p``.

    Raises:
        EngineError: backend_refused; the logits are no numbers.
    """
    if not np.isfinite(best := float(logits.max())):
        raise EngineError("backend_refused", "the model's logits are no numbers: its weights overflow or are damaged")
    if temperature == 0:
        return int(logits.argmax())
    chances = np.exp((logits.astype(np.float64) - best) / temperature)
    order = np.argsort(-chances, kind="stable")
    sums = np.cumsum(chances[order])
    kept = 1 + int(np.searchsorted(sums[:-1], top_p * sums[-1]))
    place = int(np.searchsorted(sums[:kept], source.random() * sums[kept - 1], side="right"))
    return int(order[min(place, kept - 1)])


def answer(
    prompt: list[int],
    most: int,
    job: Job,
    ends: Collection[int],
    read: Read,
    text: Growing,
    cancelled: Callable[[], bool],
) -> Iterator[Chunk]:
    """The answer to a prompt; the same for the same job, as far as ``read`` is.

    Args:
        most: of the answer's tokens.
        ends: tokens that end it, and are not said.
    """
    yield Chunk("", prompt_tokens=len(prompt))
    temperature = DEFAULT_TEMPERATURE if job.temperature is None else job.temperature
    source, given = np.random.Generator(np.random.PCG64(job.seed)), prompt
    for made in range(1, most + 1):
        logits = None if cancelled() else read(given)
        if logits is None:
            return
        token = draw(logits, temperature, job.top_p, source)
        if token in ends:
            yield Chunk(text.end(), (token,), 1, finish=STOP)
            return
        said = text.add(token)
        if made == most:
            yield Chunk(said + text.end(), (token,), 1, finish=LENGTH)
            return
        yield Chunk(said, (token,), 1)
        given = [token]
