//! `attest_ends`: at a drawn position, the token's registered embedding goes in and the next token comes out.

use super::checks::same;
use super::manifest::{Manifest, INDEX, INPUT, VALUE};
use super::opening::Opening;
use super::state::{Trace, CHALLENGED};
use pinocchio::{account_info::AccountInfo, pubkey::Pubkey};
use verifier::accounts::{distinct, require, Proof};
use verifier::error::{Error, Result};
use verifier::syscall::keccak256;

/// (r - 1) / 2, big-endian: field elements above it are negative numbers.
const HALF: [u8; 32] = [
    0x18, 0x32, 0x27, 0x39, 0x70, 0x98, 0xd0, 0x14, 0xdc, 0x28, 0x22, 0xdb, 0x40, 0xc0, 0xac, 0x2e, 0x94, 0x19, 0xf4,
    0x24, 0x3c, 0xdc, 0xb8, 0x48, 0xa1, 0xf0, 0xfa, 0xc9, 0xf8, 0x00, 0x00, 0x00,
];

/// `attest_ends`: accounts miner (signer), trace (writable), manifest, opening.
#[inline(never)]
pub fn attest(program_id: &Pubkey, accounts: &[AccountInfo], draw: u16) -> Result<()> {
    let [miner, account, manifest, opening] = distinct(accounts)?;
    let (trace, mut body, _) = Trace::open(program_id, account, Some(miner), CHALLENGED)?;
    let manifest = Manifest::of(program_id, manifest, trace)?;
    let (_, rest) = Proof::complete(program_id, opening)?;
    let position = *body.positions.get(draw as usize).ok_or(Error::DrawOutOfRange)?;
    let mut opening = Opening { rest, trace, manifest: &manifest, place: draw.into(), position };
    check(&mut opening)?;
    opening.finish()?;
    body.attest(trace, usize::from(trace.n_leaves + draw))
}

#[inline(never)]
fn check(opening: &mut Opening) -> Result<()> {
    let (manifest, trace, position) = (opening.manifest, opening.trace, opening.position);
    let token = opening.token(position)?;
    let row = opening.row(token)?;
    for (index, segment) in manifest.segments.iter().enumerate() {
        if manifest.edges(segment)[0] == INPUT {
            same(opening.leaf(index)?.input, row, Error::EdgeMismatch)?;
        }
    }
    if position + 1 < trace.prompt {
        return Ok(()); // the next token is the prompt's, not the model's
    }
    let next = opening.token(position + 1)?;
    require(next == computed(opening)?, Error::WrongToken)?;
    let ended = manifest.is_end(next);
    let good = if position + 1 == trace.positions() { ended || trace.generated == trace.limit } else { !ended };
    require(good, Error::WrongEnd)
}

/// The token that the end segments' outputs stand for: the first largest of all their instances, or the only one, or the
/// second integer of a sampled model's.
#[inline(never)]
fn computed(opening: &mut Opening) -> Result<u32> {
    let manifest = opening.manifest;
    let mut best: (bool, &[u8]) = (false, &[]);
    let (mut token, mut count) = (0, 0);
    for (index, segment) in manifest.segments.iter().enumerate().filter(|(_, segment)| segment.is_end()) {
        let leaf = opening.leaf(index)?;
        if manifest.head.end_rule == INDEX {
            let integers = opening.bytes(8)?; // the largest logit and the token
            same(&keccak256(&[integers]), leaf.output, Error::EdgeMismatch)?;
            return Ok(u32::from_le_bytes([integers[4], integers[5], integers[6], integers[7]]));
        }
        let instances = opening.bytes(32 * segment.n_outputs as usize)?;
        same(&keccak256(&[instances]), leaf.output, Error::EdgeMismatch)?;
        if manifest.head.end_rule == VALUE {
            let (high, low) = instances.split_at(28);
            require(high == [0; 28], Error::WrongToken)?;
            return Ok(u32::from_be_bytes([low[0], low[1], low[2], low[3]]));
        }
        for value in instances.chunks_exact(32) {
            let number = (value <= &HALF[..], value); // negative numbers come before all others
            if number > best {
                (best, token) = (number, count);
            }
            count += 1;
        }
    }
    Ok(token)
}
