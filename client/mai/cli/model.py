"""`mai model`: models on this machine: pull, verify, list, show, remove, the budget, and the benchmark."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.text import Text

from mai.cli.connect import YesOption, show_facts
from mai.cli.format import listing, when
from mai.cli.output import Output, OutputOption, bar, people, print_json
from mai.engine.models import benchmark
from mai.engine.models.catalogue import GOOD, Model, Speed
from mai.engine.models.sources import FORMS, parse_source
from mai.engine.models.space import Space, parse_size, shown_size
from mai.engine.models.store import Store, Wish
from mai.errors import MaiError

app = typer.Typer(help="Models: pull, verify, list, show, remove, budget, bench.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="a model's name, as `mai model list` shows it", show_default=False)]
NO_BUDGET = "none"


@app.command()
def pull(
    source: Annotated[str, typer.Argument(help=FORMS, show_default=False)],
    name: Annotated[str | None, typer.Option(help="what it is called here; by default made of the file's name")] = None,
    kind: Annotated[str | None, typer.Option(help="gguf, onnx or provable; by default that of the file's name")] = None,
    sha256: Annotated[str | None, typer.Option(help="what its content must hash to")] = None,
    licence: Annotated[str, typer.Option(help="its licence, to be shown in lists")] = "",
    trust_first_use: Annotated[
        bool,
        typer.Option("--trust-first-use", help="take content whose hash nobody states, and hold later pulls to it"),
    ] = False,
    make_room: Annotated[
        bool, typer.Option("--make-room", help="remove the models that were used longest ago where room is lacking")
    ] = False,
    gateway: Annotated[str | None, typer.Option(help="the IPFS gateway; it need not be trusted")] = None,
    output: OutputOption = Output.table,
) -> None:
    """Bring a model here and check its hash. A pull that broke off goes on where it ended."""
    wish = Wish(name, kind, sha256, licence, trust_first_use, make_room, gateway)
    with bar(f"pulling {source[:60]}", output) as progress:
        model, removed = Store().pull(parse_source(source), wish, progress)
    if output is Output.json:
        print_json({**facts(model, []), "removed": [item.name for item in removed]})
        return
    for item in removed:
        people.print(f"removed {item.name} ({shown_size(item.size)}) to make room", highlight=False)
    show_facts(
        {
            "model": model.name,
            "size": shown_size(model.size),
            "SHA-256": f"{model.sha256}, as {_stated(model)}",
            "file": model.path,
        }
    )


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="models; by default all", show_default=False)] = None,
    output: OutputOption = Output.table,
) -> None:
    """Hash models again; what changed is marked as damaged, and used no more."""
    store = Store()
    chosen = names or [model.name for model in store.models()]
    found = list[Model]()
    for name in chosen:
        with bar(f"verifying {name}", output) as progress:
            found.append(store.verify(name, progress))
    if output is Output.json:
        print_json({"models": [{"name": model.name, "state": model.state} for model in found]})
    else:
        for model in found:
            people.print(f"{model.name}: {model.state}", highlight=False)
    if bad := [model.name for model in found if model.state != GOOD]:
        raise MaiError(f"damaged or missing: {', '.join(bad)}; pull them again")


@app.command("list")
def list_models(output: OutputOption = Output.table) -> None:
    """List the models with their size, speed and last use, and the budget."""
    store = Store()
    models, speeds, space = store.models(), _by_model(store), store.space()
    if output is Output.json:
        listed = [facts(model, speeds.get(model.name, [])) for model in models]
        print_json({"models": listed, "budget": space.budget, "used": space.used, "left": space.left})
        return
    numbers = ("size", "tokens/s")
    table = listing("model", "kind", *numbers, "state", "last used", right=("model", *numbers))
    table.columns[0].justify = "left"
    for model in models:
        fastest = max((speed.generation for speed in speeds.get(model.name, [])), default=None)
        table.add_row(
            Text(model.name),
            model.kind,
            shown_size(model.size),
            f"{fastest:,.1f}" if fastest is not None else "",
            Text(model.state, style="" if model.state == GOOD else "red"),
            when(model.used) if model.used else "never",
        )
    people.print(table if models else "There are no models: `mai model pull` brings one.")
    people.print(_spaces(space), highlight=False)


@app.command()
def show(name: NameArgument, output: OutputOption = Output.table) -> None:
    """Show one model: where it came from, its hash, and how fast it ran here."""
    store = Store()
    model, speeds = store.find(name), _by_model(store).get(name, [])
    if output is Output.json:
        print_json(facts(model, speeds))
        return
    rows = {
        "model": model.name,
        "kind": model.kind,
        "state": model.state,
        "size": f"{shown_size(model.size)} ({model.size:,} bytes)",
        "SHA-256": f"{model.sha256}, as {_stated(model)}",
        "source": model.source,
        "revision": model.revision or "not known",
        "licence": model.licence or "not said",
        "file": f"{model.path}{'' if model.owned else ' (a package brought it; it is used in place)'}",
        "added": when(model.added),
        "last used": when(model.used) if model.used else "never",
    }
    for speed in speeds:
        rates = f"{speed.prompt:,.1f} tokens/s read, {speed.generation:,.1f} written"
        rows[speed.backend] = f"{rates} ({when(speed.measured)})"
    show_facts(rows)


@app.command()
def remove(name: NameArgument, yes: YesOption = False, output: OutputOption = Output.table) -> None:
    """Remove a model, or what is left of an unfinished pull of it."""
    if not yes:
        if output is Output.json:
            raise MaiError("add --yes: with --output json nobody is asked")
        typer.confirm(f"Remove the model {name}?", abort=True)
    store = Store()
    model = store.remove(name)
    freed = model.size if model is not None and model.owned else 0
    if output is Output.json:
        print_json({"removed": name, "freed": freed, "left": store.space().left})
        return
    people.print(f"removed {name}; {_spaces(store.space())}", highlight=False)


@app.command()
def budget(
    size: Annotated[
        str | None, typer.Argument(help="such as 50GB; none: all that the disk has", show_default=False)
    ] = None,
    output: OutputOption = Output.table,
) -> None:
    """Show or set how much the models may take on the disk. Nothing is removed by it."""
    store = Store()
    if size is not None:
        store.set_budget(None if size == NO_BUDGET else parse_size(size))
    space = store.space()
    if output is Output.json:
        print_json({"budget": space.budget, "used": space.used, "left": space.left})
        return
    people.print(_spaces(space), highlight=False)


@app.command()
def bench(
    model: Annotated[str | None, typer.Option(help="a model of the list; by default the embedded one")] = None,
    again: Annotated[bool, typer.Option("--again", help="measure anew, though nothing changed")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Measure this machine, once for its hardware and drivers: speeds, tier, and what `mai register` declares."""
    with bar("measuring", output) as progress:
        result, fresh = benchmark.bench(Store(), model, again=again, progress=progress)
    if output is Output.json:
        print_json({**asdict(result), "fresh": fresh})
        return
    place = "GPU" if result.on_gpu else "CPU"
    ran = f"{result.model} in {result.backend}, on the {place}" if result.model else "no model: nothing here runs one"
    speeds = {"prompt": f"{result.prompt:,.1f} tokens/s", "answer": f"{result.generation:,.1f} tokens/s"}
    show_facts(
        {
            "tier": f"{result.tier} ({result.reason})",
            "ran": ran,
            **(speeds if result.model else {}),
            "memory": f"{result.copy / 1e9:,.1f} GB/s, one thread",
            "arithmetic": f"{result.macs / 1e9:,.1f} billion multiply-accumulates/s (32-bit floats)",
            "disk": f"{result.disk_write / 1e6:,.0f} MB/s written, {result.disk_read / 1e6:,.0f} MB/s read",
            "measured": f"{when(result.measured)}{'' if fresh else '; nothing changed since: --again measures anew'}",
            "fingerprint": result.fingerprint[:16],
        }
    )


def facts(model: Model, speeds: list[Speed]) -> dict[str, Any]:
    """A model for programs."""
    return {**asdict(model), "speeds": [asdict(speed) for speed in speeds]}


def _by_model(store: Store) -> dict[str, list[Speed]]:
    found = dict[str, list[Speed]]()
    for speed in store.catalogue.speeds():
        found.setdefault(speed.model, []).append(speed)
    return found


def _stated(model: Model) -> str:
    who = {
        "option": "you stated it",
        "hub": "the hub states it",
        "cid": "the CID states it block by block",
        "package": "the package states it",
    }
    return who.get(model.sha256_from, "it was at the first use")


def _spaces(space: Space) -> str:
    limit = f"budget {shown_size(space.budget)}" if space.budget is not None else "no budget"
    return f"{limit}; {shown_size(space.used)} used, {shown_size(space.left)} left"
