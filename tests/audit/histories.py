"""Real histories to audit, each made once: a random walk of the whole economy, the demo with its proof, a trace."""

from __future__ import annotations

import functools
from random import Random
from unittest import mock

from economy.arena import Arena
from economy.chainside import Side
from economy.machine import Walk, found, run, seeds_of
from mai.audit.recorder import Recorder
from mai.chain import artifacts
from mai.chain.cluster import Landed
from mai.chain.embedded import Embedded
from mai.chain.progress import Progress
from mai.demo.stages import Recorder as Stages
from mai.demo.stages import StageDisplay
from mai.demo.story import Image, Story
from mai_zk import circuits
from mai_zk.digits import sample
from mai_zk.prover import make_prover

STEPS = 700


class RecordedSide(Side):
    """The walk's chain, kept."""

    def __init__(self) -> None:
        super().__init__()
        self.svm = Recorder(self.svm)


def walked(name: str, steps: int = STEPS) -> Recorder:
    """A walk of so many random steps, with everything that it sent.

    Walks change parameters behind the program's back, to see rare states sooner; a history that is to be audited has
    only what instructions did.
    """
    original = Arena.__init__

    def recorded(self: Arena, name: str, people: int = 7) -> None:
        original(self, name, people, RecordedSide())

    with mock.patch.object(Arena, "__init__", recorded), mock.patch.object(Arena, "overwrite", lambda *_, **__: None):
        arena = run(name, seeds_of(name, steps), Walk(found(name, Random(name)))).arena
    source: Recorder = arena.chain.svm
    return source


@functools.cache
def walk() -> Recorder:
    """The walk that the lies are planted in: it settles, votes, slashes and appeals."""
    return walked("audited walk 0", 900)


@functools.cache
def short_walk() -> Recorder:
    """A shorter one, where only its events matter."""
    return walked("a short walk", 250)


@functools.cache
def story() -> Recorder:
    """The demo: one task from the posting to the mint with a real proof, and three cheats that were refused."""
    policy, verifier = artifacts.program("mai"), artifacts.program("verifier")
    chain = Embedded(messages={**policy.errors, **verifier.errors}, blocks=True)
    chain.svm = source = Recorder(chain.svm)

    def deploy(advance: Progress) -> list[Landed]:
        for name, program in (("verifier", verifier), ("mai", policy)):
            chain.add_program(program.address, artifacts.shared_object(name))
        return []

    told = Story(
        chain, policy, verifier, circuits.load("digits"), prover=make_prover(), recorder=Stages(StageDisplay())
    )
    told.play(Image(sample(7), "digit 7"), Image(sample(3), "decoy"), deploy)
    return source
