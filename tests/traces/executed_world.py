"""The verifier program on an embedded chain with SmolLM2's constants and bases, and openings put there directly."""

from __future__ import annotations

import hashlib
import itertools
import struct
from functools import cache

import numpy as np
from mai.chain.artifacts import program_keypair
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.chain.executed import Executed
from mai.chain.program import Program
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai_zk.field import keccak256
from mai_zk.language.integers import Integers
from mai_zk.srs import make_test_srs
from mai_zk.trace import executed
from people import People
from solders.account import Account
from solders.pubkey import Pubkey
from traces.world import IDL, SHARED_OBJECT

LOGROWS = 14
WIDTH = 576
SEALED_CONSTANTS = 2


def discriminator(name: str) -> bytes:
    return hashlib.sha256(f"account:{name}".encode()).digest()[:8]


@cache
def bases() -> bytes:
    """U and the first points of the SRS that SmolLM2's shards are proved under."""
    return executed.bases(make_test_srs(LOGROWS), WIDTH)


class Bench:
    """One chain, one payer."""

    def __init__(self) -> None:
        self.chain, self.people = Embedded(), People()
        program = Program(program_keypair("verifier").pubkey(), IDL)
        self.chain.messages = program.errors
        self.chain.add_program(program.address, SHARED_OBJECT)
        self.program = program
        self.client = self.new_client()
        self.nonces = itertools.count(1)

    def new_client(self) -> Executed:
        payer = self.people.another()
        self.chain.airdrop(payer.pubkey(), 1000 * LAMPORTS_PER_SOL)
        return Executed(Verifier(self.chain, payer, self.program))

    def put(self, data: bytes, address: Pubkey | None = None) -> Pubkey:
        """An account of the program with this content, as no transaction could make it at once."""
        address = address or self.people.another().pubkey()
        self.chain.svm.set_account(address, Account(10**11, data, self.program.address, False, 0))
        return address

    def constants(self, body: bytes, sealed: int = SEALED_CONSTANTS) -> Pubkey:
        """Constants, sealed without the uploads of a real one."""
        address, bump = Traces(self.client.verifier).manifest_address(keccak256(body))
        head = discriminator("Manifest") + bytes(self.client.payer.pubkey()) + keccak256(body)
        return self.put(head + struct.pack("<IBB2x", len(body), sealed, bump) + body, address)

    def opening(self, data: bytes, *, missing: int = 0) -> Pubkey:
        """A complete proof account that holds the data (or claims to hold more)."""
        head = discriminator("Proof") + bytes(self.client.payer.pubkey())
        return self.put(head + struct.pack("<QIB3x", 0, len(data) + missing, 255) + data)

    def begin(
        self, numbers: Integers, body: bytes | None = None, *, offset: int = 0, count: int | None = None
    ) -> tuple[Pubkey, Pubkey, Pubkey]:
        """Bases, a values account that nothing is bound in yet, and the opening of its integers."""
        base, digest = self.constants(body or bases()), executed.values_digest(numbers)
        count = len(numbers) if count is None else count
        account = self.client.create_values(next(self.nonces), digest, base, offset=offset, count=count)
        return base, account, self.opening(executed.encoded(numbers))

    def bind(self, numbers: Integers, *, offset: int = 0, bits: int | None = None) -> tuple[bytes, int]:
        """The point of some integers as the chain adds it up in one transaction, and its compute units."""
        base, account, opening = self.begin(numbers, offset=offset)
        bits = bits or executed.digit_bits(numbers)
        landed = self.client.bind(account, opening, base, start=0, count=len(numbers), bits=bits)
        return self.client.bound(account).point, landed.compute_units


def integers(*numbers: int) -> Integers:
    return np.array(numbers, dtype=np.int64)
