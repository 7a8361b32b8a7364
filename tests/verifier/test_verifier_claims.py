"""Hints, scalars, quotient: every supplied integer is claimed; a false claim is refused even if all the rest fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from solders.pubkey import Pubkey
from verifier.chain import Chain
from verifier.circuit import Circuit
from verifier.keys import R
from verifier.payloads import GROUP, Payload


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture(params=["linear4", "lookup4"])
def circuit(request: pytest.FixtureRequest) -> Circuit:
    value: Circuit = request.getfixturevalue(request.param)
    return value


@pytest.fixture
def key(shared: Chain, circuit: Circuit) -> Pubkey:
    """The circuit's sealed key, under which the honest payload passes."""
    address = shared.sealed_key(circuit.blob)
    assert shared.check(address, circuit.payload).refused is None
    return address


def verdicts(chain: Chain, key: Pubkey, payloads: Iterator[Payload]) -> set[str | None]:
    return {chain.check(key, payload.body()).refused for payload in payloads}


# -- hints


def hints_changed(pieces: Payload, change: Callable[[int], int]) -> Iterator[Payload]:
    """Each hint changed in turn; scalars, quotient and divisors made to fit it as well as can be."""
    for index, hint in enumerate(pieces.proofs[0].hints):
        yield pieces.with_hint(index, change(hint) % 2**256).scaled()


WRONG: list[tuple[str, Callable[[int], int]]] = [
    ("+1", lambda h: h + 1),
    ("-1", lambda h: h - 1),
    ("zero", lambda h: 0),
    ("negated", lambda h: R - h),
    ("bit 255", lambda h: h ^ 1 << 255),
]


@pytest.mark.parametrize(("name", "change"), WRONG, ids=[name for name, _ in WRONG])
def test_every_hint_is_claimed(
    shared: Chain, circuit: Circuit, key: Pubkey, name: str, change: Callable[[int], int]
) -> None:
    assert verdicts(shared, key, hints_changed(circuit.pieces, change)) == {"HintWrong"}


