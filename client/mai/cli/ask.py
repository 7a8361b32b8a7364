"""`mai ask`: a prompt in, an answer and a receipt out; and the same over HTTP."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from solders.pubkey import Pubkey

from mai.chain.rules import enforce
from mai.chain.tasks import CLASSES, rules
from mai.cli.connect import Chain, show_facts
from mai.cli.format import listing, when
from mai.cli.group import with_default
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.cli.output import progress as progress_console
from mai.errors import MaiError
from mai.money import parse_mai
from mai.requester import session
from mai.requester.ask import USUAL_LIMIT, Asker, Order, Wait
from mai.requester.engines import known_engines
from mai.requester.journal import FOLDER, Ask, Journal
from mai.requester.models import DEFAULT, open_model
from mai.requester.printable import printable
from mai.requester.receipt import Receipt

app = typer.Typer(
    cls=with_default("prompt"),
    help='Ask for an inference: `mai ask "..."` (options: `mai ask prompt --help`); resume, cancel, list, serve.',
    no_args_is_help=True,
)

ModelOption = Annotated[str, typer.Option("--model", "-m", help="the model's name")]
EngineOption = Annotated[
    list[str] | None,
    typer.Option("--engine", "-e", envvar="MAI_ENGINE", help="an engine to seal the prompt to (may be repeated)"),
]
WaitOption = Annotated[Wait, typer.Option(help="go on until the answer is here, proved, or settled")]
TimeoutOption = Annotated[float, typer.Option(min=1, max=604_800, help="seconds")]
FolderOption = Annotated[Path, typer.Option(help="where asks, receipts and the requester's key are kept")]
ReceiptOption = Annotated[Path | None, typer.Option("--receipt", help="the receipt's file")]
PrivateOption = Annotated[bool, typer.Option("--private", help="the receipt has hashes, no tokens and no texts")]
ClassOption = Annotated[str, typer.Option("--class", help=f"one of {', '.join(CLASSES)}")]
FeeOption = Annotated[str | None, typer.Option(help="MAI to pay for each task")]
LimitOption = Annotated[
    int | None, typer.Option(min=1, max=2**20, help=f"most tokens of the answer; by default {USUAL_LIMIT}, if they fit")
]
LifetimeOption = Annotated[int, typer.Option(help="seconds until the task expires")]
DiscloseOption = Annotated[
    bool, typer.Option("--disclose", help="verifiers with a stake may read prompt and answer, to run them again")
]


@app.command(hidden=True)
@on_chain
def prompt(
    chain: Chain,
    text: Annotated[str, typer.Argument(help="what to ask")],
    model: ModelOption = DEFAULT,
    engine: EngineOption = None,
    task_class: ClassOption = "routine",
    fee: FeeOption = None,
    max_tokens: LimitOption = None,
    lifetime: LifetimeOption = 3_600,
    wait: WaitOption = Wait.answer,
    timeout: TimeoutOption = 300,
    receipt: ReceiptOption = None,
    private: PrivateOption = False,
    disclose: DiscloseOption = False,
    folder: FolderOption = FOLDER,
) -> None:
    """Ask a model; the answer is printed as soon as it is checked against the chain, then its receipt."""
    order = order_of(task_class, fee, max_tokens, lifetime, disclose)
    found = open_model(model)
    asker = asker_of(chain, engine, folder)
    ask = session.begin(asker, found, session.asked(found, text), order)
    _finish(chain, asker, ask, found, wait, timeout, receipt, private, folder)


@app.command()
@on_chain
def resume(
    chain: Chain,
    task: Annotated[str, typer.Argument(help="the task's address")],
    engine: EngineOption = None,
    wait: WaitOption = Wait.answer,
    timeout: TimeoutOption = 300,
    receipt: ReceiptOption = None,
    private: PrivateOption = False,
    folder: FolderOption = FOLDER,
) -> None:
    """Go on with an ask that was interrupted, or bring its receipt up to date."""
    address = parse_address(task)
    asker = asker_of(chain, engine or asked_before(folder, address), folder)
    ask = asker.resume(address)
    _finish(chain, asker, ask, open_model(ask.model_name), wait, timeout, receipt, private, folder)


@app.command()
@on_chain
def cancel(
    chain: Chain,
    task: Annotated[str, typer.Argument(help="the task's address")],
    engine: EngineOption = None,
    folder: FolderOption = FOLDER,
) -> None:
    """Take an ask back while no miner has it: its fee returns, and the engines forget the prompt."""
    address = parse_address(task)
    asker = asker_of(chain, engine or asked_before(folder, address), folder)
    told: list[str] = []
    asker.cancel(asker.resume(address), lambda _, phrase: told.append(phrase))
    if chain.output is Output.json:
        print_json({"task": task, "state": "cancelled", "engines": told})
        return
    show_facts({"task": task, "state": "cancelled", "engines": "; ".join(told) or "none had it"})


@app.command("list")
def list_asks(
    output: Annotated[Output, typer.Option("--output", "-o", help="table for people, json for programs")] = (
        Output.table
    ),
    folder: FolderOption = FOLDER,
) -> None:
    """List what was asked from this folder, the newest first."""
    journal = Journal(folder)
    states = journal.states()
    journal.close()
    if output is Output.json:
        print_json({"asks": [{"task": task, "state": state, "asked_ts": ts} for task, state, ts in states]})
        return
    table = listing("task", "state", "asked")
    for task, state, ts in states:
        table.add_row(task, state, when(ts))
    people.print(table if states else "Nothing was asked from here.")


@app.command()
@on_chain
def serve(
    chain: Chain,
    model: Annotated[list[str] | None, typer.Option("--model", "-m", help="a model (may be repeated)")] = None,
    engine: EngineOption = None,
    task_class: ClassOption = "routine",
    fee: FeeOption = None,
    budget: Annotated[str | None, typer.Option(help="MAI that all tasks of this run together may cost")] = None,
    max_tokens: LimitOption = None,
    lifetime: LifetimeOption = 3_600,
    wait: WaitOption = Wait.answer,
    timeout: TimeoutOption = 300,
    disclose: DiscloseOption = False,
    bind_address: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free")] = 11_436,
    api_key: Annotated[
        Path | None, typer.Option("--api-key-file", help="a file with the key that clients must send")
    ] = None,
    folder: FolderOption = FOLDER,
) -> None:
    """Answer OpenAI's /v1/chat/completions through the network; every answer carries its receipt as `mai`."""
    from mai.requester.api import Limits, create_app, read_api_key
    from mai.requester.listen import run

    order = order_of(task_class, fee, max_tokens, lifetime, disclose)
    limits = Limits(
        order=order, wait=wait, timeout=timeout, budget=None if budget is None else parse_mai(budget),
        api_key=None if api_key is None else read_api_key(api_key),
    )  # fmt: skip
    models = {name: open_model(name) for name in model or [DEFAULT]}
    asker = asker_of(chain, engine, folder)

    def ready(url: str) -> None:
        facts = {"url": url, "wallet": str(asker.signer.pubkey()), "receipts": str(folder)}
        if chain.output is Output.json:
            print_json({**facts, "models": list(models)})
            sys.stdout.flush()
        else:
            show_facts({**facts, "models": ", ".join(models)})

    run(lambda host: create_app(asker, models, limits, folder, host), bind_address, port, limits.api_key, ready)


