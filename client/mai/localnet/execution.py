"""One transaction on the machine: what the runtime does around the virtual machine, and the record of what came of it.

LiteSVM leaves to its host: prioritization fees, the rent rule for accounts without data, nonces that advance though
their transaction failed, fees of transactions whose program is missing, and emptying accounts without lamports.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import nullcontext as _nothing
from dataclasses import dataclass
from typing import Any

import based58
import orjson
from solders.pubkey import Pubkey
from solders.transaction_metadata import (
    FailedTransactionMetadata,
    SimulatedTransactionInfo,
    TransactionMetadata,
)

from mai.chain.quiet import quiet_stderr
from mai.localnet import tokens
from mai.localnet.addresses import LOADER, SYSTEM, SYSVARS
from mai.localnet.cell import Cell
from mai.localnet.machine import Machine, cell, failed
from mai.localnet.message import View

SIGNATURE_COST, LOCK_COST, DATA_BYTES_A_UNIT = 720, 300, 4
"""The cost model of Solana's block limits, shown as `costUnits`."""
LOADED_PAGE_BYTES, LOADED_PAGE_COST, ACCOUNT_BASE_BYTES = 32 * 1024, 8, 64
PAID_WITHOUT_RUNNING = frozenset({"ProgramAccountNotFound", "InvalidProgramForExecution"})
NONCE_VALUE_AT = 40
Accounts = dict[Pubkey, Cell | None]


class Unprocessable(Exception):
    """The machine itself fails on a transaction; nothing was changed."""


@dataclass(frozen=True)
class Executed:
    """What came of a transaction.

    Attributes:
        err: Solana's error in its JSON form; None after success.
        landed: whether it has a place in the ledger: it succeeded, or it failed and paid its fee.
        meta: what `getTransaction` shows as ``meta``.
        before, after: the accounts that it could write.
    """

    err: Any
    landed: bool
    meta: dict[str, Any]
    return_data: dict[str, Any] | None
    loaded_bytes: int
    before: Accounts
    after: Accounts

    @property
    def changes(self) -> list[tuple[Pubkey, Cell | None, Cell | None]]:
        """The accounts that are not as they were."""
        return [
            (address, self.before[address], account)
            for address, account in self.after.items()
            if not _same(self.before[address], account)
        ]


def _same(one: Cell | None, other: Cell | None) -> bool:
    return one is other or one == other


def execute(machine: Machine, view: View, *, keep_failure: bool) -> Executed:
    """Execute on ``machine``; without ``keep_failure`` a failed transaction leaves nothing behind, not even its fee."""
    loaded, before, payer = _load(machine, view)
    _charge(machine, payer, loaded[payer], view.priority_fee)
    result, err = _run(machine, view, before)
    if err is None:
        after = {key: machine.account(key) for key in before}
        err = _rent_error(machine, view, before, after)
        if err is not None:
            _restore(machine, before, after)
            _charge(machine, payer, loaded[payer], view.fee)
    landed = err is None or _paid(machine, view, loaded[payer], err)
    if err is None:
        for key, account in after.items():
            if account is None:
                machine.put(key, None)
    elif landed and keep_failure:
        after = {**before, payer: machine.account(payer), **_advance_nonce(machine, view)}
    else:
        machine.put(payer, loaded[payer])
        after = before
    size = _loaded_bytes(machine, loaded)
    returned = _return_data(result)
    meta = _meta(machine, view, result, returned, err, loaded, {**loaded, **after}, size)
    return Executed(err, landed, meta, returned, size, before, after)


def _load(machine: Machine, view: View) -> tuple[Accounts, Accounts, Pubkey]:
    """(all accounts of a transaction, those that it can write, its payer)."""
    loaded = {key: machine.account(key) for key in view.keys}
    writable = {key: loaded[key] for key, may in zip(view.keys, view.writable, strict=True) if may}
    return loaded, writable, view.keys[0]


def _paid(machine: Machine, view: View, payer: Cell | None, err: Any) -> bool:
    """Whether a failed transaction has paid its fee; where the machine leaves that to its host, it pays now."""
    key = view.keys[0]
    if _lamports(machine.account(key)) < _lamports(payer) - view.priority_fee:
        return True
    return err in PAID_WITHOUT_RUNNING and _charge(machine, key, payer, view.fee)


