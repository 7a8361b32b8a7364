"""`mai genesis` on the embedded chain: each command does what is missing, and status says who does what next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client.founding import PROGRAMS, ClusterPresale, put_upgradeable
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.chain.genesis import Genesis, Terms
from mai.chain.network import Network
from mai.cli import genesis as commands
from mai.cli.main import app
from mai.errors import MaiError, ProgramError
from mai.wallet.files import write_keypair
from mai_zk.errors import ZkError
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from spl.token.instructions import AuthorityType
from typer.testing import CliRunner

STEPS = [
    "programs deployed",
    "network created",
    "accounts open",
    "mint handed over",
    "programs final",
    "mining open",
]
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def chain() -> Embedded:
    return Embedded(messages=artifacts.program("mai").errors)


@pytest.fixture
def admin(chain: Embedded) -> Keypair:
    keypair = Keypair()
    chain.airdrop(keypair.pubkey(), 100 * LAMPORTS_PER_SOL)
    return keypair


@pytest.fixture
def presale(chain: Embedded, admin: Keypair) -> ClusterPresale:
    """Both programs upgradeable by the admin; a presale that is frozen in its multisig."""
    for name in PROGRAMS:
        put_upgradeable(chain, name, admin.pubkey())
    presale = ClusterPresale(chain)
    presale.presale()
    presale.freeze()
    return presale


@pytest.fixture
def run(chain: Embedded, admin: Keypair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on the embedded chain; its JSON. An error of ours is raised as it is."""
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: chain)
    path = write(tmp_path / "admin.json", admin)

    def command(*words: str) -> dict[str, Any]:
        signing = () if words[0] == "status" else ("--keypair", path)
        result = CliRunner().invoke(app, ["genesis", *words, *signing, "--output", "json"])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return found

    return command


def write(path: Path, keypair: Keypair) -> str:
    write_keypair(path, keypair)
    return str(path)


def done(answer: dict[str, Any]) -> list[str]:
    return [step["name"] for step in answer["steps"] if step["done"]]


def terms(**changes: Any) -> Terms:
    fields = {"chain_id": 7, "rate_floor": 50_000, "srs": bytes(32), "month_s": 0, **changes}
    return Terms(artifacts.program("verifier").address, **fields)


def test_an_adoption_from_the_command_line(
    chain: Embedded, admin: Keypair, presale: ClusterPresale, run: Run, tmp_path: Path
) -> None:
    before = run("status", "--mint", str(presale.mint))
    assert [step["name"] for step in before["steps"]] == STEPS
    assert (done(before), before["next"]) == (STEPS[:1], "network created")
    assert before["steps"][1]["who"] == str(admin.pubkey())
    assert before["chain"]["multisig"]["required"] == 2
    assert before["chain"]["mai"] == {"upgrade_authority": str(admin.pubkey()), "changed_in_slot": 0, "code": "mai"}

    collection = Pubkey.new_unique()
    words = ["adopt", "--mint", str(presale.mint), "--multisig", str(presale.multi), "--chain-id", "7", "--srs", "test"]
    adopted = run(*words, "--collection", f"gold={collection}")
    assert (done(adopted), adopted["next"]) == (STEPS[:3], "mint handed over")
    assert adopted["chain"]["collections"] == {"gold": str(collection)}
    assert (adopted["chain"]["srs"], adopted["chain"]["changed_parameters"]) == ("test (public secret)", [])
    assert adopted["steps"][3]["who"] == "2 of the 3 keys of the multisig"

    registered = run("model", "tiny")
    assert registered == run("model", "tiny")  # only what is missing
    assert registered["approved"] and chain.account(Pubkey.from_string(registered["model"])) is not None
    with pytest.raises(ZkError, match="no provable model 'none'"):
        run("model", "none")

    unsigned = CliRunner().invoke(app, ["genesis", "hand-over", "--keypair", write(tmp_path / "a.json", admin)])
    assert unsigned.exit_code == 1
    signers = " ".join(f"--multisig-signer {key.pubkey()}.json" for key in presale.founders[:2])
    config = adopted["chain"]["config"]
    for command in (
        f"spl-token authorize {presale.mint} freeze --disable --authority {presale.multi} {signers}",
        f"spl-token authorize {presale.mint} mint {config} --authority {presale.multi} {signers}",
    ):
        assert command in unsigned.stdout.splitlines()

    files = [write(tmp_path / f"{index}.json", key) for index, key in enumerate(presale.founders)]
    handed = run("hand-over", "--signer", files[2], "--signer", files[0])
    assert (done(handed), handed["next"]) == (STEPS[:4], "programs final")
    assert (handed["chain"]["mint_authority"], handed["chain"]["freeze_authority"]) == (config, None)
    assert handed["chain"]["mint_is_the_programs"] is True

    with pytest.raises(ProgramError, match="StillUpgradeable"):
        run("open")
    opened = run("open", "--final")
    assert (done(opened), opened["next"]) == (STEPS, None)
    chain_says = opened["chain"]
    assert (chain_says["immutable"], chain_says["authority"], chain_says["frozen_supply"]) == (
        True,
        None,
        chain_says["supply"],
    )
    assert chain_says["mai"]["upgrade_authority"] is None

    balance = chain.balance(admin.pubkey())
    for again in (words, ["hand-over"], ["open"], ["open", "--final"]):
        assert done(run(*again)) == STEPS
    assert chain.balance(admin.pubkey()) == balance  # nothing was sent


