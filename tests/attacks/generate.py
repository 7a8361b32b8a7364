"""Every attack on the accounts of an instruction that its IDL suggests, and what becomes of it.

Signatures are not looked at while attacking: whether an account has signed is a flag of the transaction, which the
runtime passes on either way.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from attacks.calls import CALLS
from attacks.founding_calls import FOUNDING, accounts_of, founding
from attacks.recorder import SYSVAR_OWNER, Recorder, State
from attacks.world import STRANGER_PROGRAM, Accounts, World
from mai.chain.refusal import refusal
from mai.program import ERRORS
from program.chain import MAI, TOKEN_PROGRAM, VERIFIER
from program.network import SINGLES
from solders.account import Account
from solders.compute_budget import set_compute_unit_limit
from solders.instruction import AccountMeta, Instruction
from solders.message import Message
from solders.pubkey import Pubkey
from solders.signature import Signature
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

KINDS = (
    "same type", "other type", "other owner", "look-alike", "empty", "unsigned", "other signer", "read-only", "reused",
    "mixed",
)  # fmt: skip
SIZES = {82: "mint", 165: "token account", 355: "multisig"}
UNITS = 1_400_000
NUMBERS = itertools.count(1)
NOTHING = Account(0, b"", Pubkey.default())
# Whose the refusals are that are not this program's own. A panic without a name, a bad access or a lack of compute is
# no refusal.
ORIGINS = {
    "Anchor's": {
        "AccountDidNotDeserialize", "AccountDiscriminatorMismatch", "AccountNotInitialized", "AccountNotSigner",
        "AccountOwnedByWrongProgram", "AccountSysvarMismatch", "ConstraintMut", "ConstraintSeeds", "InvalidProgramId",
    },
    "The verifier's": {
        "ClaimerMismatch", "ContextMismatch", "DuplicateAccount", "KeyMismatch", "WrongAccountType", "WrongAuthority",
        "WrongOwner",
    },
    "The token program's": {"InsufficientTokens", "InvalidAccountData", "UninitializedAccount"},
    "The runtime's": {"PrivilegeEscalation"},
}  # fmt: skip
NAMES = set(ERRORS).union(*ORIGINS.values())


@dataclass(frozen=True)
class Call:
    """One instruction that passes, and the accounts of others like it."""

    chain: Recorder
    payer: Pubkey
    name: str
    instruction: Instruction
    parameters: tuple[str, ...]
    others: tuple[Accounts, ...]

    @property
    def metas(self) -> dict[str, AccountMeta]:
        return dict(zip(self.parameters, self.instruction.accounts, strict=True))


@dataclass(frozen=True)
class Attack:
    """The call with an account replaced or one of its flags taken away; mixed ones replace two or three."""

    call: Call
    kind: str
    changes: dict[str, AccountMeta]

    @property
    def swaps(self) -> dict[Pubkey, Pubkey]:
        """What stands in whose place."""
        return {self.call.metas[parameter].pubkey: meta.pubkey for parameter, meta in self.changes.items()}

    def __str__(self) -> str:
        chain = self.call.chain
        changed = (f"{name} by {type_of(chain, meta.pubkey)} {meta.pubkey}" for name, meta in self.changes.items())
        return f"{self.call.name}: {self.kind}, {', '.join(changed)}"


@dataclass
class Outcome:
    """A refusal's name, or the accounts that an accepted attack changed as they were left."""

    refused: str | None = None
    changed: State = field(default_factory=dict)


def type_of(chain: Recorder, address: Pubkey) -> str:
    """What an account seems to be."""
    account = chain.account(address)
    if account is None:
        return "nothing"
    if account.executable:
        return "program"
    if account.owner == MAI:
        return chain.kinds.get(bytes(account.data)[:8], "zeroes")
    if account.owner == TOKEN_PROGRAM:
        return SIZES.get(len(account.data), "zeroes")
    if str(account.owner) == SYSVAR_OWNER:
        return "sysvar"
    return "wallet" if address in chain.keys else f"account of {str(account.owner)[:8]}"


@contextmanager
def prepared(name: str, world: World) -> Iterator[list[Call]]:
    """The instruction's call on every side, once what comes before it has happened; afterwards that is taken back."""
    if name in FOUNDING:
        made = founding()
        chain = made.chain
        assert isinstance(chain, Recorder)
        payer = chain.person().pubkey()
        arguments = FOUNDING[name](made)
        instruction = chain.instruction(name, accounts_of(made, name), arguments)
        yield [Call(chain, payer, name, instruction, tuple(chain.parameters(name)), ())]
        return
    chain, payer = world.chain, world.sponsor.pubkey()
    parameters = tuple(chain.parameters(name))
    with chain.undone():
        sides = [CALLS[name](world, side) for side in world.sides]
        known = [{**SINGLES, "verifier_program": VERIFIER, **accounts} for accounts, _ in sides]
        instructions = [
            chain.instruction(name, accounts, arguments)
            for accounts, (_, arguments) in zip(known, sides, strict=True)
        ]
        yield [
            Call(chain, payer, name, instruction, parameters, (*known[:number], *known[number + 1 :]))
            for number, instruction in enumerate(instructions)
        ]


def attacks(call: Call) -> Iterator[Attack]:
    """Each replacement once, under the first heading that it belongs to."""
    for parameter, meta in call.metas.items():
        tried = {(meta.pubkey, meta.is_signer, meta.is_writable)}
        for kind, changed in _changes(call, parameter, meta):
            flags = (changed.pubkey, changed.is_signer, changed.is_writable)
            if flags not in tried:
                tried.add(flags)
                yield Attack(call, kind, {parameter: changed})
    for others in call.others:
        yield from _mixed(call, others)


