"""The verifier program on an embedded chain with the tiny sampled model, and a miner who takes a run to its claim."""

from __future__ import annotations

from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.executed import Executed
from mai.chain.sampled import Draw, Nonces, Sampled
from mai.chain.trace import Traces
from mai.chain.verifier import Verifier
from mai_zk.language.integers import Integers
from mai_zk.trace import Manifest, Work
from mai_zk.trace.opening import Opened
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from traces import sampled_circuits as circuits
from traces import sampled_model as model
from traces.world import World


class SampledWorld(World):
    """One chain with the manifest, the constants and the bases, and a miner who always has the same key."""

    values: list[model.Values]  # type: ignore[assignment]
    layers = model

    def __init__(self, manifest: Manifest | None = None) -> None:
        super().__init__(manifest)
        self.sampled, self.executed = Sampled(self.miner), Executed(self.miner.verifier)
        self.constants = self.miner.upload_constants(model.CONSTANTS.body).address
        self.bases = self.miner.upload_constants(model.bases()).address

    def traces(self) -> Traces:
        payer = Keypair.from_seed(bytes(31) + bytes([7]))
        self.chain.airdrop(payer.pubkey(), 1000 * LAMPORTS_PER_SOL)
        return Traces(Verifier(self.chain, payer, self.program))

    # -- receipts and attestation

    def proved_receipt(
        self, name: str, values: Integers, *, context: bytes | None = None, traces: Traces | None = None
    ) -> Pubkey:
        """Verify a real proof of a layer on some integers: a receipt, by default the miner's for the trace."""
        traces, context = traces or self.miner, context or bytes(self.trace)
        proof, key, verifier = circuits.proved(name, values), circuits.key(name), traces.verifier
        statement = key.statement(proof.instances, proof.proof)
        address, _ = verifier.receipt_address(context, traces.payer.pubkey(), statement.statement)
        if self.chain.account(address) is not None:
            return address
        key_address = verifier.upload_key(key).address
        uploaded = verifier.upload_proof(key.payload(proof.instances, proof.proof), next(self.nonces))
        verifier.verify(key, key_address, uploaded.address, context, statement)
        verifier.close(uploaded.address)
        return address

    def execute(self, work: Work, draw: int, *, opened: Opened | None = None, constants: Pubkey | None = None) -> int:
        """Have a drawn leaf executed; compute units."""
        position, segment = self.place(work, draw)
        opened = opened or self.values[position].opened(segment)
        at = Draw(self.trace, self.manifest, draw)
        constants = constants or self.constants
        return self.sampled.execute(work, at, constants, next(self.nonces), opened).compute_units

    def attest_bound(
        self, work: Work, draw: int, *, opened: Opened | None = None, receipt: Pubkey | None = None
    ) -> int:
        """Attest a drawn circuit's leaf; compute units of the last transaction."""
        position, segment = self.place(work, draw)
        opened = opened or self.values[position].opened(segment)
        receipt = receipt or self.proved_receipt(model.CIRCUITS[segment], self.values[position].opened(segment).reads)
        nonces = Nonces(*(next(self.nonces) for _ in range(3)))
        at = Draw(self.trace, self.manifest, draw)
        return self.sampled.attest(work, at, self.bases, nonces, receipt, opened).compute_units

    def attest(self, work: Work, draw: int, receipt: Pubkey | None = None) -> None:
        if self.place(work, draw)[1] in model.CIRCUITS:
            self.attest_bound(work, draw, receipt=receipt)
        else:
            self.execute(work, draw)
