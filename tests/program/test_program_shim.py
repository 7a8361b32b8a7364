"""The CPython stand-in for seahorse.prelude behaves as the compiled program does, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai import program
from mai.errors import MaiError
from mai.program import calibration, digests, events, loader, rewards
from mai.program.prelude import Array, CheckedInt, Clock, Pubkey, array, i64, int_bytes, size, u8, u16, u32, u64, u128
from program.chain import MAI

UNSIGNED = (u8, u16, u32, u64, u128)
small = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize("kind", UNSIGNED)
def test_overflow_is_an_error(kind: type[CheckedInt]) -> None:
    top = kind(kind.highest())
    assert top - 1 + 1 == top
    for overflow in (lambda: top + 1, lambda: kind(0) - 1, lambda: top * 2, lambda: 0 - kind(1)):
        with pytest.raises(OverflowError, match=kind.__name__):
            overflow()


@settings(deadline=None)
@given(left=small, right=small.filter(bool))
def test_division_truncates_and_the_remainder_fits(left: int, right: int) -> None:
    if (left, right) == (-(2**63), -1):
        with pytest.raises(OverflowError):
            i64(left) // i64(right)
        return
    quotient, remainder = i64(left) // i64(right), i64(left) % i64(right)
    assert quotient * right + remainder == left
    assert abs(remainder) < abs(right)
    assert remainder == 0 or (remainder < 0) == (left < 0)


def test_unsigned_integers_widen_and_nothing_else_mixes() -> None:
    assert type(u8(1) + u64(1)) is type(u64(1) * u8(1)) is u64
    assert type(u32(7) // 2) is u32
    with pytest.raises(TypeError, match="i64 does not combine with u64"):
        i64(1) + u64(1)
    with pytest.raises(TypeError, match="needs an integer"):
        u8(True)
    with pytest.raises(OverflowError):
        u8(1) + 256


def test_division_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        u64(1) // 0


def test_arrays_have_a_fixed_length_and_one_type() -> None:
    numbers = array(u16(1), 2, 3)
    assert [type(item) for item in numbers] == [u16] * 3
    assert numbers[-1] == 3
    with pytest.raises(TypeError, match="fixed"):
        numbers.append(u16(4))
    with pytest.raises(ValueError, match="given 3"):
        Array([1, 2, 3], 4)


def test_bytes_sizes_and_keys() -> None:
    assert bytes(int_bytes(u64(0x0102))) == bytes([2, 1, 0, 0, 0, 0, 0, 0])
    assert size("é") == 2
    with pytest.raises(ValueError, match="32 bytes"):
        Pubkey(b"short")
    address, bump = Pubkey.find_program_address(["config"])
    assert len(address) == 32
    assert type(bump) is u8
    assert Pubkey.program_id == bytes(MAI)


def test_what_exists_only_on_chain_says_so() -> None:
    with pytest.raises(TypeError, match="only on chain"):
        Clock()


def test_rules_enforce_their_annotations() -> None:
    assert type(rewards.uptime_bonus(9_000)) is u64
    with pytest.raises(OverflowError):
        rewards.uptime_bonus(2**16)
    with pytest.raises(TypeError, match="u64 is not u16"):
        rewards.uptime_bonus(u64(9_000))
    with pytest.raises(AssertionError, match=r"^UnknownDeviceClass: "):
        calibration.check_device_class(7)


def test_events_and_digests_run_here_too() -> None:
    event = events.TaskFunded(Pubkey(bytes(32)), 5, treasury=6)
    assert (type(event.fee), event.treasury) == (u64, 6)
    event.emit()
    with pytest.raises(TypeError, match="has the fields"):
        events.TaskFunded(1)
    assert bytes(digests.digest(1, 2, 3, 2**64 - 1))[24:] == b"\xff" * 8


def test_nothing_called_seahorse_is_left_behind() -> None:
    code = "import sys, mai.program; print([name for name in sys.modules if 'seahorse' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_module_may_import_its_neighbours_only(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("from seahorse.prelude import *\nX = u8(3)\n")
    assert loader.load(tmp_path, "test_rules")["good"].X == 3
    (tmp_path / "bad.py").write_text("import os\n")
    with pytest.raises(MaiError, match="imports os"):
        loader.load(tmp_path, "test_rules")


def test_every_refusal_has_one_name_and_a_sentence(tmp_path: Path) -> None:
    assert program.ERRORS["WorkAlreadySettled"] == "this work was paid before"
    (tmp_path / "rules.py").write_text("assert True, 'Twice: a'\n")
    assert loader.refusals(tmp_path) == {"Twice": "a"}
    for source in ("assert True, 'Twice: a'\nassert True, 'Twice: b'\n", "assert True, 'no name'\n", "assert True\n"):
        (tmp_path / "rules.py").write_text(source)
        with pytest.raises(MaiError, match="needs its own"):
            loader.refusals(tmp_path)
