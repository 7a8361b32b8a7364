"""What became of transactions: statuses, history of an address, one transaction, blockhashes."""

from __future__ import annotations

from typing import Any

from mai.localnet import transactions as shown
from mai.localnet.bank import CONFIRMED, FINALIZED, PROCESSED, VALID_BLOCKS
from mai.localnet.errors import invalid
from mai.localnet.node import Node
from mai.localnet.params import Params, read_signature
from mai.localnet.registry import method

MAX_STATUSES = 256
MAX_HISTORY = 1000
STATUS_SLOTS = 2 * VALID_BLOCKS


def level_of(node: Node, slot: int) -> str:
    """How safe a slot is by now."""
    for level in (FINALIZED, CONFIRMED):
        if slot <= node.bank.level_slot(level):
            return level
    return PROCESSED


def status(node: Node, slot: int, err: Any) -> dict[str, Any]:
    """A transaction's status; final ones have no confirmations any more."""
    level = level_of(node, slot)
    confirmations = None if level == FINALIZED else max(0, node.bank.slot - slot)
    return {
        "confirmationStatus": level,
        "confirmations": confirmations,
        "err": err,
        "slot": slot,
        "status": {"Ok": None} if err is None else {"Err": err},
    }


@method("getSignatureStatuses")
def get_signature_statuses(node: Node, params: Params) -> Any:
    signatures = [read_signature(item) for item in params.many(0, MAX_STATUSES)]
    everything = params.config(1).flag("searchTransactionHistory")
    oldest = 0 if everything else node.bank.slot - STATUS_SLOTS
    found = [node.bank.ledger.status(item) for item in signatures]
    value = [None if item is None or item[0] < oldest else status(node, *item) for item in found]
    return node.answer(node.bank.slot, value)


@method("getTransaction")
def get_transaction(node: Node, params: Params) -> Any:
    signature = params.signature(0)
    second = params.optional(1)
    config = Params([{"encoding": second}]).config(0) if isinstance(second, str) else params.config(1)
    level = config.level_from_confirmed
    encoding = config.encoding(shown.JSON, shown.ENCODINGS)
    found = node.bank.ledger.transaction(signature)
    if found is None or found.slot > node.bank.level_slot(level):
        return None
    answer = shown.answer(found, encoding, config.number("maxSupportedTransactionVersion"))
    return {"blockTime": found.time, "slot": found.slot, **answer}


@method("getSignaturesForAddress")
def get_signatures_for_address(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    limit = config.number("limit")
    if limit is not None and not 0 < limit <= MAX_HISTORY:
        raise invalid(f"Invalid limit; max {MAX_HISTORY}")
    level = config.level_from_confirmed
    node.context(config)
    before, until = config.get("before"), config.get("until")
    newest = None if before is None else node.bank.ledger.number(read_signature(before))
    oldest = 0 if until is None else node.bank.ledger.number(read_signature(until)) or 0
    if before is not None and newest is None:
        return []
    rows = node.bank.ledger.signatures_for(
        address, before=newest, until=oldest, last_slot=node.bank.level_slot(level), limit=limit or MAX_HISTORY
    )
    return [
        {
            "blockTime": time,
            "confirmationStatus": level_of(node, slot),
            "err": err,
            "memo": memo,
            "signature": str(signature),
            "slot": slot,
        }
        for signature, slot, time, err, memo in rows
    ]


@method("getLatestBlockhash")
def get_latest_blockhash(node: Node, params: Params) -> Any:
    config = params.config(0)
    slot = node.context(config)
    blockhash, last = node.bank.blockhash(config.level)
    return node.answer(slot, {"blockhash": str(blockhash), "lastValidBlockHeight": last})


@method("isBlockhashValid")
def is_blockhash_valid(node: Node, params: Params) -> Any:
    blockhash, config = params.blockhash(0), params.config(1)
    slot = node.context(config)
    return node.answer(slot, node.bank.blockhash_valid(blockhash, config.level))


@method("getTransactionCount", differs="counts as processed, whatever the commitment; there are no votes to count")
def get_transaction_count(node: Node, params: Params) -> Any:
    node.context(params.config(0))
    return node.bank.transaction_count
