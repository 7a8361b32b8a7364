//! `draw_trace`: the positions, and later the leaves, that must be shown, from slot hashes after the commitment. The
//! leaves of a sampled run are drawn by [`super::strata`].
//!
//! Two steps, eight blocks. Step one takes four slots, a leader's turn apart, soon after the commitment; they choose
//! where the four of step two are, so that nobody knows at commitment who leads last. A target that was skipped is
//! replaced by the first slot after it that has a block, and no block is taken twice. Targets follow from the
//! commitment's slot alone: whoever draws, and when, changes nothing.

use super::checks::{require_payer, same};
use super::manifest::SAMPLED;
use super::merkle::Hash;
use super::settle::pay;
use super::state::{Trace, COMMITTED, REVEALED};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require};
use verifier::error::{Error, Result};
use verifier::memory::HEAP;
use verifier::syscall::keccak256;

/// Slots for a draw. The sysvar holds the last 512 blocks, so that targets cannot leave it earlier on a live chain.
pub const DRAW_SLOTS: u64 = 512;
const FIRST_DELAY: u64 = 8;
const SECOND_DELAY: u64 = 64;
/// Slots of one leader's turn.
const TURN: u64 = 4;
/// Turns among which step one chooses.
const SPREAD: u64 = 32;
const BLOCKS: usize = 4;

const STEP_ONE: &[u8] = b"MAI draw step one";
const STEP_TWO: &[u8] = b"MAI draw step two";

/// The part of the bond that whoever draws is paid.
const FEE_DIVISOR: u64 = 128;

/// SysvarS1otHashes111111111111111111111111111
const SLOT_HASHES: Pubkey = [
    6, 167, 213, 23, 25, 47, 10, 175, 198, 242, 101, 227, 251, 119, 204, 122, 218, 130, 197, 41, 208, 190, 59, 19, 110,
    45, 0, 85, 32, 0, 0, 0,
];

/// The sysvar's content: a count, then (slot, hash) from the newest to the oldest.
struct SlotHashes<'a>(&'a [[u8; 40]]);

impl<'a> SlotHashes<'a> {
    fn of(account: &'a AccountInfo) -> Result<Self> {
        same(account.key(), &SLOT_HASHES, Error::WrongSysvar)?;
        // SAFETY: nothing writes a sysvar, and an entry is bytes.
        unsafe {
            let count = account.data_len().saturating_sub(8) / 40;
            let present = if count == 0 { 0 } else { *(account.data_ptr() as *const u64) as usize };
            let entries = account.data_ptr().add(8) as *const [u8; 40];
            Ok(Self(core::slice::from_raw_parts(entries, count.min(present))))
        }
    }

    fn slot(entry: &[u8; 40]) -> u64 {
        u64::from_le_bytes([entry[0], entry[1], entry[2], entry[3], entry[4], entry[5], entry[6], entry[7]])
    }

    /// The first block at or after `target` and after `last`; its slot becomes `last`.
    #[inline(never)]
    fn first_from(&self, target: u64, last: &mut u64) -> Result<&'a [u8]> {
        let target = target.max(*last + 1);
        let count = self.0.partition_point(|entry| Self::slot(entry) >= target);
        let entry = &self.0[count.checked_sub(1).ok_or(Error::DrawTooEarly)?];
        *last = Self::slot(entry);
        Ok(&entry[8..])
    }

    fn blocks(&self, start: u64, last: &mut u64) -> Result<[&'a [u8]; BLOCKS]> {
        let mut blocks: [&[u8]; BLOCKS] = [&[]; BLOCKS];
        for (index, block) in blocks.iter_mut().enumerate() {
            *block = self.first_from(start + TURN * index as u64, last)?;
        }
        Ok(blocks)
    }

    /// The hash of the blocks of step one, then those of step two, counted from `base`.
    #[inline(never)]
    fn beacon(&self, base: u64) -> Result<(Hash, [&'a [u8]; BLOCKS])> {
        let oldest = self.0.last().map_or(u64::MAX, Self::slot);
        require(oldest <= base + FIRST_DELAY, Error::SlotEvicted)?;
        let mut last = base;
        let one = self.blocks(base + FIRST_DELAY, &mut last)?;
        let one = keccak256(&[STEP_ONE, one[0], one[1], one[2], one[3]]);
        let turn = u64::from(one[0]) % SPREAD;
        let two = self.blocks(base + SECOND_DELAY + TURN * turn, &mut last)?;
        Ok((one, two))
    }
}

