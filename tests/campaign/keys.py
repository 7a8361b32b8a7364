"""Mutations of keys: bytes before sealing, their hash right or not; what a sealed key allows; keys of other circuits.

A mutated key that seals is another key. What it must never do is earn a receipt that passes for one of the real key.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from mai_zk.bounds import check_bounds
from mai_zk.curve import IDENTITY, add, decode_point, multiply
from mai_zk.errors import ZkError
from mai_zk.field import Q, R, keccak256
from mai_zk.isa import OPERANDS, Op
from mai_zk.keyprogram import HEADER_BYTES, MAX_HEAP, KeyProgram
from mai_zk.msm import multiply_g2
from mai_zk.srs import CEREMONY_NEG_S_G2
from solders.pubkey import Pubkey

from campaign.bench import ACCEPTED, Bench, Miner
from campaign.pieces import payload_or_zeros
from campaign.registry import Result, mutation

CONTEXT = bytes(range(32))
_G2_BYTES = 128
Bytes = bytearray


def section(bench: Bench, name: str) -> tuple[int, int]:
    """(offset, length) of a section of the key program."""
    key = bench.key
    code = HEADER_BYTES + 32 * key.n_constants
    g2 = code + key.code_bytes
    return {
        "header": (0, HEADER_BYTES),
        "constants": (HEADER_BYTES, code - HEADER_BYTES),
        "code": (code, key.code_bytes),
        "srs": (g2, _G2_BYTES),
        "points": (g2 + _G2_BYTES, len(key.blob) - g2 - _G2_BYTES),
    }[name]


# -- changes of the bytes -----------------------------------------------------------------------------------------


def _flip(bench: Bench, blob: Bytes) -> None:
    offset, length = section(bench, bench.draw.choice(("header", "constants", "code", "code", "srs", "points")))
    bit = bench.draw.randrange(8 * length)
    blob[offset + bit // 8] ^= 1 << bit % 8


def _header_count(bench: Bench, blob: Bytes) -> None:
    at = bench.draw.choice((4, 6, 8, 10, 12, 14, 16, 18, *range(28, 40, 2), *range(40, 72, 2)))
    (value,) = struct.unpack_from("<H", blob, at)
    value = bench.draw.choice((value + 1, value - 1, 0, 1, 0xFFFF, 8192, 8193, bench.draw.randrange(1 << 16)))
    struct.pack_into("<H", blob, at, value & 0xFFFF)


def _header_rest(bench: Bench, blob: Bytes) -> None:
    at = bench.draw.choice((0, 20, 24, 25, 72, 95, 96, 127, 128, 159))
    blob[at] = (blob[at] + bench.draw.randrange(1, 256)) % 256


def _code_word(bench: Bench, blob: Bytes) -> None:
    offset, length = section(bench, "code")
    at = offset + 2 * bench.draw.randrange(length // 2)
    (value,) = struct.unpack_from("<H", blob, at)
    slots = 3 * bench.key.n_slots
    choices = (
        value + 3,
        value - 3,
        value + 1,
        0,
        13,
        14,
        0xFFFF,
        slots,
        slots - 3,
        3 * bench.draw.randrange(slots // 3),
    )
    struct.pack_into("<H", blob, at, bench.draw.choice(choices) & 0xFFFF)


def _instruction(bench: Bench, blob: Bytes) -> None:
    """An opcode of the same length, two operands exchanged, an operand of the same kind, or HALT early."""
    offset, _ = section(bench, "code")
    index = bench.draw.randrange(len(bench.key.code) - 1)
    at = offset + 2 * sum(1 + len(ins.args) for ins in bench.key.code[:index])
    ins = bench.key.code[index]
    kind = bench.draw.choice(("opcode", "exchange", "operand", "halt", "repeat"))
    if kind == "opcode":
        same = [op for op in Op if OPERANDS[op] == len(ins.args)]
        struct.pack_into("<H", blob, at, bench.draw.choice(same))
    elif kind == "exchange" and len(ins.args) > 1:
        first, second = (at + 2 + 2 * i for i in bench.draw.sample(range(len(ins.args)), 2))
        blob[first : first + 2], blob[second : second + 2] = blob[second : second + 2], blob[first : first + 2]
    elif kind == "halt":
        struct.pack_into("<H", blob, at, Op.HALT)
    elif kind == "repeat":
        other = bench.draw.randrange(len(bench.key.code) - 1)
        if len(bench.key.code[other].args) == len(ins.args):
            start = offset + 2 * sum(1 + len(i.args) for i in bench.key.code[:other])
            size = 2 + 2 * len(ins.args)
            blob[at : at + size] = blob[start : start + size]
    elif ins.args:
        place = at + 2 + 2 * bench.draw.randrange(len(ins.args))
        struct.pack_into("<H", blob, place, 3 * bench.draw.randrange(bench.key.n_slots))


def _constant(bench: Bench, blob: Bytes) -> None:
    offset, length = section(bench, "constants")
    at = offset + 32 * bench.draw.randrange(length // 32)
    value = int.from_bytes(blob[at : at + 32], "big")
    new = bench.draw.choice((value + R, R, value + 1, 0, (1 << 256) - 1, -value % R, bench.draw.randrange(R)))
    blob[at : at + 32] = (new % (1 << 256)).to_bytes(32, "big")


def _srs(bench: Bench, blob: Bytes) -> None:
    offset, _ = section(bench, "srs")
    old = bytes(blob[offset : offset + _G2_BYTES])
    words = [int.from_bytes(old[i : i + 32], "big") for i in range(0, _G2_BYTES, 32)]
    kind = bench.draw.choice(("ceremony", "own", "negated", "identity", "+q", "swapped", "bit 255", "off"))
    if kind == "ceremony":
        words = [int.from_bytes(CEREMONY_NEG_S_G2[i : i + 32], "big") for i in range(0, _G2_BYTES, 32)]
    elif kind == "own":
        words = _g2_words(bench.draw.randrange(1, R))
    elif kind == "negated":
        words[2:] = [Q - word for word in words[2:]]
    elif kind == "identity":
        words = [0] * 4
    elif kind == "+q":
        words[bench.draw.randrange(4)] += Q
    elif kind == "swapped":
        words = [words[1], words[0], words[3], words[2]]
    elif kind == "bit 255":
        words[bench.draw.randrange(4)] ^= 1 << 255
    else:
        words[bench.draw.randrange(4)] ^= 1
    blob[offset : offset + _G2_BYTES] = b"".join(word.to_bytes(32, "big") for word in words)


def _g2_words(secret: int) -> list[int]:
    (x0, x1), (y0, y1) = multiply_g2(secret)
    return [x1, x0, y1, y0]


def _point(bench: Bench, blob: Bytes) -> None:
    offset, length = section(bench, "points")
    at = offset + 64 * bench.draw.randrange(length // 64)
    x, y = (int.from_bytes(blob[i : i + 32], "big") for i in (at, at + 32))
    kind = bench.draw.choice(("negated", "identity", "+q", "bit 254", "off", "generator", "swapped"))
    new = {
        "negated": (x, Q - y),
        "identity": (0, 0),
        "+q": (x, y + Q),
        "bit 254": (x, y | 1 << 254),
        "off": (x, (y + 1) % Q),
        "generator": (1, 2),
        "swapped": (y, x),
    }[kind]
    blob[at : at + 64] = b"".join(v.to_bytes(32, "big") for v in new)


def _length(bench: Bench, blob: Bytes) -> None:
    kind = bench.draw.choice(("cut", "longer", "zero code", "middle"))
    if kind == "cut":
        del blob[bench.draw.randrange(1, len(blob)) :]
    elif kind == "longer":
        blob += bench.draw.randbytes(bench.draw.randrange(1, 99))
    elif kind == "middle":
        del blob[(at := bench.draw.randrange(len(blob) - 64)) : at + bench.draw.choice((1, 8, 32, 64))]
    else:
        offset, length = section(bench, "code")
        blob[offset : offset + length] = bytes(length)


def _digests(bench: Bench, blob: Bytes) -> None:
    """The circuit's digest: the only bytes that verification does not read."""
    blob[bench.draw.randrange(128, 160)] ^= 1 << bench.draw.randrange(8)


