"""The policy program's client: genesis, registry, tasks, work and settlement (docs/reference/program.md)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.token.state import Mint, TokenAccount
from spl.token.instructions import create_idempotent_associated_token_account, get_associated_token_address

from mai.chain import artifacts
from mai.chain.cluster import Cluster, Landed
from mai.chain.digest import word_arguments
from mai.chain.genesis import Genesis, Terms
from mai.chain.program import Program
from mai.chain.signer import Signer
from mai.errors import MaiError

U32, U64 = 4, 8
GPU_MODEL_BYTES = 32
SINGLES = ("config", "calibration", "emission", "governance", "nfts", "vault", "treasury")


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
    gpu_model: str = ""
    vram_mb: int = 0
    cores: int = 0
    ram_mb: int = 0

    def arguments(self, client_version: int) -> dict[str, Any]:
        """The arguments of ``register_miner`` and ``update_miner``.

        Raises:
            MaiError: the GPU's name has more than 32 bytes.
        """
        name = self.gpu_model.encode()
        if len(name) > GPU_MODEL_BYTES:
            raise MaiError(f"the GPU's name has {len(name)} bytes: at most {GPU_MODEL_BYTES} are stored")
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {**fields, "gpu_model": list(name.ljust(GPU_MODEL_BYTES, b"\0")), "client_version": client_version}


@dataclass(frozen=True)
class ModelTerms:
    """A circuit that may mint: the key program's hash, the weights' digest, and its limits.

    Attributes:
        key_hash: keccak256 of the key program, 32 bytes.
        params: the verifier's digest of the committed weights, 32 bytes.
        work_units: millions of multiply-accumulates of one segment for one token, at least 1.
        max_active_ms: most milliseconds that one segment may take for one token.
        proof: 0 for a whole proof, 1 for a trace (then ``key_hash`` is the manifest's and ``params`` zeros).
        detection_bps: chance that the proof catches skipped work; 10,000 for a whole proof.
        vram_mb: GPU memory that a device needs.
    """

    key_hash: bytes
    params: bytes
    segments: int
    work_units: int
    max_active_ms: int
    max_tokens: int = 1
    positions: int = 1
    proof: int = 0
    detection_bps: int = 10_000
    vram_mb: int = 0


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
        if not self.exists(self.config):
            return self.program.pda(b"mint")[0]
        mint: Pubkey = self.program.fetch(self.cluster, self.config).mint
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

    def stake_address(self, owner: Pubkey) -> Pubkey:
        """An owner's stake; every miner's owner has one, if only an empty one."""
        return self.program.pda(b"stake", bytes(owner))[0]

    def work_address(self, task: Pubkey, miner: Pubkey) -> Pubkey:
        """A miner's part in a task."""
        return self.program.pda(b"work", bytes(task), bytes(miner))[0]

    def single(self, name: str) -> Pubkey:
        """An account of which there is one: config, calibration, emission, governance, nfts, vault, treasury."""
        return self.program.pda(name.encode())[0]

    def token_address(self, owner: Pubkey) -> Pubkey:
        """The owner's associated token account for MAI."""
        address: Pubkey = get_associated_token_address(owner, self.mint)
        return address

    # Instructions

    def call(
        self, name: str, accounts: Mapping[str, Pubkey], arguments: Mapping[str, Any] | None = None
    ) -> Instruction:
        """One instruction; the accounts of which there is one are filled in."""
        needed = set(self.program.accounts_of(name))
        singles = {single: self.single(single) for single in SINGLES if single in needed}
        return self.program.instruction(name, {**singles, **accounts}, arguments)

    def send(
        self,
        name: str,
        signer: Signer,
        accounts: Mapping[str, Pubkey],
        arguments: Mapping[str, Any] | None = None,
        *,
        before: Sequence[Instruction] = (),
    ) -> Landed:
        """Send one instruction, behind others where it needs them."""
        return self.cluster.send([*before, self.call(name, accounts, arguments)], [signer])

    def open_token_account(self, payer: Pubkey, owner: Pubkey) -> Instruction:
        """Opens the owner's associated token account for MAI; does nothing where it exists."""
        return create_idempotent_associated_token_account(payer, owner, self.mint)

    def opening_stake(self, owner: Pubkey) -> list[Instruction]:
        """Opens the owner's stake where it does not exist."""
        stake = self.stake_address(owner)
        return [] if self.exists(stake) else [self.call("open_stake", {"owner": owner, "stake": stake})]

    # The core flow, each sent and confirmed

    def genesis(
        self,
        authority: Signer,
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

    def open_mining(self, authority: Signer) -> list[Landed]:
        """Open mining: from here on models need a vote of the DAO."""
        return Genesis(self.cluster, self.program).open(authority)

    def register_miner(self, owner: Signer, device: bytes, hardware: Hardware, *, client_version: int) -> Landed:
        """Register one device, and open the owner's token account and stake where they are missing."""
        wallet = owner.pubkey()
        before = [self.open_token_account(wallet, wallet), *self.opening_stake(wallet)]
        accounts = {
            "owner": wallet,
            "stake": self.stake_address(wallet),
            "miner": self.miner_address(wallet, device),
        }
        arguments = {"device": Pubkey(device), **hardware.arguments(client_version)}
        return self.send("register_miner", owner, accounts, arguments, before=before)

    def register_model(self, payer: Signer, terms: ModelTerms) -> Landed:
        """Register what may mint: approved at once if the genesis authority pays, else after a vote of the DAO."""
        limits = {field.name: getattr(terms, field.name) for field in dataclasses.fields(terms)}
        digests = {**word_arguments("key", limits.pop("key_hash")), **word_arguments("params", limits.pop("params"))}
        accounts = {"payer": payer.pubkey(), "model": self.model_address(terms)}
        return self.send("register_model", payer, accounts, {**digests, **limits})

    def post_task(
        self,
        requester: Signer,
        model: Pubkey,
        input_digest: bytes,
        *,
        nonce: int,
        lifetime_s: int,
        position: int = 0,
        task_class: int = 0,
        region: int = 0,
        prompt_tokens: int = 0,
        max_tokens: int = 1,
    ) -> Landed:
        """Ask for ``model`` on the input with ``input_digest``; opens its spent record if nobody has yet.

        Args:
            task_class: 0 routine, 1 standard, 2 critical (three miners, two must agree).
            region: ISO 3166-1 number of where an answer is wanted fast; 0: anywhere.
        """
        chain_id = self.program.fetch(self.cluster, self.config).chain_id
        spent = self.spent_address(chain_id, model, input_digest, position)
        before: list[Instruction] = []
        if not self.exists(spent):
            accounts = {"payer": requester.pubkey(), "model": model, "spent_record": spent}
            arguments = {**word_arguments("input", input_digest), "position": position}
            before.append(self.call("open_spent_record", accounts, arguments))
        accounts = {
            "requester": requester.pubkey(),
            "model": model,
            "spent_record": spent,
            "task": self.task_address(requester.pubkey(), nonce),
        }
        arguments = {
            "nonce": nonce,
            "lifetime_s": lifetime_s,
            "task_class": task_class,
            "region": region,
            "prompt_tokens": prompt_tokens,
            "max_tokens": max_tokens,
        }
        return self.send("post_task", requester, accounts, arguments, before=before)

    def assign_task(self, owner: Signer, device: bytes, task: Pubkey) -> Landed:
        """Take a place in a task. Refused with ``SeedTooEarly`` until its seed block is there, with ``NotDrawn`` while
        the device's ticket has not won."""
        posted = self.program.fetch(self.cluster, task)
        return self.send("assign_task", owner, self._part(owner, device, task, posted))

    def commit_work(
        self, owner: Signer, device: bytes, task: Pubkey, *, output: bytes, tokens: int, active_ms: int
    ) -> Landed:
        """Commit to an output (its digest, 32 bytes) in a place that the device has."""
        arguments = {**word_arguments("output", output), "tokens": tokens, "active_ms": active_ms}
        posted = self.program.fetch(self.cluster, task)
        return self.send("commit_work", owner, self._part(owner, device, task, posted), arguments)

    def settle(self, owner: Signer, device: bytes, task: Pubkey, receipt: Pubkey) -> Landed:
        """Claim the receipt and mint the reward to the owner, all or nothing."""
        config = self.program.fetch(self.cluster, self.config)
        posted = self.program.fetch(self.cluster, task)
        accounts = self._part(owner, device, task, posted)
        miner = self.program.fetch(self.cluster, accounts["miner"])
        accounts |= {
            "mint": config.mint,
            "spent_record": posted.spent_record,
            "token_account": get_associated_token_address(owner.pubkey(), config.mint),
            # Without an NFT any account will do: none is looked at.
            "nft_account": miner.nft_account if miner.nft_tier else self.config,
            "verifier_program": config.verifier,
            "receipt": receipt,
        }
        return self.send("settle", owner, accounts)

    def _part(self, owner: Signer, device: bytes, task: Pubkey, posted: Any) -> dict[str, Pubkey]:
        """The accounts of a device's part in a task, whose fields are ``posted``."""
        miner = self.miner_address(owner.pubkey(), device)
        return {
            "owner": owner.pubkey(),
            "miner": miner,
            "stake": self.stake_address(owner.pubkey()),
            "model": posted.model,
            "task": task,
            "work": self.work_address(task, miner),
        }

    # What the chain says

    def exists(self, address: Pubkey) -> bool:
        """Whether the program has made this account; lamports that anyone can send to an address do not count."""
        account = self.cluster.account(address)
        return account is not None and account.owner == self.program.address

    def balance(self, owner: Pubkey) -> int:
        """The owner's MAI in base units."""
        account = self.cluster.account(self.token_address(owner))
        return 0 if account is None else TokenAccount.from_bytes(account.data).amount

    def supply(self) -> int:
        """All MAI there is, in base units."""
        account = self.cluster.account(self.mint)
        return 0 if account is None else Mint.from_bytes(account.data).supply


def _seeds(digest: bytes) -> list[bytes]:
    """A digest's four words as seeds of eight bytes each."""
    return [digest[start : start + U64] for start in range(0, len(digest), U64)]
