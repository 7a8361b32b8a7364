"""What an hour of a device pays now, term by term, and what the epoch still has to pay it from."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from mai.chain.devices import Device
from mai.chain.economy import Economy
from mai.chain.nft import Nfts
from mai.program import MODULES

calibration, config_rules = MODULES["calibration"], MODULES["config"]
emission_rules, parameters, quality = MODULES["emission"], MODULES["parameters"], MODULES["quality"]
registry, rewards = MODULES["registry"], MODULES["rewards"]


@dataclass(frozen=True)
class Epoch:
    """An epoch of 180 days and its cap; amounts in base units, the rate in 1/100,000 of the launch rates."""

    number: int
    ends_ts: int
    rate: int
    cap: int
    minted: int
    left: int


@dataclass(frozen=True)
class Hour:
    """What one hour that counts pays: each factor, and in base units the amount after it.

    Attributes:
        factors: name, numerator, denominator and the amount after it, in order.
        reward: before the epoch's cap, the class's limit and, for a self-chosen task, the fee that was burned.
    """

    hourly: int
    tier: int
    uptime_bps: int
    quality_bps: int
    factors: list[tuple[str, int, int, int]]
    reward: int


class Earnings:
    """Rewards as settlement would pay them at this moment, by the program's own rules."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def epoch(self) -> Epoch:
        """The running epoch; before the opening, the first."""
        config, emission = self.economy.state("config"), self.economy.state("emission")
        now = max(self.economy.cluster.unix_time(), config.genesis_ts)
        opened = config.phase == config_rules.PHASE_OPEN
        number = int(rewards.epoch_at(config.genesis_ts, now)) if opened else 0
        rate = int(rewards.epoch_rate(number, config.parameters[parameters.RATE_FLOOR]))
        cap = int(emission_rules.cap_of_epoch(config.parameters[parameters.EPOCH_CAP], rate))
        minted = emission.epoch_minted if emission.epoch == number else 0
        left = int(emission_rules.cap_left(cap, minted, self.economy.supply()))
        length = int(rewards.EPOCH_SECONDS)
        return Epoch(number, config.genesis_ts + (number + 1) * length if opened else 0, rate, cap, minted, left)

    def hour(self, device: Device) -> Hour:
        """What an hour of this device that counts pays now."""
        config, emission = self.economy.state("config"), self.economy.state("emission")
        epoch = self.epoch()
        # Settlement closes the device's week first, where a later one has begun.
        fields = copy.copy(device.fields)
        quality.enter_week(config, fields, self.economy.cluster.unix_time())
        tier = Nfts(self.economy).held_tier(device)
        hourly = registry.counted_rate(fields, self.economy.state("calibration"))
        nft_bps, uptime_bps = rewards.nft_bonus(tier), rewards.uptime_bonus(fields.uptime_bps)
        trust = calibration.trust(fields.device_class, fields.attested)
        multiplier, good = emission.multiplier, quality.quality_factor(fields.quality_bps)
        terms = rewards.reward(hourly, int(rewards.HOUR_MS), nft_bps, uptime_bps, trust, multiplier, good, epoch.rate)
        bps = int(parameters.FULL_BPS)
        factors = [
            ("NFT", bps + int(nft_bps), bps, int(terms.after_nft)),
            ("uptime", bps + int(uptime_bps), bps, int(terms.after_uptime)),
            ("trust", int(trust), bps, int(terms.after_trust)),
            ("multiplier", int(multiplier), int(rewards.ONE), int(terms.after_difficulty)),
            ("quality", int(good), bps, int(terms.after_quality)),
            ("epoch", epoch.rate, int(rewards.RATE_SCALE), int(terms.amount)),
        ]
        return Hour(int(hourly), tier, int(fields.uptime_bps), int(fields.quality_bps), factors, int(terms.amount))
