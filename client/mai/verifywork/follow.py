"""What comes of a word: the offence that a check shows is reported, carried out, and the words that were wrong cost."""

from __future__ import annotations

from typing import Any

from solders.pubkey import Pubkey

from mai.chain.economy import NOBODY
from mai.chain.offences import RUNNING, Offences
from mai.chain.offences import rules as offences
from mai.chain.spotcheck import STATUSES, rules
from mai.errors import ProgramError
from mai.program import MODULES
from mai.verifywork.journal import CLOSED, SAID, Journal, Word
from mai.verifywork.sample import FULL_BPS
from mai.verifywork.vote import Votes, outputs_of

parameters = MODULES["parameters"]


class Consequences:
    """Everything that anyone may do after a check, done for the checks that this verifier spoke in."""

    def __init__(self, votes: Votes, journal: Journal) -> None:
        self.votes, self.journal = votes, journal
        self.economy, self.reader = votes.economy, votes.reader
        self.offences = Offences(votes.economy)

    def look(self, word: Word) -> list[str]:
        """Do what can be done about one word; what was done, in phrases."""
        check = self.reader.read("Check", word.check)
        done: list[str] = []
        now = self.economy.cluster.unix_time()
        if check.status == rules.CHECK_OPEN:
            if now > check.decide_until_ts:
                self._try(lambda: self.votes.checks.void(self.votes.owner, word.check), done, "the check is void")
            check = self.reader.read("Check", word.check)
            if check.status == rules.CHECK_OPEN:
                return done
        decided = check.status != rules.CHECK_VOID
        if decided:
            self._report(word.check, check, done)
        shown = self._shown(word.check, check)
        ended = [self._carry_out(address, fields, now, done) for address, fields in shown]
        check = self.reader.read("Check", word.check)
        earned, lost = self._balance(word.check, check)
        # Somebody was wrong in every check that is decided: until that is an offence, there is something to follow.
        over = all(ended) and (not decided or bool(shown))
        self.journal.move(
            word.check, CLOSED if over else SAID, result=self._said(check, word), earned=earned, lost=lost
        )
        return done

    def _report(self, address: Pubkey, check: Any, done: list[str]) -> None:
        """The worker whom the check found wrong, and everybody else who said something wrong in it."""
        if check.status == rules.CHECK_UPHELD and not check.proved:
            stake = self.economy.stake_address(check.accused)
            if not self.economy.exists(self.economy.offence_address(check.work, stake)):
                self._try(lambda: self.offences.report(self.votes.owner, address), done, f"{check.accused} is reported")
        for wallet, output in outputs_of(check).items():
            stake = self.economy.stake_address(wallet)
            wrong = output != check.result and wallet not in (check.accused, self.votes.wallet)
            if wrong and not self.economy.exists(self.economy.offence_address(address, stake)):
                self._try(
                    lambda accused=wallet: self.offences.report(self.votes.owner, address, accused),
                    done,
                    f"{wallet} is reported",
                )

    def _shown(self, address: Pubkey, check: Any) -> list[tuple[Pubkey, Any]]:
        """The offences that this check shows."""
        places = [self.economy.offence_address(check.work, self.economy.stake_address(check.accused))]
        places += [
            self.economy.offence_address(address, self.economy.stake_address(wallet)) for wallet in outputs_of(check)
        ]
        found = [(place, self.reader.find("Offence", place)) for place in places]
        return [(place, fields) for place, fields in found if fields is not None and fields.evidence == address]

    def _carry_out(self, address: Pubkey, offence: Any, now: int, done: list[str]) -> bool:
        """Execute an offence that is final; whether it has ended."""
        if offence.status in RUNNING:
            if now <= offence.final_ts:
                return False
            return self._try(
                lambda: self.offences.execute(self.votes.owner, address), done, f"{offence.owner} is slashed"
            )
        if offence.status == offences.OFFENCE_OVERTURNED:
            check = self.reader.read("Check", offence.evidence)
            model = self.reader.read("Model", check.model)
            if model.detection_bps == FULL_BPS and not check.proved:
                self._try(
                    lambda: self.votes.checks.correct(self.votes.owner, address), done, "the check is turned around"
                )
                return False  # now there may be others to report
        return True

    def _balance(self, address: Pubkey, check: Any) -> tuple[int, int]:
        """What the offences of a check brought this verifier, and what they took or will take from it."""
        burn = self.reader.config().parameters[int(parameters.BURN_BPS)]
        earned = lost = 0
        for _, offence in self._shown(address, check):
            if offence.owner == self.votes.wallet and offence.status != offences.OFFENCE_OVERTURNED:
                lost += offence.amount
            if offence.status == offences.OFFENCE_EXECUTED:
                earned += share_of(offence, self.votes.wallet, burn)
        return earned, lost

    def _said(self, check: Any, word: Word) -> str:
        state = STATUSES[check.status]
        if check.status not in (rules.CHECK_UPHELD, rules.CHECK_REFUTED):
            return state
        return f"{state}, {'right' if word.output == check.result else 'wrong'}{' by proof' if check.proved else ''}"

    @staticmethod
    def _try(action: Any, done: list[str], phrase: str) -> bool:
        """Do what somebody else may just have done."""
        try:
            action()
        except ProgramError as error:
            done.append(f"{phrase}: not now, {error.name}")
            return False
        done.append(phrase)
        return True


def share_of(offence: Any, wallet: Pubkey, burn_bps: int) -> int:
    """What an executed offence paid to a wallet, in base units, as `execute_offence` divides it."""
    paid = offence.amount - int(offences.part(offence.amount, burn_bps))
    helped = 0 if offence.assistant == NOBODY else paid // int(offences.ASSISTANT_PART)
    return (paid - helped if wallet == offence.reporter else 0) + (helped if wallet == offence.assistant else 0)
