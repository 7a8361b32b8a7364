"""One question to SmolLM2 from the task to the pay: transactions, compute units, lamports and seconds, measured now.

`python -m bench.paid` prints the section of BENCHMARKS.md. The chain is the embedded one; proofs are real, made by this
process, one after another. What a newcomer must do first (works of a small model) is not counted.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mai.chain.cluster import Landed
from mai.miner.models import serve
from mai.miner.states import State
from mai_zk.language.model import question
from mai_zk.language.smol.graph import nodes
from mai_zk.language.smol.model import SmolLM2
from mai_zk.language.smol.segments import DEEP, WIDE
from mai_zk.linear import shape_program
from miner.world import TOY, Chain, World
from solders.instruction import Instruction

QUESTION, LIMIT = "What is the capital of France?", 8
TOLD = (
    "commit_trace", "draw_trace", "reveal_trace", "draw_strata", "verify", "create_values", "bind", "attest_bound",
    "execute", "attest_ends", "settle",
)  # fmt: skip
"""Instructions of the table; `create_proof`, `extend`, `write` and `close` are counted together as uploads."""


@dataclass
class Count:
    """What landed, by the name of its first instruction."""

    transactions: Counter[str] = field(default_factory=Counter)
    units: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    uploaded: int = 0

    def take(self, name: str, instructions: Sequence[Instruction], landed: Landed) -> None:
        self.transactions[name] += 1
        self.units[name].append(landed.compute_units)
        if name == "write":
            self.uploaded += sum(len(item.data) for item in instructions)

    @property
    def total(self) -> int:
        return sum(self.transactions.values())


def counted(chain: Chain) -> Count:
    """Begins to count what lands."""
    count, send = Count(), chain.send

    def record(instructions: Sequence[Instruction], signers: Any, **more: Any) -> Landed:
        landed = send(instructions, signers, **more)
        known = [item for item in instructions if item.program_id in chain.names]
        name = chain.names[known[0].program_id].parse(bytes(known[0].data))[0] if known else "other"
        count.take(name, known, landed)
        return landed

    chain.send = record  # type: ignore[method-assign]
    return count


def measure(folder: Path) -> dict[str, Any]:
    """All figures of one question."""
    model = SmolLM2()
    world = World(folder, TOY, model)
    newcomer = world.start()
    world.practise(newcomer)
    newcomer.close()
    tokens = model.encode(question(model, QUESTION))
    before_all, chain = world.chain.balance(world.owner.pubkey()), world.chain
    first = counted(chain)
    started = world.start()
    run = model.run(tokens, 1)
    manifest = model.manifest
    for hash in (manifest.segments[0].params, manifest.bases):
        started.desk.published.constants(hash, run.constants)
    for shape in (WIDE, DEEP):
        program = shape_program(shape)
        started.desk.published.key(program.hash, program)
    once, once_lamports = first.total, before_all - chain.balance(world.owner.pubkey())
    task = world.post(tokens, limit=LIMIT, model=serve(world.economy, model).address)
    start, count, seconds = chain.balance(world.owner.pubkey()), counted(chain), Counter[str]()
    started.intake.look()
    while works := started.journal.works(ended=False):
        for work in works:
            began, state = time.perf_counter(), work.state
            wait = started.machine.advance(work.id)
            seconds[str(state)] += time.perf_counter() - began
            if wait is not None:
                chain.pass_slots(max(wait.slot - chain.slot(), 1))
    (work,) = [work for work in started.journal.works() if work.task == str(task)]
    if work.state is not State.SETTLED:
        raise SystemExit(f"the work ended otherwise: {work.reason}")
    answer = world.offers.answer(task)
    assert answer is not None
    return {
        "answer": model.decode(answer.tokens), "prompt": len(tokens), "generated": len(answer.tokens),
        "manifest_bytes": len(manifest.body), "segments": len(nodes()), "strata": manifest.strata,
        "once_transactions": once, "once_lamports": once_lamports, "count": count, "seconds": dict(seconds),
        "lamports": start - chain.balance(world.owner.pubkey()), "detection_bps": model.terms.detection_bps,
    }  # fmt: skip


def section(figures: dict[str, Any]) -> str:
    """The figures in Markdown."""
    count, seconds = figures["count"], figures["seconds"]
    lines = [
        f"`{QUESTION}` is answered `{figures['answer']}`: {figures['prompt']} + {figures['generated']} tokens, "
        f"{figures['segments']:,} segments a position; of 8 positions {sum(figures['strata'])} leaves are drawn "
        f"(strata {', '.join(map(str, figures['strata']))}; {figures['detection_bps'] / 100:g} % of runs that skip "
        f"work at one leaf of every position are caught). {count.total:,} transactions, {figures['lamports']:,} "
        f"lamports (fees, and the rent of the trace and of the work, which stays; bond and other rent are back), "
        f"{count.uploaded:,} bytes of openings and proofs.",
        "",
        "| instruction | transactions | CU, least | CU, most |",
        "|---|---|---|---|",
    ]
    for name in TOLD:
        if units := count.units[name]:
            lines.append(f"| `{name}` | {len(units)} | {min(units):,} | {max(units):,} |")
    rest = sum(number for name, number in count.transactions.items() if name not in TOLD)
    lines += [
        f"| uploads and all others | {rest:,} | | |",
        "",
        f"Once a network {figures['manifest_bytes']:,} bytes of manifest, and constants, bases and two keys "
        f"({figures['once_transactions']:,} transactions, {figures['once_lamports']:,} lamports, nearly all of them "
        f"rent). Seconds of this process: the run {seconds.get('assigned', 0):.1f}, leaves of the drawn positions "
        f"{seconds.get('drawn', 0):.1f}, proofs, openings and their transactions {seconds.get('proving', 0):.1f}.",
    ]
    return "\n".join(lines)


def table() -> str:
    """Measure, in Markdown."""
    with tempfile.TemporaryDirectory(prefix="mai-paid-") as folder:
        return section(measure(Path(folder)))


def main() -> int:
    """Measure and print."""
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