def test_every_interruption_is_resumed(chain: Embedded, admin: Keypair, presale: ClusterPresale) -> None:
    genesis = Genesis(chain)
    assert len(genesis.adopt(admin, presale.mint, presale.multi, terms())) == 1
    assert genesis.adopt(admin, presale.mint, presale.multi, terms()) == []
    # One of the two authorities is given away by hand, and the program has not taken note yet.
    presale.give(AuthorityType.FREEZE_ACCOUNT, None, presale.multi, presale.founders[:2])
    assert len(genesis.hand_over(admin, presale.founders[1:])) == 1
    assert genesis.hand_over(admin) == []
    assert len(genesis.open(admin, final=True)) == 1
    assert genesis.open(admin) == []


def test_the_hand_over_can_be_noted_after_the_signers_have_done_it_themselves(
    chain: Embedded, admin: Keypair, presale: ClusterPresale
) -> None:
    genesis = Genesis(chain)
    genesis.adopt(admin, presale.mint, presale.multi, terms())
    presale.give_to_program(genesis.addresses["config"])
    assert len(genesis.hand_over(admin)) == 1
    assert genesis.state().phase == 2


def test_accounts_that_others_opened_are_not_opened_again(chain: Embedded, admin: Keypair) -> None:
    for name in PROGRAMS:
        put_upgradeable(chain, name, admin.pubkey())
    genesis, stranger = Genesis(chain), Keypair()
    chain.airdrop(stranger.pubkey(), LAMPORTS_PER_SOL)
    with pytest.raises(ProgramError) as first:
        genesis.create(stranger, terms())
    assert first.value.name == "NotUpgradeAuthority"
    accounts = {"authority": admin.pubkey(), "config": genesis.addresses["config"], "mint": genesis.addresses["mint"],
                "verifier_program": genesis.verifier, "program_account": genesis.program.address,
                "program_data": genesis.state().programs["mai"].data}  # fmt: skip
    words = {f"srs{index}": 0 for index in range(4)}
    arguments = {"chain_id": 7, "month_s": 0, "rate_floor": 50_000, **words}
    chain.send([genesis.program.instruction("genesis", accounts, arguments)], [admin])
    assert len(genesis.create(stranger, terms())) == 1  # anyone may open the rest
    assert genesis.state().missing == ()


def test_a_new_network_is_one_transaction(chain: Embedded, admin: Keypair) -> None:
    for name in PROGRAMS:
        chain.add_program(artifacts.program_keypair(name).pubkey(), artifacts.shared_object(name))
    network = Network(chain)
    sent = network.genesis(
        admin, artifacts.program("verifier").address, chain_id=7, rate_floor=50_000, srs=bytes(32), open_mining=True
    )
    assert len(sent) == 1
    config = network.program.fetch(chain, network.config)
    assert (config.phase, config.immutable, config.adopted) == (3, True, False)


