"""Batches: several proofs of one key in one payload, one receipt for each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from mai_zk.curve import GENERATOR, multiply
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from verifier.chain import Chain, ix_check, ix_verify, keccak, receipt_address, unused
from verifier.circuit import Circuit
from verifier.keys import G1, R, small
from verifier.payloads import Payload, be, make

CONTEXT = bytes(range(32))
Receipts = list[tuple[Pubkey, int]]


class Case:
    """A sealed key and a claimer."""

    def __init__(self, circuit: Circuit) -> None:
        self.chain, self.circuit = Chain(), circuit
        self.claimer: Keypair = self.chain.funded()
        self.key = self.chain.sealed_key(circuit.blob)

    def payload(self, chosen: Sequence[int]) -> bytes:
        """The client's payload of these proofs of the batch."""
        return self.circuit.key.batch([self.circuit.proofs[i] for i in chosen])

    def receipts(self, chosen: Sequence[int]) -> Receipts:
        key = self.circuit.key
        statements = [key.statement(*self.circuit.proofs[i]).statement for i in chosen]
        return [receipt_address(CONTEXT, self.claimer.pubkey(), statement) for statement in statements]

    def verify(self, payload: bytes, receipts: Receipts) -> Instruction:
        proof = self.chain.put_proof(payload, self.claimer.pubkey())
        (first, bump), *more = receipts
        return ix_verify(self.claimer.pubkey(), self.key, proof, first, CONTEXT, bump, *more)

    def refused(self, payload: bytes, receipts: Receipts) -> str | None:
        return self.chain.send(self.verify(payload, receipts), signers=[self.claimer]).refused

    def check(self, payload: bytes) -> str | None:
        return self.chain.check(self.key, payload).refused


@pytest.fixture
def case(linear4: Circuit) -> Case:
    return Case(linear4)


def test_client_and_model_make_the_vectors_batch(linear4: Circuit) -> None:
    assert linear4.key.batch(linear4.proofs) == linear4.batch == linear4.batch_pieces.hinted().body()
    assert len(linear4.batch_pieces.proofs) == 4
    assert linear4.batch_pieces.total() == linear4.batch_pieces.quotient * R


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_proof_gets_its_receipt(case: Case, count: int) -> None:
    chosen = range(count)
    assert case.refused(case.payload(chosen), case.receipts(chosen)) is None
    for index, (address, bump) in zip(chosen, case.receipts(chosen), strict=True):
        found = case.chain.receipt(address)
        expected = case.circuit.key.statement(*case.circuit.proofs[index])
        assert {name: found[name] for name in vars(expected)} == vars(expected)
        assert (found["context"], found["claimer"], found["consumed"], found["bump"]) == (
            CONTEXT, bytes(case.claimer.pubkey()), 0, bump,
        )  # fmt: skip
        assert (found["key_hash"], found["srs"]) == (case.circuit.key.hash, case.circuit.key.srs)
    assert len({address for address, _ in case.receipts(chosen)}) == count


def test_four_proofs_cost_less_than_four_times_one(case: Case) -> None:
    units = {}
    for chosen in ((0,), (0, 1, 2, 3)):
        outcome = case.chain.send(ix_check(case.key, case.chain.put_proof(case.payload(chosen))))
        assert outcome.refused is None
        units[len(chosen)] = outcome.units
    assert units[1] < units[4] < 4 * units[1]


def test_the_order_is_the_clients(case: Case) -> None:
    for chosen in ((1, 0), (3, 2)):
        assert case.refused(case.payload(chosen), case.receipts(chosen)) is None


# -- one bad proof among good ones


def spoilt(circuit: Circuit, index: int) -> tuple[list[int], bytes]:
    """The proof with another instance."""
    instances, proof = circuit.proofs[index]
    return [(instances[0] + 1) % R, *instances[1:]], proof


@pytest.mark.parametrize("count", [2, 3, 4])
def test_one_bad_proof_spoils_the_batch(case: Case, count: int) -> None:
    for bad in range(count):
        proofs = list(case.circuit.proofs[:count])
        proofs[bad] = spoilt(case.circuit, bad)
        assert case.check(case.circuit.key.batch(proofs)) == "ProofInvalid", bad
    assert case.check(case.payload(range(count))) is None


def test_two_bad_proofs(case: Case) -> None:
    proofs = [spoilt(case.circuit, 0), spoilt(case.circuit, 1), *case.circuit.proofs[2:]]
    assert case.check(case.circuit.key.batch(proofs)) == "ProofInvalid"


def test_a_batch_with_a_bad_proof_makes_no_receipt(case: Case) -> None:
    proofs = [case.circuit.proofs[0], spoilt(case.circuit, 1)]
    key = case.circuit.key
    receipts = [
        receipt_address(CONTEXT, case.claimer.pubkey(), key.statement(*proof).statement) for proof in proofs
    ]
    assert case.refused(key.batch(proofs), receipts) == "ProofInvalid"
    assert [case.chain.data(address) for address, _ in receipts] == [b"", b""]
    assert case.refused(case.payload([0]), receipts[:1]) is None


