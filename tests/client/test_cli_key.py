"""`mai verifier key upload` and `close`: the cost first, nothing sent twice, rent returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from client.cli_world import World
from mai.chain.verifier import KEY_HEADER_BYTES, Verifier
from mai.errors import MaiError
from mai_zk import circuits

KEY = circuits.load("digits").key_program
WRITTEN = 3


def break_off(world: World, monkeypatch: pytest.MonkeyPatch, verifier: Verifier) -> None:
    """An upload that ends after three writes."""
    send_many = world.chain.send_many

    def some(batches: Sequence[Any], signers: Sequence[Any], **options: Any) -> Any:
        send_many(batches[:WRITTEN], signers, **options)
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(world.chain, "send_many", some)
        with pytest.raises(ConnectionResetError):
            verifier.upload_key(KEY)


def test_an_upload_that_broke_off_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.wallet("owner")
    verifier = Verifier(world.chain, owner.keypair)
    rent, writes = verifier.key_cost(KEY)
    assert rent == world.chain.rent(KEY_HEADER_BYTES + len(KEY.blob))
    break_off(world, monkeypatch, verifier)
    assert verifier.key_cost(KEY) == (0, writes - WRITTEN)
    with pytest.raises(MaiError, match="add --yes"):
        world.json("verifier", "key", "upload", "digits", by=owner)
    done = world.json("verifier", "key", "upload", "digits", "--yes", by=owner)
    assert done["transactions"] == writes - WRITTEN + 1  # and the seal
    address, _ = verifier.key_address(KEY.hash)
    account = world.chain.account(address)
    assert account is not None and account.data[KEY_HEADER_BYTES:] == KEY.blob
    assert verifier.program.decode(account.data).sealed
    again = world.json("verifier", "key", "upload", "digits", by=owner)
    assert (again["transactions"], again["rent_lamports"]) == (0, 0)


def test_an_upload_that_was_given_up_returns_its_rent(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = world.wallet("owner")
    verifier = Verifier(world.chain, owner.keypair)
    rent, _ = verifier.key_cost(KEY)
    break_off(world, monkeypatch, verifier)
    address, _ = verifier.key_address(KEY.hash)
    before = world.chain.balance(owner.address)
    assert world.json("verifier", "key", "close", address, by=owner)["lamports"] == rent
    assert world.chain.account(address) is None
    assert world.chain.balance(owner.address) == before + rent - 5_000
