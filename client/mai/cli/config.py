"""`mai config`: which cluster, wallet and commitment commands work with, and where each setting comes from."""

from __future__ import annotations

from mai.chain.monikers import shown
from mai.cli.connect import Chain
from mai.cli.format import listing
from mai.cli.options import on_chain
from mai.cli.output import Output, people, print_json


@on_chain
def config(chain: Chain) -> None:
    """Show the settings: an option beats the environment (MAI_URL, MAI_KEYPAIR, …), that the Solana CLI's config."""
    settings = chain.settings
    values = {
        "url": shown(settings.url),
        "websocket": shown(settings.websocket),
        "keypair": settings.keypair,
        "commitment": str(settings.commitment),
    }
    if chain.output is Output.json:
        print_json({name: {"value": value, "from": settings.sources[name]} for name, value in values.items()})
        return
    table = listing("setting", "value", "from")
    for name, value in values.items():
        table.add_row(name, value, settings.sources[name])
    people.print(table)