@pytest.mark.parametrize("name", ["PointNotCanonical", "PointIsIdentity", "PointNotOnCurve", "EvaluationNotCanonical"])
def test_every_proof_is_checked(case: Case, name: str) -> None:
    """What is malformed is refused wherever it stands."""
    pieces = case.circuit.batch_pieces
    for index, proof in enumerate(pieces.proofs):
        evaluation = case.circuit.evaluation_offsets[3]
        changed = {
            "PointNotCanonical": proof.proof[:-32] + b"\xff" * 32,
            "PointIsIdentity": proof.proof[:-64] + bytes(64),
            "PointNotOnCurve": proof.proof[:-1] + bytes([proof.proof[-1] ^ 1]),
            "EvaluationNotCanonical": proof.proof[:evaluation] + b"\xff" * 32 + proof.proof[evaluation + 32 :],
        }[name]
        payload = pieces.with_proof(index, proof=changed)
        fits = payload.scaled() if name == "PointNotOnCurve" else payload
        assert case.check(fits.body()) == name, index
    assert case.check(pieces.body()) is None


# -- proofs exchanged


def exchanged(pieces: Payload, *, hints: bool) -> Payload:
    """Proofs 0 and 1 exchanged, with or without their hints."""
    a, b, *rest = pieces.proofs
    swapped = [b, a] if hints else [b.but(hints=a.hints), a.but(hints=b.hints)]
    return pieces.but(proofs=[*swapped, *rest])


def test_swapped_proofs(case: Case) -> None:
    pieces = case.circuit.batch_pieces
    for hints in (True, False):
        swapped = exchanged(pieces, hints=hints)
        assert case.check(swapped.body()) == "ModulusWrong"
        assert case.check(swapped.redrawn().body()) == "HintWrong"
        assert case.check(swapped.scaled().body()) == (None if hints else "HintWrong")


def test_scalars_of_another_proof(case: Case) -> None:
    pieces = case.circuit.batch_pieces
    n_key = len(pieces.draft.points)
    own = pieces.draft.n_scalars - n_key
    scalars = pieces.scalars
    a, b = scalars[n_key : n_key + own], scalars[n_key + own : n_key + 2 * own]
    changed = pieces.but(scalars=[*scalars[:n_key], *b, *a, *scalars[n_key + 2 * own :]])
    assert case.check(changed.settled().body()) == "HintWrong"


