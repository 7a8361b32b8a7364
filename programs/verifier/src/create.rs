//! Making an account at a program-derived address.

use crate::accounts::{require, require_signer, require_system_program, require_writable, SYSTEM_PROGRAM};
use crate::error::{Error, Result};
use pinocchio::{
    account_info::AccountInfo,
    cpi::invoke_signed,
    instruction::{AccountMeta, Instruction, Seed, Signer},
    pubkey::{pubkey_eq, try_find_program_address, Pubkey},
    sysvars::{rent::Rent, Sysvar},
};

/// The most that an account may grow in one instruction.
pub const MAX_GROWTH: usize = 10_240;

const TRANSFER: u32 = 2;
const ALLOCATE: u32 = 8;
const ASSIGN: u32 = 1;

/// Who pays, what is made, and with whose program.
pub struct Creation<'a> {
    pub program_id: &'a Pubkey,
    pub payer: &'a AccountInfo,
    pub account: &'a AccountInfo,
    pub system_program: &'a AccountInfo,
    pub bump: u8,
}

impl Creation<'_> {
    /// Check the accounts' flags and that the address and bump are the canonical ones of the seeds. `exists` is the
    /// error if the account is in use.
    ///
    /// Only the canonical bump is taken: else one receipt could be made once per bump.
    #[inline(never)]
    pub fn check(&self, seeds: &[&[u8]], exists: Error) -> Result<()> {
        require_signer(self.payer)?;
        require_writable(self.payer)?;
        require_writable(self.account)?;
        require_system_program(self.system_program)?;
        let (address, bump) = try_find_program_address(seeds, self.program_id).ok_or(Error::WrongAddress)?;
        require(pubkey_eq(&address, self.account.key()), Error::WrongAddress)?;
        require(bump == self.bump, Error::BumpNotCanonical)?;
        require(self.account.is_owned_by(&SYSTEM_PROGRAM) && self.account.data_is_empty(), exists)
    }

    /// Fund the account for `full_size` bytes and allocate at most [`MAX_GROWTH`] of them.
    ///
    /// Transfer, allocate and assign rather than create: lamports that someone sent to the address do not matter.
    #[inline(never)]
    pub fn make(&self, seeds: &[&[u8]], full_size: usize) -> Result<()> {
        let rent = minimum_balance(full_size)?;
        let missing = rent.saturating_sub(self.account.lamports());
        if missing > 0 {
            let accounts = [AccountMeta::writable_signer(self.payer.key()), AccountMeta::writable(self.account.key())];
            let instruction =
                Instruction { program_id: &SYSTEM_PROGRAM, accounts: &accounts, data: &with_u64(TRANSFER, missing) };
            invoke_signed(&instruction, &[self.payer, self.account], &[]).map_err(|_| Error::SystemCallFailed)?;
        }
        let bump = [self.bump];
        let mut signer_seeds: [Seed; 5] = core::array::from_fn(|_| Seed::from(&bump));
        for (seed, bytes) in signer_seeds.iter_mut().zip(seeds) {
            *seed = Seed::from(*bytes);
        }
        // The bump follows the seeds; there are at most four.
        let signer = [Signer::from(&signer_seeds[..seeds.len() + 1])];
        let accounts = [AccountMeta::writable_signer(self.account.key())];
        let space = full_size.min(MAX_GROWTH) as u64;
        let mut assign = [0; 36];
        assign[..4].copy_from_slice(&ASSIGN.to_le_bytes());
        assign[4..].copy_from_slice(self.program_id);
        for data in [&with_u64(ALLOCATE, space)[..], &assign[..]] {
            let instruction = Instruction { program_id: &SYSTEM_PROGRAM, accounts: &accounts, data };
            invoke_signed(&instruction, &[self.account], &signer).map_err(|_| Error::SystemCallFailed)?;
        }
        Ok(())
    }
}

/// Lamports that make an account of `size` bytes rent-exempt.
///
/// pinocchio multiplies floats, which SBF does in thousands of bytes of code; the exemption threshold is a small integer.
#[allow(deprecated)] // The names of the fields will change, their meaning will not.
fn minimum_balance(size: usize) -> Result<u64> {
    const ACCOUNT_OVERHEAD: u64 = 128;
    const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let rent = Rent::get().map_err(|_| Error::SystemCallFailed)?;
    let bits = rent.exemption_threshold.to_bits();
    let exponent = (bits >> MANTISSA_BITS) as u32;
    // 1 ≤ threshold < 2^32, or the runtime is another one than this was written for.
    let shift = exponent.checked_sub(1023).filter(|&shift| shift < 32).ok_or(Error::SystemCallFailed)?;
    let mantissa = bits & ((1 << MANTISSA_BITS) - 1) | 1 << MANTISSA_BITS;
    let threshold = mantissa >> (MANTISSA_BITS - shift);
    let per_year = (ACCOUNT_OVERHEAD + size as u64).checked_mul(rent.lamports_per_byte_year);
    per_year.and_then(|lamports| lamports.checked_mul(threshold)).ok_or(Error::SystemCallFailed)
}

/// A system instruction with one u64 argument.
fn with_u64(instruction: u32, argument: u64) -> [u8; 12] {
    let mut data = [0; 12];
    data[..4].copy_from_slice(&instruction.to_le_bytes());
    data[4..].copy_from_slice(&argument.to_le_bytes());
    data
}
