"""The demo's whole path once more on Solana's own validator, programs deployed through the upgradeable loader."""

import json

import pytest
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.deployment import deploy
from mai.chain.economy import Economy
from mai.chain.loader import deployed_code
from mai.chain.progress import Progress
from mai.chain.rpc import Rpc
from mai.cli.main import app
from mai.demo.stages import Recorder, StageDisplay
from mai.demo.story import Image, Story
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


@pytest.fixture(scope="module")
def story(validator: Rpc) -> Story:
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    validator.messages = {**policy.errors, **verifier.errors}
    return Story(
        validator, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=Recorder(StageDisplay())
    )


def test_a_real_validator_pays_the_same_work(story: Story) -> None:
    payer = story.authority  # only who deployed the program can create its network
    story.cluster.airdrop(payer.pubkey(), 100 * LAMPORTS_PER_SOL)

    def through_the_loader(advance: Progress) -> list[Landed]:
        for name in PROGRAMS:
            deploy(story.cluster, artifacts.program_keypair(name), artifacts.shared_object(name), payer, advance)
        return []

    outcome = story.play(Image(sample(7), "digit 7"), Image(sample(3), "decoy"), through_the_loader)

    assert outcome.prediction == 7
    assert outcome.minted == outcome.balance > 0
    assert [cheat.minted for cheat in outcome.cheats] == [0, 0, 0]
    assert [cheat.refusal for cheat in outcome.cheats] == ["ProofInvalid", "WorkAlreadySettled", "ClaimerMismatch"]


def test_accounts_are_listed_by_their_fields(story: Story) -> None:
    economy = Economy(story.cluster, story.network.program)
    (found,) = economy.all("Miner", owner=story.miner.owner.pubkey())
    assert found[0] == story.miner.address
    assert len(economy.all("Miner")) == 2  # and the thief's
    assert economy.all("Miner", owner=Pubkey.new_unique()) == []
    settled = economy.all("Work", status=int(tasks.WORK_SETTLED))
    assert [work.miner for _, work in settled] == [story.miner.address]


def test_commands_read_a_real_cluster(story: Story) -> None:
    url = str(story.cluster.url)  # type: ignore[attr-defined]
    status = json.loads(CliRunner().invoke(app, ["status", "--url", url, "--output", "json"]).output)
    assert parse_mai(status["supply"]) == story.network.supply()
    owner = str(story.miner.owner.pubkey())
    listed = CliRunner().invoke(app, ["devices", "list", "--owner", owner, "--url", url, "--output", "json"]).output
    assert [item["settled"] for item in json.loads(listed)["devices"]] == [1]


def test_the_code_on_chain_is_the_checked_in_one(story: Story) -> None:
    for name in PROGRAMS:
        code = deployed_code(story.cluster, artifacts.program_keypair(name).pubkey())
        assert code is not None
        assert code.rstrip(b"\0") == artifacts.shared_object(name).read_bytes().rstrip(b"\0")


def test_other_code_does_not_replace_a_program(story: Story) -> None:
    payer = Keypair()
    story.cluster.airdrop(payer.pubkey(), LAMPORTS_PER_SOL)
    with pytest.raises(MaiError, match="already deployed with other code"):
        deploy(story.cluster, artifacts.program_keypair("mai"), artifacts.shared_object("verifier"), payer)
