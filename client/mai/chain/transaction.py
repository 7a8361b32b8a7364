"""From instructions to a signed transaction."""

from __future__ import annotations

from collections.abc import Sequence

from solders.compute_budget import request_heap_frame, set_compute_unit_limit
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import Message
from solders.transaction import Transaction

from mai.chain.cluster import MAX_COMPUTE_UNITS, MAX_TRANSACTION_BYTES
from mai.errors import MaiError

DEFAULT_HEAP_BYTES = 32 * 1024


def signed(
    instructions: Sequence[Instruction],
    signers: Sequence[Keypair],
    blockhash: Hash,
    *,
    compute_units: int = MAX_COMPUTE_UNITS,
    heap_bytes: int = 0,
) -> Transaction:
    """A transaction with its compute budget in front; the first signer pays.

    Raises:
        MaiError: it is larger than a packet (1,232 bytes).
    """
    budget = [set_compute_unit_limit(compute_units)]
    if heap_bytes > DEFAULT_HEAP_BYTES:
        budget.append(request_heap_frame(heap_bytes))
    unique = list({key.pubkey(): key for key in signers}.values())
    message = Message.new_with_blockhash([*budget, *instructions], unique[0].pubkey(), blockhash)
    transaction = Transaction(unique, message, blockhash)
    size = len(bytes(transaction))
    if size > MAX_TRANSACTION_BYTES:
        raise MaiError(f"a transaction of {size} bytes is larger than a packet ({MAX_TRANSACTION_BYTES} bytes)")
    return transaction