def test_a_genesis_that_means_another_network_is_one_sentence(chain: Embedded, admin: Keypair) -> None:
    for name in PROGRAMS:
        put_upgradeable(chain, name, admin.pubkey())
    genesis = Genesis(chain)
    genesis.create(admin, terms())
    for changes, words in (
        ({"chain_id": 8}, "the chain id 7, not 8"),
        ({"rate_floor": 40_000}, "the rate floor 50000, not 40000"),
        ({"month_s": 1}, "the month 0, not 1"),
        ({"srs": bytes(31) + b"\x01"}, "the SRS 00"),
    ):
        with pytest.raises(MaiError, match=words):
            genesis.create(admin, terms(**changes))
    with pytest.raises(MaiError, match="exists already with the mint"):
        genesis.adopt(admin, Pubkey.new_unique(), Pubkey.new_unique(), terms())
    assert genesis.create(admin, terms()) == []


def test_too_few_signers_are_one_sentence(chain: Embedded, admin: Keypair, presale: ClusterPresale) -> None:
    genesis = Genesis(chain)
    genesis.adopt(admin, presale.mint, presale.multi, terms())
    stranger = Keypair()
    for signers in ([presale.founders[0], stranger], [presale.founders[0]] * 2):
        with pytest.raises(MaiError, match=r"2 of the 3 keys .* 1 of the given ones can"):
            genesis.hand_over(admin, signers)
    assert len(genesis.hand_over(admin, [stranger, *presale.founders[:2]])) == 1


def test_a_hand_over_that_is_refused_gives_nothing_away(
    chain: Embedded, admin: Keypair, presale: ClusterPresale
) -> None:
    genesis = Genesis(chain)
    genesis.adopt(admin, presale.mint, presale.multi, terms())
    presale.mint_more(1, presale.multi, presale.founders[:2])
    with pytest.raises(ProgramError) as refused:
        genesis.hand_over(admin, presale.founders[:2])
    assert refused.value.name == "MintedSinceFreeze"
    mint = genesis.state().mint
    assert mint is not None
    assert mint.mint_authority == mint.freeze_authority == presale.multi


def test_an_opening_that_is_refused_leaves_the_programs_upgradeable(
    chain: Embedded, admin: Keypair, presale: ClusterPresale
) -> None:
    genesis = Genesis(chain)
    genesis.adopt(admin, presale.mint, presale.multi, terms())
    with pytest.raises(ProgramError) as refused:
        genesis.open(admin, final=True)
    assert refused.value.name == "NotHandedOver"
    assert not genesis.state().immutable
    put_upgradeable(chain, "verifier", Keypair().pubkey())
    with pytest.raises(MaiError, match="must make the program verifier final"):
        genesis.open(admin, final=True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "--chain-id", "7", "--srs", "none"], "--srs is ceremony, test or an SRS file"),
        (["create", "--chain-id", "7", "--collection", "iron=x"], "a tier of bronze, silver"),
        (["create", "--chain-id", "7", "--collection", "gold=x"], "x is not an address"),
        (["create", "--chain-id", "7", "--verifier", "x"], "x is not an address"),
        (["create", "--chain-id", "-1"], "do not fit"),
        (["adopt", "--mint", str(Pubkey.default()), "--multisig", str(Pubkey.default()), "--chain-id", "7"],
         "is not a mint"),
        (["hand-over"], "there is no network yet"),
        (["open"], "there is no network yet"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence(run: Run, words: list[str], sentence: str) -> None:
    with pytest.raises(MaiError, match=sentence):
        run(*words)


@pytest.mark.parametrize("content", [None, "", "[1, 2]", "{}", "[300]"])
def test_a_bad_keypair_file_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
        path.chmod(0o600)
    result = CliRunner().invoke(app, ["genesis", "open", "--keypair", str(path)])
    assert isinstance(result.exception, MaiError), result.exception


def test_the_table_shows_every_step(chain: Embedded, presale: ClusterPresale, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mai.cli.connect.open_cluster", lambda *_, **__: chain)
    monkeypatch.setattr(commands.people, "width", 200, raising=False)
    result = CliRunner().invoke(app, ["genesis", "status", "--mint", str(presale.mint)])
    assert result.exit_code == 0
    for text in (*STEPS, "done", "open", str(presale.multi)):
        assert text in result.stdout


def test_a_model_of_another_srs_is_not_registered(chain: Embedded, admin: Keypair, run: Run) -> None:
    for name in PROGRAMS:
        put_upgradeable(chain, name, admin.pubkey())
    Genesis(chain, artifacts.program("mai"), artifacts.program("verifier").address).create(admin, terms())
    with pytest.raises(MaiError, match="of another SRS than this network's"):
        run("model", "tiny")
