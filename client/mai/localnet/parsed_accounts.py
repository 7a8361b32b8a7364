"""jsonParsed: accounts of well-known programs as names and values instead of bytes."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any

import based58
from solders.pubkey import Pubkey

from mai.localnet import addresses as at
from mai.localnet import tokens
from mai.localnet.cell import Cell

NONCE_BYTES = 80
Info = tuple[str, Any]
FindMint = Callable[[Pubkey], Cell | None]
_EXTENSIONS_WITHOUT_STATE = {7: "immutableOwner", 9: "nonTransferable", 13: "nonTransferableAccount", 11: "cpiGuard"}


def parsed(address: Pubkey, account: Cell, find: FindMint) -> dict[str, Any] | None:
    """What clients read instead of the data; None where the program is not known or the data is not its own.

    Args:
        find: finds a token account's mint, whose decimals are shown.
    """
    owner, data = account.owner, account.data
    try:
        if owner in at.TOKEN_PROGRAMS:
            name = "spl-token" if owner == at.TOKEN else "spl-token-2022"
            return _shown(name, data, _token(account, find))
        if owner == at.LOADER:
            return _shown("bpf-upgradeable-loader", data, _loader(data))
        if owner == at.SYSTEM and len(data) == NONCE_BYTES:
            return _shown("nonce", data, _nonce(data))
        if owner == at.LOOKUP_TABLE:
            return _shown("address-lookup-table", data, _lookup_table(data))
        if owner == at.SYSVAR_OWNER and address in _SYSVARS:
            kind, read = _SYSVARS[address]
            return _shown("sysvar", data, (kind, read(data)))
    except (struct.error, IndexError, ValueError):
        return None
    return None


def _shown(program: str, data: bytes, info: Info | None) -> dict[str, Any] | None:
    if info is None:
        return None
    kind, values = info
    content = {"type": kind} if values is None else {"info": values, "type": kind}
    return {"parsed": content, "program": program, "space": len(data)}


def _key(data: bytes, start: int) -> str:
    return str(Pubkey(data[start : start + 32]))


def _token(account: Cell, find: FindMint) -> Info | None:
    mint = tokens.mint(account)
    extensions = _extensions(account.data)
    if mint is not None:
        return "mint", {
            "decimals": mint.decimals,
            "freezeAuthority": tokens.address(mint.freeze_authority),
            "isInitialized": mint.initialized,
            "mintAuthority": tokens.address(mint.authority),
            "supply": str(mint.supply),
            **extensions,
        }
    held = tokens.token_account(account)
    if held is not None:
        return _holding(held, extensions, find)
    data = account.data
    if len(data) == tokens.MULTISIG_BYTES and data[2] == 1:
        return "multisig", {
            "isInitialized": True,
            "numRequiredSigners": data[0],
            "numValidSigners": data[1],
            "signers": [_key(data, 3 + 32 * index) for index in range(data[1])],
        }
    return None


def _holding(held: tokens.TokenAccount, extensions: dict[str, Any], find: FindMint) -> Info | None:
    mint_account = find(Pubkey(held.mint))
    mint = None if mint_account is None else tokens.mint(mint_account)
    if mint is None:
        return None
    info: dict[str, Any] = {
        "isNative": held.native is not None,
        "mint": tokens.address(held.mint),
        "owner": tokens.address(held.holder),
        "state": held.state,
        "tokenAmount": tokens.amount(held.amount, mint.decimals),
    }
    if held.delegate is not None:
        info["delegate"] = tokens.address(held.delegate)
        info["delegatedAmount"] = tokens.amount(held.delegated, mint.decimals)
    if held.native is not None:
        info["rentExemptReserve"] = tokens.amount(held.native, mint.decimals)
    if held.close_authority is not None:
        info["closeAuthority"] = tokens.address(held.close_authority)
    return "account", {**info, **extensions}


def _extensions(data: bytes) -> dict[str, Any]:
    """Token-2022's extensions by name; those with a state of their own are told apart but not read."""
    found, start = [], tokens.ACCOUNT_BYTES + 1
    while len(data) != tokens.MULTISIG_BYTES and start + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, start)
        if kind == 0:
            break
        found.append({"extension": _EXTENSIONS_WITHOUT_STATE.get(kind, "unparseableExtension")})
        start += 4 + size
    return {"extensions": found} if found else {}


