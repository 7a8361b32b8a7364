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

#[cfg(all(target_os = "solana", not(feature = "no-entrypoint")))]
mod entrypoint {
    use core::mem::MaybeUninit;
    use pinocchio::account_info::AccountInfo;
    use pinocchio::entrypoint::{InstructionContext, MaybeAccount};

    /// One more than the most that an instruction takes: too many accounts are seen, not skipped.
    const MAX_ACCOUNTS: usize = 14;

    /// # Safety
    /// Called by the runtime with its serialized input.
    #[no_mangle]
    pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
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
        let (program_id, data) = (context.program_id_unchecked(), context.instruction_data_unchecked());
        match crate::instruction::process(program_id, accounts, data) {
            Ok(()) => pinocchio::SUCCESS,
            Err(error) => error.refuse(),
        }
    }

    pinocchio::no_allocator!();

    /// No input panics; should one, it aborts. Without the place, which would take a fifth of the program's bytes.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        // SAFETY: the runtime ends the program.
        unsafe { pinocchio::syscalls::abort() }
    }
}
