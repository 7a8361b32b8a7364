"""What Rust's std can do on the Solana VM, compiled by programs/build: 17 checks, and arithmetic against Python.

About 5 s from a warm build cache; the first build of the crate takes some minutes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai_build import std_check
from mai_build.errors import BuildError
from mai_build.tools import DebianTools
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata, SimulatedTransactionInfo

PREFIX = "Program log: "
WORD, WIDE = 1 << 64, 1 << 128


@dataclass
class StdCheck:
    """The deployed crate; calls are simulated, so they cost no slot and no fee."""

    svm: LiteSVM
    program: Pubkey
    payer: Keypair

    def call(self, data: bytes) -> SimulatedTransactionInfo | FailedTransactionMetadata:
        """Simulate one instruction with `data`."""
        message = Message([Instruction(self.program, data, [])], self.payer.pubkey())
        return self.svm.simulate_transaction(Transaction([self.payer], message, self.svm.latest_blockhash()))

    def arithmetic(self, operation: int, a: int, b: int) -> int | None:
        """The result of one operation as 16 bytes unsigned, or None for no result."""
        done = self.call(
            bytes([200, operation, *(a % WIDE).to_bytes(16, "little"), *(b % WIDE).to_bytes(16, "little")])
        )
        assert isinstance(done, SimulatedTransactionInfo), done.err()
        data: bytes = done.meta().return_data().data  # type: ignore[attr-defined]  # missing in the stubs
        answer = data.ljust(17, b"\0")  # the VM drops trailing zeros
        return int.from_bytes(answer[1:], "little") if answer[0] else None


@pytest.fixture(scope="module")
def shared_object() -> Path:
    try:
        DebianTools().require()
    except BuildError as missing:
        pytest.skip(str(missing))
    return std_check.build()


@pytest.fixture(scope="module")
def crate(shared_object: Path) -> StdCheck:
    svm, program, payer = LiteSVM(), Pubkey.new_unique(), Keypair()
    svm.add_program_from_file(program, shared_object)
    svm.airdrop(payer.pubkey(), 10**9)
    return StdCheck(svm, program, payer)


def logs(done: SimulatedTransactionInfo | FailedTransactionMetadata) -> list[str]:
    """What the program itself logged."""
    return [line.removeprefix(PREFIX) for line in done.meta().logs() if line.startswith(PREFIX)]


@pytest.mark.parametrize(
    ("check", "n", "expected"),
    [
        pytest.param(0, 0, ["hello"], id="00-log"),
        pytest.param(1, 9, ["n = 9"], id="01-format-integer"),
        pytest.param(2, 5, ["square 5", "named 10"], id="02-dynamic-calls"),
        pytest.param(3, 5, ["Some(9)"], id="03-hash-map"),
        pytest.param(4, 7, ["1 25"], id="04-six-arguments"),
        pytest.param(5, 9, [str(9 * (WORD - 1) // 7)], id="05-u128"),
        pytest.param(6, 10, ["15", "more than ten"], id="06-f64"),
        pytest.param(11, 2, ["abc"], id="11-grown-string"),
        pytest.param(12, 6, ["0x0, 0x1, 0x2, 0x3, 0x6"], id="12-pushed-vector"),
        pytest.param(13, 41, ["41 42"], id="13-write-into-string"),
        pytest.param(14, 11, ["0xb, 0x0, 0x0, 0x0, 0x0"], id="14-trait-object-first"),
        pytest.param(14, 4, ["0x8, 0x0, 0x0, 0x0, 0x0"], id="14-trait-object-second"),
        pytest.param(15, 7, ["0x1, 0x19, 0x0, 0x0, 0x0"], id="15-returned-pair"),
        pytest.param(16, 2, ["abc"], id="16-string-past-capacity"),
    ],
)
def test_check_logs(crate: StdCheck, check: int, n: int, expected: list[str]) -> None:
    done = crate.call(bytes([check, n]))
    assert isinstance(done, SimulatedTransactionInfo), done.err()
    assert logs(done) == expected


@pytest.mark.parametrize(
    ("check", "n", "text"),
    [
        pytest.param(7, 3, "boom 3", id="07-panic"),
        pytest.param(8, 9, "index out of bounds: the len is 2 but the index is 9", id="08-index"),
        pytest.param(9, 0, "called `Result::unwrap()` on an `Err` value: Custom(5)", id="09-unwrap"),
    ],
)
def test_panic_logs_its_text_and_stops(crate: StdCheck, check: int, n: int, text: str) -> None:
    done = crate.call(bytes([check, n]))
    assert isinstance(done, FailedTransactionMetadata)
    assert logs(done) == [text]
    assert any("panicked" in line.lower() for line in done.meta().logs())


def test_check_10_returns_a_custom_error(crate: StdCheck) -> None:
    done = crate.call(bytes([10, 0]))
    assert isinstance(done, FailedTransactionMetadata)
    assert "Custom(77)" in str(done.err())


def signed(value: int, bits: int) -> int:
    value %= 1 << bits
    return value - (1 << bits) if value >> (bits - 1) else value


def fitting(value: int, bits: int, *, is_signed: bool) -> int | None:
    """`value` as 16 bytes unsigned when it fits the type, else None."""
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if is_signed else (0, 1 << bits)
    return value % WIDE if low <= value < high else None


def truncated(a: int, b: int) -> tuple[int, int]:
    """Rust's quotient and remainder, which round towards zero."""
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient, a - quotient * b


