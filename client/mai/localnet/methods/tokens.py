"""Token accounts of both token programs: balances, supply, by holder, by delegate, the largest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from solders.pubkey import Pubkey

from mai.localnet import encoding, tokens
from mai.localnet.addresses import TOKEN_PROGRAMS
from mai.localnet.cell import Cell
from mai.localnet.errors import invalid
from mai.localnet.methods.accounts import LARGEST, as_of, choose, show
from mai.localnet.node import Node
from mai.localnet.params import Config, Params, read_address
from mai.localnet.registry import method


def _mint(node: Node, address: Pubkey, config: Config, missing: str) -> tokens.Mint:
    account = node.account(address, config)
    if account is None:
        raise invalid(f"Invalid param: {missing}")
    if account.owner not in TOKEN_PROGRAMS:
        raise invalid("Invalid param: not a Token mint")
    found = tokens.mint(account)
    if found is None:
        raise invalid("Invalid param: mint could not be unpacked")
    return found


@method("getTokenAccountBalance")
def get_token_account_balance(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    slot = node.context(config)
    account = node.account(address, config)
    if account is None:
        raise invalid("Invalid param: could not find account")
    held = tokens.token_account(account)
    if held is None:
        raise invalid("Invalid param: not a Token account")
    mint = _mint(node, Pubkey(held.mint), config, "could not find mint")
    return node.answer(slot, tokens.amount(held.amount, mint.decimals))


@method("getTokenSupply")
def get_token_supply(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    slot = node.context(config)
    mint = _mint(node, address, config, "could not find account")
    return node.answer(slot, tokens.amount(mint.supply, mint.decimals))


@method("getTokenLargestAccounts")
def get_token_largest_accounts(node: Node, params: Params) -> Any:
    address, config = params.address(0), params.config(1)
    slot = node.context(config)
    mint = _mint(node, address, config, "could not find mint")
    found = _holdings(node, "mint", address, config)
    held = sorted(((account.amount, str(key)) for key, account in found), key=lambda item: (-item[0], item[1]))[
        :LARGEST
    ]
    return node.answer(slot, [{"address": key, **tokens.amount(units, mint.decimals)} for units, key in held])


def _holdings(node: Node, column: str, value: Pubkey, config: Config) -> list[tuple[Pubkey, tokens.TokenAccount]]:
    wanted = bytes(value)
    found = [
        (key, tokens.token_account(account))
        for key, account in _seen(node, column, wanted, config, lambda held: getattr(held, column) == wanted)
    ]
    return [(key, held) for key, held in found if held is not None]


def _seen(
    node: Node, column: str, wanted: bytes, config: Config, suits: Callable[[tokens.TokenAccount], bool]
) -> list[tuple[Pubkey, Cell]]:
    """Token accounts by a column of the ledger, as the caller's commitment sees them."""
    found = list(choose(node, f"{column} = ?", [wanted], [], config.level))
    for key, account in as_of(node, config.level):
        held = tokens.token_account(account)
        if held is not None and suits(held):
            found.append((key, account))
    return sorted(found, key=lambda item: bytes(item[0]))


def _by(node: Node, params: Params, column: str) -> Any:
    person, chosen, config = params.address(0), params.raw(1), params.config(2)
    if not isinstance(chosen, dict) or len(set(chosen) & {"mint", "programId"}) != 1:
        raise invalid("Invalid params: give a mint or a programId.")
    slot = node.context(config)
    mint = program = None
    if "mint" in chosen:
        mint = read_address(chosen["mint"])
        _mint_of_filter(node, mint, config)
    else:
        program = read_address(chosen["programId"])
        if program not in TOKEN_PROGRAMS:
            raise invalid("Invalid param: unrecognized Token program id")
    wanted = bytes(person)
    found = _seen(node, column, wanted, config, lambda held: getattr(held, column) == wanted)
    shown = []
    for key, account in found:
        held = tokens.token_account(account)
        if held is None or (mint is not None and held.mint != bytes(mint)):
            continue
        if program is not None and account.owner != program:
            continue
        shown.append({"account": show(node, key, account, config, encoding.BINARY), "pubkey": str(key)})
    return node.answer(slot, shown)


def _mint_of_filter(node: Node, mint: Pubkey, config: Config) -> None:
    account = node.account(mint, config)
    if account is None:
        raise invalid("Invalid param: could not find mint")
    if account.owner not in TOKEN_PROGRAMS or tokens.mint(account) is None:
        raise invalid("Invalid param: Token mint could not be unpacked")


@method("getTokenAccountsByOwner")
def get_token_accounts_by_owner(node: Node, params: Params) -> Any:
    return _by(node, params, "holder")


@method("getTokenAccountsByDelegate")
def get_token_accounts_by_delegate(node: Node, params: Params) -> Any:
    return _by(node, params, "delegate")
