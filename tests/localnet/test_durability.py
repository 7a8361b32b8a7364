"""What was answered is there after kill -9, a restart goes on where the ledger ends, and nobody shares a ledger."""

from __future__ import annotations

import asyncio
import base64
import struct
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from localnet.servers import COMMAND, Server, running, start_localnet
from localnet.traffic import CONFIRMED, SOL, Api, encoded, make_token, pay, sign
from mai.chain import artifacts
from mai.chain.deployment import deploy
from mai.chain.loader import close_program, deployed_code
from mai.chain.rpc import Rpc
from mai.errors import MaiError
from mai.localnet.ledger import Ledger
from mai.localnet.server import listen_in_a_row
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.signature import Signature

SENDERS = 8
ANSWERED_BEFORE_KILL = 150
C = {"commitment": "processed"}


async def storm(server: Server, payers: list[Keypair], to: list[Pubkey]) -> dict[str, tuple[int, int]]:
    """Transfers from many at once until the server is killed; what was answered: signature to (receiver, lamports)."""
    answered: dict[str, tuple[int, int]] = {}

    async def ask(client: httpx.AsyncClient, method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return (await client.post(server.url, json=request)).json()["result"]

    async def send(index: int, client: httpx.AsyncClient) -> None:
        for count in range(100_000):
            lamports = 1_000_000 + count
            try:
                latest = await ask(client, "getLatestBlockhash", {"commitment": "confirmed"})
                blockhash = Hash.from_string(latest["value"]["blockhash"])
                signed = sign([pay(payers[index], to[index], lamports)], [payers[index]], blockhash)
                signature = await ask(client, "sendTransaction", encoded(signed), {"encoding": "base64", **CONFIRMED})
            except httpx.HTTPError:
                return  # killed
            answered[signature] = (index, lamports)
            if len(answered) == ANSWERED_BEFORE_KILL:
                server.process.kill()

    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(send(index, client) for index in range(SENDERS)))
    server.process.wait()
    return answered


def test_kill_9_amid_a_storm_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    server = start_localnet(ledger, "--bare")
    api = Api(server.url)
    payers, to = [api.fund(100) for _ in range(SENDERS)], [Keypair().pubkey() for _ in range(SENDERS)]
    answered = asyncio.run(storm(server, payers, to))
    assert len(answered) >= ANSWERED_BEFORE_KILL

    with running(start_localnet(ledger, "--bare")) as again:
        api = Api(again.url)
        for signature in answered:
            found = api.get("getTransaction", signature, {"commitment": "confirmed"})
            assert found is not None
            assert found["meta"]["err"] is None
        for index, receiver in enumerate(to):
            # Some that were never answered may have landed, too: the ledger knows them all, and the balance is theirs.
            landed = api.get("getSignaturesForAddress", str(receiver), {"commitment": "confirmed"})
            paid = [
                item["meta"]["postBalances"][1] - item["meta"]["preBalances"][1]
                for item in (api.get("getTransaction", row["signature"], {"commitment": "confirmed"}) for row in landed)
            ]
            mine = [lamports for who, lamports in answered.values() if who == index]
            assert set(mine) <= set(paid)
            assert api.get("getBalance", str(receiver), C)["value"] == sum(paid)
            left = api.get("getBalance", str(payers[index].pubkey()), C)["value"]
            assert left == 100 * SOL - sum(paid) - 5000 * len(paid)


def everything(api: Api, owner: Pubkey, mint: Pubkey, account: Pubkey) -> dict[str, Any]:
    """What a ledger answers of tokens, history and blocks, but for what time alone changes."""
    tokens = api.get("getTokenAccountsByOwner", str(owner), {"mint": str(mint)}, {"encoding": "base64", **C})
    history = api.get("getSignaturesForAddress", str(account), {"commitment": "confirmed"})
    return {
        "genesis": api.get("getGenesisHash"),
        "identity": api.get("getIdentity"),
        "tokens": tokens["value"],
        "history": [{name: value for name, value in row.items() if name != "confirmationStatus"} for row in history],
        "blocks": [api.get("getBlock", slot, {"maxSupportedTransactionVersion": 0}) for slot in (0, 1, 2)],
    }


