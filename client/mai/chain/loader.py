"""Solana's upgradeable loader: its instructions, and what a program or a buffer on chain is.

Instruction formats: `loader_upgradeable_instruction` of the Solana SDK.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path

from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.sysvar import CLOCK, RENT

from mai.chain.cluster import Cluster

LOADER = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")
FINAL_LOADER = Pubkey.from_string("BPFLoader2111111111111111111111111111111111")
BUFFER_HEADER_BYTES = 37
PROGRAM_BYTES = 36
PROGRAM_DATA_HEADER_BYTES = 45
BUFFER_STATE = 1
LEAST_EXTENSION = 10_240
"""Bytes by which a program grows at least."""


@dataclass(frozen=True)
class Deployed:
    """A program on chain.

    Attributes:
        data: the account that holds its code: the loader's, or for a program that was never upgradeable its own.
        authority: who can replace the code; None if nobody can.
        slot: when the code was last replaced, if the loader says so.
    """

    data: Pubkey
    authority: Pubkey | None
    slot: int | None
    code: bytes

    def runs(self, path: Path) -> bool:
        """Whether the code is that of ``path``."""
        return self.holds(path.read_bytes())

    def holds(self, code: bytes) -> bool:
        """Whether the code is this one; the loader pads it with zeros."""
        return self.code.rstrip(b"\0") == code.rstrip(b"\0")


@dataclass(frozen=True)
class Buffer:
    """A buffer on chain: code that was uploaded and is not deployed, or not yet."""

    address: Pubkey
    lamports: int


def program_data_address(program: Pubkey) -> Pubkey:
    """Where the loader keeps the code of ``program``."""
    return Pubkey.find_program_address([bytes(program)], LOADER)[0]


def deployed_code(cluster: Cluster, program: Pubkey) -> bytes | None:
    """The code that is on chain at ``program``, with the loader's zero padding; None where there is no program."""
    account = cluster.account(program_data_address(program))
    return None if account is None else bytes(account.data[PROGRAM_DATA_HEADER_BYTES:])


def deployed(cluster: Cluster, program: Pubkey) -> Deployed | None:
    """The program at an address; None where there is none, or one of a loader that is not known here."""
    account = cluster.account(program)
    if account is None or not account.executable:
        return None
    if account.owner == FINAL_LOADER:
        return Deployed(program, None, None, bytes(account.data))
    data = cluster.account(program_data_address(program))
    if account.owner != LOADER or data is None:
        return None
    _, slot, present = struct.unpack_from("<IQB", data.data)
    authority = Pubkey(bytes(data.data[PROGRAM_DATA_HEADER_BYTES - 32 : PROGRAM_DATA_HEADER_BYTES]))
    code = bytes(data.data[PROGRAM_DATA_HEADER_BYTES:])
    return Deployed(program_data_address(program), authority if present else None, slot, code)


def buffer_seed(code: bytes) -> str:
    """The seed of the buffer that every deployment of this code by the same authority uses."""
    return f"mai{hashlib.sha256(code).hexdigest()[:29]}"


def buffer_address(authority: Pubkey, code: bytes) -> Pubkey:
    """Where the authority uploads this code: it follows from both, so that nothing has to be remembered to go on."""
    return Pubkey.create_with_seed(authority, buffer_seed(code), LOADER)


def buffers_of(cluster: Cluster, authority: Pubkey) -> list[Buffer]:
    """Every buffer that the authority can write, deploy or close, by address."""
    start = struct.pack("<IB", BUFFER_STATE, 1) + bytes(authority)
    found = cluster.owned(LOADER, [(0, start)], length=BUFFER_HEADER_BYTES)
    return sorted((Buffer(at, account.lamports) for at, account in found), key=lambda item: str(item.address))


# Instructions


