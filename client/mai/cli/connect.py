"""What every chain command shares: which cluster, which wallet, and how what was sent is shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import Cluster, Landed
from mai.chain.economy import Economy
from mai.chain.rpc import MONIKERS, Rpc
from mai.cli.output import Output, facts_table, parse_address, people, print_json
from mai.cli.wallet import read_keypair
from mai.errors import MaiError

DIGEST_BYTES = 32
DEFAULT_URL = "localhost"
OwnerOption = Annotated[str | None, typer.Option(help="look at this wallet instead of the keypair's")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]


def open_cluster(url: str) -> Cluster:
    """The cluster that somebody named.

    Raises:
        MaiError: the text is neither a name nor an address.
    """
    if url not in MONIKERS and not url.startswith(("http://", "https://")):
        raise MaiError(f"{url} is no cluster: choose {', '.join(MONIKERS)} or an RPC address such as http://HOST:8899")
    programs = (artifacts.program("mai"), artifacts.program("verifier"))
    return Rpc(url, messages={name: text for program in programs for name, text in program.errors.items()})


def open_economy(url: str) -> Economy:
    """The network on the cluster that somebody named."""
    return Economy(open_cluster(url))


def wallet_of(owner: str | None, keypair: Path) -> Pubkey:
    """The wallet to look at."""
    return parse_address(owner) if owner else read_keypair(keypair).pubkey()


def parse_digest(text: str) -> bytes:
    """32 bytes that somebody typed in hexadecimal.

    Raises:
        MaiError: they are none.
    """
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != DIGEST_BYTES:
        raise MaiError(f"{text} is not a digest: write its {DIGEST_BYTES} bytes in hexadecimal")
    return found


def confirm(question: str, yes: bool, output: Output) -> None:
    """Go on only if somebody agrees.

    Raises:
        MaiError: nobody does, or a program is reading.
    """
    if yes:
        return
    if output is Output.json:
        raise MaiError("add --yes: with --output json nobody is asked")
    if not typer.confirm(question):
        raise MaiError("nothing was sent")


def show_facts(rows: Mapping[str, str]) -> None:
    """Names and values for people; what comes from the chain is never read as markup."""
    table = facts_table()
    for name, value in rows.items():
        table.add_row(name, Text(value))
    people.print(table)


def show_sent(output: Output, landed: Landed, facts: Mapping[str, Any], rows: Mapping[str, str]) -> None:
    """What was sent and what came of it."""
    if output is Output.json:
        print_json({"signature": landed.signature, **facts})
        return
    show_facts({**rows, "transaction": landed.signature})
