"""`mai verify-work`: other people's works, run again bit for bit, with a stake at risk."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text
from solders.pubkey import Pubkey

from mai.chain.rpc import Unreachable
from mai.cli.connect import Chain, show_facts
from mai.cli.format import count, listing, percent
from mai.cli.group import with_default
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json, progress
from mai.errors import MaiError
from mai.money import fixed_mai
from mai.requester.ask import genesis_hash, manifest_of
from mai.requester.engines import CONFIG_FILE, Engine, known_engines
from mai.requester.models import DEFAULT, open_model
from mai.requester.reader import model_address
from mai.requester.receipt import read_receipt
from mai.requester.sealing import SealingKey
from mai.verifywork.journal import FOLDER, Journal
from mai.verifywork.prompts import Prompts
from mai.verifywork.rounds import Summary, VerifyWork
from mai.verifywork.sample import PRESETS, rate_of

app = typer.Typer(
    cls=with_default("run", bare=True),
    help="Run sampled works again, challenge what differs, confirm checks (options: `mai verify-work run --help`).",
)
ROWS = 15
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", "-m", help="a model that this machine runs (may be repeated)")
]
EngineOption = Annotated[
    list[str] | None,
    typer.Option("--engine", "-e", envvar="MAI_ENGINE", help="an engine or a requester to ask for prompts"),
]
ReceiptOption = Annotated[
    list[Path] | None, typer.Option("--receipt", help="a receipt that a requester handed over (may be repeated)")
]
FolderOption = Annotated[Path, typer.Option(help="where the journal, the evidence and the verifier's key are kept")]


@app.command(hidden=True)
@on_chain
def run(
    chain: Chain,
    model: ModelOption = None,
    engine: EngineOption = None,
    receipt: ReceiptOption = None,
    preset: Annotated[str | None, typer.Option(help=f"how many works: {', '.join(PRESETS)}")] = None,
    rate: Annotated[int | None, typer.Option(help="how many works, in percent")] = None,
    once: Annotated[bool, typer.Option("--once", help="look once, do what can be done, and end")] = False,
    every: Annotated[float, typer.Option(min=0.2, max=3_600, help="seconds between two looks")] = 4.0,
    folder: FolderOption = FOLDER,
) -> None:
    """Look at the network's works again and again: draw, run again, challenge, confirm, collect."""
    rate_bps = rate_of(preset, rate)
    log: list[tuple[float, str, str, str]] = []
    verifier = _verifier(chain, model, engine, receipt, folder, rate_bps, _teller(chain, log))
    verifier.check_stake()
    if once:
        with progress.status("looking at works"):
            summary = verifier.round()
        _report(chain, summary, rate_bps)
        return
    with Live(console=people, auto_refresh=False) if chain.output is Output.table else nullcontext() as live:
        while True:
            summary = _patiently(verifier)
            if live is not None:
                live.update(_picture(summary, rate_bps, log), refresh=True)
            time.sleep(every)


@app.command()
@on_chain
def task(
    chain: Chain,
    task: Annotated[str, typer.Argument(help="the task's address")],
    model: ModelOption = None,
    engine: EngineOption = None,
    receipt: ReceiptOption = None,
    folder: FolderOption = FOLDER,
) -> None:
    """Run the works of one task again, whether or not they were drawn; what differs is challenged."""
    address = parse_address(task)
    verifier = _verifier(chain, model, engine, receipt, folder, 10_000, _teller(chain, []))
    verifier.check_stake()
    with progress.status("running the work again"):
        found = verifier.one(address)
    if chain.output is Output.json:
        print_json({"task": task, "works": [_facts(verifier, work, said) for work, said in found]})
        return
    table = listing("work", "found")
    for work, said in found:
        table.add_row(str(work), Text(said))
    people.print(table)


