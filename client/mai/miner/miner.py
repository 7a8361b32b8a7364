"""One device of one owner: it commits to work, proves it to the verifier program, and settles."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk.keyprogram import KeyProgram
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from mai.chain.cluster import Landed
from mai.chain.network import Hardware, Network
from mai.chain.program import Program
from mai.chain.progress import Progress
from mai.chain.verifier import Uploaded, Verifier
from mai.miner.context import WorkContext
from mai.miner.hardware import device_name

CLIENT_VERSION = 0x000100
"""0.1.0 as the registry stores it: major << 16 | minor << 8 | patch."""


@dataclass(frozen=True)
class SealedKey:
    """A key program and the account that holds it, sealed."""

    program: KeyProgram
    address: Pubkey


class Miner:
    """A registered (or about to be registered) device."""

    def __init__(self, network: Network, verifier_program: Program, owner: Keypair) -> None:
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

    def begin(self, task: Pubkey) -> WorkContext:
        """Fix what this work is, before it is done; reads the task from the chain."""
        cluster, program = self.network.cluster, self.network.program
        posted = program.fetch(cluster, task)
        chain_id = program.fetch(cluster, self.network.config).chain_id
        digest = bytes(posted.input)
        return WorkContext(chain_id, task, posted.model, digest, self.device, cluster.unix_time())

    def commit(self, context: WorkContext, output_digest: bytes, *, tokens: int, active_ms: int) -> Landed:
        """Commit to the output; the first plausible commit takes the task."""
        return self.network.commit_work(
            self.owner,
            self.device,
            context.job,
            context=context.digest(),
            output=output_digest,
            tokens=tokens,
            active_ms=active_ms,
        )

    def upload(self, payload: bytes, nonce: int, progress: Progress) -> Uploaded:
        """Put a proof payload on chain as this owner's proof number ``nonce``."""
        return self.verifier.upload_proof(payload, nonce, progress)

    def verify(
        self, key: SealedKey, proof: Pubkey, context: WorkContext, instances: tuple[int, ...], proof_bytes: bytes
    ) -> Uploaded:
        """Have the uploaded proof verified; the receipt is for this owner and this context."""
        statement = key.program.statement(instances, proof_bytes)
        return self.verifier.verify(key.program, key.address, proof, context.digest(), statement)

    def settle(self, context: WorkContext, receipt: Pubkey) -> Landed:
        """Claim the receipt and be paid."""
        work = self.network.work_address(self.address, context.digest())
        return self.network.settle(self.owner, self.device, context.job, work, receipt)
