"""One device of one owner: it takes places in tasks, commits to its work, proves it to the verifier, and settles."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk.keyprogram import KeyProgram
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.network import Hardware, Network
from mai.chain.program import Program
from mai.chain.progress import Progress
from mai.chain.signer import Signer
from mai.chain.verifier import Uploaded, Verifier
from mai.errors import MaiError, ProgramError
from mai.miner.context import WorkContext
from mai.miner.hardware import device_name

CLIENT_VERSION = 0x000100
"""0.1.0 as the registry stores it: major << 16 | minor << 8 | patch."""
WAITING = frozenset({"SeedTooEarly", "NotDrawn", "TrustedFirst", "QualityTooLow"})
"""Refusals of an assignment that only ask for patience."""
WAIT_SLOTS = 2
LONGEST_WAIT_S = 120


@dataclass(frozen=True)
class SealedKey:
    """A key program and the account that holds it, sealed."""

    program: KeyProgram
    address: Pubkey


class Miner:
    """A registered (or about to be registered) device."""

    def __init__(self, network: Network, verifier_program: Program, owner: Signer) -> None:
        self.network = network
        self.owner = owner
        self.device = device_name(bytes(owner.pubkey()))
        self.verifier = Verifier(network.cluster, owner, verifier_program)

    @property
    def address(self) -> Pubkey:
        """The miner's account."""
        return self.network.miner_address(self.owner.pubkey(), self.device)

    def register(self, hardware: Hardware) -> Landed:
        """Put the device into the registry and open the owner's token account."""
        return self.network.register_miner(self.owner, self.device, hardware, client_version=CLIENT_VERSION)

    def assign(self, task: Pubkey) -> Landed:
        """Take a place in the task, waiting for its seed block and for this device's chance, which grows with time.

        Raises:
            ProgramError: refused for another reason than the wait.
            MaiError: the wait was longer than any draw takes.
        """
        cluster = self.network.cluster
        until = cluster.unix_time() + LONGEST_WAIT_S
        while cluster.unix_time() < until:
            try:
                return self.network.assign_task(self.owner, self.device, task)
            except ProgramError as error:
                if error.name not in WAITING:
                    raise
            cluster.wait_slots(WAIT_SLOTS)
        raise MaiError(f"no place in the task {task} within {LONGEST_WAIT_S} seconds: other miners are faster")

    def context(self, task: Pubkey) -> bytes:
        """The context of this device's work on the task, as the chain fixed it, compared with its parts.

        Raises:
            MaiError: the chain's digest is not that of these parts.
        """
        cluster, program = self.network.cluster, self.network.program
        posted = program.fetch(cluster, task)
        work = program.fetch(cluster, self.network.work_address(task, self.address))
        made = WorkContext(
            program.fetch(cluster, self.network.config).chain_id,
            task,
            posted.model,
            bytes(posted.input),
            self.address,
            bytes(posted.seed),
            work.round,
            work.assigned_ts,
        ).digest()
        if work.round == posted.round and made != bytes(work.context):
            raise MaiError("the chain's work context is not that of this task and device")
        return bytes(work.context)

    def commit(self, task: Pubkey, output_digest: bytes, *, tokens: int, active_ms: int) -> Landed:
        """Commit to the output in the place that this device has."""
        return self.network.commit_work(
            self.owner, self.device, task, output=output_digest, tokens=tokens, active_ms=active_ms
        )

    def upload(self, payload: bytes, nonce: int, progress: Progress) -> Uploaded:
        """Put a proof payload on chain as this owner's proof number ``nonce``."""
        return self.verifier.upload_proof(payload, nonce, progress)

    def verify(
        self, key: SealedKey, proof: Pubkey, context: bytes, instances: tuple[int, ...], proof_bytes: bytes
    ) -> Uploaded:
        """Have the uploaded proof verified; the receipt is for this owner and this context."""
        statement = key.program.statement(instances, proof_bytes)
        return self.verifier.verify(key.program, key.address, proof, context, statement)

    def settle(self, task: Pubkey, receipt: Pubkey) -> Landed:
        """Claim the receipt and be paid."""
        return self.network.settle(self.owner, self.device, task, receipt)
