"""The key compiler against EZKL's own verifier text, on five kinds of circuit (40 s; 15 s with EZKL's files cached).

The oracle is the Solidity verifier's Yul itself, run on concrete bytes by `yul_reference`: for honest and for random
proofs, the key program must reach the same two points of the pairing.
"""

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from mai_zk.bounds import MAX_LENGTH, WORD, check_bounds, longest_claim
from mai_zk.compiler import Parts, compile_artifact, compile_solidity, compile_vka
from mai_zk.compiler.yul import parse_contract
from mai_zk.curve import GENERATOR, multiply
from mai_zk.errors import ZkError
from mai_zk.field import R
from mai_zk.isa import Op
from mai_zk.keyprogram import KeyProgram
from mai_zk.machine import Run, run_code
from mai_zk.prooffile import read_proof
from zk.compiler_circuits import CIRCUITS, folder
from zk.yul_reference import Evm, Reverted


@dataclass
class Case:
    """A circuit's verifier text, key program and honest proof."""

    name: str
    folder: Path
    text: str
    key: KeyProgram
    instances: list[int]
    proof: bytes


@pytest.fixture(scope="module", params=CIRCUITS)
def case(request: pytest.FixtureRequest) -> Case:
    """Every circuit in turn."""
    return make_case(request.param)


@pytest.fixture(scope="module")
def public() -> Case:
    """The smallest circuit."""
    return make_case("public")


def make_case(name: str) -> Case:
    path = folder(name)
    text = (path / "verifier.sol").read_text()
    proof = read_proof(path / "proof.json")
    return Case(name, path, text, compile_solidity(text), list(proof.instances), proof.proof)


def reference(text: str, instances: list[int], proof: bytes) -> tuple[bytes, bytes]:
    """The two G1 points that EZKL's verifier hands to the pairing."""
    data = Evm(parse_contract(text), proof, instances).run()
    return data[:64], data[192:256]


def points(run: Run) -> tuple[bytes, bytes]:
    """The same points as the key program reaches them."""
    return run.accumulator.to_bytes(), run.w_prime.to_bytes()


def accepts(run: Run) -> bool:
    """The pairing check itself, in py_ecc."""
    pytest.importorskip("py_ecc")
    from py_ecc.optimized_bn128 import FQ, FQ2, FQ12, G2, final_exponentiate, pairing

    if run.refusal is not None:
        return False
    g2 = [int.from_bytes(run.program.neg_s_g2[i : i + 32], "big") for i in range(0, 128, 32)]
    neg_s = (FQ2([g2[1], g2[0]]), FQ2([g2[3], g2[2]]), FQ2.one())
    product = FQ12.one()
    for q, p in ((G2, run.accumulator), (neg_s, run.w_prime)):
        product *= pairing(q, (FQ(p.x), FQ(p.y), FQ(1)), False)
    return bool(final_exponentiate(product) == FQ12.one())


def random_proof(key: KeyProgram, seed: int) -> tuple[list[int], bytes]:
    """Random instances, points of the curve and evaluations: no proof of anything, but a valid input."""
    rng = random.Random(seed)
    some = [multiply(GENERATOR, rng.randrange(1, R)).to_bytes() for _ in range(3)]
    head = b"".join(rng.choice(some) for _ in range(key.n_phase_points))
    evals = b"".join(rng.randrange(R).to_bytes(32, "big") for _ in range(key.n_evals))
    return [rng.randrange(R) for _ in range(key.n_instances)], head + evals + some[0] + some[1]


def test_honest_proof_is_accepted(case: Case) -> None:
    run = case.key.run(case.instances, case.proof)
    assert points(run) == reference(case.text, case.instances, case.proof)
    assert accepts(run)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_input_reaches_the_same_points(case: Case, seed: int) -> None:
    instances, proof = random_proof(case.key, seed)
    run = case.key.run(instances, proof)
    assert run.refusal is None
    assert points(run) == reference(case.text, instances, proof)


def test_every_changed_evaluation_and_instance_changes_the_result(case: Case) -> None:
    """With the challenges held fixed, every input moves a scalar: none is ignored."""
    key = case.key
    honest = key.run(case.instances, case.proof)
    for changed in range(key.n_instances + key.n_evals):
        slot = key.n_constants + key.n_challenges + changed
        assert scalars_with(honest, case.instances, {slot: 1}) != honest.scalars, changed
    assert scalars_with(honest, case.instances, {}) == honest.scalars


