"""The real parts together: a localnet, the tiny model, the engine behind HTTP, a miner that mines, and who asks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine.helpers import PLAIN, served
from mai.audit.ledger import LedgerSource
from mai.audit.source import RpcSource
from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.devices import device_of
from mai.chain.economy import Economy
from mai.chain.network import Hardware
from mai.chain.rpc import Rpc
from mai.chain.stake import Staking
from mai.engine.choice import Wish, candidates, chosen
from mai.engine.engine import Engine
from mai.engine.enginekeys import EngineKeys, FilePlace
from mai.engine.envelopes import SealedPrompts
from mai.engine.server import Access
from mai.miner.chores import Chores
from mai.miner.control import Control
from mai.miner.desk import Desk
from mai.miner.engine_offers import EngineOffers, engine_at
from mai.miner.intake import Terms
from mai.miner.journal import Journal as MinersJournal
from mai.miner.local.network import found
from mai.miner.local.server import localnet
from mai.miner.mine import Mine
from mai.miner.models import serve
from mai.miner.presets import allocation
from mai.miner.seal import Seal
from mai.money import UNITS_PER_MAI
from mai.requester import session
from mai.requester.ask import Asker, Order, Wait
from mai.requester.engines import HttpEngine
from mai.requester.journal import Journal
from mai.requester.sealing import SealingKey
from mai.requester.verify import State, Verification
from mai.verifywork.journal import Journal as VerifiersJournal
from mai.verifywork.prompts import Prompts
from mai.verifywork.rounds import VerifyWork
from mai_zk.language import load
from patience import WAIT_SECONDS
from requester.peer import stated
from solders.keypair import Keypair
from solders.pubkey import Pubkey

TOKEN = "a token of enough characters"
HELD, STAKED, VERIFYING = 2_000_000, 1_000_000, 100_000


class NoProvers:
    """Nothing is drawn before this test ends."""

    def submit(self, job: Any) -> Any:
        raise AssertionError(job)

    def busy(self) -> int:
        return 0

    def close(self) -> None:
        pass

    def resize(self, *_: Any, **__: Any) -> None:
        pass

    def set_paused(self, lanes: frozenset[str]) -> None:
        pass


@dataclass
class Whole:
    """A running network."""

    rpc: Rpc
    ledger: Path
    model: Pubkey
    people: dict[str, Keypair]
    engine: str


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder, tiny = tmp_path_factory.mktemp("network"), load("tiny")

    authority = Keypair()
    people = {name: Keypair() for name in ("miner", "requester", "verifier")}
    programs = (artifacts.program("mai"), artifacts.program("verifier"))
    with localnet(folder, authority.pubkey(), programs) as net:
        rpc = net.cluster()
        assert isinstance(rpc, Rpc)
        rpc.airdrop(authority.pubkey(), 500 * LAMPORTS_PER_SOL)
        holdings = {person.pubkey(): HELD * UNITS_PER_MAI for person in people.values()}
        founded = found(rpc, authority, tiny, holdings)
        economy, miner = founded.economy, people["miner"]
        for name in ("miner", "verifier"):
            Staking(economy).deposit(people[name], STAKED * UNITS_PER_MAI)
        Staking(economy).designate(people["verifier"], VERIFYING * UNITS_PER_MAI)
        economy.register_miner(miner, device_of("rig"), Hardware(device_class=1, cpu_mhz=4_000), client_version=1)
        wish = Wish(model="tiny", provable=True)
        spec = chosen(candidates(PLAIN, wish), PLAIN, wish)[0]

        def make() -> Engine:
            keys = EngineKeys(FilePlace(folder / "keys"))
            return Engine(
                folder / "engine", [spec], PLAIN, signer=miner, envelopes=SealedPrompts(keys), held=True,
                owner=str(miner.pubkey()), statement=stated(keys.public, miner),
            )  # fmt: skip

        with served(make, Access(token=TOKEN)) as url, engine_at(url, TOKEN) as behind:
            mine = _mine(net.cluster(), miner, folder / "mine", behind)
            thread = threading.Thread(target=mine.run, daemon=True)
            thread.start()
            yield Whole(rpc, folder / "ledger", founded.model, people, url)
            mine.stop()
            thread.join()


def _mine(cluster: Any, miner: Keypair, folder: Path, behind: Any) -> Mine:
    economy = Economy(cluster)
    seal = Seal.of(folder / "key")
    journal = MinersJournal(folder / "journal.sqlite", seal)
    item = serve(economy, load("tiny"))
    offers = EngineOffers(behind, {item.address: item}, miner)
    desk = Desk(
        economy, miner, device_of("rig"), journal, seal, offers, NoProvers(), {item.address: item}  # type: ignore[arg-type]
    )  # fmt: skip
    control, terms = Control(journal), Terms(allocation("balanced"), lanes=("cpu",))
    control.begin(terms.lanes, "balanced")
    return Mine(desk, terms, Chores(desk, muster_tokens=0, others=False), control, threads=2)


def test_an_answer_of_the_real_model_is_sealed_mined_checked_and_run_again(whole: Whole, tmp_path: Path) -> None:
    tiny, said = load("tiny"), list[str]()
    asker = Asker(Economy(whole.rpc), whole.people["requester"], Journal(tmp_path / "asks"), [HttpEngine(whole.engine)])
    ask = session.begin(asker, tiny, "The cat", Order(limit=6))
    session.go_on(asker, ask, Wait.answer, 5 * WAIT_SECONDS, lambda word, _: said.append(word))
    assert said[:2] == ["posted", "offered"] and said[-1] == "answered"
    expected = tiny.run(tiny.encode("The cat"), 6).generated
    assert ask.answer is not None and ask.answer.salted.tokens == tuple(expected)
    receipt = session.receipt(asker, ask, tiny)
    assert set(receipt.transactions) == {"post_task", "assign_task", "commit_work"}
    # By the node, and by the ledger's folder alone.
    for source in (RpcSource(whole.rpc), LedgerSource(whole.ledger)):
        lines = Verification(receipt, source, model=tiny).lines
        assert not [line for line in lines if line.state is State.failed]
        assert {line.name for line in lines if line.state is State.open} <= {"trace", "settled", "paid"}
        assert {"cluster", "signature", "commit work"} <= {line.name for line in lines if line.state is State.ok}
    verifier = whole.people["verifier"]
    prompts = Prompts([], verifier, SealingKey.at(tmp_path / "key"), lambda: 0)
    prompts.hold(receipt)
    working = VerifyWork(
        Economy(whole.rpc), verifier, VerifiersJournal(tmp_path / "v.sqlite", verifier.pubkey(), ask.cluster), prompts,
        {whole.model: tiny}, rate_bps=10_000, evidence=tmp_path / "evidence",
    )  # fmt: skip
    working.check_stake()
    assert working.round().works == {"agrees": 1}
