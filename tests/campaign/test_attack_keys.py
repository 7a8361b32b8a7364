"""Attacks with keys, each refused by name next to a control (docs/security/verifier.md)."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from mai_zk.bounds import check_bounds
from mai_zk.errors import ZkError
from mai_zk.field import Q, R, keccak256
from mai_zk.isa import Op
from mai_zk.keyprogram import KeyProgram

from campaign.bench import ACCEPTED, Bench
from campaign.keys import CONTEXT, claim_as_real, earn, forge, seal, section
from campaign.receipts import Earned

Change = Callable[[Bench, bytearray], None]


def sealing(bench: Bench, blob: bytes) -> str:
    """The verdict of `seal_key` on a key with these bytes and their true hash."""
    miner = bench.miner()
    return seal(bench, miner, bench.put_key(blob, miner.address, keccak256(blob)))


def patched(offset: int, data: bytes) -> Change:
    """Bytes written at an offset."""

    def change(_: Bench, blob: bytearray) -> None:
        blob[offset : offset + len(data)] = data

    return change


def count(offset: int, delta: int) -> Change:
    """A u16 of the header changed."""

    def change(_: Bench, blob: bytearray) -> None:
        (value,) = struct.unpack_from("<H", blob, offset)
        struct.pack_into("<H", blob, offset, (value + delta) & 0xFFFF)

    return change


def in_section(name: str, at: int, data: bytes) -> Change:
    """Bytes written into a section."""

    def change(bench: Bench, blob: bytearray) -> None:
        start = section(bench, name)[0] + at
        blob[start : start + len(data)] = data

    return change


def halt_early(bench: Bench, blob: bytearray) -> None:
    """HALT instead of the first instruction: most of the code is never run."""
    struct.pack_into("<H", blob, section(bench, "code")[0], Op.HALT)


def no_halt(bench: Bench, blob: bytearray) -> None:
    """The code ends in MARK."""
    start, length = section(bench, "code")
    for at in range(start + length - 2, start, -2):
        if struct.unpack_from("<H", blob, at)[0] != 0:
            break
        struct.pack_into("<H", blob, at, Op.MARK)


def squares(bench: Bench, blob: bytearray) -> None:
    """A constant squared four times: 254 bits become 4,064."""
    start, _ = section(bench, "code")
    slot = 3 * (bench.key.n_slots - 1)
    code = struct.pack("<4H", Op.MUL, slot, 0, 0) + 3 * struct.pack("<4H", Op.MUL, slot, slot, slot)
    blob[start:start] = code
    struct.pack_into("<I", blob, 20, bench.key.code_bytes + len(code))


def y_of_first_point(change: Callable[[int], int]) -> Change:
    """The y coordinate of the key's first point."""

    def apply(bench: Bench, blob: bytearray) -> None:
        start = section(bench, "points")[0] + 32
        y = change(int.from_bytes(blob[start : start + 32], "big"))
        blob[start : start + 32] = y.to_bytes(32, "big")

    return apply


STATIC: dict[str, tuple[Change, str]] = {
    "magic": (patched(0, b"MAK1"), "BadMagic"),
    "reserved": (patched(80, b"\1"), "ReservedNotZero"),
    "no phase": (patched(24, b"\0"), "BadPhases"),
    "nine phases": (patched(24, b"\x09"), "BadPhases"),
    "parts": (count(28, 1), "BadParts"),
    "unit point": (patched(16, b"\xfe\xff"), "BadCounts"),
    "too few slots": (patched(12, b"\1\0"), "BadCounts"),
    "too many slots": (patched(12, struct.pack("<H", 8193)), "BadCounts"),
    "an instance more": (count(4, 1), "BadParts"),
    "a quotient too short": (count(18, -1), "BadQuotientLength"),
    "a quotient too long": (count(18, 1), "BadQuotientLength"),
    "a point more": (count(14, 1), "KeyTooShort"),
    "a point less": (count(14, -1), "KeyTooLong"),
    "a constant not below r": (in_section("constants", 0, R.to_bytes(32, "big")), "BadConstant"),
    "early HALT": (halt_early, "CodeAfterHalt"),
    "no HALT": (no_halt, "MissingHalt"),
    "unknown operation": (in_section("code", 0, struct.pack("<H", 14)), "UnknownOperation"),
    "a value too long": (squares, "ValueTooLong"),
    "no [s]G2": (in_section("srs", 0, bytes(128)), "SrsPointInvalid"),
    "[s]G2 off the curve": (in_section("srs", 127, b"\0"), "SrsPointInvalid"),
    "an identity": (in_section("points", 0, bytes(64)), "KeyPointInvalid"),
    "a point not canonical": (y_of_first_point(lambda y: y + Q), "KeyPointInvalid"),
    "a point with bit 254": (y_of_first_point(lambda y: y | 1 << 254), "KeyPointInvalid"),
    "a point off the curve": (y_of_first_point(lambda y: (y + 1) % Q), "KeyPointInvalid"),
}


