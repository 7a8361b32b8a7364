"""Compute units stay within their bounds (`make bench` measures them).

They depend on the payload's seed: each candidate for a modulus that is passed over costs some 57 units, and there are
about 63 of them, give or take 25. So what is bounded is the mean of many seeds, and the worst of them.
"""

import random
import statistics

import pytest
from mai.chain import artifacts
from mai_zk import circuits
from mai_zk.prover import make_prover
from verifier.chain import Chain, ix_check
from verifier.keys import R
from verifier.payloads import Payload, split

# The whole `check` transaction.
MEAN = {"linear4": 255_000, "digits": 330_000, "ffn64": 405_000}
SPREAD = 12_000
VERIFIER_BYTES = 122_680
SEEDS = 20


@pytest.mark.parametrize("name", MEAN)
def test_checking_a_proof_costs_at_most_this(name: str) -> None:
    circuit = circuits.load(name)
    prover = make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    proof = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    key = circuit.key_program
    payload = split(key.blob, key.payload(proof.instances, proof.proof))
    chain = Chain()
    account = chain.sealed_key(key.blob)
    units = []
    for variant in variants(payload):
        outcome = chain.send(ix_check(account, chain.put_proof(variant.body(), nonce=0)), heap=key.heap_bytes)
        assert outcome.refused is None
        units.append(outcome.units)
    assert statistics.mean(units) <= MEAN[name]
    assert max(units) <= MEAN[name] + SPREAD


def variants(payload: Payload) -> list[Payload]:
    """The payload with other scalars of the same classes, so with other seeds."""
    rng = random.Random(1)
    lifted = ([scalar + rng.randrange(4) * R for scalar in payload.scalars] for _ in range(SEEDS - 1))
    return [payload, *(payload.but(scalars=scalars).settled() for scalars in lifted)]


def test_the_verifier_stays_small() -> None:
    assert artifacts.shared_object("verifier").stat().st_size <= VERIFIER_BYTES
