"""Every account of every instruction replaced by each other type, by a foreigner's copy and by short data."""

from __future__ import annotations

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from verifier.chain import (
    PROGRAM,
    RECEIPT,
    Chain,
    Session,
    discriminator,
    ix_advance,
    ix_check,
    ix_claim,
    ix_close,
    ix_extend,
    ix_seal_key,
    ix_verify,
    ix_verify_session,
    ix_write,
    keccak,
    key_address,
    key_header,
    receipt_address,
    unused,
)
from verifier.circuit import Circuit

TYPES = ("key", "proof", "session", "receipt")
HEADERS = {"key": 112, "proof": 56, "session": 128, "receipt": 344}


class World:
    """One account of each type, all of them the payer's."""

    def __init__(self, chain: Chain, circuit: Circuit) -> None:
        self.chain = chain
        self.me: Keypair = chain.payer
        me = self.me.pubkey()
        digest = keccak(circuit.blob)
        unsealed, bump = key_address(me, bytes(32))
        fields = [bytes([n]) * 32 for n in range(1, 9)]
        receipt = RECEIPT.pack(discriminator("account", "Receipt"), bytes(32), bytes(me), *fields, 5, 0, 255, b"")
        self.accounts = {
            "key": chain.sealed_key(circuit.blob),
            "unsealed": chain.put(unsealed, key_header(me, bytes(32), len(circuit.blob), bump) + circuit.blob),
            "proof": chain.put_proof(circuit.payload),
            "receipt": chain.put(unused(), receipt),
        }
        session = chain.session(self.accounts["key"], self.accounts["proof"], nonce=1)
        assert session.advance_to("verified") is None
        self.accounts["session"] = session.address
        self.other = Session(chain, self.accounts["key"], self.accounts["proof"], 2, self.me)
        instances = circuit.payload[8 : 8 + 32 * 8]
        statement = keccak(b"MAI statement v1" + digest + keccak(instances) + keccak(b""))
        self.new_receipt = receipt_address(bytes(32), me, statement)
        self.other_receipt = receipt_address(bytes([1]) * 32, me, statement)

    def instructions(self) -> dict[str, tuple[Instruction, dict[int, tuple[str, ...]]]]:
        """Each instruction, and for each index the types that it takes."""
        me, accounts = self.me.pubkey(), self.accounts
        key, proof, session = accounts["key"], accounts["proof"], accounts["session"]
        verify = ix_verify(me, key, proof, self.new_receipt[0], bytes(32), self.new_receipt[1])
        of_session = ix_verify_session(me, key, proof, session, bytes([1]) * 32, self.other_receipt)
        return {
            "check": (ix_check(accounts["key"], accounts["proof"]), {0: ("key",), 1: ("proof",)}),
            "verify": (verify, {1: ("key",), 2: ("proof",)}),
            "create_session": (self.other.create(), {1: ("key",), 2: ("proof",)}),
            "advance": (ix_advance(me, key, proof, session, 1), {1: ("key",), 2: ("proof",), 3: ("session",)}),
            "verify_session": (of_session, {1: ("key",), 2: ("proof",), 3: ("session",)}),
            "claim": (ix_claim(me, accounts["receipt"], *[bytes(32)] * 6), {1: ("receipt",)}),
            "seal_key": (ix_seal_key(me, accounts["unsealed"]), {1: ("key",)}),
            "extend": (ix_extend(me, accounts["unsealed"]), {1: ("key", "proof", "session")}),
            "write": (ix_write(me, accounts["unsealed"], 0, b""), {1: ("key", "proof")}),
            "close": (ix_close(me, accounts["unsealed"]), {1: TYPES}),
        }

    def refused(self, instruction: Instruction, index: int, address: Pubkey) -> str | None:
        accounts = list(instruction.accounts)
        accounts[index] = AccountMeta(address, accounts[index].is_signer, accounts[index].is_writable)
        return self.chain.send(Instruction(PROGRAM, instruction.data, accounts)).refused


@pytest.fixture
def world(chain: Chain, linear4: Circuit) -> World:
    return World(chain, linear4)


