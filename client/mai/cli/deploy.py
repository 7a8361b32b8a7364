"""`mai program deploy|verify|buffers|close`: the programs on a cluster (docs/how-to/deploy.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.text import Text
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.deployment import Deployment, Plan, close_buffers, read_code
from mai.chain.loader import Buffer, Deployed, buffers_of, deployed
from mai.chain.priority import MAX_LAMPORTS
from mai.cli.connect import Chain, YesOption, confirm, show_facts
from mai.cli.format import listing
from mai.cli.options import on_chain
from mai.cli.output import Output, bar, parse_address, people, print_json
from mai.errors import MaiError
from mai.wallet.uri import open_file

DEFAULT_PROGRAMS = ("verifier", "mai")
"""In the order in which they are needed."""
DIFFERENT = 1

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(help="verifier, mai, or NAME=CODE such as verifier=traces; by default verifier and mai"),
]
IdOption = Annotated[
    str | None, typer.Option("--program-id", help="of one program: its keypair file, or the address of one that exists")
]


@dataclass(frozen=True)
class Target:
    """A program by name: which code belongs to which id."""

    name: str
    code: bytes
    program: Pubkey | Keypair

    @property
    def address(self) -> Pubkey:
        return self.program.pubkey() if isinstance(self.program, Keypair) else self.program


def read_targets(names: list[str] | None, program_id: str | None) -> list[Target]:
    """The programs that somebody named.

    Raises:
        MaiError: there is no such program or code, or one id is given for several programs.
    """
    chosen = names or list(DEFAULT_PROGRAMS)
    if program_id is not None and len(chosen) != 1:
        raise MaiError("--program-id is the id of one program: name one")
    found = []
    for text in chosen:
        name, _, code = text.partition("=")
        if name not in DEFAULT_PROGRAMS:
            raise MaiError(f"there is no program {name}: choose from {', '.join(DEFAULT_PROGRAMS)}")
        path = artifacts.shared_object(code or name)
        program = artifacts.program_keypair(name) if program_id is None else _read_id(program_id)
        found.append(Target(name, read_code(path), program))
    return found


def _read_id(text: str) -> Pubkey | Keypair:
    try:
        return Pubkey.from_string(text)
    except ValueError:
        return open_file(text)


@on_chain
def deploy(
    chain: Chain,
    names: NamesArgument = None,
    program_id: IdOption = None,
    new_authority: Annotated[
        str | None, typer.Option("--new-authority", help="afterwards let this address replace the code, not the wallet")
    ] = None,
    final: Annotated[bool, typer.Option("--final", help="afterwards let nobody ever replace the code")] = False,
    yes: YesOption = False,
) -> None:
    """Deploy or upgrade programs: the cost first; an upload that was interrupted goes on where it stopped."""
    if final and new_authority:
        raise MaiError("give --final or --new-authority, not both")
    heir = parse_address(new_authority) if new_authority else None
    targets = read_targets(names, program_id)
    works = [(item, Deployment(chain.cluster, chain.signer, item.program, item.code)) for item in targets]
    plans = [(item, work.plan()) for item, work in works]
    if chain.output is Output.table:
        show_plans(plans)
    if final:
        confirm("Make them final, for ever?", yes, chain)
    elif any(plan.action != "nothing" for _, plan in plans) or heir:
        confirm("Go on?", yes, chain)
    done = []
    for (target, work), (_, plan) in zip(works, plans, strict=True):
        before = chain.cluster.balance(chain.signer.pubkey())
        with bar(f"Uploading {target.name}", chain.output) as advance:
            sent = work.run(advance)
        handed = work.hand_over(heir) if final or heir else False
        spent = before - chain.cluster.balance(chain.signer.pubkey())
        done.append({**facts(chain, target), "action": plan.action, "transactions": sent + handed, "lamports": spent})
    if chain.output is Output.json:
        print_json({"programs": done})
        return
    for item in done:
        paid = f"{item['lamports'] / LAMPORTS_PER_SOL:.9f} SOL"
        people.print(Text(f"{item['name']}: {item['transactions']:,} transactions, {paid} in all"))
    show_programs(done)


@on_chain
def verify(chain: Chain, names: NamesArgument = None, program_id: IdOption = None) -> None:
    """Compare the code on a cluster with the code here, byte for byte. Exit: 0 equal, 1 different or missing."""
    found = [facts(chain, target) for target in read_targets(names, program_id)]
    if chain.output is Output.json:
        print_json({"programs": found})
    else:
        show_programs(found)
    if not all(item["equal"] for item in found):
        raise typer.Exit(DIFFERENT)


@on_chain
def buffers(chain: Chain) -> None:
    """List the wallet's buffers: uploads that were never finished, and the rent that closing them returns."""
    owner = chain.wallet(None)
    found = buffers_of(chain.cluster, owner)
    if chain.output is Output.json:
        listed = [{"buffer": str(item.address), "lamports": item.lamports} for item in found]
        print_json({"authority": str(owner), "buffers": listed})
        return
    table = listing("buffer", "SOL", right=("SOL",))
    for item in found:
        table.add_row(str(item.address), f"{item.lamports / LAMPORTS_PER_SOL:.9f}")
    people.print(table if found else f"{owner} has no buffers.")


