"""EZKL's own verify against ours: honest proofs accepted by both, every mutation refused by both (about 20 s)."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ezkl
import pytest
from mai.chain.check import embedded_verifier, payload
from mai.chain.embedded import Embedded
from mai.chain.verifier import PROOF_HEADER_BYTES, Verifier
from mai.errors import ProgramError
from mai_zk import circuits
from mai_zk.curve import decode_point
from mai_zk.field import Q, R
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from mai_zk.prover import Keys, Proof, make_prover
from solders.account import Account
from solders.pubkey import Pubkey
from verifier.payloads import split

CIRCUITS = ("linear4", "digits")
POINT, SCALAR = 64, 32
SIZE_AT = 8 + 32 + 8  # of a proof account's header


@dataclass
class Bench:
    """One circuit with an honest proof, its key sealed and its proof uploaded on an embedded chain."""

    keys: Keys
    key: KeyProgram
    proof: ProofFile
    verifier: Verifier
    key_account: Pubkey
    proof_account: Pubkey
    folder: Path

    def refusal(self, body: bytes) -> str | None:
        """The on-chain verifier's answer to a proof account with this body: a name, or None if it accepts."""
        chain = self.verifier.cluster
        assert isinstance(chain, Embedded)
        account = chain.account(self.proof_account)
        assert account is not None
        size = len(body).to_bytes(4, "little")  # a payload of other divisors has another length
        data = bytes(account.data[:SIZE_AT]) + size + bytes(account.data[SIZE_AT + 4 : PROOF_HEADER_BYTES]) + body
        chain.svm.set_account(
            self.proof_account, Account(account.lamports, data, account.owner, account.executable, account.rent_epoch)
        )
        try:
            self.verifier.check(self.key, self.key_account, self.proof_account)
        except ProgramError as error:
            return error.name
        return None

    def ours(self, proof: ProofFile) -> str | None:
        """The answer to a proof with fresh, honest hints."""
        return self.refusal(payload(self.key, proof))

    def ezkl(self, proof: ProofFile) -> bool:
        """EZKL's own verify; an error of its is a refusal."""
        path = self.folder / "proof.json"
        path.write_text(Proof(proof.instances, proof.proof).to_json())
        with contextlib.suppress(RuntimeError):
            srs = str(self.keys.srs.path)
            return bool(ezkl.verify(str(path), str(self.keys.settings_path), str(self.keys.vk), srs))
        return False


@pytest.fixture(scope="module", params=CIRCUITS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    circuit = circuits.load(request.param)
    prover = make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    proof = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    verifier = embedded_verifier()
    key = circuit.key_program
    file = ProofFile(proof.instances, proof.proof)
    return Bench(
        keys,
        key,
        file,
        verifier,
        verifier.upload_key(key).address,
        verifier.upload_proof(payload(key, file), 0).address,
        tmp_path_factory.mktemp("agreement"),
    )


def points(key: KeyProgram) -> list[int]:
    """Offsets of all points of a proof, W and W′ included."""
    evaluations = POINT * key.n_phase_points
    w = evaluations + SCALAR * key.n_evals
    return [*range(0, evaluations, POINT), w, w + POINT]


def mutations(key: KeyProgram, proof: ProofFile) -> Iterator[tuple[str, ProofFile]]:
    """Every evaluation, point and instance changed at least once, in ways that keep every encoding canonical."""

    def spliced(offset: int, piece: bytes) -> ProofFile:
        return ProofFile(proof.instances, proof.proof[:offset] + piece + proof.proof[offset + len(piece) :])

    first = POINT * key.n_phase_points
    for index in range(key.n_evals):
        offset = first + SCALAR * index
        value = int.from_bytes(proof.proof[offset : offset + SCALAR], "big")
        yield f"evaluation {index} + 1", spliced(offset, ((value + 1) % R).to_bytes(SCALAR, "big"))
    offsets = points(key)
    for index, offset in enumerate(offsets):
        point = proof.proof[offset : offset + POINT]
        y = int.from_bytes(point[SCALAR:], "big")
        yield f"point {index} negated", spliced(offset, point[:SCALAR] + (Q - y).to_bytes(SCALAR, "big"))
        other = offsets[(index + 1) % len(offsets)]
        yield f"point {index} replaced by the next", spliced(offset, proof.proof[other : other + POINT])
    for index, value in enumerate(proof.instances):
        instances = (*proof.instances[:index], (value + 1) % R, *proof.instances[index + 1 :])
        yield f"instance {index} + 1", ProofFile(instances, proof.proof)


def test_both_accept_the_honest_proof(bench: Bench) -> None:
    assert bench.ezkl(bench.proof)
    assert bench.ours(bench.proof) is None


def test_both_refuse_every_mutation(bench: Bench) -> None:
    accepted, count = [], 0
    for what, proof in mutations(bench.key, bench.proof):
        count += 1
        decode_point(proof.proof[:POINT])
        if bench.ezkl(proof):
            accepted.append(f"EZKL accepts {what}")
        name = bench.ours(proof)
        if name not in ("ProofInvalid", "HintWrong"):
            accepted.append(f"on chain, {what}: {name}")
    assert accepted == []
    assert count == bench.key.n_evals + 2 * bench.key.n_proof_points + bench.key.n_instances


def test_stale_hints_do_not_help_a_mutation(bench: Bench) -> None:
    """Hints, scalars and quotient of the honest proof, with the divisors that the mutation's seed needs."""
    honest = split(bench.key.blob, payload(bench.key, bench.proof))
    for what, proof in mutations(bench.key, bench.proof):
        stale = honest.with_proof(0, instances=list(proof.instances), proof=proof.proof)
        assert bench.refusal(stale.redrawn().body()) == "HintWrong", what
    assert bench.refusal(honest.redrawn().body()) is None


def test_every_changed_hint_is_refused(bench: Bench) -> None:
    honest = split(bench.key.blob, payload(bench.key, bench.proof))
    for index, hint in enumerate(honest.proofs[0].hints):
        assert bench.refusal(honest.with_hint(index, (hint + 1) % R).scaled().body()) == "HintWrong"
    assert bench.refusal(honest.body()) is None


def test_ezkl_accepts_trailing_bytes_and_we_do_not(bench: Bench) -> None:
    longer = ProofFile(bench.proof.instances, bench.proof.proof + b"\0")
    assert bench.ours(longer) is not None
    assert json.dumps(list(longer.proof))  # the file itself is well formed
