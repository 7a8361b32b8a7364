//! Seventeen things that Rust's std must be able to do on the Solana VM, and wide arithmetic for comparison with Python.
//!
//! Instruction data: the check's number, then its argument `n` (one byte), or for `ARITHMETIC` an operation and two operands.

mod arithmetic;
mod checks;

use solana_program::{
    account_info::AccountInfo, entrypoint, entrypoint::ProgramResult, program_error::ProgramError, pubkey::Pubkey,
};

entrypoint!(process);

/// The check's number that is not one of the seventeen.
const ARITHMETIC: u8 = 200;

fn process(_program: &Pubkey, _accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    match data {
        [ARITHMETIC, operation, operands @ ..] => arithmetic::run(*operation, operands),
        [check, n] => checks::run(*check, u64::from(*n)),
        _ => Err(ProgramError::InvalidInstructionData),
    }
}
