"""Musters in tests: marks whose blocks call one, prompts recomputed, and traces as the verifier leaves them."""

from __future__ import annotations

import functools
import hashlib
import itertools
import struct
from typing import Any

from mai_zk.trace.merkle import TOKEN, Tree, leaf_hash
from program.chain import VERIFIER, Chain, Landed, block
from program.market import hashed, miner_of
from program.network import CONFIG, EMISSION, Network, digest, miner_address, named, pda
from solders.keypair import Keypair
from solders.pubkey import Pubkey

MARK, ODDS, WINDOW, PROMPT = 150, 5_040, 75, 32
PROVED, CLAIMED = 4, 5


def seed_of_mark(mark: int) -> bytes:
    return hashed(bytes(CONFIG), bytes(4), block(mark))


@functools.cache
def next_muster(slot: int) -> int:
    """The first mark after a slot whose block calls a muster."""
    for mark in itertools.count((slot // MARK + 1) * MARK, MARK):
        if int.from_bytes(seed_of_mark(mark)[:8], "little") % ODDS == 0:
            return mark
    raise AssertionError


def prompt_of(seed: bytes, miner: Pubkey) -> bytes:
    """The token tree of a device's prompt."""
    tokens = enumerate(hashed(seed, bytes(miner)))
    return Tree([leaf_hash(TOKEN, struct.pack("<II16x", index, token)) for index, token in tokens]).root


def put_trace(chain: Chain, **fields: Any) -> Pubkey:
    """A trace account exactly as it is when every drawn leaf was proved (docs/reference/trace.md)."""
    shown: dict[str, Any] = {
        "context": b"", "miner": b"", "manifest": b"", "input": b"", "output": b"", "positions": digest("positions"),
        "leaves": digest("leaves"), "seed": digest("one"), "second": digest("two"), "prompt": PROMPT, "generated": 1,
        "limit": 1, "step": PROVED, **fields,
    }  # fmt: skip
    digests = [value for value in shown.values() if isinstance(value, bytes)]
    shape = (shown["prompt"], shown["generated"], shown["limit"], 100, 100)
    data = hashlib.sha256(b"account:Trace").digest()[:8] + b"".join(digests)
    data += struct.pack("<3Q5I4HBB2x", 0, 1_000, 10_000, *shape, 1, 0, 0, 0, shown["step"], 255)
    assert len(data) == 352
    address = Pubkey.new_unique()
    chain.put(address, data, VERIFIER)
    return address


def other_traces(prompt: int, generated: int, limit: int) -> list[tuple[dict[str, Any], str]]:
    """What a trace may not say of a work of this shape, and the refusals."""
    return [
        ({"prompt": prompt + 1}, "ShapeMismatch"),
        ({"generated": generated + 1}, "ShapeMismatch"),
        ({"limit": limit - 1}, "ShapeMismatch"),
        ({"context": digest("another context")}, "ContextMismatch"),
        ({"manifest": digest("another manifest")}, "ManifestMismatch"),
        ({"input": digest("another prompt")}, "InputMismatch"),
        ({"output": digest("another answer")}, "OutputMismatch"),
        ({"miner": digest("another miner")}, "WrongAuthority"),
        ({"step": PROVED - 1}, "TraceNotProved"),
        ({"step": CLAIMED}, "TraceClaimed"),
    ]


def answer_address(miner: Pubkey) -> Pubkey:
    return pda(b"muster", bytes(miner))


def answer_of(network: Network, owner: Keypair | None = None) -> dict[str, Any]:
    return network.chain.read("Answer", answer_address(miner_address((owner or network.owner).pubkey())))


def emission_of(network: Network) -> dict[str, Any]:
    return network.chain.read("Emission", EMISSION)


def power_of(network: Network, owner: Keypair | None = None) -> int:
    return int(miner_of(network, owner)["power"])


def call(network: Network, mark: int | None = None, after: int = 1) -> Landed:
    """Waits for the next muster and calls it, so many slots after its mark."""
    if mark is None:
        mark = next_muster(network.chain.svm.get_clock().slot)
        network.chain.set_slot(mark + after)
    return network.call("call_muster", network.requester, {"caller": network.requester.pubkey()}, mark=mark)


def accounts_of(network: Network, owner: Keypair) -> dict[str, Pubkey]:
    accounts = network.mine_accounts(owner)
    return {**accounts, "model": network.model, "answer": answer_address(accounts["miner"])}


def open_answer(network: Network, owner: Keypair | None = None, **changes: Any) -> Landed:
    accounts = {**accounts_of(network, owner or network.owner), "payer": network.requester.pubkey()}
    return network.call("open_answer", network.requester, accounts, **changes)


def answer(network: Network, owner: Keypair | None = None, tokens: int = 7, **changes: Any) -> Landed:
    owner = owner or network.owner
    arguments = {**named("output", digest("answer")), "tokens": tokens, **changes}
    return network.call("answer_muster", owner, accounts_of(network, owner), **arguments)


def trace(network: Network, owner: Keypair | None = None, **changes: Any) -> Pubkey:
    """What proves the device's answer."""
    owner = owner or network.owner
    given = answer_of(network, owner)
    fields = {
        "context": bytes(given["context"]), "miner": bytes(owner.pubkey()),
        "manifest": bytes(network.chain.read("Model", given["model"])["key_hash"]), "input": bytes(given["input"]),
        "output": bytes(given["output"]), "generated": given["tokens"], "limit": given["tokens"], **changes,
    }  # fmt: skip
    return put_trace(network.chain, **fields)


def prove(network: Network, owner: Keypair | None = None, receipt: Pubkey | None = None, **changes: Any) -> Landed:
    owner = owner or network.owner
    accounts = {**accounts_of(network, owner), "receipt": receipt or trace(network, owner)}
    return network.call("prove_muster", owner, accounts, **changes)


def count(network: Network, owner: Keypair | None = None) -> Landed:
    accounts = {"caller": network.requester.pubkey(), "miner": miner_address((owner or network.owner).pubkey())}
    return network.call("count_power", network.requester, accounts)
