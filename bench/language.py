"""SmolLM2 in integers: agreement with floats and llama.cpp, speed, the price of traces and of a drawn shard's proof.

`python -m bench.language` writes its section of BENCHMARKS.md. Processor seconds are compared, one thread each: other
load on the machine strikes them least.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from mai.chain.check import embedded_verifier
from mai_zk.field import keccak256
from mai_zk.language.smol import points
from mai_zk.language.smol.forward import Cache, LayerValues
from mai_zk.language.smol.graph import named, node, nodes
from mai_zk.language.smol.model import SmolLM2
from mai_zk.language.smol.precision import uniform
from mai_zk.language.smol.proving import Job
from mai_zk.language.smol.run import SmolRun
from mai_zk.language.smol.segments import WIDE
from mai_zk.language.smol.trace import Trace
from mai_zk.language.smol.weights import gguf_path
from mai_zk.linear import shape_keys, shape_program
from rich.console import Console
from threadpoolctl import threadpool_limits

from bench.language_float import FloatModel
from bench.language_prompts import QUESTIONS

PAGE = Path(__file__).resolve().parents[1] / "BENCHMARKS.md"
TITLE = "## A language model in integers"
ANSWER = 12
"""Tokens of each answer."""
FEW = 4
STEPS = 24
"""Tokens of a speed measurement."""
DRAWN = "12/gate/5"
FEE = 5000


@dataclass
class Agreement:
    """One way of computing against another, position by position under teacher forcing."""

    same: int = 0
    total: int = 0
    errors: list[float] = field(default_factory=list)
    largest: float = 0.0
    margins: list[float] = field(default_factory=list)

    def add(self, one: Any, other: Any) -> None:
        """Logits of some positions by both (positions × vocabulary). Offsets common to all logits do not count."""
        difference = (one - other) - (one - other).mean(axis=1, keepdims=True)
        agree = one.argmax(axis=1) == other.argmax(axis=1)
        self.same += int(agree.sum())
        self.total += len(agree)
        self.errors.append(float(np.abs(difference).mean()))
        self.largest = max(self.largest, float(np.abs(difference).max()))
        best = np.partition(other, -2, axis=1)[:, -2:]
        self.margins += [float(abs(top - second)) for second, top in best[~agree]]

    def row(self, name: str) -> str:
        """A row of the table."""
        margin = f"{max(self.margins):.2f}" if self.margins else "none"
        return (
            f"| {name} | {self.same} of {self.total} | {self.same / self.total:.1%} | {np.mean(self.errors):.3f} | "
            f"{self.largest:.2f} | {margin} |"
        )


def sequences(model: SmolLM2) -> list[tuple[list[int], list[int]]]:
    """Each question as a conversation, and the integers' answer."""
    found = []
    for question in QUESTIONS:
        prompt = model.chat([{"role": "user", "content": question}])
        found.append((prompt, list(model.run(prompt, ANSWER).generated)))
    return found


def integer_logits(model: SmolLM2, tokens: list[int]) -> Any:
    """Of every position."""
    residuals = model.forward.extend(Cache(), tokens)
    logits = np.array([model.forward.ends(row).logits for row in residuals])
    return logits / 2.0**model.precision.logits


def agreement(model: SmolLM2, found: list[tuple[list[int], list[int]]]) -> str:
    """The table; one model in memory at a time."""
    texts = [prompt + answer[:-1] for prompt, answer in found]
    first = [len(prompt) - 1 for prompt, _ in found]
    exact = FloatModel()
    floats = []
    for text in texts:
        exact.reset()
        floats.append(exact.logits(exact.extend(text)))
    del exact
    columns = ("against the float model", "same argmax", "share", "mean error", "largest error", "widest margin lost")
    rows = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    whole, answers = Agreement(), Agreement()
    ours = [integer_logits(model, text) for text in texts]
    for one, other, start in zip(ours, floats, first, strict=True):
        whole.add(one, other)
        answers.add(one[start:], other[start:])
    rows += [answers.row("**the integers, positions of answers**"), whole.row("the integers, all positions")]
    llama = llama_logits(texts)
    if llama is not None:
        against, theirs = Agreement(), Agreement()
        for one, other, third in zip(ours, floats, llama, strict=True):
            theirs.add(third, other)
            against.add(one, third)
        rows += [theirs.row("llama.cpp, all positions"), against.row("the integers against llama.cpp, all positions")]
    del model.__dict__["forward"]
    for bits in (7,):
        other_scales, counted = SmolLM2(uniform(bits)), Agreement()
        try:
            for text, other in zip(texts[:FEW], floats[:FEW], strict=True):
                counted.add(integer_logits(other_scales, text), other)
            rows.append(counted.row(f"{bits} fractional bits everywhere, first {FEW} questions"))
        except Exception as error:  # a range that is left is a result too
            rows.append(f"| {bits} fractional bits everywhere | {error} | | | | |")
    return "\n".join(rows)


