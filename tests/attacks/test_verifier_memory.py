"""Memory and size attacks: small heaps, extreme header counts, and random bytes in a key before it is sealed (25 s).

What is asserted of every mutated key: sealing refuses it by name, or seals exactly what the client's own checks pass;
a sealed one never faults and never accepts a false statement, with the hints that its own code asks for.
"""

from __future__ import annotations

import random
import struct

import pytest
from mai_zk.bounds import check_bounds
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from verifier.chain import Chain, ix_check, ix_seal_key, keccak, key_address, key_header
from verifier.circuit import Circuit
from verifier.keys import CHK, HALT, LENGTHS, MARK, SCAL, Draft, R, small

MAX_SLOTS, MAX_HEAP = 6451, 256 * 1024
S = 5


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture(scope="module")
def linear4() -> Circuit:
    return Circuit("linear4")


def spread_out(circuit: Circuit, n_slots: int) -> bytes:
    """The circuit's key with its temporaries at the end of `n_slots` slots."""
    draft, key = circuit.draft, circuit.key
    first = key.n_constants + key.n_challenges + key.n_instances + key.n_evals + key.n_hints
    shift = (n_slots - key.n_slots) * S
    code = []
    for words in draft.code:
        kept = 2 if words[0] == SCAL else 1
        code.append([*words[:kept], *(w + shift if w >= first * S else w for w in words[kept:])])
    return draft.but(code=code, n_slots=n_slots).blob()


def is_fault(refused: str | None) -> bool:
    """An access violation: the runtime stops the program, no verdict of ours."""
    return refused is not None and refused.startswith("unnamed") and "ccess violation" in refused


# -- heap