CHANGES: dict[str, Callable[[Bench, Bytes], None]] = {
    "bit": _flip,
    "count": _header_count,
    "header": _header_rest,
    "code word": _code_word,
    "instruction": _instruction,
    "constant": _constant,
    "SRS": _srs,
    "point": _point,
    "length": _length,
    "circuit digest": _digests,
}


@mutation("keys", 3)
def key_bytes(bench: Bench) -> Result:
    """A key changed before it is sealed; if it seals, a proof under it, and a claim on the real key with that."""
    draw = bench.draw
    kind = draw.choice(("instruction", "instruction", "code word", "count", *CHANGES))
    blob = bytearray(bench.key.blob)
    CHANGES[kind](bench, blob)
    what = f"key {kind}"
    if bytes(blob) == bench.key.blob:
        return Result(bench.check(bench.payloads[0]), f"{what}: nothing changed", control=True)
    miner = bench.miner()
    stale = draw.random() < 0.1
    account = bench.put_key(bytes(blob), miner.address, bench.key.hash if stale else keccak256(bytes(blob)))
    verdict = seal(bench, miner, account)
    if verdict != ACCEPTED:
        return Result(verdict, f"{what}, {'its hash is the old one' if stale else 'sealing'}")
    if stale:
        return Result(ACCEPTED, f"{what}: sealed under another key's hash")
    return earn(bench, miner, account, bytes(blob), what)


