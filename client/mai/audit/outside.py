"""What the program reads that is not its own: tokens, mints, other accounts, blocks; and whose word that is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from solders.pubkey import Pubkey as Address
from spl.token.constants import ACCOUNT_LEN, TOKEN_PROGRAM_ID

from mai.audit.source import Block, Source
from mai.audit.words import ZERO, Keyed, address_of, digest, seed_bytes
from mai.chain.history import Holding, Transaction
from mai.errors import MaiError
from mai.program import assignment, native, prelude
from mai.program.prelude import Array, Pubkey, u8, u64

if TYPE_CHECKING:
    from mai.audit.machine import Frame, Outcome

KNOWN_BLOCKS = 512
CERTAIN = int(assignment.CERTAIN)
EVICTED = u64(2**64 - 1)
BLOCKS_UNKNOWN = "the blocks of a draw are no longer served"
METADATA_TRUSTED = "the collection in an NFT's metadata is taken from the event"
LOADER_TRUSTED = "who could change the programs then is taken from the event"
SUPPLY_TRUSTED = "the presale's supply is taken from the event"


class HashUnknown(Exception):
    """A block that decides a draw is not known any more."""


class Empty:
    """An account that an instruction creates."""

    def __init__(self, frame: Frame, name: str, key: Pubkey, cls: Any) -> None:
        self._frame, self._name, self._key, self._cls = frame, name, key, cls

    def bump(self) -> u8:
        """A placeholder: it is asked for before the seeds are. The account gets the true one when it is written."""
        return u8(0)

    def init(self, payer: Any, seeds: list[Any], **more: Any) -> Any:
        """The new account, which must be at the address of its seeds."""
        program = bytes(self._frame.machine.program)
        address, bump = address_of(program, tuple(map(seed_bytes, seeds)))
        assert address == self._key, "ConstraintSeeds: the account is not at the address of its seeds"
        codec = self._frame.machine.codec_of(self._cls)
        if codec is None:
            return Mint(self._key, self._frame) if self._cls is prelude.TokenMint else Tokens(self._key, self._frame)
        return self._frame.create(self._name, codec, bump)


class Mint(Keyed):
    """A token's mint. Of MAI's the machine counts the supply; its authorities are a check's matter."""

    def __init__(self, key: Pubkey, frame: Frame) -> None:
        super().__init__(key)
        self._frame, self._outside = frame, frame.machine.outside

    def decimals(self) -> u8:
        return u8(0 if self._nft else 9)

    def supply(self) -> u64:
        return u64(1 if self._nft else self._outside.supply)

    def authority(self) -> Pubkey:
        accounts = self._frame.outcome.accounts
        return Pubkey(bytes(accounts["multisig" if "multisig" in accounts else "config"]))

    def freeze_authority(self) -> Pubkey:
        return ZERO

    @property
    def _nft(self) -> bool:
        return "metadata" in self._frame.outcome.accounts

    def mint(self, authority: Any, to: Any, amount: u64, signer: Any = None) -> None:
        self._outside.supply += int(amount)

    def burn(self, authority: Any, holder: Any, amount: u64, signer: Any = None) -> None:
        self._outside.supply -= int(amount)


class Tokens(Keyed):
    """A token account as it was before the transaction, or, if the transaction made it, after."""

    def __init__(self, key: Pubkey, frame: Frame) -> None:
        super().__init__(key)
        made = frame.transaction.after.get(Address(key))
        self._holding: Holding | None = frame.token_accounts.get(Address(key), made)

    def _found(self) -> Holding:
        assert self._holding is not None, "TokenAccountUnknown: the transaction says nothing of this token account"
        return self._holding

    def mint(self) -> Pubkey:
        return Pubkey(bytes(self._found().mint))

    def authority(self) -> Pubkey:
        return Pubkey(bytes(self._found().owner))

    def amount(self) -> u64:
        return u64(self._found().amount)

    def transfer(self, authority: Any, to: Any, amount: u64, signer: Any = None) -> None:
        """The token program has moved it, else the transaction had failed."""


class Unchecked(Keyed):
    """Any account: of a token account what the transaction says, of others nothing."""

    def __init__(self, key: Pubkey, frame: Frame) -> None:
        super().__init__(key)
        self.holding = frame.token_accounts.get(Address(key))

    def data(self) -> bytes:
        """A token account's first 72 bytes as SPL Token keeps them."""
        if self.holding is None:
            return b""
        return bytes(self.holding.mint) + bytes(self.holding.owner) + self.holding.amount.to_bytes(8, "little")


