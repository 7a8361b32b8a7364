"""`mai verifier key`: key programs that anyone can rebuild, read and compare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
from mai_zk import circuits
from mai_zk.cache import write_atomic
from mai_zk.circuits import Circuit, check_visibility, compile_key
from mai_zk.keyprogram import KeyProgram
from mai_zk.prover import make_prover
from mai_zk.srs import Srs, load_srs, srs_name

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.verifier import KEY_HEADER_BYTES, Verifier
from mai.cli.connect import Chain, YesOption, confirm, show_facts, show_sent
from mai.cli.options import on_chain
from mai.cli.output import Output, OutputOption, bar, facts_table, parse_address, people, print_json, progress
from mai.errors import MaiError

app = typer.Typer(help="Key programs: what a circuit's verifying key becomes on chain.", no_args_is_help=True)

DIFFERENT = 1
CircuitArgument = Annotated[str, typer.Argument(help="a circuit's name or folder")]
SrsOption = Annotated[Path | None, typer.Option(help="an SRS file, such as the ceremony's; by default the test SRS")]


@app.command()
def build(
    circuit: CircuitArgument,
    to: Annotated[Path, typer.Option(help="the file to write")],
    srs: SrsOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Make CIRCUIT's key program from its folder, with EZKL's own setup."""
    key = _rebuild(circuits.load(circuit), srs)
    write_atomic(to, key.blob)
    _print(key, output)


@app.command()
def show(
    key: Annotated[str, typer.Argument(help="a key program's file, or a circuit's name or folder")],
    output: OutputOption = Output.table,
) -> None:
    """Show what a key program is: its hash, SRS, parts and schedules."""
    _print(_read(key), output)


@app.command()
@on_chain
def check(
    chain: Chain,
    circuit: CircuitArgument,
    key: Annotated[Path | None, typer.Option(help="compare with this file; by default the folder's key.bin")] = None,
    address: Annotated[str | None, typer.Option(help="compare with the sealed key account at this address")] = None,
    srs: SrsOption = None,
) -> None:
    """Rebuild CIRCUIT's key program and compare it byte for byte. Exit: 0 equal, 1 different."""
    if key is not None and address is not None:
        raise MaiError("give --key or --address, not both")
    loaded = circuits.load(circuit)
    given = _on_chain(chain, address) if address else _read(str(key) if key else str(loaded.folder / "key.bin"))
    made = _rebuild(loaded, srs)
    equal = made.blob == given.blob
    if chain.output is Output.json:
        print_json({"equal": equal, "rebuilt": made.hash.hex(), "given": given.hash.hex()})
    elif equal:
        people.print(f"[green]equal[/]: {made.hash.hex()}")
    else:
        people.print(f"[red]different[/]\nrebuilt {made.hash.hex()}\ngiven   {given.hash.hex()}", highlight=False)
    if not equal:
        raise typer.Exit(DIFFERENT)


def _rebuild(circuit: Circuit, srs_path: Path | None) -> KeyProgram:
    check_visibility(circuit.segment)
    prover = make_prover()
    with progress.status("Making the SRS, the keys and the key program ..."):
        srs: Srs = load_srs(srs_path) if srs_path else circuit.test_srs()
        key = compile_key(prover, prover.setup(circuit.segment, srs), circuit.parts)
    if srs.warning:
        progress.print(f"[yellow]{srs.warning}[/]")
    return key


def _read(name: str) -> KeyProgram:
    path = Path(name)
    if not path.is_file():
        return circuits.load(name).key_program
    return KeyProgram.from_bytes(path.read_bytes())


@app.command("upload")
@on_chain
def upload_key(
    chain: Chain,
    key: Annotated[str, typer.Argument(help="a key program's file, or a circuit's name or folder")],
    yes: YesOption = False,
) -> None:
    """Put a key program on chain and seal it, for ever. The cost comes first; an upload that broke off goes on."""
    program, verifier = _read(key), Verifier(chain.cluster, chain.signer)
    address, _ = verifier.key_address(program.hash)
    rent, writes = verifier.key_cost(program)
    if chain.output is Output.table:
        cost = f"{rent / LAMPORTS_PER_SOL:.9f} SOL of rent, which stays; {writes:,} writes at 0.000005 SOL"
        show_facts({"key": program.hash.hex(), "address": str(address), "cost": cost})
    if writes:
        confirm("Go on?", yes, chain)
    with bar("Uploading the key", chain.output) as advance:
        uploaded = verifier.upload_key(program, advance)
    sent = len(uploaded.transactions)
    if chain.output is Output.json:
        print_json({"key": program.hash.hex(), "address": str(address), "rent_lamports": rent, "transactions": sent})
    else:
        people.print(f"sealed; {sent:,} transactions")


@app.command("close")
@on_chain
def close_upload(
    chain: Chain,
    address: Annotated[str, typer.Argument(help="a key that is not sealed yet, a proof, or an unclaimed receipt")],
) -> None:
    """Close an upload that was given up, or a proof that was used; its rent returns to the wallet."""
    at = parse_address(address)
    lent = chain.cluster.balance(at)
    landed = Verifier(chain.cluster, chain.signer).close(at)
    show_sent(chain, landed, {"lamports": lent}, {"returned": f"{lent / LAMPORTS_PER_SOL:.9f} SOL"})


def _on_chain(chain: Chain, address: str) -> KeyProgram:
    at = parse_address(address)
    cluster, program = chain.cluster, artifacts.program("verifier")
    header = program.fetch(cluster, at)
    account = cluster.account(at)
    if account is None or not header.sealed:
        raise MaiError(f"the key account {address} is not sealed")
    return KeyProgram.from_bytes(bytes(account.data[KEY_HEADER_BYTES:]))


def facts(key: KeyProgram) -> dict[str, Any]:
    """What there is to know about a key program; digests in hexadecimal."""
    parts = key.parts
    return {
        "hash": key.hash.hex(),
        "srs": srs_name(key.srs),
        "srs_id": key.srs.hex(),
        "digest": key.digest.hex(),
        "circuit": key.circuit.hex(),
        "bytes": len(key.blob),
        "instances": {
            "input": parts.input_instances,
            "params": parts.params_instances,
            "output": parts.output_instances,
        },
        "commitments": {"input": parts.input_points, "params": parts.params_points, "output": parts.output_points},
        "all_instances": key.n_instances,
        "proof_bytes": key.proof_size,
        "proof_points": key.n_proof_points,
        "evaluations": key.n_evals,
        "hints": key.n_hints,
        "heap_bytes": key.heap_bytes,
        "field_operations": dict(Counter(item.op.name for item in key.code)),
        "curve_multiplications": key.n_scalars,
        "key_points": key.n_points,
    }


def _print(key: KeyProgram, output: Output) -> None:
    found = facts(key)
    if output is Output.json:
        print_json(found)
        return
    table = facts_table()
    for name, value in found.items():
        text = ", ".join(f"{part} {count}" for part, count in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name.replace("_", " "), text)
    people.print(table)