def try_out(machine: Machine, view: View, *, check_signatures: bool) -> Executed:
    """Execute without changing anything; ``after`` is what would be there."""
    loaded, before, payer = _load(machine, view)
    _charge(machine, payer, loaded[payer], view.priority_fee)
    try:
        result = machine.try_out(view.transaction, check_signatures=check_signatures)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise Unprocessable from None
    finally:
        if view.priority_fee:
            machine.put(payer, loaded[payer])
    after = dict(before)
    if isinstance(result, SimulatedTransactionInfo):
        post = dict(result.post_accounts())
        after |= {key: (cell(post[key]) if post[key].lamports else None) for key in before if key in post}
    metadata = result.meta()
    err = _json(result)["err"] if failed(result) else _rent_error(machine, view, before, after)
    if err is not None:
        after = dict(before)
    size = _loaded_bytes(machine, loaded)
    returned = _return_data(metadata)
    meta = _meta(machine, view, metadata, returned, err, loaded, {**loaded, **after}, size)
    return Executed(err, err is None or bool(meta["logMessages"]), meta, returned, size, before, after)


def _run(machine: Machine, view: View, before: Accounts) -> tuple[TransactionMetadata, Any]:
    """The machine's own verdict, (metadata, error)."""
    try:
        with quiet_stderr() if LOADER in view.keys else _nothing():
            result = machine.execute(view.transaction, view.keys)
    except BaseException as error:
        # The binding panics after a program was closed: it cannot load what is gone, and has written half of the rest.
        if isinstance(error, KeyboardInterrupt):
            raise
        _restore(machine, before, {key: machine.account(key) for key in before})
        _charge(machine, view.keys[0], before[view.keys[0]], view.priority_fee)
        info = _again(machine, view)
        if info is None:
            _restore(machine, before, {key: machine.account(key) for key in before})
            raise Unprocessable from None
        accounts = info.post_accounts()
        for key, account in sorted(accounts, key=lambda item: item[1].executable):
            machine.put(key, cell(account) if account.lamports else None)
        return info.meta(), None
    if isinstance(result, FailedTransactionMetadata):
        return result.meta(), _json(result)["err"]
    return result, None


def _again(machine: Machine, view: View) -> SimulatedTransactionInfo | None:
    """What a transaction would write that the machine could not write; None if it cannot even say so."""
    try:
        with quiet_stderr():
            found = machine.try_out(view.transaction, check_signatures=True)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return None
    return found if isinstance(found, SimulatedTransactionInfo) else None


