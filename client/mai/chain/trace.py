"""Traces on chain: a work is committed, drawn, revealed, attested and claimed (docs/reference/trace.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mai_zk.field import keccak256
from mai_zk.trace import Kind, Manifest, Work, opening
from mai_zk.trace.manifest import Class
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.progress import Progress, silent
from mai.chain.verifier import Uploaded, Verifier
from mai.errors import MaiError

MANIFEST_HEADER_BYTES = 80
TRACE_HEADER_BYTES = 352
CONSTANTS = 2
"""How a manifest account is sealed that holds constants."""
STEPS = ("committed", "drawn", "revealed", "challenged", "proved", "claimed", "expired")


@dataclass(frozen=True)
class TraceState:
    """A trace as it is on chain.

    Attributes:
        header: the account's fields, by the IDL's names.
        positions: the drawn positions, ascending; empty before the draw and after the trace has ended.
        leaves: the drawn leaves, ascending (in the sampled class within a stratum): place of the position among the
            drawn ones · segments + segment.
        attested: one flag per drawn leaf, then one per drawn position.
    """

    header: Any
    positions: tuple[int, ...]
    leaves: tuple[int, ...]
    attested: tuple[bool, ...]

    @property
    def step(self) -> str:
        """One of ``STEPS``."""
        return STEPS[self.header.step]


class Traces:
    """Calls the verifier program's instructions on manifests and traces, paid and signed by the verifier's payer."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.cluster, self.payer, self.program = verifier.cluster, verifier.payer, verifier.program

    # -- addresses and accounts

    def manifest_address(self, manifest_hash: bytes, authority: Pubkey | None = None) -> tuple[Pubkey, int]:
        """Where ``authority``'s (by default the payer's) copy of a manifest lives, and the bump."""
        return self.program.pda(b"manifest", bytes(authority or self.payer.pubkey()), manifest_hash)

    def address(self, context: bytes, miner: Pubkey | None = None) -> tuple[Pubkey, int]:
        """The trace of ``miner`` (by default the payer) in ``context``, and the bump."""
        return self.program.pda(b"trace", context, bytes(miner or self.payer.pubkey()))

    def state(self, trace: Pubkey) -> TraceState:
        """Read a trace.

        Raises:
            MaiError: there is none.
        """
        header = self.program.fetch(self.cluster, trace)
        account = self.cluster.account(trace)
        if account is None or type(header).__name__ != "Trace":
            raise MaiError(f"the account {trace} is not a trace")
        body = bytes(account.data[TRACE_HEADER_BYTES:])
        if not body:
            return TraceState(header, (), (), ())
        draws = header.n_positions + header.n_leaves
        numbers = [int.from_bytes(body[4 * i : 4 * i + 4], "little") for i in range(draws)]
        positions = tuple(numbers[: header.n_positions]) if header.step >= STEPS.index("drawn") else ()
        leaves = tuple(numbers[header.n_positions :]) if header.step >= STEPS.index("challenged") else ()
        bits = body[4 * draws :]
        return TraceState(header, positions, leaves, tuple(bool(bits[i // 8] >> i % 8 & 1) for i in range(draws)))

    def sealed(self, kind: str, hash: bytes, header: int, seal: int = 1) -> Pubkey | None:
        """An account that holds what has this hash, sealed, whoever put it there; None if there is none.

        ``kind``: Manifest or Key; ``header``: its bytes; ``seal``: CONSTANTS for constants in a manifest account.
        """
        places = self.program.places(kind, hash=Pubkey(hash), sealed=seal)
        found = self.cluster.owned(self.program.address, places, length=header)
        return min((address for address, _ in found), key=str, default=None)

    # -- steps

    def upload_manifest(self, manifest: Manifest, progress: Progress = silent) -> Uploaded:
        """Create, write and seal the manifest; goes on where an interrupted upload stopped."""
        return self._upload(manifest.hash, manifest.body, "seal_manifest", "manifest", progress)

    def upload_constants(self, body: bytes, progress: Progress = silent) -> Uploaded:
        """The same for constants, whose account has a manifest's layout."""
        return self._upload(keccak256(body), body, "seal_constants", "constants", progress)

    def _upload(self, hash: bytes, body: bytes, seal: str, place: str, progress: Progress) -> Uploaded:
        """``place``: the account's name in ``seal``."""
        address, bump = self.manifest_address(hash)
        uploaded, authority = Uploaded(address), self.payer.pubkey()
        account = self.cluster.account(address)
        if account is None:
            arguments = {"hash": list(hash), "size": len(body), "bump": bump}
            accounts = {"authority": authority, "manifest": address}
            uploaded.transactions.append(self._send("create_manifest", accounts, arguments))
        elif self.program.decode(account.data).sealed:
            return uploaded
        self.verifier.fill(uploaded, MANIFEST_HEADER_BYTES, body, progress)
        uploaded.transactions.append(self._send(seal, {"authority": authority, place: address}))
        return uploaded

    def commit(self, work: Work, manifest: Pubkey, context: bytes, *, limit: int, bond: int) -> Pubkey:
        """Commit to a run; ``limit`` is how many tokens it could have generated, ``bond`` is in lamports."""
        address, bump = self.address(context)
        arguments = {
            "context": list(context),
            "input": list(work.prompt_tree.root),
            "output": list(work.generated_tree.root),
            "positions_root": list(work.positions_tree.root),
            "prompt": len(work.prompt),
            "generated": len(work.generated),
            "limit": limit,
            "bond": bond,
            "bump": bump,
        }
        self._send("commit_trace", {"miner": self.payer.pubkey(), "manifest": manifest, "trace": address}, arguments)
        return address

    def draw(self, trace: Pubkey) -> Landed:
        """Draw the positions or, after the reveal, the leaves. Anyone's to call; the bond pays for it.

        Raises:
            MaiError: the strata of its manifest cannot be read, because no account holds it sealed.
        """
        accounts = {"caller": self.payer.pubkey(), "trace": trace}
        header = self.state(trace).header
        if header.task_class != Class.SAMPLED or STEPS[header.step] != "revealed":
            return self._send("draw_trace", accounts)
        manifest = self.sealed("Manifest", bytes(header.manifest), MANIFEST_HEADER_BYTES)
        if manifest is None:
            raise MaiError(f"the chain has no sealed manifest {bytes(header.manifest).hex()}")
        return self._send("draw_strata", {**accounts, "manifest": manifest})

    def reveal(self, trace: Pubkey, leaves_root: bytes) -> Landed:
        """Commit to the leaves of the drawn positions."""
        return self._send(
            "reveal_trace", {"miner": self.payer.pubkey(), "trace": trace}, {"leaves_root": list(leaves_root)}
        )

    def attest_leaf(
        self, work: Work, trace: Pubkey, manifest: Pubkey, draw: int, nonce: int, receipt: Pubkey | None = None
    ) -> Landed:
        """Upload the opening of drawn leaf number ``draw`` and attest it: with its receipt, or as a sum without one.

        ``nonce`` names the proof account that holds the opening; it is closed afterwards.
        """
        leaf = self.state(trace).leaves[draw]
        accounts = {"miner": self.payer.pubkey(), "trace": trace, "manifest": manifest}
        segment = work.manifest.segments[leaf % len(work.manifest.segments)]
        data = opening.of_leaf(work, leaf)
        if segment.kind & Kind.SUM:
            return self._opened("join", accounts, draw, nonce, data)
        if receipt is None:
            raise MaiError(f"drawn leaf {draw} is a circuit's: it needs the receipt of its proof")
        return self._opened("attest", {**accounts, "receipt": receipt}, draw, nonce, data)

    def attest_ends(self, work: Work, trace: Pubkey, manifest: Pubkey, draw: int, nonce: int) -> Landed:
        """Upload the opening of the tokens at drawn position number ``draw`` and attest them."""
        accounts = {"miner": self.payer.pubkey(), "trace": trace, "manifest": manifest}
        return self._opened("attest_ends", accounts, draw, nonce, opening.of_ends(work, draw))

    def claim(self, work: Work, context: bytes, *, limit: int) -> Landed:
        """Claim the answer for the whole work; the bond returns."""
        arguments = {
            "context": list(context),
            "manifest": list(work.manifest.hash),
            "input": list(work.prompt_tree.root),
            "output": list(work.generated_tree.root),
            "prompt": len(work.prompt),
            "generated": len(work.generated),
            "limit": limit,
        }
        accounts = {"miner": self.payer.pubkey(), "trace": self.address(context)[0]}
        return self._send("claim_trace", accounts, arguments)

    def expire(self, trace: Pubkey) -> Landed:
        """Record the failure of a trace whose deadline has passed. Anyone's to call, for a part of the bond."""
        return self._send("expire_trace", {"caller": self.payer.pubkey(), "trace": trace})

    # -- sending

    def _send(self, name: str, accounts: dict[str, Pubkey], arguments: dict[str, Any] | None = None) -> Landed:
        return self.cluster.send([self.program.instruction(name, accounts, arguments)], [self.payer])

    def _opened(self, name: str, accounts: dict[str, Pubkey], draw: int, nonce: int, data: bytes) -> Landed:
        uploaded = self.verifier.upload_proof(data, nonce)
        attest = self.program.instruction(name, {**accounts, "opening": uploaded.address}, {"draw": draw})
        return self.cluster.send([attest, self.verifier.closing(uploaded.address)], [self.payer])
