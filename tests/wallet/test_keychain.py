"""Wallets in a keychain: a real Secret Service (gnome-keyring on D-Bus), as `keyring` finds it. About 20 s."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    """Runs `mai` in a session that has an unlocked keychain, and nothing of the user's own."""
    if any(shutil.which(name) is None for name in NEEDED):
        pytest.skip("gnome-keyring and dbus are not installed: run `make test-tools`")
    home = tmp_path_factory.mktemp("home")
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    names = {"HOME": home, "XDG_DATA_HOME": home / "data", "XDG_RUNTIME_DIR": runtime, "MAI_CONFIG_DIR": home / "mai"}
    environment = {**os.environ, **{name: str(path) for name, path in names.items()}}
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    assert bus.stdout is not None
    environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    assert daemon.stdin is not None and daemon.stdout is not None
    daemon.stdin.write("test")
    daemon.stdin.close()
    daemon.stdout.readline()  # it says where its control socket is once it is there

    def run(*words: object, bus: str | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
        there = environment if bus is None else {**environment, "DBUS_SESSION_BUS_ADDRESS": bus}
        ended = subprocess.run(
            [sys.executable, "-c", "from mai.cli.main import main; main()", *map(str, words)],
            capture_output=True, text=True, env=there, stdin=subprocess.DEVNULL, timeout=300, check=False,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended

    try:
        yield run
    finally:
        for process in (daemon, bus):
            process.terminate()
            process.wait(60)


def test_a_wallet_lives_in_the_keychain_alone(command: Command, tmp_path: Path) -> None:
    made = json.loads(command("wallet", "new", "keychain:main", "--output", "json").stdout)
    assert made["wallet"] == "keychain:main"
    assert made["address"] in command("wallet", "list").stdout
    assert command("wallet", "address", "--keypair", "keychain:main").stdout.strip() == made["address"]
    again = command("wallet", "new", "keychain:main", code=1)
    assert again.stderr == "mai: the keychain has a wallet main already: no wallet is overwritten\n"
    command("wallet", "remove", "keychain:main", "--yes")
    assert made["address"] not in command("wallet", "list").stdout
    gone = command("wallet", "address", "--keypair", "keychain:main", code=1)
    assert gone.stderr.startswith("mai: the keychain has no wallet main")


def test_a_machine_without_a_keychain_says_so(command: Command) -> None:
    ended = command("wallet", "new", "keychain:other", bus="unix:path=/nowhere", code=1)
    assert ended.stderr.startswith("mai: this machine has no keychain") and ended.stderr.count("\n") == 1
