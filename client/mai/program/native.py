"""The program's native functions under CPython: hashes and addresses for real; accounts exist only on chain.

The functions and their parameters are those of ``programs/mai/native.py``; on chain they are ``native.rs``.
"""

from __future__ import annotations

from typing import NoReturn

from Crypto.Hash import keccak as _keccak
from mai_zk.trace.merkle import TOKEN, Tree, leaf_hash
from solders.pubkey import Pubkey as _SoldersPubkey

from mai.program.prelude import BYTES, Array, Pubkey, UncheckedAccount, u8, u64


def _digest(raw: bytes) -> Array:
    return Array([BYTES[byte] for byte in raw], 32)


def keccak(data: list[u8]) -> Array:
    """keccak256 of the bytes."""
    return _digest(_keccak.new(digest_bits=256, data=bytes(data)).digest())


def tokens_root(tokens: Array) -> Array:
    """The root of a trace's tree of 32 tokens, which are the bytes, with salts of zeros."""
    number_of = [int(index).to_bytes(4, "little") + bytes([int(token), 0, 0, 0]) for index, token in enumerate(tokens)]
    return _digest(Tree([leaf_hash(TOKEN, content + bytes(16)) for content in number_of]).root)


def key_bytes(key: Pubkey) -> Array:
    """The 32 bytes of an address."""
    return _digest(key)


def number(digest: Array) -> u64:
    """The first eight bytes of a digest as a little-endian number."""
    return u64(int.from_bytes(bytes(digest[:8]), "little"))


def check_range(end: u64, size: u64) -> None:
    """Refuses to read past the end of an account."""
    assert end <= size, "AccountTooShort: the account ends before the data that is read"


def _on_chain(name: str) -> NoReturn:
    raise TypeError(f"{name} reads an account, which exists only on chain")


def owner_of(account: UncheckedAccount) -> NoReturn:
    """The program that owns the account; on chain only, as all that follow with an account."""
    _on_chain("owner_of")


def size_of(account: UncheckedAccount) -> NoReturn:
    """The length of the account's data."""
    _on_chain("size_of")


def lamports_of(account: UncheckedAccount) -> NoReturn:
    """The account's lamports."""
    _on_chain("lamports_of")


def executable(account: UncheckedAccount) -> NoReturn:
    """Whether the runtime can run the account as a program."""
    _on_chain("executable")


def u8_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """A number of the account's data."""
    _on_chain("u8_at")


def u16_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """A number of the account's data."""
    _on_chain("u16_at")


def u32_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """A number of the account's data."""
    _on_chain("u32_at")


def u64_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """A number of the account's data."""
    _on_chain("u64_at")


def key_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """An address of the account's data."""
    _on_chain("key_at")


def digest_at(account: UncheckedAccount, offset: u64) -> NoReturn:
    """A digest of the account's data."""
    _on_chain("digest_at")


def first_block(slot_hashes: UncheckedAccount, target: u64) -> NoReturn:
    """The slot of the first block at or after a slot."""
    _on_chain("first_block")


def block_hash(slot_hashes: UncheckedAccount, slot: u64) -> NoReturn:
    """The hash of the block of a slot."""
    _on_chain("block_hash")


def program_id() -> Pubkey:
    """The policy program."""
    if Pubkey.program_id is None:
        raise ValueError("no program id: load the module that declares it")
    return Pubkey.program_id


def _address(text: str) -> Pubkey:
    return Pubkey(bytes(_SoldersPubkey.from_string(text)))


def token_program_id() -> Pubkey:
    """SPL Token."""
    return _address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")


def loader_id() -> Pubkey:
    """The loader of upgradeable programs."""
    return _address("BPFLoaderUpgradeab1e11111111111111111111111")


def final_loader_id() -> Pubkey:
    """The loader of programs that were never upgradeable."""
    return _address("BPFLoader2111111111111111111111111111111111")


def metadata_program_id() -> Pubkey:
    """Metaplex Token Metadata."""
    return _address("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s")


def incinerator_id() -> Pubkey:
    """Solana's incinerator."""
    return _address("1nc1nerator11111111111111111111111111111111")
