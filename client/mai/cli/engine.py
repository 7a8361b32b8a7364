"""`mai engine`: inference on this machine behind OpenAI's and Ollama's APIs, with a signed record of every answer."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import os
import stat
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import uvloop
from rich.table import Table
from rich.text import Text

from mai.cli.output import Output, OutputOption, facts_table, people, print_json, progress
from mai.engine.backends import BACKENDS
from mai.engine.choice import AUTO, OLLAMA_URL, VLLM_URL, Candidate, Wish, candidates, chosen
from mai.engine.engine import Engine, default_folder
from mai.engine.enginekeys import EngineKeys, FilePlace
from mai.engine.envelopes import SealedPrompts
from mai.engine.guard import guard
from mai.engine.hardware import Machine, detect
from mai.engine.identity import sign_identity
from mai.engine.limits import DEFAULT_PORT, Limits
from mai.engine.places import data_folder
from mai.engine.protocol import ModelSpec
from mai.engine.records import Records
from mai.engine.sealing import Sealer
from mai.engine.signing import verified
from mai.errors import MaiError
from mai.miner.hardware import device_name

if TYPE_CHECKING:
    from mai.chain.signer import Signer

app = typer.Typer(help="Inference on this machine: serve, choose, log.", no_args_is_help=True)

GB = 1e9
LINE_SECONDS = 0.5
MAX_TOKEN_BYTES = 4_096
MAX_LOG = 10_000
OTHERS = stat.S_IRWXG | stat.S_IRWXO
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="a model's name, a GGUF or ONNX file, or a folder with ONNX or safetensors"),
]
BackendOption = Annotated[
    str | None,
    typer.Option("--backend", "-b", help=f"{', '.join(BACKENDS)}; default: what fits"),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu or gpu; gpu never falls back to the CPU")]
ProvableOption = Annotated[bool, typer.Option("--provable", help="only models whose answers can be proved")]
OllamaOption = Annotated[str, typer.Option("--ollama-url", envvar="MAI_OLLAMA_URL", help="where Ollama answers")]
VllmOption = Annotated[str, typer.Option("--vllm-url", envvar="MAI_VLLM_URL", help="where vLLM answers")]
StateOption = Annotated[
    Path | None, typer.Option("--state", help="the folder of journal, log and keys; default: the user's data folder")
]


@app.command("serve")
def serve_command(
    model: ModelOption = None,
    backend: BackendOption = None,
    device: DeviceOption = AUTO,
    provable: ProvableOption = False,
    host: Annotated[str, typer.Option(help="the address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="the port; 0: any free one")] = DEFAULT_PORT,
    uds: Annotated[Path | None, typer.Option("--uds", help="a Unix socket instead of a port")] = None,
    token_file: Annotated[Path | None, typer.Option(help="a file with the token that clients must send")] = None,
    keypair: Annotated[
        str | None,
        typer.Option(
            "--keypair", "-k", envvar="MAI_KEYPAIR", help="the device's key: signs the record of every answer"
        ),
    ] = None,
    state: StateOption = None,
    running: Annotated[int, typer.Option(min=1, max=1_024, help="answers generated at a time")] = 1,
    waiting: Annotated[int, typer.Option(min=0, max=100_000, help="requests that may wait")] = Limits.waiting,
    max_tokens: Annotated[int, typer.Option(min=1, max=131_072, help="the most of one answer")] = Limits.max_tokens,
    timeout: Annotated[float, typer.Option(min=1, max=86_400, help="seconds of one answer")] = Limits.run_seconds,
    context: Annotated[int | None, typer.Option(min=16, help="llama.cpp, onnx: tokens of prompt and answer")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=1_024, help="llama.cpp, onnx: threads")] = None,
    held: Annotated[bool, typer.Option("--held", help="accepted tasks wait for `mai mine --engine`")] = False,
    ray: Annotated[
        str | None, typer.Option("--ray", help="a Ray cluster's head:port, on whose nodes the model answers")
    ] = None,
    replicas: Annotated[int, typer.Option(min=1, max=1_024, help="with --ray: how many of the model")] = 1,
    ollama_url: OllamaOption = OLLAMA_URL,
    vllm_url: VllmOption = VLLM_URL,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="no status line")] = False,
    output: OutputOption = Output.table,
) -> None:
    """Serve models until interrupted."""
    # half of the time that the others take to start
    from mai.engine.server import access_of, listen, listen_unix, serve

    guarded = guard()
    started = time.monotonic()
    token = token_in(token_file) if token_file else None
    access = access_of(host, token, unix=uds is not None)
    wish = Wish(model, backend, device, provable, ollama_url, vllm_url, context, threads)
    with progress.status("Looking at this machine ..."):
        machine = detect()
        installed = _installed()
        found = candidates(machine, wish, installed)
        specs = chosen(found, machine, wish)
        _used(installed, specs[0])
    first = specs[0]
    if ray is not None:
        from mai.engine.backends.replicas import on_ray

        specs, running = on_ray(specs, ray, replicas), max(running, replicas)
    limits = Limits(running=running, waiting=waiting, max_tokens=max_tokens, run_seconds=timeout)
    limits = dataclasses.replace(limits, default_tokens=min(limits.default_tokens, max_tokens))
    signer = _signer(keypair)
    listening = listen_unix(uds) if uds is not None else listen(host, port)
    where = str(uds) if uds is not None else _url(host, listening.getsockname()[1])
    reason = next(item.reason for item in found if item.fits and item.spec is first)
    try:
        folder = state or default_folder()
        keys = EngineKeys(FilePlace(folder))
        engine = Engine(
            folder, specs, machine, signer=signer, limits=limits, vault=Sealer(keys, "journal"),
            envelopes=SealedPrompts(keys), held=held, owner=str(signer.pubkey()) if signer else "",
            statement=_statement(keys.public, signer) if signer else None,
        )  # fmt: skip
        facts = _facts(engine, specs, where, reason) | {"left_open": "; ".join(guarded.warnings)}
        show = _Shown(engine, facts, started, output, quiet)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(show.whole(serve(engine, listening, access, ready=show.ready)))
    finally:
        listening.close()
        if uds is not None:
            uds.unlink(missing_ok=True)


class _Shown:
    """What is seen of a serving engine: how it loads, its facts, then one line that lives."""

    def __init__(self, engine: Engine, facts: dict[str, Any], started: float, output: Output, quiet: bool) -> None:
        self._engine, self._facts, self._started = engine, facts, started
        self._output, self._quiet = output, quiet
        self._line = progress.status(f"Loading {facts['model']} ...")
        self._ticking: asyncio.Task[None] | None = None

    async def whole(self, serving: Coroutine[Any, Any, None]) -> None:
        """From the loading to the end."""
        if self._output is not Output.json:
            self._line.start()
        try:
            await serving
        finally:
            if self._ticking is not None:
                self._ticking.cancel()
            self._line.stop()

    def ready(self) -> None:
        """Requests are answered from now on."""
        self._line.stop()
        if self._output is Output.json:
            print_json({**self._facts, "start_seconds": round(time.monotonic() - self._started, 3)})
            sys.stdout.flush()
            return
        _show({name.replace("_", " "): str(value) for name, value in self._facts.items() if value})
        if not self._quiet:
            self._line.start()
            self._ticking = asyncio.create_task(_tick(self._line, self._engine, self._started))


async def _tick(line: Any, engine: Engine, started: float) -> None:
    while True:
        passed, figures, queue = int(time.monotonic() - started), engine.figures, engine.queue
        clock = f"{passed // 3600:02}:{passed // 60 % 60:02}:{passed % 60:02}"
        speed = figures.tokens / figures.seconds if figures.seconds else 0.0
        line.update(
            f"{clock} | running {queue.running} | waiting {queue.waiting} | tasks {engine.unfinished} | "
            f"answers {figures.answered:,} | tokens {figures.tokens:,} | {speed:.1f} tokens/s"
        )
        await asyncio.sleep(LINE_SECONDS)


def _installed() -> list[ModelSpec]:
    """The models of the registry on disk, where there is one; looking makes none."""
    if not (data_folder() / "models").is_dir():
        return []
    from mai.engine.models.catalogue import GOOD
    from mai.engine.models.names import SERVED_BY
    from mai.engine.models.store import Store

    good = [item for item in Store().models() if item.kind in SERVED_BY and item.state == GOOD]
    return [ModelSpec(item.name, BACKENDS[SERVED_BY[item.kind]], item.path) for item in good]


def _used(installed: list[ModelSpec], spec: ModelSpec) -> None:
    """Note in the registry that one of its models is used."""
    if any(item.location == spec.location for item in installed):
        from mai.engine.models.store import Store

        Store().use(spec.name)


def _facts(engine: Engine, specs: list[ModelSpec], where: str, reason: str) -> dict[str, Any]:
    return {
        "url": where,
        "model": specs[0].name,
        "why": reason,
        "other_models": ", ".join(spec.name for spec in specs[1:]),
        "signing_key": engine.signing_key or "none: records are not signed (name one with --keypair)",
        "state": str(engine.folder),
    }


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def token_in(path: Path) -> str:
    """The token in a file that only its owner can read; MaiError."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            token = file.read(MAX_TOKEN_BYTES).decode().strip()
    except (OSError, ValueError) as error:
        raise MaiError(f"the token file {path} cannot be read") from error
    if os.name == "posix" and mode & OTHERS:
        raise MaiError(f"others can read the token file {path}: run `chmod 600 {path}`")
    if len(token) < 16:
        raise MaiError(f"the token in {path} is too short: at least 16 characters")
    return token


