"""The proofs: behind every receipt there is a proof in the transactions, and it holds off chain as well."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from solders.pubkey import Pubkey

from mai.audit.check import Book, check
from mai.audit.reverify import Reverifier, Uploaded, split, statements
from mai.audit.uploads import Uploads, VerifierCall, verifier_calls
from mai.chain.history import Transaction

KEY_HEADER_BYTES = 112
REMEMBERED = 64
"""Keys that are parsed once."""


@dataclass(frozen=True)
class Issued:
    """A proof that a receipt was made for."""

    receipt: Pubkey
    key: KeyProgram
    item: Uploaded
    call: VerifierCall


@check(
    "proofs",
    proves=(
        "every receipt of the verifier was made for a proof in the transactions, has that proof's statement, "
        "and the proof holds when EZKL (or the verifier's code, here) verifies it again"
    ),
    trusts="EZKL; for a circuit that is not in this package, the verifier's own code",
)
def proofs(book: Book) -> None:
    audit = book.audit
    uploads, keys = Uploads(), dict[Pubkey, KeyProgram]()
    # The newest are verified: a lie that pays is near the end, and how many is asked for.
    issued: deque[Issued] = deque(maxlen=audit.proofs)
    made: set[bytes] = set()

    @book.at_end
    def end() -> None:
        for call in verifier_calls(audit.source, audit.verifier, audit.verifier_interface):
            uploads.take(call)
            if call.name in ("verify", "verify_session"):
                _issue(call)
        layout = audit.verifier_interface.kinds["Receipt"]
        for address, account in audit.source.accounts(audit.verifier, [(0, layout.mark)]):
            book.count()
            if bytes(address)[:16] not in made:
                fields = layout.decode(bytes(account.data), exact=False)
                book.find(
                    "receipt without a proof", f"receipt {address}", fields["statement"], "a proof in the transactions"
                )
        verifier = Reverifier()
        for number, item in enumerate(issued):
            audit.progress(number, len(issued))
            book.count()
            holds, by = verifier.holds(item.key, item.item)
            book.trust(f"verified again by {by}")
            if not holds:
                says = f"receipt {item.receipt}"
                book.find("proof does not verify", says, "verified on chain", f"refused by {by}", _place(item.call))

    def _issue(call: VerifierCall) -> None:
        key, payload = _key(call.accounts["key"]), uploads.bodies.get(call.accounts["proof"])
        receipts = [call.accounts["receipt"], *call.more]
        made.update(bytes(address)[:16] for address in receipts)
        if key is None or payload is None:
            book.find("proof not in the transactions", f"receipt {receipts[0]}", "verified", "its bytes", _place(call))
            return
        try:
            items = split(key, bytes(payload))
            found = statements(key, items)
        except ZkError as error:
            book.find("proof does not verify", f"receipt {receipts[0]}", str(error), "a payload", _place(call))
            return
        context, claimer = bytes(call.arguments["context"]), bytes(call.accounts["claimer"])
        for address, item, statement in zip(receipts, items, found, strict=False):
            should = Pubkey.find_program_address([b"receipt", context, claimer, statement], audit.verifier)[0]
            book.count()
            if address != should:
                book.find("receipt of another statement", f"receipt {address}", "its address", should, _place(call))
            _compare(address, statement, _place(call))
            issued.append(Issued(address, key, item, call))

    def _compare(address: Pubkey, statement: bytes, place: Any) -> None:
        account = audit.source.account(address)
        if account is None or account.owner != audit.verifier:
            return  # closed before it was consumed
        layout = audit.verifier_interface.kinds["Receipt"]
        says = layout.decode(bytes(account.data), exact=False)["statement"]
        if says != statement:
            book.find("receipt of another statement", f"receipt {address}", says, statement, place)

    def _key(address: Pubkey) -> KeyProgram | None:
        """A sealed key: from its upload, or where that was before the history, from its account."""
        if address not in keys:
            body = uploads.bodies.get(address)
            if body is None:
                account = audit.source.account(address)
                body = bytearray(account.data[KEY_HEADER_BYTES:]) if account is not None else None
            if body is None:
                return None
            if len(keys) >= REMEMBERED:
                keys.clear()
            try:
                keys[address] = KeyProgram.from_bytes(bytes(body))
            except ZkError:
                return None
        return keys[address]


def _place(call: VerifierCall) -> Transaction:
    return call.transaction
