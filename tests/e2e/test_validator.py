"""The demo's whole path on a localnet and on Solana's own validator, programs deployed through the upgradeable loader,
and then everything that reads a chain: accounts, status, audit, index, watch, metrics and replay.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from localnet.servers import LEDGERS
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.deployment import deploy
from mai.chain.devices import Devices
from mai.chain.economy import Economy
from mai.chain.loader import deployed_code
from mai.chain.progress import Progress
from mai.chain.rpc import Rpc
from mai.cli.main import app
from mai.demo.stages import Recorder, StageDisplay
from mai.demo.story import Image, Outcome, Story
from mai.errors import MaiError
from mai.money import parse_mai
from mai.program import tasks
from mai_zk import circuits
from mai_zk.digits import sample
from mai_zk.prover import make_prover
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from typer.testing import CliRunner

PROGRAMS = ("verifier", "mai")
EVENTS = {"MiningOpened", "TaskPosted", "WorkAssigned", "WorkCommitted", "WorkSettled"}


@dataclass
class Played:
    """The demo as it was played on a cluster."""

    story: Story
    outcome: Outcome

    @property
    def cluster(self) -> Rpc:
        assert isinstance(self.story.cluster, Rpc)
        return self.story.cluster

    @property
    def economy(self) -> Economy:
        return Economy(self.cluster, self.story.network.program)


@pytest.fixture(scope="module")
def played(validator: Rpc) -> Played:
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    validator.messages = {**policy.errors, **verifier.errors}
    recorder = Recorder(StageDisplay())
    story = Story(validator, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=recorder)
    validator.airdrop(story.authority.pubkey(), 100 * LAMPORTS_PER_SOL)

    def through_the_loader(advance: Progress) -> list[Landed]:
        for name in PROGRAMS:  # only who deployed the program can create its network
            deploy(validator, artifacts.program_keypair(name), artifacts.shared_object(name), story.authority, advance)
        return []

    return Played(story, story.play(Image(sample(7), "digit 7"), Image(sample(3), "decoy"), through_the_loader))


def run(played: Played, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--url", played.cluster.url])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def test_a_real_validator_pays_the_same_work(played: Played) -> None:
    outcome = played.outcome
    assert outcome.prediction == 7
    assert outcome.minted == outcome.balance > 0
    assert [cheat.minted for cheat in outcome.cheats] == [0, 0, 0]
    assert [cheat.refusal for cheat in outcome.cheats] == ["ProofInvalid", "WorkAlreadySettled", "ClaimerMismatch"]


def test_accounts_are_listed_by_their_fields(played: Played) -> None:
    story, economy = played.story, played.economy
    (found,) = economy.all("Miner", owner=story.miner.owner.pubkey())
    assert found[0] == story.miner.address
    assert len(economy.all("Miner")) == 2  # and the thief's
    assert economy.all("Miner", owner=Pubkey.new_unique()) == []
    settled = economy.all("Work", status=int(tasks.WORK_SETTLED))
    assert [work.miner for _, work in settled] == [story.miner.address]


def test_commands_read_a_real_cluster(played: Played) -> None:
    story, url = played.story, played.cluster.url
    status = json.loads(CliRunner().invoke(app, ["status", "--url", url, "--output", "json"]).output)
    assert parse_mai(status["supply"]) == story.network.supply()
    owner = str(story.miner.owner.pubkey())
    listed = CliRunner().invoke(app, ["devices", "list", "--owner", owner, "--url", url, "--output", "json"]).output
    assert [item["settled"] for item in json.loads(listed)["devices"]] == [1]


def test_the_code_on_chain_is_the_checked_in_one(played: Played) -> None:
    for name in PROGRAMS:
        code = deployed_code(played.cluster, artifacts.program_keypair(name).pubkey())
        assert code is not None
        assert code.rstrip(b"\0") == artifacts.shared_object(name).read_bytes().rstrip(b"\0")


def test_other_code_does_not_replace_a_program(played: Played) -> None:
    payer = Keypair()
    played.cluster.airdrop(payer.pubkey(), LAMPORTS_PER_SOL)
    with pytest.raises(MaiError, match="already deployed with other code"):
        deploy(played.cluster, artifacts.program_keypair("mai"), artifacts.shared_object("verifier"), payer)


# The chain as it is audited


def test_the_audit_of_a_real_cluster_is_clean(played: Played) -> None:
    verdict = json.loads(run(played, "audit", "--output", "json"))
    assert verdict["clean"], [finding for check in verdict["checks"] for finding in check["findings"]]
    checks = {check["name"]: check for check in verdict["checks"]}
    assert verdict["figures"]["works_paid"] == 1
    assert verdict["figures"]["supply"] == played.story.network.supply() > 0
    assert checks["proofs"]["believed"] == {"verified again by EZKL": 1}
    assert checks["draws"]["compared"] >= 2 and checks["state"]["compared"] >= 10
    # Both programs were deployed so that their author can still replace them: no lie, but said.
    assert checks["programs"]["counts"] == {"program can be replaced (notice)": 2}


def test_a_ledger_is_audited_by_its_folder_alone(played: Played) -> None:
    """It keeps the hash of every block, so no draw is taken on trust."""
    folder = LEDGERS.get(played.cluster.url)
    if folder is None:
        pytest.skip("this cluster keeps no ledger of MAI's")
    result = CliRunner().invoke(app, ["audit", "--source", str(folder), "--output", "json"])
    assert result.exit_code == 0, (result.output, result.exception)
    verdict = json.loads(result.stdout)
    assert verdict["clean"] and verdict["figures"]["works_paid"] == 1
    served = json.loads(run(played, "audit", "--output", "json"))
    assert verdict["figures"] == served["figures"]
    assert {check["name"]: check["compared"] for check in verdict["checks"]} == {
        check["name"]: check["compared"] for check in served["checks"]
    }


def test_a_task_s_life_is_shown_step_by_step(played: Played) -> None:
    economy = played.economy
    ((_, work),) = economy.all("Work", status=int(tasks.WORK_SETTLED))
    steps = json.loads(run(played, "audit", "replay", str(work.task), "--output", "json"))["steps"]
    landed = [step["what"] for step in steps if not step["failed"]]
    assert landed == [
        "record of the input opened", "posted", "drawn and assigned", "committed", "proof upload begun",
        "proof verified", "settled and paid", "receipt consumed",
    ]  # fmt: skip
    paid = next(step["facts"] for step in steps if step["what"] == "settled and paid" and step["facts"])
    assert {"hourly", "counted_ms", "after_quality", "reward", "minted"} <= paid.keys()


def test_the_index_fills_and_goes_on(played: Played, tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    first = json.loads(run(played, "index", "--db", str(path), "--output", "json"))
    assert EVENTS.issubset(first["events"]) and first["new"] == sum(first["events"].values())
    again = json.loads(run(played, "index", "--db", str(path), "--output", "json"))
    assert again["new"] == 0 and again["events"] == first["events"]
    shown = run(played, "metrics", "--once", "--db", str(path))
    values = dict(line.rsplit(" ", 1) for line in shown.splitlines() if not line.startswith("#"))
    assert float(values["mai_up"]) == 1 and float(values["mai_miners"]) == 2
    assert float(values["mai_works_settled_total"]) == 1 and float(values["mai_rpc_errors_total"]) == 0
    assert float(values["mai_index_lag_slots"]) >= 0
    assert float(values["mai_supply"]) == played.story.network.supply() / 10**9


def test_watching_shows_the_past_to_people(played: Played) -> None:
    """Every kind of event that the story has, addresses and amounts under the same name among them."""
    shown = run(played, "watch", "--past", "1000", "--count", "12")
    assert len([line for line in shown.splitlines() if "UTC" in line]) == 12
    assert "TreasuryOpened" in shown and "WorkSettled" not in shown
    settled = run(played, "watch", "--past", "1000", "--event", "WorkSettled", "--count", "1")
    assert "after uptime" in settled and "MAI" in settled


def test_watching_shows_an_event_as_it_happens(played: Played) -> None:
    url = played.cluster.url
    code = "from mai.cli.main import main; main()"
    words = [sys.executable, "-c", code, "watch", "--event", "Heartbeat", "--miner", str(played.story.miner.address)]
    watching = subprocess.Popen(
        [*words, "--count", "1", "--output", "json", "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stderr is not None
    while "following by websocket" not in (said := watching.stderr.readline()):
        assert "following by polling" in said  # until the node, which may be slow, takes the subscription
    economy = played.economy
    device = Devices(economy).pick(played.story.miner.owner.pubkey(), None)
    landed = Devices(economy).heartbeat(played.story.miner.owner, device)
    out, _ = watching.communicate(timeout=300)
    (event,) = map(json.loads, out.splitlines())
    assert (event["event"], event["signature"]) == ("Heartbeat", landed.signature)
    assert event["data"]["miner"] == str(played.story.miner.address)
