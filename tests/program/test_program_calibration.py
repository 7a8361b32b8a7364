"""Calibration: what a device class may claim, and what work is plausible."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mai.program import calibration

CLASSES = range(7)
CAPS = ("gpu_cap", "cpu_cap", "ram_cap", "storage_cap", "network_cap")


@pytest.mark.parametrize("device_class", CLASSES)
def test_every_class_has_caps_trust_and_a_peak(device_class: int) -> None:
    calibration.check_device_class(device_class)
    for cap in CAPS:
        assert 0 <= getattr(calibration, cap)(device_class) <= 1_000_000
    assert calibration.peak_units(device_class) > 0
    assert calibration.trust(device_class, False) == 6_000


def test_only_nvtrust_hardware_gains_from_an_attestation() -> None:
    trust = [int(calibration.trust(device_class, True)) for device_class in CLASSES]
    assert trust == [6_000] * 4 + [10_000, 6_000, 10_000]


def test_a_thousand_tokens_in_a_tenth_of_a_second_are_not_a_cpus() -> None:
    billion_parameters = 1_000  # work units a token: millions of multiply-accumulates
    arguments = (1_000 * billion_parameters, 100, 0, 10**6, 10**6)
    assert calibration.plausibility(calibration.DEVICE_CPU, *arguments) == calibration.TOO_FAST
    assert calibration.plausibility(calibration.DEVICE_GPU_HIGH_END, *arguments) == calibration.PLAUSIBLE
    # The document's CPU miner: 15 tokens of a 7-billion-parameter model a second.
    assert calibration.plausibility(calibration.DEVICE_CPU, 15 * 7_000, 1_000, 0, 10**6, 10**6) == calibration.PLAUSIBLE


times = st.integers(0, 2**40)


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
    verdict = calibration.plausibility(device_class, units, active_ms, start_ms, now_ms, most_ms)
    fits = {
        calibration.LONGER_THAN_MODEL_ALLOWS: active_ms <= most_ms,
        calibration.LONGER_THAN_CHAIN_TIME: start_ms + active_ms <= now_ms + 2_000,
        calibration.TOO_FAST: units <= calibration.peak_units(device_class) * active_ms,
    }
    assert fits[verdict] is False if verdict else all(fits.values())


@settings(deadline=None)
@given(posted=times, busy=times)
def test_work_starts_when_both_the_task_and_the_miner_are_free(posted: int, busy: int) -> None:
    assert calibration.earliest_start(posted, busy) == max(posted, busy)
