"""Trains the tiny transformer on corpus.py and writes the five segments' model.onnx, embedding.npy and accuracy.json.

Deterministic: one seed, no download. Rounding to the circuits' integers is part of the training (its gradient is taken
as that of the identity), so that little is lost in them. Needs jax (`pip install mai[train]`).
Run: `python circuits/tiny/train.py` (about three minutes of one core), then `python -m mai_zk.language.tiny build`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import corpus
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from mai_zk.language.tiny import graphs, shape
from mai_zk.language.tiny.export import integers
from mai_zk.language.tiny.measure import accuracy

SEED, STEPS, BATCH, RATE = 0, 3000, 96, 4e-3
QUESTION_WEIGHT = 0.02
"""Of predicting a question's own letters, beside those of its answer."""

COLUMN_MOST = 8.0
"""Sum of a column's sizes above which attention's weights are pulled back: it keeps integers far from the range."""

Parameters = dict[str, Array]
MOST = shape.X_BOUND / 2.0**shape.X_BITS


def start(key: Array) -> Parameters:
    """Random parameters."""
    keys = iter(jax.random.split(key, 32))

    def normal(*sides: int, scale: float) -> Array:
        return jax.random.normal(next(keys), sides) * scale

    width, made = shape.WIDTH, {"embedding": normal(shape.VOCABULARY, shape.WIDTH, scale=0.5)}
    for layer, hidden in enumerate(shape.HIDDEN):
        made |= {
            f"projection{layer}": normal(width, shape.PROJECTED - width, scale=width**-0.5),
            f"slots{layer}": normal(shape.HEADS, shape.WINDOW, scale=0.02) + 0.05,
            f"output{layer}": normal(shape.HEADS * shape.HEAD_WIDTH, width, scale=width**-0.5),
            f"in{layer}": normal(width, hidden, scale=width**-0.5),
            f"in_bias{layer}": jnp.zeros(hidden),
            f"out{layer}": normal(hidden, width, scale=hidden**-0.5 / 2),
            f"out_bias{layer}": jnp.zeros(width),
        }
    return made | {"logits": normal(width, shape.LOGITS, scale=width**-0.5), "logits_bias": jnp.zeros(shape.LOGITS)}


def _straight(round_: Callable[[Array], Array], values: Array, bits: int) -> Array:
    """Rounded to multiples of 2^-bits, with the gradient of the identity."""
    return values + jax.lax.stop_gradient(round_(values * 2.0**bits) / 2.0**bits - values)


def forward(parameters: Parameters, tokens: Array, exact: bool = True) -> Array:
    """Logits of every position of one line; rounded as the circuits round, or (not exact) not at all."""

    def weight(name: str, bits: int) -> Array:
        return _straight(jnp.round, parameters[name], bits) if exact else parameters[name]

    def rounded(x: Array) -> Array:
        return _straight(lambda v: jnp.floor(v + 0.5), x, shape.X_BITS) if exact else x

    def attention(x: Array, layer: int) -> Array:
        projected = x @ weight(f"projection{layer}", shape.PROJECTION_BITS)
        queries, keys, values = jnp.split(projected, [shape.WIDTH, shape.WIDTH + shape.HEAD_WIDTH], axis=1)
        slots = jnp.arange(len(tokens))[:, None] + jnp.arange(shape.WINDOW)
        empty = jnp.zeros((shape.WINDOW - 1, shape.HEAD_WIDTH))
        keys, values = (jnp.concatenate([empty, part])[slots] for part in (keys, values))
        queries = queries.reshape(len(tokens), shape.HEADS, shape.HEAD_WIDTH)
        scores = jnp.einsum("thd,tsd->ths", queries, keys) + weight(f"slots{layer}", shape.SLOT_BITS)
        read = jnp.einsum("ths,tsd->thd", jnp.clip(scores, 0, 0.25), values).reshape(len(tokens), -1)
        return rounded(x + read @ weight(f"output{layer}", shape.OUTPUT_BITS))

    def feed(x: Array, layer: int) -> Array:
        hidden = x @ weight(f"in{layer}", shape.FEED_BITS) + weight(f"in_bias{layer}", shape.HIDDEN_BITS)
        out = weight(f"out{layer}", shape.FEED_BITS)
        return x + jax.nn.relu(hidden) @ out + weight(f"out_bias{layer}", shape.FED_BITS)

    x = jnp.clip(rounded(parameters["embedding"][tokens]), -MOST, MOST)
    x = jnp.clip(rounded(feed(attention(x, 0), 0)), -MOST, MOST)
    x = feed(attention(x, 1), 1)
    return x @ weight("logits", shape.LOGIT_WEIGHT_BITS) + weight("logits_bias", shape.SLOT_BITS)