def _loader(data: bytes) -> Info | None:
    (kind,) = struct.unpack_from("<I", data)
    if kind == 0:
        return "uninitialized", None
    if kind == 1:
        authority = _key(data, 5) if data[4] else None
        return "buffer", {"authority": authority, "data": _base64(data[37:])}
    if kind == 2:
        return "program", {"programData": _key(data, 4)}
    if kind == 3:
        (slot,) = struct.unpack_from("<Q", data, 4)
        authority = _key(data, 13) if data[12] else None
        return "programData", {"authority": authority, "data": _base64(data[45:]), "slot": slot}
    return None


def _base64(data: bytes) -> list[str]:
    return [base64.b64encode(data).decode(), "base64"]


def _nonce(data: bytes) -> Info:
    version, state = struct.unpack_from("<II", data)
    if version > 1 or state != 1:
        return "uninitialized", None
    (lamports,) = struct.unpack_from("<Q", data, 72)
    return "initialized", {
        "authority": _key(data, 8),
        "blockhash": _key(data, 40),
        "feeCalculator": {"lamportsPerSignature": str(lamports)},
    }


def _lookup_table(data: bytes) -> Info | None:
    kind, deactivated, extended, first, present = struct.unpack_from("<IQQBB", data)
    if kind == 0:
        return "uninitialized", None
    info = {
        "addresses": [_key(data, start) for start in range(56, len(data) - 31, 32)],
        "deactivationSlot": str(deactivated),
        "lastExtendedSlot": str(extended),
        "lastExtendedSlotStartIndex": first,
    }
    return "lookupTable", {**info, "authority": _key(data, 22)} if present else info


def _clock(data: bytes) -> dict[str, int]:
    slot, start, epoch, leader, now = struct.unpack_from("<QqQQq", data)
    return {
        "epoch": epoch,
        "epochStartTimestamp": start,
        "leaderScheduleEpoch": leader,
        "slot": slot,
        "unixTimestamp": now,
    }


def _rent(data: bytes) -> dict[str, Any]:
    lamports, threshold, burn = struct.unpack_from("<QdB", data)
    return {"burnPercent": burn, "exemptionThreshold": threshold, "lamportsPerByteYear": str(lamports)}


def _epoch_schedule(data: bytes) -> dict[str, Any]:
    slots, offset, warmup, first_epoch, first_slot = struct.unpack_from("<QQ?QQ", data)
    return {
        "firstNormalEpoch": first_epoch,
        "firstNormalSlot": first_slot,
        "leaderScheduleSlotOffset": offset,
        "slotsPerEpoch": slots,
        "warmup": warmup,
    }


def _slot_hashes(data: bytes) -> list[dict[str, Any]]:
    (count,) = struct.unpack_from("<Q", data)
    found = []
    for index in range(min(count, len(data) // 40)):
        (slot,) = struct.unpack_from("<Q", data, 8 + 40 * index)
        found.append({"hash": _hash(data, 16 + 40 * index), "slot": slot})
    return found


def _recent_blockhashes(data: bytes) -> list[dict[str, Any]]:
    (count,) = struct.unpack_from("<Q", data)
    found = []
    for index in range(min(count, len(data) // 40)):
        (lamports,) = struct.unpack_from("<Q", data, 40 + 40 * index)
        calculator = {"lamportsPerSignature": str(lamports)}
        found.append({"blockhash": _hash(data, 8 + 40 * index), "feeCalculator": calculator})
    return found


def _hash(data: bytes, start: int) -> str:
    return based58.b58encode(data[start : start + 32]).decode()


def _last_restart(data: bytes) -> dict[str, int]:
    return {"lastRestartSlot": struct.unpack_from("<Q", data)[0]}


_SYSVARS: dict[Pubkey, tuple[str, Callable[[bytes], Any]]] = {
    at.CLOCK: ("clock", _clock),
    at.RENT: ("rent", _rent),
    at.EPOCH_SCHEDULE: ("epochSchedule", _epoch_schedule),
    at.SLOT_HASHES: ("slotHashes", _slot_hashes),
    at.RECENT_BLOCKHASHES: ("recentBlockhashes", _recent_blockhashes),
    at.LAST_RESTART_SLOT: ("lastRestartSlot", _last_restart),
    at.STAKE_HISTORY: ("stakeHistory", lambda data: []),
}