def llama_logits(texts: list[list[int]]) -> Any:
    """llama.cpp's logits of every position of every text, or None where it is not installed."""
    if importlib.util.find_spec("llama_cpp") is None:
        return None
    from llama_cpp import Llama

    llama = Llama(str(gguf_path()), n_ctx=512, logits_all=True, n_threads=1, verbose=False)
    found = []
    for text in texts:
        llama.reset()
        llama.eval(text)
        found.append(np.array(llama.scores[: len(text)], dtype=np.float64))
    return found


def speed(model: SmolLM2) -> tuple[str, float]:
    """Processor milliseconds a token when decoding, and those of the integers alone."""
    prompt = model.chat([{"role": "user", "content": QUESTIONS[1]}])

    def integers(watch: Any) -> Callable[[], None]:
        cache = Cache()
        model.forward.extend(cache, prompt)

        def step() -> None:
            residual = model.forward.extend(cache, [198], watch() if watch else None)[-1]
            model.forward.ends(residual)

        return step

    def traced() -> Callable[[], None]:
        cache, trace = Cache(), Trace()
        model.forward.extend(cache, prompt, trace.watch)
        for _ in prompt:
            trace.position(cache, None)

        def step() -> None:
            residual = model.forward.extend(cache, [198], trace.watch)[-1]
            trace.position(cache, model.forward.ends(residual).logits)

        return step

    def plain_keccak() -> Callable[[], None]:
        cache, kept = Cache(), list[bytes]()
        model.forward.extend(cache, prompt)

        def hear(_first: int, _layer: int, values: LayerValues) -> None:
            parts = (values.qkv, values.o, values.gate_up, values.down)
            kept.append(np.concatenate(parts, axis=1).astype("<i4").tobytes())

        def step() -> None:
            residual = model.forward.extend(cache, [198], hear)[-1]
            kept.append(model.forward.ends(residual).logits.astype("<i4").tobytes())
            keccak256(b"".join(kept))
            kept.clear()

        return step

    heard: list[LayerValues] = []
    cache = Cache()
    ends = model.forward.ends(
        model.forward.extend(cache, [198], lambda _first, _layer, values: heard.append(values))[-1]
    )

    def trace_alone() -> None:
        trace = Trace()
        for layer, values in enumerate(heard):
            trace.watch(0, layer, values)
        trace.position(cache, ends.logits)

    exact = FloatModel()
    exact.extend(prompt)

    def floats() -> None:
        exact.logits(exact.extend([198]))

    steps: dict[str, Callable[[], None]] = {
        "integers, no trace": integers(None),
        "**integers, every position traced**": traced(),
        "the trace alone, over a token's integers": trace_alone,
        "integers, Keccak over all bytes instead": plain_keccak(),
        "floats, the same weights, numpy": floats,
    }
    if importlib.util.find_spec("llama_cpp") is not None:
        from llama_cpp import Llama

        llama = Llama(str(gguf_path()), n_ctx=512, n_threads=1, verbose=False)
        llama.eval(prompt)
        steps["llama.cpp, 4-bit weights"] = lambda: llama.eval([198])
    spent: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(STEPS):  # in turns, so that other load strikes all alike
        for name, step in steps.items():
            started = time.process_time()
            step()
            spent[name].append((time.process_time() - started) * 1000)
    typical = {name: float(np.median(values)) for name, values in spent.items()}
    base = typical["integers, no trace"]
    rows = ["| decoding | CPU ms a token | against the integers |", "|---|---|---|"]
    rows += [f"| {name} | {value:.1f} | {value / base:.3f} |" for name, value in typical.items()]
    return "\n".join(rows), base


def traces(model: SmolLM2, run: SmolRun, token_ms: float) -> str:
    """What a drawn position costs before anything is proved, and commitments by each way to multiply."""
    position, kept = _milliseconds(lambda: run.leaves(3)), _milliseconds(lambda: run.leaves(3))
    rows = ["| of a drawn position | CPU ms |", "|---|---|"]
    rows.append(f"| its integers again, and {len(nodes()):,} leaves of them | {position:,.0f} |")
    rows.append(f"| the leaves alone | {kept:,.0f} |")
    found = node(named(DRAWN)).linear
    assert found is not None
    column = found.weights(model.weights).ravel()[: points.COLUMN]
    vector = run.opened(3, named(DRAWN)).gives[0]
    for name, native in (("zksnake (arkworks)", points.library()), ("mai_zk.msm, Python alone", None)):
        committer = points.Committer(points.COLUMN, native)
        for what, values in ((f"{len(vector)} outputs", vector), (f"{len(column):,} weights, a column", column)):
            spent = _milliseconds(partial(committer.point, values))
            rows.append(f"| commitment to {what}, {name} | {spent:,.1f} |")
    rows.append(f"| commitment to {len(vector)} outputs, ezkl.kzg_commit | {_kzg_commit(vector.tolist()):,.1f} |")
    return "\n".join(rows) + f"\n\nA drawn position's leaves take the time of {position / token_ms:.0f} tokens."


