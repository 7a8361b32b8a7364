"""The verifier program's client: keys and proofs go up in chunks, receipts come out (docs/reference/verifier.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mai_zk.keyprogram import KeyProgram, Statement
from solders.instruction import AccountMeta, Instruction
from solders.pubkey import Pubkey

from mai.chain import artifacts, route
from mai.chain.cluster import Cluster, Landed
from mai.chain.program import Program
from mai.chain.progress import Progress, silent
from mai.chain.signer import Signer
from mai.chain.upload import CHUNK_BYTES, Body, upload
from mai.errors import MaiError

GROWTH_BYTES = 10_240
KEY_HEADER_BYTES = 112
PROOF_HEADER_BYTES = 56
SESSION_HEADER_BYTES = 128


@dataclass
class Uploaded:
    """An account that holds a key program or a proof payload, and the transactions that put it there."""

    address: Pubkey
    transactions: list[Landed] = field(default_factory=list)


class Verifier:
    """Calls the verifier program on one cluster, paid by one keypair."""

    def __init__(self, cluster: Cluster, payer: Signer, program: Program | None = None) -> None:
        self.cluster = cluster
        self.payer = payer
        self.program = program or artifacts.program("verifier")

    def key_address(self, key_hash: bytes) -> tuple[Pubkey, int]:
        """Where this payer's copy of the key program with ``key_hash`` lives, and the bump."""
        return self.program.pda(b"key", bytes(self.payer.pubkey()), key_hash)

    def proof_address(self, nonce: int) -> tuple[Pubkey, int]:
        """Where this payer's proof number ``nonce`` lives, and the bump."""
        return self.program.pda(b"proof", bytes(self.payer.pubkey()), nonce.to_bytes(8, "little"))

    def session_address(self, nonce: int) -> tuple[Pubkey, int]:
        """Where this payer's session number ``nonce`` lives, and the bump."""
        return self.program.pda(b"session", bytes(self.payer.pubkey()), nonce.to_bytes(8, "little"))

    def receipt_address(self, context: bytes, claimer: Pubkey, statement: bytes) -> tuple[Pubkey, int]:
        """The receipt that ``claimer`` gets for ``statement`` in ``context``, and the bump."""
        return self.program.pda(b"receipt", context, bytes(claimer), statement)

    def key_cost(self, key: KeyProgram) -> tuple[int, int]:
        """What :meth:`upload_key` still takes: lamports of rent, and writes. A sealed key stays for ever."""
        address, _ = self.key_address(key.hash)
        size = KEY_HEADER_BYTES + len(key.blob)
        account = self.cluster.account(address)
        if account is None:
            chunk = CHUNK_BYTES - self.cluster.reserved_bytes
            return self.cluster.rent(size), -(-len(key.blob) // chunk)
        missing = Body(address, KEY_HEADER_BYTES, key.blob).missing(self.cluster)
        return max(self.cluster.rent(size) - account.lamports, 0), len(missing)

    def upload_key(self, key: KeyProgram, progress: Progress = silent) -> Uploaded:
        """Create, write and seal the key account; goes on where an interrupted upload stopped."""
        address, bump = self.key_address(key.hash)
        uploaded = Uploaded(address)
        account = self.cluster.account(address)
        if account is None:
            create = self._create(
                "create_key", "key", address, {"hash": list(key.hash), "size": len(key.blob), "bump": bump}
            )
            uploaded.transactions.append(self.cluster.send([create], [self.payer]))
        elif self.program.decode(account.data).sealed:
            return uploaded
        self.fill(uploaded, KEY_HEADER_BYTES, key.blob, progress)
        seal = self.program.instruction("seal_key", {"authority": self.payer.pubkey(), "key": address})
        uploaded.transactions.append(self.cluster.send([seal], [self.payer], heap_bytes=256 * 1024))
        return uploaded

    def upload_proof(self, payload: bytes, nonce: int, progress: Progress = silent) -> Uploaded:
        """Create the proof account and write the payload (``KeyProgram.payload``)."""
        address, bump = self.proof_address(nonce)
        uploaded = Uploaded(address)
        if self.cluster.account(address) is None:
            create = self._create(
                "create_proof", "proof", address, {"nonce": nonce, "size": len(payload), "bump": bump}
            )
            uploaded.transactions.append(self.cluster.send([create], [self.payer]))
        self.fill(uploaded, PROOF_HEADER_BYTES, payload, progress)
        return uploaded

    def write(self, address: Pubkey, offset: int, data: bytes) -> Landed:
        """Write ``data`` into an unsealed key's or a proof's body at ``offset``."""
        return self.cluster.send([self._write(address, offset, data)], [self.payer])

    def check(
        self, key: KeyProgram, key_address: Pubkey, proof_address: Pubkey, *, proofs: int = 1, profile: bool = False
    ) -> Landed:
        """Verify a payload of so many proofs and change nothing.

        Raises:
            ProgramError: a proof is refused; its name says why.
        """
        instruction = self.program.instruction(
            "check", {"key": key_address, "proof": proof_address}, {"profile": profile}
        )
        return self.cluster.send([instruction], [self.payer], heap_bytes=key.heap_for(proofs))

    def verify(
        self,
        key: KeyProgram,
        key_address: Pubkey,
        proof_address: Pubkey,
        context: bytes,
        statement: Statement,
        *,
        profile: bool = False,
    ) -> Uploaded:
        """Verify one proof and create this payer's receipt in ``context``."""
        (receipt,), landed = self.verify_batch(key, key_address, proof_address, context, [statement], profile=profile)
        return Uploaded(receipt, [landed])

    def verify_batch(
        self,
        key: KeyProgram,
        key_address: Pubkey,
        proof_address: Pubkey,
        context: bytes,
        statements: Sequence[Statement],
        *,
        session: Pubkey | None = None,
        profile: bool = False,
    ) -> tuple[list[Pubkey], Landed]:
        """Create this payer's receipts in ``context``, one for each proof of a payload (its statements in order).

        The payload is verified by this very transaction, or has been by ``session``.
        """
        found = [self.receipt_address(context, self.payer.pubkey(), item.statement) for item in statements]
        receipts = [address for address, _ in found]
        accounts = {"claimer": self.payer.pubkey(), "key": key_address, "proof": proof_address, "receipt": receipts[0]}
        arguments: dict[str, Any] = {"context": list(context), "bumps": bytes(bump for _, bump in found)}
        if session is None:
            name, heap = "verify", key.heap_for(len(statements))
            arguments["profile"] = profile
        else:
            name, heap = "verify_session", 0
            accounts["session"] = session
        more = [AccountMeta(address, False, True) for address in receipts[1:]]
        instruction = self.program.instruction(name, accounts, arguments, more)
        return receipts, self.cluster.send([instruction], [self.payer], heap_bytes=heap)

    def run_session(
        self,
        key: KeyProgram,
        key_address: Pubkey,
        proof_address: Pubkey,
        nonce: int,
        *,
        proofs: int = 1,
        progress: Progress = silent,
    ) -> Uploaded:
        """Verify a payload over several transactions (`mai.chain.route`); goes on where an interrupted one stopped.

        Raises:
            ProgramError: a proof is refused; its name says why. The session stays where it was.
        """
        address, bump = self.session_address(nonce)
        uploaded = Uploaded(address)
        names = {"authority": self.payer.pubkey(), "key": key_address, "proof": proof_address, "session": address}
        if self.cluster.account(address) is None:
            create = self.program.instruction("create_session", names, {"nonce": nonce, "bump": bump})
            uploaded.transactions.append(self.cluster.send([create], [self.payer]))
        self._grow(uploaded, SESSION_HEADER_BYTES + key.memory_bytes(proofs))
        found = self.program.fetch(self.cluster, address)
        state = route.State(found.stage, found.proof, found.position)
        plan = route.session(key, proofs, state).transactions if found.stage < route.VERIFIED else ()
        for number, steps in enumerate(plan):
            progress(number, len(plan))
            calls = [self.program.instruction("advance", names, {"steps": item}) for item in steps]
            uploaded.transactions.append(self.cluster.send(calls, [self.payer]))
        progress(len(plan), len(plan))
        return uploaded

    def close(self, address: Pubkey) -> Landed:
        """Close a proof, values, an unsealed key or an unconsumed receipt of this payer; its rent returns."""
        return self.cluster.send([self.closing(address)], [self.payer])

    def closing(self, address: Pubkey) -> Instruction:
        """What :meth:`close` sends, to go with other instructions."""
        return self.program.instruction("close", {"authority": self.payer.pubkey(), "account": address})

    def receipt(self, address: Pubkey) -> Any:
        """The receipt's fields."""
        return self.program.fetch(self.cluster, address)

    def _create(self, name: str, kind: str, address: Pubkey, arguments: dict[str, Any]) -> Instruction:
        accounts = {"authority": self.payer.pubkey(), kind: address}
        return self.program.instruction(name, accounts, arguments)

    def _write(self, address: Pubkey, offset: int, data: bytes) -> Instruction:
        accounts = {"authority": self.payer.pubkey(), "account": address}
        return self.program.instruction("write", accounts, {"offset": offset, "data": data})

    def fill(self, uploaded: Uploaded, header: int, body: bytes, progress: Progress) -> None:
        """Grow the account to its size, then write only the chunks that are not there yet."""
        self._grow(uploaded, header + len(body))
        at = uploaded.address
        uploaded.transactions += upload(
            self.cluster, self.payer, Body(at, header, body), lambda place, data: self._write(at, place, data), progress
        )

    def _grow(self, uploaded: Uploaded, full_size: int) -> None:
        """Grow the account to its full size."""
        account = self.cluster.account(uploaded.address)
        if account is None:
            raise MaiError(f"the account {uploaded.address} was not created")
        extend = {"authority": self.payer.pubkey(), "account": uploaded.address}
        for _ in range(len(account.data), full_size, GROWTH_BYTES):
            landed = self.cluster.send([self.program.instruction("extend", extend)], [self.payer])
            uploaded.transactions.append(landed)
