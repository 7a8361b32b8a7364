"""`mai mine`: work for the network, and look at and control a miner that does."""

from __future__ import annotations

import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import platformdirs
import typer

from mai.chain.devices import Devices
from mai.cli.connect import Chain
from mai.cli.engine import token_in
from mai.cli.options import on_chain
from mai.cli.output import Output, OutputOption, people, print_json
from mai.errors import MaiError
from mai.miner import models, prices
from mai.miner.chores import Chores
from mai.miner.control import Control, only_one, running
from mai.miner.desk import Desk
from mai.miner.engine_offers import EngineOffers, engine_at
from mai.miner.intake import Terms
from mai.miner.jobs import PROOF_SECONDS
from mai.miner.journal import Journal, Work
from mai.miner.lanes import lanes
from mai.miner.mine import Mine
from mai.miner.offers import LocalOffers, Offers
from mai.miner.pools import labels_of, open_pool
from mai.miner.presets import allocation
from mai.miner.provers import LocalProvers
from mai.miner.schedule import Schedule
from mai.miner.seal import Seal
from mai.miner.table import Lines, LiveTable, line, view, works_table
from mai.money import format_mai
from mai.wallet.browser.signer import BrowserSigner

app = typer.Typer(help="Mine: take tasks, run a model, prove what is drawn, be paid.")

DEFAULT_MODELS = ("tiny", "tiny-endless")
"""The second never ends an answer: it is for musters, where length counts."""
MOST_SHOWN = 1_000
LONGEST_PROOF = 24 * 3600
DataOption = Annotated[
    Path | None, typer.Option("--data", envvar="MAI_MINE", help="the miner's folder: journal, key file, offers")
]
LaneArgument = Annotated[str | None, typer.Argument(help="cpu, gpu0, gpu1, ...; everything where none is named")]
JOURNAL, KEY, OFFERS = "journal.sqlite", "key", "offers.sqlite"


@app.callback(invoke_without_command=True)
@on_chain
def mine(
    chain: Chain,
    context: typer.Context,
    data: DataOption = None,
    model: Annotated[list[str] | None, typer.Option("--model", help="a provable model to serve; several")] = None,
    device: Annotated[
        str | None, typer.Option("--device", help="a device's name or address; not for an only one")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="light (25 %), balanced (50 %), maximum (100 %), or flexible 10 to 100 in tens")
    ] = None,
    schedule: Annotated[
        list[str] | None, typer.Option(help="hours in which works are taken, such as 22:00-07:00; several")
    ] = None,
    price_floor: Annotated[
        str | None, typer.Option(help="take nothing below: MAI for 10⁹ work units (50), or for an hour (3/h)")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="the engine that prompts are sent to: http://… or unix:SOCKET, served with --held"),
    ] = None,
    engine_token: Annotated[Path | None, typer.Option(help="a file with the engine's token, if it has one")] = None,
    once: Annotated[bool, typer.Option("--once", help="do what is there, and end")] = False,
    max_works: Annotated[int | None, typer.Option(min=1, help="take so many works, and end")] = None,
    musters: Annotated[bool, typer.Option("--musters/--no-musters", help="answer musters")] = True,
    local: Annotated[bool, typer.Option("--local", help="a whole network in one process, with a cheat in it")] = False,
    real_time: Annotated[bool, typer.Option("--real-time", help="with --local: let no time pass at once")] = False,
    prover: Annotated[str, typer.Option(help="what proves: cpu, gpu, or auto; gpu never falls back")] = "cpu",
    ray: Annotated[
        str | None, typer.Option("--ray", help="prove on the nodes of a Ray cluster: its head's host:port")
    ] = None,
    ray_label: Annotated[
        list[str] | None, typer.Option("--ray-label", help="only on nodes with this label, name=value; several")
    ] = None,
    proof_timeout: Annotated[
        int, typer.Option(min=1, max=LONGEST_PROOF, help="seconds after which a proof is broken off and tried again")
    ] = PROOF_SECONDS,
    tasks: Annotated[int, typer.Option(min=2, max=50, help="with --local: how many tasks are posted")] = 2,
) -> None:
    """Take tasks, run, commit, prove what is drawn, settle; ends by Ctrl-C, and goes on where it was."""
    if context.invoked_subcommand is not None:
        return
    terms = Terms(
        allocation(preset or "balanced"), Schedule.parse(schedule or ()), prices.parse_floor(price_floor),
        lanes=lanes(), most_works=max_works,
    )  # fmt: skip
    names = model or list(DEFAULT_MODELS)
    if local:
        from mai.miner.local.view import show

        signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the localnet is ended, too
        show(names[0], terms, people, as_json=chain.output is Output.json, tasks=tasks, real_time=real_time)
        return
    if chain.dry_run:
        raise MaiError("mining sends transactions for as long as it runs: there is no dry run of it")
    if isinstance(chain.signer, BrowserSigner):
        raise MaiError("mining signs hundreds of transactions: use a keypair file or keychain:NAME, not the browser")
    folder = data or default_folder()
    with only_one(folder):
        desk = _desk(chain, folder, names, device, engine, engine_token)
        control = Control(desk.journal)
        terms.allocation = allocation(control.begin(terms.lanes, preset))
        desk.provers, terms.lanes = open_pool(
            terms.allocation, terms.lanes, people.print, prover=prover, ray=ray, labels=labels_of(ray_label or ()),
            proof_seconds=proof_timeout,
        )  # fmt: skip
        control.begin(terms.lanes, None)
        found = Mine(desk, terms, Chores(desk, muster_tokens=16 if musters else 0), control, once=once)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: found.stop())
        try:
            _run(found, chain.output)
        finally:
            desk.provers.close()
    _summary(found, chain.output)


