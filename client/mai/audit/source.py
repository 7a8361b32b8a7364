"""Where an audit reads: accounts, signatures, transactions, blocks. Nothing else is asked, nothing is believed."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from solana.exceptions import SolanaRpcException
from solders.account import Account
from solders.pubkey import Pubkey
from solders.sysvar import SLOT_HASHES

from mai.chain.history import RpcHistory, SignatureList, Signed, Transaction
from mai.chain.rpc import Rpc
from mai.chain.slot_hashes import read_slot_hashes
from mai.errors import MaiError

AT_ONCE, AHEAD, KEPT = 8, 64, 512
"""Requests to a node at a time, transactions asked for in advance, and answers that are kept."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block that exists: its slot, and the hash that draws read (None where the source does not keep it)."""

    slot: int
    hash: bytes | None


class Source(Protocol):
    """A chain to be audited. Every method raises :class:`mai.errors.MaiError` where it cannot answer at all.

    Attributes:
        shown: its name for people; never with a key in it.
    """

    shown: str

    def account(self, address: Pubkey) -> Account | None:
        """The account at an address as it is now."""

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        """Every account of a program that has these bytes at these offsets, in any order."""

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        """Every transaction that names an address, the oldest first, in the order of execution."""

    def count(self, address: Pubkey) -> int | None:
        """About how many :meth:`signatures` are; None if that is not known before they are read."""

    def transaction(self, signature: str) -> Transaction | None:
        """A transaction whole; None where it is not kept."""

    def blocks(self, first: int, last: int) -> list[Block] | None:
        """The blocks from a slot to another, ascending; None where that is not known any more."""


class RpcSource:
    """A :class:`Source` behind Solana's JSON-RPC.

    A node does not serve the bank hashes that draws read, but for the last 512: older blocks have no hash here.
    """

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.shown = rpc.shown
        self.history = RpcHistory(rpc)
        self._lists: dict[Pubkey, SignatureList] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._asked: OrderedDict[str, Future[Transaction | None]] = OrderedDict()
        self._hashes: dict[int, bytes] | None = None

    def account(self, address: Pubkey) -> Account | None:
        return self.rpc.account(address)

    def accounts(self, program: Pubkey, places: Sequence[tuple[int, bytes]] = ()) -> Iterable[tuple[Pubkey, Account]]:
        return self.rpc.owned(program, places)

    def signatures(self, address: Pubkey) -> Iterable[Signed]:
        """As of any source; the transactions of the next ones are asked for meanwhile."""
        coming: deque[Signed] = deque()
        for signed in self._list(address).oldest_first():
            coming.append(signed)
            if signed.signature not in self._asked:
                self._asked[signed.signature] = self._pool.submit(self.history.transaction, signed.signature)
            if len(coming) > AHEAD:
                yield coming.popleft()
        yield from coming

    def count(self, address: Pubkey) -> int | None:
        return len(self._list(address))

    def transaction(self, signature: str) -> Transaction | None:
        asked = self._asked.get(signature)
        # What another list has asked for again and nobody has taken is forgotten.
        while len(self._asked) > KEPT:
            self._asked.popitem(last=False)
        return self.history.transaction(signature) if asked is None else asked.result()

    def blocks(self, first: int, last: int) -> list[Block] | None:
        if last < first:
            return []
        hashes = self._known()
        if hashes and min(hashes) <= first:
            return [Block(slot, hashes[slot]) for slot in sorted(hashes) if first <= slot <= last]
        try:
            found = self.rpc.ask(lambda client: client.get_blocks(first, last)).value
        except (MaiError, SolanaRpcException):  # the node does not keep so old blocks
            return None
        return [Block(slot, hashes.get(slot)) for slot in found]

    def _known(self) -> dict[int, bytes]:
        """The hashes of the newest blocks, read once."""
        if self._hashes is None:
            account = self.rpc.account(SLOT_HASHES)
            self._hashes = read_slot_hashes(bytes(account.data)) if account else {}
        return self._hashes

    def _list(self, address: Pubkey) -> SignatureList:
        if address not in self._lists:
            self._lists[address] = SignatureList(self.history.newest_first(address))
        return self._lists[address]
