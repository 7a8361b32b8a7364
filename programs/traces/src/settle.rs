//! How a trace ends: `claim_trace` answers for the whole work, once; `expire_trace` records a failure and burns the bond.

use super::checks::{require_payer, same, slot};
use super::merkle::Hash;
use super::state::{Trace, CLAIMED, EXPIRED, PROVED};
use core::mem::size_of;
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, require_writable};
use verifier::create::minimum_balance;
use verifier::error::{Error, Result};

/// The part of a forfeited bond that whoever reports the expiry is paid; the rest is burnt.
const REPORT_DIVISOR: u64 = 8;

/// 1nc1nerator11111111111111111111111111111111: the runtime burns what it holds.
const INCINERATOR: Pubkey = [
    0, 51, 144, 114, 141, 52, 17, 96, 121, 189, 201, 17, 191, 255, 0, 219, 212, 77, 46, 205, 204, 247, 156, 166, 225,
    0, 56, 225, 0, 0, 0, 0,
];

/// Move lamports out of an account of this program.
pub fn pay(from: &AccountInfo, to: &AccountInfo, lamports: u64) {
    // SAFETY: the accounts are distinct, nothing else borrows their lamports, and the sum of all lamports fits.
    unsafe {
        *from.borrow_mut_lamports_unchecked() -= lamports;
        *to.borrow_mut_lamports_unchecked() += lamports;
    }
}

/// Cut an ended trace down to its header, which stays for ever so that its context cannot be used again; what it holds
/// beyond that header's rent goes to `to`.
#[inline(never)]
fn end(account: &AccountInfo, to: &AccountInfo) -> Result<()> {
    account.resize(size_of::<Trace>()).map_err(|_| Error::SystemCallFailed)?;
    let rent = minimum_balance(size_of::<Trace>())?;
    pay(account, to, account.lamports().saturating_sub(rent));
    Ok(())
}

/// What a claimer expects of a proved trace.
pub struct Expected<'a> {
    /// Context, manifest, input, output.
    pub hashes: [&'a Hash; 4],
    /// Prompt, generated, limit.
    pub shape: [u32; 3],
}

/// `claim_trace`: accounts miner (signer, writable), trace (writable). Succeeds once, only with every bit set, and only
/// if everything is as expected; the bond and the draws' rent return to the miner.
#[inline(never)]
pub fn claim(program_id: &Pubkey, accounts: &[AccountInfo], expected: &Expected) -> Result<()> {
    let [miner, account] = distinct(accounts)?;
    require_payer(miner)?;
    let (trace, _) = Trace::view(program_id, account)?;
    same(&trace.miner, miner.key(), Error::WrongAuthority)?;
    require(trace.step != CLAIMED, Error::TraceClaimed)?;
    require(trace.step == PROVED, Error::TraceNotProved)?;
    let compared = [
        (&trace.context, Error::ContextMismatch),
        (&trace.manifest, Error::ManifestMismatch),
        (&trace.input, Error::InputMismatch),
        (&trace.output, Error::OutputMismatch),
    ];
    for ((field, error), value) in compared.into_iter().zip(expected.hashes) {
        same(field, value, error)?;
    }
    require([trace.prompt, trace.generated, trace.limit] == expected.shape, Error::ShapeMismatch)?;
    trace.step = CLAIMED;
    end(account, miner)
}

/// `expire_trace`: accounts caller (signer, writable), trace (writable), incinerator (writable). Anyone may call after
/// the deadline of a trace that is not proved.
#[inline(never)]
pub fn expire(program_id: &Pubkey, accounts: &[AccountInfo]) -> Result<()> {
    let [caller, account, incinerator] = distinct(accounts)?;
    require_payer(caller)?;
    require_writable(incinerator)?;
    same(incinerator.key(), &INCINERATOR, Error::WrongIncinerator)?;
    let (trace, _) = Trace::view(program_id, account)?;
    require(trace.step < PROVED, Error::WrongStep)?;
    require(slot()? > trace.deadline, Error::DeadlineNotPassed)?;
    trace.step = EXPIRED;
    pay(account, caller, trace.bond / REPORT_DIVISOR);
    end(account, incinerator)
}
