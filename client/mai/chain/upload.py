"""Writing what is larger than a packet into an account: by chunks, in parallel, and none that is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from solders.instruction import Instruction
from solders.pubkey import Pubkey

from mai.chain.cluster import Cluster, Landed
from mai.chain.progress import Progress, silent
from mai.chain.signer import Signer
from mai.errors import MaiError

CHUNK_BYTES = 960
"""What fits into a packet besides the rest of a write."""
WRITE_UNITS = 10_000
"""Compute units that a write is given; the loader's takes 2,520 and the verifier's 521 (measured)."""
GROUP = 64
ROUNDS = 3


@dataclass(frozen=True)
class Body:
    """Bytes that belong into an account from ``offset`` on."""

    address: Pubkey
    offset: int
    data: bytes

    def missing(self, cluster: Cluster) -> list[tuple[int, bytes]]:
        """The chunks that the chain does not have yet, by their place in ``data``; a new account is full of zeros.

        Raises:
            MaiError: there is no such account.
        """
        account = cluster.account(self.address)
        if account is None:
            raise MaiError(f"the account {self.address} is not there")
        present = bytes(account.data[self.offset :]).ljust(len(self.data), b"\0")
        size = CHUNK_BYTES - cluster.reserved_bytes
        chunks = ((at, self.data[at : at + size]) for at in range(0, len(self.data), size))
        return [(at, chunk) for at, chunk in chunks if present[at : at + len(chunk)] != chunk]


def upload(
    cluster: Cluster,
    signer: Signer,
    body: Body,
    write: Callable[[int, bytes], Instruction],
    progress: Progress = silent,
) -> list[Landed]:
    """Write what is missing, then read everything back; an upload that was interrupted goes on where it stopped.

    Args:
        write: the instruction that puts a chunk at a place of the body.

    Raises:
        MaiError: the chain refuses, or after three rounds still does not hold what was written.
    """
    landed: list[Landed] = []
    for _ in range(ROUNDS):
        chunks = body.missing(cluster)
        if not chunks:
            return landed
        for start in range(0, len(chunks), GROUP):
            progress(start, len(chunks))
            batches = [[write(at, chunk)] for at, chunk in chunks[start : start + GROUP]]
            landed += cluster.send_many(batches, [signer], compute_units=WRITE_UNITS)
        progress(len(chunks), len(chunks))
    raise MaiError(f"the account {body.address} does not hold what was written to it")
