"""The example's escrow on a fresh embedded chain, with receipts of a real proof. The client is the example's own."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from mai.chain import artifacts
from mai.chain.cluster import Landed
from mai.chain.embedded import Embedded
from mai.chain.program import Program
from mai.chain.verifier import Verifier
from mai.errors import ProgramError
from mai_zk import circuits
from mai_zk.keyprogram import KeyProgram, Statement
from mai_zk.prover import make_prover
from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "verify_in_your_program"
VECTORS = ROOT / "tests" / "verifier" / "vectors"
PRICE = 100_000_000
FEE = 5_000
AN_HOUR = 3_600


@cache
def example() -> ModuleType:
    """The example's run.py."""
    spec = importlib.util.spec_from_file_location("escrow_run", FOLDER / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Proved:
    """A key, a proof account's bytes under it, and what the proof says."""

    key: KeyProgram
    payload: bytes
    statement: Statement


@cache
def proved() -> Proved:
    """linear4's example input, proved here by EZKL."""
    circuit, prover = circuits.load("linear4"), make_prover()
    keys = prover.setup(circuit.segment, circuit.test_srs())
    proof = prover.prove(keys, prover.witness(keys, circuits.example_input(circuit.segment)))
    key = circuit.key_program
    return Proved(key, key.payload(proof.instances, proof.proof), key.statement(proof.instances, proof.proof))


@cache
def proved_under_another_key() -> Proved:
    """EZKL's proof of relu4, from the verifier's test vectors."""
    key = KeyProgram.from_bytes((VECTORS / "relu4.key").read_bytes())
    payload = (VECTORS / "relu4.payload").read_bytes()
    end = 32 * key.n_instances
    instances = [int.from_bytes(payload[at : at + 32], "big") for at in range(0, end, 32)]
    return Proved(key, payload, key.statement(instances, payload[end : end + key.proof_size]))


class World:
    """An asker, a worker and both programs."""

    def __init__(self) -> None:
        self.escrow, self.verifier_program = example().start(None)
        self.chain: Embedded = self.escrow.cluster
        self.asker, self.worker = self.funded(), self.funded()
        self.numbers = itertools.count(2**63)

    def funded(self) -> Keypair:
        keypair: Keypair = example().funded(self.chain)
        return keypair

    def balance(self, keypair: Keypair) -> int:
        return self.chain.balance(keypair.pubkey())

    def ask(self, *, verifier: Pubkey | None = None, **changes: bytes) -> int:
        """A new escrow for the proved run; `changes`: other terms than its own, by name. Returns its number."""
        done = proved()
        honest = {"key_hash": done.key.hash, "srs": done.key.srs}
        honest |= {"input": done.statement.input, "params": done.statement.params}
        assert changes.keys() <= honest.keys()
        terms, number = b"".join((honest | changes).values()), next(self.numbers)
        escrow = example().Escrow(self.chain, verifier or self.escrow.verifier)
        escrow.ask(self.asker, number, self.worker.pubkey(), terms, PRICE, self.chain.unix_time() + AN_HOUR)
        return number

    def receipt(
        self,
        number: int,
        claimer: Keypair | None = None,
        program: Program | None = None,
        done: Proved | None = None,
    ) -> Pubkey:
        """A receipt that the verifier issues to `claimer` in the escrow's context."""
        done = done or proved()
        verifier = Verifier(self.chain, claimer or self.worker, program or self.verifier_program)
        key = verifier.upload_key(done.key).address
        proof = verifier.upload_proof(done.payload, number).address
        context = example().context(number)
        made: Pubkey = verifier.verify(done.key, key, proof, context, done.statement).address
        return made

    def another_verifier(self) -> Program:
        """The verifier's own code at an id that is not the verifier's."""
        address = Keypair().pubkey()
        self.chain.add_program(address, artifacts.shared_object("verifier"))
        return Program(address, artifacts.out_folder() / "verifier.json")

    def answer(
        self,
        number: int,
        receipt: Pubkey,
        *,
        worker: Keypair | None = None,
        output: bytes | None = None,
        verifier: Pubkey | None = None,
    ) -> Landed:
        escrow = example().Escrow(self.chain, verifier or self.escrow.verifier)
        landed: Landed = escrow.answer(worker or self.worker, number, receipt, output or proved().statement.output)
        return landed

    def copy(self, address: Pubkey, owner: Pubkey) -> Pubkey:
        """The account's bytes at a new address under another owner, as no transaction of the verifier makes them."""
        account, at = self.chain.account(address), Keypair().pubkey()
        assert account is not None
        self.chain.svm.set_account(at, Account(account.lamports, bytes(account.data), owner, False, 0))
        return at

    @contextmanager
    def refused(self, name: str, number: int) -> Iterator[None]:
        """What is done inside is refused under `name` and pays nothing."""
        before = self.chain.balance(self.escrow.address(number))
        with pytest.raises(ProgramError) as caught:
            yield
        assert caught.value.name == name, caught.value.logs
        assert self.chain.balance(self.escrow.address(number)) == before
