"""The options that every chain command takes, declared once: ``@on_chain`` gives a command all of them."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from mai.chain.monikers import LETTERS
from mai.chain.priority import MAX_LAMPORTS, Priority
from mai.chain.simulation import Simulated
from mai.cli.connect import Chain, known_programs
from mai.cli.dry_run import show_simulation
from mai.cli.output import Output, OutputOption
from mai.cli.settings import COMMITMENTS, CONFIG_FILE, settle
from mai.wallet.files import DEFAULT_KEYPAIR

_NAMES = ", ".join(f"{name} ({letter})" for letter, name in LETTERS.items())
_Url = Annotated[
    str | None, typer.Option("--url", "-u", envvar="MAI_URL", help=f"the cluster: {_NAMES}, or an RPC address")
]
_Keypair = Annotated[
    str | None,
    typer.Option(
        "--keypair",
        "-k",
        envvar="MAI_KEYPAIR",
        help="the wallet: a keypair file, keychain:NAME, prompt: (a recovery phrase), or browser:; "
        f"by default {str(DEFAULT_KEYPAIR).replace(str(Path.home()), '~')}",
    ),
]
_Commitment = Annotated[
    str | None,
    typer.Option("--commitment", envvar="MAI_COMMITMENT", help=f"{', '.join(COMMITMENTS)}; by default confirmed"),
]
_Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-C",
        envvar="MAI_CONFIG",
        help=f"the Solana CLI's config file; by default {str(CONFIG_FILE).replace(str(Path.home()), '~')}",
    ),
]
_FeePayer = Annotated[
    str | None,
    typer.Option("--fee-payer", envvar="MAI_FEE_PAYER", help="another wallet that pays the transactions' fees"),
]
_Priority = Annotated[
    str,
    typer.Option(
        "--priority-fee",
        envvar="MAI_PRIORITY_FEE",
        help="auto (the median of what others paid lately for the same accounts), none, or micro-lamports a compute "
        f"unit; never more than {MAX_LAMPORTS:,} lamports a transaction",
    ),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="show what would happen; send nothing")]
_OPTIONS: dict[str, tuple[Any, Any]] = {
    "url": (_Url, None),
    "keypair": (_Keypair, None),
    "commitment": (_Commitment, None),
    "config": (_Config, None),
    "fee_payer": (_FeePayer, None),
    "priority_fee": (_Priority, "auto"),
    "dry_run": (_DryRun, False),
    "output": (OutputOption, Output.table),
}


def on_chain(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options; it gets what they mean as its parameter ``chain``."""
    signature, hints = inspect.signature(command), get_type_hints(command, include_extras=True)
    own = [item.replace(annotation=hints[name]) for name, item in signature.parameters.items() if name != "chain"]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _OPTIONS.items()
    ]

    @functools.wraps(command)
    def run(*args: Any, **given: Any) -> None:
        chain = open_chain(**{name: given.pop(name) for name in _OPTIONS})
        try:
            command(*args, chain=chain, **given)
        except Simulated as reached:
            show_simulation(reached.simulation, known_programs(), chain.output)
        finally:
            chain.close()

    run.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {item.name: item.annotation for item in [*own, *shared]} | {"return": None}
    return run


def open_chain(
    *,
    url: str | None,
    keypair: str | None,
    commitment: str | None,
    config: Path | None,
    fee_payer: str | None,
    priority_fee: str,
    dry_run: bool,
    output: Output,
) -> Chain:
    """What the shared options mean.

    Raises:
        MaiError: one of them is wrong.
    """
    given = {"url": url, "keypair": keypair, "commitment": commitment}
    sources = {
        name: "environment" if os.environ.get(f"MAI_{name.upper()}") == value else "option"
        for name, value in given.items()
    }
    settings = settle(given, sources, config)
    return Chain(settings, output, fee_payer, Priority.parse(priority_fee), dry_run)