/// `draw_trace`: accounts caller (signer, writable), trace (writable), slot hashes. Anyone may call; the bond pays.
#[inline(never)]
pub fn draw(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [caller, account, slot_hashes] = distinct(accounts)?;
    require_payer(caller)?;
    let leaves = Trace::view(program_id, account)?.0.step == REVEALED;
    let (trace, body, slot) = Trace::open(program_id, account, None, if leaves { REVEALED } else { COMMITTED })?;
    require(!leaves || trace.class != SAMPLED, Error::WrongKind)?;
    let seed = seed(trace, slot_hashes, leaves)?;
    if leaves {
        indices(&seed, trace.leaves(), body.leaves);
        trace.leaves_seed = seed;
        trace.deadline = slot + u64::from(trace.prove_slots);
    } else {
        let last_position = trace.positions() - 1;
        if let Some((last, others)) = body.positions.split_last_mut() {
            *last = last_position; // where the answer ends is always shown
            indices(&seed, last_position, others);
        }
        trace.positions_seed = seed;
        trace.deadline = slot + u64::from(trace.reveal_slots);
    }
    drawn(trace, account, caller);
    Ok(())
}

/// The trace is a step further; whoever drew is paid.
#[inline(never)]
pub fn drawn(trace: &mut Trace, account: &AccountInfo, caller: &AccountInfo) {
    trace.step += 1;
    let fee = trace.bond / FEE_DIVISOR;
    trace.bond -= fee;
    pay(account, caller, fee);
}

/// The seed of a draw of positions or leaves.
#[inline(never)]
pub fn seed(trace: &Trace, slot_hashes: &AccountInfo, leaves: bool) -> Result<Hash> {
    let (one, two) = SlotHashes::of(slot_hashes)?.beacon(trace.base_slot)?;
    let (universe, count, root) = if leaves {
        (trace.leaves(), trace.n_leaves, &trace.leaves_root)
    } else {
        (trace.positions(), trace.n_positions, &trace.positions_root)
    };
    Ok(keccak256(&[
        STEP_TWO,
        &[leaves as u8],
        &one,
        two[0],
        two[1],
        two[2],
        two[3],
        root,
        &trace.context,
        &trace.miner,
        &universe.to_le_bytes(),
        &count.to_le_bytes(),
    ]))
}

/// Fill `drawn` with different indices below `universe`, ascending: or, where that is less, draw those left out.
#[inline(never)]
pub fn indices(seed: &Hash, universe: u32, drawn: &mut [u32]) {
    let rest = universe as usize - drawn.len();
    if drawn.len() <= rest {
        return sample(seed, universe, drawn);
    }
    // SAFETY: on chain the heap is there and zero, nothing else uses it in this instruction, and `rest` is below the
    // number of draws.
    let left_out = unsafe { core::slice::from_raw_parts_mut(HEAP as *mut u32, rest) };
    sample(seed, universe, left_out);
    let (mut index, mut skip) = (0, 0);
    for value in drawn {
        while skip < rest && left_out[skip] == index {
            (index, skip) = (index + 1, skip + 1);
        }
        *value = index;
        index += 1;
    }
}

/// Fill `drawn`, at most half of the universe, with different indices, ascending.
///
/// keccak(seed ‖ counter) is four little-endian numbers of 64 bits; one at or above the largest multiple of `universe`
/// is thrown away, and so is an index that was drawn already.
#[inline(never)]
fn sample(seed: &Hash, universe: u32, drawn: &mut [u32]) {
    let most = u64::MAX / u64::from(universe.max(1)) * u64::from(universe);
    let (mut length, mut counter) = (0, 0u32);
    while length < drawn.len() {
        let block = keccak256(&[seed, &counter.to_le_bytes()]);
        counter += 1;
        for bytes in block.chunks_exact(8) {
            let number =
                u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]]);
            if number >= most || length == drawn.len() {
                continue;
            }
            let index = (number % u64::from(universe)) as u32;
            let place = drawn[..length].partition_point(|&other| other < index);
            if place < length && drawn[place] == index {
                continue;
            }
            drawn.copy_within(place..length, place + 1);
            drawn[place] = index;
            length += 1;
        }
    }
}
