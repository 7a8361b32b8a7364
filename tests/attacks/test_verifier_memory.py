"""Memory and size attacks: small heaps, extreme header counts, and random bytes in a key before it is sealed (25 s).

What is asserted of every mutated key: sealing refuses it by name, or seals exactly what the client's own checks pass;
a sealed one never faults and never accepts a false statement, with the hints that its own code asks for.
"""

from __future__ import annotations

import random
import struct

import pytest
from mai_zk.bounds import check_bounds
from mai_zk.curve import decode_point, negate
from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from verifier.chain import Chain, ix_check, ix_seal_key, keccak, key_address, key_header
from verifier.circuit import Circuit
from verifier.keys import BINDINGS, HALT, HEADER_BYTES, LENGTHS, MARK, MAX_SLOTS, SCAL, T0, T1, Draft, R, S, small
from verifier.payloads import Payload, make

MIN_HEAP, MAX_HEAP = 32 * 1024, 256 * 1024


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


def touched(draft: Draft, proofs: int = 1) -> int:
    """The bytes of working memory that are used: all of the layout but the first proof's batch coefficient."""
    own = draft.n_scalars - len(draft.points)
    scalars = 1224 + 24 * (draft.n_slots + len(draft.points) + proofs * own)
    return -(-scalars // 8) * 8 + 32 * proofs * (draft.n_challenges + 2) - (32 if proofs == 1 else 0)


# -- heap


def most_slots(circuit: Circuit, heap: int) -> int:
    """The most slots that a heap holds for one proof of the circuit."""
    return circuit.draft.n_slots + (heap - touched(circuit.draft)) // 24


@pytest.mark.parametrize("more", [-1, 0, 1, 500, 3000])
def test_too_small_a_heap_is_an_error_and_never_a_verdict(shared: Chain, linear4: Circuit, more: int) -> None:
    """Around what the default heap of 32 KiB holds, and far beyond."""
    n_slots = most_slots(linear4, MIN_HEAP) + more
    blob = spread_out(linear4, n_slots)
    key = shared.sealed_key(blob)
    pieces = linear4.pieces.but(blob=blob)
    good = shared.put_proof(pieces.settled().body(), nonce=1)
    wrong_instances = [(linear4.instances[0] + 1) % R, *linear4.instances[1:]]
    bad = shared.put_proof(pieces.with_proof(0, instances=wrong_instances).hinted().body(), nonce=2)
    need = touched(pieces.draft)
    assert need <= KeyProgram.from_bytes(blob).heap_bytes
    for heap in (0, 33 * 1024, need // 1024 * 1024, -(-need // 1024) * 1024, MAX_HEAP):
        size = heap or MIN_HEAP
        if not MIN_HEAP <= size <= MAX_HEAP:
            continue
        verdicts = [shared.send(ix_check(key, proof), heap=heap).refused for proof in (good, bad)]
        if size >= need:
            assert verdicts == [None, "ProofInvalid"], (size, need)
        else:
            assert all(is_fault(verdict) for verdict in verdicts), (size, need, verdicts)


@pytest.mark.parametrize("count", [2, 4])
def test_a_batch_needs_more(shared: Chain, linear4: Circuit, count: int) -> None:
    """The heap that the client asks for is enough; one that holds a single proof faults."""
    blob = spread_out(linear4, most_slots(linear4, MIN_HEAP))
    payload = make(blob, linear4.proofs[:count])
    key, proof = shared.sealed_key(blob), shared.put_proof(payload.body(), nonce=3)
    assert is_fault(shared.send(ix_check(key, proof), heap=0).refused)
    heap = KeyProgram.from_bytes(blob).heap_for(count)
    assert touched(payload.draft, count) <= heap < touched(payload.draft, count) + 2048
    assert shared.send(ix_check(key, proof), heap=heap).refused is None


def test_sealing_needs_no_heap_frame(shared: Chain, linear4: Circuit) -> None:
    """Two bytes a slot: the longest table fits the default heap."""
    blob = spread_out(linear4, MAX_SLOTS)
    digest, me = keccak(blob), shared.payer.pubkey()
    address, bump = key_address(me, digest)
    shared.put(address, key_header(me, digest, len(blob), bump) + blob)
    assert shared.send(ix_seal_key(me, address), heap=0).refused is None


@pytest.mark.parametrize("heap", [0, MAX_HEAP])
def test_more_scalars_than_code_can_set(shared: Chain, linear4: Circuit, heap: int) -> None:
    """Phases of so many points that their table would be longer than any heap: refused by name all the same."""
    draft = small()
    for phases in ([(0xFFFF, 1)], [(0xFFFF, 1), (0xFFFF, 1)], [(0xFFFF, 1)] * 8):
        blob = draft.but(phases=phases, n_slots=draft.n_slots + len(phases) - 1).blob()
        digest, me = keccak(blob), shared.payer.pubkey()
        address, bump = key_address(me, digest)
        shared.put(address, key_header(me, digest, len(blob), bump) + blob)
        assert shared.send(ix_seal_key(me, address), heap=heap).refused == "ScalarUnset"
        assert not passes(blob)


def test_the_last_slot_and_no_further(shared: Chain, linear4: Circuit) -> None:
    blob = spread_out(linear4, MAX_SLOTS)
    key = shared.sealed_key(blob)
    assert shared.check(key, linear4.pieces.but(blob=blob).settled().body()).refused is None
    assert shared.seal(spread_out(linear4, MAX_SLOTS + 1)).refused == "BadCounts"
    assert shared.seal(spread_out(linear4, 65535 // S)).refused == "BadCounts"


def with_more_points(circuit: Circuit, count: int) -> Draft:
    """The circuit's key with `count` points more, whose scalars are the first one's again, in pairs that cancel."""
    draft = circuit.draft
    n = len(draft.points)
    first = next(words for words in draft.code if words[0] == SCAL and words[1] == 0)
    moved = [[w[0], w[1] + count, w[2]] if w[0] == SCAL and w[1] >= n else w for w in draft.code]
    at = moved.index(first)
    more = [[SCAL, n + i, first[2]] for i in range(count)]
    opposite = negate(decode_point(draft.points[0])).to_bytes()
    points = [*draft.points, *([draft.points[0], opposite] * count)[:count]]
    return draft.but(code=[*moved[:at], *more, *moved[at:]], points=points)


def test_scalars_stay_below_the_challenges(shared: Chain, linear4: Circuit) -> None:
    """Many points of the key, in pairs that cancel: their scalars fill the memory up to the challenges."""
    for count in (2, 64, 65 * 2):
        blob = with_more_points(linear4, count).blob()
        payload: Payload = linear4.pieces.but(blob=blob).hinted()
        key = shared.sealed_key(blob)
        assert len(payload.scalars) == len(linear4.pieces.scalars) + count
        assert shared.check(key, payload.body()).refused is None
        last = payload.with_scalar(-1, (payload.scalars[-1] + 1) % R).settled()
        assert shared.check(key, last.body()).refused == "HintWrong"
    assert shared.check(shared.sealed_key(with_more_points(linear4, 3).blob()), linear4.payload).refused == (
        "PayloadTooShort"
    )


# -- header counts


def test_extreme_counts_are_refused_by_name(shared: Chain, linear4: Circuit) -> None:
    """Every u16, the u32 and the phase table at their extremes, singly and together."""
    rng = random.Random(20)
    base = small(linear4.draft.srs).blob()
    assert shared.seal(base).refused is None
    fields = [*range(4, 20, 2), *range(28, 72, 2)]  # the counts, the parts, the phases
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
    code_at = HEADER_BYTES + 32 * draft.n_constants
    areas = ((0, HEADER_BYTES), (HEADER_BYTES, code_at), *[(code_at, srs_at)] * 2, (srs_at + 128, len(blob)))
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
        assert honest is not None and honest.isalnum(), honest  # another key hash is another seed
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
        op = rng.randrange(1, len(LENGTHS))
        words = [
            rng.choice([rng.randrange(draft.n_slots) * S, rng.randrange(4), 0xFFFF]) for _ in range(LENGTHS[op] - 1)
        ]
        if rng.random() < 0.7:
            words = [rng.randrange(draft.n_slots) * S for _ in words]
        if words and op not in (*BINDINGS, SCAL, MARK) and rng.random() < 0.7:
            words[0] = rng.choice([T0, T1]) * S
        code.insert(rng.randrange(len(code)), [op, *words])
    return draft.but(code=[*code[:-1], [HALT]])
