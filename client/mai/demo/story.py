"""The way of one task on any cluster, from the image to the mint; then three cheats and what they get."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mai_zk.circuits import Circuit
from mai_zk.prover import Proof, Prover
from mai_zk.srs import Srs, srs_name
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain.cluster import LAMPORTS_PER_SOL, Cluster, Landed
from mai.chain.network import ModelTerms, Network
from mai.chain.program import Program
from mai.chain.progress import Progress, silent
from mai.chain.signer import Signer
from mai.chain.verifier import Verifier
from mai.demo.stages import Recorder, Stage
from mai.errors import MaiError, ProgramError
from mai.miner.hardware import detect
from mai.miner.miner import Miner, SealedKey
from mai.money import format_mai

CHAIN_ID = 900
RATE_FLOOR = 59_049
"""In 1/100,000 of the launch rates: the sixth epoch's."""
TASK_LIFETIME_S = 3_600
MAX_ACTIVE_MS = 10_000
WORK_UNITS = 1
"""Millions of multiply-accumulates, at least one; the digits model does 0.002."""
FUNDS = 10 * LAMPORTS_PER_SOL
EVALUATION_TO_CHANGE = 3
"""Which of the proof's evaluations the first cheat changes; any will do."""

Deploy = Callable[[Progress], list[Landed]]


@dataclass(frozen=True)
class Cheat:
    """An attempt, the name of its refusal, and what it minted."""

    attempt: str
    refusal: str
    minted: int


@dataclass(frozen=True)
class Image:
    """What the model looks at: 64 grey values from 0 to 1, and where they are from."""

    pixels: list[float]
    source: str


@dataclass(frozen=True)
class Outcome:
    """Everything there is to show at the end."""

    image: Image
    logits: tuple[float, ...]
    prediction: int
    stages: list[Stage]
    reward_terms: list[tuple[str, str]]
    minted: int
    balance: int
    cheats: list[Cheat]
    key_hash: bytes
    srs: str
    warning: str | None


