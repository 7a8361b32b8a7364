"""A transaction as the bank needs it: all its addresses, which are written, its fee, its nonce, its memo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from solders.hash import Hash
from solders.instruction import CompiledInstruction
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from mai.localnet.addresses import (
    BUILTINS,
    COMPUTE_BUDGET,
    LOADER,
    LOOKUP_TABLE,
    MEMOS,
    PRECOMPILES,
    RESERVED,
    SYSTEM,
)
from mai.localnet.cell import Cell
from mai.localnet.machine import LAMPORTS_A_SIGNATURE

TABLE_HEADER_BYTES = 56
ADVANCE_NONCE = (4).to_bytes(4, "little")
MAX_COMPUTE_UNITS = 1_400_000
DEFAULT_UNITS, BUILTIN_UNITS = 200_000, 3_000
SET_UNIT_LIMIT, SET_UNIT_PRICE = 2, 3
MAX_MEMO_BYTES = 566
"""The longest memo that fits in a transaction."""


class TableMissing(Exception):
    """A lookup table that a transaction names is not there, or has no such entry."""


@dataclass(frozen=True)
class View:
    """A signed transaction and what its lookup tables say.

    Attributes:
        loaded_writable, loaded_readonly: the addresses from lookup tables.
    """

    transaction: VersionedTransaction
    wire: bytes
    loaded_writable: list[Pubkey] = field(default_factory=list)
    loaded_readonly: list[Pubkey] = field(default_factory=list)

    @property
    def signature(self) -> Signature:
        """The first signature, by which the transaction is known."""
        return self.transaction.signatures[0]

    @cached_property
    def message(self) -> Message | MessageV0:
        """What was signed; the binding makes a copy at every look."""
        return self.transaction.message

    @cached_property
    def blockhash(self) -> Hash:
        """The recent blockhash, or a nonce's value."""
        return self.message.recent_blockhash

    @cached_property
    def keys(self) -> list[Pubkey]:
        """All addresses in the order in which instructions count them."""
        return [*self.message.account_keys, *self.loaded_writable, *self.loaded_readonly]

    @cached_property
    def instructions(self) -> list[CompiledInstruction]:
        """The instructions as they lie in the message."""
        return list(self.message.instructions)

    @cached_property
    def writable(self) -> list[bool]:
        """For each address whether the runtime lets the transaction write it."""
        header = self.message.header
        static = len(self.keys) - len(self.loaded_writable) - len(self.loaded_readonly)
        signers = header.num_required_signatures
        first_readonly_signer = signers - header.num_readonly_signed_accounts
        first_readonly = static - header.num_readonly_unsigned_accounts
        called = {item.program_id_index for item in self.instructions}
        upgrade = LOADER in self.keys
        last_written = static + len(self.loaded_writable)
        return [
            (index < first_readonly_signer or signers <= index < first_readonly or static <= index < last_written)
            and key not in RESERVED
            and (upgrade or index not in called)
            for index, key in enumerate(self.keys)
        ]

    @cached_property
    def signers(self) -> int:
        """How many signatures there have to be."""
        return int(self.message.header.num_required_signatures)

    def is_signer(self, index: int) -> bool:
        """Whether the address at ``index`` has signed."""
        return index < self.signers

    def program(self, instruction: CompiledInstruction) -> Pubkey:
        """The program that an instruction calls."""
        return self.keys[instruction.program_id_index]

    @cached_property
    def fee(self) -> int:
        """Lamports that the payer pays: 5,000 a signature, and what the transaction offers for priority."""
        return self.base_fee + self.priority_fee

    @cached_property
    def base_fee(self) -> int:
        """Lamports for the transaction's signatures and for those that precompiles check."""
        checked = sum(item.data[0] for item in self.instructions if item.data and self.program(item) in PRECOMPILES)
        return LAMPORTS_A_SIGNATURE * (self.signers + checked)

    @cached_property
    def priority_fee(self) -> int:
        """Lamports beyond: compute units asked for times the price offered, rounded up."""
        price, limit, default = 0, None, 0
        for item in self.instructions:
            program, data = self.program(item), bytes(item.data)
            default += BUILTIN_UNITS if program in BUILTINS else DEFAULT_UNITS
            if program == COMPUTE_BUDGET and len(data) == 9 and data[0] == SET_UNIT_PRICE:
                price = int.from_bytes(data[1:], "little")
            elif program == COMPUTE_BUDGET and len(data) == 5 and data[0] == SET_UNIT_LIMIT:
                limit = int.from_bytes(data[1:], "little")
        units = min(default if limit is None else limit, MAX_COMPUTE_UNITS)
        return -(-price * units // 1_000_000)

    @cached_property
    def nonce(self) -> tuple[Pubkey, Pubkey] | None:
        """(nonce account, its authority) if the first instruction advances a nonce."""
        if not self.instructions:
            return None
        first = self.instructions[0]
        accounts = list(first.accounts)
        if self.program(first) != SYSTEM or bytes(first.data[:4]) != ADVANCE_NONCE or len(accounts) < 3:
            return None
        if not self.writable[accounts[0]] or not self.is_signer(accounts[2]):
            return None
        return self.keys[accounts[0]], self.keys[accounts[2]]

    @cached_property
    def memo(self) -> str | None:
        """Its memos as `getSignaturesForAddress` shows them: each with its length in front."""
        texts = [bytes(item.data) for item in self.instructions if self.program(item) in MEMOS]
        shown = [f"[{len(text)}] {text[:MAX_MEMO_BYTES].decode(errors='replace')}" for text in texts]
        return "; ".join(shown) or None


def view(transaction: VersionedTransaction, wire: bytes, account: Callable[[Pubkey], Cell | None]) -> View:
    """A transaction with the addresses that its lookup tables hold now.

    Raises:
        TableMissing: a table is not there or too short.
    """
    message = transaction.message
    if not isinstance(message, MessageV0) or not message.address_table_lookups:
        return View(transaction, wire)
    writable: list[Pubkey] = []
    readonly: list[Pubkey] = []
    for lookup in message.address_table_lookups:
        table = account(lookup.account_key)
        if table is None or table.owner != LOOKUP_TABLE:
            raise TableMissing
        entries = table.data[TABLE_HEADER_BYTES:]
        for indexes, found in ((lookup.writable_indexes, writable), (lookup.readonly_indexes, readonly)):
            for index in bytes(indexes):
                entry = entries[32 * index : 32 * index + 32]
                if len(entry) != 32:
                    raise TableMissing
                found.append(Pubkey(entry))
    return View(transaction, wire, writable, readonly)
