"""`mai genesis`: making a network, step by step; every command does only what is missing (docs/how-to/genesis.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from mai_zk.srs import CEREMONY_NEG_S_G2, load_srs, make_test_srs, srs_id, srs_name
from rich.table import Table
from solders.pubkey import Pubkey

from mai.chain import artifacts
from mai.chain.cluster import Landed
from mai.chain.genesis import MONTH_S, RATE_FLOOR, TIERS, Genesis, State, Terms
from mai.chain.genesis_steps import hand_over_commands, steps
from mai.chain.loader import Deployed
from mai.cli.connect import Chain, show_facts
from mai.cli.options import on_chain
from mai.cli.output import Output, facts_table, parse_address, people, print_json, progress
from mai.errors import MaiError
from mai.money import format_mai
from mai.program import config as rules

app = typer.Typer(help="Making a network: its mint, its accounts, the opening of mining.", no_args_is_help=True)

DEFAULT_RATE_FLOOR = 50_000
TEST_SRS, CEREMONY_SRS = "test", "ceremony"
# What a program's code may be here: the verifier with or without traces.
CODES = {"mai": ("mai",), "verifier": ("verifier", "traces")}

VerifierOption = Annotated[str | None, typer.Option(help="the verifier program; by default the project's own")]
ChainOption = Annotated[int, typer.Option(help="the number that tells this network's works from any other's")]
FloorOption = Annotated[int, typer.Option(help="hourly rates after three years, in 1/100,000 of those at launch")]
SrsOption = Annotated[str, typer.Option(help="the SRS of all proofs: ceremony, test, or an SRS file")]
MonthOption = Annotated[int, typer.Option(help="a month of early access for NFT holders, in seconds; 0: none")]
CollectionOption = Annotated[
    list[str] | None, typer.Option("--collection", help="an NFT tier's collection, such as gold=ADDRESS; repeatable")
]


@app.command()
@on_chain
def status(
    chain: Chain,
    mint: Annotated[str | None, typer.Option(help="before genesis: the presale's mint to look at")] = None,
) -> None:
    """Show every step, who has to do what next, and what the chain says."""
    show(Genesis(chain.cluster), chain, parse_address(mint) if mint else None)


@app.command()
@on_chain
def create(
    chain: Chain,
    chain_id: ChainOption,
    verifier: VerifierOption = None,
    rate_floor: FloorOption = DEFAULT_RATE_FLOOR,
    srs: SrsOption = CEREMONY_SRS,
    month_s: MonthOption = MONTH_S,
    collection: CollectionOption = None,
) -> None:
    """Create a network with a new mint, and open its accounts."""
    genesis = _genesis(chain, verifier)
    terms = Terms(genesis.verifier, chain_id, rate_floor, read_srs(srs), month_s)
    sent = genesis.create(chain.signer, terms, collections=read_collections(collection or []))
    _report(genesis, sent, chain)


@app.command()
@on_chain
def adopt(
    chain: Chain,
    mint: Annotated[str, typer.Option(help="the presale's mint")],
    multisig: Annotated[str, typer.Option(help="the SPL multisig that holds the mint")],
    chain_id: ChainOption,
    verifier: VerifierOption = None,
    rate_floor: FloorOption = DEFAULT_RATE_FLOOR,
    srs: SrsOption = CEREMONY_SRS,
    month_s: MonthOption = MONTH_S,
    collection: CollectionOption = None,
) -> None:
    """Create a network that takes over a presale's mint, and open its accounts. The mint must be frozen by now."""
    genesis = _genesis(chain, verifier)
    terms = Terms(genesis.verifier, chain_id, rate_floor, read_srs(srs), month_s)
    collections = read_collections(collection or [])
    sent = genesis.adopt(chain.signer, parse_address(mint), parse_address(multisig), terms, collections=collections)
    _report(genesis, sent, chain)


@app.command()
@on_chain
def model(
    chain: Chain,
    name: Annotated[str, typer.Argument(help="a provable language model, such as tiny and tiny-endless")],
) -> None:
    """Register a provable language model by its own terms; before the opening it may mint, afterwards by vote."""
    from mai.miner import models

    economy = chain.economy
    terms, manifest = models.terms_of(models.load(name))
    if bytes(economy.state("config").srs) != manifest.srs:
        raise MaiError(f"the keys of {name} are of another SRS than this network's: it could never be proved here")
    address = economy.model_address(terms)
    if not economy.exists(address):
        economy.register_model(chain.signer, terms)
    approved = bool(economy.read("Model", address).approved)
    if chain.output is Output.json:
        print_json({"model": str(address), "name": name, "manifest": manifest.hash.hex(), "approved": approved})
        return
    state = "approved: its work is paid" if approved else f"waits for a vote: `mai dao propose model {address} admit`"
    show_facts({"model": str(address), "name": name, "manifest": manifest.hash.hex(), "state": state})


@app.command("hand-over")
@on_chain
def hand_over(
    chain: Chain,
    signer: Annotated[
        list[str] | None, typer.Option("--signer", help="a wallet of the multisig, like --keypair; as many as required")
    ] = None,
) -> None:
    """Give an adopted mint to the program and its freeze authority to nobody, or take note that others did."""
    genesis = _genesis(chain)
    commands = hand_over_commands(genesis.state(), genesis.addresses["config"])
    if commands and not signer:
        progress.print("Sign with --signer FILE for each signer, or let the signers run, and then this again:")
        for command in commands:
            people.print(command, soft_wrap=True, highlight=False)
        raise typer.Exit(1)
    sent = genesis.hand_over(chain.signer, [chain.open_wallet(uri) for uri in signer or []])
    _report(genesis, sent, chain)


