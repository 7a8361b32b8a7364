"""Which cluster, wallet and commitment a command gets; what it offers for its place; where people can look."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mai.chain.monikers import address_of, explorer_link, websocket_of
from mai.chain.priority import MAX_LAMPORTS, Priority, lamports
from mai.cli.connect import open_cluster
from mai.errors import MaiError
from wallet.conftest import Run

DEVNET = "https://api.devnet.solana.com"


@pytest.fixture
def filed(home: Path) -> Path:
    """A config file as the Solana CLI writes it."""
    path = home / ".config" / "solana" / "cli" / "config.yml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "---\njson_rpc_url: https://api.testnet.solana.com\nwebsocket_url: ''\nkeypair_path: /keys/filed.json\n"
        "address_labels:\n  '11111111111111111111111111111111': System Program\ncommitment: finalized\n"
    )
    return path


def settings(run: Run, *words: object) -> Any:
    return json.loads(run("config", "--output", "json", *words))


def test_an_option_beats_the_environment_beats_the_file(run: Run, filed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(run)
    assert found["url"] == {"value": "https://api.testnet.solana.com", "from": str(filed)}
    assert found["websocket"] == {"value": "wss://api.testnet.solana.com", "from": "computed"}
    assert found["keypair"] == {"value": "/keys/filed.json", "from": str(filed)}
    assert found["commitment"] == {"value": "finalized", "from": str(filed)}
    monkeypatch.setenv("MAI_URL", "devnet")
    monkeypatch.setenv("MAI_COMMITMENT", "processed")
    found = settings(run)
    assert found["url"] == {"value": DEVNET, "from": "environment"}
    assert found["commitment"]["value"] == "processed"
    found = settings(run, "--url", "l", "--keypair", "/keys/mine.json")
    assert found["url"] == {"value": "http://127.0.0.1:8899", "from": "option"}
    assert found["keypair"] == {"value": "/keys/mine.json", "from": "option"}
    assert found["commitment"] == {"value": "processed", "from": "environment"}


def test_without_a_file_there_are_defaults(run: Run, home: Path) -> None:
    found = settings(run)
    assert {item["from"] for name, item in found.items() if name != "websocket"} == {"default"}
    assert (found["url"]["value"], found["websocket"]["value"]) == ("http://127.0.0.1:8899", "ws://127.0.0.1:8900")
    assert found["keypair"]["value"] == str(home / ".config" / "solana" / "id.json")


def test_another_file(run: Run, filed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yml"
    other.write_text("json_rpc_url: http://10.0.0.1:8899\nwebsocket_url: ws://10.0.0.1:9000/\n")
    assert settings(run, "-C", other)["websocket"] == {"value": "ws://10.0.0.1:9000", "from": str(other)}
    assert settings(run, "-C", other, "-u", "d")["websocket"]["value"] == "wss://api.devnet.solana.com"
    assert settings(run, "-C", other)["commitment"]["from"] == "default"


@pytest.mark.parametrize("text", ["[1, 2]", "json_rpc_url: 5\n", "a: [", "\0", "x" * 70_000, "!!python/object:os.x {}"])
def test_a_wrong_file_is_one_sentence(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yml"
    path.write_text(text)
    with pytest.raises(MaiError, match="config file"):
        run("config", "--config", path)
    with pytest.raises(MaiError, match="cannot be read"):
        run("config", "--config", tmp_path / "missing.yml")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--url", "mars"), "mars is no cluster: choose localhost, devnet"),
        (("--url", "ftp://x"), "is no cluster"),
        (("--url", "http://"), "is no cluster"),
        (("--url", "http://[::1"), "is no cluster"),
        (("--commitment", "rooted"), "is no commitment: choose processed, confirmed, finalized"),
        (("--priority-fee", "much"), "--priority-fee is auto, none or"),
        (("--priority-fee", "-1"), "--priority-fee is auto, none or"),
        (("--priority-fee", "1" * 40), "--priority-fee is auto, none or"),
    ],
)
def test_a_wrong_option_is_one_sentence(run: Run, words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(MaiError, match=sentence):
        run("config", *words)


def test_a_providers_key_is_not_shown(run: Run) -> None:
    for output in ("json", "table"):
        shown = run("config", "--url", "https://user:SECRET@rpc.example.com/v2/SECRET?key=SECRET", "-o", output)
        assert "SECRET" not in shown and "https://rpc.example.com" in shown


def test_names_letters_and_addresses() -> None:
    assert [address_of(letter) for letter in "ldtm"] == [
        address_of(name) for name in ("localhost", "devnet", "testnet", "mainnet-beta")
    ]
    assert websocket_of("http://10.0.0.1:8899") == "ws://10.0.0.1:8900"
    assert websocket_of("https://rpc.example.com/a?b=c") == "wss://rpc.example.com/a?b=c"
    with pytest.raises(MaiError):
        open_cluster("mars")


def test_the_explorers_pages() -> None:
    assert explorer_link("devnet", "tx", "5abc") == "https://explorer.solana.com/tx/5abc?cluster=devnet"
    assert explorer_link("mainnet-beta", "address", "A") == "https://explorer.solana.com/address/A"


@given(st.lists(st.integers(0, 10**12), max_size=150), st.integers(1, 1_400_000))
def test_no_offer_is_above_the_bound(recent: list[int], units: int) -> None:
    offer = Priority(None).offer(recent, units)
    assert 0 <= lamports(offer, units) <= MAX_LAMPORTS
    assert offer <= max(recent, default=0)


@given(st.integers(0, 10**15), st.integers(1, 1_400_000))
def test_a_named_price_is_offered_or_refused(price: int, units: int) -> None:
    if price * units <= MAX_LAMPORTS * 10**6:
        assert Priority(price).offer([5], units) == price
    else:
        with pytest.raises(MaiError, match="more than the bound"):
            Priority(price).offer([5], units)


def test_the_median_is_offered() -> None:
    assert Priority.parse("auto").offer([0, 0, 900, 7, 100], 1_000) == 7
    assert Priority.parse("none").offer([900], 1_000) == 0
    assert Priority.parse("12").offer([900], 1_000) == 12
