"""Blocks: one, their slots, their times; and what there has been lately."""

from __future__ import annotations

from typing import Any

from solders.hash import Hash

from mai.localnet import transactions as shown
from mai.localnet.errors import block_not_available, invalid, slot_skipped
from mai.localnet.node import Node
from mai.localnet.params import Config, Params
from mai.localnet.records import Block
from mai.localnet.registry import method

MAX_RANGE = 500_000
MAX_SAMPLES = 720
MAX_FEES = 150
MAX_FEE_ACCOUNTS = 128
SAMPLE_SECONDS = 60
DETAILS = ("full", "accounts", "signatures", "none")


def _block(node: Node, slot: int, level: str) -> Block:
    if slot > node.bank.level_slot(level):
        raise block_not_available(slot)
    found = node.bank.ledger.block(slot)
    if found is None:
        raise slot_skipped(slot)
    return found


@method("getBlock", differs="no rewards: nobody validates")
def get_block(node: Node, params: Params) -> Any:
    slot, second = params.number(0), params.optional(1)
    config = Config({"encoding": second}) if isinstance(second, str) else params.config(1)
    details = config.get("transactionDetails") or "full"
    if details not in DETAILS:
        raise invalid(f"Invalid params: unknown variant `{str(details)[:32]}`, expected one of {', '.join(DETAILS)}.")
    encoding = config.encoding(shown.JSON, shown.ENCODINGS)
    return block_content(node, _block(node, slot, config.level_from_confirmed), details, encoding, config)


def block_content(node: Node, block: Block, details: str, encoding: str, config: Config) -> dict[str, Any]:
    """A block as the caller wants it."""
    found: dict[str, Any] = {
        "blockHeight": block.height,
        "blockTime": block.time,
        "blockhash": _text(block.hash),
        "parentSlot": block.parent,
        "previousBlockhash": _text(block.previous),
    }
    if config.get("rewards") is not False:
        found["rewards"] = []
    if details == "signatures":
        found["signatures"] = [str(item) for item in node.bank.ledger.slot_signatures(block.slot)]
    elif details != "none":
        newest = config.number("maxSupportedTransactionVersion")
        landed = node.bank.ledger.transactions_in(block.slot)
        if details == "accounts":
            found["transactions"] = [shown.with_accounts_only(item, newest) for item in landed]
        else:
            found["transactions"] = [shown.answer(item, encoding, newest) for item in landed]
        if config.get("rewards") is False:
            for item in found["transactions"]:
                item["meta"]["rewards"] = None
    return found


def _text(blockhash: bytes) -> str:
    return str(Hash(blockhash))


@method("getBlocks")
def get_blocks(node: Node, params: Params) -> Any:
    first, second = params.number(0), params.optional(1)
    last = None if isinstance(second, dict) else params.optional_number(1)
    config = params.config(1 if isinstance(second, dict) else 2)
    newest = node.bank.level_slot(config.level_from_confirmed)
    last = newest if last is None else min(last, newest)
    if last < first:
        return []
    if last - first > MAX_RANGE:
        raise invalid(f"Slot range too large; max {MAX_RANGE}")
    return node.bank.ledger.slots(first, last, MAX_RANGE + 1)


@method("getBlocksWithLimit")
def get_blocks_with_limit(node: Node, params: Params) -> Any:
    first, limit, config = params.number(0), params.number(1), params.config(2)
    if limit > MAX_RANGE:
        raise invalid(f"Limit too large; max {MAX_RANGE}")
    return node.bank.ledger.slots(first, node.bank.level_slot(config.level_from_confirmed), limit)


@method("getBlockTime")
def get_block_time(node: Node, params: Params) -> Any:
    return _block(node, params.number(0), "confirmed").time


@method("getBlockCommitment", differs="there is no stake: `totalStake` is 0 and every block's `commitment` is null")
def get_block_commitment(node: Node, params: Params) -> Any:
    params.number(0)
    return {"commitment": None, "totalStake": 0}


@method("getFirstAvailableBlock", takes=False)
def get_first_available_block(node: Node, params: Params) -> Any:
    return 0


@method("minimumLedgerSlot", takes=False)
def minimum_ledger_slot(node: Node, params: Params) -> Any:
    return 0


@method("getRecentPerformanceSamples", differs="samples are of the last minutes until now, not of whole minutes")
def get_recent_performance_samples(node: Node, params: Params) -> Any:
    limit = params.optional_number(0)
    if limit is not None and limit > MAX_SAMPLES:
        raise invalid(f"Invalid limit; max {MAX_SAMPLES}")
    samples = node.bank.ledger.activity(node.bank.time, SAMPLE_SECONDS, MAX_SAMPLES if limit is None else limit)
    return [
        {
            "numNonVoteTransactions": transactions,
            "numSlots": slots,
            "numTransactions": transactions,
            "samplePeriodSecs": SAMPLE_SECONDS,
            "slot": last,
        }
        for slots, transactions, last in samples
    ]


@method("getRecentPrioritizationFees", differs="always 0: no transaction has ever to wait for another")
def get_recent_prioritization_fees(node: Node, params: Params) -> Any:
    if len(params):
        params.many(0, MAX_FEE_ACCOUNTS)
    blocks = list(node.bank.blocks)[-MAX_FEES:]
    return [{"prioritizationFee": 0, "slot": item.slot} for item in blocks]
