"""The SRS: the deterministic test file, EZKL's format, the ceremony's id, and files that are refused."""

import hashlib
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_zk import msm, srs
from mai_zk.curve import GENERATOR, IDENTITY, Point, add, multiply
from mai_zk.errors import ZkError
from mai_zk.field import Q, R

K = 5
TEST_ID = "f0a8468176a84900453d75d6622e49d963f67abcc4f3ed1a19a13fedf9c33c73"
TEST_K5_SHA256 = "2622a190a1b47059a5bffb30b492195ce32c69d25f73b921b74a70b878bb95dc"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> srs.Srs:
    """A fresh test SRS for 2^5 rows in a cache of its own."""
    monkeypatch.setenv("MAI_CACHE", str(tmp_path / "cache"))
    return srs.make_test_srs(K)


def test_the_test_srs_is_the_same_on_every_machine(made: srs.Srs) -> None:
    assert made.id.hex() == TEST_ID
    assert hashlib.sha256(made.path.read_bytes()).hexdigest() == TEST_K5_SHA256


def test_the_test_srs_holds_powers_and_lagrange_values_of_its_secret(made: srs.Srs) -> None:
    data = made.path.read_bytes()
    powers = [srs._decode_point(data[4 + 64 * i : 68 + 64 * i]) for i in range(1 << K)]
    assert powers == [multiply(GENERATOR, pow(srs.TEST_SECRET, i, R)) for i in range(1 << K)]
    lagrange = srs.lagrange_points(made, 1 << K)
    root = pow(srs._ROOT, 1 << (srs._TWO_ADICITY - K), R)
    # The values of x^j on the roots of unity, weighted with the Lagrange points, give [s^j]G1.
    for power in range(3):
        values = [pow(root, i * power, R) for i in range(1 << K)]
        assert msm.weighted_sum(lagrange, values) == powers[power]


def test_names_and_warnings(made: srs.Srs) -> None:
    assert made.name == srs.TEST_NAME
    assert made.warning is not None and "for tests only" in made.warning and "perpetual powers of tau" in made.warning
    ceremony = srs.Srs(made.path, 20, srs.CEREMONY_NEG_S_G2, srs.srs_id(srs.CEREMONY_NEG_S_G2), "")
    assert srs.srs_name(ceremony.id) == srs.CEREMONY_NAME
    assert srs.Srs(made.path, 20, ceremony.neg_s_g2, ceremony.id, srs.CEREMONY_NAME).warning is None
    assert srs.srs_name(bytes(32)) == srs.UNKNOWN_NAME


def test_the_ceremony_words_are_a_point_of_g2() -> None:
    x1, x0, y1, y0 = (int.from_bytes(srs.CEREMONY_NEG_S_G2[i : i + 32], "big") for i in range(0, 128, 32))
    assert msm.is_on_curve_g2(((x0, x1), (y0, y1)))
    assert not msm.is_on_curve_g2(((x0, x1), (y0, (y1 + 1) % Q)))


def test_a_file_of_ezkl_reads_the_same_way(tmp_path: Path) -> None:
    ezkl = pytest.importorskip("ezkl")
    path = tmp_path / "k.srs"
    ezkl.gen_srs(str(path), K)
    loaded = srs.load_srs(path)
    assert (loaded.logrows, loaded.name) == (K, srs.UNKNOWN_NAME)
    assert msm.weighted_sum(srs.lagrange_points(loaded, 1 << K), [1] * (1 << K)) == GENERATOR


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:-1], "cut short"),
        (lambda data: data + b"\0", "cut short"),
        (lambda data: b"\x06" + data[1:], "cut short"),
        (lambda data: b"", "cut short"),
        (lambda data: data[:4] + b"\1" + data[5:], "no valid SRS"),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "no valid SRS"),
        (lambda data: data[:-256] + data[-128:] * 2, "no valid SRS"),
    ],
)
def test_damaged_files_are_refused(made: srs.Srs, tmp_path: Path, change: object, words: str) -> None:
    path = tmp_path / "damaged.srs"
    shutil.copy(made.path, path)
    assert srs.load_srs(path).id == made.id
    path.write_bytes(change(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ZkError, match=words):
        srs.load_srs(path)


def test_a_missing_file_and_a_wrong_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ZkError, match="cannot be read"):
        srs.load_srs(tmp_path / "none.srs")
    for logrows in (0, 21):
        with pytest.raises(ZkError, match="log rows"):
            srs.make_test_srs(logrows)
    with pytest.raises(ZkError, match="128 bytes"):
        srs.srs_id(b"short")


def test_a_damaged_cached_srs_is_made_again(made: srs.Srs) -> None:
    made.path.write_bytes(made.path.read_bytes()[:-9])
    assert hashlib.sha256(srs.make_test_srs(K).path.read_bytes()).hexdigest() == TEST_K5_SHA256


SCALARS = st.integers(1, R - 1) | st.integers(1, 300) | st.integers(R - 300, R - 1)


@settings(max_examples=10, deadline=None)
@given(st.lists(SCALARS, min_size=1, max_size=12))
def test_the_comb_agrees_with_double_and_add(scalars: list[int]) -> None:
    assert msm.fixed_base_multiples(scalars) == [multiply(GENERATOR, scalar) for scalar in scalars]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(-40, 40) | SCALARS), max_size=30))
def test_weighted_sums_agree_with_single_multiples(terms: list[tuple[int, int]]) -> None:
    points = [multiply(GENERATOR, multiple) for multiple, _ in terms]
    expected: Point = IDENTITY
    for point, (_, scalar) in zip(points, terms, strict=True):
        expected = add(expected, multiply(point, scalar))
    assert msm.weighted_sum(points, [scalar for _, scalar in terms]) == expected


@pytest.mark.parametrize("scalar", [0, R, -1])
def test_scalars_out_of_range_are_refused(scalar: int) -> None:
    with pytest.raises(ZkError, match="1 to the group order"):
        msm.fixed_base_multiples([scalar])
    with pytest.raises(ZkError, match="1 to the group order"):
        msm.multiply_g2(scalar)
