"""Uploads by real transactions: chunks in any order, left out, moved, doubled, or outside the account."""

from __future__ import annotations

from mai.chain.upload import CHUNK_BYTES
from mai.chain.verifier import PROOF_HEADER_BYTES
from solders.pubkey import Pubkey

from campaign.bench import ACCEPTED, Bench, Miner
from campaign.registry import Result, mutation

NONCE = 3


def create(bench: Bench, miner: Miner, size: int, *, grow: bool = True) -> Pubkey:
    """A miner's empty proof account."""
    address, bump = miner.verifier.proof_address(NONCE)
    program = bench.verifier.program
    arguments = {"nonce": NONCE, "size": size, "bump": bump}
    call = program.instruction("create_proof", {"authority": miner.address, "proof": address}, arguments)
    verdict = bench.send(call, [miner.keypair])
    while verdict == ACCEPTED and grow and _length(bench, address) < PROOF_HEADER_BYTES + size:
        extend = program.instruction("extend", {"authority": miner.address, "account": address})
        verdict = bench.send(extend, [miner.keypair])
    assert verdict == ACCEPTED, verdict
    return address


def _length(bench: Bench, address: Pubkey) -> int:
    account = bench.chain.account(address)
    return len(account.data) if account else 0


def write(bench: Bench, miner: Miner, address: Pubkey, offset: int, data: bytes) -> str:
    """One `write`."""
    accounts = {"authority": miner.address, "account": address}
    call = bench.verifier.program.instruction("write", accounts, {"offset": offset, "data": data})
    return bench.send(call, [miner.keypair], heap=0)


@mutation("uploads")
def chunks(bench: Bench) -> Result:
    """An honest payload in chunks; what counts is what lies there in the end."""
    draw, miner = bench.draw, bench.miner()
    payload = draw.choice((*bench.payloads, bench.batch))
    address = create(bench, miner, len(payload))
    size = min(CHUNK_BYTES, draw.choice((CHUNK_BYTES, 500, draw.randrange(200, 1000))))
    pieces = [(at, payload[at : at + size]) for at in range(0, len(payload), size)]
    index = draw.randrange(len(pieces))
    kind = draw.choice(("shuffled", "left out", "offset", "exchanged", "overlapping", "cut", "twice"))
    at, data = pieces[index]
    if kind == "shuffled":
        draw.shuffle(pieces)
    elif kind == "left out":
        del pieces[index]
    elif kind == "offset":
        pieces[index] = (max(0, at + draw.choice((-32, -1, 1, 8, 32))), data)
        pieces[index] = (min(pieces[index][0], len(payload) - len(data)), data)
    elif kind == "exchanged":
        other = draw.randrange(len(pieces))
        length = min(len(data), len(pieces[other][1]))
        pieces += [(at, pieces[other][1][:length]), (pieces[other][0], data[:length])]
    elif kind == "overlapping":
        start = draw.randrange(len(payload) - 64)
        pieces.insert(draw.randrange(len(pieces) + 1), (start, draw.randbytes(32)))
    elif kind == "cut":
        pieces[index] = (at, data[:-1])
    else:
        pieces.insert(draw.randrange(len(pieces) + 1), pieces[index])
    for offset, part in pieces:
        verdict = write(bench, miner, address, offset, part) if part else ACCEPTED
        assert verdict == ACCEPTED, verdict
    account = bench.chain.account(address)
    assert account is not None
    same = bytes(account.data[PROOF_HEADER_BYTES:]) == payload
    proofs = int.from_bytes(payload[:2], "little")
    verdict = bench.outcome(lambda: bench.verifier.check(bench.key, bench.key_account, address, proofs=proofs))
    return Result(verdict, f"chunks {kind}", control=same)


@mutation("uploads")
def outside(bench: Bench) -> Result:
    """Writes that leave the account, growth beyond its size, a check before it is complete, strange sizes."""
    draw, miner = bench.draw, bench.miner()
    kind = draw.choice(("write", "extend", "incomplete", "size", "bump", "exists", "another writes", "empty write"))
    size = len(bench.payloads[0])
    program = bench.verifier.program
    if kind in ("size", "bump"):
        address, bump = miner.verifier.proof_address(NONCE)
        size = draw.choice((0, 10 * 1024 * 1024, (1 << 32) - 1)) if kind == "size" else size
        bump = bump if kind == "size" else (bump + draw.randrange(1, 256)) % 256
        arguments = {"nonce": NONCE, "size": size, "bump": bump}
        call = program.instruction("create_proof", {"authority": miner.address, "proof": address}, arguments)
        return Result(bench.send(call, [miner.keypair]), f"upload: {kind}")
    if kind == "incomplete":
        size = 30_000
    address = create(bench, miner, size, grow=kind != "incomplete")
    accounts = {"authority": miner.address, "account": address}
    if kind == "write":
        offset = draw.choice((size, size - 1, size + 1, (1 << 32) - 1, (1 << 32) - 8, 1 << 31))
        verdict = write(bench, miner, address, offset, bytes(draw.randrange(2, 64)))
    elif kind == "empty write":
        verdict = write(bench, miner, address, draw.choice((size + 1, (1 << 32) - 1)), b"")
    elif kind == "another writes":
        verdict = write(bench, bench.miner(), address, 0, b"\1")
    elif kind == "extend":
        verdict = bench.send(program.instruction("extend", accounts), [miner.keypair])
    elif kind == "exists":
        arguments = {"nonce": NONCE, "size": size, "bump": miner.verifier.proof_address(NONCE)[1]}
        call = program.instruction("create_proof", {"authority": miner.address, "proof": address}, arguments)
        verdict = bench.send(call, [miner.keypair])
    else:
        verdict = bench.outcome(lambda: bench.verifier.check(bench.key, bench.key_account, address))
    return Result(verdict, f"upload: {kind}")
