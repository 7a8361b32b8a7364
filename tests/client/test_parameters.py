"""What a proposal's numbers mean: names, units and bounds are the program's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.chain.parameters import ENTRIES, PARAMETERS, Unit, deterrence, entry, parameter
from mai.errors import MaiError
from mai.program import MODULES

rules, calibration = MODULES["parameters"], MODULES["calibration"]
PLAIN = ["EPOCH_CAP", "APPEAL_BOND", "LARGE_TIMEOUT_S", "SAVING_BPS", "TREASURY_SPEND_BPS", "MISSED_HOURS"]


def test_every_parameter_has_its_own_name_and_a_default_within_its_bounds() -> None:
    assert [item.index for item in PARAMETERS] == list(range(32))
    assert len({item.name for item in PARAMETERS}) == 32
    assert all(item.lowest <= item.default <= item.highest for item in PARAMETERS)


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_is_the_constant_of_the_source(name: str) -> None:
    assert parameter(name).index == parameter(name.lower().replace("_", "-")).index == getattr(rules, name)


def test_the_names_of_class_parameters_follow_the_programs_layout() -> None:
    values = list(range(100, 132))
    for task, number in (("routine", 0), ("standard", 1), ("critical", 2)):
        for field in ("SAMPLING_BPS", "SLASH", "REWARD_LIMIT"):
            name = f"{task}-{field}".lower().replace("_", "-")
            assert values[parameter(name).index] == rules.of_class(values, number, getattr(rules, field))


def test_units_read_as_their_names_say() -> None:
    assert parameter("bond-lamports").shown(50_000_000) == "0.05 SOL"
    assert parameter("verifier-stake").shown(100_000 * 10**9) == "100,000 MAI"
    assert parameter("routine-sampling-bps").shown(525) == "525 bps (5.25 %)"
    assert parameter("grace-s").shown(3_600) == "3,600 s"
    assert parameter("smoothing").shown(144) == "144"


@given(st.sampled_from(PARAMETERS), st.integers(1, 2**64 - 1))
def test_what_is_shown_can_be_typed(item: object, value: int) -> None:
    assert item.parse(item.number(value)) == value  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["-1", "1.5", "1e3", "", "99999999999999999999", "١"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    for item in PARAMETERS:
        if item.unit not in (Unit.MAI, Unit.SOL):
            with pytest.raises(MaiError):
                item.parse(text)


def test_entries_are_the_calibrations_own() -> None:
    assert [item.index for item in ENTRIES] == list(range(42))
    found = entry("gpu-high-end", "peak-units")
    assert calibration.default_calibration(found.index) == calibration.peak_units(
        [calibration.default_calibration(at) for at in range(42)], calibration.DEVICE_GPU_HIGH_END
    )
    low, high = found.bounds
    calibration.check_calibration(found.index, low)
    calibration.check_calibration(found.index, high)
    for outside in (low - 1, high + 1):
        with pytest.raises(AssertionError):
            calibration.check_calibration(found.index, outside)


@pytest.mark.parametrize("names", [("toaster", "cpu-mhz"), ("cpu", "colour")])
def test_an_unknown_entry_names_the_choices(names: tuple[str, str]) -> None:
    with pytest.raises(MaiError, match="choose from"):
        entry(*names)


@given(st.integers(100, 10_000), st.integers(0, 10**16), st.integers(1, 10**15), st.integers(1_000, 10_000))
def test_deterrence_is_the_programs_own_rule(sampling: int, slash: int, limit: int, saving: int) -> None:
    values = [item.default for item in PARAMETERS]
    for name, value in (("sampling-bps", sampling), ("slash", slash), ("reward-limit", limit)):
        values[parameter(f"routine-{name}").index] = value
    values[parameter("saving-bps").index] = saving
    assert deterrence(values)[0].holds == rules.deters(sampling, slash, limit, saving)
