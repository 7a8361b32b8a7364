"""What the signing page shows of a transaction: instructions by name, amounts, and what it would change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from solders.message import Message

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.explain import explain
from mai.chain.program import Program
from mai.chain.simulation import Simulation
from mai.errors import MaiError

MAX_LOGS = 200


def transaction_view(
    message: Message, programs: Sequence[Program], simulated: Callable[[], Simulation] | None
) -> dict[str, Any]:
    """A transaction for the page, as JSON; without ``simulated`` its effects are left out.

    A simulation that fails is no reason not to ask: the page says so, and who signs decides.
    """
    view: dict[str, Any] = {
        "payer": str(message.account_keys[0]),
        "signers": [str(key) for key in message.account_keys[: message.header.num_required_signatures]],
        "instructions": [
            {
                "program": call.program,
                "name": call.name,
                "arguments": list(call.arguments.items()),
                "accounts": [vars(part) for part in call.accounts],
            }
            for call in explain(message, programs)
        ],
        "effects": None,
    }
    if simulated is None:
        return view
    try:
        found = simulated()
    except MaiError as error:
        return {**view, "effects": {"unknown": str(error)}}
    view["effects"] = {
        "fee": f"{found.fee / LAMPORTS_PER_SOL:.9f} SOL",
        "compute_units": f"{found.compute_units:,}",
        "refused": None if found.refused is None else str(found.refused),
        "changes": [
            {"address": change.address, "owner": change.owner, "text": change.amount} for change in found.changes
        ],
        "logs": found.logs[:MAX_LOGS],
    }
    return view
