"""`mai task`: asking for work, paying for it, taking it back."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.rules import enforce
from mai.chain.tasks import CLASSES, STATUSES, WORK_STATUSES, Posted, Tasks, rules
from mai.cli.connect import Chain, OwnerOption, parse_digest, show_facts, show_sent
from mai.cli.format import count, listing, percent, until, when
from mai.cli.options import on_chain
from mai.cli.output import Output, parse_address, people, print_json
from mai.errors import MaiError
from mai.money import fixed_mai, parse_mai
from mai.program.names import TASK_CLASSES

app = typer.Typer(help="Tasks: post, fund, show, list, cancel, expire, redraw, release, close.", no_args_is_help=True)

DEFAULT_LIFETIME_S = 3_600
TaskArgument = Annotated[str, typer.Argument(help="a task's address, or the number of one of the wallet's")]

WorkArgument = Annotated[str, typer.Argument(help="the work's address; `mai task show` lists them")]


@app.command()
@on_chain
def post(
    chain: Chain,
    model: Annotated[str, typer.Argument(help="the model's address")],
    input_digest: Annotated[str, typer.Argument(help="the verifier's digest of the input, 64 hexadecimal digits")],
    task_class: Annotated[str, typer.Option("--class", help=f"one of {', '.join(CLASSES)}")] = "routine",
    lifetime: Annotated[int, typer.Option(help="seconds until it expires")] = DEFAULT_LIFETIME_S,
    max_tokens: Annotated[int, typer.Option(help="most tokens of the answer")] = 1,
    prompt_tokens: Annotated[int, typer.Option(help="tokens of the prompt, of a model proved by its trace")] = 0,
    position: Annotated[int, typer.Option(help="which of the input's payable positions")] = 0,
    region: Annotated[int, typer.Option(help="ISO 3166-1 number of where it is wanted fast; 0: anywhere")] = 0,
    fee: Annotated[str | None, typer.Option(help="MAI to pay for it at once")] = None,
    nonce: Annotated[int | None, typer.Option(help="the task's number; by default a new one")] = None,
) -> None:
    """Ask for a model's output on an input; whose turn it is follows from a later block."""
    address, digest = parse_address(model), parse_digest(input_digest)
    units = parse_mai(fee) if fee is not None else None
    if task_class not in CLASSES:
        raise MaiError(f"there is no task class {task_class}: choose from {', '.join(CLASSES)}")
    if min(max_tokens, prompt_tokens, position, region, nonce or 0) < 0:
        raise MaiError("a task has no negative numbers")
    if max(max_tokens, prompt_tokens, position) >= 2**32 or (nonce or 0) >= 2**64:
        raise MaiError("a task's number has 64 bits, its tokens and its position have 32: one of these is out of range")
    enforce(rules.check_lifetime, max(lifetime, 0))
    requester, economy = chain.signer, chain.economy
    economy.read("Model", address)
    number = Tasks.new_nonce() if nonce is None else nonce
    if units is not None:
        _check_balance(economy, requester.pubkey(), units)
    landed = economy.post_task(
        requester,
        address,
        digest,
        nonce=number,
        lifetime_s=lifetime,
        position=position,
        task_class=CLASSES[task_class],
        region=region,
        prompt_tokens=prompt_tokens,
        max_tokens=max_tokens,
    )
    tasks, task = Tasks(economy), economy.task_address(requester.pubkey(), number)
    if units is not None:
        landed = tasks.fund(requester, task, units)
    posted = tasks.show(task)
    show_sent(chain, landed, facts(posted), rows(posted, economy.cluster.unix_time()))


@app.command()
@on_chain
def fund(
    chain: Chain,
    task: TaskArgument,
    amount: Annotated[str, typer.Argument(help="MAI")],
) -> None:
    """Pay for a task: a share goes to the treasury, the rest is burned with the first payment."""
    units, requester, economy = parse_mai(amount), chain.signer, chain.economy
    tasks = Tasks(economy)
    address = tasks.pick(requester.pubkey(), task)
    before = tasks.show(address).fields
    _check_balance(economy, requester.pubkey(), units)
    landed = tasks.fund(requester, address, units)
    posted = tasks.show(address)
    waits = posted.fields.fee - before.fee
    said = {"waits": fixed_mai(waits, grouped=False), "treasury": fixed_mai(units - waits, grouped=False)}
    paid = {
        "waits to be burned": f"{fixed_mai(waits)} MAI",
        "to the treasury": f"{fixed_mai(units - waits)} MAI",
    }
    show_sent(chain, landed, {**facts(posted), **said}, {**rows(posted, economy.cluster.unix_time()), **paid})


@app.command()
@on_chain
def show(
    chain: Chain,
    task: TaskArgument,
    owner: OwnerOption = None,
) -> None:
    """Show a task and the works on it."""
    economy = chain.economy
    tasks = Tasks(economy)
    address = tasks.pick(chain.wallet(owner), task) if task.isdigit() else parse_address(task)
    posted, now = tasks.show(address), economy.cluster.unix_time()
    if chain.output is Output.json:
        print_json(facts(posted))
        return
    show_facts(rows(posted, now))
    if not posted.works:
        return
    table = listing("work", "state", "detects", "MAI", right=("detects", "MAI"))
    for work, item in posted.works:
        sampling = percent(item.sampling_bps)
        table.add_row(str(work), WORK_STATUSES[item.status], sampling, fixed_mai(item.paid))
    people.print()
    people.print(table)


@app.command()
@on_chain
def cancel(
    chain: Chain,
    task: TaskArgument,
) -> None:
    """Take a task back while no miner has it; its fee returns."""
    requester, economy = chain.signer, chain.economy
    tasks = Tasks(economy)
    address = tasks.pick(requester.pubkey(), task)
    refund = economy.read("Task", address).fee
    _closed(chain, economy, tasks.cancel(requester, address), address, refund)


