"""Compute units and opening sizes of every step, printed with -s; the bounds are what a transaction allows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai_zk.trace import opening
from traces.world import World

STEPS = ("commit_trace", "draw_trace", "reveal_trace", "attest", "join", "attest_ends", "claim_trace")


def test_compute_units_of_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    names = {bytes(world.program.instruction(name, *blank(world, name)).data[:8]): name for name in STEPS}
    units: dict[str, list[int]] = defaultdict(list)
    send = world.chain.send

    def record(instructions: Any, signers: Any, **more: Any) -> Any:
        landed = send(instructions, signers, **more)
        for instruction in instructions:
            if name := names.get(bytes(instruction.data[:8])):
                units[name].append(landed.compute_units)
        return landed

    monkeypatch.setattr(world.chain, "send", record)
    work = world.work()
    world.challenge(work)
    world.attest_all(work)
    world.claim(work)
    assert set(units) == set(STEPS)
    for name in STEPS:
        print(f"| `{name}` | {min(units[name]):,} to {max(units[name]):,} |")
        assert max(units[name]) < MAX_COMPUTE_UNITS // 10
    leaves = [len(opening.of_leaf(work, leaf)) for leaf in range(18)]
    ends = [len(opening.of_ends(work, place)) for place in range(3)]
    print(f"openings: leaf {min(leaves)} to {max(leaves)} bytes, ends {min(ends)} to {max(ends)} bytes")
    print(f"manifest: {len(work.manifest.body)} bytes, {len(work.manifest.segments)} segments")


def blank(world: World, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Accounts and arguments of the right types, for an instruction's discriminator."""
    entry = world.program._instructions[name]
    known = {"systemProgram", "slotHashes"}
    accounts = {item["name"]: world.manifest for item in entry["accounts"] if item["name"] not in known}
    arguments = {item["name"]: [0] * 32 if isinstance(item["type"], dict) else 0 for item in entry["args"]}
    return accounts, arguments