class Story:
    """Plays the demo on a cluster; ``recorder`` sees every stage."""

    def __init__(
        self,
        cluster: Cluster,
        policy: Program,
        verifier: Program,
        circuit: Circuit,
        *,
        prover: Prover,
        recorder: Recorder,
    ) -> None:
        self.cluster = cluster
        self.prover = prover
        self.verifier_program = verifier
        self.circuit = circuit
        self.recorder = recorder
        self.network = Network(cluster, policy)
        self.authority, self.requester = Keypair(), Keypair()
        self.miner = Miner(self.network, verifier, Keypair())
        self.terms = ModelTerms(circuit.key_program.hash, circuit.params_digest, 1, WORK_UNITS, MAX_ACTIVE_MS)
        self.model = self.network.model_address(self.terms)

    def play(self, image: Image, decoy: Image, deploy: Deploy) -> Outcome:
        """Run everything.

        Args:
            image: what the paid task is about.
            decoy: another image, for the task of a thief.
            deploy: puts the two programs on the cluster.

        Raises:
            MaiError: something failed, or a cheat was not refused.
        """
        stage = self.recorder.stage
        with stage("Prepare SRS and keys") as (now, advance):
            srs = self.circuit.test_srs(lambda done: advance(round(100 * done), 100))
            keys = self.prover.setup(self.circuit.segment, srs)
            now.note = f"k = {srs.logrows}, cached"
        with stage("Deploy both programs") as (now, advance):
            now.landed += deploy(advance)
            now.note = "loaded"
        with stage("Create the network") as (now, _):
            self._fund(self.authority, self.requester, self.miner.owner)
            now.landed += self._genesis()
        with stage("Register the model") as (now, advance):
            key = self._register_model(now, advance)
            now.landed += self.network.open_mining(self.authority)
            now.note = "and open mining"
        with stage("Register the miner") as (now, _):
            now.landed.append(self.miner.register(detect()))
        with stage("Post the task") as (now, _):
            task = self._post(now, image, srs, nonce=0)
        with stage("Take the task") as (now, _):
            now.landed.append(self.miner.assign(task))
            context = self.miner.context(task)
            now.note = "drawn by a block hash"
        with stage("Run the model") as (now, _):
            run = self.prover.witness(keys, image.pixels)
            now.note = f"the model says {run.execution.argmax}"
        with stage("Commit to the output") as (now, _):
            output = self.circuit.output_digest(run.execution.outputs, srs)
            active_ms = max(1, round(run.stage.seconds * 1000))
            now.landed.append(self.miner.commit(task, output, tokens=1, active_ms=active_ms))
        with stage("Prove with EZKL") as (now, _):
            proof = self.prover.prove(keys, run)
            now.note = f"{len(proof.proof):,} bytes"
        with stage("Upload the proof") as (now, advance):
            payload = self.circuit.key_program.payload(proof.instances, proof.proof)
            uploaded = self.miner.upload(payload, 0, advance)
            now.landed += uploaded.transactions
        with stage("Verify on chain") as (now, _):
            verified = self.miner.verify(key, uploaded.address, context, proof.instances, proof.proof)
            now.landed += verified.transactions
        with stage("Settle and mint") as (now, _):
            settled = self.miner.settle(task, verified.address)
            now.landed.append(settled)
        minted = self.network.supply()
        with stage("Let three cheats try") as (now, _):
            now.note = "all refused"
            cheats = [
                self._changed_byte(key, context, proof),
                self._same_proof_again(task, verified.address),
                self._stolen_receipt(decoy, verified.address, output, srs),
            ]
        return Outcome(
            image=image,
            logits=run.execution.values,
            prediction=run.execution.argmax,
            stages=self.recorder.stages,
            reward_terms=self._terms(settled),
            minted=minted,
            balance=self.network.balance(self.miner.owner.pubkey()),
            cheats=cheats,
            key_hash=self.circuit.key_program.hash,
            srs=srs_name(self.circuit.key_program.srs),
            warning=srs.warning,
        )

    def _fund(self, *owners: Signer) -> None:
        for owner in owners:
            self.cluster.airdrop(owner.pubkey(), FUNDS)

    def _genesis(self) -> list[Landed]:
        return self.network.genesis(
            self.authority,
            self.verifier_program.address,
            chain_id=CHAIN_ID,
            rate_floor=RATE_FLOOR,
            srs=self.circuit.key_program.srs,
        )

    def _register_model(self, now: Stage, advance: Progress) -> SealedKey:
        sealed = Verifier(self.cluster, self.authority, self.verifier_program).upload_key(
            self.circuit.key_program, advance
        )
        now.landed += sealed.transactions
        now.landed.append(self.network.register_model(self.authority, self.terms))
        return SealedKey(self.circuit.key_program, sealed.address)

    def _post(self, now: Stage, image: Image, srs: Srs, *, nonce: int) -> Pubkey:
        """The requester computes the input's digest itself, then asks."""
        digest = self.circuit.input_digest(image.pixels, srs)
        landed = self.network.post_task(self.requester, self.model, digest, nonce=nonce, lifetime_s=TASK_LIFETIME_S)
        now.landed.append(landed)
        return self.network.task_address(self.requester.pubkey(), nonce)

    def _changed_byte(self, key: SealedKey, context: bytes, proof: Proof) -> Cheat:
        """One bit of one evaluation, with fresh hints, as a careful cheat would do it."""
        program = self.circuit.key_program
        changed = bytearray(proof.proof)
        changed[64 * program.n_phase_points + 32 * EVALUATION_TO_CHANGE + 31] ^= 1

        def attempt() -> None:
            uploaded = self.miner.upload(program.payload(proof.instances, bytes(changed)), 1, silent)
            self.miner.verify(key, uploaded.address, context, proof.instances, bytes(changed))

        return self._refused("the same proof with one byte changed", attempt)

    def _same_proof_again(self, task: Pubkey, receipt: Pubkey) -> Cheat:
        return self._refused("the same proof again", lambda: self.miner.settle(task, receipt))

    def _stolen_receipt(self, decoy: Image, receipt: Pubkey, output: bytes, srs: Srs) -> Cheat:
        """A second miner takes another task, claims the first one's output, and shows the first one's receipt."""
        thief = Miner(self.network, self.verifier_program, Keypair())
        self._fund(thief.owner)
        thief.register(detect())
        task = self._post(Stage("decoy"), decoy, srs, nonce=secrets.randbits(32) + 1)
        thief.assign(task)
        thief.commit(task, output, tokens=1, active_ms=1)
        return self._refused("another miner's receipt", lambda: thief.settle(task, receipt))

    def _refused(self, attempt: str, act: Callable[[], Any]) -> Cheat:
        before = self.network.supply()
        try:
            act()
        except ProgramError as error:
            return Cheat(attempt, error.name, self.network.supply() - before)
        raise MaiError(f"a cheat was not refused: {attempt}")

    def _terms(self, settled: Landed) -> list[tuple[str, str]]:
        event = next((e.data for e in self.network.program.events(settled.logs) if e.name == "WorkSettled"), None)
        if event is None:
            raise MaiError("the settlement emitted no event")
        return reward_terms(event)


def reward_terms(event: dict[str, Any]) -> list[tuple[str, str]]:
    """A settlement's event as (term, value) for people: each factor and the amount after it."""

    def factor(bps: int) -> str:
        return f"× {bps / 10_000:.2f}"

    return [
        ("hourly rate of the hardware", f"{format_mai(event['hourly'])} MAI/h"),
        ("time that the verified work is worth", f"{event['counted_ms']:,} ms"),
        ("base", f"{format_mai(event['base'])} MAI"),
        (f"NFT {factor(10_000 + event['nft_bps'])}", f"{format_mai(event['after_nft'])} MAI"),
        (f"uptime {factor(10_000 + event['uptime_bps'])}", f"{format_mai(event['after_uptime'])} MAI"),
        (f"trust {factor(event['trust_bps'])}", f"{format_mai(event['after_trust'])} MAI"),
        (f"multiplier × {event['multiplier'] / 10**9:.4f}", f"{format_mai(event['after_difficulty'])} MAI"),
        (f"quality {factor(event['quality_bps'])}", f"{format_mai(event['after_quality'])} MAI"),
        (f"epoch {event['epoch'] + 1} × {event['rate'] / 100_000:.5f}", f"{format_mai(event['reward'])} MAI"),
    ]