@app.command()
@on_chain
def expire(
    chain: Chain,
    task: TaskArgument,
) -> None:
    """Close a task that nobody did in time; its fee returns to the requester. Anyone may."""
    caller, economy = chain.signer, chain.economy
    tasks = Tasks(economy)
    address = tasks.pick(caller.pubkey(), task)
    refund = economy.read("Task", address).fee
    _closed(chain, economy, tasks.expire(caller, address), address, refund)


@app.command()
@on_chain
def redraw(
    chain: Chain,
    task: TaskArgument,
) -> None:
    """Begin another round of a task whose seed block is no longer known. Anyone may."""
    caller, economy = chain.signer, chain.economy
    tasks = Tasks(economy)
    address = tasks.pick(caller.pubkey(), task)
    landed = tasks.redraw(caller, address)
    posted = tasks.show(address)
    show_sent(chain, landed, facts(posted), rows(posted, economy.cluster.unix_time()))


@app.command()
@on_chain
def release(
    chain: Chain,
    work: WorkArgument,
) -> None:
    """Free a place whose miner did not commit in time. Anyone may."""
    address, caller, economy = parse_address(work), chain.signer, chain.economy
    _ended(chain, economy, Tasks(economy).release(caller, address), address)


@app.command()
@on_chain
def close(
    chain: Chain,
    work: WorkArgument,
) -> None:
    """Take out a work that could not be paid without any fault of its miner. Anyone may."""
    address, caller, economy = parse_address(work), chain.signer, chain.economy
    _ended(chain, economy, Tasks(economy).close(caller, address), address)


@app.command("list")
@on_chain
def list_tasks(
    chain: Chain,
    everybody: Annotated[bool, typer.Option("--open", help="everybody's open tasks, not the wallet's own")] = False,
    owner: OwnerOption = None,
) -> None:
    """List a wallet's tasks, or every open one."""
    if everybody and owner:
        raise MaiError("give --open or --owner, not both")
    economy = chain.economy
    tasks = Tasks(economy)
    found = tasks.open() if everybody else tasks.of(chain.wallet(owner))
    if chain.output is Output.json:
        print_json({"tasks": [facts(Posted(address, item, [])) for address, item in found]})
        return
    table = listing("task", "class", "state", "fee", right=("fee",))
    for address, item in found:
        table.add_row(str(address), TASK_CLASSES[item.task_class], STATUSES[item.status], fixed_mai(item.fee))
    people.print(table if found else "There are no tasks.")


def facts(posted: Posted) -> dict[str, Any]:
    """A task for programs; digests in hexadecimal."""
    item = posted.fields
    works = [
        {
            "work": str(work),
            "miner": str(fields.miner),
            "state": WORK_STATUSES[fields.status],
            "output": bytes(fields.output).hex(),
            "tokens": fields.tokens,
            "active_ms": fields.active_ms,
            "sampling_bps": fields.sampling_bps,
            "at_risk": fixed_mai(fields.at_risk, grouped=False),
            "deadline_ts": fields.deadline_ts,
            "prove_until_ts": fields.prove_until_ts or None,
            "disputed": fields.disputed,
            "paid": fixed_mai(fields.paid, grouped=False),
        }
        for work, fields in posted.works
    ]
    return {
        "task": str(posted.address),
        "number": item.nonce,
        "requester": str(item.requester),
        "model": str(item.model),
        "input": bytes(item.input).hex(),
        "position": item.position,
        "class": TASK_CLASSES[item.task_class],
        "state": STATUSES[item.status],
        "region": item.region,
        "max_tokens": item.max_tokens,
        "fee": fixed_mai(item.fee, grouped=False),
        "fee_burned": fixed_mai(item.fee_burned, grouped=False),
        "posted_ts": item.posted_ts,
        "expires_ts": item.expires_ts,
        "places": item.places,
        "taken": item.taken,
        "settled": item.settled,
        "works": works,
    }


def rows(posted: Posted, now: int) -> dict[str, str]:
    """A task for people."""
    item = posted.fields
    return {
        "task": str(posted.address),
        "number": str(item.nonce),
        "state": STATUSES[item.status],
        "class": TASK_CLASSES[item.task_class],
        "places": f"{item.places}: {item.taken} taken, {item.settled} paid",
        "model": str(item.model),
        "input": bytes(item.input).hex(),
        "answer": f"at most {count(item.max_tokens, 'token')}",
        "fee": f"{fixed_mai(item.fee)} MAI wait, {fixed_mai(item.fee_burned)} MAI burned",
        "posted": when(item.posted_ts),
        "expires": until(item.expires_ts, now),
    }


def _check_balance(economy: Economy, owner: Any, units: int) -> None:
    held = economy.balance(owner)
    if held < units:
        raise MaiError(f"the wallet {owner} holds {fixed_mai(held)} MAI, not {fixed_mai(units)}")


def _closed(chain: Chain, economy: Economy, landed: Landed, address: Pubkey, refund: int) -> None:
    state = STATUSES[economy.read("Task", address).status]
    said = {"task": str(address), "state": state, "refunded": fixed_mai(refund, grouped=False)}
    show_sent(chain, landed, said, {"task": str(address), "state": state, "returned": f"{fixed_mai(refund)} MAI"})


def _ended(chain: Chain, economy: Economy, landed: Landed, work: Pubkey) -> None:
    state = WORK_STATUSES[economy.read("Work", work).status]
    show_sent(chain, landed, {"work": str(work), "state": state}, {"work": str(work), "state": state})
