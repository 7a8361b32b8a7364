"""Runs the program's own instructions, in its own Python, on the accounts as the history has made them so far.

Every rule is thereby in one place: the program's source. What an instruction reads of accounts that are not the
program's comes from the transaction (token accounts before it) or from the source (blocks); where the chain does not
keep that, the machine takes the event's word and says so in ``Outcome.trusted``.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from solders.pubkey import Pubkey as Address

from mai.audit.codec import Codec
from mai.audit.outside import Empty, HashUnknown, Mint, Outside, ProgramHandle, Tokens, Unchecked
from mai.audit.store import Store
from mai.audit.words import Account, Event, Keyed, Signer, digest, words
from mai.chain.events import Told
from mai.chain.history import Holding, Invocation, Transaction
from mai.chain.layout import Call, Interface, Layout
from mai.errors import MaiError
from mai.program import SOURCE, prelude
from mai.program.loader import load
from mai.program.prelude import CheckedInt, Pubkey, i64, u8, u64


@dataclass
class Outcome:
    """What an instruction must have done, by the program's rules.

    Attributes:
        refusal: the name by which the rules refuse it; None if they take it.
        events: what it must have told, in order: names, and fields as the IDL decodes them.
        arguments, accounts: what it was called with, by name.
        claims: what it consumed of the verifier's: (receipt or trace, call data).
        before, after: the program's accounts that it wrote, by address: their bytes (None: it made them).
        trusted: what had to be taken from the event's word, in a phrase each.
    """

    name: str
    arguments: dict[str, Any]
    accounts: dict[str, Address]
    refusal: str | None = None
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    claims: list[tuple[Address, bytes]] = field(default_factory=list)
    before: dict[bytes, bytes | None] = field(default_factory=dict)
    after: dict[bytes, bytes] = field(default_factory=dict)
    trusted: set[str] = field(default_factory=set)


class Gap(Exception):
    """The history lacks what an instruction reads."""


class Machine:
    """The program under audit.

    Attributes:
        store: its accounts so far.
        outside: everything that is not the program's: the mint's supply, blocks, the event's word.
    """

    def __init__(self, program: Address, interface: Interface, outside: Outside, folder: Path = SOURCE) -> None:
        self.program, self.interface, self.outside = program, interface, outside
        self.store = Store()
        self.modules = load(folder, "mai.audit.program", words=words(), machine=outside.native())
        outside.settle_into(self.modules)
        classes = _account_classes(self.modules)
        self.codecs = {name: Codec(classes[name], layout) for name, layout in interface.kinds.items()}
        self.by_mark = {codec.layout.mark: codec for codec in self.codecs.values()}
        self._by_class = {codec.cls: codec for codec in self.codecs.values()}
        self._plans = {name: self._plan(name) for name in interface.call_kinds}
        self._read_only: dict[Pubkey, tuple[bytes, Account]] = {}

    # What is there

    def fields(self, kind: str, address: Address | bytes) -> Any:
        """An account as the history has made it so far; None where there is none of this kind."""
        key = Pubkey(bytes(address))
        data = self.store.get(key)
        codec = self.codecs[kind]
        return codec.load(key, data) if data is not None and data[:8] == codec.layout.mark else None

    # Running

    def run(self, call: Invocation, transaction: Transaction, told: Sequence[Told]) -> Outcome | None:
        """Run one instruction of the program; None if the IDL has none of this discriminator.

        Token accounts are taken as they were before the transaction. Another instruction of it may have changed them
        first; so where that does not give what was told, they are taken as they were after it.
        """
        kind = self.interface.calls.get(call.data[:8])
        if kind is None:
            return None
        outcome = self._run(kind, call, transaction, told, transaction.before)
        if self.fits(outcome, told) or not _changed(call, transaction):
            return outcome
        self._undo(outcome)
        later = self._run(kind, call, transaction, told, transaction.after)
        if self.fits(later, told):
            return later
        self._undo(later)
        return self._run(kind, call, transaction, told, transaction.before)

    @staticmethod
    def fits(outcome: Outcome, told: Sequence[Told]) -> bool:
        """Whether an instruction is taken and told what the rules give."""
        return outcome.refusal is None and outcome.events == [(item.name, item.data) for item in told]

    def _undo(self, outcome: Outcome) -> None:
        if outcome.refusal is None:
            for key, before in outcome.before.items():
                self.store.put(key, before) if before is not None else self.store.drop(key)
            self.outside.undo()

    def _run(
        self,
        kind: Call,
        call: Invocation,
        transaction: Transaction,
        told: Sequence[Told],
        tokens: Mapping[Address, Holding],
    ) -> Outcome:
        try:
            arguments = kind.arguments.decode(call.data, exact=False)
        except MaiError:
            return Outcome(kind.name, {}, {}, "InstructionMalformed")
        names = [name for name, _ in kind.accounts]
        outcome = Outcome(kind.name, arguments, dict(zip(names, call.accounts, strict=False)))
        if len(call.accounts) < len(names):
            outcome.refusal = "AccountsMissing"
            return outcome
        writable = {name for name, written in kind.accounts if written}
        frame = Frame(self, transaction, outcome, writable, tokens)
        sink: list[Event] = []
        Event.sink = sink
        self.outside.enter(transaction, outcome, {item.name: item.data for item in told})
        try:
            self._call(kind.name, frame)
        except AssertionError as refused:
            outcome.refusal = str(refused).partition(":")[0] or "AssertionFailed"
        except OverflowError:
            outcome.refusal = "ArithmeticOverflow"
        except Gap as gap:
            outcome.refusal = str(gap)
        except HashUnknown:
            outcome.refusal = "BlocksUnknown"
        if outcome.refusal is None:
            frame.commit()
            outcome.events = [self._plain(event) for event in sink]
        else:
            self.outside.undo()
        return outcome

    def _plain(self, event: Event) -> tuple[str, dict[str, Any]]:
        """An event of the program as the IDL decodes one: addresses and integers of Python, by the IDL's names."""
        name = type(event).__name__
        return name, plain(self.interface.event_kinds[name], vars(event))

    def _call(self, name: str, frame: Frame) -> None:
        function, parameters = self._plans[name]
        values = [make(frame) for make in parameters]
        function(*values)

    # Parameters of instructions

    def _plan(self, name: str) -> tuple[Any, list[Any]]:
        """The instruction's function, and what makes each of its parameters from a frame."""
        function = next(
            (
                getattr(module, name)
                for path, module in self.modules.items()
                if path.startswith("instructions.")
                and getattr(getattr(module, name, None), "__module__", "") == module.__name__
            ),
            None,
        )
        if function is None:
            raise MaiError(f"the program's source has no instruction {name}: the interface is another program's")
        layout = self.interface.call_kinds[name].arguments
        scalars = iter(layout.fields)
        accounts = {account for account, _ in self.interface.call_kinds[name].accounts}
        plan = []
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in accounts or parameter.annotation is prelude.Clock:
                plan.append(self._account_maker(parameter.name, parameter.annotation))
            else:
                plan.append(_argument_maker(next(scalars).name, parameter.annotation))
        return function, plan

    def _account_maker(self, name: str, annotation: Any) -> Any:
        if annotation is prelude.Clock:
            return lambda frame: frame.clock
        if isinstance(annotation, types.GenericAlias):
            inner = annotation.__args__[0]
            return functools.partial(Frame.empty, name=name, cls=inner)
        if annotation in self._by_class:
            return functools.partial(Frame.account, name=name, codec=self._by_class[annotation])
        kinds = {
            prelude.Signer: Frame.signer,
            prelude.TokenMint: Frame.mint,
            prelude.TokenAccount: Frame.tokens,
            prelude.UncheckedAccount: Frame.unchecked,
            prelude.Program: Frame.handle,
        }
        return functools.partial(kinds[annotation], name=name)

    def codec_of(self, cls: Any) -> Codec | None:
        """The codec of an account class; None for tokens and mints."""
        return self._by_class.get(cls)

    def remembered(self, key: Pubkey, data: bytes, codec: Codec) -> Account:
        """An account that an instruction only reads: decoded once for as long as its bytes are the same."""
        known = self._read_only.get(key)
        if known is None or known[0] is not data:
            if len(self._read_only) > 4_096:
                self._read_only.clear()
            known = self._read_only[key] = (data, codec.load(key, data))
        return known[1]


