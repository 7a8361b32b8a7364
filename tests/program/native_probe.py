# Shows what the native functions see: every instruction stores one result in an account that the test reads.
from seahorse.prelude import *
from native import (
    block_hash, digest_at, first_block, incinerator_id, keccak, key_at, key_bytes, lamports_of, loader_id,
    metadata_program_id, number, owner_of, program_id, size_of, token_program_id, u8_at, u16_at, u32_at, u64_at
)

declare_id('7Fj3XWaYSdGm9PwcGU4fEneXDeDt4HZx7FZKxaXtTEQR')


class Seen(Account):
    number: u64
    digest: Array[u8, 32]
    key: Pubkey
    programs: Array[Pubkey, 5]


@instruction
def look(
    payer: Signer, seen: Empty[Seen], account: UncheckedAccount, nonce: u64, offset: u64, width: u8
):
    seen = seen.init(payer=payer, seeds=['seen', nonce])
    if width == 0:
        seen.number = size_of(account)
        seen.key = owner_of(account)
    if width == 1:
        seen.number = u64(u8_at(account, offset))
    if width == 2:
        seen.number = u64(u16_at(account, offset))
    if width == 4:
        seen.number = u64(u32_at(account, offset))
    if width == 8:
        seen.number = u64_at(account, offset)
    if width == 9:
        seen.number = lamports_of(account)
    if width == 32:
        seen.key = key_at(account, offset)
        seen.digest = digest_at(account, offset)


@instruction
def hash_key(payer: Signer, seen: Empty[Seen], nonce: u64, key: Pubkey, other: u64):
    seen = seen.init(payer=payer, seeds=['seen', nonce])
    data: List[u8] = []
    for b in key_bytes(key):
        data.append(b)
    for b in int_bytes(other):
        data.append(b)
    seen.digest = keccak(data)
    seen.number = number(keccak(data))
    seen.key = program_id()
    seen.programs = array(
        program_id(), token_program_id(), loader_id(), metadata_program_id(), incinerator_id()
    )


@instruction
def find_block(payer: Signer, seen: Empty[Seen], slot_hashes: UncheckedAccount, nonce: u64, target: u64, hashed: bool):
    seen = seen.init(payer=payer, seeds=['seen', nonce])
    if hashed:
        seen.digest = block_hash(slot_hashes, target)
    else:
        seen.number = first_block(slot_hashes, target)
