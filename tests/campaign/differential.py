"""EZKL's own verify and the chain on the same proof and instances: they must agree on every one."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

from mai.chain.quiet import quiet_stderr
from mai_zk.prover import Proof

from campaign.bench import ACCEPTED, Bench
from campaign.cases import BLOCK, Tally, bench_for
from campaign.changes import changed_list, changed_point
from campaign.circuits import NAMES, Circuit
from campaign.pieces import Pieces, payload_or_zeros

HONEST_SHARE = 0.4
EZKL = "EZKL's verify"


@cache
def _file() -> Path:
    """This process's proof file, in memory where the system has such a place."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="mai-campaign-", dir=memory if os.access(memory, os.W_OK) else None)
    return Path(folder) / "proof.json"


def ezkl_accepts(circuit: Circuit, instances: tuple[int, ...], proof: bytes) -> bool:
    """EZKL's own verdict; an error or a panic of its is a refusal."""
    import ezkl

    _file().write_text(Proof(instances, proof).to_json())
    files = [str(_file()), *(str(circuit.folder / name) for name in ("settings.json", "vk")), str(circuit.srs_path)]
    try:
        with quiet_stderr():
            return bool(ezkl.verify(*files))
    except BaseException as error:  # its panics are no Exceptions
        if isinstance(error, KeyboardInterrupt):
            raise
        return False


def drawn(bench: Bench) -> tuple[str, tuple[int, ...], bytes]:
    """(what was changed, instances, proof): an honest proof, or one with its shape kept and anything else changed."""
    draw, key = bench.draw, bench.key
    honest = [*bench.proofs]
    if bench.circuit.name == "committed":
        other = bench.circuit.other_weights
        honest.append((other.instances, other.proof))
    instances, proof = draw.choice(honest)
    if draw.random() < HONEST_SHARE:
        return "honest", tuple(instances), proof
    piece = Pieces.of(key, key.payload(instances, proof)).proofs[0]
    kind = draw.choice(("point", "point", "evaluation", "instance", "instances of another", "bit"))
    if kind == "point":
        what = changed_point(bench, piece)
    elif kind == "instances of another":
        what, piece.instances = "", list(draw.choice(honest)[0])
    elif kind == "bit":
        data = bytearray(proof)
        bit = draw.randrange(8 * len(data))
        data[bit // 8] ^= 1 << bit % 8
        return "bit", tuple(instances), bytes(data)
    else:
        what = changed_list(bench, (piece.instances if kind == "instance" else []) or piece.evaluations)
    return f"{kind} {what}", tuple(piece.instances), piece.proof(key)


def run_case(seed: str, number: int) -> tuple[str, bool, str]:
    """(what was changed, EZKL's verdict, the chain's)."""
    bench = bench_for(NAMES[number % len(NAMES)])
    bench.draw = random.Random(f"differential:{seed}:{number}")
    what, instances, proof = drawn(bench)
    accepts = ezkl_accepts(bench.circuit, instances, proof)
    return what, accepts, bench.check(payload_or_zeros(bench.key, [(instances, proof)]))


def run_block(seed: str, block: int, cases: int) -> Tally:
    """The cases of a block; a fault is a disagreement."""
    tally = Tally()
    for number in range(block * BLOCK, min((block + 1) * BLOCK, cases)):
        what, accepts, verdict = run_case(seed, number)
        if accepts != (verdict == ACCEPTED):
            tally.faults.append((number, EZKL, what, f"EZKL {'accepts' if accepts else 'refuses'}, chain: {verdict}"))
        if accepts:
            tally.controls[EZKL] += 1
        else:
            tally.refused.setdefault(EZKL, Counter())[verdict] += 1
    return tally
