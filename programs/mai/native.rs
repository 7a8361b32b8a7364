//! What Seahorse cannot say: the bodies of programs/mai/native.py, by hand in native.rs. Accounts are only read.

use crate::seahorse_util::Mutable;
use anchor_lang::prelude::*;
use anchor_lang::solana_program::{bpf_loader, bpf_loader_upgradeable, incinerator, keccak, sysvar};

/// Metaplex Token Metadata.
mod metadata {
    use anchor_lang::prelude::*;
    declare_id!("metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s");
}

/// The sysvar of slot hashes: a count, then (slot, hash) of the last 512 blocks, the newest first.
const HEADER: usize = 8;
const ENTRY: usize = 40;

pub fn check_range(end: u64, size: u64) {
    if end > size {
        panic!("AccountTooShort: the account ends before the data that is read");
    }
}

pub fn keccak(data: Mutable<Vec<u8>>) -> Mutable<[u8; 32]> {
    Mutable::new(keccak::hash(&data.borrow()).0)
}

pub fn tokens_root(tokens: Mutable<[u8; 32]>) -> Mutable<[u8; 32]> {
    let mut leaf = [0; 26];
    leaf[1] = b'T';
    let mut level: [[u8; 32]; 32] = core::array::from_fn(|index| {
        leaf[2] = index as u8;
        leaf[6] = tokens.borrow()[index];
        keccak::hash(&leaf).0
    });
    let mut size = level.len();
    while size > 1 {
        size /= 2;
        for at in 0..size {
            level[at] = keccak::hashv(&[&[1], &level[2 * at], &level[2 * at + 1]]).0;
        }
    }
    Mutable::new(level[0])
}

pub fn key_bytes(key: Pubkey) -> Mutable<[u8; 32]> {
    Mutable::new(key.to_bytes())
}

pub fn number(digest: Mutable<[u8; 32]>) -> u64 {
    leading(&*digest.borrow())
}

pub fn owner_of<'info>(account: UncheckedAccount<'info>) -> Pubkey {
    *account.owner
}

pub fn size_of<'info>(account: UncheckedAccount<'info>) -> u64 {
    account.data_len() as u64
}

pub fn lamports_of<'info>(account: UncheckedAccount<'info>) -> u64 {
    account.lamports()
}

pub fn executable<'info>(account: UncheckedAccount<'info>) -> bool {
    account.executable
}

pub fn u8_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> u8 {
    bytes_at::<1>(&account, offset)[0]
}

pub fn u16_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> u16 {
    u16::from_le_bytes(bytes_at(&account, offset))
}

pub fn u32_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> u32 {
    u32::from_le_bytes(bytes_at(&account, offset))
}

pub fn u64_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> u64 {
    u64::from_le_bytes(bytes_at(&account, offset))
}

pub fn key_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> Pubkey {
    Pubkey::from(bytes_at(&account, offset))
}

pub fn digest_at<'info>(account: UncheckedAccount<'info>, offset: u64) -> Mutable<[u8; 32]> {
    Mutable::new(bytes_at(&account, offset))
}

pub fn first_block<'info>(slot_hashes: UncheckedAccount<'info>, target: u64) -> u64 {
    with_blocks(&slot_hashes, |blocks| {
        let later = blocks.partition_point(|block| leading(block) >= target);
        match later {
            0 => 0,
            // The oldest block that is known: an older one may have been at or after the target, too.
            count if count == blocks.len() && leading(&blocks[count - 1]) > target => u64::MAX,
            count => leading(&blocks[count - 1]),
        }
    })
}

pub fn block_hash<'info>(slot_hashes: UncheckedAccount<'info>, slot: u64) -> Mutable<[u8; 32]> {
    with_blocks(&slot_hashes, |blocks| match blocks.binary_search_by(|block| slot.cmp(&leading(block))) {
        Ok(index) => Mutable::new(array(&blocks[index][8..])),
        Err(_) => panic!("BlockUnknown: the sysvar of slot hashes has no block of this slot"),
    })
}

pub fn program_id() -> Pubkey {
    crate::ID
}

pub fn token_program_id() -> Pubkey {
    anchor_spl::token::ID
}

pub fn loader_id() -> Pubkey {
    bpf_loader_upgradeable::ID
}

pub fn final_loader_id() -> Pubkey {
    bpf_loader::ID
}

pub fn metadata_program_id() -> Pubkey {
    metadata::ID
}

pub fn incinerator_id() -> Pubkey {
    incinerator::ID
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

fn leading(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(array(bytes))
}

fn bytes_at<const N: usize>(account: &UncheckedAccount, offset: u64) -> [u8; N] {
    let data = account.data.borrow();
    check_range(offset.saturating_add(N as u64), data.len() as u64);
    array(&data[offset as usize..])
}

fn with_blocks<T>(slot_hashes: &UncheckedAccount, look: impl Fn(&[[u8; ENTRY]]) -> T) -> T {
    if slot_hashes.key() != sysvar::slot_hashes::ID {
        panic!("NotSlotHashes: this account is not the sysvar of slot hashes");
    }
    let data = slot_hashes.data.borrow();
    if data.len() < HEADER {
        return look(&[]);
    }
    let (count, entries) = data.split_at(HEADER);
    let present = (entries.len() / ENTRY).min(leading(count) as usize);
    // SAFETY: so many entries fit, and an entry is bytes without padding.
    look(unsafe { core::slice::from_raw_parts(entries.as_ptr() as *const [u8; ENTRY], present) })
}
