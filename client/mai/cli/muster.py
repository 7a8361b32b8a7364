"""`mai muster`: when every device shows what it can do, and what each has shown."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.text import Text

from mai.chain.devices import Device, Devices
from mai.chain.muster import ANSWERS, Muster, Musters, prompt, rules
from mai.cli.connect import DEFAULT_URL, OwnerOption, open_economy, parse_digest, show_facts, show_sent, wallet_of
from mai.cli.format import listing
from mai.cli.output import Output, OutputOption, parse_address, people, print_json
from mai.cli.wallet import DEFAULT_KEYPAIR, KeypairOption, UrlOption, read_keypair
from mai.errors import MaiError

app = typer.Typer(help="Musters: show, wait, call, answer, prove, count.", no_args_is_help=True)

DeviceOption = Annotated[str | None, typer.Option("--device", help="a device's name or address; not for an only one")]
POLL_S = 0.4
ODDS = int(rules.MUSTER_ODDS)


@app.command()
def show(
    owner: OwnerOption = None,
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Show the last muster, and what a wallet's devices have shown."""
    wallet, economy = wallet_of(owner, keypair), open_economy(url)
    musters = Musters(economy)
    last, found = musters.last(), [item for item in Devices(economy).of(wallet) if item.fields.status == 1]
    if output is Output.json:
        print_json({**facts(last), "devices": [device_facts(musters, last, item) for item in found]})
        return
    show_facts({**rows(last), "network's power": f"{economy.state('emission').power:,} work units a slot"})
    if not found:
        return
    table = listing("device", "power", "last answer", "tokens", "shown", right=("power", "tokens", "shown"))
    for item in found:
        given = musters.answer_of(item.address)
        said, numbers = "none", ("-", "-")
        if given is not None:
            said, numbers = f"muster {given.muster}, {ANSWERS[given.status]}", (f"{given.tokens:,}", f"{given.shown:,}")
        table.add_row(Text(item.name), f"{musters.power(item):,}", said, *numbers)
    people.print()
    people.print(table)


@app.command()
def wait(
    device: DeviceOption = None,
    seconds: Annotated[int, typer.Option(help="give up after so many seconds; 0: never")] = 0,
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Wait for a muster, call it if nobody has, and say the device's prompt."""
    owner, economy = read_keypair(keypair), open_economy(url)
    musters, found = Musters(economy), Devices(economy).pick(owner.pubkey(), device)
    begun, seen = time.monotonic(), musters.answer_of(found.address)
    answered = seen.muster if seen is not None else 0
    while True:
        mark = musters.drawn()
        if mark is not None:
            musters.call(owner, mark)
        last = musters.last()
        if last.running and last.number > answered:
            break
        if seconds and time.monotonic() - begun > seconds:
            raise MaiError(f"no muster was called in {seconds} seconds")
        time.sleep(POLL_S)
    if output is Output.json:
        print_json({**facts(last), **device_facts(musters, last, found)})
        return
    show_facts({**rows(last), "prompt": " ".join(map(str, prompt(last.seed, found.address)))})


@app.command()
def call(
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Call the muster that the last mark's block asks for. Anyone may."""
    caller, economy = read_keypair(keypair), open_economy(url)
    musters = Musters(economy)
    mark = musters.drawn()
    if mark is None:
        raise MaiError(f"no muster can be called now: one mark in {ODDS:,} calls one, and for half a minute")
    landed = musters.call(caller, mark)
    show_sent(output, landed, facts(musters.last()), rows(musters.last()))


@app.command()
def answer(
    model: Annotated[str, typer.Argument(help="the address of the model that answered; it is proved by its trace")],
    output_digest: Annotated[str, typer.Argument(help="root of the answer's tokens, 64 hexadecimal digits")],
    tokens: Annotated[int, typer.Argument(help="tokens of the answer")],
    device: DeviceOption = None,
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Answer the running muster with what the device came by until now."""
    address, digest = parse_address(model), parse_digest(output_digest)
    if not 0 < tokens < 2**32:
        raise MaiError("an answer has at least one token, and at most 4,294,967,295")
    owner, economy = read_keypair(keypair), open_economy(url)
    musters, found = Musters(economy), Devices(economy).pick(owner.pubkey(), device)
    landed = musters.answer(owner, found, address, output=digest, tokens=tokens)
    given = musters.answer_of(found.address)
    if given is None:
        raise MaiError("the answer was sent and is not there")
    said = {"muster": given.muster, "context": bytes(given.context).hex(), "input": bytes(given.input).hex()}
    shown = {"shown": f"{given.shown:,} work units a slot", "counts": "once its trace is proved"}
    show_sent(
        output, landed, {**said, "shown": given.shown}, {**{name: str(value) for name, value in said.items()}, **shown}
    )


@app.command()
def prove(
    trace: Annotated[str, typer.Argument(help="address of the proved trace of the answer")],
    device: DeviceOption = None,
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Let an answer count whose trace is proved; the sooner, the more."""
    address, owner, economy = parse_address(trace), read_keypair(keypair), open_economy(url)
    devices, musters = Devices(economy), Musters(economy)
    landed = musters.prove(owner, devices.pick(owner.pubkey(), device), address)
    found = devices.pick(owner.pubkey(), device)
    power = musters.power(found)
    show_sent(output, landed, {"power": power}, {"device": found.name, "power": f"{power:,} work units a slot"})


@app.command()
def count(
    miner: Annotated[str, typer.Argument(help="the device's address")],
    url: UrlOption = DEFAULT_URL,
    keypair: KeypairOption = DEFAULT_KEYPAIR,
    output: OutputOption = Output.table,
) -> None:
    """Halve the power of a device for the musters that it missed. Anyone may."""
    address, caller, economy = parse_address(miner), read_keypair(keypair), open_economy(url)
    before = economy.read("Miner", address).power
    landed = Musters(economy).count(caller, address)
    after = economy.read("Miner", address).power
    show_sent(output, landed, {"before": before, "power": after}, {"power": f"{before:,} -> {after:,}"})


def facts(muster: Muster) -> dict[str, Any]:
    """A muster for programs; the seed in hexadecimal."""
    return {
        "muster": muster.number,
        "mark": muster.mark,
        "seed": muster.seed.hex(),
        "running": muster.running,
        "slots_left": max(muster.slots_left, 0),
    }


def rows(muster: Muster) -> dict[str, str]:
    """A muster for people."""
    if muster.number == 0:
        return {"last muster": "none yet"}
    left = f"{muster.slots_left:,} slots left to answer" if muster.running else "over"
    return {"last muster": f"{muster.number:,}, slot {muster.mark:,}: {left}"}


def device_facts(musters: Musters, muster: Muster, device: Device) -> dict[str, Any]:
    """What a device has shown, for programs; its prompt is of the muster given."""
    given = musters.answer_of(device.address)
    said = None
    if given is not None:
        names = ("muster", "tokens", "shown")
        digests = {name: bytes(getattr(given, name)).hex() for name in ("context", "input", "output")}
        said = {
            **{name: getattr(given, name) for name in names},
            **digests,
            "model": str(given.model),
            "state": ANSWERS[given.status],
        }
    return {
        "device": device.name,
        "miner": str(device.address),
        "power": musters.power(device),
        "prompt": prompt(muster.seed, device.address) if muster.number else None,
        "answer": said,
    }
