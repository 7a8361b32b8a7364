"""`mai receipt`: what a receipt says, and whether the chain says the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mai.audit.open import open_source
from mai.cli.audit import SourceOption
from mai.cli.connect import show_facts
from mai.cli.format import count, listing
from mai.cli.output import Output, OutputOption, people, print_json
from mai.cli.settings import default_url
from mai.errors import MaiError
from mai.requester.ask import Wait
from mai.requester.models import open_model
from mai.requester.printable import printable
from mai.requester.receipt import Receipt, read_receipt
from mai.requester.verify import State, Verification

app = typer.Typer(help="Receipts of answers: show, verify.", no_args_is_help=True)
FileArgument = Annotated[Path, typer.Argument(help="the receipt's file")]
COLOURS = {State.ok: "green", State.failed: "bold red", State.open: "yellow"}


@app.command()
def show(file: FileArgument, output: OutputOption = Output.table) -> None:
    """Show what a receipt says; nothing is checked."""
    receipt = read_receipt(file)
    if output is Output.json:
        print_json(receipt.fields())
        return
    show_facts({printable(name): printable(value) for name, value in rows(receipt).items()})


@app.command()
def verify(
    file: FileArgument,
    source: SourceOption = None,
    require: Annotated[Wait, typer.Option(help="what must have been reached, whatever the receipt says")] = Wait.answer,
    output: OutputOption = Output.table,
) -> None:
    """Check a receipt against the chain, line by line; exit code 1 if anything in it is wrong.

    A line is OK, FAILED, or OPEN: what the receipt does not claim yet, or what cannot be looked at from here.
    """
    receipt = read_receipt(file)
    try:
        model = open_model(receipt.model_name)
    except MaiError:
        model = None
    verification = Verification(receipt, open_source(source or default_url()), model=model, require=require)
    if output is Output.json:
        lines = [{"check": line.name, "state": line.state.value, "reason": line.reason} for line in verification.lines]
        print_json({"task": str(receipt.task), "failed": len(verification.failed), "checks": lines})
    else:
        table = listing("", "check", "")
        for line in verification.lines:
            table.add_row(
                Text(line.state.value, style=COLOURS[line.state]), printable(line.name), Text(printable(line.reason))
            )
        people.print(table)
        people.print(Text(printable(verdict(verification))))
    if verification.failed:
        raise typer.Exit(1)


def verdict(verification: Verification) -> str:
    """All checks in one sentence."""
    failed = verification.failed
    if failed:
        return f"This receipt is not true: {', '.join(line.name for line in failed)}."
    reached = [line.name for line in verification.lines if line.name in ("trace", "settled", "paid")]
    done = [line.name for line in verification.lines if line.name in reached and line.state is State.ok]
    words = {"trace": "its trace is proved", "settled": "the work is settled", "paid": "its miner is paid"}
    said = ", ".join(words[name] for name in done) or "its work is committed and not proved yet"
    return f"This receipt is true: {said}."


def rows(receipt: Receipt) -> dict[str, str]:
    """A receipt for people."""
    prompt, answer = receipt.prompt, receipt.answer
    private = "(private)"
    found = {
        "prompt": f"{count(len(prompt.hashes), 'token')} {prompt.text if prompt.salted else private}",
        "answer": f"{count(len(answer.hashes), 'token')} {answer.text if answer.salted else private}",
        "model": receipt.model_name,
        "reached": receipt.reached.value,
        "task": str(receipt.task),
        "work": str(receipt.work),
        "miner": str(receipt.miner),
        "owner": str(receipt.owner),
        "requester": str(receipt.requester),
        "context": receipt.context.hex(),
        "input": receipt.input.hex(),
        "output": receipt.output.hex(),
        "signed by": receipt.record["signer"] or "nobody" if receipt.record else "nobody",
        "cluster": receipt.cluster,
        "committed in slot": f"{receipt.committed_slot:,}",
    }
    for name, item in receipt.transactions.items():
        found[name.replace("_", " ")] = f"{item['signature']} (slot {item['slot']:,})"
    return found
