//! Decoding and dispatch of the instructions on manifests and traces.

use super::{attest, binding, commit, constants, draw, ends, manifest, operations, sampled, settle, strata};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::error::{Error, Result};
use verifier::instruction::Arguments;

// sha256("global:NAME")[..8]
const CREATE_MANIFEST: [u8; 8] = [0xdf, 0x99, 0xe6, 0x3e, 0xb5, 0xe8, 0x6e, 0x8f];
const SEAL_MANIFEST: [u8; 8] = [0xe7, 0x09, 0x82, 0x8a, 0xe1, 0x43, 0xf1, 0xdf];
const COMMIT_TRACE: [u8; 8] = [0x3a, 0x8c, 0xe6, 0x33, 0xaa, 0x6d, 0xe4, 0x7d];
const DRAW_TRACE: [u8; 8] = [0x6a, 0xf4, 0x05, 0xf3, 0x83, 0xcc, 0xda, 0x86];
const REVEAL_TRACE: [u8; 8] = [0x75, 0xbe, 0x36, 0x46, 0x60, 0x90, 0xc8, 0x3e];
const ATTEST: [u8; 8] = [0x53, 0x94, 0x78, 0x77, 0x90, 0x8b, 0x75, 0xa0];
const JOIN: [u8; 8] = [0xce, 0x37, 0x02, 0x6a, 0x71, 0xdc, 0x11, 0xa3];
const ATTEST_ENDS: [u8; 8] = [0x30, 0x89, 0x9b, 0x3b, 0x60, 0xb0, 0xe0, 0x10];
const CLAIM_TRACE: [u8; 8] = [0x33, 0xfc, 0xc1, 0x3b, 0xb6, 0xb4, 0x8c, 0xa9];
const EXPIRE_TRACE: [u8; 8] = [0x87, 0xff, 0xaa, 0x7e, 0x09, 0xce, 0x43, 0x7d];
const SEAL_CONSTANTS: [u8; 8] = [0x8f, 0xa2, 0xd6, 0x7f, 0x08, 0xa2, 0x6a, 0x6d];
const CREATE_VALUES: [u8; 8] = [0x2a, 0xdf, 0xb9, 0x0b, 0x42, 0xb5, 0x20, 0xac];
const BIND: [u8; 8] = [0xb2, 0x39, 0xbb, 0xfe, 0x8a, 0x2b, 0x63, 0x86];
const CHECK_OPERATION: [u8; 8] = [0x00, 0xac, 0x35, 0x69, 0x31, 0xf2, 0x2f, 0x5d];
const DRAW_STRATA: [u8; 8] = [0xcc, 0x70, 0x22, 0xe2, 0x6b, 0xc2, 0x0f, 0xb8];
const EXECUTE: [u8; 8] = [0x82, 0xdd, 0xf2, 0x9a, 0x0d, 0xc1, 0xbd, 0x1d];
const ATTEST_BOUND: [u8; 8] = [0xce, 0xa0, 0xe1, 0x71, 0x6b, 0x42, 0xca, 0x06];

const OWN: [[u8; 8]; 17] = [
    CREATE_MANIFEST,
    SEAL_MANIFEST,
    COMMIT_TRACE,
    DRAW_TRACE,
    REVEAL_TRACE,
    ATTEST,
    JOIN,
    ATTEST_ENDS,
    CLAIM_TRACE,
    EXPIRE_TRACE,
    SEAL_CONSTANTS,
    CREATE_VALUES,
    BIND,
    CHECK_OPERATION,
    DRAW_STRATA,
    EXECUTE,
    ATTEST_BOUND,
];

/// Run one instruction: one of this program's own, or one of the verifier's.
#[inline(always)]
pub fn process(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> Result<()> {
    match data.split_first_chunk::<8>() {
        Some((discriminator, arguments)) if OWN.contains(discriminator) => {
            process_own(program_id, accounts, *discriminator, &mut Arguments(arguments))
        }
        _ => verifier::instruction::process(program_id, accounts, data),
    }
}

#[inline(never)]
fn process_own(
    program_id: &Pubkey,
    accounts: &[AccountInfo],
    discriminator: [u8; 8],
    arguments: &mut Arguments,
) -> Result<()> {
    // Compared as numbers: a match on bytes becomes eight branches for each.
    let is = |name: [u8; 8]| u64::from_le_bytes(discriminator) == u64::from_le_bytes(name);
    if is(CREATE_MANIFEST) {
        let (hash, size, bump) = (arguments.take()?, arguments.u32()?, arguments.u8()?);
        arguments.finish()?;
        manifest::create(program_id, accounts, hash, size, bump)
    } else if is(SEAL_MANIFEST) {
        arguments.finish()?;
        manifest::seal(program_id, accounts)
    } else if is(COMMIT_TRACE) {
        let given = commit::Commit {
            context: arguments.take()?,
            input: arguments.take()?,
            output: arguments.take()?,
            positions_root: arguments.take()?,
            prompt: arguments.u32()?,
            generated: arguments.u32()?,
            limit: arguments.u32()?,
            bond: u64::from_le_bytes(*arguments.take()?),
            bump: arguments.u8()?,
        };
        arguments.finish()?;
        commit::commit(program_id, accounts, &given)
    } else if is(DRAW_TRACE) {
        arguments.finish()?;
        draw::draw(program_id, accounts)
    } else if is(REVEAL_TRACE) {
        let root = arguments.take()?;
        arguments.finish()?;
        commit::reveal(program_id, accounts, root)
    } else if is(ATTEST) || is(JOIN) || is(ATTEST_ENDS) || is(EXECUTE) || is(ATTEST_BOUND) {
        let draw = u16::from_le_bytes(*arguments.take()?);
        arguments.finish()?;
        if is(ATTEST) {
            attest::attest(program_id, accounts, draw)
        } else if is(JOIN) {
            attest::join(program_id, accounts, draw)
        } else if is(EXECUTE) {
            sampled::execute(program_id, accounts, draw)
        } else if is(ATTEST_BOUND) {
            sampled::attest(program_id, accounts, draw)
        } else {
            ends::attest(program_id, accounts, draw)
        }
    } else if is(CLAIM_TRACE) {
        let hashes = [arguments.take()?, arguments.take()?, arguments.take()?, arguments.take()?];
        let shape = [arguments.u32()?, arguments.u32()?, arguments.u32()?];
        arguments.finish()?;
        settle::claim(program_id, accounts, &settle::Expected { hashes, shape })
    } else if is(EXPIRE_TRACE) {
        arguments.finish()?;
        settle::expire(program_id, accounts)
    } else if is(SEAL_CONSTANTS) {
        arguments.finish()?;
        constants::seal(program_id, accounts)
    } else if is(CREATE_VALUES) {
        let given = binding::Create {
            nonce: u64::from_le_bytes(*arguments.take()?),
            digest: arguments.take()?,
            offset: arguments.u32()?,
            count: arguments.u32()?,
            bump: arguments.u8()?,
        };
        arguments.finish()?;
        binding::create(program_id, accounts, &given)
    } else if is(BIND) {
        let (start, count, bits) = (arguments.u32()?, arguments.u32()?, arguments.u8()?);
        arguments.finish()?;
        binding::bind(program_id, accounts, start, count, bits)
    } else if is(CHECK_OPERATION) {
        arguments.finish()?;
        operations::check(program_id, accounts)
    } else if is(DRAW_STRATA) {
        arguments.finish()?;
        strata::draw(program_id, accounts)
    } else {
        Err(Error::UnknownInstruction)
    }
}