@on_chain
def close(
    chain: Chain,
    which: Annotated[
        list[str] | None, typer.Argument(help="buffers' addresses; `mai program buffers` lists them")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="every buffer of the wallet")] = False,
    yes: YesOption = False,
) -> None:
    """Close buffers that are left over; their rent returns to the wallet."""
    if bool(which) == everything:
        raise MaiError("name buffers, or give --all")
    owner = chain.signer.pubkey()
    owned: list[Buffer] = buffers_of(chain.cluster, owner)
    closing = [item.address for item in owned] if everything else [parse_address(text) for text in which or []]
    if closing:
        confirm(f"Close {len(closing)} of the {len(owned)} buffers of {owner}?", yes, chain)
    returned = close_buffers(chain.cluster, chain.signer, closing) if closing else 0
    if chain.output is Output.json:
        print_json({"closed": [str(item) for item in closing], "lamports": returned})
        return
    people.print(f"{len(closing):,} closed, {returned / LAMPORTS_PER_SOL:.9f} SOL returned.")


def facts(chain: Chain, target: Target) -> dict[str, Any]:
    """A program on the cluster beside the code here."""
    found: Deployed | None = deployed(chain.cluster, target.address)
    link = chain.link("address", target.address)
    return {
        "name": target.name,
        "program": str(target.address),
        "sha256": hashlib.sha256(target.code).hexdigest(),
        "deployed": found is not None,
        "equal": found is not None and found.holds(target.code),
        "sha256_on_chain": None if found is None else hashlib.sha256(_padless(found.code, target.code)).hexdigest(),
        "upgrade_authority": None if found is None or found.authority is None else str(found.authority),
        "changed_in_slot": None if found is None else found.slot,
        **({"explorer": link} if link else {}),
    }


def _padless(on_chain: bytes, code: bytes) -> bytes:
    """Code without the loader's zero padding; zeros that belong to the code here stay."""
    return on_chain.rstrip(b"\0").ljust(min(len(code), len(on_chain)), b"\0")


def show_programs(found: list[dict[str, Any]]) -> None:
    """For people."""
    for item in found:
        rows = {item["name"]: item["program"], "code": "not there"}
        if item["deployed"]:
            rows["code"] = "equal to the one here" if item["equal"] else "DIFFERENT from the one here"
            rows["can be replaced by"] = item["upgrade_authority"] or "nobody, ever"
        show_facts({**rows, **({"explorer": item["explorer"]} if "explorer" in item else {})})


def show_plans(plans: list[tuple[Target, Plan]]) -> None:
    """What it will cost, before anything is sent."""
    numbers = ("bytes", "writes", "rent", "lent", "fees")
    table = listing("program", "action", *numbers, right=numbers)
    for target, plan in plans:
        amounts = [f"{lamports / LAMPORTS_PER_SOL:.6f}" for lamports in (plan.rent, plan.lent, plan.fees)]
        writes = f"{plan.missing:,} of {plan.chunks:,}" if plan.action != "nothing" else "-"
        table.add_row(target.name, plan.action, f"{len(plan.code):,}", writes, *amounts)
    people.print(table)
    show_facts(
        {
            "rent, lent, fees": "SOL. Rent stays as long as the program; what is lent to the buffer comes back.",
            "at hand must be": f"{sum(plan.needed for _, plan in plans) / LAMPORTS_PER_SOL:.9f} SOL at most",
            "priority fees": f"extra: none on a quiet cluster, at most {MAX_LAMPORTS / LAMPORTS_PER_SOL} SOL a write",
        }
    )
