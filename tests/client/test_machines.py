"""A virtual machine that had a user before is one that had none."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from machines import Machine, machine_for
from program.chain import MAI, OUT, VERIFIER
from program.network import CONFIG, MINT, ready
from solders.keypair import Keypair

PROGRAMS = ((MAI, OUT / "mai.so"), (VERIFIER, OUT / "verifier.so"))


class User:
    """Somebody who is done when nobody knows him any more."""


@pytest.fixture
def no_one_else_gives_back() -> Iterator[None]:
    """Whoever held a machine before and stands in a cycle of references is gone now, and not in the test's midst."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_one_else_gives_back")
def test_nothing_of_the_last_user_is_left() -> None:
    network = ready()
    machine = network.chain.svm
    network.committed()
    written = [network.owner.pubkey(), network.wallet, network.model, network.miner, CONFIG, MINT]
    assert all(machine.get_account(address).lamports for address in written)
    hash_before = machine.latest_blockhash()
    del network
    again = ready().chain.svm
    assert again is machine and again.latest_blockhash() != hash_before
    fresh = Machine(PROGRAMS)
    user = User()
    taken = machine_for(user, PROGRAMS)
    assert taken.get_clock() == fresh.get_clock() and taken.get_slot_hashes() == fresh.get_slot_hashes()
    for address in [*written, *(address for address, _ in PROGRAMS)]:
        assert taken.get_account(address) == fresh.get_account(address)


def test_a_user_with_wishes_of_his_own_is_the_last() -> None:
    user = User()
    machine = machine_for(user, PROGRAMS)
    machine.add_program_from_file(Keypair().pubkey(), OUT / "traces.so")
    del user
    other = User()
    assert machine_for(other, PROGRAMS) is not machine
