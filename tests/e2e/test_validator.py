"""The demo's whole path once more on Solana's own validator, programs deployed through the upgradeable loader."""

import pytest
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Landed
from mai.chain.loader import deploy, deployed_code
from mai.chain.progress import Progress
from mai.chain.rpc import Rpc
from mai.demo.stages import Recorder, StageDisplay
from mai.demo.story import Image, Story
from mai.errors import MaiError
from mai_zk import circuits
from mai_zk.digits import sample
from mai_zk.prover import make_prover
from solders.keypair import Keypair

PROGRAMS = ("verifier", "mai")


@pytest.fixture(scope="module")
def story(validator: Rpc) -> Story:
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    validator.messages = {**policy.errors, **verifier.errors}
    return Story(
        validator, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=Recorder(StageDisplay())
    )


def test_a_real_validator_pays_the_same_work(story: Story) -> None:
    payer = Keypair()
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
