"""Bytes that are almost a transaction: refused with a code, and the chain goes on as it was."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from localnet.traffic import pay, sign
from mai.localnet.bank import PROCESSED, Bank
from mai.localnet.errors import RpcError
from mai.localnet.ledger import Ledger
from mai.localnet.methods.send import send_transaction, simulate_transaction
from mai.localnet.node import Node
from mai.localnet.params import Params
from solders.keypair import Keypair


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    ledger = Ledger.open_to_write(tmp_path_factory.mktemp("hostile") / "ledger")
    yield Node(Bank(ledger))
    ledger.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), skip=st.booleans())
def test_mutated_transactions(node: Node, data: st.DataObject, skip: bool) -> None:
    bank = node.bank
    payer = bank.faucet
    good = bytes(sign([pay(payer, Keypair().pubkey(), 1_000_000)], [payer], bank.blockhash(PROCESSED)[0]))
    mutated = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(mutated) - 1))
        kind = data.draw(st.sampled_from(["set", "cut", "add"]))
        if kind == "set":
            mutated[where] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del mutated[where : where + data.draw(st.integers(1, 40))]
        else:
            mutated[where:where] = data.draw(st.binary(min_size=1, max_size=40))
        if not mutated:
            mutated = bytearray(b"\0")
    before, count = bank.ledger.total_lamports(), bank.transaction_count
    wire = base64.b64encode(bytes(mutated)).decode()
    options = {"encoding": "base64", "skipPreflight": skip, "preflightCommitment": "processed"}

    async def play() -> None:
        work = asyncio.create_task(node.work())
        for call, chosen in ((simulate_transaction, {"encoding": "base64"}), (send_transaction, options)):
            try:
                answer = call(node, Params([wire, chosen]))
                answer = await answer if asyncio.iscoroutine(answer) else answer
            except RpcError as error:
                assert error.code in (-32602, -32002)
        assert not work.done()
        work.cancel()

    node._filled = asyncio.Event()
    asyncio.run(play())
    assert node.failure is None
    # Lamports are never made; without a landing none are lost, either.
    after = bank.ledger.total_lamports()
    assert after == before if bank.transaction_count == count else after <= before