def test_swapped_hints(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    def payloads() -> Iterator[Payload]:
        hints = circuit.hints
        for i in range(len(hints) - 1):
            changed = [*hints[:i], hints[i + 1], hints[i], *hints[i + 2 :]]
            yield circuit.pieces.with_proof(0, hints=changed).scaled()

    assert verdicts(shared, key, payloads()) == {"HintWrong"}


def test_hints_changed_and_nothing_else(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    """The old quotient, with and without the divisors that the new seed needs."""
    for index, hint in enumerate(circuit.hints):
        changed = circuit.pieces.with_hint(index, (hint + 1) % R)
        assert shared.check(key, changed.body()).refused == "ModulusWrong"
        assert shared.check(key, changed.redrawn().body()).refused == "HintWrong"


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_hint_plus_a_multiple_of_r_is_the_same_hint(
    shared: Chain, circuit: Circuit, key: Pubkey, times: int
) -> None:
    """By design: hints are no part of the statement. Only the quotient must follow."""

    def shifted(hint: int) -> int:
        return hint + times * R if hint + times * R < 2**256 else hint

    assert verdicts(shared, key, hints_changed(circuit.pieces, shifted)) == {None}
    everything = circuit.pieces.with_proof(0, hints=[shifted(hint) for hint in circuit.hints])
    assert everything.proofs[0].hints != circuit.hints
    assert shared.check(key, everything.scaled().body()).refused is None
    assert shared.check(key, everything.redrawn().body()).refused == "HintWrong"
    wrong = [(circuit.instances[0] + 1) % R, *circuit.instances[1:]]
    assert shared.check(key, everything.with_proof(0, instances=wrong).scaled().body()).refused == "HintWrong"


# -- scalars


def scalars_changed(pieces: Payload, by: int) -> Iterator[Payload]:
    for index, scalar in enumerate(pieces.scalars):
        yield pieces.with_scalar(index, (scalar + by) % 2**256).settled()


@pytest.mark.parametrize("by", [1, -1, 2**255])
def test_every_scalar_is_claimed(shared: Chain, circuit: Circuit, key: Pubkey, by: int) -> None:
    assert verdicts(shared, key, scalars_changed(circuit.pieces, by)) == {"HintWrong"}


def test_a_scalar_plus_r_is_the_same_scalar(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    assert verdicts(shared, key, scalars_changed(circuit.pieces, R)) == {None}
    assert verdicts(shared, key, scalars_changed(circuit.pieces, 4 * R)) == {None}


def test_swapped_scalars(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    scalars = circuit.pieces.scalars
    swapped = (
        circuit.pieces.but(scalars=[*scalars[:i], scalars[i + 1], scalars[i], *scalars[i + 2 :]]).settled()
        for i in range(len(scalars) - 1)
        if scalars[i] != scalars[i + 1]
    )
    assert verdicts(shared, key, swapped) == {"HintWrong"}


# -- the quotient


@pytest.mark.parametrize("by", [1, -1, 2**64, -(2**64), R, 2**300])
def test_the_quotient_is_exact(shared: Chain, circuit: Circuit, key: Pubkey, by: int) -> None:
    changed = circuit.pieces.but(quotient=circuit.pieces.quotient + by)
    assert shared.check(key, changed.body()).refused == "ModulusWrong"
    assert shared.check(key, changed.redrawn().body()).refused == "HintWrong"
    assert shared.check(key, changed.but(quotient=circuit.pieces.quotient).redrawn().body()).refused is None


def test_the_quotients_sign_counts(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    for quotient in (-circuit.pieces.quotient, circuit.pieces.quotient ^ 1 << 64 * circuit.draft.quotient_words - 1, 0):
        assert shared.check(key, circuit.pieces.but(quotient=quotient).redrawn().body()).refused == "HintWrong"


# -- errors that would cancel


def test_errors_that_cancel_without_weights(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    """+1 and -1 in two claims: of one group, of two groups at the same place, and neighbours."""
    pieces, scalars = circuit.pieces, circuit.pieces.scalars
    first = len(circuit.hints)  # the first scalar's claim
    pairs = [(0, 1), (0, len(scalars) - 1), (1, 2)]
    pairs += [(i, i + GROUP) for i in range(len(scalars) - GROUP)]
    assert any((first + i) // GROUP != (first + j) // GROUP for i, j in pairs)
    assert any((first + i) // GROUP == (first + j) // GROUP for i, j in pairs)
    for i, j in pairs:
        changed = pieces.with_scalar(i, scalars[i] + 1).with_scalar(j, scalars[j] - 1)
        assert sum(changed.claims()) % R == 0
        assert shared.check(key, changed.settled().body()).refused == "HintWrong"
        congruent = pieces.with_scalar(i, scalars[i] + R).with_scalar(j, scalars[j] + R)
        assert shared.check(key, congruent.settled().body()).refused is None


# -- claims that hold of a proof that does not


def test_a_forged_proof_whose_claims_hold(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    pieces = circuit.pieces
    for offset in circuit.evaluation_offsets[::7]:
        value = int.from_bytes(circuit.proof[offset : offset + 32], "big")
        proof = circuit.proof[:offset] + ((value + 1) % R).to_bytes(32, "big") + circuit.proof[offset + 32 :]
        forged = pieces.with_proof(0, proof=proof).hinted()
        assert all(claim % R == 0 for claim in forged.claims())
        assert shared.check(key, forged.body()).refused == "ProofInvalid"
        assert shared.check(key, pieces.with_proof(0, proof=proof).settled().body()).refused == "HintWrong"


def test_scalars_of_the_attackers_choice(shared: Chain, circuit: Circuit, key: Pubkey) -> None:
    """All scalars zero but the unit point's: what a forger would need to be free in."""
    zeros = circuit.pieces.but(scalars=[0] * len(circuit.pieces.scalars))
    assert shared.check(key, zeros.settled().body()).refused == "HintWrong"