def seal(bench: Bench, miner: Miner, account: Pubkey) -> str:
    """What `seal_key` says."""
    program = bench.verifier.program
    call = program.instruction("seal_key", {"authority": miner.address, "key": account})
    return bench.send(call, [miner.keypair])


def earn(bench: Bench, miner: Miner, account: Pubkey, blob: bytes, what: str) -> Result:
    """Under a sealed key with these bytes: verify an honest proof of the real key, then claim it as the real key's."""
    try:
        changed = KeyProgram.from_bytes(blob)
        check_bounds(changed)
    except ZkError as error:
        return Result("SealedWhatTheClientRefuses", f"{what}: {error}")
    instances, proof = bench.draw.choice(bench.proofs)
    fits = len(instances) == changed.n_instances and len(proof) == changed.proof_size
    payload = payload_or_zeros(changed, [(instances, proof)]) if fits else bench.draw.choice(bench.payloads)
    proof_account = bench.put_proof(payload, miner.address)
    if not fits:
        return Result(bench.check(payload, changed, account), f"{what}, old payload")
    statement = changed.statement(instances, proof)
    found: list[Pubkey] = []

    def verify() -> None:
        found.append(miner.verifier.verify(changed, account, proof_account, CONTEXT, statement).address)

    verdict = bench.outcome(verify)
    if verdict != ACCEPTED:
        return Result(verdict, f"{what}, verifying")
    return Result(claim_as_real(bench, miner, found[0], instances, proof), f"{what}, claiming as the real key's")


def claim_as_real(
    bench: Bench,
    miner: Miner,
    receipt: Pubkey,
    instances: tuple[int, ...],
    proof: bytes,
    *,
    key_hash: bytes | None = None,
) -> str:
    """What `claim` says to a consumer who expects the real key (or one with another hash, on the real SRS)."""
    real = bench.key.statement(instances, proof)
    call = bench.verifier.program.instruction(
        "claim",
        {"claimer": miner.address, "receipt": receipt},
        {
            "context": list(CONTEXT),
            "key_hash": list(key_hash or bench.key.hash),
            "srs": list(bench.key.srs),
            "input": list(real.input),
            "params": list(real.params),
            "output": list(real.output),
        },
    )
    return bench.send(call, [miner.keypair])


