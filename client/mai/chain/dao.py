"""The DAO: proposing typed changes, voting with stake, and carrying out what was approved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from solders.pubkey import Pubkey

from mai.chain.changes import CALIBRATION, COLLECTION, MODEL, PARAMETER, TREASURY, Draft
from mai.chain.cluster import Landed
from mai.chain.economy import Economy
from mai.chain.nft import Nfts
from mai.chain.signer import Signer
from mai.errors import MaiError
from mai.program import MODULES

rules, nfts = MODULES["governance"], MODULES["nfts"]


class Phase(StrEnum):
    """Where a proposal is."""

    VOTING = "voting"
    DENIALS = "denials"
    DELAY = "delay"
    EXECUTABLE = "executable"
    EXECUTED = "executed"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Grade:
    """What a risk asks of a proposal; times in seconds, shares in basis points."""

    voting_s: int
    denial_s: int
    delay_s: int
    quorum_bps: int
    majority_bps: int


@dataclass(frozen=True)
class View:
    """A proposal and where it stands.

    Attributes:
        phase_ends_ts: when the phase ends; None where it is the last one.
        quorum: base units that must take part.
    """

    address: Pubkey
    fields: Any
    phase: Phase
    phase_ends_ts: int | None
    quorum: int
    quorate: bool
    carried: bool


def grade(risk: int) -> Grade:
    """The times and shares of a risk, by the program's own rules."""
    functions = (rules.voting_s, rules.denial_s, rules.delay_s, rules.quorum_bps, rules.majority_bps)
    return Grade(*(int(function(risk)) for function in functions))


def phase_of(fields: Any, now: int) -> tuple[Phase, int | None]:
    """A proposal's phase and when that ends."""
    approved = rules.quorate(fields.risk, fields.approved, fields.denied, fields.staked) and rules.carried(
        fields.risk, fields.approved, fields.denied
    )
    if fields.status == rules.PROPOSAL_EXECUTED:
        return Phase.EXECUTED, None
    if now < fields.voting_ends_ts:
        return Phase.VOTING, fields.voting_ends_ts
    if now < fields.denials_end_ts:
        return Phase.DENIALS, fields.denials_end_ts
    if not approved:
        return Phase.REJECTED, None
    if now < fields.executable_ts:
        return Phase.DELAY, fields.executable_ts
    return (Phase.EXECUTABLE, fields.expires_ts) if now < fields.expires_ts else (Phase.EXPIRED, None)


class Dao:
    """The proposals of the network."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy

    def view(self, address: Pubkey, fields: Any) -> View:
        """Where a proposal stands now."""
        phase, ends = phase_of(fields, self.economy.cluster.unix_time())
        needed = -(-int(rules.quorum_bps(fields.risk)) * fields.staked // 10_000)
        return View(
            address,
            fields,
            phase,
            ends,
            needed,
            rules.quorate(fields.risk, fields.approved, fields.denied, fields.staked),
            rules.carried(fields.risk, fields.approved, fields.denied),
        )

    def get(self, number: int) -> View:
        """Proposal ``number``.

        Raises:
            MaiError: there is none.
        """
        address = self.economy.proposal_address(number)
        fields = self.economy.find("Proposal", address)
        if fields is None:
            count = self.economy.state("governance").proposals
            known = f"they are 0 to {count - 1}" if count else "none was made"
            raise MaiError(f"there is no proposal {number}: {known}")
        return self.view(address, fields)

    def all(self) -> list[View]:
        """Every proposal, the newest first."""
        self.economy.state("governance")  # says so where there is no network yet
        return [self.view(*found) for found in sorted(self.economy.all("Proposal"), key=lambda item: -item[1].id)]

    def votes(self, proposal: Pubkey) -> list[tuple[Pubkey, Any]]:
        """Every vote on a proposal, the heaviest first."""
        return sorted(self.economy.all("Vote", proposal=proposal), key=lambda item: -item[1].weight)

    def propose(self, owner: Signer, draft: Draft, text: bytes) -> tuple[int, Landed]:
        """Propose a change; ``text`` is keccak256 of the reasons (32 bytes). Returns the proposal's number too."""
        number: int = self.economy.state("governance").proposals
        accounts = {
            "owner": owner.pubkey(),
            "stake": self.economy.stake_address(owner.pubkey()),
            "proposal": self.economy.proposal_address(number),
        }
        arguments = {
            "id": number,
            "kind": draft.kind,
            "index": draft.index,
            "target": draft.target,
            "value": draft.value,
            "text": list(text),
        }
        return number, self.economy.send("propose", owner, accounts, arguments)

    def vote(self, owner: Signer, number: int, approves: bool) -> Landed:
        """Cast the owner's one vote, once voting is open to everybody."""
        return self.economy.send("vote", owner, self._ballot(owner, number), {"approves": approves})

    def vote_early(
        self, owner: Signer, number: int, approves: bool, nft: Pubkey, account: Pubkey | None = None
    ) -> Landed:
        """The same before that, with an NFT; shows it first where nobody has."""
        accounts = {
            **self._ballot(owner, number),
            "link": self.economy.link_address(nft),
            "nft_account": account or self.economy.associated_address(owner.pubkey(), nft),
        }
        before = Nfts(self.economy).showing(owner.pubkey(), nft)
        return self.economy.send("vote_early", owner, accounts, {"approves": approves}, before=before)

    def deny(self, owner: Signer, number: int) -> Landed:
        """Turn the owner's approval into a denial."""
        return self.economy.send("deny", owner, self._ballot(owner, number))

    def execute(self, caller: Signer, number: int) -> Landed:
        """Carry out an approved proposal; anyone may."""
        view = self.get(number)
        kind, target = view.fields.kind, view.fields.target
        names: Mapping[int, tuple[str, dict[str, Pubkey]]] = {
            PARAMETER: ("execute_parameter", {}),
            CALIBRATION: ("execute_calibration", {}),
            MODEL: ("execute_model", {"model": target}),
            TREASURY: ("execute_treasury", {"recipient": target}),
            COLLECTION: ("execute_collection", {}),
        }
        name, more = names[kind]
        return self.economy.send(name, caller, {"caller": caller.pubkey(), "proposal": view.address, **more})

    def _ballot(self, owner: Signer, number: int) -> dict[str, Pubkey]:
        stake, proposal = self.economy.stake_address(owner.pubkey()), self.get(number).address
        vote = self.economy.vote_address(proposal, stake)
        return {"owner": owner.pubkey(), "stake": stake, "proposal": proposal, "vote": vote}

    def voting_opens_ts(self, tier: int = 0) -> int:
        """When voting opens to holders of an NFT tier; without one, to everybody."""
        config = self.economy.state("config")
        months = int(nfts.VOTING_MONTHS - nfts.early_months_voting(tier))
        return int(config.genesis_ts) + months * int(config.month_s)
