"""`check`: honest proofs, every part of a payload changed, and keys or accounts that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from solders.instruction import AccountMeta, Instruction
from verifier.chain import (
    PROGRAM,
    Chain,
    instruction,
    ix_check,
    proof_address,
    proof_header,
)
from verifier.circuit import Circuit
from verifier.curves import off_curve_g1
from verifier.keys import Q, R
from verifier.payloads import be, make

REFUSED_STATEMENT = {"HintWrong", "ProofInvalid"}
G1_BYTES = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")


@pytest.fixture(scope="module")
def sealed() -> Chain:
    return Chain()


@pytest.fixture(params=["linear4", "lookup4"])
def circuit(request: pytest.FixtureRequest) -> Circuit:
    value: Circuit = request.getfixturevalue(request.param)
    return value


def verdicts(chain: Chain, circuit: Circuit, payloads: Iterator[bytes]) -> set[str | None]:
    """The verdicts on the payloads, after a control that passes."""
    key = chain.sealed_key(circuit.blob)
    assert chain.check(key, circuit.payload).refused is None
    return {chain.check(key, payload).refused for payload in payloads}


def spliced(data: bytes, offset: int, piece: bytes) -> bytes:
    return data[:offset] + piece + data[offset + len(piece) :]


# -- honest


def test_an_honest_proof(sealed: Chain, circuit: Circuit) -> None:
    key, proof = sealed.sealed_key(circuit.blob), sealed.put_proof(circuit.payload)
    before = sealed.data(key), sealed.data(proof)
    outcome = sealed.send(ix_check(key, proof), heap=0)
    assert outcome.refused is None
    assert (sealed.data(key), sealed.data(proof)) == before
    assert not any("consumption" in line for line in outcome.logs)


def test_client_and_model_make_the_vectors_payload(circuit: Circuit) -> None:
    made = make(circuit.blob, [(circuit.instances, circuit.proof)])
    assert circuit.with_new_hints() == circuit.with_old_hints() == made.body() == circuit.payload
    assert all(claim % R == 0 for claim in made.claims())
    assert made.total() == made.quotient * R


def test_profile_logs_every_stage(sealed: Chain, circuit: Circuit) -> None:
    key, proof = sealed.sealed_key(circuit.blob), sealed.put_proof(circuit.payload)
    outcome = sealed.send(ix_check(key, proof, profile=True))
    assert outcome.refused is None
    remaining = [int(line.split("consumption: ")[1].split()[0]) for line in outcome.logs if "consumption" in line]
    # start, transcript, moduli, load, the field code's three marks, claims, msm, pairing
    assert len(remaining) == 10
    assert remaining == sorted(remaining, reverse=True)


def test_the_four_by_four_circuit_keeps_its_goal(sealed: Chain, linear4: Circuit) -> None:
    """255,000 compute units for the whole transaction (compute units, not time: exact on every machine)."""
    key, proof = sealed.sealed_key(linear4.blob), sealed.put_proof(linear4.payload)
    assert sealed.send(ix_check(key, proof), heap=0).units <= 255_000


# -- the statement


def test_changed_instances(sealed: Chain, circuit: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for index, value in enumerate(circuit.instances):
            changed = list(circuit.instances)
            changed[index] = (value + 1) % R
            yield circuit.with_old_hints(changed)
            yield circuit.with_new_hints(changed)
        yield circuit.with_new_hints([0] * len(circuit.instances))

    assert verdicts(sealed, circuit, payloads()) == REFUSED_STATEMENT


def test_a_stale_payload_does_not_even_fit_its_seed(sealed: Chain, circuit: Circuit) -> None:
    """The divisors depend on all that was hashed: who changes something must at least draw them again."""
    changed = [(circuit.instances[0] + 1) % R, *circuit.instances[1:]]
    offset = circuit.evaluation_offsets[0]
    value = int.from_bytes(circuit.proof[offset : offset + 32], "big")
    proof = spliced(circuit.proof, offset, be((value + 1) % R))
    stale = [circuit.stale(changed), circuit.stale(proof=proof)]
    assert verdicts(sealed, circuit, (payload.body() for payload in stale)) == {"ModulusWrong"}
    assert verdicts(sealed, circuit, (payload.redrawn().body() for payload in stale)) == {"HintWrong"}


def test_instances_are_canonical(sealed: Chain, circuit: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for index, value in enumerate(circuit.instances):
            for large in (R, R + value, 2**256 - 1, 4 * R + value):
                changed = list(circuit.instances)
                changed[index] = large
                yield circuit.stale(changed).body()

    assert verdicts(sealed, circuit, payloads()) == {"InstanceNotCanonical"}


# -- the proof


def test_changed_evaluations(sealed: Chain, circuit: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for number, offset in enumerate(circuit.evaluation_offsets):
            value = int.from_bytes(circuit.proof[offset : offset + 32], "big")
            changed = spliced(circuit.proof, offset, be((value + 1) % R))
            yield circuit.with_old_hints(proof=changed)
            if number % 4 == 0:  # the reference machine takes 0.1 s
                yield circuit.with_new_hints(proof=changed)

    assert verdicts(sealed, circuit, payloads()) == REFUSED_STATEMENT


def test_evaluations_are_canonical(sealed: Chain, circuit: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for offset in circuit.evaluation_offsets:
            value = int.from_bytes(circuit.proof[offset : offset + 32], "big")
            for large in (R, R + value, 2**256 - 1):
                yield circuit.stale(proof=spliced(circuit.proof, offset, be(large))).body()

    assert verdicts(sealed, circuit, payloads()) == {"EvaluationNotCanonical"}


def test_extreme_evaluations(sealed: Chain, linear4: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for value in (0, 1, R - 1, (R - 1) // 2, 2**253, 2**232 - 1, 2**29 - 1):
            proof = linear4.proof
            for offset in linear4.evaluation_offsets:
                proof = spliced(proof, offset, be(value))
            yield linear4.with_new_hints(proof=proof)
            yield linear4.with_new_hints([value] * len(linear4.instances), proof)

    assert verdicts(sealed, linear4, payloads()) == {"ProofInvalid"}


def points(circuit: Circuit) -> Iterator[tuple[int, int, int]]:
    for offset in circuit.point_offsets:
        x, y = (int.from_bytes(circuit.proof[offset + i : offset + i + 32], "big") for i in (0, 32))
        yield offset, x, y


def test_points_are_canonical(sealed: Chain, circuit: Circuit) -> None:
    """Bits 254 and 255, which the syscalls treat as flags, and q added: for every point, W' above all."""

    def payloads() -> Iterator[bytes]:
        for offset, x, y in points(circuit):
            large_y = [y | 1 << 255, y | 1 << 254, y | 3 << 254, (Q - y) | 1 << 255, y + Q, Q, 2**256 - 1]
            large_x = [x | 1 << 255, x | 1 << 254, x + Q, Q]
            pairs = [(x, v) for v in large_y] + [(v, y) for v in large_x] + [(0, 1 << 254), (Q, Q)]
            for pair in pairs:
                yield circuit.stale(proof=spliced(circuit.proof, offset, be(pair[0]) + be(pair[1]))).body()

    assert verdicts(sealed, circuit, payloads()) == {"PointNotCanonical"}


