"""The command line: `mai COMMAND`. Every failure is one sentence on standard error and a non-zero exit."""

from __future__ import annotations

import typer

from mai.cli import (
    ask,
    audit,
    check,
    circuit,
    config,
    dao,
    demo,
    devices,
    difficulty,
    engine,
    genesis,
    index,
    localnet,
    metrics,
    mine,
    model,
    muster,
    nft,
    offence,
    program,
    receipt,
    register,
    rewards,
    simulate,
    stake,
    status,
    task,
    trace,
    verifier,
    verify_work,
    wallet,
    watch,
)
from mai.cli.run import run

app = typer.Typer(
    name="mai",
    help="AI inference that is proved, verified on Solana, and paid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("register")(register.register)
app.command("status")(status.status)
app.command("rewards")(rewards.rewards)
app.command("unstake")(stake.unstake)
app.command("withdraw")(stake.withdraw)
app.add_typer(devices.app, name="devices")
app.add_typer(stake.app, name="stake")
app.add_typer(nft.app, name="nft")
app.add_typer(task.app, name="task")
app.add_typer(ask.app, name="ask")
app.add_typer(receipt.app, name="receipt")
app.add_typer(verify_work.app, name="verify-work")
app.add_typer(check.app, name="check")
app.add_typer(offence.app, name="offence")
app.add_typer(dao.app, name="dao")
app.add_typer(mine.app, name="mine")
app.add_typer(muster.app, name="muster")
app.add_typer(difficulty.app, name="difficulty")
app.add_typer(circuit.app, name="circuit")
app.command("simulate")(simulate.simulate)
app.add_typer(wallet.app, name="wallet")
app.command("config")(config.config)
app.add_typer(genesis.app, name="genesis")
app.add_typer(audit.app, name="audit")
app.command("index")(index.index)
app.command("watch")(watch.watch)
app.command("metrics")(metrics.metrics)
app.add_typer(engine.app, name="engine")
app.add_typer(model.app, name="model")
app.add_typer(localnet.app, name="localnet")
app.add_typer(program.app, name="program")
app.add_typer(trace.app, name="trace")
app.add_typer(verifier.app, name="verifier")


def main() -> None:
    """Run the command line and leave with its exit code."""
    run(app)
