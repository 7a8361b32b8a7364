"""Sending and simulating transactions, fees and airdrops."""

from __future__ import annotations

from typing import Any

from solders.hash import Hash
from solders.message import Message, MessageV0, from_bytes_versioned
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import SanitizeError, VersionedTransaction

from mai.localnet import encoding, execution, transactions
from mai.localnet.bank import FAUCET_LAMPORTS, FINALIZED, PROCESSED, Refused
from mai.localnet.errors import INTERNAL, PREFLIGHT, RpcError, invalid
from mai.localnet.execution import Executed
from mai.localnet.message import View
from mai.localnet.node import Node
from mai.localnet.params import Config, Params, read_address
from mai.localnet.registry import method
from mai.localnet.txerrors import sentence

MAX_WATCHED = 64
TRANSACTION = "solana_transaction::versioned::VersionedTransaction"


def read_transaction(params: Params, config: Config) -> tuple[VersionedTransaction, bytes]:
    """A signed transaction from a request's first parameter.

    Raises:
        RpcError: it is none, or its parts do not fit together.
    """
    wire = params.wire(0, config, "base58")
    try:
        found = VersionedTransaction.from_bytes(wire)
    except ValueError:
        raise invalid(f"failed to deserialize {TRANSACTION}: io error: failed to fill whole buffer") from None
    try:
        found.sanitize()
    except SanitizeError:
        raise invalid(f"invalid transaction: {sentence('SanitizeFailure')}") from None
    return found, bytes(found)


def _failure(refused: Refused) -> RpcError:
    executed = refused.executed
    logs = [] if executed is None else executed.meta["logMessages"]
    ran = executed is not None and bool(logs)
    data = {
        "accounts": None,
        "err": refused.err,
        "fee": executed.meta["fee"] if executed is not None and ran else None,
        "innerInstructions": None,
        "loadedAccountsDataSize": executed.loaded_bytes if executed is not None and ran else 0,
        "loadedAddresses": None,
        "logs": logs,
        "postBalances": None,
        "postTokenBalances": None,
        "preBalances": None,
        "preTokenBalances": None,
        "replacementBlockhash": None,
        "returnData": None if executed is None else executed.return_data,
        "unitsConsumed": 0 if executed is None else executed.meta["computeUnitsConsumed"],
    }
    return RpcError(PREFLIGHT, f"Transaction simulation failed: {sentence(refused.err)}", data)


@method(
    "sendTransaction",
    differs="processed before the answer, so a repeat is refused at once; `maxRetries` has nothing to retry",
)
async def send_transaction(node: Node, params: Params) -> Any:
    config = params.config(1)
    transaction, wire = read_transaction(params, config)
    skip = config.flag("skipPreflight")
    node.context(Config({"commitment": PROCESSED, "minContextSlot": config.get("minContextSlot")}))
    try:
        view = node.bank.look(transaction, wire)
        level = config.get("preflightCommitment") or FINALIZED
        if not skip and not node.bank.blockhash_known(view, level):
            raise Refused("BlockhashNotFound")
        await node.submit(view, keep_failure=skip)
    except Refused as refused:
        # Without a preflight nobody is told: the transaction is dropped, as on any cluster.
        if not skip:
            raise _failure(refused) from None
    return str(transaction.signatures[0])


@method("simulateTransaction", differs="without `sigVerify` precompiles are not run, either")
def simulate_transaction(node: Node, params: Params) -> Any:
    config = params.config(1)
    transaction, wire = read_transaction(params, config)
    check, replace = config.flag("sigVerify"), config.flag("replaceRecentBlockhash")
    if check and replace:
        raise invalid("sigVerify may not be used with replaceRecentBlockhash")
    slot = node.context(config)
    replacement = None
    if replace:
        blockhash, last = node.bank.blockhash(config.level)
        replacement = {"blockhash": str(blockhash), "lastValidBlockHeight": last}
        transaction = _with_blockhash(transaction, blockhash)
    watched = _watched(config, transaction)
    try:
        view = node.bank.look(transaction, wire)
        executed = node.bank.simulate(view, config.level, check_signatures=check, check_age=not replace)
    except Refused as refused:
        view = View(transaction, wire)
        answer = _simulated(node, view, None, refused.err, config, watched, replacement)
        return node.answer(slot, {**answer, **execution.balances(node.bank.machine, view)})
    if executed.err == "SignatureFailure":
        return node.answer(slot, _simulated(node, view, None, executed.err, config, watched, replacement))
    return node.answer(slot, _simulated(node, view, executed, executed.err, config, watched, replacement))