def test_no_point_is_the_identity(sealed: Chain, circuit: Circuit) -> None:
    payloads = (circuit.with_new_hints(proof=spliced(circuit.proof, o, bytes(64))) for o in circuit.point_offsets)
    assert verdicts(sealed, circuit, payloads) == {"PointIsIdentity"}


def test_points_are_on_the_curve(sealed: Chain, circuit: Circuit) -> None:
    def payloads() -> Iterator[bytes]:
        for number, (offset, x, y) in enumerate(points(circuit)):
            others = (be((x + 1) % Q) + be(y), be(x) + be((y + 1) % Q), off_curve_g1(), be(0) + be(1), be(1) + be(0))
            changed = spliced(circuit.proof, offset, others[number % len(others)])
            yield circuit.with_new_hints(proof=changed)

    assert verdicts(sealed, circuit, payloads()) == {"PointNotOnCurve"}


def test_other_points(sealed: Chain, circuit: Circuit) -> None:
    """Every point negated, or replaced by the generator or by its neighbour."""

    def payloads() -> Iterator[bytes]:
        offsets = circuit.point_offsets
        for number, (offset, x, y) in enumerate(points(circuit)):
            neighbour = offsets[(number + 1) % len(offsets)]
            others = (be(x) + be(Q - y), G1_BYTES, circuit.proof[neighbour : neighbour + 64])
            yield circuit.with_new_hints(proof=spliced(circuit.proof, offset, others[number % 3]))

    assert verdicts(sealed, circuit, payloads()) == {"ProofInvalid"}


def test_changed_points_with_old_hints(sealed: Chain, linear4: Circuit) -> None:
    """W' too: the transcript does not absorb it, the digest does."""

    def payloads() -> Iterator[bytes]:
        for offset, x, y in points(linear4):  # each one negated
            yield linear4.with_old_hints(proof=spliced(linear4.proof, offset, be(x) + be(Q - y)))

    assert verdicts(sealed, linear4, payloads()) == {"HintWrong"}


# -- lengths