@app.command("open")
@on_chain
def open_(
    chain: Chain,
    final: Annotated[bool, typer.Option("--final", help="also make both programs final for ever")] = False,
) -> None:
    """Open mining for ever."""
    genesis = _genesis(chain)
    _report(genesis, genesis.open(chain.signer, final=final), chain)


def _genesis(chain: Chain, verifier: str | None = None) -> Genesis:
    return Genesis(chain.cluster, artifacts.program("mai"), parse_address(verifier) if verifier else None)


def read_srs(text: str) -> bytes:
    """The id of the SRS that was named.

    Raises:
        MaiError: neither a known name nor a file.
    """
    if text == CEREMONY_SRS:
        return srs_id(CEREMONY_NEG_S_G2)
    if text != TEST_SRS and not Path(text).is_file():
        raise MaiError(f"--srs is {CEREMONY_SRS}, {TEST_SRS} or an SRS file, not {text}")
    srs = make_test_srs(1) if text == TEST_SRS else load_srs(Path(text))
    if srs.warning:
        progress.print(f"[yellow]proofs under this SRS can be forged: {srs.name}[/]")
    return srs.id


def read_collections(texts: list[str]) -> dict[int, Pubkey]:
    """Collections by tier, from ``gold=ADDRESS``.

    Raises:
        MaiError: no such tier, or not an address.
    """
    tiers = {name: tier for tier, name in TIERS.items()}
    found = {}
    for text in texts:
        name, _, address = text.partition("=")
        if name.lower() not in tiers:
            raise MaiError(f"--collection is TIER=ADDRESS with a tier of {', '.join(tiers)}, not {text}")
        found[tiers[name.lower()]] = parse_address(address)
    return found


def _report(genesis: Genesis, sent: list[Landed], chain: Chain) -> None:
    if chain.output is Output.table:
        progress.print("\n".join(f"sent {landed.signature}" for landed in sent) or "nothing was missing")
    show(genesis, chain)


def show(genesis: Genesis, chain: Chain, mint: Pubkey | None = None) -> None:
    """Every step and every fact, as a table or as JSON."""
    state = genesis.state(mint)
    every = steps(state)
    found = facts(genesis, state)
    if chain.output is Output.json:
        print_json(
            {
                "steps": [
                    {"name": step.name, "done": step.done, "who": step.who, "action": step.action} for step in every
                ],
                "next": next((step.name for step in every if not step.done), None),
                "chain": found,
            }
        )
        return
    table = Table(box=None)
    for column in ("step", "", "who", "what to do"):
        table.add_column(column, overflow="fold")
    for step in every:
        table.add_row(step.name, "[green]done[/]" if step.done else "[yellow]open[/]", step.who, step.action)
    people.print(table)
    people.print()
    rows = facts_table()
    for name, value in found.items():
        rows.add_row(name.replace("_", " "), _text(name, value))
    people.print(rows)
    for command in hand_over_commands(state, genesis.addresses["config"]):
        people.print(command, soft_wrap=True, highlight=False)


def facts(genesis: Genesis, state: State) -> dict[str, Any]:
    """What is checked on chain, and found."""
    config, mint = state.config, state.mint
    found: dict[str, Any] = {
        name: _program(name, deployed) if deployed else None for name, deployed in state.programs.items()
    }
    if mint is not None:
        found["mint_authority"] = _key(mint.mint_authority)
        found["freeze_authority"] = _key(mint.freeze_authority)
        found["supply"] = mint.supply
    if state.multisig:
        found["multisig"] = {
            "address": str(state.multisig.address),
            "required": state.multisig.required,
            "keys": [str(key) for key in state.multisig.keys],
        }
    if config is not None:
        found |= {
            "config": str(genesis.addresses["config"]),
            "mint": str(config.mint),
            "mint_is_the_programs": mint is not None and mint.mint_authority == genesis.addresses["config"],
            "authority": _key(config.authority),
            "adopted": bool(config.adopted),
            "immutable": bool(config.immutable),
            "frozen_supply": config.frozen_supply if config.adopted else None,
            "verifier_program": str(config.verifier),
            "srs": srs_name(bytes(config.srs)),
            "chain_id": config.chain_id,
            "month_s": config.month_s,
            "rate_floor": config.parameters[RATE_FLOOR],
            "changed_parameters": [
                index
                for index, value in enumerate(config.parameters)
                if index != RATE_FLOOR and value != rules.default_parameter(index)
            ],
            "vault": _key(config.vault),
            "treasury": _key(config.treasury),
            "collections": {TIERS[tier]: str(address) for tier, address in state.collections.items()},
            "genesis_ts": config.genesis_ts or None,
        }
    return found


def _program(name: str, found: Deployed) -> dict[str, Any]:
    known = next((code for code in CODES[name] if found.runs(artifacts.shared_object(code))), None)
    return {"upgrade_authority": _key(found.authority), "changed_in_slot": found.slot, "code": known}


def _key(key: Pubkey | None) -> str | None:
    return None if key is None or key == Pubkey.default() else str(key)


def _text(name: str, value: Any) -> str:
    """A fact for people."""
    if name in ("supply", "frozen_supply") and value is not None:
        return f"{format_mai(value)} MAI"
    if name in CODES and value is not None:
        code = f"the code of {value['code']}.so here" if value["code"] else "[yellow]code that is not the one here[/]"
        keeper = value["upgrade_authority"]
        return f"{code}, {f'upgradeable by {keeper}' if keeper else 'final'}"
    if name == "multisig":
        return f"{value['address']}: {value['required']} of {', '.join(value['keys'])}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
