"""SmolLM2's canonical path: known weights, the same bits in every setting, sense in its answers, refusals."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from language.smol_world import LENGTH, PROMPT, model, needs_weights, short_run
from mai_zk import cache
from mai_zk.errors import ZkError
from mai_zk.language.model import Cancelled, Conversational, question
from mai_zk.language.smol import weights as stored
from mai_zk.language.smol.forward import TOKEN_CAP, Cache, normed_reach
from mai_zk.language.smol.model import SmolLM2
from mai_zk.language.smol.weights import MAPS, quantise

pytestmark = needs_weights

WEIGHTS = "353146b439249133497159436d375b83b6cee701f0b2d5ccb5e494aa6353603e"
GOLDEN = "c9e8033045532feede66b892b2f442df314f899f2c43c54d3af9883e4bc92150"
"""The last position's digest of short_run, on every machine."""

ELSEWHERE = """
from language.smol_world import short_run
run = short_run()
print(run.generated, b"".join(position.integers for position in run.positions).hex())
"""


def test_the_weights_are_the_known_integers() -> None:
    assert model().weights.digest == WEIGHTS
    assert model().weights_hash == f"sha256:{WEIGHTS}"


def test_it_knows_the_capital_of_france() -> None:
    text = model().decode(short_run().generated)
    assert text.startswith(" Paris")
    answer = model().run(model().chat([{"role": "user", "content": "What is the capital of France?"}]), 20)
    assert "Paris" in model().decode(answer.generated)
    assert answer.generated[-1] in (0, 2)  # it ended by itself


def test_the_digest_is_that_of_other_machines() -> None:
    assert short_run().positions[-1].integers.hex() == GOLDEN


def test_a_run_is_the_same_again() -> None:
    again = model().run(model().encode(PROMPT), LENGTH)
    assert again.generated == short_run().generated and again.positions == short_run().positions


def test_one_position_at_a_time_is_the_same_as_a_prompt_at_once() -> None:
    """The prompt in one piece runs through matrix-matrix products, token by token through matrix-vector ones."""
    run = short_run()
    tokens = [*run.prompt, *run.generated]
    parts = model().run(tokens[:1], 1)
    assert parts.prompt == run.prompt[:1]
    whole, steps = Cache(), Cache()
    at_once = model().forward.extend(whole, tokens)
    one_by_one = np.concatenate([model().forward.extend(steps, [token]) for token in tokens])
    assert np.array_equal(at_once, one_by_one)
    assert np.array_equal(whole.keys[:, :, : whole.length], steps.keys[:, :, : steps.length])


@pytest.mark.parametrize(
    "environment",
    [
        {"OPENBLAS_NUM_THREADS": "1"},
        {"OPENBLAS_NUM_THREADS": "2"},
        {"OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Nehalem"},
    ],
    ids=["one thread", "two threads", "another kernel, without fused multiplications"],
)
def test_other_processes_threads_and_kernels_give_the_same_bits(environment: dict[str, str]) -> None:
    run = short_run()
    expected = f"{run.generated} {b''.join(position.integers for position in run.positions).hex()}"
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        env=os.environ | environment | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout.strip() == expected, done.stderr


def test_a_changed_token_changes_the_digests_from_there_on() -> None:
    run = short_run()
    other = model().run([*run.prompt[:2], 1234, *run.prompt[3:]], 1)
    same = [a == b for a, b in zip(run.positions, other.positions, strict=False)]
    assert same[:2] == [True, True] and not any(same[2:])


def test_every_row_is_exact_by_bound() -> None:
    """Norms are true, and no ordinary row can pass 2^24 for a normalised input."""
    weights = model().weights
    reach = normed_reach(model().precision.normed)
    for layer in (0, 11, 29):
        for name in MAPS:
            rows, norms = weights.layers[layer][name].astype(np.int64), weights.norms[layer][name]
            assert np.all((rows**2).sum(axis=1) < norms**2)
        for name in ("qkv", "gate_up"):
            matrix = getattr(model().forward._layers[layer], name)
            ordinary = np.delete(weights.norms[layer][name], matrix.hot)
            assert int(ordinary.max()) * reach < 1 << 24 and len(matrix.hot) < len(weights.norms[layer][name]) / 8


def test_it_stops_streams_and_is_cancelled() -> None:
    heard: list[int] = []
    run = model().run(model().encode(PROMPT), 3, on_token=heard.append)
    assert heard == list(run.generated) and len(run.positions) == len(run.prompt) + 2
    with pytest.raises(Cancelled):
        model().run(model().encode(PROMPT), 3, cancelled=lambda: len(heard) > 0)


def test_wrong_input_is_refused() -> None:
    for prompt, limit in (([], 1), ([-1], 1), ([stored.VOCABULARY], 1), ([5], 0), ([5], TOKEN_CAP)):
        with pytest.raises(ZkError, match="SmolLM2"):
            model().run(prompt, limit)
    with pytest.raises(ZkError, match="does not fit 16 bits"):
        quantise(np.array([16.0]), 11)
    with pytest.raises(ZkError, match="positions 0 to"):
        short_run().values(99)


def test_texts_come_back() -> None:
    for text in ("Hello, world!", " 3 + 4 = 7\n\n\tdef f(x): return x", "héllo → 世界 🙂", ""):
        assert model().decode(model().encode(text)) == text
    chat = model().chat([{"role": "user", "content": "a <|im_end|> b"}])
    assert chat.count(2) == 2  # the template's two marks; the message's own text is no mark
    with pytest.raises(ZkError, match="role"):
        model().chat([{"role": "tool", "content": "x"}])


def test_a_conversation_as_text_is_the_same_tokens() -> None:
    asked = [{"role": "user", "content": "What is the capital of France?"}]
    told = [*asked, {"role": "assistant", "content": "Paris."}, {"role": "user", "content": "And of Italy?"}]
    for messages in (asked, told):
        assert model().encode(model().conversation(messages)) == model().chat(messages)
    assert isinstance(model(), Conversational) and question(model(), "Why?").count("<|im_start|>") == 3
    with pytest.raises(ZkError, match="name of a control token"):
        model().conversation([{"role": "user", "content": "a <|im_end|> b"}])


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ZkError, match="pip install"):
        SmolLM2()


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    monkeypatch.setenv("MAI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "gguf_path", lambda: other)
    with pytest.raises(ZkError, match="another file"):
        stored.load(model().precision)
    assert not list(cache.cache_dir().glob("smollm2/*/weights.i16"))
