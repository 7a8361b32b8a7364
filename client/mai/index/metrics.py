"""The network's figures for Prometheus: read from the chain when somebody asks, and never older than that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from mai.chain.dao import Dao, Phase
from mai.chain.economy import Economy
from mai.chain.offences import RUNNING
from mai.errors import MaiError
from mai.index.database import Database
from mai.money import UNITS_PER_MAI

BILLIONTHS = 10**9
SECONDS_KEPT = 5.0
"""Several scrapes within this time share one reading of the chain."""
OPEN_PHASES = (Phase.VOTING, Phase.DENIALS, Phase.DELAY, Phase.EXECUTABLE)


class NetworkCollector(Collector):
    """Reads a network, and how far an index is behind it.

    Attributes:
        failures: readings that failed.
    """

    def __init__(self, economy: Economy, index: Database | None = None) -> None:
        self.economy, self.index = economy, index
        self.failures = 0
        self._lock = threading.Lock()
        self._kept: list[Any] = []
        self._read = float("-inf")

    def describe(self) -> list[Any]:
        """Nothing beforehand: else registering would already ask the chain."""
        return []

    def collect(self) -> Iterator[Any]:
        """Every figure; where the chain does not answer, only that."""
        with self._lock:
            if time.monotonic() - self._read > SECONDS_KEPT:
                try:
                    self._kept, up = list(self._families()), 1
                except MaiError:
                    self.failures += 1
                    self._kept, up = [], 0
                self._kept.append(_gauge("mai_up", "whether the chain answers", up))
                failed = self.failures + getattr(self.economy.cluster, "failures", 0)
                self._kept.append(CounterMetricFamily("mai_rpc_errors", "requests that failed", value=failed))
                self._read = time.monotonic()
            yield from self._kept

    def _families(self) -> Iterator[Any]:
        economy = self.economy
        emission, governance = economy.state("emission"), economy.state("governance")
        for name, help_, units in (
            ("supply", "all MAI", economy.supply()),
            ("staked", "MAI staked", governance.staked),
            ("vault", "MAI in the vault", economy.tokens(economy.single("vault"))),
            ("treasury", "MAI in the treasury", economy.tokens(economy.single("treasury"))),
            ("epoch_minted", "MAI minted in this epoch", emission.epoch_minted),
        ):
            yield _gauge(f"mai_{name}", help_, units / UNITS_PER_MAI)
        for name, help_, units in (
            ("minted", "MAI minted for work", emission.minted),
            ("fees_burned", "MAI of fees burned", emission.fees_burned),
            ("slash_burned", "MAI of slashes burned", emission.slash_burned),
        ):
            yield CounterMetricFamily(f"mai_{name}", help_, value=units / UNITS_PER_MAI)
        for name, help_, value in (
            ("miners", "devices registered", emission.miners),
            ("power", "work units a slot that devices showed in musters", emission.power),
            ("muster", "number of the last muster", emission.muster),
            ("verifiers", "stakes that can check work", governance.verifiers),
            ("works_pending", "works waiting for their proof", emission.pending),
            ("works_settled_period", "works paid in this period", emission.period_settled),
            ("epoch", "number of the epoch", emission.epoch),
            ("multiplier", "reward multiplier", emission.multiplier / BILLIONTHS),
            ("sampling", "sampling ratio", emission.sampling / BILLIONTHS),
            ("task_difficulty", "task difficulty", emission.task_difficulty / BILLIONTHS),
            ("offences_open", "offences not final yet", self._open_offences()),
            ("proposals_open", "proposals not ended yet", self._open_proposals()),
        ):
            yield _gauge(f"mai_{name}", help_, value)
        slot = economy.cluster.slot()
        yield CounterMetricFamily("mai_cranks", "periods of difficulty closed", value=emission.cranks)
        yield _gauge("mai_slot", "the chain's slot", slot)
        if self.index is not None:
            yield from self._of_index(slot)

    def _of_index(self, slot: int) -> Iterator[Any]:
        assert self.index is not None
        counts = self.index.counts()
        yield _gauge(
            "mai_index_lag_slots", "slots since the newest transaction in the index", slot - self.index.newest_slot
        )
        events = CounterMetricFamily("mai_events", "events in the index", labels=["event"])
        for name, count in counts.items():
            events.add_metric([name], count)
        yield events
        yield CounterMetricFamily("mai_works_settled", "works paid, by the index", value=counts.get("WorkSettled", 0))

    def _open_offences(self) -> int:
        return sum(len(self.economy.all("Offence", status=status)) for status in RUNNING)

    def _open_proposals(self) -> int:
        return sum(view.phase in OPEN_PHASES for view in Dao(self.economy).all())


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


def registry_of(collector: NetworkCollector) -> CollectorRegistry:
    """A registry with this network and nothing of the process."""
    registry = CollectorRegistry()
    registry.register(collector)
    return registry
