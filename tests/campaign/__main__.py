"""`python -m campaign`: attack the verifier with mutated cases, or compare it with EZKL's own verify."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from mai.errors import MaiError
from mai_zk.errors import ZkError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from campaign import cases, differential
from campaign.bench import ACCEPTED
from campaign.cases import BLOCK, Tally
from campaign.circuits import NAMES, load
from campaign.registry import WEIGHTS
from campaign.state import State

CASES = {"mutations": 100_000, "differential": 10_000}
MOST_FAULTS = 20


def main() -> int:
    """Run or go on with a campaign; 1 if anything was judged wrongly."""
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument("--differential", action="store_true", help="compare with EZKL's own verify instead")
    parser.add_argument("--cases", type=int, help="how many (default 100,000; 10,000 with --differential)")
    parser.add_argument("--seed", default="mai", help="any text; a case is a function of it and its number")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one for each core")
    parser.add_argument("--case", type=int, help="run one case and say what it was")
    parser.add_argument("--fresh", action="store_true", help="forget what an earlier run has done")
    parser.add_argument("--report", action="store_true", help="only say what has been done so far")
    parser.add_argument("--output", choices=("table", "json"), default="table")
    arguments = parser.parse_args()
    kind = "differential" if arguments.differential else "mutations"
    try:
        if arguments.case is not None:
            return _one(kind, arguments.seed, arguments.case)
        number = CASES[kind] if arguments.cases is None else arguments.cases
        if number < 1 or arguments.processes < 1:
            raise MaiError("a campaign has at least one case and one process")
        state = State(kind, arguments.seed, number)
        if arguments.fresh:
            state.forget()
        if not arguments.report:
            _campaign(state, kind, arguments.seed, number, arguments.processes)
        _report(state.tally, arguments.output)
        return int(bool(state.tally.faults))
    except (MaiError, ZkError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130


def _one(kind: str, seed: str, number: int) -> int:
    name = NAMES[number % len(NAMES)]
    if kind == "differential":
        what, accepts, verdict = differential.run_case(seed, number)
        print(f"{name}: {what}\nEZKL: {'accepted' if accepts else 'refused'}\nchain: {verdict}")
        return int(accepts != (verdict == ACCEPTED))
    group, result, fault = cases.run_case(seed, number)
    print(f"{name}: {group}: {result.what}\nverdict: {result.verdict}{' (a control)' if result.control else ''}")
    print(fault or "as it must be")
    return int(fault is not None)


def _campaign(state: State, kind: str, seed: str, number: int, processes: int) -> None:
    """Do the blocks that are not done yet."""
    console = Console(stderr=True)
    for name in NAMES:
        with console.status(f"the circuit {name} ..."):
            load(name)
    todo = [block for block in range(-(-number // BLOCK)) if block not in state.done]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(kind, total=number, completed=state.tally.cases)
        for block, tally in _blocks(kind, seed, number, processes, todo):
            state.add(block, tally)
            wrong = f", {len(state.tally.faults)} faults" if state.tally.faults else ""
            progress.update(task, completed=state.tally.cases, description=kind + wrong)


def _blocks(kind: str, seed: str, number: int, processes: int, todo: list[int]) -> Iterator[tuple[int, Tally]]:
    """(block, tally) as they are done; a worker that dies is a fault of the blocks that were under way."""
    run = differential.run_block if kind == "differential" else cases.run_block
    waiting = list(reversed(todo))
    context = multiprocessing.get_context("spawn")
    running: dict[Future[Tally], int] = {}
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        while waiting or running:
            while waiting and len(running) < 2 * processes:
                block = waiting.pop()
                running[pool.submit(run, seed, block, number)] = block
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                block = running.pop(future)
                try:
                    yield block, future.result()
                except BrokenProcessPool:
                    blocks = sorted([block, *running.values()])
                    raise MaiError(f"a worker died in one of the blocks {blocks} of {BLOCK} cases each") from None


def _report(tally: Tally, output: str) -> None:
    if output == "json":
        print(json.dumps({"cases": tally.cases, **tally.raw()}, indent=1))
        return
    table = Table(title=f"{tally.cases:,} cases")
    for title in ("class", "cases", "controls, accepted", "refused", "accepted", "refusals by name"):
        table.add_column(title, justify="left" if title in ("class", "refusals by name") else "right")
    order = [*WEIGHTS, *sorted({*tally.refused, *tally.controls} - set(WEIGHTS))]
    for name in order:
        verdicts = dict(tally.refused.get(name, {}))
        accepted = verdicts.pop(ACCEPTED, 0)
        refused = sum(verdicts.values())
        controls = tally.controls.get(name, 0)
        if not refused + accepted + controls:
            continue
        names = ", ".join(f"{k} {v:,}" for k, v in sorted(verdicts.items(), key=lambda item: -item[1]))
        wrong = sum(f[1] == name and f[3].startswith("a control") for f in tally.faults)
        table.add_row(
            name, f"{refused + accepted + controls:,}", f"{controls - wrong:,}", f"{refused:,}", f"{accepted:,}", names
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    for case, group, what, fault in tally.faults[:MOST_FAULTS]:
        print(f"case {case} ({group}: {what}): {fault}")
    print(f"{len(tally.faults)} faults")


if __name__ == "__main__":
    sys.exit(main())
