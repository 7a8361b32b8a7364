"""From instructions to a signed transaction."""

from __future__ import annotations

from collections.abc import Sequence

from solders.compute_budget import request_heap_frame, set_compute_unit_limit, set_compute_unit_price
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import Transaction

from mai.chain.cluster import MAX_COMPUTE_UNITS, MAX_TRANSACTION_BYTES
from mai.chain.signer import Signer, sign_each
from mai.errors import MaiError

DEFAULT_HEAP_BYTES = 32 * 1024


def compiled(
    instructions: Sequence[Instruction],
    payer: Pubkey,
    blockhash: Hash,
    *,
    compute_units: int = MAX_COMPUTE_UNITS,
    heap_bytes: int = 0,
    unit_price: int = 0,
) -> Message:
    """A transaction's message with its compute budget in front.

    Args:
        unit_price: the priority fee, in micro-lamports for each unit of ``compute_units``.

    Raises:
        MaiError: signed it would be larger than a packet (1,232 bytes).
    """
    budget = [set_compute_unit_limit(compute_units)]
    if unit_price:
        budget.append(set_compute_unit_price(unit_price))
    if heap_bytes > DEFAULT_HEAP_BYTES:
        budget.append(request_heap_frame(heap_bytes))
    message = Message.new_with_blockhash([*budget, *instructions], payer, blockhash)
    size = len(bytes(Transaction.new_unsigned(message)))
    if size > MAX_TRANSACTION_BYTES:
        raise MaiError(f"a transaction of {size} bytes is larger than a packet ({MAX_TRANSACTION_BYTES} bytes)")
    return message


def signed_all(messages: Sequence[Message], signers: Sequence[Signer]) -> list[Transaction]:
    """Transactions with every signature that they need; a signer that none of them needs is not asked.

    Raises:
        MaiError: somebody must sign who is not among ``signers``, or a wallet's owner refuses.
    """
    known = {signer.pubkey(): signer for signer in reversed(signers)}
    needed = [message.account_keys[: message.header.num_required_signatures] for message in messages]
    asked = list(dict.fromkeys(key for keys in needed for key in keys))
    if missing := next((key for key in asked if key not in known), None):
        raise MaiError(f"{missing} must sign this too, and its wallet was not given")
    signatures: dict[tuple[int, Pubkey], Signature] = {}
    for key in asked:
        places = [place for place, keys in enumerate(needed) if key in keys]
        made = sign_each(known[key], [bytes(messages[place]) for place in places])
        signatures |= {(place, key): signature for place, signature in zip(places, made, strict=True)}
    return [
        Transaction.populate(message, [signatures[place, key] for key in needed[place]])
        for place, message in enumerate(messages)
    ]


def signed(
    instructions: Sequence[Instruction],
    signers: Sequence[Signer],
    blockhash: Hash,
    *,
    compute_units: int = MAX_COMPUTE_UNITS,
    heap_bytes: int = 0,
) -> Transaction:
    """One signed transaction; the first signer pays. Raises as :func:`compiled` and :func:`signed_all` do."""
    payer = signers[0].pubkey()
    message = compiled(instructions, payer, blockhash, compute_units=compute_units, heap_bytes=heap_bytes)
    return signed_all([message], signers)[0]


def may_write(message: Message) -> list[bool]:
    """For each account of a message whether the transaction may change it."""
    header, count = message.header, len(message.account_keys)
    signing = header.num_required_signatures
    return [
        place < signing - header.num_readonly_signed_accounts
        or signing <= place < count - header.num_readonly_unsigned_accounts
        for place in range(count)
    ]
