"""Transformers, where torch and transformers are installed: a model made here, of random weights, from a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine.helpers import PLAIN, asked
from mai.engine.choice import Wish, candidates, chosen
from mai.engine.engine import Engine
from mai.engine.protocol import Completion, Prompt, Request, Sampling

torch = pytest.importorskip("torch", reason="torch is not installed: pip install torch transformers")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")


def test_a_folder_is_served_and_its_seed_repeats_an_answer(run: Callable[..., Any], tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {f"w{number}": number for number in range(62)} | {"<end>": 62, "<unk>": 63}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", unk_token="<unk>")
    fast.chat_template = "{% for m in messages %}{{ m.content }} {% endfor %}"
    fast.save_pretrained(tmp_path)
    torch.manual_seed(0)
    settings = transformers.LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=64, eos_token_id=62,
    )  # fmt: skip
    transformers.LlamaForCausalLM(settings).save_pretrained(tmp_path, safe_serialization=True)
    wish = Wish(model=str(tmp_path), backend="transformers", device="cpu")
    (spec,) = chosen(candidates(PLAIN, wish), PLAIN, wish)

    async def story(engine: Engine) -> list[Completion]:
        sampling = Sampling(max_tokens=6, temperature=0.0)
        requests = [
            asked("w1 w2", max_tokens=6, temperature=0.9, seed=4),
            asked("w1 w2", max_tokens=6, temperature=0.9, seed=4),
            asked("w1 w2", max_tokens=6, temperature=0.0),
            Request("", Prompt(tokens=(1, 2)), sampling),
        ]
        return [await engine.complete(item) for item in requests]

    first, second, greedy, tokens = run(story, spec)
    assert first.tokens == second.tokens and greedy.tokens == tokens.tokens
    assert greedy.metadata.weights.startswith("sha256-of-files:") and greedy.metadata.prompt_tokens == 2
