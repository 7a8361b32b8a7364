"""Ask a model a question on chain, prove the answer, be paid: every step, on the embedded chain or with --url.

Uses `mai_zk` (EZKL, keys, digests) and the verifier's client in `mai.chain`; nothing of MAI's own network.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mai.chain import artifacts
from mai.chain.cluster import LAMPORTS_PER_SOL, Cluster, Landed
from mai.chain.deployment import deploy
from mai.chain.embedded import Embedded
from mai.chain.program import Program
from mai.chain.progress import Progress, silent
from mai.chain.rpc import Rpc
from mai.chain.verifier import Verifier
from mai.errors import MaiError
from mai_zk import circuits
from mai_zk.errors import ZkError
from mai_zk.prover import make_prover
from mai_zk.srs import srs_name
from rich.console import Console
from rich.progress import Progress as Bar
from solders.keypair import Keypair
from solders.pubkey import Pubkey

HERE = Path(__file__).resolve().parent
FUNDS = 20 * LAMPORTS_PER_SOL
PRICE = LAMPORTS_PER_SOL // 10
AN_HOUR = 3_600


class Escrow:
    """The instructions of escrow.py on one cluster, under one verifier program."""

    def __init__(self, cluster: Cluster, verifier: Pubkey) -> None:
        self.cluster, self.verifier = cluster, verifier
        self.keypair = Keypair.from_bytes(bytes(json.loads((HERE / "escrow-keypair.json").read_text())))
        self.program = Program(self.keypair.pubkey(), HERE / "escrow.json")

    def address(self, number: int) -> Pubkey:
        """Where escrow ``number`` lives."""
        return self.program.pda(b"escrow", number.to_bytes(8, "little"))[0]

    def ask(self, asker: Keypair, number: int, worker: Pubkey, terms: bytes, lamports: int, deadline: int) -> Landed:
        """Lock ``lamports`` until Unix time ``deadline``; ``terms``: key hash, SRS, input and params, 32 bytes each."""
        accounts = {"asker": asker.pubkey(), "escrow": self.address(number), "verifier_program": self.verifier}
        arguments = {"number": number, "worker": worker, "terms": list(terms)}
        return self._send("ask", accounts, {**arguments, "lamports": lamports, "deadline": deadline}, asker)

    def answer(self, worker: Keypair, number: int, receipt: Pubkey, output: bytes) -> Landed:
        """Claim ``receipt``, whose output has the digest ``output``, and be paid."""
        accounts = {"worker": worker.pubkey(), "escrow": self.address(number), "receipt": receipt}
        return self._send("answer", {**accounts, "verifier_program": self.verifier}, {"output": list(output)}, worker)

    def refund(self, asker: Keypair, number: int) -> Landed:
        """Take the lamports back after the deadline."""
        return self._send("refund", {"asker": asker.pubkey(), "escrow": self.address(number)}, {}, asker)

    def _send(self, name: str, accounts: dict[str, Pubkey], arguments: dict[str, Any], signer: Keypair) -> Landed:
        return self.cluster.send([self.program.instruction(name, accounts, arguments)], [signer])


def context(number: int) -> bytes:
    """The receipt's context for escrow ``number``."""
    return number.to_bytes(32, "little")


def start(url: str | None, progress: Progress = silent) -> tuple[Escrow, Program]:
    """Both programs on the cluster at ``url``, by default on a new embedded chain."""
    verifier = artifacts.program("verifier")
    cluster = Rpc(url, messages=verifier.errors) if url else Embedded(messages=verifier.errors)
    escrow = Escrow(cluster, verifier.address)
    programs = {artifacts.program_keypair("verifier"): artifacts.shared_object("verifier")}
    programs[escrow.keypair] = HERE / "escrow.so"
    deployer = funded(cluster)
    for keypair, path in programs.items():
        if isinstance(cluster, Embedded):
            cluster.add_program(keypair.pubkey(), path)
        else:
            deploy(cluster, keypair, path, deployer, progress)
    return escrow, verifier


def funded(cluster: Cluster) -> Keypair:
    """Somebody new with a test cluster's lamports."""
    keypair = Keypair()
    cluster.airdrop(keypair.pubkey(), FUNDS)
    return keypair


def play(circuit_name: str, url: str | None, say: Callable[[str], None], progress: Progress = silent) -> None:
    """The whole way, once; ``say`` is told what happened."""
    circuit, prover = circuits.load(circuit_name), make_prover()
    key, srs, question = circuit.key_program, circuit.test_srs(), circuits.example_input(circuit.segment)

    escrow, verifier_program = start(url, progress)
    cluster, number = escrow.cluster, secrets.randbits(64)
    asker, worker = funded(cluster), funded(cluster)
    terms = key.hash + key.srs + circuit.input_digest(question, srs) + circuit.params_digest
    escrow.ask(asker, number, worker.pubkey(), terms, PRICE, cluster.unix_time() + AN_HOUR)
    say(f"asked      {circuit.name} about {len(question)} numbers, for {PRICE:,} lamports")

    keys = prover.setup(circuit.segment, srs)
    run = prover.witness(keys, question)
    proof = prover.prove(keys, run)
    say(f"proved     {len(proof.proof):,} bytes in {proof.seconds:.1f} s by EZKL, SRS {srs_name(key.srs)}")

    verifier = Verifier(cluster, worker, verifier_program)
    key_account = verifier.upload_key(key, progress)
    payload = key.payload(proof.instances, proof.proof)
    proof_account = verifier.upload_proof(payload, number, progress)
    statement = key.statement(proof.instances, proof.proof)
    receipt = verifier.verify(key, key_account.address, proof_account.address, context(number), statement)
    say(f"verified   on chain, {receipt.transactions[-1].compute_units:,} compute units; receipt {receipt.address}")

    paid = escrow.answer(worker, number, receipt.address, statement.output)
    verifier.close(proof_account.address)
    say(f"paid       {paid.compute_units:,} compute units")

    stored = bytes(escrow.program.fetch(cluster, escrow.address(number)).answer)
    if stored != circuit.output_digest(run.execution.outputs, srs):
        raise MaiError("the answer on chain is not the digest of the worker's output")
    say("answered   " + ", ".join(f"{value:g}" for value in run.execution.values))


def main() -> int:
    """The exit status: 0, or 1 with one sentence on standard error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--url", help="localhost or an RPC address of a test cluster; by default the embedded chain")
    parser.add_argument("--circuit", default="linear4", help="a circuit's name or folder (default: linear4)")
    chosen = parser.parse_args()
    quiet = chosen.url is None or not sys.stderr.isatty()
    try:
        with Bar(console=Console(stderr=True), transient=True, disable=quiet) as bar:
            task = bar.add_task("Uploading", total=None)
            play(chosen.circuit, chosen.url, print, lambda done, total: bar.update(task, completed=done, total=total))
    except (MaiError, ZkError) as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
