"""One circuit on an embedded chain: its key sealed, honest proofs at hand, and a way to ask the verifier anything.

Nothing that a case does is seen by another: payloads go to one scratch account that is wholly rewritten, and whatever
else a case creates belongs to keypairs drawn from the case.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mai.chain.check import embedded_verifier
from mai.chain.cluster import MAX_COMPUTE_UNITS
from mai.chain.embedded import Embedded
from mai.chain.verifier import PROOF_HEADER_BYTES, Verifier
from mai.errors import ProgramError
from mai_zk.keyprogram import MAX_HEAP, KeyProgram
from solders.account import Account
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import ID as SYSTEM_PROGRAM

from campaign.circuits import Circuit
from campaign.pieces import Pieces

ACCEPTED = "accepted"
FORTUNE = 10**12
SCRATCH_NONCE = 0


@dataclass(frozen=True)
class Miner:
    """Somebody with lamports: a keypair and the client that acts for it."""

    keypair: Keypair
    verifier: Verifier

    @property
    def address(self) -> Pubkey:
        """The public key."""
        return self.keypair.pubkey()


class Bench:
    """One circuit's chain. `draw` is the running case's own source of randomness."""

    def __init__(self, circuit: Circuit, other: Circuit) -> None:
        self.circuit = circuit
        self.key: KeyProgram = circuit.key
        self.other = other
        self.verifier = embedded_verifier()
        chain = self.verifier.cluster
        assert isinstance(chain, Embedded)
        self.chain = chain
        self.errors = frozenset(self.verifier.program.errors)
        self.key_account = self.verifier.upload_key(self.key).address
        self.other_key_account = self.verifier.upload_key(other.key).address
        self.other_program = Pubkey.from_bytes(b"not the verifier program".ljust(32))
        self.draw = random.Random(0)

    # -- honest things ----------------------------------------------------------------------------------------------

    @cached_property
    def proofs(self) -> tuple[tuple[tuple[int, ...], bytes], ...]:
        """(instances, proof), honest."""
        return tuple((p.instances, p.proof) for p in self.circuit.proofs)

    @cached_property
    def payloads(self) -> tuple[bytes, ...]:
        """Honest payloads of one proof."""
        return tuple(self.key.payload(*proof) for proof in self.proofs)

    @cached_property
    def batch(self) -> bytes:
        """An honest payload of all proofs."""
        return self.key.batch(self.proofs)

    def pieces(self, batch: bool = False) -> Pieces:
        """An honest payload in pieces, the first one's or a drawn one's."""
        return Pieces.of(self.key, self.batch if batch else self.draw.choice(self.payloads))

    def miner(self) -> Miner:
        """A fresh, funded keypair drawn from the case."""
        keypair = Keypair.from_seed(self.draw.randbytes(32))
        self.put(keypair.pubkey(), b"", SYSTEM_PROGRAM, FORTUNE)
        return Miner(keypair, Verifier(self.chain, keypair, self.verifier.program))

    # -- asking -----------------------------------------------------------------------------------------------------

    def outcome(self, action: Callable[[], object]) -> str:
        """`ACCEPTED`, or the refusal's name."""
        try:
            action()
        except ProgramError as error:
            return error.name
        return ACCEPTED

    def check(self, payload: bytes, key: KeyProgram | None = None, account: Pubkey | None = None) -> str:
        """What `check` says of a proof account with this payload."""
        key = key or self.key
        proofs = min(max(int.from_bytes(payload[:2], "little"), 1), 8)
        proof = self.put_proof(payload)
        account = account or self.key_account
        return self.outcome(lambda: self.verifier.check(key, account, proof, proofs=proofs))

    def put_proof(self, payload: bytes, owner: Pubkey | None = None, nonce: int = SCRATCH_NONCE) -> Pubkey:
        """A complete proof account with this payload, as its authority could have uploaded it."""
        owner = owner or self.verifier.payer.pubkey()
        seeds = (b"proof", bytes(owner), nonce.to_bytes(8, "little"))
        address, bump = self.verifier.program.pda(*seeds)
        header = discriminator("Proof") + bytes(owner) + struct.pack("<QIB3x", nonce, len(payload), bump)
        assert len(header) == PROOF_HEADER_BYTES
        return self.put(address, header + payload)

    def put_key(self, blob: bytes, owner: Pubkey, digest: bytes) -> Pubkey:
        """A complete, unsealed key account that claims to hold the key with this hash."""
        address, bump = self.verifier.program.pda(b"key", bytes(owner), digest)
        header = discriminator("Key") + bytes(owner) + digest + bytes(32) + struct.pack("<IBB2x", len(blob), 0, bump)
        return self.put(address, header + blob)

    def put(self, address: Pubkey, data: bytes, owner: Pubkey | None = None, lamports: int = 10**10) -> Pubkey:
        """Set an account."""
        self.chain.svm.set_account(address, Account(lamports, data, owner or self.verifier.program.address, False, 0))
        return address

    def send(
        self,
        instructions: Instruction | Sequence[Instruction],
        signers: Sequence[Keypair],
        *,
        simulate: bool = False,
        compute_units: int = MAX_COMPUTE_UNITS,
        heap: int = MAX_HEAP,
    ) -> str:
        """What the chain says of a transaction; the first signer pays."""
        listed = [instructions] if isinstance(instructions, Instruction) else list(instructions)
        act = self.chain.simulate if simulate else self.chain.send
        return self.outcome(lambda: act(listed, signers, compute_units=compute_units, heap_bytes=heap))

    def is_named(self, verdict: str) -> bool:
        """Whether a verdict is one of the verifier program's own refusals."""
        return verdict in self.errors


def discriminator(name: str) -> bytes:
    """An account type's first eight bytes."""
    import hashlib

    return hashlib.sha256(f"account:{name}".encode()).digest()[:8]


def with_metas(instruction: Instruction, metas: Sequence[AccountMeta]) -> Instruction:
    """The instruction on other accounts."""
    return Instruction(instruction.program_id, instruction.data, list(metas))
