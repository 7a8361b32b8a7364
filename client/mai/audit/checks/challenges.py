"""The challenges: what the chain drew of every trace, and that each drawn leaf was shown before a claim."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.trace import draw as derivation
from mai_zk.trace.manifest import HEAD, Stratum, read_strata
from solders.pubkey import Pubkey

from mai.audit.check import Book, check
from mai.audit.uploads import Uploads, VerifierCall, verifier_calls
from mai.chain.history import Transaction

BLOCKS_UNKNOWN = "the blocks of a draw are no longer served: its seed is taken from the trace's account"
MANIFEST_HEADER_BYTES = 80


_Head = tuple[int, int, int, tuple[Stratum, ...]]
"""Of a manifest: segments, draws of positions and of leaves, strata."""


@dataclass
class _Trace:
    """A trace as its instructions make it."""

    commit: VerifierCall
    segments: int
    n_positions: int
    n_leaves: int
    base: int
    strata: tuple[Stratum, ...] = ()
    positions: tuple[int, ...] | None = None
    leaves: tuple[int, ...] | None = None
    leaves_root: bytes = b""
    shown: set[tuple[str, int]] = field(default_factory=set)

    @property
    def universe(self) -> int:
        return int(self.commit.arguments["prompt"] + self.commit.arguments["generated"] - 1)


@check(
    "challenges",
    proves=(
        "positions and leaves of every trace are those that the blocks after its commitment draw, and before "
        "it was claimed every drawn leaf and every drawn end was attested, once"
    ),
    trusts=(
        "the hashes of the blocks, where the source keeps them; else the seed in the trace's account; the "
        "openings, which the verifier checked"
    ),
)
def challenges(book: Book) -> None:
    audit = book.audit
    uploads, traces = Uploads(), dict[Pubkey, _Trace]()
    heads: dict[Pubkey, _Head] = {}

    @book.at_end
    def end() -> None:
        for call in verifier_calls(audit.source, audit.verifier, audit.verifier_interface):
            uploads.take(call)
            if call.name == "commit_trace":
                _commit(call)
            elif "trace" in call.accounts and call.accounts["trace"] in traces:
                _follow(call, traces[call.accounts["trace"]])

    def _commit(call: VerifierCall) -> None:
        head = _head(call.accounts["manifest"])
        if head is None:
            book.find(
                "manifest not in the transactions",
                f"trace {call.accounts['trace']}",
                "committed",
                "its bytes",
                call.transaction,
            )
            return
        segments, most_positions, most_leaves, strata = head
        universe = int(call.arguments["prompt"] + call.arguments["generated"] - 1)
        positions = min(universe, most_positions)
        leaves = min(positions * segments, most_leaves)
        traces[call.accounts["trace"]] = _Trace(call, segments, positions, leaves, call.transaction.slot, strata)

    def _head(manifest: Pubkey) -> _Head | None:
        """Read once: what a trace was committed under is sealed, and neither changes nor is closed."""
        if manifest not in heads and (found := _read_head(manifest)) is not None:
            heads[manifest] = found
        return heads.get(manifest)

    def _read_head(manifest: Pubkey) -> _Head | None:
        body = uploads.bodies.get(manifest)
        if body is None:
            account = audit.source.account(manifest)
            body = bytearray(account.data[MANIFEST_HEADER_BYTES:]) if account is not None else None
        if body is None or len(body) < HEAD.size:
            return None
        try:
            head = HEAD.unpack_from(body)
            return head[3], head[7], head[8], read_strata(bytes(body))
        except struct.error:
            return None

    def _follow(call: VerifierCall, trace: _Trace) -> None:
        address = call.accounts["trace"]
        if call.name in ("draw_trace", "draw_strata"):
            book.count()
            _draw(call, address, trace)
        elif call.name == "reveal_trace":
            trace.leaves_root, trace.base = call.arguments["leaves_root"], call.transaction.slot
        elif call.name in ("attest", "join", "execute", "attest_bound", "attest_ends"):
            kind = "end" if call.name == "attest_ends" else "leaf"
            place = (kind, call.arguments["draw"])
            if place in trace.shown:
                book.find("leaf attested twice", f"trace {address}", f"{kind} {place[1]}", "once", _place(call))
            trace.shown.add(place)
        elif call.name == "claim_trace":
            book.count()
            wanted = {("leaf", at) for at in range(trace.n_leaves)} | {("end", at) for at in range(trace.n_positions)}
            missing = len(wanted - trace.shown)
            if trace.leaves is None or missing:
                says = f"claimed with {missing:,} of {len(wanted):,} draws not shown"
                book.find("challenge not answered", f"trace {address}", says, "all shown", _place(call))
            del traces[address]
        elif call.name == "expire_trace":
            del traces[address]

    def _draw(call: VerifierCall, address: Pubkey, trace: _Trace) -> None:
        leaves = trace.positions is not None
        universe = trace.n_positions * trace.segments if leaves else trace.universe
        count = trace.n_leaves if leaves else trace.n_positions
        kept = _account(address)
        blocks = audit.source.blocks(max(trace.base - derivation.DRAW_SLOTS, 0), call.transaction.slot - 1)
        hashes = {block.slot: block.hash for block in blocks or () if block.hash is not None}
        seed = kept.get("leaves_seed" if leaves else "positions_seed", b"")
        if blocks is None or len(hashes) < len(blocks):
            book.trust(BLOCKS_UNKNOWN)
        else:
            root = trace.leaves_root if leaves else trace.commit.arguments["positions_root"]
            context, miner = trace.commit.arguments["context"], bytes(trace.commit.accounts["miner"])
            try:
                beacon = derivation.beacon(hashes, trace.base)
            except ZkError as error:
                book.find("draw that the blocks do not allow", f"trace {address}", "drawn", str(error), _place(call))
                return
            should = derivation.seed(
                beacon, leaves=leaves, root=root, context=context, miner=miner, universe=universe, count=count
            )
            if seed and any(seed) and seed != should:
                book.find("trace drawn otherwise", f"trace {address}", seed, should, _place(call))
            seed = should
        if leaves:
            trace.leaves = (
                derivation.by_strata(seed, trace.strata, trace.segments, trace.n_positions)
                if trace.strata
                else derivation.indices(seed, universe, count)
            )
        else:
            trace.positions = derivation.positions(seed, universe, count)
        _compare_drawn(address, kept, trace, leaves, call)

    def _compare_drawn(address: Pubkey, kept: dict[str, Any], trace: _Trace, leaves: bool, call: VerifierCall) -> None:
        """While a trace runs its account lists what was drawn."""
        account = audit.source.account(address)
        layout = audit.verifier_interface.kinds["Trace"]
        body = bytes(account.data)[layout.size :] if account is not None else b""
        if len(body) < 4 * (trace.n_positions + trace.n_leaves):
            return
        numbers = struct.unpack_from(f"<{trace.n_positions + trace.n_leaves}I", body)
        says = numbers[trace.n_positions :] if leaves else numbers[: trace.n_positions]
        should = trace.leaves if leaves else trace.positions
        if says != should and (any(says) or not leaves):
            book.find("trace drawn otherwise", f"trace {address}", says, should, _place(call))

    def _account(address: Pubkey) -> dict[str, Any]:
        account = audit.source.account(address)
        if account is None or account.owner != audit.verifier:
            return {}
        return audit.verifier_interface.kinds["Trace"].decode(bytes(account.data), exact=False)


def _place(call: VerifierCall) -> Transaction:
    return call.transaction
