"""A presale and upgradeable programs on any cluster, embedded or real."""

from __future__ import annotations

from typing import Any

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Cluster
from mai.chain.embedded import Embedded
from mai.chain.loader import LOADER, PROGRAM_BYTES, program_data_address
from program.presale import Presale
from solders.account import Account
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

PROGRAMS = ("mai", "verifier")


class ClusterPresale(Presale):
    """A presale whose transactions go through a cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.anyone = self.person()

    def submit(self, instructions: list[Instruction], signers: list[Keypair]) -> Any:
        return self.cluster.send(instructions, [self.anyone, *signers])

    def rent(self, size: int) -> int:
        return self.cluster.rent(size)

    def person(self) -> Keypair:
        keypair = Keypair()
        self.cluster.airdrop(keypair.pubkey(), LAMPORTS_PER_SOL)
        return keypair


def put_upgradeable(chain: Embedded, name: str, authority: Pubkey) -> None:
    """The program as the upgradeable loader leaves it."""
    address = artifacts.program_keypair(name).pubkey()
    data, code = program_data_address(address), artifacts.shared_object(name).read_bytes()
    header = (3).to_bytes(4, "little") + bytes(8) + b"\x01" + bytes(authority)
    chain.svm.set_account(data, Account(chain.rent(len(code) + len(header)), header + code, LOADER))
    program = (2).to_bytes(4, "little") + bytes(data)
    chain.svm.set_account(address, Account(chain.rent(PROGRAM_BYTES), program, LOADER, executable=True))
