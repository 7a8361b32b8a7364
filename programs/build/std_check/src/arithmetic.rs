//! Arithmetic that the compiler's plug-in rewrites, so that a test can compare it with Python's integers.
//!
//! Data: two little-endian 16-byte operands. The return data is one byte, 1 for a result and 0 for none (overflow, division
//! by zero), and the result in 16 bytes. 64-bit operations take the operands' lower words; f64 operations their bits.

use solana_program::{entrypoint::ProgramResult, program::set_return_data, program_error::ProgramError};

pub fn run(operation: u8, operands: &[u8]) -> ProgramResult {
    let (a, b) = read(operands).ok_or(ProgramError::InvalidInstructionData)?;
    let (sa, sb) = (a as i128, b as i128);
    let (wa, wb) = (a as i64, b as i64);
    let (fa, fb) = (f64::from_bits(a as u64), f64::from_bits(b as u64));
    let shift = (b % 128) as u32;
    let result = match operation {
        0 => a.checked_mul(b),
        1 => a.checked_div(b),
        2 => a.checked_rem(b),
        3 => Some(a.wrapping_mul(b)),
        4 => Some(a << shift),
        5 => Some(a >> shift),
        6 => a.checked_add(b),
        7 => a.checked_sub(b),
        10 => sa.checked_mul(sb).map(|x| x as u128),
        11 => sa.checked_div(sb).map(|x| x as u128),
        12 => sa.checked_rem(sb).map(|x| x as u128),
        13 => Some((sa >> shift) as u128),
        20 => wa.checked_mul(wb).map(|x| x as u128),
        21 => wa.checked_div(wb).map(|x| x as u128),
        22 => wa.checked_rem(wb).map(|x| x as u128),
        23 => (a as u64).checked_mul(b as u64).map(u128::from),
        24 => wa.checked_add(wb).map(|x| x as u128),
        25 => wa.checked_sub(wb).map(|x| x as u128),
        26 => (a as u64).checked_add(b as u64).map(u128::from),
        27 => (a as u64).checked_sub(b as u64).map(u128::from),
        28 => wa.checked_add(-7).map(|x| x as u128),
        29 => wa.checked_sub(7).map(|x| x as u128),
        30 => Some(u128::from((fa + fb).to_bits())),
        31 => Some(u128::from((fa * fb).to_bits())),
        32 => Some(u128::from((fa / fb).to_bits())),
        33 => Some(u128::from(fa < fb)),
        34 => Some(u128::from(fa as u64)),
        35 => Some(u128::from((a as u64 as f64).to_bits())),
        40 => (a as u64).checked_add(7).map(u128::from),
        41 => (a as u16).checked_add(b as u16).map(u128::from),
        42 => (a as i16).checked_sub(b as i16).map(|x| x as u128),
        _ => return Err(ProgramError::InvalidInstructionData),
    };
    let mut answer = [0; 17];
    answer[0] = u8::from(result.is_some());
    answer[1..].copy_from_slice(&result.unwrap_or(0).to_le_bytes());
    set_return_data(&answer);
    Ok(())
}

fn read(operands: &[u8]) -> Option<(u128, u128)> {
    let (a, b) = operands.split_at_checked(16)?;
    Some((u128::from_le_bytes(a.try_into().ok()?), u128::from_le_bytes(b.try_into().ok()?)))
}