def scalars_with(run: Run, instances: list[int], offsets: dict[int, int]) -> tuple[int, ...]:
    """The scalars when slots before the hints are offset after the transcript."""
    key = run.program
    at = 64 * key.n_phase_points
    evals = [int.from_bytes(run.proof[at + 32 * i :][:32], "big") for i in range(key.n_evals)]
    values = [*run.challenges, *instances, *evals]
    found = run_code(key, [v + offsets.get(key.n_constants + i, 0) for i, v in enumerate(values)])
    return tuple(scalar % R for scalar in found.scalars)


def test_changed_proof_is_refused(public: Case) -> None:
    """One change of each kind; the control is the honest proof, accepted above and here."""
    key, proof = public.key, public.proof
    evals_at = 64 * key.n_phase_points
    swapped = proof[64:128] + proof[:64] + proof[128:]
    changed = {
        "instance": ([public.instances[0] + 1, *public.instances[1:]], proof),
        "evaluation": (public.instances, proof[:evals_at] + bytes(31) + b"\x05" + proof[evals_at + 32 :]),
        "points": (public.instances, swapped),
        "w": (public.instances, proof[:-128] + GENERATOR.to_bytes() + proof[-64:]),
        "w_prime": (public.instances, proof[:-64] + GENERATOR.to_bytes()),
    }
    for name, (instances, bad) in changed.items():
        assert not accepts(key.run(instances, bad)), name
    assert accepts(key.run(public.instances, proof))


def test_non_canonical_values_are_refused(public: Case) -> None:
    first = public.instances[0]
    assert public.key.run([first + R, *public.instances[1:]], public.proof).refusal == "NonCanonical"
    with pytest.raises(Reverted):
        reference(public.text, [first + R, *public.instances[1:]], public.proof)
    assert public.key.run(public.instances, public.proof).refusal is None


def test_same_input_gives_the_same_bytes(case: Case) -> None:
    assert compile_solidity(case.text).blob == case.key.blob


def test_hash_randomisation_does_not_matter(public: Case) -> None:
    """Another process with another hash seed makes the same bytes."""
    script = "import sys; from mai_zk.compiler import compile_artifact; print(compile_artifact(sys.argv[1]).hash.hex())"
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(public.folder / "verifier.sol")],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stdout.strip() == public.key.hash.hex()


def test_vka_gives_the_same_key(case: Case) -> None:
    assert compile_vka((case.folder / "verifier.vka").read_bytes()).blob == case.key.blob


def test_compiled_keys_pass_the_sealing_analysis(case: Case) -> None:
    check_bounds(KeyProgram.from_bytes(case.key.blob))


def test_no_curve_multiplication_is_wasted(case: Case) -> None:
    """One multiplication for each distinct point, none for the point whose coefficient is one."""
    key = case.key
    assert key.unit_point < key.n_proof_points
    points = [key.points[i : i + 64] for i in range(0, len(key.points), 64)]
    assert len({point[:32] for point in points}) == len(points)  # equal and opposite ones are merged
    assert sum(ins.op is Op.SCAL for ins in key.code) == key.n_scalars == len(points) + key.n_proof_points - 1


def test_the_cheapest_limit_is_taken(public: Case) -> None:
    """Values are longer than a hint and no longer than the verifier allows."""
    assert WORD < longest_claim(public.key) <= MAX_LENGTH


def test_the_circuits_digest_is_recorded(public: Case) -> None:
    circuit = bytes(range(32))
    key = compile_solidity(public.text, None, circuit)
    assert (key.circuit, public.key.circuit) == (circuit, bytes(32))
    assert key.blob == public.key.blob[:128] + circuit + public.key.blob[160:]


def test_parts_are_recorded(public: Case) -> None:
    parts = Parts(input_instances=4, output_instances=4)
    key = compile_solidity(public.text, parts)
    assert key.parts == parts
    assert key.hash != public.key.hash
    with pytest.raises(ZkError, match="name every instance"):
        compile_solidity(public.text, Parts(input_instances=4))


def test_artifacts_are_recognised(public: Case, tmp_path: Path) -> None:
    assert compile_artifact(public.folder / "verifier.sol").blob == public.key.blob
    assert compile_artifact(public.folder / "verifier.vka").blob == public.key.blob
    (tmp_path / "key.bin").write_bytes(public.key.blob)
    assert compile_artifact(tmp_path / "key.bin").blob == public.key.blob
    (tmp_path / "junk").write_bytes(b"\xff" * 100)
    with pytest.raises(ZkError, match="neither EZKL's Solidity verifier nor its VKA"):
        compile_artifact(tmp_path / "junk")
    with pytest.raises(ZkError, match="cannot be read"):
        compile_artifact(tmp_path / "missing.sol")