def initialize_buffer(buffer: Pubkey, authority: Pubkey) -> Instruction:
    """Make an empty account of the loader's a buffer of the authority."""
    metas = [AccountMeta(buffer, False, True), AccountMeta(authority, False, False)]
    return Instruction(LOADER, struct.pack("<I", 0), metas)


def write(buffer: Pubkey, authority: Pubkey, offset: int, data: bytes) -> Instruction:
    """Put code into a buffer."""
    metas = [AccountMeta(buffer, False, True), AccountMeta(authority, True, False)]
    return Instruction(LOADER, struct.pack("<IIQ", 1, offset, len(data)) + data, metas)


def deploy_buffer(payer: Pubkey, program: Pubkey, buffer: Pubkey, authority: Pubkey, most: int) -> Instruction:
    """Make a buffer's code a new program's, with room for ``most`` bytes; the buffer's rent goes to the payer."""
    metas = [
        AccountMeta(payer, True, True),
        AccountMeta(program_data_address(program), False, True),
        AccountMeta(program, False, True),
        AccountMeta(buffer, False, True),
        AccountMeta(RENT, False, False),
        AccountMeta(CLOCK, False, False),
        AccountMeta(SYSTEM_PROGRAM, False, False),
        AccountMeta(authority, True, False),
    ]
    return Instruction(LOADER, struct.pack("<IQ", 2, most), metas)


def upgrade(program: Pubkey, buffer: Pubkey, authority: Pubkey) -> Instruction:
    """Make a buffer's code that of a program; the buffer's rent goes to the authority."""
    metas = [
        AccountMeta(program_data_address(program), False, True),
        AccountMeta(program, False, True),
        AccountMeta(buffer, False, True),
        AccountMeta(authority, False, True),
        AccountMeta(RENT, False, False),
        AccountMeta(CLOCK, False, False),
        AccountMeta(authority, True, False),
    ]
    return Instruction(LOADER, struct.pack("<I", 3), metas)


def set_authority(program: Pubkey, authority: Pubkey, new: Pubkey) -> Instruction:
    """Let somebody else replace a program's code."""
    metas = make_final(program, authority).accounts
    return Instruction(LOADER, struct.pack("<I", 4), [*metas, AccountMeta(new, False, False)])


def make_final(program: Pubkey, authority: Pubkey) -> Instruction:
    """Give up for ever the right to replace ``program``'s code."""
    metas = [AccountMeta(program_data_address(program), False, True), AccountMeta(authority, True, False)]
    return Instruction(LOADER, struct.pack("<I", 4), metas)


def close_buffer(buffer: Pubkey, authority: Pubkey) -> Instruction:
    """Close a buffer; its rent goes to the authority."""
    metas = [
        AccountMeta(buffer, False, True),
        AccountMeta(authority, False, True),
        AccountMeta(authority, True, False),
    ]
    return Instruction(LOADER, struct.pack("<I", 5), metas)


def close_program(program: Pubkey, authority: Pubkey, recipient: Pubkey) -> Instruction:
    """Close ``program`` for ever: its code's lamports go to ``recipient``, and its address is used up."""
    metas = [
        AccountMeta(program_data_address(program), False, True),
        AccountMeta(recipient, False, True),
        AccountMeta(authority, True, False),
        AccountMeta(program, False, True),
    ]
    return Instruction(LOADER, struct.pack("<I", 5), metas)


def extend(program: Pubkey, authority: Pubkey, size: int, *, checked: bool) -> Instruction:
    """Give a program's code room for ``size`` bytes more, paid by the authority.

    Args:
        checked: the authority signs as such; clusters that have this instruction refuse the older one.
    """
    metas = [
        AccountMeta(program_data_address(program), False, True),
        AccountMeta(program, False, True),
        *([AccountMeta(authority, True, False)] if checked else []),
        AccountMeta(SYSTEM_PROGRAM, False, False),
        AccountMeta(authority, True, True),
    ]
    return Instruction(LOADER, struct.pack("<II", 9 if checked else 6, size), metas)
