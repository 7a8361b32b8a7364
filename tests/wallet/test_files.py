"""Wallets in files: made, recovered, listed, removed; never overwritten, never readable by others, never shown."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mai.chain.signer import sign_each
from mai.errors import MaiError
from mai.wallet.files import read_keypair, write_keypair
from mai.wallet.uri import open_signer
from solders.keypair import Keypair
from wallet.conftest import Run
from wallet.test_recovery import COOKBOOK, COOKBOOK_ACCOUNTS, KEYGEN, KEYGEN_ADDRESSES


def no_browser() -> Any:
    raise AssertionError("no browser was asked for")


def test_a_new_wallet_is_its_owners_alone(run: Run, home: Path) -> None:
    file = home / "keys" / "one.json"
    made = json.loads(run("wallet", "new", file, "--output", "json"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made == {"wallet": str(file), "address": str(read_keypair(file).pubkey())}
    assert json.loads(run("wallet", "list", "-o", "json"))["wallets"] == [made]
    assert run("wallet", "address", "--keypair", file).strip() == made["address"]
    assert [item.name for item in file.parent.iterdir()] == ["one.json"]


def test_no_wallet_is_overwritten(run: Run, home: Path) -> None:
    file = home / "one.json"
    run("wallet", "new", file)
    before = file.read_bytes()
    with pytest.raises(MaiError, match="no wallet is overwritten"):
        run("wallet", "new", file)
    with pytest.raises(MaiError, match="no wallet is overwritten"):
        run("wallet", "recover", file, "--yes", stdin=f"{COOKBOOK}\n\n")
    assert file.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o666])
def test_a_file_that_others_can_read_is_refused(run: Run, home: Path, mode: int) -> None:
    file = home / "one.json"
    write_keypair(file, Keypair())
    file.chmod(mode)
    with pytest.raises(MaiError, match=r"others can read the keypair file .*: run `chmod 600"):
        run("wallet", "address", "--keypair", file)
    file.chmod(0o400)
    run("wallet", "address", "--keypair", file)


def test_nothing_that_is_shown_is_secret(run: Run, home: Path) -> None:
    file = home / "one.json"
    shown = run("wallet", "new", file) + run("wallet", "list") + run("wallet", "address", "-k", file) + run("config")
    keypair = read_keypair(file)
    for secret in (str(keypair), keypair.secret().hex(), json.dumps(list(bytes(keypair)))):
        assert secret not in shown


def test_a_phrase_is_shown_on_a_terminal_alone(home: Path) -> None:
    """Without a terminal there is neither a phrase nor a wallet."""
    words = ["from mai.cli.main import main; main()", "wallet", "new", str(home / "one.json"), "--phrase"]
    environment = {**os.environ, "MAI_CONFIG_DIR": str(home)}
    ended = subprocess.run(
        [sys.executable, "-c", *words], capture_output=True, text=True, env=environment,
        start_new_session=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert (ended.stdout, ended.stderr.count("\n")) == ("", 1)
    assert "on a terminal alone" in ended.stderr
    assert not (home / "one.json").exists()


def test_recovering(run: Run, home: Path) -> None:
    def recover(name: str, phrase: str, *options: str) -> str:
        said = run("wallet", "recover", home / name, "--yes", "-o", "json", *options, stdin=f"{phrase}\n\n")
        return str(json.loads(said)["address"])

    assert recover("a", COOKBOOK) == COOKBOOK_ACCOUNTS[0]
    assert recover("b", COOKBOOK, "--key", "2/0") == COOKBOOK_ACCOUNTS[2]
    assert recover("c", KEYGEN, "--no-path") == KEYGEN_ADDRESSES[None]
    assert recover("d", KEYGEN, "--full-path", "m/44/2017/0/1") == KEYGEN_ADDRESSES["?full-path=m/44/2017/0/1"]
    assert str(read_keypair(home / "b").pubkey()) == COOKBOOK_ACCOUNTS[2]
    with pytest.raises(MaiError, match="checksum"):
        recover("e", " ".join(reversed(COOKBOOK.split())))
    with pytest.raises(MaiError, match="nobody answered"):
        run("wallet", "recover", home / "e", "--yes", stdin="")
    assert not (home / "e").exists()


def test_a_phrase_signs_without_a_file(run: Run, home: Path) -> None:
    for uri in ("prompt:?key=0/1", "prompt://?key=0/1"):
        said = run("wallet", "address", "--keypair", uri, stdin=f"{KEYGEN}\n\n")
        assert said.strip() == KEYGEN_ADDRESSES["?key=0/1"]
    assert run("wallet", "address", "-k", "ASK", stdin=f"{KEYGEN}\n\n").strip() == KEYGEN_ADDRESSES[None]


def test_removing(run: Run, home: Path) -> None:
    file = home / "one.json"
    run("wallet", "new", file)
    run("wallet", "remove", file, "--yes")
    assert not file.exists()
    assert json.loads(run("wallet", "list", "-o", "json")) == {"wallets": []}
    with pytest.raises(MaiError, match="cannot be read"):
        run("wallet", "remove", file, "--yes")


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("usb://ledger", "is no wallet"),
        ("ledger:", "is no wallet"),
        ("keychain:../x", "is no name of a wallet"),
        ("keychain:", "is no name of a wallet"),
        ("/nowhere/id.json", "cannot be read"),
    ],
)
def test_other_wallets_are_one_sentence(home: Path, uri: str, sentence: str) -> None:
    with pytest.raises(MaiError, match=sentence):
        open_signer(uri, browser=no_browser)


def test_every_wallet_signs_alike(home: Path) -> None:
    keypair, messages = Keypair(), [b"one", b"two"]
    write_keypair(home / "id.json", keypair)
    signer = open_signer(f"file:{home / 'id.json'}", browser=no_browser)
    assert signer.pubkey() == keypair.pubkey()
    assert sign_each(signer, messages) == [keypair.sign_message(message) for message in messages]
