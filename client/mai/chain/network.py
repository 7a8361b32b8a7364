"""The policy program's client: genesis, registry, tasks, work and settlement (docs/reference/program.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount
from spl.token.instructions import create_idempotent_associated_token_account, get_associated_token_address

from mai.chain import artifacts
from mai.chain.cluster import Cluster, Landed
from mai.chain.digest import word_arguments
from mai.chain.genesis import Genesis, Terms
from mai.chain.program import Program

U32, U64 = 4, 8


@dataclass(frozen=True)
class Hardware:
    """What a device declares; it counts only up to the calibration of its class."""

    device_class: int
    gpu_mhs: int = 0
    cpu_mhz: int = 0
    ram_mhz: int = 0
    storage_gb: int = 0
    network_mbps: int = 0
    region: int = 0


@dataclass(frozen=True)
class ModelTerms:
    """A circuit that may mint: the key program's hash, the weights' digest, and its limits.

    Attributes:
        key_hash: keccak256 of the key program, 32 bytes.
        params: the verifier's digest of the committed weights, 32 bytes.
        work_units: millions of multiply-accumulates of one segment for one token, at least 1.
        max_active_ms: most milliseconds that one segment may take for one token.
    """

    key_hash: bytes
    params: bytes
    segments: int
    work_units: int
    max_active_ms: int
    max_tokens: int = 1
    positions: int = 1


class Network:
    """One deployment of the policy program on one cluster."""

    def __init__(self, cluster: Cluster, program: Program | None = None) -> None:
        self.cluster = cluster
        self.program = program or artifacts.program("mai")
        self.config = self.program.pda(b"config")[0]

    # Addresses

    @property
    def mint(self) -> Pubkey:
        """The MAI mint: the configuration's, which may be an adopted one; before genesis, the one it would create."""
        account = self.cluster.account(self.config)
        if account is None or account.owner != self.program.address:  # anyone can send lamports to the address
            return self.program.pda(b"mint")[0]
        mint: Pubkey = self.program.decode(account.data).mint
        return mint

    def miner_address(self, owner: Pubkey, device: bytes) -> Pubkey:
        """One device (32-byte name) of one owner."""
        return self.program.pda(b"miner", bytes(owner), device)[0]

    def model_address(self, terms: ModelTerms) -> Pubkey:
        """A circuit with its weights."""
        return self.program.pda(b"model", *_seeds(terms.key_hash), *_seeds(terms.params))[0]

    def spent_address(self, chain_id: int, model: Pubkey, input_digest: bytes, position: int) -> Pubkey:
        """The record that lets one input be paid once."""
        seeds = (
            chain_id.to_bytes(U32, "little"),
            bytes(model),
            *_seeds(input_digest),
            position.to_bytes(U32, "little"),
        )
        return self.program.pda(b"spent", *seeds)[0]

    def task_address(self, requester: Pubkey, nonce: int) -> Pubkey:
        """A requester's task number ``nonce``."""
        return self.program.pda(b"task", bytes(requester), nonce.to_bytes(U64, "little"))[0]

    def work_address(self, miner: Pubkey, context: bytes) -> Pubkey:
        """A miner's work in one context."""
        return self.program.pda(b"work", bytes(miner), *_seeds(context))[0]

    def token_address(self, owner: Pubkey) -> Pubkey:
        """The owner's associated token account for MAI."""
        address: Pubkey = get_associated_token_address(owner, self.mint)
        return address

    # Instructions, each sent and confirmed

    def genesis(
        self,
        authority: Keypair,
        verifier: Pubkey,
        *,
        chain_id: int,
        rate_floor: int,
        srs: bytes,
        month_s: int = 0,
        open_mining: bool = False,
    ) -> list[Landed]:
        """Create the network, its mint and its shared accounts, and open mining if asked to: one transaction.

        Args:
            rate_floor: in 1/100,000 of the launch rates.
            srs: the id of the SRS, 32 bytes.
            month_s: a month of early access for NFT holders, in seconds.
        """
        terms = Terms(verifier, chain_id, rate_floor, srs, month_s)
        return Genesis(self.cluster, self.program, verifier).create(authority, terms, open_mining=open_mining)

    def open_mining(self, authority: Keypair) -> list[Landed]:
        """Open mining: from here on models need a vote of the DAO."""
        return Genesis(self.cluster, self.program).open(authority)

    def register_miner(self, owner: Keypair, device: bytes, hardware: Hardware, *, client_version: int) -> Landed:
        """Register one device and open the owner's token account."""
        account = create_idempotent_associated_token_account(owner.pubkey(), owner.pubkey(), self.mint)
        return self._send(
            "register_miner",
            {"owner": owner.pubkey(), "miner": self.miner_address(owner.pubkey(), device)},
            {
                "device": Pubkey(device),
                "device_class": hardware.device_class,
                "region": hardware.region,
                "client_version": client_version,
                "gpu_mhs": hardware.gpu_mhs,
                "cpu_mhz": hardware.cpu_mhz,
                "ram_mhz": hardware.ram_mhz,
                "storage_gb": hardware.storage_gb,
                "network_mbps": hardware.network_mbps,
            },
            [owner],
            before=[account],
        )

    def register_model(self, authority: Keypair, terms: ModelTerms) -> Landed:
        """Approve a circuit for minting."""
        return self._send(
            "register_model",
            {"authority": authority.pubkey(), "config": self.config, "model": self.model_address(terms)},
            {
                **word_arguments("key", terms.key_hash),
                **word_arguments("params", terms.params),
                "segments": terms.segments,
                "work_units": terms.work_units,
                "max_active_ms": terms.max_active_ms,
                "max_tokens": terms.max_tokens,
                "positions": terms.positions,
            },
            [authority],
        )

    def post_task(
        self, requester: Keypair, model: Pubkey, input_digest: bytes, *, nonce: int, lifetime_s: int, position: int = 0
    ) -> Landed:
        """Ask for ``model`` on the input with ``input_digest``; opens its spent record if nobody has yet."""
        chain_id = self.program.fetch(self.cluster, self.config).chain_id
        spent = self.spent_address(chain_id, model, input_digest, position)
        before: list[Instruction] = []
        if self.cluster.account(spent) is None:
            accounts = {"payer": requester.pubkey(), "config": self.config, "model": model, "spent_record": spent}
            arguments = {**word_arguments("input", input_digest), "position": position}
            before.append(self.program.instruction("open_spent_record", accounts, arguments))
        return self._send(
            "post_task",
            {
                "requester": requester.pubkey(),
                "model": model,
                "spent_record": spent,
                "task": self.task_address(requester.pubkey(), nonce),
            },
            {"nonce": nonce, "lifetime_s": lifetime_s},
            [requester],
            before=before,
        )

    def commit_work(
        self,
        owner: Keypair,
        device: bytes,
        task: Pubkey,
        *,
        context: bytes,
        output: bytes,
        tokens: int,
        active_ms: int,
    ) -> Landed:
        """Commit to an output (its digest, 32 bytes) in a work context; the first plausible commit takes the task."""
        miner = self.miner_address(owner.pubkey(), device)
        return self._send(
            "commit_work",
            {
                "owner": owner.pubkey(),
                "miner": miner,
                "model": self.program.fetch(self.cluster, task).model,
                "task": task,
                "work": self.work_address(miner, context),
            },
            {
                **word_arguments("context", context),
                **word_arguments("output", output),
                "tokens": tokens,
                "active_ms": active_ms,
            },
            [owner],
        )

    def settle(self, owner: Keypair, device: bytes, task: Pubkey, work: Pubkey, receipt: Pubkey) -> Landed:
        """Claim the receipt and mint the reward to the owner, all or nothing."""
        config = self.program.fetch(self.cluster, self.config)
        posted = self.program.fetch(self.cluster, task)
        token_account: Pubkey = get_associated_token_address(owner.pubkey(), config.mint)
        return self._send(
            "settle",
            {
                "owner": owner.pubkey(),
                "config": self.config,
                "mint": config.mint,
                "miner": self.miner_address(owner.pubkey(), device),
                "model": posted.model,
                "task": task,
                "work": work,
                "spent_record": posted.spent_record,
                "token_account": token_account,
                "verifier_program": config.verifier,
                "receipt": receipt,
            },
            {},
            [owner],
        )

    # What the chain says

    def balance(self, owner: Pubkey) -> int:
        """The owner's MAI in base units."""
        account = self.cluster.account(self.token_address(owner))
        return 0 if account is None else TokenAccount.from_bytes(account.data).amount

    def supply(self) -> int:
        """All MAI there is, in base units."""
        account = self.cluster.account(self.mint)
        return 0 if account is None else Mint.from_bytes(account.data).supply

    def _send(
        self,
        name: str,
        accounts: dict[str, Pubkey],
        arguments: dict[str, Any],
        signers: list[Keypair],
        *,
        before: Sequence[Instruction] = (),
    ) -> Landed:
        return self.cluster.send([*before, self.program.instruction(name, accounts, arguments)], signers)


def _seeds(digest: bytes) -> list[bytes]:
    """A digest's four words as seeds of eight bytes each."""
    return [digest[start : start + U64] for start in range(0, len(digest), U64)]
