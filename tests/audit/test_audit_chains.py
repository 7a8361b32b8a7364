"""Chains that run other rules than the program's: their events, accounts and tokens agree, and they are found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.lies import lies
from mai.audit.replay import Audit
from mai.program import registry, slashing
from mai.program.prelude import Pubkey as Key
from mai.program.prelude import u8, u64
from solders.pubkey import Pubkey

from bench.history import Made

TASKS = 25


def found(source: Made) -> set[tuple[str, str]]:
    verdict = Audit(source, skip=("proofs",)).run()
    assert verdict.figures["works paid"] > 0
    return lies(verdict)


def other_rule(source: Made, module: str, name: str, instead: Any) -> None:
    """The chain runs another rule; everything that it says and keeps follows from it."""
    assert hasattr(source.machine.modules[module], name)
    setattr(source.machine.modules[module], name, instead)


def test_a_chain_that_pays_everybody_for_full_quality() -> None:
    source = Made(TASKS)
    other_rule(source, "instructions.settlement", "quality_factor", lambda quality: u64(10_000))
    seen = found(source)
    assert {("rewards", "reward term off"), ("state", "account off")} <= seen
    # The supply is the sum of what was told: only the rules say that it is too much.
    assert ("supply", "supply off") not in seen


def test_a_chain_that_counts_all_time() -> None:
    source = Made(TASKS)
    other_rule(source, "instructions.settlement", "verified_ms", lambda *_: u64(registry.ACTIVE_MS_LIMIT))
    assert ("rewards", "reward term off") in found(source)


def test_a_chain_that_lets_anybody_win() -> None:
    source = Made(TASKS)
    other_rule(source, "instructions.work", "ticket", lambda seed, who: u64(0))
    assert ("draws", "draw off") in found(source)


def test_a_chain_that_ignores_the_chances() -> None:
    source = Made(TASKS)
    other_rule(source, "instructions.work", "chance", lambda *_: u64(1_000_000_000))
    assert ("draws", "place that the rules refuse") in found(source)


class Forgetful(Made):
    """Forgets what was spent, and has every input asked for twice."""

    def input_of(self, number: int) -> bytes:
        return super().input_of(number // 2)

    def before(self, name: str, accounts: Mapping[str, Pubkey]) -> None:
        key = Key(bytes(accounts["spent_record"])) if "spent_record" in accounts else None
        data = self.machine.store.get(key) if key else None
        if key is not None and data is not None:
            codec = self.machine.codecs["SpentRecord"]
            record: Any = codec.load(key, data)
            record.spent = False
            self.machine.store.put(key, codec.dump(record))


def test_a_chain_that_forgets_what_was_spent() -> None:
    assert {("spent", "input spent twice"), ("rewards", "payment that the rules refuse")} <= found(Forgetful(TASKS))


class Slasher(Made):
    """Has every fifth work reported, whatever it was."""

    def is_reported(self, number: int, work: Any) -> bool:
        return number % 5 == 4 or super().is_reported(number, work)


def test_a_chain_that_slashes_without_evidence() -> None:
    source = Slasher(TASKS)
    other_rule(source, "instructions.slashing", "offence_of", lambda *_: u8(slashing.OFFENCE_INVALID_CLAIM))
    assert ("slashes", "slash without evidence") in found(source)


def test_a_chain_whose_epoch_has_no_cap() -> None:
    """What an epoch may mint is a few base units, and the chain pays on."""
    source = Made(TASKS)
    tables = source.machine.modules["parameters"], source.machine.modules["config"]
    default = tables[0].default_parameter

    def poor(index: u8) -> u64:
        return u64(5) if index == 0 else u64(default(index))

    other_rule(source, "config", "default_parameter", poor)
    other_rule(source, "instructions.settlement", "cap_of_epoch", lambda cap, rate: u64(10**18))
    audit = Audit(source, skip=("proofs",))
    audit.machine.modules["config"].default_parameter = poor  # type: ignore[attr-defined]
    assert {("caps", "minted above the cap"), ("rewards", "reward term off")} <= lies(audit.run())