def _milliseconds(work: Callable[[], Any]) -> float:
    """Of the processor."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def _kzg_commit(values: list[int]) -> float:
    """CPU milliseconds of EZKL's own call for one vector, in a process of its own."""
    keys = shape_keys(WIDE)
    code = (
        "import json, sys, time, ezkl\n"
        "values, vk, settings, srs = json.load(sys.stdin)\n"
        "felts = [ezkl.float_to_felt(value, 0) for value in values]\n"
        "started = time.process_time()\n"
        "ezkl.kzg_commit(felts, vk, settings, srs)\n"
        "print((time.process_time() - started) * 1000)\n"
    )
    given = json.dumps([values, str(keys.vk), str(keys.settings_path), str(keys.srs.path)])
    done = subprocess.run([sys.executable, "-c", code], input=given, capture_output=True, text=True, check=True)
    return float(done.stdout.strip().splitlines()[-1])


def proof(run: SmolRun) -> str:
    """One drawn shard: proved, checked by EZKL, checked on an embedded chain."""
    job = run.job(3, named(DRAWN))
    assert isinstance(job, Job)
    started = time.perf_counter()
    made = job.proof()
    whole = time.perf_counter() - started
    key_program = shape_program(job.shape)
    payload = key_program.payload(made.instances, made.proof)
    verifier = embedded_verifier()
    chain, payer = verifier.cluster, verifier.payer.pubkey()
    before = chain.balance(payer)
    key = verifier.upload_key(key_program)
    after_key = chain.balance(payer)
    account = verifier.upload_proof(payload, 0)
    rent = chain.rent(len(chain.account(account.address).data))  # type: ignore[union-attr]
    landed = verifier.check(key_program, key.address, account.address)
    verifier.close(account.address)
    spent = after_key - chain.balance(payer)
    rows = {
        "weights": f"{job.shape.size:,}",
        "proof, bytes": f"{len(made.proof):,}",
        "EZKL's prover, s": f"{made.seconds:.1f}",
        "its CPU, s": f"{made.stage.cpu_seconds:.1f}" if made.stage else "",
        "whole job with witness and EZKL's verification, s": f"{whole:.1f}",
        "compute units": f"{landed.compute_units:,}",
        "transactions: upload, check, close": f"{len(account.transactions) + 2}",
        "lamports spent": f"{spent:,}",
        "lamports lent to the proof's account meanwhile": f"{rent:,}",
        "key, once a shape: transactions, lamports": f"{len(key.transactions)}, {before - after_key:,}",
    }
    return "\n".join(
        ["| a drawn shard | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items() if value)]
    )


def examples(model: SmolLM2) -> str:
    """Whole answers both ways."""
    rows = ["| question | integers | llama.cpp |", "|---|---|---|"]
    llama = None
    if importlib.util.find_spec("llama_cpp") is not None:
        from llama_cpp import Llama

        llama = Llama(str(gguf_path()), n_ctx=512, logits_all=True, n_threads=1, verbose=False)
    for question in QUESTIONS[:4]:
        prompt = model.chat([{"role": "user", "content": question}])
        ours = model.decode(model.run(prompt, 2 * ANSWER).generated)
        theirs = "not installed"
        if llama is not None:
            theirs = model.decode(_greedy(llama, prompt))
        rows.append(f"| {question} | {_cell(ours)} | {_cell(theirs)} |")
    return "\n".join(rows)


def _greedy(llama: Any, prompt: list[int]) -> list[int]:
    """llama.cpp's largest logits, without its sampler."""
    llama.reset()
    made: list[int] = []
    pending = prompt
    while len(made) < 2 * ANSWER:
        llama.eval(pending)
        pending = [int(np.argmax(llama.scores[llama.n_tokens - 1]))]
        if pending[0] in (0, 2):
            break
        made += pending
    return made


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "/").strip()


def section() -> str:
    """This part of BENCHMARKS.md."""
    with threadpool_limits(1):
        return _section()


def _section() -> str:
    model = SmolLM2()
    run = model.run(model.encode("The capital of France is"), 6)
    told = examples(model)
    decoding, token_ms = speed(model)
    prices = traces(model, run, token_ms)
    shard = proof(run)
    compared = agreement(model, sequences(model))
    return (
        f"SmolLM2-135M-Instruct, {len(QUESTIONS)} questions, at most {ANSWER} tokens an answer; "
        f"{os.cpu_count()} cores, one thread.\n\n"
        f"{compared}\n\nErrors are of logits, without what all logits of a position have in common; the margin is the "
        "float model's between its first and second token, where the integers chose another.\n\n"
        f"{decoding}\n\nMedians of {STEPS} tokens each, taken in turns.\n\n{prices}\n\n{shard}\n\n{told}"
    )


def write(text: str) -> None:
    """Put the section in its place in BENCHMARKS.md."""
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(f"{TITLE}\n")
    _, heading, after = rest.partition("\n## ") if found else ("", "", "")
    PAGE.write_text(f"{before.rstrip()}\n\n{TITLE}\n\n{text}\n{heading}{after}", encoding="utf-8")


def main() -> int:
    """Measure and write."""
    with Console(stderr=True).status("Measuring SmolLM2 in integers ..."):
        text = section()
    write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
