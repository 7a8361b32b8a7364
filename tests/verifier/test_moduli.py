"""The six random primes: divisors that do not prove them are refused, and the list of pseudoprimes is what it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
from mai_zk import moduli as client
from solders.pubkey import Pubkey
from verifier.chain import ROOT, Chain, keccak
from verifier.circuit import Circuit
from verifier.payloads import candidates, divisors, factor, moduli, small_primes

LOWEST, HIGHEST = 1 << 30, 1 << 31
SOURCE = ROOT / "programs" / "verifier" / "src" / "residue" / "moduli.rs"


@pytest.fixture(scope="module")
def shared() -> Chain:
    return Chain()


@pytest.fixture(scope="module")
def key(shared: Chain, linear4: Circuit) -> Pubkey:
    address = shared.sealed_key(linear4.blob)
    assert shared.check(address, linear4.payload).refused is None
    return address


# -- drawing


@pytest.mark.parametrize("number", range(20))
def test_client_and_model_draw_the_same(number: int) -> None:
    seed = keccak(bytes([number]))
    drawn = client.primes(seed)
    assert list(drawn) == moduli(seed)
    assert list(client.divisors(seed)) == divisors(seed)
    assert all(LOWEST < prime < HIGHEST for prime in drawn)


# -- divisors


def test_every_wrong_divisor(shared: Chain, linear4: Circuit, key: Pubkey) -> None:
    """One, a number that does not divide, and zero for each composite; anything at all for each prime."""
    pieces = linear4.pieces
    drawn = list(zip(candidates(pieces.moduli_seed), pieces.divisors, strict=False))
    assert sum(divisor == 0 for _, divisor in drawn) == 6
    for index, (candidate, divisor) in enumerate(drawn):
        wrong = [1, 2, 0xFFFF, divisor + 2, 0] if divisor else [1, 2, 3, 0xFFFF, 46_337]
        for value in wrong:
            if value > 1 and candidate % value == 0:
                continue
            changed = pieces.but(divisors=[*pieces.divisors[:index], value, *pieces.divisors[index + 1 :]])
            assert shared.check(key, changed.body()).refused == "ModulusWrong", (candidate, value)


LISTS: list[tuple[str, str, Callable[[list[int]], list[int]]]] = [
    ("none", "ModulusWrong", lambda d: []),
    ("all zero", "ModulusWrong", lambda d: [0] * len(d)),
    ("one too few", "ModulusWrong", lambda d: d[:-1]),
    ("one too many, prime", "ModulusWrong", lambda d: [*d, 0]),
    ("one too many, composite", "ModulusWrong", lambda d: [*d, 3]),
    ("first left out", "ModulusWrong", lambda d: d[1:]),
    ("reversed", "ModulusWrong", lambda d: d[::-1]),
    ("512, the last ones not used", "ModulusWrong", lambda d: [*d, *[3] * (512 - len(d))]),
    ("513", "BadPayloadCounts", lambda d: [*d, *[3] * (513 - len(d))]),
]


@pytest.mark.parametrize(("case", "refused", "change"), LISTS, ids=[case for case, _, _ in LISTS])
def test_lists_of_another_shape(
    shared: Chain, linear4: Circuit, key: Pubkey, case: str, refused: str, change: Callable[[list[int]], list[int]]
) -> None:
    changed = linear4.pieces.but(divisors=change(linear4.pieces.divisors))
    assert shared.check(key, changed.body()).refused == refused


def test_any_divisor_of_a_composite_will_do(shared: Chain, linear4: Circuit, key: Pubkey) -> None:
    """Divisors are no choice: which primes are taken does not depend on them."""
    pieces = linear4.pieces

    def largest(candidate: int) -> int:
        return max(d for d in range(2, 1 << 16) if candidate % d == 0)

    others = [d and largest(c) for c, d in zip(candidates(pieces.moduli_seed), pieces.divisors, strict=False)]
    assert others != pieces.divisors
    assert shared.check(key, pieces.but(divisors=others).body()).refused is None


def test_other_seeds_other_divisors(shared: Chain, linear4: Circuit, key: Pubkey) -> None:
    """The divisors of a payload are of no use to another one."""
    other = linear4.pieces.but(divisors=divisors(keccak(linear4.pieces.moduli_seed)))
    assert shared.check(key, other.body()).refused == "ModulusWrong"


# -- primality


def listed() -> list[int]:
    """The program's list."""
    text = SOURCE.read_text().split("PSEUDOPRIMES: [u32; 18] = [")[1].split("]")[0]
    return [int(number) for number in text.replace("_", "").replace("\n", " ").split(",") if number.strip()]


def strong(candidate: int, base: int) -> bool:
    """A strong probable prime to the base."""
    twos = (candidate - 1 & 1 - candidate).bit_length() - 1
    power = pow(base, (candidate - 1) >> twos, candidate)
    if power in (1, candidate - 1):
        return True
    return any((power := power * power % candidate) == candidate - 1 for _ in range(twos - 1))


def passes(candidate: int) -> bool:
    return strong(candidate, 2) and strong(candidate, 3)


def test_the_list_is_of_composites_that_pass() -> None:
    found = listed()
    assert len(found) == len(set(found)) == 18
    assert found == sorted(found)
    for candidate in found:
        assert LOWEST < candidate < HIGHEST
        assert factor(candidate)
        assert passes(candidate)


def products() -> Iterator[int]:
    """(k + 1)(mk + 1) of two primes: the form of nearly all strong pseudoprimes."""
    primes = set(small_primes())
    for k in range(2, 46_341, 2):
        for m in range(2, 14):
            number = (k + 1) * (m * k + 1)
            if LOWEST < number < HIGHEST and k + 1 in primes and not factor(m * k + 1):
                yield number


def test_a_search_finds_no_others() -> None:
    """A seeded sample of all odd numbers, and every number of the form that pseudoprimes have."""
    rng = random.Random(7)
    sample = (rng.randrange(LOWEST + 1, HIGHEST, 2) for _ in range(20_000))
    assert [n for n in sample if passes(n) and factor(n) and n not in listed()] == []
    found = {n for n in products() if passes(n)}
    assert len(found) >= 10
    assert found <= set(listed())
