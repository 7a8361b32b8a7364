"""`mai muster`: when every device shows what it can do, and what each has shown."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.text import Text

from mai.chain.devices import Device, Devices
from mai.chain.muster import ANSWERS, Muster, Musters, power_now, prompt, rules
from mai.cli.connect import Chain, OwnerOption, parse_digest, show_facts, show_sent
from mai.cli.format import listing
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.errors import MaiError

app = typer.Typer(help="Musters: show, wait, call, answer, prove, count.", no_args_is_help=True)

DeviceOption = Annotated[str | None, typer.Option("--device", help="a device's name or address; not for an only one")]
LaneOption = Annotated[int, typer.Option(help="which of the device's streams, 0 to 63")]
POLL_S = 0.4
LANES = int(rules.MOST_LANES)


@app.command()
@on_chain
def show(
    chain: Chain,
    owner: OwnerOption = None,
) -> None:
    """Show the last muster, and what a wallet's devices have shown."""
    wallet, economy = chain.wallet(owner), chain.economy
    musters = Musters(economy)
    last, found = musters.last(), [item for item in Devices(economy).of(wallet) if item.fields.status == 1]
    if chain.output is Output.json:
        print_json({**facts(last), "devices": [device_facts(musters, item, last) for item in found]})
        return
    show_facts({**rows(last), "network's power": f"{economy.state('emission').power:,} work units a slot"})
    if not found:
        return
    table = listing("device", "power", "lane", "last answer", "tokens", "shown", right=("power", "tokens", "shown"))
    for item in found:
        power, answers = f"{power_now(item, last.number):,}", musters.answers_of(item.address)
        if not answers:
            table.add_row(Text(item.name), power, "-", "none", "-", "-")
        for given in answers:
            said = f"muster {given.muster}, {ANSWERS[given.status]}"
            table.add_row(Text(item.name), power, str(given.lane), said, f"{given.tokens:,}", f"{given.shown:,}")
    people.print()
    people.print(table)


@app.command()
@on_chain
def wait(
    chain: Chain,
    device: DeviceOption = None,
    lanes: Annotated[int, typer.Option(help="answers that the device gives at once, one a stream: 1 to 64")] = 1,
    seconds: Annotated[int, typer.Option(help="give up after so many seconds; 0: never")] = 0,
) -> None:
    """Wait for a muster, call it if nobody has, and say the device's prompts."""
    if not 1 <= lanes <= LANES:
        raise MaiError(f"a device answers in 1 to {LANES} lanes")
    owner, economy = chain.signer, chain.economy
    musters, found = Musters(economy), Devices(economy).pick(owner.pubkey(), device)
    begun = time.monotonic()
    answered = max((given.muster for given in musters.answers_of(found.address)), default=0)
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
    if chain.output is Output.json:
        prompts = [prompt(last.seed, found.address, lane) for lane in range(lanes)]
        print_json({**facts(last), **device_facts(musters, found, last), "prompts": prompts})
        return
    prompts_of = {f"prompt {lane}": " ".join(map(str, prompt(last.seed, found.address, lane))) for lane in range(lanes)}
    show_facts({**rows(last), **prompts_of})


@app.command()
@on_chain
def call(
    chain: Chain,
) -> None:
    """Call the muster that the last mark's block asks for. Anyone may."""
    caller, economy = chain.signer, chain.economy
    musters = Musters(economy)
    mark = musters.drawn()
    if mark is None:
        raise MaiError("no muster can be called now: the last minute's block called none, or somebody has called it")
    landed = musters.call(caller, mark)
    show_sent(chain, landed, facts(musters.last()), rows(musters.last()))


@app.command()
@on_chain
def answer(
    chain: Chain,
    model: Annotated[str, typer.Argument(help="the address of the model that answered; it is proved by its trace")],
    output_digest: Annotated[str, typer.Argument(help="root of the answer's tokens, 64 hexadecimal digits")],
    tokens: Annotated[int, typer.Argument(help="tokens of the answer")],
    lane: LaneOption = 0,
    device: DeviceOption = None,
) -> None:
    """Answer the running muster with what the device came by until now."""
    address, digest = parse_address(model), parse_digest(output_digest)
    if not 0 < tokens < 2**32:
        raise MaiError("an answer has at least one token, and at most 4,294,967,295")
    _check_lane(lane)
    owner, economy = chain.signer, chain.economy
    musters, found = Musters(economy), Devices(economy).pick(owner.pubkey(), device)
    landed = musters.answer(owner, found, address, output=digest, tokens=tokens, lane=lane)
    given = economy.read("Answer", musters.answer_address(found.address, lane))
    said = {"muster": given.muster, "context": bytes(given.context).hex(), "input": bytes(given.input).hex()}
    shown = {
        "shown": f"{given.shown:,} work units a slot",
        "counts": "once its trace is proved, as far as the answer before did",
    }
    show_sent(
        chain, landed, {**said, "shown": given.shown}, {**{name: str(value) for name, value in said.items()}, **shown}
    )


@app.command()
@on_chain
def prove(
    chain: Chain,
    trace: Annotated[str, typer.Argument(help="address of the proved trace of the answer")],
    lane: LaneOption = 0,
    device: DeviceOption = None,
) -> None:
    """Let an answer count whose trace is proved; the sooner, the more."""
    _check_lane(lane)
    address, owner, economy = parse_address(trace), chain.signer, chain.economy
    devices, musters = Devices(economy), Musters(economy)
    landed = musters.prove(owner, devices.pick(owner.pubkey(), device), address, lane=lane)
    found = devices.pick(owner.pubkey(), device)
    power = power_now(found, musters.last().number)
    show_sent(chain, landed, {"power": power}, {"device": found.name, "power": f"{power:,} work units a slot"})


@app.command()
@on_chain
def count(
    chain: Chain,
    miner: Annotated[str, typer.Argument(help="the device's address")],
) -> None:
    """Halve the power of a device for the musters that it missed. Anyone may."""
    address, caller, economy = parse_address(miner), chain.signer, chain.economy
    before = economy.read("Miner", address).power
    landed = Musters(economy).count(caller, address)
    after = economy.read("Miner", address).power
    show_sent(chain, landed, {"before": before, "power": after}, {"power": f"{before:,} -> {after:,}"})


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


def device_facts(musters: Musters, device: Device, last: Muster) -> dict[str, Any]:
    """What a device has shown, for programs; digests in hexadecimal."""
    names, digests = ("lane", "muster", "tokens", "shown"), ("context", "input", "output")
    return {
        "device": device.name,
        "miner": str(device.address),
        "power": power_now(device, last.number),
        "lanes": device.fields.lanes,
        "answers": [
            {
                **{name: getattr(given, name) for name in names},
                **{name: bytes(getattr(given, name)).hex() for name in digests},
                "model": str(given.model),
                "state": ANSWERS[given.status],
            }
            for given in musters.answers_of(device.address)
        ],
    }


def _check_lane(lane: int) -> None:
    if not 0 <= lane < LANES:
        raise MaiError(f"there is no lane {lane}: a device has {LANES}, 0 to {LANES - 1}")
