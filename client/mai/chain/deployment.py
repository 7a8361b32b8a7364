"""Deploying and upgrading a program: what it will cost, the upload that survives a crash, and the check at the end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.system_program import (
    AllocateParams,
    AllocateWithSeedParams,
    AssignParams,
    AssignWithSeedParams,
    TransferParams,
    allocate,
    allocate_with_seed,
    assign,
    assign_with_seed,
    transfer,
)

from mai.chain import loader
from mai.chain.cluster import Cluster
from mai.chain.loader import (
    BUFFER_HEADER_BYTES,
    LEAST_EXTENSION,
    LOADER,
    PROGRAM_BYTES,
    PROGRAM_DATA_HEADER_BYTES,
    Deployed,
    buffer_address,
    buffer_seed,
    deployed,
)
from mai.chain.progress import Progress, silent
from mai.chain.signer import Signer
from mai.chain.upload import CHUNK_BYTES, Body, upload
from mai.errors import MaiError, ProgramError

SIGNATURE_LAMPORTS = 5_000
MAX_CODE_BYTES = 10 * 1024 * 1024 - PROGRAM_DATA_HEADER_BYTES
"""No account is larger than 10 MiB."""
ELF = b"\x7fELF"


@dataclass(frozen=True)
class Plan:
    """What a deployment will do and cost, in lamports.

    Attributes:
        present: the program that is there; None for a new one.
        extension: bytes by which the program's room must grow.
        chunks: transactions that the whole code takes.
        missing: those of them that are still to be sent.
        rent: what stays on chain as long as the program does.
        lent: the buffer's rent, which comes back at the end; of a new program it becomes part of ``rent``.
        fees: signatures' fees, without priority fees.
    """

    program: Pubkey
    code: bytes
    buffer: Pubkey
    present: Deployed | None
    extension: int
    chunks: int
    missing: int
    rent: int
    lent: int
    fees: int

    @property
    def action(self) -> str:
        """``deploy``, ``upgrade`` or ``nothing``."""
        if self.present is None:
            return "deploy"
        return "nothing" if self.present.holds(self.code) else "upgrade"

    @property
    def needed(self) -> int:
        """Lamports that the authority must have at hand."""
        return max(self.rent, self.lent) + self.fees if self.present is None else self.rent + self.lent + self.fees


def read_code(path: Path) -> bytes:
    """A program's shared object.

    Raises:
        MaiError: it is missing, none, or larger than an account can be.
    """
    if not path.is_file():
        raise MaiError(f"the program {path} is missing: run `mai program build`")
    with path.open("rb") as file:
        code = file.read(MAX_CODE_BYTES + 1)
    if not code.startswith(ELF):
        raise MaiError(f"{path} is not a shared object")
    if len(code) > MAX_CODE_BYTES:
        raise MaiError(f"{path} is larger than a program can be ({MAX_CODE_BYTES:,} bytes)")
    return code


class Deployment:
    """One program's code on its way to one cluster, by one authority, which also pays."""

    def __init__(self, cluster: Cluster, authority: Signer, program: Pubkey | Keypair, code: bytes) -> None:
        """``program`` is the address of one that is there, or the keypair of a new one (or of one that is there)."""
        self.cluster = cluster
        self.authority = authority
        self.keypair = program if isinstance(program, Keypair) else None
        self.program = program.pubkey() if isinstance(program, Keypair) else program
        self.code = code
        self.buffer = buffer_address(authority.pubkey(), code)
        self.body = Body(self.buffer, BUFFER_HEADER_BYTES, code)

    def plan(self) -> Plan:
        """Look at the chain and decide.

        Raises:
            MaiError: the program is there and the authority cannot replace it, or it is new and its keypair is missing.
        """
        present = deployed(self.cluster, self.program)
        size, rent = len(self.code), self.cluster.rent
        chunks = -(-size // (CHUNK_BYTES - self.cluster.reserved_bytes))
        if present is not None and present.holds(self.code):
            return Plan(self.program, self.code, self.buffer, present, 0, chunks, 0, 0, 0, 0)
        self._check(present)
        started = self._started()
        lent = 0 if started else rent(BUFFER_HEADER_BYTES + size)
        missing = len(self.body.missing(self.cluster)) if started else chunks
        if present is None:
            extension, kept = 0, rent(PROGRAM_DATA_HEADER_BYTES + size) + rent(PROGRAM_BYTES)
        else:
            room = len(present.code)
            extension = max(size - room, LEAST_EXTENSION) if size > room else 0
            header = PROGRAM_DATA_HEADER_BYTES
            kept = rent(header + room + extension) - rent(header + room)
        signatures = 2 if self.cluster.reserved_bytes else 1
        fees = SIGNATURE_LAMPORTS * signatures * (missing + 2 + (extension > 0)) + SIGNATURE_LAMPORTS * (
            present is None
        )
        return Plan(self.program, self.code, self.buffer, present, extension, chunks, missing, kept, lent, fees)

    def run(self, progress: Progress = silent) -> int:
        """Upload what is missing, check it, and put it in force; the number of transactions.

        Args:
            progress: called with (chunks written, chunks to write).

        Raises:
            MaiError: as :meth:`plan`; the authority has too little; the chain refuses or does not hold the code.
        """
        plan = self.plan()
        if plan.action == "nothing":
            return 0
        held = self.cluster.balance(self.authority.pubkey())
        if held < plan.needed:
            raise MaiError(
                f"the wallet {self.authority.pubkey()} holds {held:,} lamports and this takes {plan.needed:,}, "
                f"of which {plan.lent if plan.present else 0:,} come back"
            )
        sent = self._fill(progress)
        sent += self._extend(plan.extension)
        owner = self.authority.pubkey()
        if plan.present is None:
            assert self.keypair is not None  # the plan has checked it
            start = loader.deploy_buffer(owner, self.program, self.buffer, owner, len(self.code))
            self.cluster.send([*self._program_account(), start], [self.authority, self.keypair])
        else:
            self.cluster.send([loader.upgrade(self.program, self.buffer, owner)], [self.authority])
        found = deployed(self.cluster, self.program)
        if found is None or not found.holds(self.code):
            raise MaiError(f"the program {self.program} does not hold the code that was deployed")
        return sent + 1

    def hand_over(self, new: Pubkey | None) -> bool:
        """Let ``new`` replace the code from now on, or nobody ever; whether anything had to be sent.

        Raises:
            MaiError: there is no program, or the authority cannot give it away.
        """
        present = deployed(self.cluster, self.program)
        if present is None:
            raise MaiError(f"there is no program {self.program}")
        if present.authority == new:
            return False
        self._check(present)
        owner = self.authority.pubkey()
        change = loader.make_final(self.program, owner) if new is None else None
        change = change or loader.set_authority(self.program, owner, new or owner)
        self.cluster.send([change], [self.authority])
        return True

    # Parts

    def _check(self, present: Deployed | None) -> None:
        owner = self.authority.pubkey()
        if present is None:
            if self.cluster.account(loader.program_data_address(self.program)) or self._is_taken():
                raise MaiError(f"{self.program} was a program and was closed, or is something else: take another id")
            if self.keypair is None:
                raise MaiError(f"there is no program {self.program}: a new one needs the keypair of its id")
        elif present.authority != owner:
            keeper = (
                "nobody can replace it" if present.authority is None else f"only {present.authority} can replace it"
            )
            raise MaiError(f"{self.program} is already deployed with other code or rights, and {keeper}, not {owner}")

    def _is_taken(self) -> bool:
        account = self.cluster.account(self.program)
        return account is not None and (account.executable or len(account.data) > 0)

    def _started(self) -> bool:
        """Whether an earlier attempt has made the buffer."""
        account = self.cluster.account(self.buffer)
        if account is None or account.owner != LOADER:
            return False
        if len(account.data) != BUFFER_HEADER_BYTES + len(self.code):
            raise MaiError(f"the buffer {self.buffer} is of another size: close it with `mai program close`")
        return True

    def _fill(self, progress: Progress) -> int:
        owner, sent = self.authority.pubkey(), 0
        if not self._started():
            space = BUFFER_HEADER_BYTES + len(self.code)
            seed = buffer_seed(self.code)
            room = AllocateWithSeedParams(address=self.buffer, base=owner, seed=seed, space=space, owner=LOADER)
            given = AssignWithSeedParams(address=self.buffer, base=owner, seed=seed, owner=LOADER)
            make = [
                *self._funding(self.buffer, space),
                allocate_with_seed(room),
                assign_with_seed(given),
                loader.initialize_buffer(self.buffer, owner),
            ]
            self.cluster.send(make, [self.authority])
            sent = 1

        def write(at: int, data: bytes) -> Instruction:
            return loader.write(self.buffer, owner, at, data)

        return sent + len(upload(self.cluster, self.authority, self.body, write, progress))

    def _funding(self, account: Pubkey, space: int) -> list[Instruction]:
        """What an account lacks to be rent-exempt; anybody can send lamports to an address before it is made."""
        lacking = self.cluster.rent(space) - self.cluster.balance(account)
        pay = TransferParams(from_pubkey=self.authority.pubkey(), to_pubkey=account, lamports=max(lacking, 0))
        return [transfer(pay)] if lacking > 0 else []

    def _program_account(self) -> list[Instruction]:
        return [
            *self._funding(self.program, PROGRAM_BYTES),
            allocate(AllocateParams(pubkey=self.program, space=PROGRAM_BYTES)),
            assign(AssignParams(pubkey=self.program, owner=LOADER)),
        ]

    def _extend(self, size: int) -> int:
        if size == 0:
            return 0
        owner = self.authority.pubkey()
        try:
            self.cluster.send([loader.extend(self.program, owner, size, checked=True)], [self.authority])
        except ProgramError as refused:
            if "InvalidInstructionData" not in f"{refused} {refused.logs}" and "invalid instruction data" not in str(
                refused
            ):
                raise
            self.cluster.send([loader.extend(self.program, owner, size, checked=False)], [self.authority])
        self.cluster.wait_slots(1)  # the loader refuses an upgrade in the very slot of an extension
        return 1


def deploy(cluster: Cluster, program: Keypair, path: Path, authority: Signer, progress: Progress = silent) -> int:
    """Deploy ``path`` as ``program``, or upgrade it; returns the number of transactions. Raises as Deployment."""
    return Deployment(cluster, authority, program, read_code(path)).run(progress)


def close_buffers(cluster: Cluster, authority: Signer, buffers: list[Pubkey]) -> int:
    """Close buffers; the lamports that came back.

    Raises:
        MaiError: one is none of the authority's.
    """
    owned = {item.address: item.lamports for item in loader.buffers_of(cluster, authority.pubkey())}
    if foreign := next((item for item in buffers if item not in owned), None):
        raise MaiError(f"{foreign} is no buffer of {authority.pubkey()}")
    cluster.send_many([[loader.close_buffer(item, authority.pubkey())] for item in buffers], [authority])
    return sum(owned[item] for item in buffers)
