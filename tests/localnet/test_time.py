"""Slots, commitments, blockhashes and the clock: by themselves, and at a test's command."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Iterator
from typing import Any

import pytest
from localnet.servers import Server, running, start_localnet
from localnet.traffic import CONFIRMED, SOL, Api, encoded, pay, sign
from mai.cli.localnet import app
from mai.errors import MaiError
from solders.keypair import Keypair
from typer.testing import CliRunner

SLOT_HASHES = "SysvarS1otHashes111111111111111111111111111"
CLOCK = "SysvarC1ock11111111111111111111111111111111"
PROCESSED = {"commitment": "processed"}


@pytest.fixture(scope="module")
def api(server: Server) -> Api:
    return Api(server.url)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A localnet on which no slot passes by itself (one an hour does): what depends on slots is exact."""
    ledger = tmp_path_factory.mktemp("still") / "ledger"
    with running(start_localnet(ledger, "--bare", "--slot-ms", "3600000")) as found:
        yield Api(found.url)


def funded(still: Api) -> Keypair:
    """A new wallet with lamports, final."""
    key = Keypair()
    still.get("requestAirdrop", str(key.pubkey()), 10 * SOL)
    still.get("mai_warp", {"slots": 40})
    return key


def clock(api: Api) -> dict[str, int]:
    found = api.get("getAccountInfo", CLOCK, {"encoding": "jsonParsed", **PROCESSED})
    return dict(found["value"]["data"]["parsed"]["info"])


def test_slots_and_heights_advance_by_themselves(api: Api) -> None:
    height = api.get("getBlockHeight", PROCESSED)
    slot = api.get("getSlot", PROCESSED)  # after the height, so that what passes between them does not count against it
    api.until(lambda: api.get("getSlot", PROCESSED) >= slot + 3)
    assert api.get("getBlockHeight", PROCESSED) >= height + 3


def test_a_blockhash_is_good_for_150_blocks(still: Api) -> None:
    api, payer = still, funded(still)
    latest = api.get("getLatestBlockhash", {"commitment": "confirmed"})
    blockhash, last = latest["value"]["blockhash"], latest["value"]["lastValidBlockHeight"]
    confirmed = api.get("getBlockHeight", {"commitment": "confirmed"})
    assert 0 <= last - 150 <= confirmed
    early = sign([pay(payer, Keypair().pubkey(), 1_000_000)], [payer], api.blockhash())
    late = sign([pay(payer, Keypair().pubkey(), 1_000_000)], [payer], api.blockhash())
    api.get("mai_warp", {"slots": 100})
    assert api.get("isBlockhashValid", blockhash, PROCESSED)["value"] is True
    api.get("sendTransaction", encoded(early), {"encoding": "base64", **CONFIRMED})
    api.get("mai_warp", {"slots": 60})
    assert api.get("getBlockHeight", PROCESSED) > last
    assert api.get("isBlockhashValid", blockhash, PROCESSED)["value"] is False
    error = api.ask("sendTransaction", encoded(late), {"encoding": "base64", **CONFIRMED})["error"]
    assert error["data"]["err"] == "BlockhashNotFound"


def test_each_commitment_has_its_own_view(still: Api) -> None:
    api, payer, to = still, funded(still), Keypair().pubkey()

    def balances() -> list[int]:
        levels = ("processed", "confirmed", "finalized")
        return [api.get("getBalance", str(to), {"commitment": level})["value"] for level in levels]

    def status() -> dict[str, Any]:
        return dict(api.get("getSignatureStatuses", [signature])["value"][0])

    signature = api.send([pay(payer, to, 1_000_000)], payer)
    assert balances() == [1_000_000, 0, 0]
    assert status()["confirmationStatus"] == "processed"
    api.get("mai_warp", {"slots": 1})
    assert balances() == [1_000_000, 1_000_000, 0]
    assert (status()["confirmationStatus"], status()["confirmations"] >= 1) == ("confirmed", True)
    program = "11111111111111111111111111111111"
    lists = {
        level: {
            item["pubkey"]
            for item in api.get(
                "getProgramAccounts",
                program,
                {"commitment": level, "encoding": "base64", "filters": [{"dataSize": 0}]},
            )
        }
        for level in ("confirmed", "finalized")
    }
    assert str(to) in lists["confirmed"]
    assert str(to) not in lists["finalized"]
    api.get("mai_warp", {"slots": 32})
    assert (status()["confirmationStatus"], status()["confirmations"]) == ("finalized", None)
    assert balances() == [1_000_000] * 3


def test_a_warp_by_seconds_moves_clock_and_slots(api: Api) -> None:
    begun, before = time.monotonic(), clock(api)
    found = api.get("mai_warp", {"seconds": 86_400})
    after = clock(api)
    assert 86_400 <= after["unixTimestamp"] - before["unixTimestamp"] < 86_400 + 60 + time.monotonic() - begun
    assert found["slot"] - before["slot"] >= 86_400 * 5 // 2
    assert after["slot"] >= found["slot"]


def test_a_warp_to_a_time_and_never_back(api: Api) -> None:
    begun, to = time.monotonic(), clock(api)["unixTimestamp"] + 1_000
    api.get("mai_warp", {"to": to})
    assert 0 <= clock(api)["unixTimestamp"] - to < 60 + time.monotonic() - begun
    assert api.code("mai_warp", {"to": to - 500}) == -32602


def test_the_last_blocks_before_now_can_be_drawn_from(api: Api) -> None:
    """Lotteries need a block for each slot that SlotHashes remembers, with the hash that the block really has."""
    api.get("mai_warp", {"slots": 2_000})
    found = api.get("getAccountInfo", SLOT_HASHES, {"encoding": "jsonParsed", **PROCESSED})
    hashes = found["value"]["data"]["parsed"]["info"]
    assert len(hashes) == 512
    slots = [item["slot"] for item in hashes]
    assert slots == list(range(slots[0], slots[0] - 512, -1))
    for item in (hashes[5], hashes[500]):
        block = api.get("getBlock", item["slot"], {"commitment": "confirmed", "maxSupportedTransactionVersion": 0})
        assert block["blockhash"] == item["hash"]
    skipped = slots[-1] - 1_000
    assert api.code("getBlock", skipped) == -32007
    data = api.get("getAccountInfo", SLOT_HASHES, {"encoding": "base64", **PROCESSED})["value"]["data"][0]
    assert struct.unpack_from("<Q", base64.b64decode(data))[0] == 512


def test_an_epoch_ends(api: Api) -> None:
    epoch = clock(api)["epoch"]
    api.get("mai_warp", {"slots": 432_000})
    after = clock(api)
    assert after["epoch"] == epoch + 1 == api.get("getEpochInfo", PROCESSED)["epoch"]
    assert after["epochStartTimestamp"] <= after["unixTimestamp"]


def test_the_command(api: Api, server: Server) -> None:
    before = clock(api)["unixTimestamp"]
    words = ["warp", "--url", server.url, "--output", "json"]
    found = CliRunner().invoke(app, [*words, "--seconds", "3600"])
    assert json.loads(found.output)["unix_time"] >= before + 3600
    assert CliRunner().invoke(app, ["warp", "--url", server.url, "--slots", "10"]).exit_code == 0
    with pytest.raises(MaiError, match="one of --seconds, --slots and --to"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    with pytest.raises(MaiError, match="no localnet answers"):
        CliRunner().invoke(app, ["warp", "--url", "http://127.0.0.1:1", "--slots", "1"], catch_exceptions=False)
