"""Deploying a program through Solana's upgradeable loader, and who can still replace one.

Instruction formats: `loader_upgradeable_instruction` of the Solana SDK.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM
from solders.system_program import CreateAccountParams, create_account
from solders.sysvar import CLOCK, RENT

from mai.chain.cluster import Cluster
from mai.chain.progress import Progress, silent
from mai.errors import MaiError

LOADER = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")
FINAL_LOADER = Pubkey.from_string("BPFLoader2111111111111111111111111111111111")
CHUNK_BYTES = 960
BUFFER_HEADER_BYTES = 37
PROGRAM_BYTES = 36
PROGRAM_DATA_HEADER_BYTES = 45


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
        """Whether the code is that of ``path``; the loader pads it with zeros."""
        return self.code.rstrip(b"\0") == path.read_bytes().rstrip(b"\0")


def _create(cluster: Cluster, payer: Pubkey, account: Pubkey, size: int) -> Instruction:
    """A rent-exempt account of the loader's."""
    lamports = cluster.rent(size)
    parameters = CreateAccountParams(from_pubkey=payer, to_pubkey=account, lamports=lamports, space=size, owner=LOADER)
    return create_account(parameters)


def _initialize_buffer(buffer: Pubkey, authority: Pubkey) -> Instruction:
    metas = [AccountMeta(buffer, False, True), AccountMeta(authority, False, False)]
    return Instruction(LOADER, struct.pack("<I", 0), metas)


def _write(buffer: Pubkey, authority: Pubkey, offset: int, data: bytes) -> Instruction:
    metas = [AccountMeta(buffer, False, True), AccountMeta(authority, True, False)]
    return Instruction(LOADER, struct.pack("<IIQ", 1, offset, len(data)) + data, metas)


def _deploy(payer: Pubkey, program: Pubkey, buffer: Pubkey, authority: Pubkey, max_length: int) -> Instruction:
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
    return Instruction(LOADER, struct.pack("<IQ", 2, max_length), metas)


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


def make_final(program: Pubkey, authority: Pubkey) -> Instruction:
    """Give up for ever the right to replace ``program``'s code."""
    metas = [AccountMeta(program_data_address(program), False, True), AccountMeta(authority, True, False)]
    return Instruction(LOADER, struct.pack("<I", 4), metas)


def close_program(program: Pubkey, authority: Pubkey, recipient: Pubkey) -> Instruction:
    """Close ``program`` for ever: its code's lamports go to ``recipient``, and its address is used up."""
    metas = [
        AccountMeta(program_data_address(program), False, True),
        AccountMeta(recipient, False, True),
        AccountMeta(authority, True, False),
        AccountMeta(program, False, True),
    ]
    return Instruction(LOADER, struct.pack("<I", 5), metas)


def deploy(
    cluster: Cluster,
    program: Keypair,
    path: Path,
    payer: Keypair,
    progress: Progress = silent,
) -> int:
    """Upload ``path`` to a buffer and deploy it as ``program``; returns the number of transactions.

    Args:
        progress: called with (chunks written, chunks in all).

    Raises:
        MaiError: the file is missing, the program exists with other code, or the chain refuses.
    """
    if not path.is_file():
        raise MaiError(f"the program {path} is missing: run `mai program build`")
    code = path.read_bytes()
    present = deployed_code(cluster, program.pubkey())
    if present is not None:
        if present.rstrip(b"\0") == code.rstrip(b"\0"):
            return 0
        raise MaiError(f"{program.pubkey()} is already deployed with other code")
    authority, buffer = payer.pubkey(), Keypair()
    create_buffer = _create(cluster, authority, buffer.pubkey(), BUFFER_HEADER_BYTES + len(code))
    cluster.send([create_buffer, _initialize_buffer(buffer.pubkey(), authority)], [payer, buffer])
    chunks = [
        [_write(buffer.pubkey(), authority, offset, code[offset : offset + CHUNK_BYTES])]
        for offset in range(0, len(code), CHUNK_BYTES)
    ]
    group = 64
    for start in range(0, len(chunks), group):
        progress(start, len(chunks))
        cluster.send_many(chunks[start : start + group], [payer])
    progress(len(chunks), len(chunks))
    create_program = _create(cluster, authority, program.pubkey(), PROGRAM_BYTES)
    start_program = _deploy(authority, program.pubkey(), buffer.pubkey(), authority, len(code))
    cluster.send([create_program, start_program], [payer, program])
    return len(chunks) + 2
