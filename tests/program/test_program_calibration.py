"""Calibration: what a device class may claim, and what work is plausible."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import calibration
from program.network import CALIBRATION, ready

CLASSES = range(7)
ENTRIES = [int(calibration.default_calibration(entry)) for entry in range(42)]
times = st.integers(0, 2**40)


def peak(device_class: int) -> int:
    return ENTRIES[6 * device_class + 5]


def test_the_account_begins_with_the_defaults() -> None:
    assert ready().chain.read("Calibration", CALIBRATION)["entries"] == ENTRIES


@pytest.mark.parametrize("device_class", CLASSES)
def test_every_class_has_caps_trust_and_a_peak(device_class: int) -> None:
    calibration.check_device_class(device_class)
    entries = calibration.default_calibration  # the rule that fills the account
    for field in range(5):
        cap = entries(6 * device_class + field)
        assert 0 <= cap <= 1_000_000
        for declared in (0, cap, 1_000_000):
            assert calibration.counted(typed(ENTRIES), device_class, field, int(declared)) == min(declared, cap)
    assert calibration.peak_units(typed(ENTRIES), device_class) == peak(device_class) > 0
    assert calibration.trust(device_class, False) == 6_000


def typed(entries: list[int]) -> object:
    return calibration.array(calibration.u64(entries[0]), *entries[1:])


def test_only_nvtrust_hardware_gains_from_an_attestation() -> None:
    trust = [int(calibration.trust(device_class, True)) for device_class in CLASSES]
    assert trust == [6_000] * 4 + [10_000, 6_000, 10_000]


@given(entry=st.integers(0, 41), value=st.integers(0, 2**63))
def test_an_entry_moves_by_a_factor_of_ten_at_most(entry: int, value: int) -> None:
    default = ENTRIES[entry]
    if default // 10 <= value <= 10 * default:
        calibration.check_calibration(entry, value)
        return
    name = "CalibrationTooLow" if value < default // 10 else "CalibrationTooHigh"
    with pytest.raises(AssertionError, match=f"^{name}: "):
        calibration.check_calibration(entry, value)


def test_there_is_no_entry_43() -> None:
    with pytest.raises(AssertionError, match=r"^UnknownCalibration: "):
        calibration.check_calibration(42, 1)


def test_a_thousand_tokens_in_a_tenth_of_a_second_are_not_a_cpus() -> None:
    billion_parameters = 1_000  # work units a token: millions of multiply-accumulates
    arguments = (1_000 * billion_parameters, 100, 0, 10**6, 10**6)
    cpu, gpu = peak(calibration.DEVICE_CPU), peak(calibration.DEVICE_GPU_HIGH_END)
    assert calibration.plausibility(cpu, *arguments) == calibration.TOO_FAST
    assert calibration.plausibility(gpu, *arguments) == calibration.PLAUSIBLE
    # The document's CPU miner: 15 tokens of a 7-billion-parameter model a second.
    assert calibration.plausibility(cpu, 15 * 7_000, 1_000, 0, 10**6, 10**6) == calibration.PLAUSIBLE


@settings(deadline=None)
@given(
    device_class=st.integers(0, 6),
    units=st.integers(0, 2**60),
    active_ms=st.integers(1, 2_592_000_000),
    start_ms=times,
    now_ms=times,
    most_ms=st.integers(1, 2_592_000_000),
)
def test_plausible_work_fits_the_model_the_clock_and_the_device(
    *, device_class: int, units: int, active_ms: int, start_ms: int, now_ms: int, most_ms: int
) -> None:
    verdict = calibration.plausibility(peak(device_class), units, active_ms, start_ms, now_ms, most_ms)
    fits = {
        calibration.LONGER_THAN_MODEL_ALLOWS: active_ms <= most_ms,
        calibration.LONGER_THAN_CHAIN_TIME: start_ms + active_ms <= now_ms + 2_000,
        calibration.TOO_FAST: units <= peak(device_class) * active_ms,
    }
    assert fits[verdict] is False if verdict else all(fits.values())


@settings(deadline=None)
@given(posted=times, busy=times)
def test_work_starts_when_both_the_task_and_the_miner_are_free(posted: int, busy: int) -> None:
    assert calibration.earliest_start(posted, busy) == max(posted, busy)
