"""Audit, index, watch, metrics and replay on a localnet and on Solana's validator, after the demo was played there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from localnet.servers import LEDGERS
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.deployment import deploy
from mai.chain.devices import Devices
from mai.chain.economy import Economy
from mai.chain.progress import Progress
from mai.chain.rpc import Rpc
from mai.cli.main import app
from mai.demo.stages import Recorder, StageDisplay
from mai.demo.story import Image, Story
from mai.program import tasks
from mai_zk import circuits
from mai_zk.digits import sample
from mai_zk.prover import make_prover
from typer.testing import CliRunner

EVENTS = {"MiningOpened", "TaskPosted", "WorkAssigned", "WorkCommitted", "WorkSettled"}


@pytest.fixture(scope="module")
def played(validator: Rpc) -> Story:
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    validator.messages = {**policy.errors, **verifier.errors}
    recorder = Recorder(StageDisplay())
    story = Story(validator, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=recorder)
    validator.airdrop(story.authority.pubkey(), 100 * LAMPORTS_PER_SOL)

    def through_the_loader(advance: Progress) -> list[Landed]:
        for name in ("verifier", "mai"):
            deploy(validator, artifacts.program_keypair(name), artifacts.shared_object(name), story.authority, advance)
        return []

    story.play(Image(sample(7), "digit 7"), Image(sample(3), "decoy"), through_the_loader)
    return story


def run(story: Story, *words: str, code: int = 0) -> str:
    url = str(story.cluster.url)  # type: ignore[attr-defined]
    result = CliRunner().invoke(app, [*words, "--url", url])
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def test_the_audit_of_a_real_cluster_is_clean(played: Story) -> None:
    verdict = json.loads(run(played, "audit", "--output", "json"))
    assert verdict["clean"], [finding for check in verdict["checks"] for finding in check["findings"]]
    checks = {check["name"]: check for check in verdict["checks"]}
    assert verdict["figures"]["works_paid"] == 1
    assert verdict["figures"]["supply"] == played.network.supply() > 0
    assert checks["proofs"]["believed"] == {"verified again by EZKL": 1}
    assert checks["draws"]["compared"] >= 2 and checks["state"]["compared"] >= 10
    # Both programs were deployed so that their author can still replace them: no lie, but said.
    assert checks["programs"]["counts"] == {"program can be replaced (notice)": 2}


def test_a_ledger_is_audited_by_its_folder_alone(played: Story) -> None:
    """It keeps the hash of every block, so no draw is taken on trust."""
    folder = LEDGERS.get(str(played.cluster.url))  # type: ignore[attr-defined]
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


def test_a_task_s_life_is_shown_step_by_step(played: Story) -> None:
    economy = Economy(played.cluster, played.network.program)
    ((_, work),) = economy.all("Work", status=int(tasks.WORK_SETTLED))
    steps = json.loads(run(played, "audit", "replay", str(work.task), "--output", "json"))["steps"]
    landed = [step["what"] for step in steps if not step["failed"]]
    assert landed == [
        "record of the input opened", "posted", "drawn and assigned", "committed", "proof upload begun",
        "proof verified", "settled and paid", "receipt consumed",
    ]  # fmt: skip
    paid = next(step["facts"] for step in steps if step["what"] == "settled and paid" and step["facts"])
    assert {"hourly", "counted_ms", "after_quality", "reward", "minted"} <= paid.keys()


def test_the_index_fills_and_goes_on(played: Story, tmp_path: Path) -> None:
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
    assert float(values["mai_supply"]) == played.network.supply() / 10**9


def test_watching_shows_the_past_to_people(played: Story) -> None:
    """Every kind of event that the story has, addresses and amounts under the same name among them."""
    shown = run(played, "watch", "--past", "1000", "--count", "12")
    assert len([line for line in shown.splitlines() if "UTC" in line]) == 12
    assert "TreasuryOpened" in shown and "WorkSettled" not in shown
    settled = run(played, "watch", "--past", "1000", "--event", "WorkSettled", "--count", "1")
    assert "after uptime" in settled and "MAI" in settled


def test_watching_shows_an_event_as_it_happens(played: Story) -> None:
    url = str(played.cluster.url)  # type: ignore[attr-defined]
    code = "from mai.cli.main import main; main()"
    words = [sys.executable, "-c", code, "watch", "--event", "Heartbeat", "--miner", str(played.miner.address)]
    watching = subprocess.Popen(
        [*words, "--count", "1", "--output", "json", "--url", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stderr is not None
    assert "following by websocket" in watching.stderr.readline()
    economy = Economy(played.cluster, played.network.program)
    device = Devices(economy).pick(played.miner.owner.pubkey(), None)
    landed = Devices(economy).heartbeat(played.miner.owner, device)
    out, _ = watching.communicate(timeout=120)
    (event,) = map(json.loads, out.splitlines())
    assert (event["event"], event["signature"]) == ("Heartbeat", landed.signature)
    assert event["data"]["miner"] == str(played.miner.address)
