"""The receipts: that what was consumed for a payment is the verifier's, and says exactly what was paid for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from solders.pubkey import Pubkey

from mai.audit.check import Book, Where, check
from mai.audit.step import Step
from mai.audit.store import Store
from mai.chain.layout import Layout

# What the policy program asks for (claims.py), field by field of the verifier's IDL, and where the account keeps it.
_FIELDS = {
    "claim": ("Receipt", ("context", "key_hash", "srs", "input", "params", "output")),
    "claim_trace": ("Trace", ("context", "manifest", "input", "output", "prompt", "generated", "limit")),
}
CLAIMED = 5
"""The step of a trace that was claimed; see mai.chain.trace.STEPS."""


@check(
    "receipts",
    proves=(
        "every payment and every proved appeal consumed a receipt or a trace of the verifier's that names "
        "this context, model, input and output, and this owner, once"
    ),
    trusts="the verifier program for the truth of the statement (proofs and challenges look behind it)",
)
def receipts(book: Book) -> None:
    audit = book.audit
    claims = Store(hot=20_000)
    signers: dict[bytes, tuple[str, int]] = {}

    @book.on("settle", "prove_appeal", "prove_muster")
    def claimed(step: Step) -> None:
        for address, data in step.outcome.claims:
            book.count()
            key = bytes(address)
            if claims.get(key) is not None:
                book.find("receipt consumed twice", f"receipt {address}", "a second claim", "one", step)
            slot = step.transaction.slot.to_bytes(8, "little")
            claims.put(
                key, bytes(step.outcome.accounts["owner"]) + slot + step.transaction.signature.encode().ljust(88) + data
            )

    @book.at_end
    def end() -> None:
        for name in _FIELDS:
            call = audit.verifier_interface.call_kinds.get(name)
            layout = audit.verifier_interface.kinds[_FIELDS[name][0]]
            if call is None:
                continue
            for address, fields in _accounts(book, layout):
                kept = claims.get(bytes(address))
                if kept:
                    claims.put(bytes(address), b"")  # seen
                    _compare(book, name, call.arguments, address, fields, kept)
        for key, kept in claims.items():
            if kept:
                book.find(
                    "payment without a receipt",
                    f"receipt {Pubkey(key)}",
                    "no account of the verifier",
                    "a receipt",
                    _place(kept),
                )
        claims.close()
        signers.clear()


def _accounts(book: Book, layout: Layout) -> Iterable[tuple[Pubkey, dict[str, Any]]]:
    for address, account in book.audit.source.accounts(book.audit.verifier, [(0, layout.mark)]):
        yield address, layout.decode(bytes(account.data), exact=False)


def _compare(book: Book, name: str, asked: Layout, address: Pubkey, fields: dict[str, Any], kept: bytes) -> None:
    owner, data = Pubkey(kept[:32]), kept[128:]
    wanted = asked.decode(data)
    place = _place(kept)
    for field in _FIELDS[name][1]:
        # Derived from a draw whose blocks nobody serves any more: the draw's own step has said so.
        if field in ("context", "input") and not any(wanted[field]):
            book.trust("what a payment claimed followed from blocks that are no longer served")
        elif fields[field] != wanted[field]:
            book.find(
                "receipt of another statement", f"{field} of receipt {address}", fields[field], wanted[field], place
            )
    if fields["claimer" if name == "claim" else "miner"] != owner:
        book.find(
            "receipt of somebody else", f"receipt {address}", fields.get("claimer", fields.get("miner")), owner, place
        )
    consumed = fields["consumed"] if name == "claim" else fields["step"] == CLAIMED
    if not consumed:
        book.find("receipt not consumed", f"receipt {address}", "still open", "consumed", place)


def _place(kept: bytes) -> Where:
    """The place of a claim in the history."""
    return Where(kept[40:128].decode().strip(), int.from_bytes(kept[32:40], "little"))