def _signer(uri: str | None) -> Signer | None:
    """The device's key: no browser can sign every answer."""
    from mai.wallet.files import DEFAULT_KEYPAIR
    from mai.wallet.uri import open_signer

    def refuse() -> Signer:
        raise MaiError("a wallet in the browser cannot sign every answer: name a keypair file or keychain:NAME")

    if uri is None and not DEFAULT_KEYPAIR.exists():
        return None
    return open_signer(uri or str(DEFAULT_KEYPAIR), browser=refuse)


def _statement(key: bytes, signer: Signer) -> dict[str, Any]:
    """The owner's word for the key that prompts are sealed to."""
    owner = bytes(signer.pubkey())
    return sign_identity(key, owner, device_name(owner), lambda message: bytes(signer.sign_message(message))).json()


@app.command()
def choose(
    model: ModelOption = None,
    backend: BackendOption = None,
    device: DeviceOption = AUTO,
    provable: ProvableOption = False,
    ollama_url: OllamaOption = OLLAMA_URL,
    vllm_url: VllmOption = VLLM_URL,
    output: OutputOption = Output.table,
) -> None:
    """Show what this machine has, which backends and models fit, and why."""
    wish = Wish(model, backend, device, provable, ollama_url, vllm_url)
    machine = detect()
    found = candidates(machine, wish, _installed())
    try:
        default = chosen(found, machine, wish)[0]
    except MaiError:
        default = None
    if output is Output.json:
        rows = [{key: value for key, value in dataclasses.asdict(item).items() if key != "spec"} for item in found]
        name = default.name if default is not None else None
        print_json({"machine": dataclasses.asdict(machine), "chosen": name, "candidates": rows})
    else:
        _show(_machine(machine))
        people.print(_table(found, default))
    if default is None:
        chosen(found, machine, wish)  # says why nothing can be served


