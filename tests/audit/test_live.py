"""What wakes a watcher, and the figures for Prometheus as a scraper reads them."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit.lies import MAI
from client.cli_world import World
from mai.chain.changes import PARAMETER, Changes
from mai.chain.dao import Dao
from mai.chain.offences import Offences
from mai.errors import MaiError
from mai.index import live
from mai.index.database import Database
from mai.index.live import Wake
from mai.index.metrics import NetworkCollector, registry_of
from mai.program import parameters
from prometheus_client import start_http_server
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.server import Server, ServerConnection, serve


class Node:
    """A node's WebSocket: takes the subscription, and notifies when it is told to."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []
        self.go, self.over = threading.Event(), threading.Event()
        self.server: Server = serve(self._serve, "127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def _serve(self, connection: ServerConnection) -> None:
        self.asked.append(json.loads(connection.recv()))
        connection.send(json.dumps({"jsonrpc": "2.0", "id": 1, "result": 7}))
        self.go.wait()
        connection.send(json.dumps({"jsonrpc": "2.0", "method": "logsNotification", "params": {}}))
        self.over.wait()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"

    def stop(self) -> None:
        self.go.set()
        self.over.set()
        self.server.shutdown()
        self.thread.join()


@pytest.fixture
def node() -> Iterator[Node]:
    made = Node()
    yield made
    made.stop()


def test_a_notification_wakes_and_a_lost_connection_falls_back(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RECONNECT_AFTER", 10**6)
    monkeypatch.setattr(live, "CONNECT_S", 300.0)  # a busy machine may stop the node's thread for a while
    wake = Wake(node.url, MAI, poll_s=300)
    rounds = wake.rounds()
    assert next(rounds) == "start" and wake.by == "websocket"
    assert node.asked[0]["method"] == "logsSubscribe"
    assert node.asked[0]["params"] == [{"mentions": [str(MAI)]}, {"commitment": "confirmed"}]
    node.go.set()
    assert next(rounds) == "websocket"
    wake._poll_s = 0.01
    node.stop()
    while next(rounds) != "polling":
        pass
    assert wake.by == "polling"
    wake.close()


def test_where_nobody_listens_the_clock_wakes() -> None:
    wake = Wake("ws://127.0.0.1:1", MAI, poll_s=0.01)
    rounds = wake.rounds()
    assert [next(rounds) for _ in range(3)] == ["start", "polling", "polling"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path).open()


def scraped(collector: NetworkCollector) -> dict[str, float]:
    """The figures over HTTP, as Prometheus' own parser reads them."""
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry_of(collector))
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        thread.join()
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {sample.name + "".join(sample.labels.values()): sample.value for sample in samples}


def test_the_figures_are_the_chain_s(world: World) -> None:
    miner, requester = world.wallet("miner"), world.wallet("requester")
    device = world.register(miner)
    task, work = world.committed(miner, device, requester, 1)
    values = scraped(NetworkCollector(world.economy))
    assert values["mai_up"] == 1 and values["mai_miners"] == 1 and values["mai_works_pending"] == 1
    assert values["mai_offences_open"] == values["mai_proposals_open"] == values["mai_minted_total"] == 0
    assert values["mai_slot"] == world.chain.slot() and values["mai_multiplier"] == 1
    world.settle(miner, device, task, work)
    values = scraped(NetworkCollector(world.economy))
    emission = world.economy.state("emission")
    assert values["mai_works_pending"] == 0
    assert values["mai_minted_total"] == values["mai_supply"] == emission.minted / 10**9 > 0


def test_open_offences_and_proposals_are_counted(world: World) -> None:
    miner, requester = world.wallet("miner"), world.wallet("requester")
    device = world.register(miner)
    _, work = world.committed(miner, device, requester, 1)
    world.chain.warp(seconds=3 * 86_400)
    Offences(world.economy).report(requester.keypair, work)
    assert scraped(NetworkCollector(world.economy))["mai_offences_open"] == 1
    holder = world.staker("holder", 3_000_000)
    draft = Changes(world.economy).draft(PARAMETER, index=int(parameters.SMOOTHING), value=200)
    Dao(world.economy).propose(holder.keypair, draft, bytes(32))
    assert scraped(NetworkCollector(world.economy))["mai_proposals_open"] == 1


def test_a_chain_that_does_not_answer_is_down_and_counted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise MaiError("the cluster does not answer")

    collector = NetworkCollector(world.economy)
    monkeypatch.setattr(world.chain, "account", gone)
    values = scraped(collector)
    assert values == {"mai_up": 0, "mai_rpc_errors_total": 1}


def test_an_index_adds_its_lag(world: World) -> None:
    values = scraped(NetworkCollector(world.economy, Database(":memory:", MAI, shared=True)))
    assert values["mai_index_lag_slots"] == world.chain.slot()
    assert values["mai_works_settled_total"] == 0
