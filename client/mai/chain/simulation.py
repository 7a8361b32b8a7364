"""What a transaction would do: its fee, its logs and whose balances it would change; nothing is sent."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solders.instruction import Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount
from solders.transaction import Transaction
from spl.token.constants import ACCOUNT_LEN, MINT_LEN, TOKEN_PROGRAM_ID

from mai.chain.cluster import MAX_COMPUTE_UNITS, Landed
from mai.chain.refusal import refusal
from mai.chain.rpc import Rpc
from mai.chain.signer import Signer
from mai.chain.transaction import may_write
from mai.errors import ProgramError


@dataclass(frozen=True)
class Change:
    """A balance that would change.

    Attributes:
        mint: of what; None for lamports.
        decimals: of the mint; 9 for lamports.
        owner: whose token account it is; None for lamports.
        before, after: lamports, or the token's base units.
    """

    address: str
    mint: str | None
    decimals: int
    owner: str | None
    before: int
    after: int

    @property
    def amount(self) -> str:
        """By how much it changes, with its sign and its unit."""
        whole, fraction = divmod(abs(self.after - self.before), 10**self.decimals)
        places = f".{fraction:0{self.decimals}d}" if self.decimals else ""
        unit = "SOL" if self.mint is None else f"of token {self.mint}"
        return f"{'+' if self.after > self.before else '-'}{whole:,}{places} {unit}"


@dataclass(frozen=True)
class Simulation:
    """What executing a message showed.

    Attributes:
        fee: lamports that the fee payer pays, priority fee included; taken off its balance in ``changes`` too.
        refused: why it would fail; then nothing but the fee would change.
    """

    message: Message
    compute_units: int
    fee: int
    logs: list[str]
    changes: list[Change]
    refused: ProgramError | None


class Simulated(Exception):
    """A dry run has reached the first transaction, and shows what it would do."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__("a dry run sends nothing")
        self.simulation = simulation


def simulate(rpc: Rpc, message: Message) -> Simulation:
    """Execute a message, signed or not, on the cluster's present state."""
    writable = [key for key, may in zip(message.account_keys, may_write(message), strict=True) if may]
    level = {"commitment": str(rpc.commitment)}
    accounts = {"encoding": "base64", "addresses": [str(key) for key in writable]}
    raw = base64.b64encode(bytes(Transaction.new_unsigned(message))).decode()
    before = rpc.call("getMultipleAccounts", accounts["addresses"], {**level, "encoding": "base64"})["value"]
    options = {
        **level,
        "encoding": "base64",
        "sigVerify": False,
        "replaceRecentBlockhash": True,
        "accounts": accounts,
    }
    found = rpc.call("simulateTransaction", raw, options)["value"]
    fee = rpc.call("getFeeForMessage", base64.b64encode(bytes(message)).decode(), level)["value"] or 0
    logs = [str(line) for line in found.get("logs") or []]
    failed = found.get("err")
    refused = None if failed is None else refusal(str(failed), logs, rpc.messages)
    after = before if failed is not None else found.get("accounts") or before
    pairs = list(zip(writable, before, after, strict=True))
    mints = list({str(token.mint) for pair in pairs for item in pair[1:] if (token := _tokens(item))})
    decimals = _decimals(rpc, mints)
    changes = [change for key, old, new in pairs for change in _changes(key, old, new, decimals)]
    return Simulation(message, int(found.get("unitsConsumed") or 0), int(fee), logs, changes, refused)


def _changes(address: Pubkey, old: Any, new: Any, decimals: Mapping[str, int]) -> list[Change]:
    """What changes at one address; accounts as JSON, None where there is none."""
    found = []
    lamports = [int(item["lamports"]) if item else 0 for item in (old, new)]
    if lamports[0] != lamports[1]:
        found.append(Change(str(address), None, 9, None, *lamports))
    tokens = [_tokens(item) for item in (old, new)]
    amounts = [token.amount if token else 0 for token in tokens]
    token = tokens[1] or tokens[0]
    if token is not None and amounts[0] != amounts[1]:
        mint = str(token.mint)
        found.append(Change(str(address), mint, decimals.get(mint, 0), str(token.owner), *amounts))
    return found


def _decimals(rpc: Rpc, mints: Sequence[str]) -> dict[str, int]:
    """Each mint's decimal places; a mint that is made only now is left out, and counted in base units."""
    found = rpc.call("getMultipleAccounts", list(mints), {"encoding": "base64"})["value"] if mints else []
    data = {mint: base64.b64decode(item["data"][0]) for mint, item in zip(mints, found, strict=True) if item}
    return {mint: Mint.from_bytes(raw).decimals for mint, raw in data.items() if len(raw) == MINT_LEN}


def _tokens(account: Any) -> TokenAccount | None:
    if not account or account["owner"] != str(TOKEN_PROGRAM_ID):
        return None
    data = base64.b64decode(account["data"][0])
    return TokenAccount.from_bytes(data) if len(data) == ACCOUNT_LEN else None


class DryRun(Rpc):
    """A cluster to which nothing is ever sent: the first transaction ends the run and shows what it would do."""

    def send(
        self,
        instructions: Sequence[Instruction],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap_bytes: int = 0,
    ) -> Landed:
        """Raises: Simulated, always."""
        raise Simulated(simulate(self, self.message(instructions, signers, compute_units, heap_bytes)))

    def send_many(
        self,
        batches: Sequence[Sequence[Instruction]],
        signers: Sequence[Signer],
        *,
        compute_units: int = MAX_COMPUTE_UNITS,
    ) -> list[Landed]:
        """Raises: Simulated, unless there is nothing to send."""
        return [self.send(batch, signers, compute_units=compute_units) for batch in batches]

    def airdrop(self, address: Pubkey, lamports: int) -> None:
        """Asks for nothing."""
