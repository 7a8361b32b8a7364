"""What is registered of the tiny model: its segments' keys and weights, its embedding's rows, its manifest."""

from __future__ import annotations

from functools import cache

from mai_zk import circuits
from mai_zk.circuits import Circuit
from mai_zk.errors import ZkError
from mai_zk.language.commit import Committer
from mai_zk.language.model import Terms
from mai_zk.language.tiny import arithmetic, shape
from mai_zk.language.tiny.path import CARRIED
from mai_zk.language.tiny.weights import FOLDER, embedding
from mai_zk.srs import Srs, make_test_srs
from mai_zk.trace import INPUT, Kind, Manifest, carried, same
from mai_zk.trace import Segment as Node
from mai_zk.trace.sizing import cheapest_cut

DRAWN_POSITIONS = 16
"""A run of no more positions is proved whole; of a longer one, so many positions are, with every segment."""

TERMS = Terms(
    segments=len(shape.SEGMENTS), work_units=1, max_tokens=shape.TOKEN_CAP, max_active_ms=100, detection_bps=9_999
)
"""One segment and token take less than a million multiplications; half of a run's positions bad and none of them drawn
has a chance below 2^-15 (tests/language computes it)."""

EDGES = (
    (INPUT,),
    (same(shape.PROJECT), carried(shape.ATTEND_1)),
    (same(shape.ATTEND_1),),
    (same(shape.TRANSFORM), carried(shape.ATTEND_2)),
    (same(shape.ATTEND_2),),
)


@cache
def circuit(segment: int) -> Circuit:
    """A segment's circuit folder."""
    return circuits.load(shape.SEGMENTS[segment])


@cache
def srs() -> Srs:
    """The test SRS under which everything is registered."""
    return make_test_srs(shape.LOGROWS)


@cache
def unusable_rows() -> int:
    """Rows at a column's end that hold ones: the same in every segment, else commitments would not link."""
    found = {int(circuit(segment).facts["unusable_rows"]) for segment in range(len(shape.SEGMENTS))}
    if len(found) != 1:
        raise ZkError("The tiny model's segments lay out their columns differently; build them again.")
    return found.pop()


@cache
def committer() -> Committer:
    """Commits to inputs and outputs; making it takes a second."""
    return Committer(srs(), unusable_rows(), shape.ATTENDED)


def registered() -> tuple[bytes, ...]:
    """Digests of the embedding's rows, then that of what position 0 reads of the position before; computed anew."""
    rows = [row.tolist() for row in embedding()]
    return tuple(committer().digest(row) for row in (*rows, arithmetic.first_window().tolist()))


@cache
def _recorded() -> tuple[bytes, ...]:
    path = circuits.circuits_dir() / FOLDER / "digests.bin"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ZkError(f"{path} cannot be read; run `python -m mai_zk.language.tiny build`.") from error
    if len(data) != 32 * (shape.VOCABULARY + 1):
        raise ZkError(f"{path} is cut short; run `python -m mai_zk.language.tiny build`.")
    return tuple(data[i : i + 32] for i in range(0, len(data), 32))


@cache
def manifest(end_token: int = shape.END_TOKEN) -> Manifest:
    """The model's manifest under the test SRS; with ``shape.NEVER`` as its end token, every run goes to its limit."""
    *rows, first = _recorded()
    segments = []
    for index, edges in enumerate(EDGES):
        found = circuit(index)
        kind, n_outputs = Kind.CIRCUIT, 0
        if index in CARRIED:
            kind = Kind.CARRIED
        elif index == shape.ANSWER:
            kind, n_outputs = Kind.END, shape.LOGITS
        key = bytes.fromhex(found.facts["key_hash"])
        segments.append(Node(index, 0, key, found.params_digest, edges, kind, n_outputs, first))
    return Manifest(
        segments=tuple(segments),
        rows=tuple(rows),
        srs=bytes.fromhex(circuit(shape.PROJECT).facts["srs"]),
        token_cap=shape.TOKEN_CAP,
        end_token=end_token,
        n_positions=DRAWN_POSITIONS,
        n_leaves=DRAWN_POSITIONS * len(segments),
        cut=cheapest_cut(segments),
        reveal_slots=1_500,
        prove_slots=9_000,
        least_bond=10**9,
        work_units=TERMS.work_units * TERMS.segments,
    )
