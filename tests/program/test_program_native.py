"""Native functions: what programs/mai/native.py declares is what native.rs does on chain and mai.program.native here.

About 15 s from a warm build cache: tests/program/native_probe.py is compiled with both files and run in LiteSVM.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import re
import shutil
import struct
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest
from Crypto.Hash import keccak
from mai.program import SOURCE, loader, native
from mai.program.prelude import Pubkey as Bytes32
from mai.program.prelude import UncheckedAccount, u8, u64
from mai_build import fixups, pipeline
from mai_build.errors import BuildError
from mai_build.tools import DebianTools
from program.chain import MAI, name_of
from solders.account import Account
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

PROBE = Path(__file__).with_name("native_probe.py")
TYPED, BY_HAND = SOURCE / "native.py", SOURCE / "native.rs"
SLOT_HASHES = Pubkey.from_string("SysvarS1otHashes111111111111111111111111111")
SYSTEM, RENT = Pubkey.default(), Pubkey.from_string("SysvarRent111111111111111111111111111111111")
HIGHEST = 2**64 - 1
DATA = bytes(range(1, 61))
SLOTS = [100, 101, 104, 105, 109]


# On chain


class Probe:
    """The compiled probe in LiteSVM, with one account of DATA and the blocks of SLOTS."""

    def __init__(self, shared_object: Path) -> None:
        self.svm, self.payer, self.account, self.owner = LiteSVM(), Keypair(), Pubkey.new_unique(), Pubkey.new_unique()
        self.svm.add_program_from_file(MAI, shared_object)
        self.svm.airdrop(self.payer.pubkey(), 10**10)
        self.svm.set_account(self.account, Account(12_345_678, DATA, self.owner))
        self.blocks(SLOTS)
        self._nonces = count(1)

    def blocks(self, slots: Sequence[int]) -> None:
        self.svm.set_slot_hashes([(slot, block(slot)) for slot in reversed(slots)])

    def run(self, name: str, nonce_and_arguments: str, *arguments: int | bytes, account: Pubkey | None = None) -> bytes:
        """Run one instruction and return what it stored; raises AssertionError with the refusal's name."""
        nonce = next(self._nonces)
        seen, _ = Pubkey.find_program_address([b"seen", struct.pack("<Q", nonce)], MAI)
        data = hashlib.sha256(f"global:{name}".encode()).digest()[:8]
        data += struct.pack(f"<Q{nonce_and_arguments}", nonce, *arguments)
        looked = [AccountMeta(account, False, False)] if account else []
        metas = [
            AccountMeta(self.payer.pubkey(), True, True), AccountMeta(seen, False, True), *looked,
            AccountMeta(RENT, False, False), AccountMeta(SYSTEM, False, False),
        ]  # fmt: skip
        message = Message([Instruction(MAI, data, metas)], self.payer.pubkey())
        done = self.svm.send_transaction(Transaction([self.payer], message, self.svm.latest_blockhash()))
        if isinstance(done, FailedTransactionMetadata):
            raise AssertionError(name_of(str(done.err()), done.meta().logs()), done.meta().logs())
        return bytes(self.svm.get_account(seen).data)[8:]

    def number(self, width: int, offset: int = 0) -> int:
        raw = self.run("look", "QB", offset, width, account=self.account)
        return int(struct.unpack_from("<Q", raw)[0])

    def first_block(self, target: int, account: Pubkey = SLOT_HASHES) -> int:
        return int(struct.unpack_from("<Q", self.run("find_block", "QB", target, 0, account=account))[0])

    def block_hash(self, slot: int, account: Pubkey = SLOT_HASHES) -> bytes:
        return self.run("find_block", "QB", slot, 1, account=account)[8:40]


def block(slot: int) -> Hash:
    return Hash(hashlib.sha256(str(slot).encode()).digest())


def refused(name: str) -> pytest.RaisesExc[AssertionError]:
    return pytest.raises(AssertionError, match=rf"^\('{name}'")


