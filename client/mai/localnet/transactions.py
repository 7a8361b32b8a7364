"""Transactions and their results in the encodings that clients ask for."""

from __future__ import annotations

import base64
from typing import Any

import based58
from solders.instruction import CompiledInstruction
from solders.message import Message, MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from mai.localnet.errors import UNSUPPORTED_VERSION, RpcError
from mai.localnet.message import View
from mai.localnet.parsed_instructions import parsed
from mai.localnet.records import Stored

JSON, PARSED, BASE58, BASE64, BINARY = "json", "jsonParsed", "base58", "base64", "binary"
ENCODINGS = (JSON, PARSED, BASE58, BASE64, BINARY)
DETAILS_IN_ACCOUNTS = frozenset(
    {"err", "fee", "postBalances", "postTokenBalances", "preBalances", "preTokenBalances", "rewards", "status"}
)


def stored_view(stored: Stored) -> View:
    """A transaction from the ledger with the addresses that its lookup tables held then."""
    loaded = stored.meta["loadedAddresses"]
    addresses = [[Pubkey.from_string(key) for key in loaded[name]] for name in ("writable", "readonly")]
    return View(VersionedTransaction.from_bytes(stored.wire), stored.wire, *addresses)


def answer(stored: Stored, encoding: str, newest_version: int | None) -> dict[str, Any]:
    """``meta``, ``transaction`` and, if versions were asked for, ``version``.

    Raises:
        RpcError: the transaction's version is newer than the client understands.
    """
    view = stored_view(stored)
    found = {"meta": meta(stored.meta, view, encoding), "transaction": transaction(view, encoding)}
    return {**found, **_version(view, newest_version)}


def _version(view: View, newest: int | None) -> dict[str, Any]:
    if newest is not None:
        return {"version": 0 if isinstance(view.message, MessageV0) else "legacy"}
    if isinstance(view.message, MessageV0):
        message = (
            "Transaction version (0) is not supported by the requesting client. Please try the request again with the "
            'following configuration parameter: "maxSupportedTransactionVersion": 0'
        )
        raise RpcError(UNSUPPORTED_VERSION, message)
    return {}


def with_accounts_only(stored: Stored, newest_version: int | None) -> dict[str, Any]:
    """A block's transaction as `transactionDetails: accounts` shows it."""
    view = stored_view(stored)
    found = {
        "meta": {name: value for name, value in stored.meta.items() if name in DETAILS_IN_ACCOUNTS},
        "transaction": {"accountKeys": account_keys(view), "signatures": _signatures(view)},
    }
    return {**found, **_version(view, newest_version)}


def meta(found: dict[str, Any], view: View, encoding: str) -> dict[str, Any]:
    """What came of a transaction; parsed, its inner instructions are, too."""
    if encoding != PARSED:
        return found
    shown = {name: value for name, value in found.items() if name != "loadedAddresses"}
    return {**shown, "innerInstructions": inner(found["innerInstructions"], view)}


def inner(groups: list[dict[str, Any]], view: View) -> list[dict[str, Any]]:
    """Inner instructions, parsed."""
    return [
        {
            "index": group["index"],
            "instructions": [
                _parsed_instruction(
                    view,
                    view.keys[item["programIdIndex"]],
                    [view.keys[index] for index in item["accounts"]],
                    based58.b58decode(item["data"].encode()) if item["data"] else b"",
                    item["stackHeight"],
                )
                for item in group["instructions"]
            ],
        }
        for group in groups
    ]


def transaction(view: View, encoding: str) -> Any:
    """The transaction itself."""
    if encoding == BASE64:
        return [base64.b64encode(view.wire).decode(), BASE64]
    if encoding == BASE58:
        return [based58.b58encode(view.wire).decode(), BASE58]
    if encoding == BINARY:
        return based58.b58encode(view.wire).decode()
    content = _parsed_message(view) if encoding == PARSED else _message(view.message)
    return {"message": content, "signatures": _signatures(view)}


def _signatures(view: View) -> list[str]:
    return [str(item) for item in view.transaction.signatures]


def _message(message: Message | MessageV0) -> dict[str, Any]:
    header = message.header
    found: dict[str, Any] = {
        "accountKeys": [str(key) for key in message.account_keys],
        "header": {
            "numReadonlySignedAccounts": header.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": header.num_readonly_unsigned_accounts,
            "numRequiredSignatures": header.num_required_signatures,
        },
        "instructions": [_instruction(item) for item in message.instructions],
        "recentBlockhash": str(message.recent_blockhash),
    }
    return {**found, "addressTableLookups": _lookups(message)} if isinstance(message, MessageV0) else found


def _lookups(message: MessageV0) -> list[dict[str, Any]]:
    return [
        {
            "accountKey": str(item.account_key),
            "readonlyIndexes": list(bytes(item.readonly_indexes)),
            "writableIndexes": list(bytes(item.writable_indexes)),
        }
        for item in message.address_table_lookups
    ]


def _instruction(item: CompiledInstruction) -> dict[str, Any]:
    return {
        "accounts": list(bytes(item.accounts)),
        "data": based58.b58encode(bytes(item.data)).decode(),
        "programIdIndex": item.program_id_index,
        "stackHeight": 1,
    }


def account_keys(view: View) -> list[dict[str, Any]]:
    """All addresses with what the transaction may do to them."""
    static = len(view.message.account_keys)
    return [
        {
            "pubkey": str(key),
            "signer": view.is_signer(index),
            "source": "transaction" if index < static else "lookupTable",
            "writable": view.writable[index],
        }
        for index, key in enumerate(view.keys)
    ]


def _parsed_message(view: View) -> dict[str, Any]:
    message = view.message
    found: dict[str, Any] = {
        "accountKeys": account_keys(view),
        "instructions": [
            _parsed_instruction(
                view, view.program(item), [view.keys[index] for index in bytes(item.accounts)], bytes(item.data), 1
            )
            for item in view.instructions
        ],
        "recentBlockhash": str(message.recent_blockhash),
    }
    return {**found, "addressTableLookups": _lookups(message)} if isinstance(message, MessageV0) else found


def _parsed_instruction(
    view: View, program: Pubkey, accounts: list[Pubkey], data: bytes, height: int
) -> dict[str, Any]:
    readable = parsed(program, accounts, data)
    if readable is not None:
        return {**readable, "programId": str(program), "stackHeight": height}
    return {
        "accounts": [str(key) for key in accounts],
        "data": based58.b58encode(data).decode(),
        "programId": str(program),
        "stackHeight": height,
    }