NAMES = (
    *("check", "verify", "create_session", "advance", "verify_session", "claim"),
    *("seal_key", "extend", "write", "close"),
)


@pytest.mark.parametrize("name", NAMES)
def test_other_types(world: World, name: str) -> None:
    instruction, places = world.instructions()[name]
    for index, allowed in places.items():
        for other in set(TYPES) - set(allowed):
            fresh = world.chain.put(unused(), world.chain.data(world.accounts[other]))
            assert world.refused(instruction, index, fresh) == "WrongAccountType", (index, other)


@pytest.mark.parametrize("name", NAMES)
def test_foreign_owners(world: World, name: str) -> None:
    instruction, places = world.instructions()[name]
    for index, allowed in places.items():
        for kind in allowed:
            data = world.chain.data(world.accounts["unsealed" if kind == "key" else kind])
            for owner in (unused(), Pubkey.default()):
                copy = world.chain.put(unused(), data, owner=owner)
                assert world.refused(instruction, index, copy) == "WrongOwner", (index, kind)
        assert world.refused(instruction, index, unused()) == "WrongOwner"


@pytest.mark.parametrize("name", NAMES)
def test_short_and_unknown_data(world: World, name: str) -> None:
    instruction, places = world.instructions()[name]
    for index, allowed in places.items():
        for kind in allowed:
            data = world.chain.data(world.accounts["unsealed" if kind == "key" else kind])
            header = HEADERS[kind]
            for short in (b"\1", data[:7], data[:8], data[: header - 1], bytes(400), b"\1" * 400):
                place = world.chain.put(unused(), short)
                assert world.refused(instruction, index, place) == "WrongAccountType", (index, kind, len(short))


def test_controls(world: World) -> None:
    """The same instructions, unchanged, are refused for other reasons or not at all."""
    found = {name: world.chain.send(world.instructions()[name][0]).refused for name in NAMES}
    assert found == {
        "check": None,
        "verify": None,
        "create_session": None,
        "advance": "SessionComplete",
        "verify_session": None,
        "claim": "KeyMismatch",
        "seal_key": "HashMismatch",
        "extend": "AccountComplete",
        "write": None,
        "close": None,
    }


def test_a_header_in_uploaded_bytes_poses_as_nothing(world: World, linear4: Circuit) -> None:
    """A proof whose payload is a sealed key account, a finished session or a receipt, is still a proof."""
    me, accounts = world.me.pubkey(), world.accounts
    for kind in ("key", "session", "receipt"):
        posing = world.chain.put_proof(world.chain.data(accounts[kind]))
        forged = ix_verify_session(
            me, accounts["key"], accounts["proof"], posing, bytes([1]) * 32, world.other_receipt
        )
        assert world.chain.send(forged).refused == "WrongAccountType"
        assert world.chain.send(ix_check(posing, world.accounts["proof"])).refused == "WrongAccountType"
        claim = ix_claim(world.me.pubkey(), posing, *[bytes(32)] * 6)
        assert world.chain.send(claim).refused == "WrongAccountType"


@pytest.mark.parametrize("name", NAMES)
def test_too_many_accounts(world: World, name: str) -> None:
    """More than the program keeps: seen all the same, whether distinct or repeated, wherever the repetition stands."""
    good, _ = world.instructions()[name]
    refused = "ReceiptCount" if name.startswith("verify") else "AccountCount"
    spare = [AccountMeta(unused(), False, False) for _ in range(20)]
    for more in (1, 12, 20):
        many = [*good.accounts, *spare[:more]]
        assert world.chain.send(Instruction(PROGRAM, good.data, many)).refused == refused
    for repeated in (good.accounts[0], spare[0]):
        many = [*good.accounts, spare[0], repeated]
        assert world.chain.send(Instruction(PROGRAM, good.data, many)).refused == "DuplicateAccount"
    # Only accounts that are not kept are repeated.
    many = [*good.accounts, *spare[:16], spare[15]]
    assert world.chain.send(Instruction(PROGRAM, good.data, many)).refused == refused