@pytest.fixture(scope="module")
def shared_object(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        DebianTools().require()
    except BuildError as missing:
        pytest.skip(str(missing))
    folder = tmp_path_factory.mktemp("probe")
    for path in (PROBE, TYPED, BY_HAND):
        shutil.copy(path, folder)
    pipeline.build_external(folder / PROBE.name)
    return (folder / PROBE.name).with_suffix(".so")


@pytest.fixture
def probe(shared_object: Path) -> Probe:
    return Probe(shared_object)


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_numbers_are_read_little_endian_up_to_the_last_byte(probe: Probe, width: int) -> None:
    for offset in (0, 7, len(DATA) - width):
        assert probe.number(width, offset) == int.from_bytes(DATA[offset : offset + width], "little")
    for offset in (len(DATA) - width + 1, HIGHEST):
        with refused("AccountTooShort"):
            probe.number(width, offset)


def test_a_key_and_a_digest_are_read_up_to_the_last_byte(probe: Probe) -> None:
    for offset in (0, len(DATA) - 32):
        stored = probe.run("look", "QB", offset, 32, account=probe.account)
        assert stored[8:40] == stored[40:72] == DATA[offset : offset + 32]
    with refused("AccountTooShort"):
        probe.run("look", "QB", len(DATA) - 31, 32, account=probe.account)


def test_an_accounts_length_owner_and_lamports(probe: Probe) -> None:
    stored = probe.run("look", "QB", 0, 0, account=probe.account)
    assert (struct.unpack_from("<Q", stored)[0], stored[40:72]) == (len(DATA), bytes(probe.owner))
    assert probe.number(9) == 12_345_678


def test_hashes_and_addresses_are_the_same_here_and_there(probe: Probe) -> None:
    key, other = bytes(range(32)), 77
    raw = key + struct.pack("<Q", other)
    stored = probe.run("hash_key", "32sQ", key, other)
    expected = keccak.new(digest_bits=256, data=raw).digest()
    assert stored[8:40] == expected
    assert struct.unpack_from("<Q", stored)[0] == int.from_bytes(expected[:8], "little")
    here = native.keccak([*native.key_bytes(Bytes32(key)), *(u8(b) for b in raw[32:])])
    assert (bytes(here), native.number(here)) == (expected, int.from_bytes(expected[:8], "little"))
    ids = [
        native.program_id(), native.token_program_id(), native.loader_id(), native.metadata_program_id(),
        native.incinerator_id(),
    ]  # fmt: skip
    assert stored[72:] == b"".join(ids)
    assert bytes(native.program_id()) == bytes(MAI)


def test_the_first_block_at_or_after_a_slot(probe: Probe) -> None:
    found = {target: probe.first_block(target) for target in (100, 101, 102, 104, 106, 109, 110)}
    assert found == {100: 100, 101: 101, 102: 104, 104: 104, 106: 109, 109: 109, 110: 0}
    assert probe.first_block(99) == HIGHEST  # block 99 may have been there
    probe.blocks([])
    assert probe.first_block(99) == 0


def test_the_first_block_in_a_full_sysvar(probe: Probe) -> None:
    probe.blocks(range(1_000, 1_512))
    assert [probe.first_block(target) for target in (999, 1_000, 1_300, 1_511, 1_512)] == [
        HIGHEST, 1_000, 1_300, 1_511, 0,
    ]  # fmt: skip


def test_the_hash_of_a_block(probe: Probe) -> None:
    assert {slot: probe.block_hash(slot) for slot in SLOTS} == {slot: bytes(block(slot)) for slot in SLOTS}
    for slot in (99, 102, 110):
        with refused("BlockUnknown"):
            probe.block_hash(slot)


def test_only_the_sysvar_itself_is_believed(probe: Probe) -> None:
    forged = Pubkey.new_unique()
    probe.svm.set_account(forged, Account(10**9, bytes(probe.svm.get_account(SLOT_HASHES).data), SYSTEM))
    with refused("NotSlotHashes"):
        probe.first_block(100, forged)
    with refused("NotSlotHashes"):
        probe.block_hash(100, forged)
    assert probe.first_block(100) == 100


# The files


def test_the_sentences_of_both_files_are_the_same() -> None:
    tree = ast.parse(TYPED.read_text())
    typed = {n.msg.value for n in ast.walk(tree) if isinstance(n, ast.Assert) and isinstance(n.msg, ast.Constant)}
    written = re.findall(r'"([A-Z]\w+: [^"]+)"', BY_HAND.read_text())
    assert sorted(written) == sorted(typed)
    assert len(typed) == 3


def test_the_functions_here_are_the_declared_ones() -> None:
    tree = ast.parse(TYPED.read_text())
    declared = {n.name: [a.arg for a in n.args.args] for n in tree.body if isinstance(n, ast.FunctionDef)}
    here = {
        name: list(inspect.signature(function).parameters)
        for name, function in inspect.getmembers(native, inspect.isfunction)
        if function.__module__ == native.__name__ and not name.startswith("_")
    }
    assert here == declared


def test_what_reads_an_account_says_that_it_is_on_chain_only() -> None:
    account = object.__new__(UncheckedAccount)
    functions = dict(inspect.getmembers(native, inspect.isfunction))
    readers = {
        n: f for n, f in functions.items() if {"account", "slot_hashes"} & inspect.signature(f).parameters.keys()
    }
    assert len(readers) == 12
    for name, function in readers.items():
        arguments = [account, u64(0)][: len(inspect.signature(function).parameters)]
        with pytest.raises(TypeError, match=f"^{name} reads an account, which exists only on chain"):
            function(*arguments)


def test_a_module_that_imports_native_gets_the_one_of_the_client(tmp_path: Path) -> None:
    (tmp_path / "native.py").write_text("this is not run\n")
    (tmp_path / "rules.py").write_text("from seahorse.prelude import *\nfrom native import number\n")
    assert loader.load(tmp_path, "test_native")["rules"].number is native.number


GENERATED = "pub fn key_at<'info>(\n    mut account: UncheckedAccount<'info>,\n    mut offset: u64,\n) -> Pubkey {\n}\n"
WRITTEN = "pub fn key_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> Pubkey {\n    todo\n}\nfn own() {}\n"


def applied(generated: str, by_hand: str | None) -> str:
    parts = {"lib.rs": "", "dot/program.rs": "", "dot/native.rs": generated}
    return fixups.apply(parts, "x/*.py", by_hand)["dot/native.rs"]


def test_the_hand_written_file_takes_the_place_of_the_generated_one() -> None:
    assert applied(GENERATED, WRITTEN).endswith(WRITTEN)
    assert "dot/native.rs" not in fixups.apply({"lib.rs": "", "dot/program.rs": ""}, "x/*.py", WRITTEN)
    assert applied("pub fn f(mut a: u64) -> () {\n}\n", "pub fn f(a: u64) {}\n").endswith("pub fn f(a: u64) {}\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("key_at", "key_on"),
        ("offset: u64", "offset: u32"),
        ("offset: u64", "at: u64"),
        (", offset: u64", ""),
        ("-> Pubkey ", ""),
        ("-> Pubkey", "-> u64"),
        ("fn own", "pub fn own"),
    ],
)
def test_another_signature_than_the_declared_one_is_refused(old: str, new: str) -> None:
    with pytest.raises(BuildError, match=r"native\.rs differs from native\.py, which declares:\n  (key_at|key_on|own)"):
        applied(GENERATED, WRITTEN.replace(old, new))


def test_a_missing_hand_written_file_is_named() -> None:
    with pytest.raises(BuildError, match=r"native\.py has no native\.rs beside it"):
        applied(GENERATED, None)
