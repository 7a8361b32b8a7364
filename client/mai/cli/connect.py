"""What every chain command shares: which cluster, which wallet, and how what was sent is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer
from rich.text import Text
from solana.rpc.commitment import Commitment, Confirmed
from solders.message import Message
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import Cluster, Landed
from mai.chain.economy import Economy
from mai.chain.monikers import GENESIS_HASHES, MONIKERS, explorer_link, public_name
from mai.chain.priority import Priority
from mai.chain.program import Program
from mai.chain.rpc import Rpc
from mai.chain.signer import Signer
from mai.chain.simulation import DryRun, simulate
from mai.cli.output import Output, facts_table, parse_address, people, print_json, progress
from mai.cli.settings import Settings
from mai.errors import MaiError
from mai.wallet.browser.signer import BrowserSigner
from mai.wallet.browser.view import transaction_view
from mai.wallet.uri import known_address, open_signer

DIGEST_BYTES = 32
NO_PRIORITY = Priority(0)
OwnerOption = Annotated[str | None, typer.Option(help="look at this wallet instead of the keypair's")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="do not ask")]


def known_programs() -> tuple[Program, ...]:
    """The programs whose interfaces are at hand: their refusals and instructions have names."""
    return artifacts.program("mai"), artifacts.program("verifier")


def open_cluster(
    url: str,
    *,
    commitment: Commitment = Confirmed,
    fee_payer: Signer | None = None,
    priority: Priority = NO_PRIORITY,
    dry_run: bool = False,
) -> Cluster:
    """The cluster that somebody named.

    Raises:
        MaiError: the text is neither a name nor an address.
    """
    messages = {name: text for program in known_programs() for name, text in program.errors.items()}
    kind = DryRun if dry_run else Rpc
    return kind(url, commitment=commitment, messages=messages, fee_payer=fee_payer, priority=priority)


@dataclass(frozen=True)
class Chain:
    """A command's cluster, wallet and output, each opened when it is first needed.

    Attributes:
        payer: the URI of the wallet that pays the fees, where that is not the signer.
    """

    settings: Settings
    output: Output = Output.table
    payer: str | None = None
    priority: Priority = NO_PRIORITY
    dry_run: bool = False

    @cached_property
    def cluster(self) -> Cluster:
        """The cluster to send to."""
        return open_cluster(
            self.settings.url,
            commitment=self.settings.commitment,
            fee_payer=self.open_wallet(self.payer) if self.payer else None,
            priority=self.priority,
            dry_run=self.dry_run,
        )

    @cached_property
    def economy(self) -> Economy:
        """The network on the cluster."""
        return Economy(self.cluster)

    @cached_property
    def signer(self) -> Signer:
        """The wallet that signs."""
        return self.open_wallet(self.settings.keypair)

    def open_wallet(self, uri: str) -> Signer:
        """A wallet by its URI, opened once."""
        opened: dict[str, Signer] = self.__dict__.setdefault("opened", {})
        if uri not in opened:
            opened[uri] = open_signer(uri, browser=self._browser)
        return opened[uri]

    def close(self) -> None:
        """Tell the wallets that were opened that nothing more will be asked."""
        for signer in self.__dict__.get("opened", {}).values():
            if isinstance(signer, BrowserSigner):
                signer.close()

    def wallet(self, owner: str | None) -> Pubkey:
        """The wallet to look at: the owner's, or the keypair's; no secret is read where its address is known."""
        if owner:
            return parse_address(owner)
        return known_address(self.settings.keypair) or self.signer.pubkey()

    @cached_property
    def public(self) -> str | None:
        """The public cluster's name, whoever serves it; None for any other."""
        url = self.settings.url
        if name := public_name(url):
            return name
        if url == MONIKERS["localhost"] or not isinstance(self.cluster, Rpc):
            return None
        return GENESIS_HASHES.get(self.cluster.genesis_hash())

    def link(self, kind: str, what: object) -> str | None:
        """The explorer's page of a transaction (``tx``) or an address, on a public cluster."""
        return explorer_link(self.public, kind, str(what)) if self.public else None

    def _browser(self) -> BrowserSigner:
        """A wallet in the browser; what it is asked to sign is shown with its effects."""
        looking = Rpc(self.settings.url, commitment=self.settings.commitment)

        def view(message: Message, effects: bool) -> dict[str, Any]:
            return transaction_view(
                message, known_programs(), (lambda: simulate(looking, message)) if effects else None
            )

        def announce(url: str) -> None:
            progress.print(f"Sign in the browser: {url}", soft_wrap=True, highlight=False)

        name = GENESIS_HASHES.get(looking.genesis_hash(), "localnet").removesuffix("-beta")
        return BrowserSigner(f"solana:{name}", view=view, announce=announce)


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


def confirm(question: str, yes: bool, chain: Chain) -> None:
    """Go on only if somebody agrees; a dry run sends nothing, so nobody is asked.

    Raises:
        MaiError: nobody does, or a program is reading.
    """
    if yes or chain.dry_run:
        return
    if chain.output is Output.json:
        raise MaiError("add --yes: with --output json nobody is asked")
    if not typer.confirm(question):
        raise MaiError("nothing was sent")


def show_facts(rows: Mapping[str, str]) -> None:
    """Names and values for people; what comes from the chain is never read as markup."""
    table = facts_table()
    for name, value in rows.items():
        table.add_row(name, Text(value))
    people.print(table)


def show_sent(chain: Chain, landed: Landed, facts: Mapping[str, Any], rows: Mapping[str, str]) -> None:
    """What was sent and what came of it, with the explorer's page on a public cluster."""
    link = chain.link("tx", landed.signature)
    if chain.output is Output.json:
        print_json({"signature": landed.signature, **({"explorer": link} if link else {}), **facts})
        return
    show_facts({**rows, "transaction": landed.signature, **({"explorer": link} if link else {})})
