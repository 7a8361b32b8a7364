"""Creating a network: every step looks at the chain first and sends only what is missing (docs/how-to/genesis.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.token.state import Mint
from spl.token.constants import MINT_LEN, TOKEN_PROGRAM_ID
from spl.token.instructions import AuthorityType, SetAuthorityParams, set_authority

from mai.chain import artifacts
from mai.chain.cluster import Cluster, Landed
from mai.chain.digest import word_arguments
from mai.chain.loader import Deployed, deployed, make_final, program_data_address
from mai.chain.multisig import Multisig, read_multisig
from mai.chain.program import Program
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program.names import NFT_TIERS

PHASE_FROZEN, PHASE_HANDED_OVER, PHASE_OPEN = 1, 2, 3
RATE_FLOOR = 1
"""Its place among the parameters."""
MONTH_S = 30 * 86_400
TIERS = {tier: name for tier, name in NFT_TIERS.items() if tier}
"""Those that have a collection."""
# The shared accounts by the instructions that create them.
OPENINGS = {
    "open_state": ("calibration", "emission"),
    "open_governance": ("governance", "nfts"),
    "open_vault": ("vault",),
    "open_treasury": ("treasury",),
}


@dataclass(frozen=True)
class Terms:
    """What genesis fixes for ever.

    Attributes:
        verifier: the verifier program.
        rate_floor: in 1/100,000 of the launch rates, from the seventh half-year on.
        srs: the id of the SRS that every key must use, 32 bytes.
        month_s: a month of early access for NFT holders, in seconds; 0 opens everything to everybody at once.
    """

    verifier: Pubkey
    chain_id: int
    rate_floor: int
    srs: bytes
    month_s: int = MONTH_S


@dataclass(frozen=True)
class State:
    """What the chain says about a network that is being made.

    Attributes:
        config: the configuration's fields; None before genesis.
        mint: the mint's fields; None where there is no mint yet.
        multisig: the mint's authority, if that is a multisig.
        programs: the policy program and the verifier, by name; None for one that is not deployed.
        missing: the instructions of ``OPENINGS`` that are still to be sent.
        collections: the NFT collections that are named, by tier.
    """

    config: Any | None
    mint: Mint | None
    multisig: Multisig | None
    programs: dict[str, Deployed | None]
    missing: tuple[str, ...]
    collections: dict[int, Pubkey]

    @property
    def phase(self) -> int:
        """0 before genesis, then the program's phase."""
        return 0 if self.config is None else int(self.config.phase)

    @property
    def immutable(self) -> bool:
        """Whether nobody can replace either program any more."""
        return all(found is not None and found.authority is None for found in self.programs.values())

    @property
    def freeze_authority(self) -> Pubkey | None:
        """Who could freeze token accounts."""
        return None if self.mint is None else self.mint.freeze_authority


