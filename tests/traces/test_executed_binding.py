"""Integers bound to a commitment on chain: the point is EZKL's, whatever the integers, ranges and offsets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.chain.trace import Traces
from mai.errors import ProgramError
from mai_zk.circuits import commit
from mai_zk.curve import Point
from mai_zk.language.integers import Integers
from mai_zk.srs import make_test_srs
from mai_zk.sums import UNUSABLE_ROWS
from mai_zk.trace import executed
from traces.executed_world import LOGROWS, WIDTH, Bench, bases, integers
from traces.world import refused

LARGEST, SMALLEST = (1 << 31) - 1, -(1 << 31)
numbers = st.one_of(
    st.integers(SMALLEST, LARGEST),
    st.integers(-200, 200),
    st.sampled_from([0, 1, -1, LARGEST, SMALLEST, 127 * 257, 127 * 257 + 1, -128 * 257, -128 * 257 - 1]),
)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def expected(values: Integers, offset: int = 0) -> bytes:
    """The commitment as EZKL makes it, by plain Python integers."""
    column = [0] * offset + values.tolist()
    return commit(column, make_test_srs(LOGROWS), UNUSABLE_ROWS).to_bytes()


@given(st.lists(numbers, min_size=1, max_size=40), st.integers(0, 100), st.integers(2, 8))
@settings(max_examples=60, deadline=None)
def test_the_point_is_the_commitment(bench: Bench, values: list[int], offset: int, bits: int) -> None:
    found = integers(*values)
    assert bench.bind(found, offset=offset, bits=bits)[0] == expected(found, offset)


@pytest.mark.parametrize("bits", [6, 10, 15])
def test_the_client_chooses_the_cheapest_digits(bench: Bench, bits: int) -> None:
    """Normal integers, as activations are: few of them have a digit in the highest window."""
    found = np.rint(np.random.default_rng(bits).normal(0, 1 << (bits - 2), 192)).astype(np.int64)
    units = [bench.bind(found, bits=digit)[1] for digit in range(2, 9)]
    assert units[executed.digit_bits(found) - 2] <= 1.02 * min(units)


@pytest.mark.parametrize("bits", [2, 9, 13, 16])
@pytest.mark.parametrize("count", [24, 64, 192, WIDTH])
def test_whole_vectors_fit_one_transaction(bench: Bench, count: int, bits: int) -> None:
    """Integers of a proved shard are below 2^24; those that pass here need at most 14 bits (13 and a sign)."""
    found = np.random.default_rng(bits).integers(-(1 << (bits - 1)), 1 << (bits - 1), count)
    point, units = bench.bind(found)
    assert point == expected(found) and units < 1_000_000


def test_nothing_but_zeros_is_the_commitment_of_nothing(bench: Bench) -> None:
    assert bench.bind(integers(*[0] * 64))[0] == bases()[:64]


def test_a_point_and_its_negative_cancel(bench: Bench) -> None:
    """Equal bases with opposite weights meet in one bucket: the sum is the identity, and the result is still right."""
    found = integers(5, 5, 5, -5, -5, -5)
    twice = bases()[:64] + bases()[64:128] * 6
    base, account, opening = bench.begin(found, twice)
    bench.client.bind(account, opening, base, start=0, count=6, bits=4)
    assert bench.client.bound(account).point == bases()[:64]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_ranges_add_up(bench: Bench, ranges: list[int]) -> None:
    found = np.random.default_rng(sum(ranges)).integers(-(1 << 20), 1 << 20, sum(ranges))
    base, account, opening = bench.begin(found, offset=7)
    for index, count in enumerate(ranges):
        bench.client.bind(account, opening, base, start=0, count=count, bits=4)
        assert bench.client.bound(account).left == sum(ranges[index + 1 :])
    assert bench.client.bound(account).point == expected(found, 7)


def test_the_opening_may_hold_more(bench: Bench) -> None:
    found = integers(3, -4, 5)
    base, account, _ = bench.begin(found)
    opening = bench.opening(bytes(12) + executed.encoded(found) + bytes(8))
    bench.client.bind(account, opening, base, start=12, count=3, bits=4)
    assert bench.client.bound(account).point == expected(found)


FOUND = integers(*range(1, 11))
OTHER = integers(*range(1, 10), 11)


def bind(bench: Bench, **changes: object) -> str | None:
    """The refusal of binding all of FOUND, with some of it changed."""
    base, account, opening = bench.begin(FOUND)
    arguments: dict[str, object] = {"start": 0, "count": 10, "bits": 4, "bases": base, "opening": opening, **changes}
    return refused(lambda: bench.client.bind(account, **arguments))  # type: ignore[arg-type]


CASES: dict[str, tuple[str, Callable[[Bench], dict[str, object]]]] = {
    "other integers": ("ValuesMismatch", lambda b: {"opening": b.opening(executed.encoded(OTHER))}),
    "other bases": ("ValuesMismatch", lambda b: {"bases": b.constants(bases()[:1024])}),
    "another place": ("ValuesMismatch", lambda b: {"opening": b.opening(bytes(4) + executed.encoded(FOUND))}),
    "a short opening": ("OpeningLength", lambda b: {"opening": b.opening(executed.encoded(FOUND)[:-4])}),
    "a start beyond it": ("OpeningLength", lambda b: {"start": 41}),
    "a place between integers": (
        "OpeningLength",
        lambda b: {"opening": b.opening(bytes(2) + executed.encoded(FOUND)), "start": 2},
    ),
    "an incomplete opening": (
        "AccountIncomplete",
        lambda b: {"opening": b.opening(executed.encoded(FOUND), missing=1)},
    ),
    "more than there are": ("ValuesComplete", lambda b: {"count": 11}),
    "none": ("ValuesComplete", lambda b: {"count": 0}),
    "digits of a bit": ("BadArguments", lambda b: {"bits": 1}),
    "digits of nine bits": ("BadArguments", lambda b: {"bits": 9}),
    "bases that are not sealed": ("ConstantsNotSealed", lambda b: {"bases": b.constants(bases()[:2048], sealed=0)}),
    "bases that are a manifest": ("ConstantsNotSealed", lambda b: {"bases": b.constants(bases()[:4096], sealed=1)}),
    "an opening of another type": ("WrongAccountType", lambda b: {"opening": b.constants(bases()[:512])}),
}


@pytest.mark.parametrize("name", CASES)
def test_refusals(bench: Bench, name: str) -> None:
    error, changes = CASES[name]
    assert bind(bench, **changes(bench)) == error


def test_what_is_complete_takes_no_more(bench: Bench) -> None:
    base, account, opening = bench.begin(FOUND)
    bench.client.bind(account, opening, base, start=0, count=10, bits=4)
    again = refused(lambda: bench.client.bind(account, opening, base, start=0, count=1, bits=4))
    assert again == "ValuesComplete" and bench.client.bound(account).point == expected(FOUND)


def test_there_must_be_a_base_for_each(bench: Bench) -> None:
    base, account, opening = bench.begin(FOUND, bases()[: 64 * 10])
    assert refused(lambda: bench.client.bind(account, opening, base, start=0, count=10, bits=4)) == "ConstantsTooShort"
    bench.client.bind(account, opening, base, start=0, count=9, bits=4)


def test_bases_are_on_the_curve(bench: Bench) -> None:
    bad = bases()[:128] + Point(1, 1).to_bytes() + bases()[192:1024]
    base, account, opening = bench.begin(FOUND, bad)
    assert refused(lambda: bench.client.bind(account, opening, base, start=0, count=10, bits=4)) == "PointNotOnCurve"


def test_only_who_began_goes_on(bench: Bench) -> None:
    base, account, opening = bench.begin(FOUND)
    other = bench.new_client()
    assert refused(lambda: other.bind(account, opening, base, start=0, count=10, bits=4)) == "WrongAuthority"


@pytest.mark.parametrize(("count", "offset"), [(0, 0), ((1 << 16) + 1, 0), (1, 1 << 16)])
def test_sizes_are_bounded(bench: Bench, count: int, offset: int) -> None:
    assert refused(lambda: bench.begin(FOUND, offset=offset, count=count)) == "SizeOutOfRange"


def test_values_are_the_programs_own_and_close(bench: Bench) -> None:
    _, account, _ = bench.begin(FOUND)
    client = bench.client.verifier
    assert refused(lambda: client.write(account, 0, b"\1")) == "WrongAccountType"
    other = bench.new_client().verifier
    assert refused(lambda: other.close(account)) == "WrongAuthority"
    before, held = bench.chain.balance(client.payer.pubkey()), bench.chain.balance(account)
    assert held == bench.client.values_rent()
    client.close(account)
    assert bench.chain.account(account) is None
    assert bench.chain.balance(client.payer.pubkey()) == before + held - 5000


def test_constants_go_up_once_and_stay(bench: Bench) -> None:
    """With real uploads: created, written, sealed; neither changed nor closed, and no manifest."""
    body = bases()[: 64 * 40]
    uploaded = Traces(bench.client.verifier).upload_constants(body)
    assert Traces(bench.client.verifier).upload_constants(body).transactions == []
    client = bench.client.verifier
    assert refused(lambda: client.write(uploaded.address, 0, b"\1")) == "ManifestSealed"
    assert refused(lambda: client.close(uploaded.address)) == "ManifestSealed"
    accounts = {"authority": bench.client.payer.pubkey(), "manifest": uploaded.address}
    assert refused(lambda: bench.client._send("seal_manifest", accounts)) == "ManifestSealed"


def test_only_the_named_bytes_are_sealed(bench: Bench) -> None:
    body = bases()[: 64 * 20]
    address = bench.constants(body, sealed=0)
    account = bench.chain.account(address)
    assert account is not None
    accounts = {"authority": bench.client.payer.pubkey(), "constants": address}
    stranger = bench.new_client()
    theirs = {"authority": stranger.payer.pubkey(), "constants": address}
    assert refused(lambda: stranger._send("seal_constants", theirs)) == "WrongAuthority"
    bench.put(bytes(account.data[:-1]) + b"\0", address)
    assert refused(lambda: bench.client._send("seal_constants", accounts)) == "HashMismatch"
    bench.put(bytes(account.data[:-1]), address)
    assert refused(lambda: bench.client._send("seal_constants", accounts)) == "AccountIncomplete"
    bench.put(bytes(account.data), address)
    bench.client._send("seal_constants", accounts)


def test_a_name_is_taken_once(bench: Bench) -> None:
    base, _, _ = bench.begin(FOUND)
    nonce = next(bench.nonces)
    digest = executed.values_digest(FOUND)
    bench.client.create_values(nonce, digest, base, offset=0, count=10)
    with pytest.raises(ProgramError) as error:
        bench.client.create_values(nonce, digest, base, offset=0, count=10)
    assert error.value.name == "AccountExists"
