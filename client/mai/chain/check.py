"""One EZKL proof against the on-chain verifier, on an embedded chain of its own."""

from __future__ import annotations

from dataclasses import dataclass

from mai_zk.errors import ZkError
from mai_zk.keyprogram import KeyProgram
from mai_zk.prooffile import ProofFile
from solders.keypair import Keypair

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL
from mai.chain.embedded import Embedded
from mai.chain.progress import Progress, silent
from mai.chain.route import Route, Way, choose
from mai.chain.verifier import Verifier
from mai.errors import ProgramError


@dataclass(frozen=True)
class Checked:
    """What the chain said.

    Attributes:
        reason: the refusal's name, or None if the proof was accepted.
        detail: what the refusal means, in a sentence.
        compute_units: consumed by the transaction or the session that verifies (0 if it was not reached).
        transactions: that create, write and check the proof.
        key_transactions: that create, write and seal the key; once per circuit.
        logs: of the (last) transaction that verifies.
        route: one transaction, or a session.
        sealing: compute units of sealing the key, once per circuit (0 if it was not reached).
    """

    reason: str | None
    detail: str
    compute_units: int
    transactions: int
    key_transactions: int
    logs: list[str]
    route: Route
    sealing: int = 0


def payload(key: KeyProgram, proof: ProofFile) -> bytes:
    """The proof account's bytes; where no hints can be computed, zeros, so that the chain is the one who refuses."""
    try:
        return key.payload(proof.instances, proof.proof)
    except ZkError:
        instances = b"".join(value.to_bytes(32, "big") for value in proof.instances)
        hints = bytes(32 * (key.n_hints + key.n_scalars) + 8 * key.quotient_words)
        return (1).to_bytes(8, "little") + instances + proof.proof + hints


def embedded_verifier(chain: Embedded | None = None) -> Verifier:
    """The verifier program on ``chain``, by default a fresh one, with a payer who can afford any key."""
    program, payer = artifacts.program("verifier"), Keypair()
    chain = chain or Embedded()
    chain.messages = program.errors
    chain.add_program(program.address, artifacts.shared_object("verifier"))
    chain.airdrop(payer.pubkey(), 1000 * LAMPORTS_PER_SOL)
    return Verifier(chain, payer, program)


def check_proof(key: KeyProgram, proof: ProofFile, progress: Progress = silent, *, profile: bool = False) -> Checked:
    """Upload ``key`` and ``proof`` to a fresh embedded chain and run the verifier's ``check``."""
    verifier = embedded_verifier()
    key_transactions = transactions = sealing = 0
    way = choose(key, receipts=False)
    try:
        key_account = verifier.upload_key(key)
        key_transactions = len(key_account.transactions)
        sealing = key_account.transactions[-1].compute_units
        proof_account = verifier.upload_proof(payload(key, proof), 0, progress)
        transactions = len(proof_account.transactions) + 1
        if way.way is Way.ONE_TRANSACTION:
            landed = [verifier.check(key, key_account.address, proof_account.address, profile=profile)]
        else:
            landed = verifier.run_session(
                key, key_account.address, proof_account.address, 0, progress=progress
            ).transactions
            transactions += len(landed) - 1
    except ProgramError as error:
        return Checked(error.name, error.detail, 0, transactions, key_transactions, error.logs, way, sealing)
    units = sum(item.compute_units for item in landed)
    return Checked(None, "", units, transactions, key_transactions, landed[-1].logs, way, sealing)