def default_folder() -> Path:
    """Where the miner's folder is if nobody says."""
    return platformdirs.user_state_path("mai") / "mine"


def _desk(
    chain: Chain, folder: Path, names: list[str], device: str | None, engine: str | None, token: Path | None
) -> Desk:
    """Everything the miner needs but its provers.

    Raises:
        MaiError: the wallet has no device, the folder belongs to another one, or no engine answers.
    """
    owner, economy = chain.signer, chain.economy
    found = Devices(economy).pick(owner.pubkey(), device)
    if found.fields.status != 1:
        raise MaiError(f"the device {found.name} is retired: register another with `mai register --name`")
    seal = Seal.of(folder / KEY)
    journal = Journal(folder / JOURNAL, seal)
    _claim(journal, str(found.address), folder)
    served = {item.address: item for item in (models.serve(economy, models.load(name)) for name in names)}
    offers: Offers = LocalOffers(folder / OFFERS, seal)
    if engine is not None:
        offers = EngineOffers(engine_at(engine, token_in(token) if token else None), served, owner)
    provers = LocalProvers()
    return Desk(
        economy,
        owner,
        bytes(found.fields.device),
        journal,
        seal,
        offers,
        provers,
        served,
    )


def _claim(journal: Journal, address: str, folder: Path) -> None:
    """A folder belongs to one device for ever: its journal means nothing for another."""
    known = journal.setting("device")
    if known not in (None, address):
        raise MaiError(f"the folder {folder} belongs to the device {known}: choose another with --data")
    if known is None:
        journal.set("device", address)


def _run(found: Mine, output: Output) -> None:
    if output is Output.table and people.is_terminal:
        with LiveTable(people, lambda: view(found, "MAI miner")) as table:
            found.told = table
            found.run()
        return
    stream = sys.stderr if output is Output.json else sys.stdout
    found.told = Lines(found.desk.journal, lambda text: print(text, file=stream, flush=True))
    found.run()


def _summary(found: Mine, output: Output) -> None:
    if output is Output.json:
        print_json(status_of(found.desk.journal))
        return
    people.print(works_table(found.desk.journal))
    people.print(f"Earned: {format_mai(found.desk.journal.earned())} MAI")


# Looking at it and controlling it


@app.command()
def status(data: DataOption = None, output: OutputOption = Output.table) -> None:
    """Show whether a miner is running, what it works on and what it has earned."""
    folder, journal = _open(data)
    pid = running(folder)
    if output is Output.json:
        print_json({"running": pid is not None, "pid": pid, **status_of(journal)})
        return
    control = Control(journal)
    said = f"running (process {pid})" if pid is not None else "not running"
    paused = ", ".join(sorted(control.paused())) or "nothing"
    people.print(f"Miner: {said}; paused: {paused}; earned {format_mai(journal.earned())} MAI")
    people.print(works_table(journal))


