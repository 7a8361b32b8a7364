"""What one machine earns a day, by what it declares of itself and how much time it claims.

Tasks come in proportion to declared power, a work is paid for at most the time that counts, and the machine must do
what it wins in its own time. Nothing here is caught by a proof: the work is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mai.program import calibration, parameters
from mai.simulate import rules
from mai.simulate.economy import hourly_of, units_of
from mai.simulate.works import Device, flagged_share

MS_AN_HOUR = 3_600_000
ALL = (1.0,) * 5


@dataclass(frozen=True)
class Claim:
    """Attributes:
    declared: hardware, as shares of the caps of `device_class`.
    greedy: claims all the time that counts, not the time that the work took.
    identities: registrations of the same machine, each declaring all of this.
    vram: takes the tasks of models that need GPU memory, not of those that need none.
    """

    device_class: int
    declared: tuple[float, ...]
    greedy: bool = False
    identities: int = 1
    vram: bool = False

    def copies(self, device: Device) -> bool:
        """Is it the device as it is, but several times?"""
        return self.device_class == device.device_class and self.identities > 1


@dataclass(frozen=True)
class Day:
    """Works, and MAI before and after the cost of compute."""

    works: float
    gross: float
    net: float


def truth(device: Device, speed: float) -> Claim:
    """What an honest machine of this share of its class's GPU declares."""
    return Claim(device.device_class, (speed, *device.assumed.hardware[1:]))


def day_of(device: Device, speed: float, claim: Claim, flagged: float | None = None) -> Day:
    """A machine with this share of its class's GPU; ``flagged`` is the share of its works, if not as claimed."""
    assumed = device.assumed
    true_ms = assumed.work_ms * assumed.hardware[0] / speed
    hourly = hourly_of(claim.device_class, claim.declared)
    counts = rules.countable_ms(claim.device_class, hourly, units_of(device.device_class, assumed))
    longest = longest_claim(device, claim.device_class)
    claimed = min(counts, longest) if claim.greedy else true_ms
    if flagged is None:
        flagged = 0.0 if claim.greedy else flagged_share(speed, assumed.limit_slack, assumed.spread)
    assigned = rules.takes_vram(claim.device_class) or not claim.vram
    power = assigned * claim.identities * hourly / hourly_of(device.device_class, assumed.hardware)
    won = device.works * power * device.standing(device.steady_quality(flagged))
    online_ms = assumed.online * MS_AN_HOUR
    works = min(won, online_ms / true_ms, claim.identities * online_ms / max(claimed, true_ms))
    paid = replace(device, device_class=claim.device_class).reward(claim.declared, int(min(claimed, counts)))
    gross = works * paid
    return Day(works, gross, gross - works * assumed.compute * device.reward())


def longest_claim(device: Device, device_class: int) -> int:
    """What can be claimed in milliseconds: time that passed on chain, and no more than the class should need."""
    assumed, peaks = device.assumed, list(rules.CALIBRATION)
    own, declared = (int(calibration.peak_units(peaks, one)) for one in (device.device_class, device_class))
    should_need = assumed.limit_slack * assumed.work_ms * assumed.hardware[0] * own / declared
    return int(min(should_need, 1_000 * rules.parameter(parameters.LARGE_TIMEOUT_S)))


@dataclass(frozen=True)
class Variant:
    """What a machine of this share of its class's GPU says of itself against the truth."""

    name: str
    speed: float
    claim: Claim

    def against(self, device: Device, greedy: bool) -> float:
        """Its income in those of the same machine, honest; ``greedy``: that claims all time that counts."""
        return self.day(device).net / self.honest(device, greedy).net

    def day(self, device: Device) -> Day:
        """What it earns."""
        return day_of(device, self.speed, self.claim)

    def honest(self, device: Device, greedy: bool) -> Day:
        """What the same machine earns by the truth."""
        return day_of(device, self.speed, replace(truth(device, self.speed), greedy=greedy))


def variants(device: Device) -> list[Variant]:
    """All that is compared."""
    assumed, own = device.assumed, device.device_class
    typical, lesser, most = assumed.hardware[0], assumed.cheat_speed, assumed.sybils[-1]
    cpu, phone = int(calibration.DEVICE_CPU), int(calibration.DEVICE_MOBILE)
    honest = truth(device, typical)
    return [
        Variant("typical, all time that counts", typical, replace(honest, greedy=True)),
        Variant(f"{lesser:.0%} of the GPU, declares all of it", lesser, Claim(own, (1.0, *honest.declared[1:]))),
        Variant("the same, all time that counts", lesser, Claim(own, (1.0, *honest.declared[1:]), True)),
        Variant("typical, all but the GPU at the caps", typical, Claim(own, (typical, *ALL[1:]), True)),
        Variant("typical, everything at the caps", typical, Claim(own, ALL, True)),
        Variant("typical, registered as a CPU, no VRAM needed", typical, Claim(cpu, ALL, True)),
        Variant(f"typical, registered as {most} CPUs, no VRAM needed", typical, Claim(cpu, ALL, True, most)),
        Variant(f"typical, registered as {most} phones", typical, Claim(phone, ALL, True, most, vram=True)),
        *(Variant(f"typical, registered {many} times", typical, replace(honest, identities=many))
          for many in (assumed.sybils[0], most)),
    ]  # fmt: skip
