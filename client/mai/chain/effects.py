"""What a proposal of the DAO would change, for people to read before they vote: from what to what, and at what risk."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solders.pubkey import Pubkey

from mai.errors import MaiError
from mai.money import UNITS_PER_MAI, format_mai
from mai.program import calibration, governance, parameters, registry
from mai.program.names import DEVICE_CLASSES, NFT_TIERS, TASK_CLASSES

LAMPORTS_PER_SOL = 1_000_000_000
RISKS = {
    parameters.RISK_LOW: ("low", "comfort: how fast and how evenly tasks are done"),
    parameters.RISK_MEDIUM: ("medium", "money or participation: what it costs to take part, and who can"),
    parameters.RISK_HIGH: ("high", "minting, deterrence or the treasury: what a wrong value costs everybody"),
}
_FIELDS = ("SAMPLING_BPS", "SLASH", "REWARD_LIMIT")
_NOT_PARAMETERS = (*_FIELDS, "CLASS_PARAMETERS", "FULL_BPS")
_MAI = ("EPOCH_CAP", "VERIFIER_STAKE", "APPEAL_BOND", "SLASH", "REWARD_LIMIT")
# What a plain number counts, by the end of its name.
_COUNTS = {
    "RATE_FLOOR": "of 100,000",
    "TASKS": "tasks",
    "ELIGIBLE_TARGET": "miners",
    "SMOOTHING": "periods",
    "IN_FLIGHT_LIMIT": "works",
    "HOURS": "hours",
    "MHS": "MH/s",
    "MHZ": "MHz",
    "GB": "GB",
    "MBPS": "Mbps",
    "UNITS": "work units/ms",
}


@dataclass(frozen=True)
class Effect:
    """One change.

    Attributes:
        kind: parameter, calibration, model, treasury or collection.
        subject: what changes.
        unit: of old and new; empty where they are words or addresses.
        old, new: for people, exact.
        risk: low, medium or high.
        cost: what a wrong change of this risk can cost.
        terms: more to know about the subject, by name.
    """

    kind: str
    subject: str
    unit: str
    old: str
    new: str
    risk: str
    cost: str
    terms: dict[str, str]


def _constants(module: Any) -> dict[str, int]:
    return {name: int(value) for name, value in vars(module).items() if name.isupper() and isinstance(value, int)}


def _parameter_names() -> list[str]:
    constants = _constants(parameters)
    names = {
        at: name
        for name, at in constants.items()
        if name not in _NOT_PARAMETERS and not name.startswith(("TASK_", "RISK_"))
    }
    for task_class, word in TASK_CLASSES.items():
        for field in _FIELDS:
            at = constants["CLASS_PARAMETERS"] + len(_FIELDS) * task_class + constants[field]
            names[at] = f"{word}_{field}"
    return [names[at] for at in range(len(names))]


def _calibration_names() -> list[str]:
    constants = _constants(calibration)
    fields = [name for name in constants if name.startswith("CAP_") or name == "PEAK_UNITS"]
    return [
        f"{device.replace('-', '_')}.{field}"
        for _, device in sorted(DEVICE_CLASSES.items())
        for field in sorted(fields, key=constants.__getitem__)
    ]


PARAMETERS: tuple[str, ...] = tuple(name.lower() for name in _parameter_names())
"""Every parameter's name, in the order of the program."""
CALIBRATION_ENTRIES: tuple[str, ...] = tuple(name.lower() for name in _calibration_names())
"""Every calibration entry's name, device class first."""


def unit_of(name: str) -> str:
    """The unit in which people read a parameter or a calibration entry."""
    upper = name.upper()
    if upper.endswith(_MAI):
        return "MAI"
    if upper.endswith("_LAMPORTS"):
        return "SOL"
    if upper.endswith(("_BPS", "_QUALITY")) and not upper.endswith("_MBPS"):
        return "%"
    if upper.endswith("_S"):
        return "s"
    return next(unit for end, unit in _COUNTS.items() if upper.endswith(end))