def order_of(task_class: str, fee: str | None, limit: int | None, lifetime: int, disclose: bool) -> Order:
    """What is ordered by these options.

    Raises:
        MaiError: one of them is wrong.
    """
    if task_class not in CLASSES:
        raise MaiError(f"there is no task class {task_class}: choose from {', '.join(CLASSES)}")
    enforce(rules.check_lifetime, max(lifetime, 0))
    return Order(CLASSES[task_class], limit, 0 if fee is None else parse_mai(fee), lifetime, disclose)


def asker_of(chain: Chain, engine: list[str] | None, folder: Path) -> Asker:
    """Who asks: the command's wallet on its cluster, from a folder.

    Raises:
        MaiError: no engine is known, or the folder cannot be used.
    """
    if chain.dry_run:
        raise MaiError("an ask cannot be tried without sending: see `mai task post --dry-run`")
    engines = known_engines(engine or ())
    return Asker(chain.economy, chain.signer, Journal(folder), engines)


def asked_before(folder: Path, task: Pubkey) -> list[str]:
    """The engines that an ask was offered to."""
    journal = Journal(folder)
    found = journal.find(task)
    journal.close()
    return [] if found is None else list(found.engines)


def _finish(
    chain: Chain,
    asker: Asker,
    ask: Ask,
    model: Any,
    wait: Wait,
    timeout: float,
    file: Path | None,
    private: bool,
    folder: Path,
) -> None:
    """The rest of an ask, the answer on the screen as soon as it is there, and the receipt."""
    shown = False

    def show() -> None:
        nonlocal shown
        if not shown and chain.output is Output.table:
            people.print(Text(printable(session.answer_text(ask, model))), soft_wrap=True)
            people.print()
        shown = True

    with _telling(chain.output) as tell:

        def say(word: str, phrase: str) -> None:
            if word == "answered":
                show()
            tell(word, phrase)

        session.go_on(asker, ask, wait, timeout, say)
        show()
        found = session.receipt(asker, ask, model)
        path = file or session.receipt_path(folder, ask.task)
        (found.private() if private else found).write(path)
    _report(chain, ask, found, path, session.answer_text(ask, model))


def _report(chain: Chain, ask: Ask, receipt: Receipt, path: Path, text: str) -> None:
    assert ask.answer is not None
    facts: dict[str, Any] = {
        "task": str(ask.task), "work": str(ask.work), "miner": str(receipt.miner), "model": ask.model_name,
        "reached": receipt.reached.value, "receipt": str(path),
    }  # fmt: skip
    if chain.output is Output.json:
        tokens = {"prompt_tokens": len(ask.prompt.tokens), "tokens": list(ask.answer.salted.tokens)}
        print_json({"answer": text, **facts, **tokens, "output": receipt.output.hex(), "record": ask.answer.record()})
        return
    link = chain.link("address", ask.task)
    show_facts({**facts, "verify": f"mai receipt verify {path}", **({"explorer": link} if link else {})})


@contextmanager
def _telling(output: Output) -> Iterator[Callable[[str, str], None]]:
    """A line that says what happens, on a terminal; nothing for programs."""
    if output is Output.json or not progress_console.is_terminal:
        yield lambda word, phrase: None
        return
    with progress_console.status("asking") as line:
        yield lambda word, phrase: line.update(Text(f"{word}: {phrase}"))
