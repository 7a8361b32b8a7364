"""Deploying to a real cluster: the one of ``--url``, else a solana-test-validator that is started here.

Every program gets a new id, so that the tests can run again and again on a cluster that lasts.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from client.cli_world import Wallet
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.deployment import SIGNATURE_LAMPORTS, Deployment
from mai.chain.loader import BUFFER_HEADER_BYTES, PROGRAM_BYTES, PROGRAM_DATA_HEADER_BYTES, buffer_address, deployed
from mai.chain.rpc import PARALLEL, Rpc
from mai.chain.upload import GROUP
from mai.cli.main import app
from mai.errors import MaiError, ProgramError
from mai.wallet.files import write_keypair
from solana.rpc.commitment import Finalized
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from typer.testing import CliRunner

FUNDS = 5 * LAMPORTS_PER_SOL
VERIFIER = artifacts.shared_object("verifier").read_bytes()
TRACES = artifacts.shared_object("traces").read_bytes()


@dataclass
class Operator:
    """Somebody with SOL who runs commands against one cluster."""

    cluster: Rpc
    folder: Path
    wallet: Wallet

    def key(self, name: str, lamports: int = 0) -> Wallet:
        made = Wallet(Keypair(), self.folder / f"{name}.json")
        write_keypair(made.file, made.keypair)
        if lamports:
            self.cluster.airdrop(made.address, lamports)
        return made

    def words(self, *words: object, by: Wallet | None = None) -> list[str]:
        shared = ("--url", self.cluster.url, "--keypair", (by or self.wallet).file, "--output", "json")
        return ["program", *map(str, (*words, *shared))]

    def run(self, *words: object, by: Wallet | None = None, code: int = 0) -> Any:
        result = CliRunner().invoke(app, self.words(*words, by=by))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return json.loads(result.stdout.splitlines()[-1])

    def deploy(self, what: str, program: Wallet, *words: object, by: Wallet | None = None) -> Any:
        (done,) = self.run("deploy", what, "--program-id", program.file, "--yes", *words, by=by)["programs"]
        return done

    def balance(self, who: Wallet | None = None) -> int:
        return self.cluster.balance((who or self.wallet).address)


@pytest.fixture
def cluster(validator: Rpc) -> Rpc:
    return validator


@pytest.fixture
def operator(cluster: Rpc, tmp_path: Path) -> Iterator[Operator]:
    wallet = Wallet(Keypair(), tmp_path / "operator.json")
    write_keypair(wallet.file, wallet.keypair)
    cluster.airdrop(wallet.address, FUNDS)
    yield Operator(cluster, tmp_path, wallet)


def rent(cluster: Rpc, code: bytes) -> int:
    return cluster.rent(PROGRAM_DATA_HEADER_BYTES + len(code)) + cluster.rent(PROGRAM_BYTES)


def chunks_there(cluster: Rpc, authority: Pubkey, code: bytes) -> int:
    account = cluster.account(buffer_address(authority, code))
    if account is None:
        return 0
    body = bytes(account.data[BUFFER_HEADER_BYTES:])
    places = range(0, len(code), 960)
    return sum(body[at : at + 960] == code[at : at + 960] for at in places if any(code[at : at + 960]))


KILLED = """
import os, signal, sys, threading
from mai.chain.rpc import Rpc
from mai.cli.main import main

at, honest, sent, alone = int(sys.argv.pop(1)), Rpc._submit, set(), threading.Lock()

def submit(self, transaction, **options):
    honest(self, transaction, **options)
    with alone:
        sent.add(transaction.signatures[0])
        if len(sent) == at:
            os.kill(os.getpid(), signal.SIGKILL)