def _with_blockhash(transaction: VersionedTransaction, blockhash: Hash) -> VersionedTransaction:
    old = transaction.message
    keys, instructions = old.account_keys, old.instructions
    message: Message | MessageV0
    if isinstance(old, MessageV0):
        message = MessageV0(old.header, keys, blockhash, instructions, old.address_table_lookups)
    else:
        header = old.header
        message = Message.new_with_compiled_instructions(
            header.num_required_signatures,
            header.num_readonly_signed_accounts,
            header.num_readonly_unsigned_accounts,
            keys,
            blockhash,
            instructions,
        )
    return VersionedTransaction.populate(message, transaction.signatures)


def _watched(config: Config, transaction: VersionedTransaction) -> tuple[list[Pubkey], str] | None:
    wanted = config.get("accounts")
    if wanted is None:
        return None
    if not isinstance(wanted, dict) or not isinstance(wanted.get("addresses"), list):
        raise invalid("Invalid params: accounts needs addresses.")
    chosen = Config(wanted).encoding(encoding.BASE64)
    if chosen in (encoding.BINARY, encoding.BASE58):
        raise invalid("base58 encoding not supported")
    if len(wanted["addresses"]) > min(MAX_WATCHED, len(transaction.message.account_keys)):
        raise invalid(f"Too many accounts provided; max {len(transaction.message.account_keys)}")
    return [read_address(item) for item in wanted["addresses"]], chosen


def _simulated(
    node: Node,
    view: View,
    executed: Executed | None,
    err: Any,
    config: Config,
    watched: tuple[list[Pubkey], str] | None,
    replacement: Any,
) -> dict[str, Any]:
    meta = {} if executed is None else executed.meta
    ran = executed is not None and executed.landed
    shown = None
    if watched is not None and executed is not None and err is None:
        find = node.bank.machine.account
        shown = []
        for address in watched[0]:
            account = executed.after.get(address, node.bank.account(address))
            shown.append(None if account is None else encoding.account(address, account, watched[1], None, find))
    inner = None
    if config.flag("innerInstructions"):
        inner = transactions.inner(meta.get("innerInstructions", []), view)
    return {
        "accounts": shown,
        "err": err,
        "fee": meta["fee"] if ran else None,
        "innerInstructions": inner,
        "loadedAccountsDataSize": executed.loaded_bytes if executed is not None and ran else 0,
        "loadedAddresses": meta.get("loadedAddresses", {"readonly": [], "writable": []}),
        "logs": meta.get("logMessages", []),
        "postBalances": meta.get("postBalances"),
        "postTokenBalances": meta.get("postTokenBalances"),
        "preBalances": meta.get("preBalances"),
        "preTokenBalances": meta.get("preTokenBalances"),
        "replacementBlockhash": replacement,
        "returnData": None if executed is None else executed.return_data,
        "unitsConsumed": meta.get("computeUnitsConsumed", 0),
    }


@method("getFeeForMessage")
def get_fee_for_message(node: Node, params: Params) -> Any:
    config = params.config(1)
    wire = params.wire(0, Config({"encoding": "base64"}), "base64")
    slot = node.context(config)
    try:
        message = from_bytes_versioned(wire)
    except ValueError:
        name = "solana_message::versions::VersionedMessage"
        raise invalid(f"failed to deserialize {name}: io error: failed to fill whole buffer") from None
    unsigned = VersionedTransaction.populate(message, [Signature.default()] * message.header.num_required_signatures)
    try:
        unsigned.sanitize()
    except SanitizeError:
        raise invalid(f"invalid transaction message: {sentence('SanitizeFailure')}") from None
    view = View(unsigned, wire)
    known = node.bank.blockhash_known(view, config.level)
    return node.answer(slot, view.fee if known else None)


@method("requestAirdrop", differs="no limit but the faucet's 500,000,000 SOL; processed before the answer")
async def request_airdrop(node: Node, params: Params) -> Any:
    address, lamports = params.address(0), params.number(1)
    if lamports > FAUCET_LAMPORTS:
        raise invalid("Invalid request: the faucet does not have as much")
    try:
        landed = await node.airdrop(address, lamports)
    except Refused as refused:
        raise RpcError(INTERNAL, f"Internal error: {sentence(refused.err)}") from None
    return str(landed.signature)