def _machine(machine: Machine) -> dict[str, str]:
    gpus = [f"{gpu.name} ({gpu.kind}, {gpu.memory_bytes / GB:.1f} GB, driver {gpu.driver})" for gpu in machine.gpus]
    return {
        "system": machine.system,
        "processor": f"{machine.cpu}, {machine.cores} cores, {machine.threads} threads",
        "memory": f"{machine.ram_bytes / GB:.1f} GB, {machine.free_bytes / GB:.1f} GB free",
        "GPUs": "; ".join([*gpus, *machine.notes]),
    }


def _table(found: list[Candidate], default: ModelSpec | None) -> Table:
    table = Table(box=None)
    for name in ("", "backend", "model", "device", "why"):
        table.add_column(name, overflow="fold")
    for item in found:
        mark = "→" if item.fits and item.spec is default else "yes" if item.fits else "no"
        table.add_row(mark, item.backend, item.model, item.device, Text(item.reason))
    return table


@app.command()
def log(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=MAX_LOG, help="how many, the newest first")] = 20,
    model: Annotated[str | None, typer.Option("--model", "-m", help="only this model's")] = None,
    task: Annotated[str | None, typer.Option(help="only this task's")] = None,
    state: StateOption = None,
    output: OutputOption = Output.table,
) -> None:
    """Show the signed records of answers: figures and hashes, no text."""
    records = Records(state or default_folder(), read_only=True)
    found = [item | {"verified": verified(item)} for item in records.newest(limit, model=model, task=task)]
    records.close()
    if output is Output.json:
        print_json({"answers": found})
        return
    table = Table(box=None, padding=(0, 1))
    for name in ("ended", "model", "tokens", "a second", "GPU", "RAM", "output", "signed"):
        table.add_column(name, overflow="fold", no_wrap=name != "model", min_width=14 if name == "model" else None)
    for item in found:
        about = item["metadata"]
        table.add_row(
            datetime.datetime.fromtimestamp(about["ended_us"] / 1e6).strftime("%m-%d %H:%M:%S"),
            about["model"],
            f"{about['prompt_tokens']:,} + {about['generated_tokens']:,}",
            f"{about['tokens_per_second']:.1f}",
            f"{about['gpu_permille'] / 10:.0f} %" if about["gpu_permille"] >= 0 else "none",
            f"{about['peak_ram_bytes'] / 2**20:,.0f} MiB",
            about["output_hash"][:8],
            "yes" if item["verified"] else "WRONG" if item["signature"] else "no",
        )
    people.print(table)


def _show(facts: dict[str, str]) -> None:
    table = facts_table()
    for name, value in facts.items():
        table.add_row(name, Text(value))
    people.print(table)