Rpc._submit = submit
main()
"""
"""The command line, killed when it has sent so many transactions."""
IN_FLIGHT = 10
"""Writes of the second group that are sent when the command is killed; its other threads may be sending more."""


def test_killed_in_the_middle_and_resumed(operator: Operator) -> None:
    """kill -9 loses nothing: what was written is not written again, and the estimate holds."""
    program, cluster = operator.key("program"), operator.cluster
    work = Deployment(cluster, operator.wallet.keypair, program.keypair, TRACES)
    plan = work.plan()
    assert (plan.action, plan.rent, plan.missing) == ("deploy", rent(cluster, TRACES), plan.chunks)
    words = operator.words("deploy", "verifier=traces", "--program-id", program.file, "--yes")
    begun = 1 + GROUP + IN_FLIGHT  # the buffer is made, and the first group's writes have landed
    ended = subprocess.run([sys.executable, "-c", KILLED, str(begun), *words], check=False)
    assert ended.returncode == -signal.SIGKILL
    there, most = chunks_there(cluster, operator.wallet.address, TRACES), GROUP + IN_FLIGHT + PARALLEL
    assert GROUP <= there <= most < plan.chunks
    assert deployed(cluster, program.address) is None
    (left,) = operator.run("buffers")["buffers"]
    assert left["buffer"] == str(plan.buffer)

    resumed = work.plan()
    assert (resumed.lent, resumed.buffer) == (0, plan.buffer)
    assert plan.chunks - most <= resumed.missing <= plan.chunks - there
    done = operator.deploy("verifier=traces", program)
    # What was in flight at the kill may land between the plan and the deployment, which reads anew what is missing.
    assert plan.chunks - most < done["transactions"] <= resumed.missing + 1
    assert (done["equal"], done["upgrade_authority"]) == (True, str(operator.wallet.address))
    assert operator.run("buffers")["buffers"] == []
    # One signature a write and for making the buffer; two for the deployment itself, the program's being the second.
    # A write that was still on its way when the buffer was read is paid twice.
    spent = FUNDS - operator.balance() - plan.rent
    assert plan.fees <= spent <= plan.fees + (IN_FLIGHT + PARALLEL) * SIGNATURE_LAMPORTS
    assert operator.deploy("verifier=traces", program)["transactions"] == 0


def test_upgrading_handing_over_and_making_final(operator: Operator) -> None:
    program, heir, thief = operator.key("program"), operator.key("heir", FUNDS), operator.key("thief", FUNDS)
    operator.deploy("verifier", program)
    with pytest.raises(MaiError, match=f"only {operator.wallet.address} can replace it, not {thief.address}"):
        operator.deploy("verifier=traces", program, by=thief)

    before = operator.balance()
    done = operator.deploy("verifier=traces", program, "--new-authority", heir.address)
    assert (done["action"], done["equal"], done["upgrade_authority"]) == ("upgrade", True, str(heir.address))
    found = deployed(operator.cluster, program.address)
    assert found is not None
    grown = operator.cluster.rent(PROGRAM_DATA_HEADER_BYTES + len(found.code))
    kept = grown - operator.cluster.rent(PROGRAM_DATA_HEADER_BYTES + len(VERIFIER))
    assert before - operator.balance() == kept + SIGNATURE_LAMPORTS * done["transactions"]

    check = ("--program-id", program.address)
    assert operator.run("verify", "verifier=traces", *check)["programs"][0]["equal"]
    different = operator.run("verify", "verifier", *check, code=1)["programs"][0]
    assert different["sha256"] != different["sha256_on_chain"]

    with pytest.raises(MaiError, match=f"only {heir.address} can replace it"):
        operator.deploy("verifier", program)
    shorter = operator.deploy("verifier", program, by=heir)
    assert (shorter["equal"], shorter["upgrade_authority"]) == (True, str(heir.address))
    sure = Rpc(operator.cluster.url, commitment=Finalized)
    while not ((seen := deployed(sure, program.address)) and seen.authority == heir.address and seen.holds(VERIFIER)):
        sure.wait_slots(1)
    last = operator.deploy("verifier", program, "--final", "--commitment", "finalized", by=heir)
    assert (last["transactions"], last["upgrade_authority"]) == (1, None)
    with pytest.raises(MaiError, match="nobody can replace it"):
        operator.deploy("verifier=traces", program, by=heir)
    assert operator.deploy("verifier", program, "--final", by=thief)["transactions"] == 0


def test_a_dry_run_sends_nothing(operator: Operator) -> None:
    program = operator.key("program")
    found = operator.run("deploy", "verifier", "--program-id", program.file, "--dry-run")
    names = [item["name"] for item in found["instructions"]]
    assert names[-3:] == ["allocate_with_seed", "assign_with_seed", "initialize_buffer"]
    assert (found["dry_run"], found["refused"], found["fee_lamports"]) == (True, None, SIGNATURE_LAMPORTS)
    lent = operator.cluster.rent(BUFFER_HEADER_BYTES + len(VERIFIER))
    changes = {item["address"]: item["after"] - item["before"] for item in found["changes"]}
    buffer = buffer_address(operator.wallet.address, VERIFIER)
    assert changes == {str(operator.wallet.address): -lent - SIGNATURE_LAMPORTS, str(buffer): lent}
    assert found["compute_units"] > 0 and any("BPFLoaderUpgradeab1e" in line for line in found["logs"])
    assert operator.balance() == FUNDS
    assert operator.cluster.account(buffer) is None


def test_left_over_buffers_give_their_rent_back(operator: Operator) -> None:
    """Another pays the fees, with a priority fee that is exactly the one that was named."""
    payer, thief, cluster = operator.key("payer", FUNDS), operator.key("thief", FUNDS), operator.cluster

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    for code in (VERIFIER, TRACES):
        with pytest.raises(KeyboardInterrupt):
            Deployment(cluster, operator.wallet.keypair, Keypair(), code).run(stop)
    left = operator.run("buffers")["buffers"]
    lent = [cluster.rent(BUFFER_HEADER_BYTES + len(code)) for code in (VERIFIER, TRACES)]
    assert sorted(item["lamports"] for item in left) == lent
    with pytest.raises(MaiError, match=f"is no buffer of {thief.address}"):
        operator.run("close", left[0]["buffer"], "--yes", by=thief)

    before = operator.balance()
    fees = ("--fee-payer", payer.file, "--priority-fee", 5_000)
    closed = operator.run("close", "--all", "--yes", *fees)
    assert closed["lamports"] == operator.balance() - before == sum(lent)
    priority = 5_000 * 1_400_000 // 10**6
    assert FUNDS - operator.balance(payer) == 2 * (2 * SIGNATURE_LAMPORTS + priority)
    assert operator.run("buffers")["buffers"] == []


def test_priced_units_are_measured(operator: Operator) -> None:
    """A priority fee is offered for what a transaction takes, not for the most that any could."""
    program = operator.key("program")
    operator.deploy("verifier", program)
    before = operator.balance()
    operator.deploy("verifier", program, "--new-authority", operator.key("heir").address, "--priority-fee", 100_000)
    paid = before - operator.balance() - SIGNATURE_LAMPORTS
    assert 0 < paid < 100_000 * 10_000 // 10**6
    with pytest.raises(MaiError, match="more than the bound of 1,000,000 lamports"):
        operator.deploy("verifier", operator.key("another"), "--priority-fee", 10**9)


def test_lamports_on_an_address_do_not_stop_a_deployment(operator: Operator) -> None:
    """Whoever knows where a program or its buffer will be can send lamports there: neither can be made any more."""
    program = operator.key("program")
    buffer = buffer_address(operator.wallet.address, VERIFIER)
    for address in (program.address, buffer):
        operator.cluster.airdrop(address, LAMPORTS_PER_SOL // 1000)
    assert operator.deploy("verifier", program)["equal"]


def test_too_little_is_said_before_anything_is_sent(operator: Operator) -> None:
    poor = operator.key("poor", LAMPORTS_PER_SOL // 10)
    with pytest.raises(MaiError, match="lamports and this takes"):
        operator.deploy("verifier", operator.key("program"), by=poor)
    assert operator.balance(poor) == LAMPORTS_PER_SOL // 10


def test_wrong_wishes_are_one_sentence(operator: Operator) -> None:
    program = operator.key("program")
    for words, sentence in (
        (("deploy", "escrow"), "there is no program escrow"),
        (("deploy", "verifier=other"), "is missing"),
        (("deploy", "--program-id", program.file), "the id of one program"),
        (("deploy", "verifier", "--program-id", program.address, "--yes"), "a new one needs the keypair of its id"),
        (("deploy", "verifier", "--program-id", operator.folder / "none.json"), "cannot be read"),
        (("deploy", "--final", "--new-authority", program.address), "not both"),
        (("deploy", "verifier", "--program-id", program.file), "add --yes"),
        (("close",), "name buffers, or give --all"),
        (("close", program.address, "--yes"), "is no buffer of"),
    ):
        with pytest.raises(MaiError, match=sentence) as caught:
            operator.run(*words)
        assert not isinstance(caught.value, ProgramError)
    assert operator.balance() == FUNDS
