"""Accounts: one, many, a program's, the richest; balances, supply and rent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import based58
from solders.pubkey import Pubkey

from mai.localnet import encoding, tokens
from mai.localnet.bank import PROCESSED
from mai.localnet.cell import Cell
from mai.localnet.errors import INVALID_REQUEST, RpcError, invalid
from mai.localnet.node import Node
from mai.localnet.params import Config, Params, read_address
from mai.localnet.registry import method

MAX_ACCOUNTS = 100
MAX_FILTERS = 4
MAX_MEMCMP_BYTES = 128
MAX_ACCOUNT_BYTES = 10 * 1024 * 1024
LARGEST = 20


def show(node: Node, address: Pubkey, found: Cell | None, config: Config, default: str) -> Any:
    """An account as the caller wants it."""
    chosen = config.encoding(default)
    if found is None:
        return None
    return encoding.account(address, found, chosen, config.part, lambda key: node.account(key, config))


@method("getAccountInfo")
def get_account_info(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    slot = node.context(config)
    return node.answer(slot, show(node, address, node.account(address, config), config, encoding.BINARY))


@method("getMultipleAccounts")
def get_multiple_accounts(node: Node, params: Params) -> Any:
    addresses = [read_address(item) for item in params.many(0, MAX_ACCOUNTS)]
    config = params.config(1)
    slot = node.context(config)
    found = [show(node, item, node.account(item, config), config, encoding.BASE64) for item in addresses]
    return node.answer(slot, found)


@method("getBalance")
def get_balance(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    slot = node.context(config)
    found = node.account(address, config)
    return node.answer(slot, 0 if found is None else found.lamports)


@dataclass(frozen=True)
class Filter:
    """What an account's data must be like; every part that is given holds."""

    size: int | None = None
    offset: int = 0
    content: bytes = b""
    token_account: bool = False

    def passes(self, account: Cell) -> bool:
        """Whether an account is wanted."""
        if self.size is not None and len(account.data) != self.size:
            return False
        if self.token_account and tokens.token_account(account) is None:
            return False
        return account.data[self.offset : self.offset + len(self.content)] == self.content


def read_filters(config: Config) -> list[Filter]:
    """The filters of a request.

    Raises:
        RpcError: there are too many, or one cannot be read.
    """
    found = config.get("filters") or []
    if not isinstance(found, list):
        raise invalid("Invalid params: filters must be a list.")
    if len(found) > MAX_FILTERS:
        raise invalid(f"Too many filters provided; max {MAX_FILTERS}")
    return [_filter(item) for item in found]


def _filter(item: Any) -> Filter:
    if item == "tokenAccountState":
        return Filter(token_account=True)
    if isinstance(item, dict) and set(item) == {"dataSize"}:
        size = Config(item).number("dataSize")
        return Filter(size=size)
    if isinstance(item, dict) and set(item) == {"memcmp"} and isinstance(item["memcmp"], dict):
        return _memcmp(item["memcmp"])
    raise invalid("Invalid params: a filter is dataSize, memcmp or tokenAccountState.")


def _memcmp(item: dict[str, Any]) -> Filter:
    offset, given = Config(item).number("offset"), item.get("bytes")
    kind = item.get("encoding") or "base58"
    try:
        if isinstance(given, list):
            content = bytes(given)
        elif kind == "base58" and isinstance(given, str):
            if len(given) > MAX_MEMCMP_BYTES * 11 // 8:
                raise invalid("Invalid param: DataTooLarge")
            content = bytes(based58.b58decode(given.encode()))
        elif kind == "base64" and isinstance(given, str):
            content = base64.b64decode(given, validate=True)
        else:
            raise invalid("Invalid param: Invalid")
    except ValueError:
        raise invalid("Invalid param: Invalid") from None
    if offset is None:
        raise invalid("Invalid params: missing field `offset`.")
    if len(content) > MAX_MEMCMP_BYTES:
        raise invalid("Invalid param: DataTooLarge")
    return Filter(offset=offset, content=content)


def choose(node: Node, where: str, values: list[Any], keep: list[Filter], level: str) -> Iterator[tuple[Pubkey, Cell]]:
    """The accounts that a condition on the ledger's columns chooses, as they are now, seen with a commitment.

    Accounts that changed since are in the answer as they were, if :func:`as_of` lets them through.
    """
    for item in keep:
        if item.size is not None:
            where, values = f"{where} AND LENGTH(data) = ?", [*values, min(item.size, 2**62)]
        if item.content:
            offset = min(item.offset, 2**40) + 1
            where, values = f"{where} AND SUBSTR(data, ?, ?) = ?", [*values, offset, len(item.content), item.content]
    changed = node.bank.views.after(node.bank.level_slot(level)) if level != PROCESSED else {}
    for address, account in node.bank.ledger.accounts(where, values):
        if address not in changed and all(item.passes(account) for item in keep):
            yield address, account


def as_of(node: Node, level: str) -> list[tuple[Pubkey, Cell]]:
    """The accounts that have changed since what a commitment sees, as they were."""
    if level == PROCESSED:
        return []
    changed = node.bank.views.after(node.bank.level_slot(level))
    return [(address, account) for address, account in changed.items() if account is not None]


@method("getProgramAccounts")
def get_program_accounts(node: Node, params: Params) -> Any:
    program, config = params.address(0), params.config(1)
    keep = read_filters(config)
    slot = node.context(config)
    found = list(choose(node, "owner = ?", [bytes(program)], keep, config.level))
    found += [
        (address, account)
        for address, account in as_of(node, config.level)
        if account.owner == program and all(item.passes(account) for item in keep)
    ]
    if config.flag("sortResults") or config.get("sortResults") is None:
        found.sort(key=lambda item: bytes(item[0]))
    shown = [
        {"account": show(node, address, account, config, encoding.BINARY), "pubkey": str(address)}
        for address, account in found
    ]
    return node.answer(slot, shown) if config.flag("withContext") else shown


@method("getLargestAccounts", differs="counts as processed, whatever the commitment; `filter` finds nothing locked")
def get_largest_accounts(node: Node, params: Params) -> Any:
    config = params.config(0)
    slot = node.context(config)
    if config.get("filter") == "nonCirculating":
        return node.answer(slot, [])
    richest = node.bank.ledger.richest(LARGEST)
    return node.answer(slot, [{"address": str(address), "lamports": lamports} for address, lamports in richest])


@method("getSupply", differs="counts as processed, whatever the commitment; nothing is non-circulating")
def get_supply(node: Node, params: Params) -> Any:
    slot = node.context(params.config(0))
    total = node.bank.ledger.total_lamports()
    return node.answer(slot, {"circulating": total, "nonCirculating": 0, "nonCirculatingAccounts": [], "total": total})


@method("getMinimumBalanceForRentExemption")
def get_minimum_balance(node: Node, params: Params) -> Any:
    size = params.number(0)
    if size > MAX_ACCOUNT_BYTES:
        raise RpcError(INVALID_REQUEST, "Invalid request")
    return node.bank.machine.rent(size)