@app.command()
def log(
    data: DataOption = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="how many lines")] = 50,
    work: Annotated[str | None, typer.Option(help="of this work or task only")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Show what happened: every step of every work, and why tasks were not taken."""
    _, journal = _open(data)
    known = {item.task: item.id for item in journal.works()} if work else {}
    events = journal.history(last=last, work=known.get(work, work) if work else None)
    if output is Output.json:
        for event in events:
            at = datetime.fromtimestamp(event.at).astimezone().isoformat(timespec="milliseconds")
            print_json({"at": at, "work": event.work, "event": event.event, "detail": event.detail})
        return
    for event in events:
        people.print(line(event), markup=False, highlight=False, soft_wrap=True)


@app.command()
def pause(lane: LaneArgument = None, data: DataOption = None, output: OutputOption = Output.table) -> None:
    """Give one device, or all of them, nothing new; what is begun is finished elsewhere or later."""
    _, journal = _open(data)
    _tell_paused(Control(journal).pause(lane), output)


@app.command()
def resume(lane: LaneArgument = None, data: DataOption = None, output: OutputOption = Output.table) -> None:
    """Let one device, or all of them, go on."""
    _, journal = _open(data)
    _tell_paused(Control(journal).resume(lane), output)


@app.command()
def preset(
    name: Annotated[list[str], typer.Argument(help="light, balanced, maximum, or flexible 10 to 100 in tens")],
    data: DataOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Choose another preset; it counts at once, and after a restart."""
    _, journal = _open(data)
    found = allocation(Control(journal).preset(" ".join(name)))
    if output is Output.json:
        print_json(
            {
                field: getattr(found, field)
                for field in ("name", "share", "workers", "threads", "in_flight", "nice", "duty")
            }
        )
        return
    people.print(
        f"{found.name}: {found.share} % of this machine, {found.workers} provers of {found.threads} threads, "
        f"{found.in_flight} works in flight"
    )


@app.command()
def stop(
    data: DataOption = None,
    drain: Annotated[bool, typer.Option("--drain", help="when the works that it has are done")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Ask a running miner to end."""
    folder, journal = _open(data)
    if running(folder) is None:
        raise MaiError(f"no miner is running on {folder}")
    Control(journal).stop(drain=drain)
    if output is Output.json:
        print_json({"stopping": "drain" if drain else "now"})
        return
    people.print(
        "The miner ends when its works are done." if drain else "The miner ends after the steps that it is taking."
    )


def _tell_paused(paused: frozenset[str], output: Output) -> None:
    if output is Output.json:
        print_json({"paused": sorted(paused)})
        return
    people.print(f"Paused: {', '.join(sorted(paused)) or 'nothing'}")


def _open(data: Path | None) -> tuple[Path, Journal]:
    folder = data or default_folder()
    if not (folder / JOURNAL).is_file():
        raise MaiError(f"there is no miner in {folder}: start one with `mai mine`, or name its folder with --data")
    return folder, Journal(folder / JOURNAL, Seal.of(folder / KEY))


def status_of(journal: Journal) -> dict[str, Any]:
    """A miner for programs; amounts as decimal strings."""
    control = Control(journal)
    return {
        "device": journal.setting("device"),
        "preset": journal.setting("preset"),
        "lanes": list(control.lanes()),
        "paused": sorted(control.paused()),
        "earned": format_mai(journal.earned(), grouped=False),
        "works": [work_facts(journal, work) for work in journal.works(last=MOST_SHOWN)],
        "refused": [
            {"task": task, "reason": reason, "sentence": sentence} for task, reason, sentence in journal.refusals(100)
        ],
    }


def work_facts(journal: Journal, work: Work) -> dict[str, Any]:
    """A work for programs."""
    return {
        "work": work.id, "kind": str(work.kind), "task": work.task, "model": work.model, "state": str(work.state),
        "reason": work.reason, "tokens": work.tokens, "paid": format_mai(work.paid, grouped=False),
        "due_ts": work.due_ts, "due_slot": work.due_slot, "drawn": journal.shown(work.id),
    }  # fmt: skip
