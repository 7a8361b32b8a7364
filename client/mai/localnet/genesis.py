"""What a localnet has from the start: MAI's programs, upgradeable, and a wallet with lamports."""

from __future__ import annotations

import struct

from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.loader import LOADER, program_data_address
from mai.localnet.addresses import SYSTEM
from mai.localnet.bank import Bank
from mai.localnet.cell import Cell

PROGRAMS = ("mai", "verifier", "traces")
WALLET_LAMPORTS = 500_000_000 * LAMPORTS_PER_SOL
PROGRAM, PROGRAM_DATA = 2, 3


def endow(bank: Bank, *, wallet: Pubkey | None, programs: tuple[str, ...] = PROGRAMS) -> None:
    """Put programs at their development addresses, and give ``wallet`` lamports and the right to replace them.

    Without a wallet the programs' own development keys may replace them.

    Raises:
        MaiError: a program's file is missing or is not what its build recorded.
    """
    if wallet is not None:
        bank.place(wallet, Cell(WALLET_LAMPORTS, b"", SYSTEM))
    for name in programs:
        key = artifacts.program_keypair(name).pubkey()
        place_program(bank, key, artifacts.shared_object(name).read_bytes(), wallet or key)


def place_program(bank: Bank, program: Pubkey, code: bytes, authority: Pubkey) -> None:
    """An upgradeable program, as the loader would have left it at slot 0."""
    data_address = program_data_address(program)
    data = struct.pack("<IQB", PROGRAM_DATA, 0, 1) + bytes(authority) + code
    rent = bank.machine.rent
    bank.place(data_address, Cell(rent(len(data)), data, LOADER))
    link = struct.pack("<I", PROGRAM) + bytes(data_address)
    bank.place(program, Cell(rent(len(link)), link, LOADER, executable=True))