def test_every_hint_and_scalar_of_every_proof_is_claimed(case: Case) -> None:
    pieces = case.circuit.batch_pieces
    for index, proof in enumerate(pieces.proofs):
        for number in (0, len(proof.hints) // 2, len(proof.hints) - 1):
            hints = list(proof.hints)
            hints[number] = (hints[number] + 1) % R
            assert case.check(pieces.with_proof(index, hints=hints).scaled().body()) == "HintWrong"
    for number in range(0, len(pieces.scalars), 5):
        assert case.check(pieces.with_scalar(number, pieces.scalars[number] + 1).settled().body()) == "HintWrong"
        assert case.check(pieces.with_scalar(number, pieces.scalars[number] + R).settled().body()) is None


# -- receipts


def test_the_same_proof_twice(case: Case) -> None:
    """No second receipt of one statement: not by one account twice, nor by its other bump."""
    chosen = [0, 0]
    assert case.check(case.payload(chosen)) is None
    assert case.refused(case.payload(chosen), case.receipts(chosen)) == "DuplicateAccount"
    other = receipt_address(CONTEXT, case.claimer.pubkey(), bytes(32))
    assert case.refused(case.payload(chosen), [case.receipts(chosen)[0], other]) == "WrongAddress"
    assert case.refused(case.payload([0, 1]), case.receipts([0, 1])) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_another_number_of_receipts(case: Case, count: int) -> None:
    receipts, payload = case.receipts(range(4)), case.payload(range(count))
    for given in range(1, 5):
        if given != count:
            assert case.refused(payload, receipts[:given]) == "ReceiptCount"
    assert case.refused(payload, receipts[:count]) is None


def test_another_number_of_bumps(case: Case) -> None:
    good = case.verify(case.payload([0, 1]), case.receipts([0, 1]))
    at = 8 + 32
    for bumps in (b"", bytes(1), bytes(3)):
        data = good.data[:at] + len(bumps).to_bytes(4, "little") + bumps + b"\0"
        changed = Instruction(good.program_id, data, good.accounts)
        assert case.chain.send(changed, signers=[case.claimer]).refused == "ReceiptCount"
    for length in (3, 2**32 - 1):
        data = good.data[:at] + length.to_bytes(4, "little") + good.data[at + 4 :]
        changed = Instruction(good.program_id, data, good.accounts)
        assert case.chain.send(changed, signers=[case.claimer]).refused == "BadArguments"
    assert case.chain.send(good, signers=[case.claimer]).refused is None


def test_another_number_of_accounts(case: Case) -> None:
    """As many bumps as proofs, but an account more or less."""
    good = case.verify(case.payload([0, 1]), case.receipts([0, 1]))
    more = [*good.accounts, AccountMeta(case.receipts([2])[0][0], False, True)]
    for accounts in (good.accounts[:-1], more):
        changed = Instruction(good.program_id, good.data, accounts)
        assert case.chain.send(changed, signers=[case.claimer]).refused == "ReceiptCount"
    assert case.chain.send(good, signers=[case.claimer]).refused is None


def test_receipts_of_other_statements(case: Case) -> None:
    payload, (first, second, third) = case.payload([0, 1]), case.receipts([0, 1, 2])
    assert case.refused(payload, [second, first]) == "WrongAddress"
    assert case.refused(payload, [first, third]) == "WrongAddress"
    assert case.refused(payload, [third, second]) == "WrongAddress"
    assert case.refused(payload, [first, (unused(), 255)]) == "WrongAddress"
    assert case.refused(payload, [first, (second[0], second[1] - 1)]) == "BumpNotCanonical"
    assert case.chain.data(first[0]) == b""
    assert case.refused(payload, [first, second]) is None


def test_a_receipt_that_exists_refuses_the_batch(case: Case) -> None:
    assert case.refused(case.payload([1]), case.receipts([1])) is None
    assert case.refused(case.payload([0, 1]), case.receipts([0, 1])) == "ReceiptExists"
    assert case.chain.data(case.receipts([0])[0][0]) == b""
    assert case.refused(case.payload([0, 2]), case.receipts([0, 2])) is None


def test_a_further_receipt_must_be_writable(case: Case) -> None:
    good = case.verify(case.payload([0, 1]), case.receipts([0, 1]))
    accounts = [*good.accounts[:-1], AccountMeta(good.accounts[-1].pubkey, False, False)]
    changed = Instruction(good.program_id, good.data, accounts)
    assert case.chain.send(changed, signers=[case.claimer]).refused == "NotWritable"
    assert case.chain.send(good, signers=[case.claimer]).refused is None


# -- the quotient of a batch


def test_a_batchs_quotient_has_three_words_more(case: Case) -> None:
    pieces = case.circuit.batch_pieces
    body, words = pieces.body(), pieces.draft.quotient_words + 3
    at = len(body) - 2 * len(pieces.divisors) - 8 * words
    assert pieces.quotient_bytes == body[at : at + 8 * words]
    assert case.check(body[:at] + body[at + 24 :]) == "PayloadTooShort"
    for by in (1, -1, 2**64, 1 << 64 * (words - 1)):
        assert case.check(pieces.but(quotient=pieces.quotient + by).redrawn().body()) == "HintWrong"
    assert case.check(body) is None


# -- the largest batch


def eight() -> Payload:
    """Eight true statements of the small key."""
    blob, proofs = small().blob(), []
    for instance in range(1, 9):
        scalars = make(blob, [([instance], G1 + be(4) + G1 + G1)]).scalars
        w_prime = multiply(GENERATOR, scalars[0] + 1 + scalars[1])  # the key's point, the unit point, W
        proofs.append(([instance], G1 + be(4) + G1 + w_prime.to_bytes()))
    return make(blob, proofs)


def test_eight_proofs_are_the_most(chain: Chain) -> None:
    """Eight receipts in one transaction, from the heap and from a session; a ninth proof is refused."""
    payload = eight()
    me, blob = chain.payer.pubkey(), payload.blob
    key, proof = chain.sealed_key(blob), chain.put_proof(payload.body())
    statements = [
        keccak(b"MAI statement v1" + keccak(blob) + keccak(be(n)) + keccak(b"")) for n in range(1, 9)
    ]
    (first, bump), *more = (receipt_address(CONTEXT, me, statement) for statement in statements)
    assert chain.send(ix_verify(me, key, proof, first, CONTEXT, bump, *more)).refused is None
    assert [chain.receipt(address)["statement"] for address, _ in [(first, bump), *more]] == statements
    session = chain.session(key, proof)
    assert session.advance_to("verified") is None
    others = [receipt_address(bytes(32), me, statement) for statement in statements]
    assert chain.send(session.verify(bytes(32), *others)).refused is None
    last = payload.proofs[-1]
    wrong = payload.with_proof(7, instances=[9]).hinted()
    assert chain.check(key, wrong.body()).refused == "ProofInvalid"
    assert chain.check(key, payload.but(proofs=[*payload.proofs, last]).body()).refused == "BadPayloadCounts"
