"""Musters in tests: marks whose blocks call one, prompts recomputed, and traces as the verifier leaves them."""

from __future__ import annotations

import functools
import hashlib
import itertools
import struct
from typing import Any

from mai_zk.trace.merkle import TOKEN, Tree, leaf_hash
from program.chain import OUT, VERIFIER, Chain, Landed, block
from program.market import hashed, miner_of, trace_model
from program.network import CONFIG, EMISSION, Network, digest, miner_address, named, pda, ready
from solders.keypair import Keypair
from solders.pubkey import Pubkey

MARK, WINDOW, PROMPT = 150, 75, 32
PROVED, CLAIMED = 4, 5
DETECTION, SEGMENTS, UNITS = 9_950, 24, 500


def mustering() -> Network:
    """An open network whose device can answer; traces.so is in the verifier's place."""
    network = ready()
    network.chain.svm.add_program_from_file(VERIFIER, OUT / "traces.so")
    trace_model(network, DETECTION, segments=SEGMENTS, work_units=UNITS)
    open_answer(network)
    return network


def seed_of_mark(mark: int) -> bytes:
    return hashed(bytes(CONFIG), bytes(4), block(mark))


def odds(musters: int) -> int:
    """One in so many marks calls one, after so many."""
    return min(15 << musters, 5_040)


@functools.cache
def next_muster(slot: int, musters: int = 0) -> int:
    """The first mark after a slot whose block calls a muster."""
    for mark in itertools.count((slot // MARK + 1) * MARK, MARK):
        if int.from_bytes(seed_of_mark(mark)[:8], "little") % odds(musters) == 0:
            return mark
    raise AssertionError


def prompt_of(seed: bytes, miner: Pubkey, lane: int = 0) -> bytes:
    """The token tree of a device's prompt in a lane."""
    tokens = enumerate(hashed(seed, bytes(miner), bytes([lane])))
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


def answer_address(miner: Pubkey, lane: int = 0) -> Pubkey:
    return pda(b"muster", bytes(miner), bytes([lane]))


def answer_of(network: Network, owner: Keypair | None = None, lane: int = 0) -> dict[str, Any]:
    return network.chain.read("Answer", answer_address(miner_address((owner or network.owner).pubkey()), lane))


def emission_of(network: Network) -> dict[str, Any]:
    return network.chain.read("Emission", EMISSION)


def power_of(network: Network, owner: Keypair | None = None) -> int:
    return int(miner_of(network, owner)["power"])


def call(network: Network, mark: int | None = None, after: int = 1) -> Landed:
    """Waits for the next muster and calls it, so many slots after its mark."""
    if mark is None:
        mark = next_muster(network.chain.svm.get_clock().slot, emission_of(network)["muster"])
        network.chain.set_slot(mark + after)
    return network.call("call_muster", network.requester, {"caller": network.requester.pubkey()}, mark=mark)


def accounts_of(network: Network, owner: Keypair, lane: int = 0) -> dict[str, Pubkey]:
    accounts = network.mine_accounts(owner)
    return {**accounts, "model": network.model, "answer": answer_address(accounts["miner"], lane)}


def open_answer(network: Network, owner: Keypair | None = None, lane: int = 0, **changes: Any) -> Landed:
    accounts = {**accounts_of(network, owner or network.owner, lane), "payer": network.requester.pubkey()}
    return network.call("open_answer", network.requester, accounts, lane=lane, **changes)


def answer(network: Network, owner: Keypair | None = None, tokens: int = 7, lane: int = 0, **changes: Any) -> Landed:
    owner = owner or network.owner
    arguments = {**named("output", digest("answer")), "tokens": tokens, **changes}
    return network.call("answer_muster", owner, accounts_of(network, owner, lane), **arguments)


def trace(network: Network, owner: Keypair | None = None, lane: int = 0, **changes: Any) -> Pubkey:
    """What proves the device's answer."""
    owner = owner or network.owner
    given = answer_of(network, owner, lane)
    fields = {
        "context": bytes(given["context"]), "miner": bytes(owner.pubkey()),
        "manifest": bytes(network.chain.read("Model", given["model"])["key_hash"]), "input": bytes(given["input"]),
        "output": bytes(given["output"]), "generated": given["tokens"], "limit": given["tokens"], **changes,
    }  # fmt: skip
    return put_trace(network.chain, **fields)


def prove(
    network: Network, owner: Keypair | None = None, receipt: Pubkey | None = None, lane: int = 0, **changes: Any
) -> Landed:
    owner = owner or network.owner
    accounts = {**accounts_of(network, owner, lane), "receipt": receipt or trace(network, owner, lane)}
    return network.call("prove_muster", owner, accounts, **changes)


def shows(network: Network, owner: Keypair | None = None, tokens: int = 7, lane: int = 0) -> int:
    """A device answers and proves it; what it has shown."""
    answer(network, owner, tokens, lane)
    prove(network, owner, lane=lane)
    return int(answer_of(network, owner, lane)["shown"])


def count(network: Network, owner: Keypair | None = None) -> Landed:
    accounts = {"caller": network.requester.pubkey(), "miner": miner_address((owner or network.owner).pubkey())}
    return network.call("count_power", network.requester, accounts)
