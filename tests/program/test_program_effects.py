"""What the client says a proposal changes is what the program would change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from mai.chain import effects
from mai.errors import MaiError
from mai.program import calibration, parameters
from program.dao import CALIBRATE, COLLECTION, MODEL, NOBODY, PARAMETER, TREASURY, UNIT, Dao, advanced
from solders.pubkey import Pubkey


def decoded(kind: int, risk: int = 0, **fields: Any) -> SimpleNamespace:
    zero = {"index": 0, "target": NOBODY, "old_target": NOBODY, "value": 0, "old_value": 0}
    return SimpleNamespace(**{**zero, "kind": kind, "risk": risk, **fields})


@pytest.mark.parametrize(
    ("name", "index", "value", "unit", "text"),
    [
        ("epoch_cap", 0, 500_000_000_000_000_001, "MAI", "500,000,000.000000001"),
        ("rate_floor", 1, 50_000, "of 100,000", "50,000"),
        ("bond_lamports", 3, 50_000_000, "SOL", "0.05"),
        ("grace_s", 7, 3_600, "s", "3,600"),
        ("routine_slash", 18, 25_000 * UNIT, "MAI", "25,000"),
        ("standard_sampling_bps", 20, 2_001, "%", "20.01"),
        ("critical_reward_limit", 25, 1, "MAI", "0.000000001"),
        ("saving_bps", 26, 10_000, "%", "100"),
        ("missed_hours", 31, 6, "hours", "6"),
    ],
)
def test_parameters_are_named_as_in_the_program(name: str, index: int, value: int, unit: str, text: str) -> None:
    assert effects.PARAMETERS.index(name) == index
    found = effects.effect(decoded(PARAMETER, index=index, value=value, old_value=0))
    assert (found.kind, found.subject, found.unit, found.old, found.new) == ("parameter", name, unit, "0", text)
    assert found.terms["highest"] == effects.shown(int(parameters.highest_parameter(index)), unit)


def test_every_name_is_there_once_and_has_a_unit() -> None:
    assert len(set(effects.PARAMETERS)) == len(effects.PARAMETERS) == 32
    assert len(set(effects.CALIBRATION_ENTRIES)) == len(effects.CALIBRATION_ENTRIES) == 42
    for name in (*effects.PARAMETERS, *effects.CALIBRATION_ENTRIES):
        assert effects.unit_of(name)
    for at, name in ((parameters.BURN_BPS, "burn_bps"), (parameters.TREASURY_SPEND_BPS, "treasury_spend_bps")):
        assert effects.PARAMETERS[at] == name
    entry = calibration.DEVICE_CPU * calibration.CALIBRATION_FIELDS + calibration.PEAK_UNITS
    assert effects.CALIBRATION_ENTRIES[entry] == "cpu.peak_units"


@pytest.mark.parametrize("name", [*effects.PARAMETERS, *effects.CALIBRATION_ENTRIES])
def test_what_is_shown_reads_back_exactly(name: str) -> None:
    unit = effects.unit_of(name)
    for value in (0, 1, 99, 100, 12_345, 10**9, 10**18 + 1):
        assert effects.read(effects.shown(value, unit), unit) == value


@pytest.mark.parametrize(
    ("text", "unit"), [("1.0000000001", "MAI"), ("x", "%"), ("-1", "s"), ("1.5", "s"), ("", "MAI")]
)
def test_what_is_no_amount_is_refused(text: str, unit: str) -> None:
    with pytest.raises(MaiError):
        effects.read(text, unit)
    assert effects.read("1.000000001", "MAI") == UNIT + 1


def test_a_proposal_on_chain_reads_as_what_it_does() -> None:
    dao = Dao()
    whale = advanced(dao)
    model, recipient, fresh = dao.put_model(approved=False), Pubkey.new_unique(), Pubkey.new_unique()
    terms = SimpleNamespace(**dao.chain.read("Model", model))

    def shown(kind: int, **changes: Any) -> effects.Effect:
        proposal = dao.chain.read("Proposal", dao.proposed(whale, kind, **changes))
        return effects.effect(SimpleNamespace(**proposal), terms if kind == MODEL else None)

    found = shown(PARAMETER, index=parameters.TIMEOUT_S, value=90)
    assert (found.subject, found.old, found.new, found.risk) == ("timeout_s", "60", "90", "low")
    found = shown(CALIBRATE, index=18, value=300)
    assert (found.subject, found.old, found.new) == ("gpu_high_end.cap_gpu_mhs", "200", "300")
    assert (found.risk, found.terms["device class"]) == ("medium", "gpu_high_end")
    found = shown(MODEL, target=model, value=1)
    assert (found.subject, found.old, found.new) == (str(model), "not admitted", "admitted")
    assert (found.risk, found.terms["segments"], found.terms["proof"]) == ("high", "3", "whole")
    found = shown(TREASURY, target=recipient, value=1_500_000_001)
    assert (found.new, found.unit, found.terms["recipient"]) == ("1.500000001", "MAI", str(recipient))
    found = shown(COLLECTION, index=3, target=fresh)
    assert (found.subject, found.old, found.new) == ("Gold NFTs", str(dao.collections[3]), str(fresh))
    assert shown(COLLECTION, index=3, target=NOBODY).new == "none"