def tables() -> tuple[np.ndarray, np.ndarray]:
    """All lines' tokens, filled up with zeros, and the weight of predicting the token after each."""
    lines = corpus.lines()
    longest = max(len(line.text) for line in lines)
    tokens, weights = np.zeros((len(lines), longest), np.int32), np.zeros((len(lines), longest - 1), np.float32)
    for index, line in enumerate(lines):
        text = line.text.encode("ascii")
        tokens[index, : len(text)] = list(text)
        weights[index, : len(text) - 1] = QUESTION_WEIGHT
        weights[index, len(line.question) - 1 : len(text) - 1] = 1
    return tokens, weights


def loss(parameters: Parameters, tokens: Array, weights: Array) -> Array:
    """Mean cross entropy, and a pull on large columns of attention's weights."""
    logits = jax.nn.log_softmax(jax.vmap(lambda line: forward(parameters, line))(tokens)[:, :-1])
    entropy = -jnp.take_along_axis(logits, tokens[:, 1:, None], axis=2)[..., 0] * weights
    names = [f"{name}{layer}" for name in ("projection", "output") for layer in range(2)]
    pull = sum(jnp.maximum(jnp.abs(parameters[name]).sum(0) - COLUMN_MOST, 0).sum() for name in names)
    return entropy.sum() / weights.sum() + 1e-3 * pull


@jax.jit
def step(state: tuple[Parameters, Parameters, Parameters], tokens: Array, weights: Array, at: Array, key: Array):  # type: ignore[no-untyped-def]
    """One step of AdamW on a random batch."""
    parameters, mean, square = state
    chosen = jax.random.randint(key, (BATCH,), 0, len(tokens))
    value, slope = jax.value_and_grad(loss)(parameters, tokens[chosen], weights[chosen])
    size = jnp.sqrt(sum((part**2).sum() for part in jax.tree.leaves(slope)))
    slope = jax.tree.map(lambda part: part / jnp.maximum(1, size), slope)
    rate = RATE * jnp.minimum(1, at / 200) * (0.5 + 0.5 * jnp.cos(jnp.pi * at / STEPS))
    mean = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, mean, slope)
    square = jax.tree.map(lambda a, b: 0.99 * a + 0.01 * b**2, square, slope)

    def moved(part: Array, m: Array, s: Array) -> Array:
        return part - rate * (m / (1 - 0.9**at) / (jnp.sqrt(s / (1 - 0.99**at)) + 1e-8) + 0.01 * part)

    return (jax.tree.map(moved, parameters, mean, square), mean, square), value


def train() -> dict[str, np.ndarray]:
    """Trained parameters, as floats."""
    tokens, weights = (jnp.asarray(table) for table in tables())
    parameters = start(jax.random.PRNGKey(SEED))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state, key = (parameters, zeros, zeros), jax.random.PRNGKey(SEED + 1)
    for at in range(1, STEPS + 1):
        key, used = jax.random.split(key)
        state, value = step(state, tokens, weights, jnp.float32(at), used)
        if at % 500 == 0:
            print(f"step {at}: loss {float(value):.4f}", file=sys.stderr, flush=True)
    return {name: np.asarray(part, dtype=np.float64) for name, part in state[0].items()}


def in_floats(parameters: dict[str, np.ndarray]) -> Callable[[list[int]], int]:
    """The next token by the unrounded parameters, in float32."""
    arrays = {name: jnp.asarray(part, dtype=jnp.float32) for name, part in parameters.items()}
    run = jax.jit(lambda line: forward(arrays, line, exact=False))
    longest = shape.TOKEN_CAP // 2

    def following(tokens: list[int]) -> int:
        padded = jnp.zeros(longest, jnp.int32).at[: len(tokens)].set(jnp.asarray(tokens))
        return int(run(padded)[len(tokens) - 1].argmax())

    return following


def main() -> None:
    """Train, write, measure."""
    parameters = train()
    embedding, weights = integers(parameters)
    here = Path(__file__).parent
    np.save(here / "embedding.npy", embedding.astype(np.int16))
    for segment, name in enumerate(shape.SEGMENTS):
        folder = here.parent / name
        folder.mkdir(exist_ok=True)
        (folder / "model.onnx").write_bytes(graphs.model(segment, weights[segment]))
    figures = {"parameters": embedding.size + sum(part.size for held in weights for part in held.values())}
    figures |= accuracy(corpus.lines(), in_floats(parameters))
    (here / "accuracy.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