powers = (0, 31, 32, 63, 64, 127, 128)
edges = st.sampled_from([edge % WIDE for p in powers for edge in ((1 << p) - 1, 1 << p, (1 << p) + 1, -(1 << p))])
small = st.integers(0, 1 << 70)
operands = st.one_of(st.integers(0, WIDE - 1), edges, small)
arithmetic_settings = settings(max_examples=150, deadline=None)


@arithmetic_settings
@given(a=operands, b=operands)
def test_unsigned_128(crate: StdCheck, a: int, b: int) -> None:
    shift = b % 128
    assert crate.arithmetic(0, a, b) == fitting(a * b, 128, is_signed=False)
    assert crate.arithmetic(1, a, b) == (a // b if b else None)
    assert crate.arithmetic(2, a, b) == (a % b if b else None)
    assert crate.arithmetic(3, a, b) == a * b % WIDE
    assert crate.arithmetic(4, a, b) == (a << shift) % WIDE
    assert crate.arithmetic(5, a, b) == a >> shift
    assert crate.arithmetic(6, a, b) == fitting(a + b, 128, is_signed=False)
    assert crate.arithmetic(7, a, b) == fitting(a - b, 128, is_signed=False)


@arithmetic_settings
@given(a=operands, b=operands)
def test_signed_128(crate: StdCheck, a: int, b: int) -> None:
    x, y = signed(a, 128), signed(b, 128)
    assert crate.arithmetic(10, a, b) == fitting(x * y, 128, is_signed=True)
    assert crate.arithmetic(13, a, b) == (x >> (b % 128)) % WIDE
    overflows = y == 0 or (y == -1 and x == -(WIDE // 2))
    assert crate.arithmetic(11, a, b) == (None if overflows else truncated(x, y)[0] % WIDE)
    assert crate.arithmetic(12, a, b) == (None if overflows else truncated(x, y)[1] % WIDE)


@arithmetic_settings
@given(a=operands, b=operands)
def test_words(crate: StdCheck, a: int, b: int) -> None:
    x, y = signed(a, 64), signed(b, 64)
    assert crate.arithmetic(20, a, b) == fitting(x * y, 64, is_signed=True)
    assert crate.arithmetic(23, a, b) == fitting((a % WORD) * (b % WORD), 64, is_signed=False)
    overflows = y == 0 or (y == -1 and x == -(WORD // 2))
    assert crate.arithmetic(21, a, b) == (None if overflows else truncated(x, y)[0] % WIDE)
    assert crate.arithmetic(22, a, b) == (None if overflows else truncated(x, y)[1] % WIDE)


@arithmetic_settings
@given(a=operands, b=operands)
def test_sums_of_words(crate: StdCheck, a: int, b: int) -> None:
    x, y, short = signed(a, 64), signed(b, 64), 1 << 16
    assert crate.arithmetic(24, a, b) == fitting(x + y, 64, is_signed=True)
    assert crate.arithmetic(25, a, b) == fitting(x - y, 64, is_signed=True)
    assert crate.arithmetic(26, a, b) == fitting(a % WORD + b % WORD, 64, is_signed=False)
    assert crate.arithmetic(27, a, b) == fitting(a % WORD - b % WORD, 64, is_signed=False)
    assert crate.arithmetic(28, a, b) == fitting(x - 7, 64, is_signed=True)
    assert crate.arithmetic(29, a, b) == fitting(x - 7, 64, is_signed=True)
    assert crate.arithmetic(40, a, b) == fitting(a % WORD + 7, 64, is_signed=False)
    assert crate.arithmetic(41, a, b) == fitting(a % short + b % short, 16, is_signed=False)
    assert crate.arithmetic(42, a, b) == fitting(signed(a, 16) - signed(b, 16), 16, is_signed=True)


def bits_of(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


normal = st.floats(min_value=1e-100, max_value=1e100) | st.floats(min_value=-1e100, max_value=-1e-100)


@arithmetic_settings
@given(x=normal, y=normal)
def test_floats(crate: StdCheck, x: float, y: float) -> None:
    a, b = bits_of(x), bits_of(y)
    assert crate.arithmetic(30, a, b) == bits_of(x + y)
    assert crate.arithmetic(31, a, b) == bits_of(x * y)
    assert crate.arithmetic(32, a, b) == bits_of(x / y)
    assert crate.arithmetic(33, a, b) == int(x < y)
    assert crate.arithmetic(34, a, b) == min(max(int(x), 0), WORD - 1)


@arithmetic_settings
@given(a=operands)
def test_float_of_word(crate: StdCheck, a: int) -> None:
    assert crate.arithmetic(35, a, 0) == bits_of(float(a % WORD))
