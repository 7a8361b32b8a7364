"""A file of IPFS from a gateway that is not trusted: fetched block by block, every block checked against its CID."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import httpx

from mai.chain.progress import Progress
from mai.engine.models.part import Part, State
from mai.engine.models.sources import Ipfs
from mai.engine.models.unixfs import MAX_BLOCK, Link, Node, Unverifiable, codec, inline, read_block
from mai.errors import MaiError

AHEAD = 8
"""Blocks that are fetched at a time."""
TRIES = 4
MAX_DEPTH = 12
RAW_BLOCK = {"Accept": "application/vnd.ipld.raw"}


class Gateway:
    """Blocks by CID."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http, self._url = http, url

    def node(self, cid: str) -> Node:
        """A block, checked and read.

        Raises:
            MaiError: the gateway does not have it, or gives another.
        """
        held = inline(cid)
        return read_block(cid, held if held is not None else self._fetch(cid))

    def _fetch(self, cid: str) -> bytes:
        last: Exception | None = None
        for _ in range(TRIES):
            try:
                with self._http.stream("GET", f"{self._url}/ipfs/{cid}?format=raw", headers=RAW_BLOCK) as answer:
                    if answer.status_code in (404, 410):
                        raise MaiError(f"the gateway {answer.url.host} has no block {cid}")
                    if answer.status_code != 200:
                        last = MaiError(f"the gateway {answer.url.host} answered {answer.status_code}")
                        continue
                    block = bytearray()
                    for data in answer.iter_raw():
                        block += data
                        if len(block) > MAX_BLOCK:
                            raise MaiError(f"a block of IPFS is larger than {MAX_BLOCK:,} bytes: refused")
                    return bytes(block)
            except httpx.HTTPError as error:
                last = error
        if isinstance(last, MaiError):
            raise last
        raise MaiError(f"the gateway cannot be reached or breaks off: {type(last).__name__}") from last


def fetch(gateway: Gateway, source: Ipfs, part: Part, progress: Progress) -> None:
    """Bring the part to the file's full length.

    Raises:
        MaiError: the gateway fails or lies; what was checked is kept.
        Unverifiable: what lies behind the CID cannot be compared with it here.
    """
    cid = _follow(gateway, source)
    # Only what was checked and forced to the disk is kept: a block is not compared a second time.
    safe = part.state.safe if part.state is not None else 0
    part.resume(str(source), progress, most=safe)
    root = gateway.node(cid)
    if root.folder:
        raise MaiError(f"{source} is a folder: name a file in it")
    part.expect(root.size)
    if part.length > root.size:
        part.restart(State(str(source)))
    with ThreadPoolExecutor(AHEAD) as pool:
        try:
            for data in _bytes(gateway, pool, root, 0, part.length, 0):
                part.append(data)
                progress(part.length, root.size)
        finally:
            part.force()
            pool.shutdown(wait=True, cancel_futures=True)


def _follow(gateway: Gateway, source: Ipfs) -> str:
    """The CID at the end of a path through folders."""
    cid = source.cid
    codec(cid)
    for name in filter(None, source.path.split("/")):
        node = gateway.node(cid)
        found = next((link.cid for link in node.links if link.name == name), None) if node.folder else None
        if found is None:
            raise MaiError(f"{source} names no file: there is no {name!r} in {cid}")
        cid = found
    return cid


def _bytes(
    gateway: Gateway, pool: ThreadPoolExecutor, node: Node, start: int, kept: int, depth: int
) -> Iterator[bytes]:
    """The file's bytes under a node from ``kept`` on; the node's own begin at ``start``."""
    if depth > MAX_DEPTH:
        raise MaiError(f"the file's tree is deeper than {MAX_DEPTH} levels: refused")
    if start + len(node.data) > kept:
        yield node.data[max(kept - start, 0) :]
    position = start + len(node.data)
    wanted = deque[tuple[int, Link]]()
    for link in node.links:
        if link.size and position + link.size > kept:
            wanted.append((position, link))
        position += link.size
    coming = deque[tuple[int, Link, Future[Node]]]()
    while wanted or coming:
        while wanted and len(coming) < AHEAD:
            begins, link = wanted.popleft()
            coming.append((begins, link, pool.submit(gateway.node, link.cid)))
        begins, link, future = coming.popleft()
        child = future.result()
        if child.folder or child.size != link.size:
            raise MaiError(f"the block {link.cid} is not of the length that its parent says: refused")
        yield from _bytes(gateway, pool, child, begins, kept, depth + 1)


__all__ = ["Gateway", "Unverifiable", "fetch"]
