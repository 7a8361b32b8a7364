"""The structured reference string (SRS): a deterministic one for tests, the public ceremony's for anything else.

File format: halo2's raw `ParamsKZG`, as EZKL 23 reads and writes it: k as u32, then 2^k points [s^i]G1, 2^k points
[L_i(s)]G1 (the Lagrange basis), then G2 and [s]G2. Every coordinate is 32 bytes little-endian in Montgomery form
(times 2^256 mod q); an Fp2 element is c0, c1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mai_zk import cache, msm
from mai_zk.curve import GENERATOR, Point, is_on_curve
from mai_zk.errors import ZkError
from mai_zk.field import Q, R, keccak256

TEST_SECRET_SENTENCE = b"MAI test SRS: this sentence is the secret, so anybody can forge proofs; for tests only."
TEST_SECRET = int.from_bytes(keccak256(TEST_SECRET_SENTENCE), "big") % R

MAX_TEST_LOGROWS = 20
"""Beyond this the pure-Python generator takes minutes."""

TEST_NAME = "test (public secret)"
CEREMONY_NAME = "perpetual powers of tau"
UNKNOWN_NAME = "unknown (local)"

# -[s]G2 of the perpetual powers of tau, EIP-197 order, as public EZKL and halo2 verifiers carry it.
CEREMONY_NEG_S_G2 = b"".join(
    word.to_bytes(32, "big")
    for word in (
        0x0181624E80F3D6AE28DF7E01EAEAB1C0E919877A3B8A6B7FBC69A6817D596EA2,
        0x1783D30DCB12D259BB89098ADDF6280FA4B653BE7A152542A28F7B926E27E648,
        0x00AE44489D41A0D179E2DFDC03BDDD883B7109F8B6AE316A59E815C1A6B35304,
        0x0B2147AB62A386BD63E6DE1522109B8C9588AB466F5AADFDE8C41CA3749423EE,
    )
)

_MONTGOMERY = (1 << 256) % Q
_MONTGOMERY_INVERSE = pow(_MONTGOMERY, -1, Q)
# A generator of the multiplicative group's 2-power part: 7 is a non-residue, r - 1 = 2^28 * odd.
_TWO_ADICITY = 28
_ROOT = pow(7, (R - 1) >> _TWO_ADICITY, R)


@dataclass(frozen=True)
class Srs:
    """One SRS file.

    path: the file; logrows: its k; neg_s_g2: -[s]G2, 128 bytes in EIP-197 order; id: keccak256 of that;
    name: what is known of its origin.
    """

    path: Path
    logrows: int
    neg_s_g2: bytes
    id: bytes
    name: str

    @property
    def warning(self) -> str | None:
        """What a user must be told about this SRS; None for the ceremony's."""
        if self.name == CEREMONY_NAME:
            return None
        origin = (
            "its secret is a published sentence" if self.name == TEST_NAME else "nobody here knows who holds its secret"
        )
        return (
            f"SRS {self.id.hex()[:16]} is for tests only: {origin}, so proofs under it can be forged. "
            f"For real value, download the perpetual powers of tau file for k = {self.logrows} in EZKL's format "
            f"(`ezkl get-srs --logrows {self.logrows}`) and use that one."
        )


def srs_id(neg_s_g2: bytes) -> bytes:
    """keccak256 of -[s]G2, 128 bytes in EIP-197 order (x_c1, x_c0, y_c1, y_c0, big-endian), as a key account has it."""
    if len(neg_s_g2) != 128:
        raise ZkError(f"An SRS is identified by 128 bytes of G2, not {len(neg_s_g2)}.")
    return keccak256(neg_s_g2)


def srs_name(identity: bytes) -> str:
    """What is known of the SRS with this id: the test SRS, the ceremony's, or nothing."""
    if identity == srs_id(CEREMONY_NEG_S_G2):
        return CEREMONY_NAME
    if identity == srs_id(_encode_neg_g2(msm.multiply_g2(TEST_SECRET))):
        return TEST_NAME
    return UNKNOWN_NAME


def srs_size(logrows: int) -> int:
    """Bytes of an SRS file for 2^logrows rows."""
    return 4 + 128 * (1 << logrows) + 256


def make_test_srs(logrows: int, progress: Callable[[float], None] = lambda _: None) -> Srs:
    """The deterministic test SRS for 2^logrows rows, from the cache or made now (seconds up to k = 17).

    It is the same on every machine, so that verifying keys, key hashes and compute units are too.
    `progress` hears fractions of 1.
    """
    if not 1 <= logrows <= MAX_TEST_LOGROWS:
        raise ZkError(f"A test SRS has 1 to {MAX_TEST_LOGROWS} log rows, not {logrows}.")

    def make(folder: Path) -> None:
        (folder / "srs").write_bytes(_test_srs_bytes(logrows, progress))

    sentence = cache.content_hash(TEST_SECRET_SENTENCE)[:12]
    folder = cache.entry("srs", f"test-k{logrows}-{sentence}", make)
    progress(1.0)
    return load_srs(folder / "srs")


