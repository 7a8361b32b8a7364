"""Wrong accounts, flags and arguments at every place of the instructions on sampled runs: each is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey
from traces import sampled_model as model
from traces.sampled_case import SampledCase
from traces.sampled_world import SampledWorld
from traces.world import World, refused


@dataclass(frozen=True)
class Scene:
    """One instruction in its right form, and accounts of every type."""

    world: SampledWorld
    call: Instruction
    kinds: tuple[Pubkey, ...]

    def simulated(self, call: Instruction) -> str | None:
        return refused(lambda: self.world.chain.simulate([call], [self.world.miner.payer]))

    def changed(self, index: int, meta: AccountMeta) -> str | None:
        accounts = list(self.call.accounts)
        accounts[index] = meta
        return self.simulated(Instruction(self.call.program_id, self.call.data, accounts))


def kinds(world: SampledWorld, *more: Pubkey) -> tuple[Pubkey, ...]:
    empty, short, long = Pubkey.new_unique(), world.put(Pubkey.new_unique(), b"1234567"), bytes(2000)
    foreign = world.put(Pubkey.new_unique(), long, owner=Pubkey.new_unique())
    return (world.trace, world.manifest, world.constants, world.bases, empty, short, foreign, world.program.address,
            world.put(Pubkey.new_unique(), long), *more)  # fmt: skip


@pytest.fixture(params=["execute", "attest_bound", "draw_strata"])
def scene(request: pytest.FixtureRequest, sampled: SampledCase) -> Iterator[Scene]:
    world = sampled.world
    bound = sampled.bound(model.ONE)
    if request.param == "execute":
        sampled.aim(model.SWIGLU)
        call = sampled.call("execute", sampled.opening(model.SWIGLU), constants=world.constants)
    elif request.param == "attest_bound":
        sampled.aim(model.ONE)
        call = sampled.call("attest_bound", sampled.opening(model.ONE), **vars(bound))
    else:
        trace = world.trace
        sampled.patch(348, b"\2")  # revealed again, so that its blocks are those that drew it
        sampled.patch(312, int(world.slot() + 1).to_bytes(8, "little"))
        accounts = {"caller": world.miner.payer.pubkey(), "trace": trace, "manifest": world.manifest}
        call = world.program.instruction("draw_strata", accounts)
    yield Scene(world, call, kinds(world, *vars(bound).values()))


def test_wrong_accounts(scene: Scene) -> None:
    assert scene.simulated(scene.call) is None
    tried = 0
    for index, meta in enumerate(scene.call.accounts):
        for address in {*scene.kinds, *(other.pubkey for other in scene.call.accounts)} - {meta.pubkey}:
            if not meta.is_signer:
                found = scene.changed(index, AccountMeta(address, False, meta.is_writable))
                assert found in scene.world.program.errors, (index, address, found)
                tried += 1
    assert tried >= 12


def test_flags_counts_and_arguments(scene: Scene) -> None:
    call = scene.call
    for index, meta in enumerate(call.accounts):
        if meta.is_writable and not meta.is_signer:
            assert scene.changed(index, AccountMeta(meta.pubkey, False, False)) == "NotWritable"
    more = [*call.accounts, AccountMeta(Pubkey.new_unique(), False, False)]
    for accounts in (more, list(call.accounts)[:-1]):
        assert scene.simulated(Instruction(call.program_id, call.data, accounts)) == "AccountCount"
    for data in (call.data + b"\0", call.data[:-1]):
        found = scene.simulated(Instruction(call.program_id, data, call.accounts))
        assert found in {"BadArguments", "UnknownInstruction"}


def test_the_signer(scene: Scene) -> None:
    """Only the miner attests, and signs; anyone draws, and signs."""
    stranger = World.traces(scene.world).payer
    first, *others = scene.call.accounts
    unsigned = Instruction(
        scene.call.program_id, scene.call.data, [AccountMeta(first.pubkey, False, first.is_writable), *others]
    )
    assert refused(lambda: scene.world.chain.simulate([unsigned], [stranger])) == "MissingSigner"
    theirs = [AccountMeta(stranger.pubkey(), True, first.is_writable), *others]
    call = Instruction(scene.call.program_id, scene.call.data, theirs)
    expected = None if len(others) == 3 else "WrongAuthority"
    assert refused(lambda: scene.world.chain.simulate([call], [stranger])) == expected