@app.command()
@on_chain
def show(chain: Chain, folder: FolderOption = FOLDER) -> None:
    """Show what this verifier has looked at, said, earned and lost; nothing is sent."""
    journal = _journal(chain, folder)
    words, works = journal.words(), journal.works(most=ROWS)
    if chain.output is Output.json:
        print_json(
            {
                "works": journal.counts(),
                "words": [
                    {
                        "check": str(word.check), "work": str(word.work), "role": word.role, "state": word.state,
                        "output": word.output.hex(), "result": word.result or None,
                        "earned": fixed_mai(word.earned, grouped=False), "lost": fixed_mai(word.lost, grouped=False),
                    }
                    for word in words
                ],
            }
        )  # fmt: skip
        return
    if not works and not words:
        people.print("This verifier has looked at nothing yet.")
        return
    table = listing("work", "found", "")
    for work in works:
        table.add_row(str(work.work), work.state, Text(work.reason))
    people.print(table)
    if words:
        table = listing("check", "as", "result", "earned", "lost", right=("earned", "lost"))
        for word in words:
            result = word.result or word.state
            table.add_row(str(word.check), word.role, result, fixed_mai(word.earned), fixed_mai(word.lost))
        people.print()
        people.print(table)


def _patiently(verifier: VerifyWork) -> Summary:
    """A round; a node that does not answer is asked again in the next one."""
    try:
        return verifier.round()
    except Unreachable as error:
        verifier.say("unreachable", verifier.wallet, str(error))
        return verifier.summary()


def _verifier(
    chain: Chain,
    models: list[str] | None,
    engines: list[str] | None,
    receipts: list[Path] | None,
    folder: Path,
    rate_bps: int,
    say: Callable[[str, Pubkey, str], None],
) -> VerifyWork:
    """The verifier that these options describe; everything that is wrong with them is said before anything is sent."""
    if chain.dry_run:
        raise MaiError("verifying cannot be tried without sending: `mai verify-work show` only looks")
    known: list[Engine] = known_engines(engines or ()) if engines or CONFIG_FILE.exists() else []
    runnable = {}
    for name in models or [DEFAULT]:
        found = open_model(name)
        runnable[model_address(chain.economy, manifest_of(found))] = found
    handed = [read_receipt(path) for path in receipts or ()]
    prompts = Prompts(known, chain.signer, SealingKey.at(folder / "key"), lambda: int(time.time()))
    for item in handed:
        prompts.hold(item)
    return VerifyWork(
        chain.economy,
        chain.signer,
        _journal(chain, folder),
        prompts,
        runnable,
        rate_bps=rate_bps,
        evidence=folder / "evidence",
        say=say,
    )


def _journal(chain: Chain, folder: Path) -> Journal:
    wallet = chain.wallet(None)
    return Journal(folder / f"{wallet}.sqlite", wallet, genesis_hash(chain.cluster))


def _teller(chain: Chain, log: list[tuple[float, str, str, str]]) -> Callable[[str, Pubkey, str], None]:
    """Hears what happens: one line of JSON each, or a row of the live table."""

    def tell(word: str, about: Pubkey, phrase: str) -> None:
        if chain.output is Output.json:
            print_json({"event": word, "about": str(about), "reason": phrase})
            return
        log.append((time.time(), word, str(about), phrase))
        del log[:-ROWS]

    return tell


def _facts(verifier: VerifyWork, work: Pubkey, said: str) -> dict[str, Any]:
    seen = verifier.journal.seen(work)
    return {"work": str(work), "found": said, "verdict": None if seen is None else seen.verdict}


def _rows(summary: Summary, rate_bps: int) -> dict[str, str]:
    counts = ", ".join(f"{number:,} {state}" for state, number in sorted(summary.works.items())) or "none yet"
    return {
        "works": counts,
        "drawn": f"{percent(rate_bps)} of them",
        "said": count(summary.words, "word"),
        "earned": f"{fixed_mai(summary.earned)} MAI",
        "lost": f"{fixed_mai(summary.lost)} MAI",
    }


def _report(chain: Chain, summary: Summary, rate_bps: int) -> None:
    if chain.output is Output.json:
        amounts = {name: fixed_mai(getattr(summary, name), grouped=False) for name in ("earned", "lost")}
        print_json({"works": dict(summary.works), "words": summary.words, "rate_bps": rate_bps, **amounts})
        return
    show_facts(_rows(summary, rate_bps))


def _picture(summary: Summary, rate_bps: int, log: list[tuple[float, str, str, str]]) -> Group:
    facts = listing("", "")
    for name, value in _rows(summary, rate_bps).items():
        facts.add_row(name, Text(value))
    events = listing("at", "what", "about", "")
    for at, word, about, phrase in reversed(log):
        clock = datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
        events.add_row(clock, word, f"{about[:4]}…{about[-4:]}", Text(phrase))
    return Group(facts, Text(), events)