def test_a_restart_goes_on_where_the_ledger_ends(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    server = start_localnet(ledger, "--bare")
    api = Api(server.url)
    payer = api.fund(100)
    mint, account = make_token(api, payer)
    program = Keypair()
    deploy(Rpc(server.url), program, artifacts.shared_object("verifier"), payer)
    api.get("mai_warp", {"seconds": 86_400})
    before = everything(api, payer.pubkey(), mint, account)
    slot, now = api.get("getSlot", C), clock(api)
    server.kill()

    with running(start_localnet(ledger, "--bare")) as again:
        api = Api(again.url)
        assert everything(api, payer.pubkey(), mint, account) == before
        assert api.get("getSlot", C) >= slot
        assert clock(api) >= now
        # The program runs: what it says is its own refusal, not the machine's.
        answer = api.ask(
            "sendTransaction",
            encoded(sign([Instruction(program.pubkey(), b"nonsense", [])], [payer], api.blockhash())),
            {"encoding": "base64", **CONFIRMED},
        )
        assert "VerifierError: UnknownInstruction" in "\n".join(answer["error"]["data"]["logs"])
        code = deployed_code(Rpc(again.url), program.pubkey())
        assert code is not None
        assert code.rstrip(b"\0") == artifacts.shared_object("verifier").read_bytes().rstrip(b"\0")


def clock(api: Api) -> int:
    """The chain's time."""
    value = api.get("getAccountInfo", "SysvarC1ock11111111111111111111111111111111", {"encoding": "base64", **C})[
        "value"
    ]
    return int(struct.unpack_from("<q", base64.b64decode(value["data"][0]), 32)[0])


def test_a_closed_program_stays_closed(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    server = start_localnet(ledger, "--bare")
    api = Api(server.url)
    payer, program = api.fund(100), Keypair()
    deploy(Rpc(server.url), program, artifacts.shared_object("verifier"), payer)
    api.confirm(api.send([close_program(program.pubkey(), payer.pubkey(), payer.pubkey())], payer))

    def call() -> str:
        signed = sign([Instruction(program.pubkey(), b"nonsense", [])], [payer], api.blockhash())
        return str(
            api.ask("sendTransaction", encoded(signed), {"encoding": "base64", **CONFIRMED})["error"]["data"]["err"]
        )

    assert call() == "InvalidProgramForExecution"
    server.kill()
    with running(start_localnet(ledger, "--bare")) as again:
        api = Api(again.url)
        assert deployed_code(Rpc(again.url), program.pubkey()) is None
        assert call() == "InvalidProgramForExecution"


def test_an_auditor_reads_the_ledger_while_it_is_written(server: Server) -> None:
    api = Api(server.url)
    payer, to = api.fund(), Keypair().pubkey()
    api.confirm(signature := api.send([pay(payer, to, 1_234_567)], payer))
    ledger = Ledger.open(server.ledger)
    stored = ledger.transaction(Signature.from_string(signature))
    assert stored is not None
    assert stored.err is None
    assert [row[0] for row in ledger.signatures_for(to)] == [stored.signature]
    account = ledger.account(to)
    assert account is not None
    assert account.lamports == 1_234_567
    block = ledger.block(stored.slot)
    assert block is not None
    assert stored.signature in ledger.slot_signatures(block.slot)
    loader = Pubkey.from_string("BPFLoaderUpgradeab1e11111111111111111111111")
    programs = {address for address, _ in ledger.owned(loader)}
    assert artifacts.program_keypair("mai").pubkey() in programs
    with pytest.raises(MaiError, match="cannot be written"), ledger.together():
        ledger.keep("slot", 0)
    ledger.close()


def refusal(*options: str) -> str:
    """What `mai localnet` says when it does not start."""
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    return done.stderr


def test_a_ledger_and_a_port_are_used_by_one_only(server: Server, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    assert "cannot be used: stop what uses it" in refusal("--ledger", str(tmp_path / "other"), "--rpc-port", port)
    assert "another localnet uses the ledger" in refusal("--ledger", str(server.ledger), "--rpc-port", "0")


def test_chosen_ports_are_two_in_a_row_and_nobody_elses() -> None:
    pairs = [listen_in_a_row("127.0.0.1", 0) for _ in range(50)]
    ports = [tuple(item.getsockname()[1] for item in pair) for pair in pairs]
    assert all(second == first + 1 for first, second in ports)
    assert len({port for pair in ports for port in pair}) == 100
    with pytest.raises(MaiError, match=f"port {ports[0][1]} on 127.0.0.1 cannot be used"):
        listen_in_a_row("127.0.0.1", ports[0][1])
    for item in (item for pair in pairs for item in pair):
        item.close()


def test_a_file_that_is_no_ledger_is_left_alone_until_reset(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but somebody's text" * 100)
    (tmp_path / "notes.txt").write_text("mine")
    assert "start over with --reset" in refusal("--ledger", str(tmp_path), "--rpc-port", "0")
    assert (tmp_path / "ledger.sqlite").read_bytes().startswith(b"not a database")
    with running(start_localnet(tmp_path, "--bare", "--reset")) as server:
        assert Api(server.url).get("getHealth") == "ok"
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_ledger_is_its_owners_alone(server: Server) -> None:
    assert (server.ledger / "ledger.sqlite").stat().st_mode & 0o077 == 0