def _mixed(call: Call, others: Accounts) -> Iterator[Attack]:
    """Two or three accounts at once from another call that passes: they may fit each other."""
    metas = call.metas
    differing = {
        parameter: _in_place(call.chain, meta, others[parameter])
        for parameter, meta in metas.items()
        if others.get(parameter, meta.pubkey) != meta.pubkey
    }
    for count in (2, 3):
        for chosen in itertools.combinations(differing.items(), count):
            yield Attack(call, "mixed", dict(chosen))


def _changes(call: Call, parameter: str, meta: AccountMeta) -> Iterator[tuple[str, AccountMeta]]:
    chain = call.chain
    if meta.is_signer:
        yield "unsigned", AccountMeta(meta.pubkey, False, meta.is_writable)
    if meta.is_writable:
        yield "read-only", AccountMeta(meta.pubkey, meta.is_signer, False)
    for twin in call.metas.values():
        yield "reused", _in_place(chain, meta, twin.pubkey)
    if meta.is_signer:
        for wallet in chain.keys:
            yield "other signer", _in_place(chain, meta, wallet)
        return
    for kind, address in (*_genuine(call, parameter, meta.pubkey), *_forged(chain, meta.pubkey)):
        yield kind, _in_place(chain, meta, address)


def _in_place(chain: Recorder, meta: AccountMeta, address: Pubkey) -> AccountMeta:
    """Another account in the same place; it signs if it can."""
    return AccountMeta(address, meta.is_signer and address in chain.keys, meta.is_writable)


def _genuine(call: Call, parameter: str, address: Pubkey) -> Iterator[tuple[str, Pubkey]]:
    chain = call.chain
    kind, types = type_of(chain, address), set()
    for accounts in call.others:
        if parameter in accounts:
            yield "same type", accounts[parameter]
    for other in list(chain.seen):
        other_type = type_of(chain, other)
        if other_type == kind:
            if kind != "nothing":
                yield "same type", other
        elif other_type not in types:
            types.add(other_type)
            yield "other type", other


def _forged(chain: Recorder, address: Pubkey) -> Iterator[tuple[str, Pubkey]]:
    """Accounts that are not in `seen`, so that no other attack takes them for genuine."""
    account = chain.account(address)
    yield "empty", Pubkey.new_unique()
    if account is None:
        yield "empty", _put(chain, bytes(400), MAI)
        return
    if account.executable:
        return
    data = bytes(account.data)
    yield "other owner", _put(chain, data, STRANGER_PROGRAM)
    yield "look-alike", _put(chain, data, account.owner)
    yield "empty", _put(chain, bytes(len(data)), account.owner)
    yield "empty", _put(chain, data[:12], account.owner)


def _put(chain: Recorder, data: bytes, owner: Pubkey) -> Pubkey:
    address = Pubkey.new_unique()
    chain.svm.set_account(address, Account(10**9, data, owner))
    return address


class Range:
    """Runs a call's attacks: what is refused must change nothing, what is accepted is written down and undone."""

    def __init__(self, call: Call) -> None:
        self.call, self.chain = call, call.chain
        self.chain.svm.with_sigverify(False)
        self._before = self.chain.state()
        # Nothing writes programs and sysvars, and the sponsor pays the fees.
        self._fixed = {address for address in self.chain.seen if address not in self._before} | {call.payer}
        self._fixed = {address for address in self._fixed if self.chain.account(address) is not None}

    def send(self, metas: Sequence[AccountMeta]) -> Outcome:
        chain, before = self.chain, self._before
        instruction = Instruction(MAI, self.call.instruction.data, list(metas))
        message = Message.new_with_blockhash(
            [set_compute_unit_limit(UNITS), instruction], self.call.payer, chain.svm.latest_blockhash()
        )
        # The first signature is a transaction's id.
        required = message.header.num_required_signatures
        ids = [Signature.from_bytes(next(NUMBERS).to_bytes(64, "big")) for _ in range(required)]
        touched = {meta.pubkey: chain.account(meta.pubkey) for meta in metas if meta.pubkey not in self._fixed}
        result = chain.svm.send_transaction(Transaction.populate(message, ids))
        now = {address: chain.account(address) for address in touched}
        if isinstance(result, FailedTransactionMetadata):
            assert now == touched, f"{metas} was refused and yet changed something"
            return Outcome(named(str(result.err()), result.meta().logs()))
        old = {**touched, **before}
        changed = {
            address: account
            for address, account in {**now, **chain.state()}.items()
            if account != old.get(address) and address != self.call.payer
        }
        for address in changed:
            chain.svm.set_account(address, old.get(address) or NOTHING)
        return Outcome(changed={address: account or NOTHING for address, account in changed.items()})

    def control(self) -> Outcome:
        return self.send(self.call.instruction.accounts)

    def run(self, attack: Attack) -> Outcome:
        return self.send(list((self.call.metas | attack.changes).values()))

    def unchanged(self) -> bool:
        """Every known account but the sponsor's is what it was before all attacks."""
        state, payer = self.chain.state(), self.call.payer
        return {**state, payer: None} == {**self._before, payer: None}


def named(error: str, logs: Sequence[str]) -> str:
    """The name of who refused: this program, Anchor, the verifier, the token program, or the runtime."""
    name = refusal(error, logs, {}).name
    if name != "TransactionFailed":
        return str(name)
    for line in reversed(logs):
        if found := re.search(r"Program log: Error: (.+)", line):
            return "".join(word.capitalize() for word in re.findall(r"[A-Za-z]+", found[1]))
    found = re.search(r"([A-Z]\w+)\)*$", error)
    return found[1] if found else name
