# What Seahorse cannot say: hashes, the raw data of accounts, sysvars and the addresses of programs.
# Here are the types and the refusals; the build puts native.rs in the place of what is compiled of this file, after
# comparing the signatures. Every body here is harmless, and a native function only reads the accounts it is given.
from seahorse.prelude import *


def check_range(end: u64, size: u64):
    assert end <= size, 'AccountTooShort: the account ends before the data that is read'


# keccak256 of the bytes.
def keccak(data: List[u8]) -> Array[u8, 32]:
    return Array(data, 32)


# The root of a trace's tree of 32 tokens, which are the bytes, with salts of zeros (docs/reference/trace.md).
def tokens_root(tokens: Array[u8, 32]) -> Array[u8, 32]:
    return tokens


# The 32 bytes of an address.
def key_bytes(key: Pubkey) -> Array[u8, 32]:
    data: List[u8] = []
    return Array(data, 32)


# The first eight bytes of a digest as a little-endian number.
def number(digest: Array[u8, 32]) -> u64:
    return 0


# The program that owns the account.
def owner_of(account: UncheckedAccount) -> Pubkey:
    return account.key()


# The length of the account's data in bytes.
def size_of(account: UncheckedAccount) -> u64:
    return 0


def lamports_of(account: UncheckedAccount) -> u64:
    return 0


# Whether the runtime can run the account as a program.
def executable(account: UncheckedAccount) -> bool:
    return False


# What the account's data holds from an offset on, little-endian.
def u8_at(account: UncheckedAccount, offset: u64) -> u8:
    return 0


def u16_at(account: UncheckedAccount, offset: u64) -> u16:
    return 0


def u32_at(account: UncheckedAccount, offset: u64) -> u32:
    return 0


def u64_at(account: UncheckedAccount, offset: u64) -> u64:
    return 0


def key_at(account: UncheckedAccount, offset: u64) -> Pubkey:
    return account.key()


def digest_at(account: UncheckedAccount, offset: u64) -> Array[u8, 32]:
    return key_bytes(account.key())


# The slot of the first block at or after a slot, by the SlotHashes sysvar, which holds the last 512 blocks:
# 0 if there is none yet, the highest u64 if the sysvar no longer reaches back so far that it can be told.
def first_block(slot_hashes: UncheckedAccount, target: u64) -> u64:
    known = False
    assert known, 'NotSlotHashes: this account is not the sysvar of slot hashes'
    return 0


# The hash of the block of a slot.
def block_hash(slot_hashes: UncheckedAccount, slot: u64) -> Array[u8, 32]:
    known = False
    assert known, 'BlockUnknown: the sysvar of slot hashes has no block of this slot'
    return key_bytes(slot_hashes.key())


# This program.
def program_id() -> Pubkey:
    key, bump = Pubkey.find_program_address([])
    return key


# SPL Token.
def token_program_id() -> Pubkey:
    return program_id()


# The loader of upgradeable programs.
def loader_id() -> Pubkey:
    return program_id()


# The loader of programs that were never upgradeable.
def final_loader_id() -> Pubkey:
    return program_id()


# Metaplex Token Metadata.
def metadata_program_id() -> Pubkey:
    return program_id()


# Solana's incinerator: what it holds is destroyed at the end of the block.
def incinerator_id() -> Pubkey:
    return program_id()