def shown(value: int, unit: str) -> str:
    """A number of the chain in a unit of :func:`unit_of`, exact."""
    if unit in ("MAI", "SOL"):  # both have nine decimals
        return format_mai(value)
    if unit == "%":
        whole, rest = divmod(value, 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"{value:,}"


def read(text: str, unit: str) -> int:
    """The number of the chain that somebody wrote in a unit of :func:`unit_of`: the other way round.

    Raises:
        MaiError: it is no number, or finer than the unit has places.
    """
    scale: int = {"MAI": UNITS_PER_MAI, "SOL": LAMPORTS_PER_SOL, "%": 100}.get(unit, 1)
    match = re.fullmatch(r"([0-9][0-9,]*)(?:\.([0-9]+))?", text.strip())
    if match is None:
        raise MaiError(f"{text!r} is not a number of {unit}")
    places = len(str(scale)) - 1
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > places:
        raise MaiError(f"{text} {unit} is too fine: {unit} has {places} decimal places")
    return int(match[1].replace(",", "")) * scale + int(fraction.ljust(places, "0") or "0")


def effect(proposal: Any, model: Any = None) -> Effect:
    """The change that a decoded Proposal account stands for.

    Args:
        model: the decoded Model account at ``proposal.target``, of a proposal about a model; its terms are then shown.
    """
    makers: dict[int, Callable[[Any, Any], tuple[str, str, str, str, str, dict[str, str]]]] = {
        governance.PROPOSE_PARAMETER: _parameter,
        governance.PROPOSE_CALIBRATION: _calibration,
        governance.PROPOSE_MODEL: _model,
        governance.PROPOSE_TREASURY: _treasury,
        governance.PROPOSE_COLLECTION: _collection,
    }
    risk, cost = RISKS[proposal.risk]
    kind, subject, unit, old, new, terms = makers[proposal.kind](proposal, model)
    return Effect(kind, subject, unit, old, new, risk, cost, terms)


def _parameter(proposal: Any, _: Any) -> tuple[str, str, str, str, str, dict[str, str]]:
    name = PARAMETERS[proposal.index]
    unit = unit_of(name)
    ends = {
        "lowest": shown(int(parameters.lowest_parameter(proposal.index)), unit),
        "highest": shown(int(parameters.highest_parameter(proposal.index)), unit),
        "default": shown(int(parameters.default_parameter(proposal.index)), unit),
    }
    return "parameter", name, unit, shown(proposal.old_value, unit), shown(proposal.value, unit), ends


def _calibration(proposal: Any, _: Any) -> tuple[str, str, str, str, str, dict[str, str]]:
    name = CALIBRATION_ENTRIES[proposal.index]
    unit = unit_of(name)
    default = int(calibration.default_calibration(proposal.index))
    device, field = name.split(".")
    terms = {"device class": device, "field": field, "default": shown(default, unit)}
    return "calibration", name, unit, shown(proposal.old_value, unit), shown(proposal.value, unit), terms


def _model(proposal: Any, model: Any) -> tuple[str, str, str, str, str, dict[str, str]]:
    words = ("not admitted", "admitted")
    terms = {}
    if model is not None:
        terms = {
            "key or manifest": bytes(model.key_hash).hex(),
            "weights": bytes(model.params).hex(),
            "proof": "trace" if model.proof == registry.PROOF_TRACE else "whole",
            "detection": f"{shown(model.detection_bps, '%')} %",
            "segments": f"{model.segments:,}",
            "work units": f"{model.work_units:,} a segment and token",
            "most time": f"{model.max_active_ms:,} ms a segment and token",
            "most tokens": f"{model.max_tokens:,}",
            "positions": f"{model.positions:,}",
            "GPU memory": f"{model.vram_mb:,} MB",
        }
    return "model", str(proposal.target), "", words[proposal.old_value], words[proposal.value], terms


def _treasury(proposal: Any, _: Any) -> tuple[str, str, str, str, str, dict[str, str]]:
    terms = {"recipient": str(proposal.target), "amount": f"{format_mai(proposal.value)} MAI"}
    return "treasury", f"payment to {proposal.target}", "MAI", "0", format_mai(proposal.value), terms


def _collection(proposal: Any, _: Any) -> tuple[str, str, str, str, str, dict[str, str]]:
    def name(key: Pubkey) -> str:
        return "none" if key == Pubkey.default() else str(key)

    subject = f"{NFT_TIERS[proposal.index].capitalize()} NFTs"
    return "collection", subject, "", name(proposal.old_target), name(proposal.target), {}
