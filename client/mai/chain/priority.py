"""Priority fees: what a transaction offers for each compute unit, from what others paid lately, under a hard bound."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from mai.errors import MaiError

MAX_LAMPORTS = 1_000_000
"""The most that one transaction offers on top of its base fee: 0.001 SOL, whatever others pay."""
MICRO = 1_000_000


@dataclass(frozen=True)
class Priority:
    """What to offer: ``price`` micro-lamports a compute unit, or the recent median where that is None."""

    price: int | None = 0

    @classmethod
    def parse(cls, text: str) -> Priority:
        """From ``auto``, ``none`` or a number of micro-lamports.

        Raises:
            MaiError: it is none of these.
        """
        if text == "auto":
            return cls(None)
        if text == "none":
            return cls(0)
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise MaiError(f"--priority-fee is auto, none or micro-lamports a compute unit, not {text}")
        return cls(int(text))

    def offer(self, recent: Sequence[int], compute_units: int) -> int:
        """Micro-lamports a unit for a transaction of at most ``compute_units``.

        Args:
            recent: what was paid in recent slots to write to the same accounts, micro-lamports a unit.

        Raises:
            MaiError: the price that somebody named is above the bound; the median is cut down to it.
        """
        most = MAX_LAMPORTS * MICRO // max(compute_units, 1)
        if self.price is None:
            return min(int(statistics.median(recent)) if recent else 0, most)
        if self.price > most:
            raise MaiError(
                f"{self.price:,} micro-lamports for each of {compute_units:,} compute units is more than the bound of "
                f"{MAX_LAMPORTS:,} lamports a transaction: at most {most:,}"
            )
        return self.price


def lamports(unit_price: int, compute_units: int) -> int:
    """The priority fee of a transaction in lamports, rounded up as the chain does."""
    return -(-unit_price * compute_units // MICRO)