@mutation("keys", 0.06)
def forged_under_an_own_srs(bench: Bench) -> Result:
    """The real key with the attacker's own [s]G2 proves anything; its receipts must not pass for the real key's."""
    miner, draw = bench.miner(), bench.draw
    evil, instances, proof = forge(bench)
    account = bench.put_key(evil.blob, miner.address, evil.hash)
    assert seal(bench, miner, account) == ACCEPTED
    proof_account = bench.put_proof(evil.payload(instances, proof), miner.address)
    statement = evil.statement(instances, proof)
    receipt = miner.verifier.verify(evil, account, proof_account, CONTEXT, statement).address
    if draw.random() < 0.5:
        return Result(claim_as_real(bench, miner, receipt, instances, proof), "forged under an own SRS")
    verdict = claim_as_real(bench, miner, receipt, instances, proof, key_hash=evil.hash)
    return Result(verdict, "forged under an own SRS, the key's hash believed")


def forge(bench: Bench) -> tuple[KeyProgram, tuple[int, ...], bytes]:
    """(the key with a [s]G2 whose s is known, false instances or evaluations, a proof that holds under it).

    sum = A + c W' must be s W', and nothing but W' itself depends on W': W' = A / (s - c).
    """
    secret = bench.draw.randrange(1, R)
    offset, _ = section(bench, "srs")
    words = b"".join(word.to_bytes(32, "big") for word in _g2_words(R - secret))
    evil = KeyProgram.from_bytes(bench.key.blob[:offset] + words + bench.key.blob[offset + _G2_BYTES :])
    piece = bench.pieces().proofs[0]
    for values in (piece.instances, piece.evaluations):
        for index in range(len(values)):
            values[index] = bench.draw.randrange(R)
    proof = piece.proof(evil)
    *others, (_, own) = evil.terms(proof, evil.run(piece.instances, proof).scalars)
    total = IDENTITY
    for point, coefficient in others:
        total = add(total, multiply(decode_point(point), coefficient))
    forged = multiply(total, pow(secret - own, -1, R))
    return evil, tuple(piece.instances), proof[:-64] + forged.to_bytes()


@mutation("keys")
def key_of_another_circuit(bench: Bench) -> Result:
    """An honest payload under another circuit's sealed key."""
    payload = bench.draw.choice((*bench.payloads, bench.batch))
    return Result(bench.check(payload, bench.other.key, bench.other_key_account), "another circuit's key")


@mutation("keys")
def unsealed_key(bench: Bench) -> Result:
    """The real key's bytes in an account that was not sealed."""
    miner = bench.miner()
    account = bench.put_key(bench.key.blob, miner.address, bench.key.hash)
    if bench.draw.random() < 0.3:
        verdict = seal(bench, miner, account)
        if verdict == ACCEPTED:
            verdict = bench.check(bench.payloads[0], account=account)
        return Result(verdict, "another's copy of the key, sealed", control=True)
    return Result(bench.check(bench.payloads[0], account=account), "unsealed key")


@mutation("keys")
def sealed_key_changed(bench: Bench) -> Result:
    """A sealed key's authority writes, extends, closes, seals or creates it again; another seals it."""
    miner, other = bench.miner(), bench.miner()
    account = bench.put_key(bench.key.blob, miner.address, bench.key.hash)
    program = bench.verifier.program
    kind = bench.draw.choice(("write", "extend", "close", "seal", "create", "another seals", "another writes"))
    if not kind.startswith("another"):
        assert seal(bench, miner, account) == ACCEPTED
    who = other if kind.startswith("another") else miner
    both = {"authority": who.address, "account": account}
    calls = {
        "write": ("write", both, {"offset": bench.draw.randrange(len(bench.key.blob)), "data": b"\1"}),
        "another writes": ("write", both, {"offset": 0, "data": b"\1"}),
        "extend": ("extend", both, {}),
        "close": ("close", both, {}),
        "seal": ("seal_key", {"authority": who.address, "key": account}, {}),
        "another seals": ("seal_key", {"authority": who.address, "key": account}, {}),
        "create": (
            "create_key",
            {"authority": who.address, "key": account},
            {
                "hash": list(bench.key.hash),
                "size": len(bench.key.blob),
                "bump": program.pda(b"key", bytes(miner.address), bench.key.hash)[1],
            },
        ),
    }
    name, accounts, arguments = calls[kind]
    verdict = bench.send(program.instruction(name, accounts, arguments), [who.keypair], heap=MAX_HEAP)
    return Result(verdict, f"sealed key: {kind}")