@pytest.mark.parametrize("n_slots", [716, 717, 718, 1000, 3000, MAX_SLOTS])
def test_too_small_a_heap_is_an_error_and_never_a_verdict(shared: Chain, linear4: Circuit, n_slots: int) -> None:
    """The default heap of 32 KiB holds 716 slots behind the 4 KiB of the fixed layout."""
    blob = spread_out(linear4, n_slots)
    key = shared.sealed_key(blob)
    good = shared.put_proof(linear4.payload, nonce=1)
    wrong_instances = [(linear4.instances[0] + 1) % R, *linear4.instances[1:]]
    bad = shared.put_proof(KeyProgram.from_bytes(blob).payload(wrong_instances, linear4.proof), nonce=2)
    need = 4096 + 40 * n_slots
    for heap in (0, 33 * 1024, need // 1024 * 1024, -(-need // 1024) * 1024, MAX_HEAP):
        size = heap or 32 * 1024
        if not 32 * 1024 <= size <= MAX_HEAP:
            continue
        verdicts = [shared.send(ix_check(key, proof), heap=heap).refused for proof in (good, bad)]
        if size >= need:
            assert verdicts == [None, "ProofInvalid"], (size, need)
        else:
            assert all(is_fault(verdict) for verdict in verdicts), (size, need, verdicts)


def test_sealing_with_too_small_a_heap(shared: Chain, linear4: Circuit) -> None:
    blob = spread_out(linear4, MAX_SLOTS)
    digest, me = keccak(blob), shared.payer.pubkey()
    address, bump = key_address(me, digest)
    unsealed = key_header(me, digest, len(blob), bump) + blob
    shared.put(address, unsealed)
    for heap in (0, 64 * 1024, 251 * 1024):
        assert is_fault(shared.send(ix_seal_key(me, address), heap=heap).refused)
        assert shared.data(address) == unsealed
    assert shared.send(ix_seal_key(me, address), heap=MAX_HEAP).refused is None


def test_the_last_slot_and_no_further(shared: Chain, linear4: Circuit) -> None:
    assert shared.seal(spread_out(linear4, MAX_SLOTS)).refused is None
    assert shared.seal(spread_out(linear4, MAX_SLOTS + 1)).refused == "BadCounts"
    assert shared.seal(spread_out(linear4, 65535 // S)).refused == "BadCounts"


def test_64_scalars_stay_below_the_slots(shared: Chain, linear4: Circuit) -> None:
    """Scalar 63 ends where slot 0 begins. The same scalar again and again, in ever higher places, changes nothing."""
    draft = linear4.draft
    n = draft.n_scalars
    last = next(words for words in draft.code if words[0] == SCAL)
    more = [[SCAL, index, last[2]] for index in range(n, 64)]
    at = draft.code.index(last)
    full = draft.but(code=[*draft.code[:at], *more, *draft.code[at:]], n_scalars=64)
    assert shared.check(shared.sealed_key(full.blob()), linear4.payload).refused is None
    assert shared.seal(full.but(n_scalars=65).blob()).refused == "BadCounts"
    # In place 63 instead of its own, through the curve schedule.
    moved_code = [[SCAL, 63, w[2]] if w is last else w for w in full.code if w != [SCAL, 63, last[2]]]
    moved_code.insert(at, [SCAL, last[1], last[2]])
    curve = [(op, r, s, 63 if op == 1 and x == last[1] else x) for op, r, s, x in full.curve]
    moved = full.but(code=moved_code, curve=curve)
    assert shared.check(shared.sealed_key(moved.blob()), linear4.payload).refused is None
    assert shared.check(shared.sealed_key(moved.blob()), linear4.with_hints(linear4.hints[::-1])).refused == "HintWrong"


# -- header counts


def test_extreme_counts_are_refused_by_name(shared: Chain, linear4: Circuit) -> None:
    """Every u16, the u32 and the phase table at their extremes, singly and together."""
    rng = random.Random(20)
    base = small(linear4.draft.srs).blob()
    assert shared.seal(base).refused is None
    fields = [*range(4, 20, 2), *range(28, 72, 2)]
    extremes = (0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF)
    tried = set()
    for number in range(250):
        blob = bytearray(base)
        for offset in [fields[number % len(fields)], *rng.sample(fields, rng.choice([0, 0, 1, 3]))]:
            struct.pack_into("<H", blob, offset, rng.choice(extremes))
        if number % 5 == 0:
            struct.pack_into("<I", blob, 20, rng.choice([0, 7, 8, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF]))
        if number % 7 == 0:
            blob[24] = rng.choice([0, 1, 2, 8, 9, 255])
        refused = shared.seal(bytes(blob)).refused
        assert refused is None or refused.isalnum(), (number, refused)
        assert (refused is None) == passes(bytes(blob)), (number, refused)
        tried.add(refused)
    assert len(tried) > 6


# -- random bytes


def passes(blob: bytes) -> bool:
    """Whether the client would upload the program: its own implementation of sealing's rules."""
    try:
        check_bounds(KeyProgram.from_bytes(blob))
    except ZkError:
        return False
    return True


def mutated(rng: random.Random, blob: bytes) -> bytes:
    """One byte changed; header and code more often than their share. The SRS point is left alone."""
    draft = KeyProgram.from_bytes(blob)
    srs_at = len(blob) - len(draft.points) - 128
    code_at = 128 + 40 * draft.n_constants
    areas = ((0, 128), (128, code_at), (code_at, srs_at), (code_at, srs_at), (srs_at + 128, len(blob)))
    start, end = rng.choice(areas)
    changed = bytearray(blob)
    at = rng.randrange(start, end)
    changed[at] = rng.choice([changed[at] ^ 1 << rng.randrange(8), rng.randrange(256)])
    return bytes(changed)


@pytest.mark.parametrize("name", ["linear4", "small"])
def test_one_random_byte_before_sealing(shared: Chain, linear4: Circuit, name: str) -> None:
    rng = random.Random(name)
    blob = linear4.blob if name == "linear4" else small(linear4.draft.srs).blob()
    payload = linear4.payload
    false = [(linear4.instances[0] + 1) % R, *linear4.instances[1:]]
    assert passes(blob)
    assert shared.seal(blob).refused is None
    sealed, names = 0, set()
    for number in range(150):
        changed = mutated(rng, blob)
        if changed == blob:
            continue
        refused = shared.seal(changed).refused
        assert refused is None or refused.isalnum(), (number, refused)
        assert (refused is None) == passes(changed), (number, refused)
        names.add(refused)
        if refused is not None or name == "small":
            continue
        sealed += 1
        address = key_address(shared.payer.pubkey(), keccak(changed))[0]
        honest = shared.check(address, payload).refused
        assert honest is None or honest.isalnum(), honest
        key = KeyProgram.from_bytes(changed)
        try:
            with_its_hints = key.payload(false, linear4.proof)
        except ZkError:  # the key takes another number of instances
            continue
        assert shared.check(address, with_its_hints).refused in ("ProofInvalid", "HintWrong"), number
    assert len(names) > 8
    assert sealed > 10 or name == "small"


@pytest.mark.parametrize("seed", range(3))
def test_random_code(shared: Chain, linear4: Circuit, seed: int) -> None:
    """Instructions of random words in place of the code: named refusals, or as safe as the client says."""
    rng = random.Random(seed)
    draft = small(linear4.draft.srs)
    for number in range(60):
        blob = random_code(rng, draft).blob()
        refused = shared.seal(blob).refused
        assert refused is None or refused.isalnum(), (number, refused)
        assert (refused is None) == passes(blob), (number, refused)


def random_code(rng: random.Random, draft: Draft) -> Draft:
    """The draft's code with instructions inserted, whose operands are mostly existing slots."""
    code = list(draft.code)
    for _ in range(rng.choice([1, 1, 2, 5])):
        op = rng.randrange(1, 11)
        words = [
            rng.choice([rng.randrange(draft.n_slots) * S, rng.randrange(4), 0xFFFF]) for _ in range(LENGTHS[op] - 1)
        ]
        if rng.random() < 0.7:
            words = [rng.randrange(draft.n_slots) * S for _ in words]
        if words and op not in (CHK, SCAL, MARK) and rng.random() < 0.7:
            words[0] = rng.choice([12, 13]) * S
        code.insert(rng.randrange(len(code)), [op, *words])
    return draft.but(code=[*code[:-1], [HALT]])