class ProgramHandle(Keyed):
    """A program to call: what it is asked is kept for the checks."""

    def __init__(self, key: Pubkey, frame: Frame) -> None:
        super().__init__(key)
        self._frame = frame

    def invoke(self, accounts: list[Any], data: list[u8]) -> None:
        receipt = accounts[-1].account
        self._frame.outcome.claims.append((Address(bytes(receipt.key())), bytes(data)))


class Outside:
    """The rest of the chain while the program runs.

    Attributes:
        supply: of MAI, in base units, as the history has it so far.
    """

    def __init__(self, source: Source, kept: Callable[[Address], dict[str, Any] | None] = lambda address: None) -> None:
        """``kept`` gives one of the program's accounts as the chain has it now, for draws whose blocks are gone."""
        self.source, self._kept = source, kept
        self.supply = 0
        self._before = 0

    def enter(self, transaction: Transaction, outcome: Outcome, told: Mapping[str, Mapping[str, Any]]) -> None:
        """An instruction begins."""
        self.transaction, self.outcome, self.told = transaction, outcome, told
        self._before = self.supply

    def undo(self) -> None:
        """It was refused."""
        self.supply = self._before

    # Blocks

    def first_block(self, slot_hashes: Any, target: u64) -> u64:
        """As on chain: the first block at or after a slot, of the 512 that the sysvar has; see native.py."""
        last = self.transaction.slot - 1
        if last - int(target) >= KNOWN_BLOCKS and self._evicted(int(target), last):
            return EVICTED
        found = self._blocks(int(target), min(last, int(target) + KNOWN_BLOCKS))
        if not found and last > int(target) + KNOWN_BLOCKS:
            found = self._blocks(int(target), last)
        return u64(found[0].slot if found else 0)

    def _evicted(self, target: int, last: int) -> bool:
        """Whether the oldest of the 512 blocks before a slot is after the target."""
        found = self._blocks(max(target, last - 4 * KNOWN_BLOCKS), last)
        if len(found) < KNOWN_BLOCKS:
            found = self._blocks(target, last)
        return len(found) >= KNOWN_BLOCKS and found[-KNOWN_BLOCKS].slot > target

    def _blocks(self, first: int, last: int) -> list[Block]:
        found = self.source.blocks(first, last)
        if found is None:
            raise HashUnknown
        return found

    def block_hash(self, slot_hashes: Any, slot: u64) -> Array:
        """The hash of a block."""
        blocks = self.source.blocks(int(slot), int(slot))
        if not blocks or blocks[0].hash is None:
            raise HashUnknown
        return digest(blocks[0].hash)

    # What stands for `native` and for what only the moment could say

    def native(self) -> ModuleType:
        """The module that stands for the program's ``native``."""
        made = ModuleType("mai.audit.outside.native", "Native functions of a program that is audited.")
        made.__dict__.update({name: value for name, value in vars(native).items() if not name.startswith("__")})
        made.__dict__.update(
            first_block=self.first_block,
            block_hash=self.block_hash,
            owner_of=lambda account: Pubkey(bytes(TOKEN_PROGRAM_ID)) if account.holding else ZERO,
            size_of=lambda account: u64(ACCOUNT_LEN if account.holding else 0),
            key_at=lambda account, at: Pubkey(account.data()[int(at) : int(at) + 32]),
            u64_at=lambda account, at: u64(int.from_bytes(account.data()[int(at) : int(at) + 8], "little")),
        )
        return made

    def settle_into(self, modules: Mapping[str, ModuleType]) -> None:
        """Put the event's word where the program read what no history keeps."""
        for name, instead in (  # where the program no longer has one of these, the audit must not go on silently
            ("draw_seed", self._draw_seed),
            ("ticket", self._ticket),
            ("work_context", self._work_context),
            ("prompt", self._prompt),
            ("tokens_root", self._tokens_root),
            ("verified_collection", self._collection),
            ("check_unique", lambda mint: None),
            ("check_creator", lambda signer, program, data, nobody: self.trust(LOADER_TRUSTED)),
            ("check_multisig", lambda multisig: None),
            ("upgrade_authority", self._upgrade_authority),
            ("configure", self._configure),
        ):
            places = [module for module in modules.values() if hasattr(module, name)]
            if not places:
                raise MaiError(f"the program's source has no {name}: this audit is for another version of it")
            for module in places:
                original = getattr(module, name)
                setattr(module, name, _bound(instead, original) if name in _WITH_ORIGINAL else instead)
        for path in ("instructions.tasks", "instructions.checks"):
            module = modules[path]
            setattr(module, "first_block", self._first_block_or_word)  # noqa: B010

    def trust(self, what: str) -> None:
        """Note that something is the event's word."""
        self.outcome.trusted.add(what)

    def _told(self, event: str, name: str) -> Any:
        return self.told.get(event, {}).get(name)

    def _first_block_or_word(self, slot_hashes: Any, target: u64) -> u64:
        try:
            return self.first_block(slot_hashes, target)
        except HashUnknown:
            self.trust(BLOCKS_UNKNOWN)
            drawn = self._told("CheckDrawn", "seeded")
            return target if drawn else EVICTED

    def _draw_seed(
        self, original: Any, slot_hashes: Any, target: u64, blocks: u64, subject: Pubkey, round: Any
    ) -> Array:
        try:
            found: Array = original(slot_hashes, target, blocks, subject, round)
        except HashUnknown:
            self.trust(BLOCKS_UNKNOWN)
            return digest(self._kept_seed(Address(bytes(subject)), int(round)) or bytes(32))
        return found

    def _kept_seed(self, subject: Address, round: int) -> bytes | None:
        """The seed that a task or a check keeps, if it is this round's: of the last round that was drawn.

        Of a task the ticket tells: it is a hash of seed and device. A check goes on to the next round with each answer.
        """
        if "mark" in self.outcome.arguments:
            emission = self._kept(Address(bytes(self.outcome.accounts["emission"]))) or {}
            last = emission.get("muster") == self._told("MusterCalled", "muster")
            return emission.get("muster_seed") if last else None
        kept = self._kept(subject)
        if kept is None or not any(kept.get("seed", b"")):
            return None
        seed: bytes = kept["seed"]
        told = self._told("WorkAssigned", "ticket")
        if told is not None:
            miner = bytes(self.outcome.accounts["miner"])
            return seed if int(native.number(native.keccak(digest(seed + miner)))) % CERTAIN == told else None
        drawn = kept["round"] if kept["seeded"] else kept["round"] - 1
        return seed if drawn == round else None

    def _ticket(self, original: Any, seed: Array, who: Pubkey) -> u64:
        # No block hash is all zeros: such a seed is one that nothing tells any more.
        if not any(seed):
            self.trust(BLOCKS_UNKNOWN)
            told = self._told("WorkAssigned", "ticket")
            return u64(told or 0)
        found: u64 = original(seed, who)
        return found

    def _work_context(self, original: Any, *arguments: Any) -> Array:
        """The context of a work, or of an answer to a muster."""
        if _seeded(original, arguments):
            found: Array = original(*arguments)
            return found
        return digest(self._kept_of_answer("context") or self._kept_of_work() or bytes(32))

    def _kept_of_work(self) -> bytes | None:
        work = self.outcome.accounts.get("work")
        kept = None if work is None else self._kept(work)
        return None if kept is None else kept["context"]

    def _kept_of_answer(self, field: str) -> bytes | None:
        """What a device's answer keeps, if it is the answer to this muster and not to a later one."""
        answer = self.outcome.accounts.get("answer")
        kept = None if answer is None else self._kept(answer)
        return kept[field] if kept is not None and kept["muster"] == self._told("MusterAnswered", "muster") else None

    def _prompt(self, original: Any, *arguments: Any) -> Array:
        """A device's prompt in a muster; where the muster's seed is not known any more, zeros."""
        if _seeded(original, arguments):
            found: Array = original(*arguments)
            return found
        self.trust(BLOCKS_UNKNOWN)
        return digest(bytes(32))

    def _tokens_root(self, original: Any, tokens: Array) -> Array:
        if any(tokens):
            found: Array = original(tokens)
            return found
        return digest(self._kept_of_answer("input") or bytes(32))

    def _collection(self, metadata: Any, mint: Pubkey) -> Pubkey:
        self.trust(METADATA_TRUSTED)
        collection = self._told("NftShown", "collection")
        return ZERO if collection is None else Pubkey(bytes(collection))

    def _upgrade_authority(self, program: Any, data: Any, nobody: Pubkey) -> Pubkey:
        self.trust(LOADER_TRUSTED)
        return nobody if self._told("MiningOpened", "immutable") else Pubkey(b"\1" * 32)

    def _configure(self, original: Any, *arguments: Any) -> None:
        """A network is made: the supply that is there already is what the event says."""
        original(*arguments)
        supply = int(self._told("NetworkCreated", "supply") or 0)
        if supply:
            self.trust(SUPPLY_TRUSTED)
        self.supply = supply


_WITH_ORIGINAL = ("draw_seed", "ticket", "work_context", "prompt", "tokens_root", "configure")


def _seeded(original: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether the seed that a rule is given is known: no block's hash is all zeros."""
    return any(inspect.signature(original).bind(*arguments).arguments["seed"])


def _bound(instead: Any, original: Any) -> Any:
    return lambda *arguments: instead(original, *arguments)
