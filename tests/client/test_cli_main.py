"""The whole command line: a failure is one sentence on standard error and a non-zero exit."""

from __future__ import annotations

import pytest
from client.cli_world import World
from mai.cli.main import main

COMMANDS = (
    "register", "status", "rewards", "unstake", "withdraw", "devices list", "devices show", "devices update",
    "devices heartbeat", "devices retire", "devices withdraw-bond", "stake deposit", "stake unstake", "stake withdraw",
    "stake verifier", "stake show", "nft link", "nft show", "nft collections", "task post", "task fund", "task show",
    "task cancel", "task expire", "task list", "task redraw", "task release", "task close", "offence list",
    "offence show", "offence report", "offence appeal", "offence prove", "offence execute", "check open", "check list",
    "check show", "check draw", "check decide", "check void", "check correct", "difficulty show", "difficulty crank",
    "dao list", "dao show", "dao vote", "dao deny", "dao execute", "dao parameters", "dao calibration",
    "dao propose parameter", "dao propose calibration", "dao propose model", "dao propose treasury",
    "dao propose collection", "config", "wallet address", "program deploy", "program verify", "program buffers",
    "program close", "genesis status", "genesis create", "genesis adopt", "genesis hand-over", "genesis open",
    "trace show", "verifier key check", "verifier key upload", "verifier key close",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, world: World) -> None:
    shown = world.run(*command.split(), "--help")
    for option in ("--url", "--keypair", "--commitment", "--config", "--fee-payer", "--priority-fee", "--dry-run"):
        assert option in shown
    assert "--output" in shown


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["mai", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("stake", "deposit", "1.0000000001"), "mai: 1.0000000001 has 10 decimals: MAI has 9"),
        (("dao", "vote", "0", "yes"), "mai: there is no proposal 0: none was made"),
        (("devices", "heartbeat"), "mai: the wallet "),
        (("difficulty", "crank"), "mai: PeriodNotOver: the period lasts an hour"),
    ],
)
def test_a_failure_is_one_sentence(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    sentence: str,
) -> None:
    assert run(monkeypatch, *words, "--keypair", str(world.wallet("anyone").file)) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.err.startswith(sentence)


def test_a_success_ends_with_zero(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "status") == 0
