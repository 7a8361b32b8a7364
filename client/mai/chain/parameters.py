"""The network's parameters and calibration by name and unit: what a proposal's index and number mean to people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import CLASSES as DEVICE_CLASSES
from mai.chain.tasks import CLASSES as TASK_CLASSES
from mai.errors import MaiError
from mai.money import format_mai, parse_mai
from mai.program import MODULES

rules, calibration = MODULES["parameters"], MODULES["calibration"]
RISKS = ("low", "medium", "high")
_NUMBER = re.compile(r"[0-9]{1,20}|[0-9]{1,3}(?:,[0-9]{3}){1,6}")


class Unit(Enum):
    """How a parameter's number is written."""

    MAI = "MAI"
    SOL = "SOL"
    BPS = "bps"
    SECONDS = "s"
    RATE = "/ 100,000"
    NUMBER = ""


def _unit(name: str) -> Unit:
    if name.endswith("-bps") or name == "trusted-quality":
        return Unit.BPS
    if name.endswith("-s"):
        return Unit.SECONDS
    if name.endswith("-lamports"):
        return Unit.SOL
    if name == "rate-floor":
        return Unit.RATE
    amounts = ("epoch-cap", "verifier-stake", "appeal-bond")
    return Unit.MAI if name in amounts or name.endswith(("-slash", "-reward-limit")) else Unit.NUMBER


def _names() -> list[str]:
    """By index, in the words of the program's source: its constants count from 0 up."""
    found: list[str] = []
    for name, value in vars(rules).items():
        if not name.isupper() or value != len(found):
            continue
        if name == "CLASS_PARAMETERS":
            fields = {int(getattr(rules, field)): field for field in ("SAMPLING_BPS", "SLASH", "REWARD_LIMIT")}
            found += [
                f"{task}-{fields[at]}".lower().replace("_", "-") for task in TASK_CLASSES for at in sorted(fields)
            ]
        else:
            found.append(name.lower().replace("_", "-"))
    return found


@dataclass(frozen=True)
class Parameter:
    """One number that the DAO may move."""

    index: int
    name: str
    unit: Unit
    lowest: int
    highest: int
    default: int
    risk: str

    def number(self, value: int) -> str:
        """The number as :meth:`parse` takes it, exact."""
        return format_mai(value) if self.unit in (Unit.MAI, Unit.SOL) else f"{value:,}"

    def shown(self, value: int) -> str:
        """The number with its unit."""
        share = f" ({value / 100:g} %)" if self.unit is Unit.BPS else ""
        return f"{self.number(value)} {self.unit.value}{share}".rstrip()

    def parse(self, text: str) -> int:
        """The number that somebody typed in this parameter's unit: MAI and SOL as decimals, the others whole.

        Raises:
            MaiError: it is none.
        """
        if self.unit in (Unit.MAI, Unit.SOL):
            assert LAMPORTS_PER_SOL == 10**9  # both have nine decimals
            return parse_mai(text)
        if not _NUMBER.fullmatch(text):
            unit = f" ({self.unit.value})" if self.unit.value else ""
            raise MaiError(f"{text} is not a value of {self.name}: write a whole number{unit}")
        value = int(text.replace(",", ""))
        if value >= 2**64:
            raise MaiError(f"{text} does not fit: {self.name} is at most {self.shown(self.highest)}")
        return value


CALIBRATION_FIELDS = {
    "gpu-mhs": "MH/s",
    "cpu-mhz": "MHz",
    "ram-mhz": "MHz",
    "storage-gb": "GB",
    "network-mbps": "Mbps",
    "peak-units": "units/ms",
}


def _parameter(index: int, name: str) -> Parameter:
    return Parameter(
        index,
        name,
        _unit(name),
        int(rules.lowest_parameter(index)),
        int(rules.highest_parameter(index)),
        int(rules.default_parameter(index)),
        RISKS[int(rules.parameter_risk(index))],
    )


PARAMETERS = [_parameter(index, name) for index, name in enumerate(_names())]


def parameter(name: str) -> Parameter:
    """A parameter by its name.

    Raises:
        MaiError: there is none of this name.
    """
    found = next((item for item in PARAMETERS if item.name == name.lower().replace("_", "-")), None)
    if found is None:
        raise MaiError(f"there is no parameter {name}: `mai dao parameters` lists them")
    return found


@dataclass(frozen=True)
class Entry:
    """One number of the calibration: what a device class can plausibly do."""

    index: int
    device_class: str
    field: str

    @property
    def name(self) -> str:
        return f"{self.device_class} {self.field}"

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest that the DAO may set."""
        default = int(calibration.default_calibration(self.index))
        return default // int(calibration.CALIBRATION_RANGE), default * int(calibration.CALIBRATION_RANGE)

    def shown(self, value: int) -> str:
        return f"{value:,} {CALIBRATION_FIELDS[self.field]}"


ENTRIES = [
    Entry(number * len(CALIBRATION_FIELDS) + at, device_class, field)
    for device_class, number in DEVICE_CLASSES.items()
    for at, field in enumerate(CALIBRATION_FIELDS)
]


def entry(device_class: str, field: str) -> Entry:
    """An entry of the calibration.

    Raises:
        MaiError: there is no such class or field.
    """
    for item in ENTRIES:
        if (item.device_class, item.field) == (device_class, field):
            return item
    known = DEVICE_CLASSES if device_class not in DEVICE_CLASSES else CALIBRATION_FIELDS
    wrong = device_class if device_class not in DEVICE_CLASSES else field
    raise MaiError(f"the calibration has no {wrong}: choose from {', '.join(known)}")


@dataclass(frozen=True)
class Deterrence:
    """What a cheat can gain and lose at a task class, in base units times basis points: caught * (slash + limit)
    against saving * limit."""

    task_class: str
    expected_loss: int
    saving: int

    @property
    def holds(self) -> bool:
        return self.expected_loss >= self.saving


def deterrence(values: Sequence[int]) -> list[Deterrence]:
    """Whether cheating pays at each task class under these parameters: the two sides of the program's own rule."""
    found = []
    for name, number in TASK_CLASSES.items():
        sampling, slash, limit = (
            int(rules.of_class(values, number, getattr(rules, field)))
            for field in ("SAMPLING_BPS", "SLASH", "REWARD_LIMIT")
        )
        saving = int(values[int(rules.SAVING_BPS)]) * limit
        found.append(Deterrence(name, sampling * (slash + limit), saving))
    return found
