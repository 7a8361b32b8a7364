"""A cluster as an indexer sees it, through Solana's JSON-RPC."""

from __future__ import annotations

from solana.rpc.commitment import Finalized

from mai.chain.history import RpcHistory


class RpcChain(RpcHistory):
    """A :class:`mai.index.indexer.Chain`."""

    def finalized_slot(self) -> int:
        return self.rpc.ask(lambda client: client.get_slot(Finalized)).value
