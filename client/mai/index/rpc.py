"""A cluster as an indexer sees it, through Solana's JSON-RPC."""

from __future__ import annotations

from solana.rpc.commitment import Finalized
from solders.signature import Signature
from solders.transaction_status import TransactionConfirmationStatus

from mai.chain.history import RpcHistory
from mai.chain.rpc import Rpc


class RpcChain(RpcHistory):
    """A :class:`mai.index.indexer.Chain`."""

    def __init__(self, rpc: Rpc) -> None:
        super().__init__(rpc)

    def finalized_slot(self) -> int:
        return self.rpc.ask(lambda client: client.get_slot(Finalized)).value

    def finalized(self, signatures: list[str]) -> dict[str, int]:
        asked = [Signature.from_string(item) for item in signatures]
        found = self.rpc.ask(lambda client: client.get_signature_statuses(asked, search_transaction_history=True)).value
        return {
            signature: status.slot
            for signature, status in zip(signatures, found, strict=True)
            if status is not None and status.confirmation_status == TransactionConfirmationStatus.Finalized
        }
