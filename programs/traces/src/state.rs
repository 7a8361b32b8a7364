//! The header of a `Trace` account, and the steps of a trace.

use super::checks::{same, slot};
use core::mem::size_of;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{require, require_signer, require_writable, view, Header};
use verifier::error::{Error, Result};

/// A trace's header; the drawn positions, the drawn leaves and the bitmap of receipts follow.
#[repr(C)]
pub struct Trace {
    pub discriminator: [u8; 8],
    pub context: [u8; 32],
    pub miner: Pubkey,
    pub manifest: [u8; 32],
    /// Root of the prompt's tokens.
    pub input: [u8; 32],
    /// Root of the generated tokens.
    pub output: [u8; 32],
    pub positions_root: [u8; 32],
    /// Zero until revealed.
    pub leaves_root: [u8; 32],
    pub positions_seed: [u8; 32],
    pub leaves_seed: [u8; 32],
    /// Lamports at stake, beyond the rent.
    pub bond: u64,
    /// The slot of the commit or of the reveal: a draw's target slots are counted from it.
    pub base_slot: u64,
    /// The last slot for the next step.
    pub deadline: u64,
    /// Tokens of the prompt, tokens generated, and how many could have been.
    pub prompt: u32,
    pub generated: u32,
    pub limit: u32,
    pub reveal_slots: u32,
    pub prove_slots: u32,
    pub n_segments: u16,
    pub n_positions: u16,
    pub n_leaves: u16,
    /// Bits set.
    pub attested: u16,
    pub step: u8,
    pub bump: u8,
    /// The manifest's.
    pub class: u8,
    pub reserved: u8,
}

const _: () = assert!(size_of::<Trace>() == 352);

impl Header for Trace {
    const DISCRIMINATOR: [u8; 8] = [0x8b, 0xf9, 0xc6, 0xd1, 0x5b, 0x7c, 0xa2, 0x8b];
}

/// The steps of a trace, in order; only the last one is out of order, from any step before `PROVED`.
pub const COMMITTED: u8 = 0;
pub const DRAWN: u8 = 1;
pub const REVEALED: u8 = 2;
pub const CHALLENGED: u8 = 3;
pub const PROVED: u8 = 4;
pub const CLAIMED: u8 = 5;
pub const EXPIRED: u8 = 6;

impl Trace {
    /// Positions of the run: the last generated token is not fed back.
    pub fn positions(&self) -> u32 {
        self.prompt + self.generated - 1
    }

    /// Leaves below `leaves_root`.
    pub fn leaves(&self) -> u32 {
        u32::from(self.n_positions) * u32::from(self.n_segments)
    }

    /// Bits of the bitmap: one per drawn leaf, then one per drawn position.
    pub fn bits(&self) -> u16 {
        self.n_leaves + self.n_positions
    }

    /// A trace, at whatever step, and its body.
    #[allow(clippy::mut_from_ref)]
    #[inline(never)]
    pub fn view<'a>(program_id: &Pubkey, account: &'a AccountInfo) -> Result<(&'a mut Trace, &'a mut [u8])> {
        require_writable(account)?;
        view::<Trace>(program_id, account)
    }

    /// A trace that is at `step` and in time, and its body. Its miner signs if `miner` is given.
    #[allow(clippy::type_complexity)]
    #[inline(never)]
    pub fn open<'a>(
        program_id: &Pubkey,
        account: &'a AccountInfo,
        miner: Option<&AccountInfo>,
        step: u8,
    ) -> Result<(&'a mut Trace, Body<'a>, u64)> {
        let (trace, body) = Self::view(program_id, account)?;
        if let Some(miner) = miner {
            require_signer(miner)?;
            same(&trace.miner, miner.key(), Error::WrongAuthority)?;
        }
        require(trace.step == step, Error::WrongStep)?;
        let slot = slot()?;
        require(slot <= trace.deadline, Error::DeadlinePassed)?;
        let body = Body::of(trace, body)?;
        Ok((trace, body, slot))
    }
}

/// What follows a trace's header, until it is claimed or expired.
pub struct Body<'a> {
    /// Drawn positions, ascending.
    pub positions: &'a mut [u32],
    /// Drawn leaves, ascending (in each stratum): place of the position in `positions` · segments + segment.
    pub leaves: &'a mut [u32],
    pub bitmap: &'a mut [u8],
}

impl<'a> Body<'a> {
    /// Bytes of the body.
    pub fn size(n_positions: u16, n_leaves: u16) -> usize {
        let draws = n_positions as usize + n_leaves as usize;
        4 * draws + draws.div_ceil(8)
    }

    fn of(trace: &Trace, body: &'a mut [u8]) -> Result<Self> {
        let (n_positions, n_leaves) = (trace.n_positions as usize, trace.n_leaves as usize);
        require(body.len() == Self::size(trace.n_positions, trace.n_leaves), Error::AccountIncomplete)?;
        let (draws, bitmap) = body.split_at_mut(4 * (n_positions + n_leaves));
        // SAFETY: the header's size is a multiple of four and the account's data is aligned to eight bytes.
        let draws = unsafe { core::slice::from_raw_parts_mut(draws.as_mut_ptr() as *mut u32, n_positions + n_leaves) };
        let (positions, leaves) = draws.split_at_mut(n_positions);
        Ok(Self { positions, leaves, bitmap })
    }

    /// Set a bit that is not set, and note when it is the last one.
    #[inline(never)]
    pub fn attest(&mut self, trace: &mut Trace, bit: usize) -> Result<()> {
        let (byte, mask) = (&mut self.bitmap[bit / 8], 1 << (bit % 8));
        require(*byte & mask == 0, Error::AlreadyAttested)?;
        *byte |= mask;
        trace.attested += 1;
        if trace.attested == trace.bits() {
            trace.step = PROVED;
        }
        Ok(())
    }
}
