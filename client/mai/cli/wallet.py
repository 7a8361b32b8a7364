"""`mai wallet`: making, recovering, listing and removing wallets. No secret is an argument, and none is printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from solders.keypair import Keypair

from mai.cli.connect import Chain, YesOption
from mai.cli.format import listing
from mai.cli.options import on_chain
from mai.cli.output import Output, OutputOption, people, print_json
from mai.errors import MaiError
from mai.wallet import index, keychain
from mai.wallet.ask import ask_phrase
from mai.wallet.files import DEFAULT_KEYPAIR, write_keypair
from mai.wallet.recovery import derivation_path, new_phrase, recover
from mai.wallet.uri import KEYCHAIN, file_of, open_file

app = typer.Typer(help="Wallets: new, recover, list, address, remove.", no_args_is_help=True)

WalletArgument = Annotated[str, typer.Argument(help="a keypair file, or keychain:NAME", show_default=False)]
NewArgument = Annotated[str, typer.Argument(help="where to keep it: a new keypair file, or keychain:NAME")]
TERMINAL = Path("/dev/tty")


@app.command()
def new(
    wallet: NewArgument = str(DEFAULT_KEYPAIR),
    phrase: Annotated[
        bool, typer.Option("--phrase", help="from a recovery phrase, shown once on the terminal")
    ] = False,
    words: Annotated[int, typer.Option(help="words of the phrase: 12, 15, 18, 21 or 24")] = 12,
    output: OutputOption = Output.table,
) -> None:
    """Make a new wallet. Without --phrase the file or the keychain is the only copy."""
    if not phrase:
        _keep(wallet, Keypair(), output)
        return
    made = new_phrase(words)
    keypair = recover(made)
    _show_once(
        f"Recovery phrase of {keypair.pubkey()}, shown this once:\n\n  {made}\n\n"
        "Write it down. Who has it has the wallet."
    )
    _keep(wallet, keypair, output)


@app.command("recover")
def recover_wallet(
    wallet: NewArgument = str(DEFAULT_KEYPAIR),
    key: Annotated[str, typer.Option(help="ACCOUNT or ACCOUNT/CHANGE under m/44'/501'")] = "0/0",
    full_path: Annotated[str | None, typer.Option("--full-path", help="another derivation path, m/44'/501'/…")] = None,
    no_path: Annotated[
        bool, typer.Option("--no-path", help="no derivation path: a phrase of `solana-keygen new` as it is by default")
    ] = False,
    yes: YesOption = False,
    output: OutputOption = Output.table,
) -> None:
    """Recover a wallet from a BIP-39 phrase, which is asked for. By default the account that Phantom shows first."""
    path = None if no_path else derivation_path(f"full-path={full_path}" if full_path else f"key={key}")
    keypair = recover(*ask_phrase(path))
    if not yes and output is Output.table:
        typer.confirm(f"Is {keypair.pubkey()} the address?", abort=True)
    _keep(wallet, keypair, output)


@app.command("list")
def list_wallets(output: OutputOption = Output.table) -> None:
    """List the wallets that were made here, and the Solana CLI's own if there is one."""
    found = {uri: str(address) for uri, address in index.wallets().items()}
    if str(DEFAULT_KEYPAIR) not in found and DEFAULT_KEYPAIR.exists():
        found[str(DEFAULT_KEYPAIR)] = str(open_file(str(DEFAULT_KEYPAIR)).pubkey())
    if output is Output.json:
        print_json({"wallets": [{"wallet": uri, "address": address} for uri, address in found.items()]})
        return
    table = listing("wallet", "address")
    for uri, address in found.items():
        table.add_row(uri, address)
    people.print(table if found else "There are no wallets: `mai wallet new` makes one.")


@app.command()
@on_chain
def address(chain: Chain) -> None:
    """Show the address of the wallet that signs; with browser: the one that is chosen there."""
    found = str(chain.wallet(None))
    if chain.output is Output.json:
        print_json({"wallet": chain.settings.keypair, "address": found})
    else:
        people.print(found, soft_wrap=True, highlight=False)


@app.command()
def remove(wallet: WalletArgument, yes: YesOption = False, output: OutputOption = Output.table) -> None:
    """Remove a wallet for ever: without its recovery phrase or a copy, what it holds is lost."""
    named = wallet.startswith(KEYCHAIN)
    name = wallet.removeprefix(KEYCHAIN)
    uri = wallet if named else str(file_of(wallet).absolute())
    held = keychain.load(name) if named else open_file(wallet)
    if held is None:
        raise MaiError(f"the keychain has no wallet {name}")
    if not yes:
        if output is Output.json:
            raise MaiError("add --yes: with --output json nobody is asked")
        typer.confirm(f"Remove {held.pubkey()} for ever?", abort=True)
    if named:
        keychain.remove(name)
    else:
        Path(uri).unlink()
    index.forget(uri)
    if output is Output.json:
        print_json({"removed": wallet, "address": str(held.pubkey())})
    else:
        people.print(f"removed {held.pubkey()}", soft_wrap=True, highlight=False)


def _keep(wallet: str, keypair: Keypair, output: Output) -> None:
    if wallet.startswith(KEYCHAIN):
        uri = wallet
        keychain.store(wallet.removeprefix(KEYCHAIN), keypair)
    else:
        path = file_of(wallet).absolute()
        uri = str(path)
        write_keypair(path, keypair)
    index.note(uri, keypair.pubkey())
    if output is Output.json:
        print_json({"wallet": uri, "address": str(keypair.pubkey())})
    else:
        people.print(f"{keypair.pubkey()}\nkept in {uri}", soft_wrap=True, highlight=False)


def _show_once(text: str) -> None:
    """On the terminal itself: neither in a pipe nor in a file.

    Raises:
        MaiError: there is no terminal.
    """
    try:
        if os.name == "posix":
            with TERMINAL.open("w") as terminal:
                terminal.write(f"{text}\n")
            return
    except OSError as error:
        raise MaiError(
            "a recovery phrase is shown on a terminal alone, and there is none: leave out --phrase"
        ) from error
    if not sys.stdout.isatty():
        raise MaiError("a recovery phrase is shown on a terminal alone, and there is none: leave out --phrase")
    print(text)