@pytest.mark.parametrize("change", [-32, -1, 1, 32, 64])
def test_lengths_are_exact(sealed: Chain, circuit: Circuit, change: int) -> None:
    key = sealed.sealed_key(circuit.blob)
    payload = circuit.payload[:change] if change < 0 else circuit.payload + bytes(change)
    assert sealed.check(key, payload).refused == ("PayloadTooShort" if change < 0 else "PayloadTooLong")
    for length in (1, 7, 8):
        assert sealed.check(key, circuit.payload[:length]).refused == "PayloadTooShort"
    assert sealed.check(key, circuit.payload).refused is None


COUNTS: list[tuple[str, str, dict[str, int]]] = [
    ("no proof", "BadPayloadCounts", {"count": 0}),
    ("nine proofs", "BadPayloadCounts", {"count": 9}),
    ("65535 proofs", "BadPayloadCounts", {"count": 0xFFFF}),
    ("513 candidates", "BadPayloadCounts", {"candidates": 513}),
    ("65535 candidates", "BadPayloadCounts", {"candidates": 0xFFFF}),
    ("reserved 1", "BadPayloadCounts", {"reserved": 1}),
    ("reserved 2^31", "BadPayloadCounts", {"reserved": 1 << 31}),
    ("two proofs, one given", "PayloadTooShort", {"count": 2}),
    ("eight proofs, one given", "PayloadTooShort", {"count": 8}),
    ("512 candidates, fewer given", "PayloadTooShort", {"candidates": 512}),
    ("no candidates, some given", "PayloadTooLong", {"candidates": 0}),
]


@pytest.mark.parametrize(("case", "refused", "changes"), COUNTS, ids=[case for case, _, _ in COUNTS])
def test_counts(sealed: Chain, linear4: Circuit, case: str, refused: str, changes: dict[str, int]) -> None:
    key = sealed.sealed_key(linear4.blob)
    assert sealed.check(key, linear4.pieces.but(**changes).body()).refused == refused
    assert sealed.check(key, linear4.pieces.but().body()).refused is None


def test_an_incomplete_proof_account(sealed: Chain, linear4: Circuit) -> None:
    key, me = sealed.sealed_key(linear4.blob), sealed.payer.pubkey()
    address, bump = proof_address(me, 77)
    header = proof_header(me, 77, len(linear4.payload) + 1, bump)
    sealed.put(address, header + linear4.payload)
    assert sealed.send(ix_check(key, address)).refused == "AccountIncomplete"


def test_another_circuits_key(sealed: Chain, linear4: Circuit, lookup4: Circuit) -> None:
    assert sealed.check(sealed.sealed_key(linear4.blob), lookup4.payload).refused == "PayloadTooLong"
    assert sealed.check(sealed.sealed_key(lookup4.blob), linear4.payload).refused == "PayloadTooShort"


def test_the_same_key_with_another_digest(sealed: Chain, linear4: Circuit) -> None:
    """One bit of the digest: the same shape, but every challenge differs."""
    other = linear4.draft.but(digest=bytes([linear4.draft.digest[0] ^ 1]) + linear4.draft.digest[1:]).blob()
    key = sealed.sealed_key(other)
    assert sealed.check(key, linear4.payload).refused == "ModulusWrong"
    assert sealed.check(key, linear4.pieces.but(blob=other).redrawn().body()).refused == "HintWrong"
    assert sealed.check(key, linear4.pieces.but(blob=other).hinted().body()).refused == "ProofInvalid"


def test_the_same_key_for_another_circuit(sealed: Chain, linear4: Circuit) -> None:
    """One bit of the circuit's digest: another key hash, so other weights; the proof itself holds."""
    other = linear4.draft.but(circuit=bytes([linear4.draft.circuit[0] ^ 1]) + linear4.draft.circuit[1:]).blob()
    key = sealed.sealed_key(other)
    assert sealed.check(key, linear4.payload).refused == "ModulusWrong"
    assert sealed.check(key, linear4.pieces.but(blob=other).settled().body()).refused is None


# -- arguments and accounts


def test_arguments(sealed: Chain, linear4: Circuit) -> None:
    good = ix_check(sealed.sealed_key(linear4.blob), sealed.put_proof(linear4.payload))
    for data in (good.data[:-1], good.data + b"\0", good.data[:-1] + b"\2", good.data[:-1] + b"\xff"):
        assert sealed.send(Instruction(PROGRAM, data, good.accounts)).refused == "BadArguments"
    for accounts in (good.accounts[:1], [], [*good.accounts, AccountMeta(PROGRAM, False, False)]):
        assert sealed.send(Instruction(PROGRAM, good.data, list(accounts))).refused == "AccountCount"
    key = good.accounts[0].pubkey
    assert sealed.send(instruction("check", [(key, ""), (key, "")], b"\0")).refused == "DuplicateAccount"
    assert sealed.send(good).refused is None