class Clock:
    """The chain's clock in a transaction's slot."""

    def __init__(self, transaction: Transaction) -> None:
        self._time, self._slot = i64(transaction.time), u64(transaction.slot)

    def unix_timestamp(self) -> i64:
        return self._time

    def slot(self) -> u64:
        return self._slot


class Frame:
    """One run of one instruction: the accounts that it was given, until they are written back."""

    def __init__(
        self,
        machine: Machine,
        transaction: Transaction,
        outcome: Outcome,
        writable: set[str],
        tokens: Mapping[Address, Holding],
    ) -> None:
        self.machine, self.transaction, self.outcome, self.writable = machine, transaction, outcome, writable
        self.token_accounts = tokens
        self.clock = Clock(transaction)
        self._open: dict[Pubkey, tuple[Codec, Account, bytes | None]] = {}
        self._bumps: dict[Pubkey, u8] = {}

    def _key(self, name: str) -> Pubkey:
        return Pubkey(bytes(self.outcome.accounts[name]))

    def account(self, name: str, codec: Codec) -> Account:
        """An account of the program."""
        key = self._key(name)
        if key in self._open:
            return self._open[key][1]
        data = self.machine.store.get(key)
        if data is None or data[:8] != codec.layout.mark:
            raise Gap(f"{codec.layout.name}Unknown")
        if name not in self.writable:
            return self.machine.remembered(key, data, codec)
        made = codec.load(key, data)
        self._open[key] = (codec, made, data)
        return made

    def create(self, name: str, codec: Codec, bump: u8) -> Account:
        """A new account at its address, whose bump this is."""
        key = self._key(name)
        if self.machine.store.get(key) is not None:
            raise Gap("AccountInUse")
        made = codec.new(key)
        self._open[key] = (codec, made, None)
        self._bumps[key] = bump
        return made

    def empty(self, name: str, cls: Any) -> Empty:
        return Empty(self, name, self._key(name), cls)

    def signer(self, name: str) -> Keyed:
        return Signer(self._key(name))

    def mint(self, name: str) -> Mint:
        return Mint(self._key(name), self)

    def tokens(self, name: str) -> Tokens:
        return Tokens(self._key(name), self)

    def unchecked(self, name: str) -> Unchecked:
        return Unchecked(self._key(name), self)

    def handle(self, name: str) -> ProgramHandle:
        return ProgramHandle(self._key(name), self)

    def commit(self) -> None:
        """Write everything back."""
        for key, (codec, account, before) in self._open.items():
            if key in self._bumps:
                account.__dict__["bump"] = self._bumps[key]
            after = codec.dump(account)
            self.outcome.before[key], self.outcome.after[key] = before, after
            if after != before:
                self.machine.store.put(key, after)