def _json(result: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(result.to_json())
    return found


def _lamports(account: Cell | None) -> int:
    return 0 if account is None else account.lamports


def _charge(machine: Machine, payer: Pubkey, account: Cell | None, lamports: int) -> bool:
    """Take a fee from a payer that has it; whether it had."""
    if not lamports or account is None or account.lamports < lamports or account.owner != SYSTEM:
        return False
    machine.put(payer, Cell(account.lamports - lamports, account.data, account.owner))
    return True


def _restore(machine: Machine, before: Accounts, now: Accounts) -> None:
    for key, account in sorted(before.items(), key=lambda item: bool(item[1] and item[1].executable)):
        if not _same(account, now[key]):
            machine.put(key, account)


def _rent_error(machine: Machine, view: View, before: Accounts, after: Accounts) -> Any:
    """No account may be left with less than its rent-exempt minimum, unless it had less before."""
    least = machine.rent(0)
    for index, key in enumerate(view.keys):
        account = after.get(key)
        if account is None or account.data or account.lamports >= least:
            continue
        earlier = before[key]
        had_less = earlier is not None and not earlier.data and earlier.lamports < least
        if not (had_less and earlier is not None and account.lamports <= earlier.lamports):
            return {"InsufficientFundsForRent": {"account_index": index}}
    return None


def _advance_nonce(machine: Machine, view: View) -> Accounts:
    """A failed transaction uses up its nonce, or it could be sent again and again; the account that changes."""
    account = machine.account(view.nonce[0]) if view.nonce else None
    if view.nonce is None or account is None or account.data[NONCE_VALUE_AT:][:32] != bytes(view.blockhash):
        return {}
    value = hashlib.sha256(b"DURABLE_NONCE" + bytes(view.blockhash)).digest()
    data = account.data[:NONCE_VALUE_AT] + value + account.data[NONCE_VALUE_AT + 32 :]
    machine.put(view.nonce[0], Cell(account.lamports, data, account.owner))
    return {view.nonce[0]: machine.account(view.nonce[0])}


def _loaded_bytes(machine: Machine, loaded: Accounts) -> int:
    total = 0
    for account in loaded.values():
        if account is None:
            continue
        total += ACCOUNT_BASE_BYTES + len(account.data)
        if account.owner == LOADER and account.executable and (key := Pubkey(account.data[4:36])) not in loaded:
            data = machine.account(key)
            total += 0 if data is None else ACCOUNT_BASE_BYTES + len(data.data)
    return total


def _return_data(metadata: TransactionMetadata) -> dict[str, Any] | None:
    found = metadata.return_data()  # type: ignore[attr-defined]  # the stub has another name
    data = bytes(found.data)
    return {"programId": str(found.program_id), "data": [base64.b64encode(data).decode(), "base64"]} if data else None


def _meta(
    machine: Machine,
    view: View,
    metadata: TransactionMetadata,
    returned: Any,
    err: Any,
    before: Accounts,
    after: Accounts,
    size: int,
) -> dict[str, Any]:
    units = metadata.compute_units_consumed()
    data_bytes = sum(len(item.data) for item in view.instructions)
    pages = -(-size // LOADED_PAGE_BYTES)
    cost = SIGNATURE_COST * len(view.transaction.signatures) + LOCK_COST * sum(view.writable)
    cost += data_bytes // DATA_BYTES_A_UNIT + units + LOADED_PAGE_COST * pages
    found = {
        "computeUnitsConsumed": units,
        "costUnits": cost,
        "err": err,
        "fee": view.fee,
        "innerInstructions": _inner(metadata),
        "loadedAddresses": {
            "readonly": [str(key) for key in view.loaded_readonly],
            "writable": [str(key) for key in view.loaded_writable],
        },
        "logMessages": metadata.logs(),
        "postBalances": [_shown(key, after[key]) for key in view.keys],
        "postTokenBalances": _token_balances(machine, view, after),
        "preBalances": [_shown(key, before[key]) for key in view.keys],
        "preTokenBalances": _token_balances(machine, view, before),
        "rewards": [],
        "status": {"Ok": None} if err is None else {"Err": err},
    }
    return found if returned is None else {**found, "returnData": returned}


def balances(machine: Machine, view: View) -> dict[str, Any]:
    """Lamports and tokens of a transaction that was not executed: before and after are the same."""
    accounts = {key: machine.account(key) for key in view.keys}
    lamports, held = [_shown(key, accounts[key]) for key in view.keys], _token_balances(machine, view, accounts)
    return {
        "postBalances": lamports,
        "postTokenBalances": held,
        "preBalances": lamports,
        "preTokenBalances": held,
    }


def _shown(key: Pubkey, account: Cell | None) -> int:
    return 0 if account is None and key in SYSVARS else _lamports(account)


def _inner(metadata: TransactionMetadata) -> list[dict[str, Any]]:
    found = []
    for index, group in enumerate(metadata.inner_instructions()):
        instructions = []
        for item in group:
            compiled = item.instruction()
            instructions.append(
                {
                    "accounts": list(compiled.accounts),
                    "data": based58.b58encode(bytes(compiled.data)).decode(),
                    "programIdIndex": compiled.program_id_index,
                    "stackHeight": bytes(item)[-1],
                }
            )
        if instructions:
            found.append({"index": index, "instructions": instructions})
    return found


def _token_balances(machine: Machine, view: View, accounts: Accounts) -> list[dict[str, Any]]:
    found = []
    for index, key in enumerate(view.keys):
        account = accounts[key]
        held = None if account is None else tokens.token_account(account)
        if account is None or held is None:
            continue
        mint_address = Pubkey(held.mint)
        mint_account = accounts.get(mint_address) or machine.account(mint_address)
        mint = None if mint_account is None else tokens.mint(mint_account)
        if mint is None:
            continue
        found.append(
            {
                "accountIndex": index,
                "mint": str(mint_address),
                "owner": tokens.address(held.holder),
                "programId": str(account.owner),
                "uiTokenAmount": tokens.amount(held.amount, mint.decimals),
            }
        )
    return found
