//! The verifier program: EZKL 23 proofs (Halo2, KZG over BN254, SHPLONK, Keccak transcript), checked on Solana.
//!
//! | module | holds |
//! |---|---|
//! | [`instruction`] | the instructions: discriminators, arguments, dispatch |
//! | [`accounts`] | account headers and every check on an account |
//! | [`upload`] | `create_key`, `create_proof`, `extend`, `write`, `close` |
//! | [`create`] | making an account at a program-derived address |
//! | [`seal`] | `seal_key`: the static validation that lets the interpreter run without checks |
//! | [`check`] | `check` |
//! | [`session`] | `create_session`, `advance`: what does not fit one transaction |
//! | [`receipt`] | `verify`, `verify_session` and `claim` |
//! | [`verification`] | the verification itself, stage by stage |
//! | [`key`], [`payload`] | views of a key program and of a proof payload |
//! | [`transcript`], [`residue`], [`curve`] | the stages' arithmetic |
//! | [`memory`], [`canonical`], [`syscall`], [`error`] | fixed memory layout, ranges, thin syscall wrappers, refusals |
//!
//! `programs/traces` is this program with sampled proofs of whole runs on top.
//!
//! The wire format is `docs/reference/verifier.md` and `docs/reference/key-program.md`.

#![cfg_attr(target_os = "solana", no_std)]
// `is_multiple_of` is newer than the rustc of some SBF toolchains.
#![allow(clippy::manual_is_multiple_of)]

pub mod accounts;
pub mod canonical;
pub mod check;
pub mod create;
pub mod curve;
pub mod error;
pub mod instruction;
pub mod key;
pub mod memory;
pub mod payload;
pub mod receipt;
pub mod residue;
pub mod seal;
pub mod session;
pub mod syscall;
pub mod transcript;
pub mod upload;
pub mod verification;

pub mod entrypoint {
    //! What the runtime calls.

    use crate::error::Result;
    use core::mem::MaybeUninit;
    use pinocchio::account_info::AccountInfo;
    use pinocchio::entrypoint::{InstructionContext, MaybeAccount};
    use pinocchio::pubkey::Pubkey;

    /// One more than the most that an instruction takes: too many accounts are seen, not skipped.
    const MAX_ACCOUNTS: usize = 14;

    /// Read the runtime's input and run `process` on it.
    ///
    /// # Safety
    /// `input` is the runtime's serialized input.
    #[inline(always)]
    pub unsafe fn run(input: *mut u8, process: impl Fn(&Pubkey, &[AccountInfo], &[u8]) -> Result<()>) -> u64 {
        let mut context = InstructionContext::new_unchecked(input);
        let mut accounts = [const { MaybeUninit::<AccountInfo>::uninit() }; MAX_ACCOUNTS];
        let first = accounts.as_mut_ptr() as *mut AccountInfo;
        let mut count = 0;
        for _ in 0..context.remaining() {
            let account = match context.next_account_unchecked() {
                MaybeAccount::Account(account) => account,
                // Refused by name later.
                MaybeAccount::Duplicated(index) if (index as usize) < count => (*first.add(index as usize)).clone(),
                MaybeAccount::Duplicated(_) => continue,
            };
            if count < MAX_ACCOUNTS {
                first.add(count).write(account);
                count += 1;
            }
        }
        let accounts = core::slice::from_raw_parts(first, count);
        match process(context.program_id_unchecked(), accounts, context.instruction_data_unchecked()) {
            Ok(()) => pinocchio::SUCCESS,
            Err(error) => error.refuse(),
        }
    }
}

/// Make a program of `process(program_id, accounts, data)`: its entrypoint.
#[macro_export]
macro_rules! program {
    ($process:path) => {
        /// # Safety
        /// Called by the runtime with its serialized input.
        #[no_mangle]
        pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
            $crate::entrypoint::run(input, $process)
        }
    };
}

// Nothing is ever allocated.
#[cfg(target_os = "solana")]
pinocchio::no_allocator!();

/// No input panics; should one, the program ends. Its place is not logged: the texts would take a tenth of the bytes.
#[cfg(target_os = "solana")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: the runtime ends the program.
    unsafe { pinocchio::syscalls::abort() }
}

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
program!(crate::instruction::process);
