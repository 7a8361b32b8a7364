"""Stage figures come out of a profiled transaction's logs."""

from mai.chain.profile import LOG_COST, STAGES, stage_units


def test_differences_without_the_cost_of_logging() -> None:
    remaining = [1_000_000 - 5_000 * i for i in range(len(STAGES) + 1)]
    logs = [f"Program consumption: {units} units remaining" for units in remaining]
    assert stage_units(logs) == dict.fromkeys(STAGES, 5_000 - LOG_COST)


def test_no_profile_no_figures() -> None:
    assert stage_units(["Program X success"]) == {}
