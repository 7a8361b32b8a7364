"""Saying it on chain: a challenge with another output, and the word of a third that the lottery lets in."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey

from mai.chain.economy import Economy
from mai.chain.signer import Signer
from mai.chain.spotcheck import SpotChecks, rules
from mai.errors import MaiError, ProgramError
from mai.program import MODULES
from mai.program.prelude import Array, u8, u32, u64
from mai.program.prelude import Pubkey as ProgramKey
from mai.requester.reader import Reader
from mai.verifywork.journal import CHALLENGER, MEANT, SAID, THIRD, Journal

assignment, parameters = MODULES["assignment"], MODULES["parameters"]
CERTAIN = int(assignment.CERTAIN)


class NotNow(MaiError):
    """Something cannot be said now, and perhaps later; the sentence has the reason's name."""


class Votes:
    """One verifier's words."""

    def __init__(self, economy: Economy, owner: Signer, journal: Journal) -> None:
        self.economy, self.owner, self.journal = economy, owner, journal
        self.reader = Reader(economy.cluster, economy.program.address)
        self.checks = SpotChecks(economy)
        self.wallet = owner.pubkey()
        self.stake = economy.stake_address(self.wallet)

    def challenge(self, work: Pubkey, output: bytes) -> Pubkey:
        """Open a check of a work with another output, once; its address.

        Raises:
            NotNow: refused, by name.
            MaiError: another output was meant before.
        """
        check = self.economy.check_address(work, self.stake)
        self.journal.mean(check, work, CHALLENGER, output)
        if not self.economy.exists(check):
            try:
                self.checks.open(self.owner, work, output)
            except ProgramError as error:
                raise NotNow(f"the challenge is refused: {error}") from error
        self.journal.move(check, SAID)
        return check

    def decide(self, check: Pubkey, output: bytes) -> None:
        """Say as a third what the output is, once.

        Raises:
            NotNow: refused, by name.
            MaiError: another output was meant before.
        """
        fields = self.reader.read("Check", check)
        self.journal.mean(check, fields.work, THIRD, output)
        if self.wallet not in fields.thirds:
            try:
                self.checks.decide(self.owner, check, output)
            except ProgramError as error:
                raise NotNow(f"the word is refused: {error}") from error
        self.journal.move(check, SAID)

    def settle_meant(self) -> None:
        """After a crash: what was meant and is on chain was said."""
        for word in self.journal.words(MEANT):
            fields = self.reader.find("Check", word.check)
            if fields is not None and (word.role == CHALLENGER or self.wallet in fields.thirds):
                self.journal.move(word.check, SAID)

    def why_not_third(self, check: Any) -> str | None:
        """Why this verifier has no word in a check, now or ever; None if it has or will have one."""
        if self.wallet in (check.challenger, check.accused):
            return "it is a party"
        if self.wallet in check.thirds:
            return "it has spoken"
        stake = self.reader.find("Stake", self.stake)
        if stake is None or not stake.is_verifier:
            return "it has no verifier stake"
        if stake.verifier_ts >= check.opened_ts:
            return "it became a verifier after the check was opened"
        if self.economy.cluster.unix_time() > check.decide_until_ts:
            return "the time to decide is over"
        return None

    def is_let_in(self, address: Pubkey, check: Any) -> bool:
        """Has the round's lottery let this verifier in? Fixes the round's seed where nobody has."""
        if not check.seeded:
            if self.economy.cluster.slot() <= check.target_slot:
                return False
            try:
                self.checks.draw(self.owner, address)
            except ProgramError as error:
                if error.name not in ("AlreadyDrawn", "SeedTooEarly", "CheckClosed"):
                    raise
            check = self.reader.read("Check", address)
            if not check.seeded:
                return False
        return ticket_of(check.seed, self.stake) < self._allowed(check)

    def _allowed(self, check: Any) -> int:
        governance = self.reader.read("Governance", self.economy.single("governance"))
        config = self.reader.config()
        waited = max(self.economy.cluster.unix_time() - check.seeded_ts, 0)
        target = config.parameters[int(parameters.ELIGIBLE_TARGET)]
        count = governance.verifiers
        return int(
            assignment.chance(assignment.AVERAGE_SCORE, u64(1), u64(count), u32(count), u64(target), u64(waited), False)
        )


def ticket_of(seed: bytes, stake: Pubkey) -> int:
    """A verifier's ticket in a round, in 1/10^9."""
    return int(assignment.ticket(Array([u8(byte) for byte in seed], 32), ProgramKey(bytes(stake))))


def outputs_of(check: Any) -> dict[Pubkey, bytes]:
    """Who said what in a check."""
    said = {check.challenger: bytes(check.challenger_output)}
    answered = check.round + 1 if check.status != rules.CHECK_OPEN else check.round
    outputs = (check.output0, check.output1, check.output2)
    nobody = Pubkey.default()
    for third, output in list(zip(check.thirds, outputs, strict=True))[:answered]:
        if third != nobody:
            said[third] = bytes(output)
    return said
