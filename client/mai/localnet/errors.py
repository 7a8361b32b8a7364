"""JSON-RPC errors with the codes of Solana's own servers."""

from __future__ import annotations

from typing import Any

PARSE = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
INVALID_PARAMS = -32602
INTERNAL = -32603
PREFLIGHT = -32002
BLOCK_NOT_AVAILABLE = -32004
SLOT_SKIPPED = -32007
UNSUPPORTED_VERSION = -32015
MIN_CONTEXT_SLOT = -32016


class RpcError(Exception):
    """What a request is answered with instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data

    def body(self) -> dict[str, Any]:
        """The ``error`` member of the answer."""
        found: dict[str, Any] = {"code": self.code, "message": self.message}
        return found if self.data is None else {**found, "data": self.data}


def invalid(message: str) -> RpcError:
    """The request's parameters cannot be used."""
    return RpcError(INVALID_PARAMS, message)


def no_method(name: str) -> RpcError:
    """Nothing is answered under this name; the name is told, since a client may send many at once."""
    return RpcError(NO_METHOD, "Method not found", name[:64])


def block_not_available(slot: int) -> RpcError:
    """The slot's block is not there yet."""
    return RpcError(BLOCK_NOT_AVAILABLE, f"Block not available for slot {slot}")


def slot_skipped(slot: int) -> RpcError:
    """The slot is over and left no block."""
    return RpcError(SLOT_SKIPPED, f"Slot {slot} was skipped, or missing due to ledger jump to recent snapshot")


def too_early(slot: int) -> RpcError:
    """The caller has seen a later slot than the one that would answer."""
    message = "Minimum context slot has not been reached"
    return RpcError(MIN_CONTEXT_SLOT, message, {"contextSlot": slot})
