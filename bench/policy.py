"""Compute units of every instruction of the policy program, measured on the calls that the attack table starts from."""

from __future__ import annotations

import sys
from pathlib import Path

from solders.compute_budget import set_compute_unit_limit
from solders.message import Message
from solders.signature import Signature
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

TESTS = Path(__file__).resolve().parents[1] / "tests"
LIMIT_UNITS = 1_400_000
BUDGET_UNITS = 150
"""What the compute budget instruction itself costs."""


def measure(worlds: int = 5) -> dict[str, tuple[int, int]]:
    """Least and most compute units of each instruction, over fresh networks whose addresses differ.

    Raises:
        RuntimeError: a call that should pass did not.
    """
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from attacks.calls import CALLS
    from attacks.founding_calls import FOUNDING
    from attacks.generate import prepared
    from attacks.recorder import Recorder
    from attacks.world import World
    from program.network import Network

    found: dict[str, list[int]] = {}
    for number in range(worlds):
        world = World(Network(Recorder(f"world {number}")))
        for name in (*FOUNDING, *CALLS):
            with prepared(name, world) as calls:
                for call in calls:
                    call.chain.svm.with_sigverify(False)
                    instructions = [set_compute_unit_limit(LIMIT_UNITS), call.instruction]
                    message = Message.new_with_blockhash(instructions, call.payer, call.chain.svm.latest_blockhash())
                    signatures = [Signature.new_unique() for _ in range(message.header.num_required_signatures)]
                    result = call.chain.svm.simulate_transaction(Transaction.populate(message, signatures))
                    if isinstance(result, FailedTransactionMetadata):
                        raise RuntimeError(f"{name} was refused: {result.err()}")
                    found.setdefault(name, []).append(result.meta().compute_units_consumed() - BUDGET_UNITS)
    return {name: (min(units), max(units)) for name, units in found.items()}


def table() -> str:
    """The figures as a table, the dearest first."""
    rows = ["| instruction | compute units, least | most |", "|---|---|---|"]
    figures = sorted(measure().items(), key=lambda item: -item[1][1])
    rows += [f"| `{name}` | {least:,} | {most:,} |" for name, (least, most) in figures]
    return "\n".join(rows) + (
        "\n\nWhole instruction with its calls of other programs, on the embedded chain; the verifier's own work is not "
        "in `settle` (it claims a receipt). Several networks with addresses of their own: finding one costs 1,500 "
        "units a try. The tests hold every one of them to 60,000."
    )