def load_srs(path: Path) -> Srs:
    """Read and check an SRS file: exact size, k, generators, sample points on the curve. ZkError if anything is off."""
    try:
        with path.open("rb") as stream:
            header = stream.read(4)
            logrows = int.from_bytes(header, "little")
            if len(header) < 4 or not 1 <= logrows <= _TWO_ADICITY or path.stat().st_size != srs_size(logrows):
                raise ZkError(f"{path} is not an SRS file in EZKL's format, or it is cut short; get it again.")
            count = 1 << logrows
            samples = []
            for index in sorted({0, 1, count - 1, count, 2 * count - 1}):
                stream.seek(4 + 64 * index)
                samples.append(_decode_point(stream.read(64)))
            stream.seek(4 + 128 * count)
            tail = stream.read(256)
    except OSError as error:
        raise ZkError(f"The SRS file {path} cannot be read ({error.strerror}).") from error
    words = [_decode_field(tail[i : i + 32]) for i in range(0, 256, 32)]
    g2 = ((words[0], words[1]), (words[2], words[3]))
    s_g2 = ((words[4], words[5]), (words[6], words[7]))
    sound = samples[0] == GENERATOR and g2 == msm.G2 and all(map(is_on_curve, samples)) and msm.is_on_curve_g2(s_g2)
    if not sound:
        raise ZkError(f"{path} holds no valid SRS: its generators or points are wrong; get it again.")
    neg_s_g2 = _encode_neg_g2(s_g2)
    identity = srs_id(neg_s_g2)
    return Srs(path, logrows, neg_s_g2, identity, srs_name(identity))


def lagrange_points(srs: Srs, count: int, start: int = 0) -> list[Point]:
    """`count` points of the Lagrange basis from row `start`: a column's commitment is its values' sum over them."""
    rows = 1 << srs.logrows
    if not 0 <= start <= start + count <= rows:
        raise ZkError(f"An SRS of 2^{srs.logrows} rows has no Lagrange points {start} to {start + count - 1}.")
    try:
        with srs.path.open("rb") as stream:
            stream.seek(4 + 64 * (rows + start))
            data = stream.read(64 * count)
    except OSError as error:
        raise ZkError(f"The SRS file {srs.path} cannot be read ({error.strerror}).") from error
    return [_decode_point(data[i : i + 64]) for i in range(0, 64 * count, 64)]


def _test_srs_bytes(logrows: int, progress: Callable[[float], None]) -> bytes:
    count = 1 << logrows
    powers = [1]
    for _ in range(count - 1):
        powers.append(powers[-1] * TEST_SECRET % R)
    points = msm.fixed_base_multiples(powers + _lagrange_scalars(logrows), progress)
    s_g2 = msm.multiply_g2(TEST_SECRET)
    coordinates = [c for point in points for c in point] + [c for p in (msm.G2, s_g2) for pair in p for c in pair]
    return logrows.to_bytes(4, "little") + b"".join(map(_encode_field, coordinates))


def _lagrange_scalars(logrows: int) -> list[int]:
    """L_i(s) = (s^n - 1)/n * w^i / (s - w^i) for i < n = 2^logrows, w the n-th root of unity."""
    count = 1 << logrows
    root = pow(_ROOT, 1 << (_TWO_ADICITY - logrows), R)
    roots = [1]
    for _ in range(count - 1):
        roots.append(roots[-1] * root % R)
    common = (pow(TEST_SECRET, count, R) - 1) * pow(count, -1, R) % R
    inverses = msm.batch_inverse([(TEST_SECRET - w) % R for w in roots], R)
    return [common * w % R * inverse % R for w, inverse in zip(roots, inverses, strict=True)]


def _encode_field(value: int) -> bytes:
    return (value * _MONTGOMERY % Q).to_bytes(32, "little")


def _decode_field(data: bytes) -> int:
    raw = int.from_bytes(data, "little")
    return raw * _MONTGOMERY_INVERSE % Q if raw < Q else Q  # Q itself is never on the curve


def _decode_point(data: bytes) -> Point:
    return Point(_decode_field(data[:32]), _decode_field(data[32:]))


def _encode_neg_g2(point: msm.PointG2) -> bytes:
    """-point in EIP-197 order: x_c1, x_c0, y_c1, y_c0, big-endian."""
    (x0, x1), (y0, y1) = point
    return b"".join(word.to_bytes(32, "big") for word in (x1, x0, -y1 % Q, -y0 % Q))
