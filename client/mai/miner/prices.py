"""What work pays now by the chain's own rules, and the floor below which none is taken."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass

from mai.chain.devices import Device
from mai.chain.earnings import Earnings
from mai.chain.economy import Economy
from mai.chain.nft import Nfts
from mai.errors import MaiError
from mai.money import format_mai, parse_mai
from mai.program import MODULES

calibration, quality = MODULES["calibration"], MODULES["quality"]
registry, rewards = MODULES["registry"], MODULES["rewards"]
BILLION = 10**9
_PER_HOUR = re.compile(r"(.+?)\s*(?:/|per )\s*(?:h|hour)")


@dataclass(frozen=True)
class Floor:
    """The least that a miner works for, in base units: for 10^9 work units, or for an hour that counts."""

    amount: int
    hourly: bool

    @classmethod
    def parse(cls, text: str) -> Floor:
        """As somebody types it: `50` (MAI for 10^9 work units) or `3/h`.

        Raises:
            MaiError: it is no amount.
        """
        found = _PER_HOUR.fullmatch(text.strip())
        return cls(parse_mai(found[1] if found else text), found is not None)

    def __str__(self) -> str:
        return shown(self.amount, hourly=self.hourly)


@dataclass(frozen=True)
class Quote:
    """What the network pays a device now, in base units.

    Attributes:
        billion: for 10^9 verified work units.
        hour: for an hour that counts.
        left: what the epoch's cap leaves for everybody.
    """

    billion: int
    hour: int
    left: int

    def meets(self, floor: Floor | None) -> bool:
        """Whether work is worth it."""
        return floor is None or (self.hour if floor.hourly else self.billion) >= floor.amount

    def beside(self, floor: Floor) -> str:
        """The quote in the floor's unit, for people."""
        return shown(self.hour if floor.hourly else self.billion, hourly=floor.hourly)


def quote(economy: Economy, device: Device) -> Quote:
    """What the chain would pay this device now."""
    earnings = Earnings(economy)
    epoch = earnings.epoch()
    hour = earnings.hour(device)
    billion = min(reward(economy, device, BILLION, epoch.rate), epoch.left)
    return Quote(billion, min(hour.reward, epoch.left), epoch.left)


def reward(economy: Economy, device: Device, units: int, rate: int) -> int:
    """What so many verified work units pay, in base units, before the class's limit; all factors as they are now."""
    config, emission = economy.state("config"), economy.state("emission")
    fields = copy.copy(device.fields)
    quality.enter_week(config, fields, economy.cluster.unix_time())
    hourly = registry.counted_rate(fields, economy.state("calibration"))
    terms = rewards.reward(
        hourly,
        registry.verified_ms(hourly, units),
        rewards.nft_bonus(Nfts(economy).held_tier(device)),
        rewards.uptime_bonus(fields.uptime_bps),
        calibration.trust(fields.device_class, fields.attested),
        emission.multiplier,
        quality.quality_factor(fields.quality_bps),
        rate,
    )
    return int(terms.amount)


def shown(amount: int, *, hourly: bool) -> str:
    """A price for people."""
    return f"{format_mai(amount)} MAI {'an hour' if hourly else 'for 10⁹ work units'}"


def parse_floor(text: str | None) -> Floor | None:
    """The floor that somebody typed, if any.

    Raises:
        MaiError: it is none.
    """
    if text is None:
        return None
    try:
        return Floor.parse(text)
    except MaiError as error:
        raise MaiError(f"{text} is no price floor: write 50 (MAI for 10⁹ work units) or 3/h") from error