class Genesis:
    """The making of one network on one cluster."""

    def __init__(self, cluster: Cluster, program: Program | None = None, verifier: Pubkey | None = None) -> None:
        """``verifier`` is the program that a new network will use; an existing one has its own."""
        self.cluster = cluster
        self.program = program or artifacts.program("mai")
        self.verifier = verifier or artifacts.program("verifier").address

    @cached_property
    def addresses(self) -> dict[str, Pubkey]:
        """The accounts of which there is one, by name; ``mint`` is the one that a new network gets."""
        names = ("config", "mint", *(name for created in OPENINGS.values() for name in created))
        return {name: self.program.pda(name.encode())[0] for name in names}

    def state(self, mint: Pubkey | None = None) -> State:
        """Read the chain; before genesis ``mint`` is the one to look at."""
        config = self._fetch("config")
        nfts = self._fetch("nfts")
        verifier = self.verifier if config is None else config.verifier
        found = self._mint(mint or self.addresses["mint"] if config is None else config.mint)
        return State(
            config=config,
            mint=found,
            multisig=read_multisig(self.cluster, found.mint_authority) if found and found.mint_authority else None,
            programs={name: deployed(self.cluster, at) for name, at in self._programs(verifier).items()},
            missing=tuple(name for name, created in OPENINGS.items() if not self._exists(created[0])),
            collections={
                tier: nfts.collections[tier] for tier in TIERS if nfts and nfts.collections[tier] != Pubkey.default()
            },
        )

    # Steps; each returns the transactions that were needed, none if it was done already

    def create(
        self,
        authority: Signer,
        terms: Terms,
        *,
        collections: Mapping[int, Pubkey] | None = None,
        open_mining: bool = False,
    ) -> list[Landed]:
        """Make the network with a new mint, its shared accounts and collections, all in one transaction.

        Raises:
            MaiError: it exists with other terms, or the chain refuses.
        """
        state, mint = self.state(), self.addresses["mint"]
        self._check_terms(state, terms, mint)
        first = [] if state.config else [self._genesis("genesis", authority.pubkey(), mint, terms)]
        rest = self._shared(state, authority.pubkey(), mint, collections or {})
        last = (
            [self._open(authority.pubkey(), mint, terms.verifier)] if open_mining and state.phase < PHASE_OPEN else []
        )
        return self._send([*first, *rest, *last], [authority])

    def adopt(
        self,
        authority: Signer,
        mint: Pubkey,
        multisig: Pubkey,
        terms: Terms,
        *,
        collections: Mapping[int, Pubkey] | None = None,
    ) -> list[Landed]:
        """Make the network with the presale's mint, frozen in the hands of its multisig, and its shared accounts.

        Raises:
            MaiError: it exists with other terms, there is no such mint, or the chain refuses.
        """
        state = self.state(mint)
        self._check_terms(state, terms, mint)
        if state.mint is None:
            raise MaiError(f"{mint} is not a mint of the SPL token program")
        first = [] if state.config else [self._genesis("genesis_adopt", authority.pubkey(), mint, terms, multisig)]
        rest = self._shared(state, authority.pubkey(), mint, collections or {})
        return self._send([*first, *rest], [authority])

    def hand_over(self, caller: Signer, signers: Sequence[Signer] = ()) -> list[Landed]:
        """Give the mint to the program and the freeze authority to nobody, and have the program take note of it.

        One transaction, all or nothing. ``signers`` sign for the present authorities, as far as these are still there.

        Raises:
            MaiError: there is nothing to hand over, a signature is missing, or the chain refuses.
        """
        state = self.state()
        if state.config is None or state.mint is None:
            raise MaiError("there is no network yet: run `mai genesis adopt`")
        if state.phase >= PHASE_HANDED_OVER:
            return []
        given, needed = self._authorities(state, signers)
        noted = self._instruction("hand_over", caller=caller.pubkey(), mint=state.config.mint)
        return self._send([*given, noted], [caller, *needed])

    def open(self, authority: Signer, *, final: bool = False) -> list[Landed]:
        """Open mining; with ``final`` give up the upgrade authority over both programs in the same transaction.

        Raises:
            MaiError: there is no network, ``authority`` cannot give up a program, or the chain refuses.
        """
        state = self.state()
        if state.config is None:
            raise MaiError("there is no network yet: run `mai genesis create` or `mai genesis adopt`")
        if state.phase == PHASE_OPEN:
            return []
        finals = []
        for name, address in self._programs(state.config.verifier).items():
            found = state.programs[name]
            if final and found is not None and found.authority is not None:
                if found.authority != authority.pubkey():
                    raise MaiError(f"{found.authority} must make the program {name} final, not {authority.pubkey()}")
                finals.append(make_final(address, found.authority))
        opening = self._open(authority.pubkey(), state.config.mint, state.config.verifier)
        return self._send([*finals, opening], [authority])

    # Parts

    def _programs(self, verifier: Pubkey) -> dict[str, Pubkey]:
        return {"mai": self.program.address, "verifier": verifier}

    def _exists(self, name: str) -> bool:
        account = self.cluster.account(self.addresses[name])
        return account is not None and account.owner in (self.program.address, TOKEN_PROGRAM_ID)

    def _fetch(self, name: str) -> Any | None:
        return self.program.fetch(self.cluster, self.addresses[name]) if self._exists(name) else None

    def _mint(self, address: Pubkey) -> Mint | None:
        account = self.cluster.account(address)
        if account is None or account.owner != TOKEN_PROGRAM_ID or len(account.data) != MINT_LEN:
            return None
        return Mint.from_bytes(bytes(account.data))

    def _check_terms(self, state: State, terms: Terms, mint: Pubkey) -> None:
        """A resumed genesis must mean the network that is there."""
        if state.config is None:
            return
        present = {
            "mint": state.config.mint,
            "verifier": state.config.verifier,
            "chain id": state.config.chain_id,
            "rate floor": state.config.parameters[RATE_FLOOR],
            "month": state.config.month_s,
            "SRS": bytes(state.config.srs).hex(),
        }
        wanted = (mint, terms.verifier, terms.chain_id, terms.rate_floor, terms.month_s, terms.srs.hex())
        for (name, there), value in zip(present.items(), wanted, strict=True):
            if there != value:
                raise MaiError(f"the network exists already with the {name} {there}, not {value}")

    def _shared(
        self, state: State, payer: Pubkey, mint: Pubkey, collections: Mapping[int, Pubkey]
    ) -> list[Instruction]:
        """What is missing of the shared accounts and the collections."""
        made = []
        for name in state.missing:
            accounts = {created: self.addresses[created] for created in OPENINGS[name]}
            if name in ("open_vault", "open_treasury"):
                accounts["mint"] = mint
            made.append(self._instruction(name, payer=payer, **accounts))
        for tier, collection in collections.items():
            if state.collections.get(tier) != collection:
                arguments = {"tier": tier, "collection": collection}
                made.append(
                    self._instruction("set_collection", arguments, authority=payer, nfts=self.addresses["nfts"])
                )
        return made

    def _genesis(
        self, name: str, authority: Pubkey, mint: Pubkey, terms: Terms, multisig: Pubkey | None = None
    ) -> Instruction:
        arguments = {
            "chain_id": terms.chain_id,
            "month_s": terms.month_s,
            "rate_floor": terms.rate_floor,
            **word_arguments("srs", terms.srs),
        }
        accounts = {
            "authority": authority,
            "mint": mint,
            "verifier_program": terms.verifier,
            "program_account": self.program.address,
            "program_data": program_data_address(self.program.address),
        }
        return self._instruction(name, arguments, **accounts, **({"multisig": multisig} if multisig else {}))

    def _open(self, authority: Pubkey, mint: Pubkey, verifier: Pubkey) -> Instruction:
        return self._instruction(
            "open_mining",
            authority=authority,
            emission=self.addresses["emission"],
            governance=self.addresses["governance"],
            mint=mint,
            mai_program=self.program.address,
            mai_data=program_data_address(self.program.address),
            verifier_program=verifier,
            verifier_data=program_data_address(verifier),
        )

    def _authorities(self, state: State, signers: Sequence[Signer]) -> tuple[list[Instruction], list[Signer]]:
        """What gives the mint away, and who must sign it."""
        config, mint = self.addresses["config"], state.mint
        kinds = {
            AuthorityType.FREEZE_ACCOUNT: (mint.freeze_authority if mint else None, None),
            AuthorityType.MINT_TOKENS: (mint.mint_authority if mint else None, config),
        }
        made, needed = [], []
        for kind, (current, new) in kinds.items():
            if current in (None, new):
                continue
            multisig = read_multisig(self.cluster, current)
            signing = multisig.choose(signers) if multisig else [key for key in signers if key.pubkey() == current]
            if not signing:
                raise MaiError(f"{current} must sign: pass its keypair file with --signer")
            needed += signing
            members = [key.pubkey() for key in signing] if multisig else []
            account = state.config.mint if state.config else config
            made.append(set_authority(SetAuthorityParams(TOKEN_PROGRAM_ID, account, kind, current, members, new)))
        return made, needed

    def _instruction(self, name: str, arguments: Mapping[str, Any] | None = None, /, **accounts: Pubkey) -> Instruction:
        return self.program.instruction(name, {"config": self.addresses["config"], **accounts}, arguments)

    def _send(self, instructions: Sequence[Instruction], signers: Sequence[Signer]) -> list[Landed]:
        return [self.cluster.send(instructions, signers)] if instructions else []