@pytest.mark.parametrize("change", STATIC)
def test_static_checks(bench: Bench, change: str) -> None:
    function, name = STATIC[change]
    blob = bytearray(bench.key.blob)
    function(bench, blob)
    assert sealing(bench, bytes(blob)) == name
    with pytest.raises(ZkError):
        check_bounds(KeyProgram.from_bytes(bytes(blob)))
        _subgroup(change)
    assert sealing(bench, bench.key.blob) == ACCEPTED


def _subgroup(change: str) -> None:
    """The client's own checks leave points of the key to the chain."""
    if change.startswith(("[s]G2", "no [s]G2")):
        raise ZkError("the chain judges [s]G2")


def test_bytes_that_are_not_the_hash(bench: Bench) -> None:
    miner = bench.miner()
    blob = bytearray(bench.key.blob)
    blob[-1] ^= 1
    account = bench.put_key(bytes(blob), miner.address, bench.key.hash)
    assert seal(bench, miner, account) == "HashMismatch"
    assert seal(bench, miner, bench.put_key(bench.key.blob, miner.address, bench.key.hash)) == ACCEPTED


def test_an_evil_program_with_the_same_digest_is_another_key(bench: Bench) -> None:
    """Two of the field code's factors exchanged: the same meaning, the same digest, not the same key."""
    index = next(i for i, ins in enumerate(bench.key.code) if ins.op is Op.MUL and ins.args[1] != ins.args[2])
    at = section(bench, "code")[0] + 2 * sum(1 + len(ins.args) for ins in bench.key.code[:index])
    blob = bytearray(bench.key.blob)
    blob[at + 4 : at + 6], blob[at + 6 : at + 8] = blob[at + 6 : at + 8], blob[at + 4 : at + 6]
    assert KeyProgram(bytes(blob)).digest == bench.key.digest
    miner = bench.miner()
    account = bench.put_key(bytes(blob), miner.address, keccak256(bytes(blob)))
    assert seal(bench, miner, account) == ACCEPTED
    assert earn(bench, miner, account, bytes(blob), "").verdict == "KeyMismatch"
    assert Earned(bench).claim() == ACCEPTED


def test_proofs_forged_under_an_own_srs(bench: Bench) -> None:
    """The attack is real: who knows s proves anything. Only the names of key and SRS protect a consumer."""
    evil, instances, proof = forge(bench)
    miner = bench.miner()
    account = bench.put_key(evil.blob, miner.address, evil.hash)
    assert seal(bench, miner, account) == ACCEPTED
    proof_account = bench.put_proof(evil.payload(instances, proof), miner.address)
    statement = evil.statement(instances, proof)
    receipt = miner.verifier.verify(evil, account, proof_account, CONTEXT, statement).address
    assert claim_as_real(bench, miner, receipt, instances, proof) == "KeyMismatch"
    assert claim_as_real(bench, miner, receipt, instances, proof, key_hash=evil.hash) == "SrsMismatch"
    assert bench.check(bench.key.payload(instances, proof)) == "ProofInvalid"
    assert Earned(bench).claim() == ACCEPTED


def test_an_unsealed_key_and_a_sealed_one(bench: Bench) -> None:
    miner = bench.miner()
    account = bench.put_key(bench.key.blob, miner.address, bench.key.hash)
    assert bench.check(bench.payloads[0], account=account) == "KeyNotSealed"
    assert seal(bench, miner, account) == ACCEPTED
    assert bench.check(bench.payloads[0], account=account) == ACCEPTED
    assert seal(bench, miner, account) == "KeySealed"
    program = bench.verifier.program
    accounts = {"authority": miner.address, "account": account}
    write = program.instruction("write", accounts, {"offset": 0, "data": b"\1"})
    assert bench.send(write, [miner.keypair]) == "KeySealed"
    assert bench.send(program.instruction("close", accounts), [miner.keypair]) == "KeySealed"
    arguments = {
        "hash": list(bench.key.hash),
        "size": len(bench.key.blob),
        "bump": miner.verifier.key_address(bench.key.hash)[1],
    }
    again = program.instruction("create_key", {"authority": miner.address, "key": account}, arguments)
    assert bench.send(again, [miner.keypair]) == "AccountExists"
    assert bench.check(bench.payloads[0], account=account) == ACCEPTED


def test_a_sealed_key_of_another_circuit(bench: Bench) -> None:
    verdict = bench.check(bench.payloads[0], bench.other.key, bench.other_key_account)
    assert verdict == "PayloadTooShort"
    assert bench.check(bench.payloads[0]) == ACCEPTED