def _argument_maker(name: str, annotation: Any) -> Any:
    if inspect.isclass(annotation) and issubclass(annotation, CheckedInt):
        return lambda frame: annotation(frame.outcome.arguments[name])
    if inspect.isclass(annotation) and issubclass(annotation, Pubkey):
        return lambda frame: Pubkey(bytes(frame.outcome.arguments[name]))
    if annotation is bool:
        return lambda frame: bool(frame.outcome.arguments[name])
    return lambda frame: digest(frame.outcome.arguments[name])


def _account_classes(modules: Mapping[str, ModuleType]) -> dict[str, type[Account]]:
    return {
        name: value
        for module in modules.values()
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Account) and value is not Account
    }


def _changed(call: Invocation, transaction: Transaction) -> bool:
    """Whether the transaction changed a token account that this call names."""
    return any(transaction.before.get(key) != transaction.after.get(key) for key in call.accounts)


def plain(layout: Layout, fields: Mapping[str, Any]) -> dict[str, Any]:
    """An event of the program as the IDL decodes one: addresses and integers of Python, by the IDL's names."""
    found: dict[str, Any] = {}
    for entry, value in zip(layout.fields, fields.values(), strict=True):
        if entry.kind == "publicKey" and entry.count is None:
            found[entry.name] = Address(bytes(value))
        elif entry.count is not None and entry.kind == "u8":
            found[entry.name] = bytes(value)
        else:
            found[entry.name] = bool(value) if entry.kind == "bool" else int(value)
    return found
